from avcdoctor.host.mounts import Mounts, mounts_of_root, parse_mountinfo, parse_mounts

MOUNTINFO = r"""22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw,seclabel
30 22 8:2 / /srv/my\040data ro,nosuid,noexec - xfs /dev/sda2 rw,context="system_u:object_r:httpd_sys_content_t:s0:c1,c2"
31 22 0:44 / /mnt/mapped rw,idmapped - ext4 /dev/sdb rw
broken line
"""


def test_mountinfo():
    mounts = Mounts(parse_mountinfo(MOUNTINFO))
    assert [one.point for one in mounts.mounts] == ["/", "/srv/my data", "/mnt/mapped"]
    data = mounts.at("/srv/my data/a/b")
    assert data.read_only
    assert data.has("noexec")
    assert data.value("context") == "system_u:object_r:httpd_sys_content_t:s0:c1,c2"
    assert mounts.at("/srv/my data2").point == "/"
    assert mounts.at("/mnt/mapped").id_mapped
    assert mounts.by_identifier(30) is data
    assert not mounts.at("/").read_only


def test_fstab_leaves_out_what_is_not_mounted_at_start():
    text = (
        "# comment\nUUID=1 / ext4 defaults 0 1\nUUID=2 none swap sw 0 0\n/dev/cdrom /media iso9660 ro,noauto 0 "
        "0\ntmpfs /tmp tmpfs noexec,nosuid 0 0\n"
    )
    assert [(one.point, one.options) for one in parse_mounts(text)] == [
        ("/", ("defaults",)),
        ("/tmp", ("noexec", "nosuid")),
    ]


def test_a_root_tells_by_the_best_file_it_has():
    files = {
        "/etc/fstab": "UUID=1 / ext4 ro 0 1\n",
        "/sos_commands/filesys/mount_-l": "/dev/sda1 on / type ext4 (rw,relatime,seclabel)\n"
        "tmpfs on /run type tmpfs (rw,noexec)\n",
    }
    mounts = mounts_of_root(files.get)
    assert mounts.told_by == "/sos_commands/filesys/mount_-l"
    assert mounts.at("/run/x").has("noexec")
    assert mounts_of_root({}.get).at("/x") is None
    findmnt = "TARGET SOURCE FSTYPE OPTIONS\n/ /dev/sda1 ext4 rw,relatime\n├─/tmp tmpfs tmpfs rw,noexec\n"
    assert mounts_of_root({"/sos_commands/filesys/findmnt": findmnt}.get).at("/tmp/x").has("noexec")
