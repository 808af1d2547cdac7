"""Real programs say their real messages, in temporary directories; passed over where they are not installed."""

import os
import shutil
import subprocess

import pytest

from avcdoctor.triage import judge


def program(name):
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def said(*argv, **options):
    done = subprocess.run(argv, capture_output=True, timeout=30, check=False, **options)
    return done.stdout + done.stderr


def haproxy_says(tmp_path, directory):
    configuration = tmp_path / "haproxy.cfg"
    configuration.write_text(
        f"global\n chroot {directory}\ndefaults\n mode http\n timeout connect 1s\n timeout client 1s\n"
        f" timeout server 1s\nfrontend f\n bind unix@{tmp_path}/s\n"
    )
    return said(program("haproxy"), "-db", "-f", configuration)


def test_haproxy_with_a_chroot_that_is_missing(tmp_path):
    verdict = judge(haproxy_says(tmp_path, tmp_path / "missing"))
    assert verdict.incidents[0].rule == "HAPROXY501"
    assert verdict.selinux == "false"


def test_haproxy_with_a_chroot_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    assert judge(haproxy_says(tmp_path, tmp_path / "file")).incidents[0].rule == "HAPROXY501"


@pytest.fixture
def script(tmp_path):
    (tmp_path / "check.sh").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "check.sh").chmod(0o755)
    return tmp_path / "check.sh"


def keepalived_says(tmp_path, script, *more):
    configuration = tmp_path / "keepalived.conf"
    lines = ["global_defs {", *more, "}", "vrrp_script chk {", f'  script "{script}"', "}", "vrrp_instance V {"]
    lines += ["  interface lo", "  virtual_router_id 5", "  priority 1", "  track_script {", "    chk", "  }", "}"]
    configuration.write_text("\n".join(lines) + "\n")
    return said(program("keepalived"), "-t", "-f", configuration)


def test_keepalived_without_script_security(tmp_path, script):
    verdict = judge(keepalived_says(tmp_path, script, "script_user root"))
    assert "KEEPALIVED501" in {incident.rule for incident in verdict.incidents}
    assert verdict.layer == "application"


def test_keepalived_with_a_script_that_others_can_write(tmp_path, script):
    if os.getuid() != 0:
        pytest.skip("only root's scripts are checked")
    script.parent.chmod(0o777)
    verdict = judge(keepalived_says(tmp_path, script, "enable_script_security", "script_user root"))
    assert verdict.incidents[0].rule == "KEEPALIVED503"
    assert verdict.layer == "dac"


def test_keepalived_with_a_script_that_is_gone(tmp_path, script):
    script.unlink()
    assert judge(keepalived_says(tmp_path, script, "script_user root")).incidents[0].rule == "KEEPALIVED506"


def test_postmap_with_a_source_of_somebody_else(tmp_path):
    postmap = program("postmap")
    if os.getuid() != 0:
        pytest.skip("only root gives up root")
    for place in (tmp_path, *tmp_path.parents):
        if place.stat().st_mode & 0o001 == 0:
            place.chmod(place.stat().st_mode | 0o001)
    configuration, store, out = tmp_path / "conf", tmp_path / "store", tmp_path / "out"
    for directory in (configuration, store, out):
        directory.mkdir(mode=0o755)
    (configuration / "main.cf").write_text("compatibility_level = 3.6\nmail_owner = daemon\nsetgid_group = mail\n")
    (store / "blocked").write_text("a b\n")
    os.chown(store / "blocked", 1000, 100)
    (out / "blocked").symlink_to(store / "blocked")
    verdict = judge(said(postmap, "-c", configuration, f"hash:{out}/blocked"))
    assert verdict.incidents[0].rule == "POSTFIX503"
    assert verdict.layer == "dac"


def test_a_shell_and_the_kernel_say_it(tmp_path):
    """Error numbers from the kernel itself, as bash words them."""
    bash = program("bash")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "text").write_bytes(b"\x7fELF no program")
    (tmp_path / "text").chmod(0o755)
    (tmp_path / "windows").write_bytes(b"#!/bin/sh\r\necho\r\n")
    (tmp_path / "windows").chmod(0o755)
    expected = {
        "cat loop": "symlink",
        "cat missing": "path",
        "./text": "exec-format",
        "./windows": "exec-format",
        "cat text/x": "path",
    }
    for line, layer in expected.items():
        told = said(bash, "-c", line, cwd=tmp_path, env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
        assert judge(told).layer == layer, (line, told)
