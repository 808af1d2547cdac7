"""Where the tools people use today fail, told as logs of our own, with our answer.

What each of them answers was measured on setroubleshoot 3.3.26 and policycoreutils 3.4; the tests name it.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from avcdoctor.actions.registry import canonical
from avcdoctor.host import Host
from avcdoctor.read.pasted import read_text
from avcdoctor.render import FORMATS
from tests.denials import commands, denied, explained, incident_of, kinds, only, remedy_of, words_of

SERVER = {"comm": "httpd", "dev": "dm-0"}
NODE = "type=AVC msg=audit(1767225601.000:9)"


def content(permissions: str, path: str, serial: int = 1, **more: object) -> str:
    fields = {**SERVER, "path": path, "ino": 40 + serial, **more}
    return denied("httpd_t", "user_home_t", "file", permissions, serial=serial, **fields)  # type: ignore[arg-type]


class TestSealert:
    """setroubleshoot: one alert per access vector, fixed plugin priorities, a daemon."""

    def test_three_permissions_on_one_file_are_one_incident(self, system: Host) -> None:
        """It makes three alerts of getattr, read and open."""
        page = "/var/www/html/a.html"
        log = content("getattr", page) + content("read", page, 2) + content("open", page, 3)
        incident = incident_of(log, system)
        assert incident.denials == 3
        assert set(incident.finding.groups[0].permissions) == {"getattr", "read", "open"}

    def test_two_pairs_of_categories_are_one_incident(self, system: Host) -> None:
        """It makes two alerts."""
        log = "".join(
            denied(f"system_u:system_r:container_t:s0:{pair}", "user_home_t", "file", "read", comm="nginx",
                   path="/home/jo/site/a", serial=serial)
            for serial, pair in enumerate(("c1,c2", "c3,c4"), 1)
        )  # fmt: skip
        assert incident_of(log, system).denials == 2

    def test_every_path_is_named(self, system: Host) -> None:
        """Its alert names only the last of three."""
        paths = [f"/var/www/html/{name}.html" for name in "abc"]
        log = "".join(content("read", path, serial) for serial, path in enumerate(paths, 1))
        assert {argv[-1] for argv in commands([incident_of(log, system).remedies[0]])} == set(paths)

    def test_both_ports_are_typed(self, system: Host) -> None:
        """Its alert names only the last of two."""
        log = "".join(
            denied("httpd_t", "unreserved_port_t", "tcp_socket", "name_bind", comm="httpd", src=port, serial=port)
            for port in (8999, 9444)
        )
        told = commands([remedy_of(incident_of(log, system), "port")])
        assert {"8999", "9444"} == {argv[-1] for argv in told}

    def test_user_avc_is_read(self, system: Host) -> None:
        """It drops USER_AVC."""
        log = (
            "type=USER_AVC msg=audit(1767225601.000:1): pid=700 uid=81 auid=4294967295 ses=4294967295 "
            "subj=system_u:system_r:system_dbusd_t:s0 msg='avc:  denied  { send_msg } for msgtype=method_call "
            "interface=org.example.App member=Run dest=:1.7 spid=41 tpid=42 scontext=system_u:system_r:redis_t:s0 "
            'tcontext=system_u:system_r:named_t:s0 tclass=dbus permissive=0 exe="/usr/bin/dbus-daemon" sauid=81\'\n'
        )
        incident = incident_of(log, system)
        assert incident.denials == 1
        assert "D-Bus" in incident.finding.title

    def test_the_second_record_of_an_event_is_read(self, system: Host) -> None:
        """It drops the second AVC of an event."""
        first = denied("httpd_t", "user_home_t", "dir", "search", comm="httpd", name="jo")
        second = denied("httpd_t", "shadow_t", "file", "getattr", comm="httpd", path="/etc/shadow")
        report = explained(first + second, system)
        assert report.input.denials == 2
        assert sum(one.denials for one in report.incidents) == 2

    def test_what_is_allowed_now_does_not_end_the_reading(self, system: Host) -> None:
        """After an event "allowed in current policy" it loses the rest of a short log."""
        stale = denied("httpd_t", "http_port_t", "tcp_socket", "name_bind", comm="httpd", src=8009)
        report = explained(stale + content("read", "/var/www/html/a.html", 2), system)
        assert {one.finding.cause for one in report.incidents} == {"already-allowed", "wrong-label"}

    def test_a_web_server_at_the_passwords_is_a_warning(self, system: Host) -> None:
        """It says: turn on httpd_unified (89.3 %), allow it (11.6 %)."""
        log = denied("httpd_t", "shadow_t", "file", "read", comm="php-fpm", path="/etc/shadow")
        assert kinds(incident_of(log, system)) == ["keep-denied"]

    def test_a_virtual_machine_at_the_passwords_too(self, system: Host) -> None:
        """It says: label it virt_image_t (87.4 %)."""
        log = denied("system_u:system_r:svirt_t:s0:c1,c2", "shadow_t", "file", "read", comm="qemu", path="/etc/shadow")
        incident = incident_of(log, system)
        assert kinds(incident) == ["keep-denied"]
        assert "virt_image_t" not in words_of(incident)

    def test_categories_that_differ_are_named(self, system: Host) -> None:
        """It says restorecon (59.6 %) and never names the constraint."""
        log = denied("system_u:system_r:container_t:s0:c1,c2", "system_u:object_r:container_file_t:s0:c3,c4", "file",
                     "read", comm="nginx", path="/data/a")  # fmt: skip
        incident = incident_of(log, system)
        assert "restorecon" not in kinds(incident)
        assert "categories" in incident.finding.why

    def test_permissive_is_read(self, system: Host) -> None:
        """It never reads permissive=1."""
        log = denied("redis_t", "named_conf_t", "file", "read", comm="redis-server", name="a", permissive=1)
        incident = incident_of(log, system)
        assert incident.finding.groups[0].permissive == 1
        assert "permissive" in incident.finding.why

    def test_a_path_with_an_equals_sign_is_kept(self, system: Host) -> None:
        """It loses such a path."""
        log = content("read", "/var/www/html/page=2.html")
        assert commands([incident_of(log, system).remedies[0]])[0][-1] == "/var/www/html/page=2.html"

    def test_port_81_is_a_web_server_s_port(self, system: Host) -> None:
        """It says: semanage port -a -t dns_port_t -p tcp 81."""
        log = denied("httpd_t", "reserved_port_t", "tcp_socket", "name_bind", comm="httpd", src=81)
        assert "http_port_t" in commands([remedy_of(incident_of(log, system), "port")])[0]

    @pytest.mark.parametrize(
        ("domain", "program", "port", "type_"),
        [("httpd_t", "nginx", 8999, "http_port_t"), ("sshd_t", "sshd", 2222, "ssh_port_t")],
    )
    def test_an_odd_port_is_typed_and_no_wide_boolean_turned(
        self, system: Host, domain: str, program: str, port: int, type_: str
    ) -> None:
        """It says nis_enabled or allow_ypbind."""
        log = denied(domain, "unreserved_port_t", "tcp_socket", "name_bind", comm=program, src=port)
        incident = incident_of(log, system)
        assert kinds(incident)[0] == "port"
        assert type_ in commands([incident.remedies[0]])[0]

    def test_two_machines_with_the_same_event_number(self, system: Host) -> None:
        """It gives a traceback and then hangs."""
        page = "/var/www/html/a.html"
        log = content("read", page, node="one") + content("read", page, node="two")
        report = explained(log, system)
        (incident,) = report.incidents
        assert incident.denials == 2
        assert sorted(seen.name for seen in incident.finding.groups[0].hosts) == ["one", "two"]

    def test_interpreted_and_journal_text_is_read(self, system: Host) -> None:
        """It answers nothing, without a message."""
        vector = (
            'avc:  denied  { read } for  pid=7 comm="httpd" path="/var/www/html/a.html" dev="dm-0" ino=9 '
            "scontext=system_u:system_r:httpd_t:s0 tcontext=system_u:object_r:user_home_t:s0 tclass=file permissive=0"
        )
        interpreted = "type=AVC msg=audit(01/01/2026 00:00:01.000:9) : " + vector.replace('"', "") + " \n"
        journal = f"Jan 01 00:00:01 host audit[7]: AVC {vector}\n"
        for log in (interpreted, journal):
            assert incident_of(log, system).finding.cause == "wrong-label"

    def test_a_label_that_is_right_is_not_restored(self, system: Host) -> None:
        """It says restorecon at 99.5 %; open since 2017."""
        log = denied("redis_t", "httpd_sys_content_t", "file", "read", comm="redis-server", path="/var/www/html/a.html")
        assert "restorecon" not in kinds(incident_of(log, system))

    def test_plain_restorecon_in_an_unknown_place_is_no_help(self, system: Host) -> None:
        """On /data/www its restorecon gives default_t: a label rule has to come first."""
        log = denied("httpd_t", "default_t", "file", "read", comm="httpd", path="/data/www/a.html")
        first = incident_of(log, system).remedies[0]
        assert [action.do for action in first.actions] == ["fcontext-add", "restorecon"]

    def test_commands_are_lists_of_words(self, system: Host) -> None:
        """Its automatic fix built a broken command in 7 of 15 plugins; one made a file named `/.autorelabel;`."""
        path = "/var/www/html/a b;touch x.html"
        incident = incident_of(content("read", path), system)
        for remedy in incident.remedies:
            for action in remedy.actions:
                assert canonical(action) == action
        assert commands([incident.remedies[0]])[0] == ["restorecon", "-v", path]

    def test_a_thousand_denials_are_judged_once_a_group(self, system: Host) -> None:
        """It analyses before it groups: 1,000 denials take it 574 s."""
        log = "".join(content("read", f"/var/www/html/{serial % 5}.html", serial) for serial in range(1, 1001))
        incident = incident_of(log, system)
        assert incident.denials == 1000
        assert len(incident.finding.groups) == 1


class TestAudit2allow:
    """audit2allow and audit2why: every denial an allow rule."""

    def test_contexts_the_policy_does_not_know_are_told(self, system: Host) -> None:
        """It drops such records without a word: half of one log."""
        log = denied("strange_t", "odd_file_t", "file", "read", comm="strange", name="a")
        report = explained(log, system)
        assert only(report).denials == 1
        assert report.policy.unknown_types == ("odd_file_t", "strange_t")

    def test_no_rule_where_a_constraint_forbids_it(self, system: Host) -> None:
        """It offers the rule."""
        log = denied("unconfined_u:system_r:sshd_t:s0", "system_u:object_r:sshd_var_run_t:s0", "file", "create",
                     comm="sshd", name="a.pid")  # fmt: skip
        assert kinds(incident_of(log, system)) == ["constraint"]

    def test_no_rule_where_a_role_is_missing(self, system: Host) -> None:
        """It offers an allow rule or nothing."""
        log = (
            'type=SELINUX_ERR msg=audit(1767225601.000:1): op=security_compute_sid invalid_context="staff_u:staff_r:'
            'httpd_t:s0" scontext=staff_u:staff_r:staff_t:s0 tcontext=system_u:object_r:httpd_exec_t:s0 '
            "tclass=process\n"
        )
        incident = incident_of(log, system)
        assert "module" not in kinds(incident)
        assert "role staff_r" in incident.finding.title

    def test_no_module_of_a_base_module_s_name(self, system: Host) -> None:
        """`-M openvpn` replaces the base policy's module of that name."""
        log = denied("redis_t", "named_conf_t", "file", "read", comm="redis-server", name="a")
        name = remedy_of(incident_of(log, system), "module").actions[0].parameters["name"]
        assert str(name).startswith("avcdoctor_redis_t_")

    def test_one_round_instead_of_seven(self, system: Host) -> None:
        """It allows one permission per round."""
        log = denied("redis_t", "named_conf_t", "file", "read", comm="redis-server", name="a")
        rules = remedy_of(incident_of(log, system), "module").grants
        assert rules[0] == "allow redis_t named_conf_t:file { getattr open read };"

    def test_reading_never_becomes_writing(self, system: Host) -> None:
        """`-R` picked a writing interface for 42 read-only requests."""
        log = denied("redis_t", "named_conf_t", "file", "read getattr", comm="redis-server", name="a")
        text = str(remedy_of(incident_of(log, system), "module").actions[0].parameters)
        assert "write" not in text

    def test_dac_override_is_no_rule(self, system: Host) -> None:
        """It becomes an allow rule."""
        log = denied("redis_t", "redis_t", "capability", "dac_override", comm="redis-server")
        assert kinds(incident_of(log, system)) == ["dac"]

    def test_a_leaked_descriptor_is_no_rule(self, system: Host) -> None:
        """It becomes an allow rule."""
        log = denied("ping_t", "httpd_log_t", "file", "append", comm="ping", call="execve", path="/var/log/httpd/e")
        incident = incident_of(log, system)
        assert kinds(incident)[0] == "dontaudit"
        assert "module" not in kinds(incident)

    def test_ioctl_numbers_are_kept(self, system: Host) -> None:
        """They are dropped."""
        log = denied("redis_t", "user_devpts_t", "chr_file", "ioctl", comm="redis-server", path="/dev/pts/0",
                     dev="devpts", ioctlcmd="0x5401")  # fmt: skip
        assert only(explained(log, system)).finding.groups[0].examples[0].ioctl == 0x5401

    def test_a_type_that_is_not_defined_makes_no_promise(self, system: Host) -> None:
        """It offers a rule with a type that isn't defined."""
        log = denied("redis_t", "odd_file_t", "file", "read", comm="redis-server", name="a")
        for remedy in incident_of(log, system).remedies:
            assert remedy.simulation.after != "allowed"


class TestSemanage:
    """semanage: -a on a typed port is an error; its calls are slow."""

    def test_a_typed_port_is_modified(self, system: Host) -> None:
        log = denied("httpd_t", "postgresql_port_t", "tcp_socket", "name_bind", comm="httpd", src=5432)
        assert commands([remedy_of(incident_of(log, system), "port")])[0][:3] == ["semanage", "port", "-m"]


class TestAusearch:
    """ausearch: hangs on standard input without a terminal; its csv has neither permissions nor class."""

    def test_permissions_and_class_are_in_the_report(self, system: Host) -> None:
        report = explained(content("read", "/var/www/html/a.html"), system)
        told = FORMATS["json"](report)
        assert '"permissions"' in told
        assert '"tclass": "file"' in told

    def test_a_pasted_text_is_read(self, system: Host) -> None:
        assert read_text(content("read", "/var/www/html/a.html")).summary.denials == 1


@pytest.mark.policy
@pytest.mark.skipif(shutil.which("audit2why") is None, reason="audit2why is not installed")
def test_audit2why_still_drops_what_it_does_not_know(tmp_path: Path) -> None:
    """The comparison stays true: a record with an unknown type gives no answer there."""
    log = tmp_path / "audit.log"
    log.write_text(denied("strange_t", "odd_file_t", "file", "read", comm="strange", name="a"))
    policy = Path("/etc/selinux/default/policy/policy.33")
    if not policy.is_file():
        pytest.skip("Debian's selinux-policy-default is not installed")
    done = subprocess.run(
        ["audit2why", "-p", str(policy), "-i", str(log)], capture_output=True, text=True, check=False, timeout=60
    )
    assert "Was caused by" not in done.stdout
