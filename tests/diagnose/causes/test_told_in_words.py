"""A denial without contexts: what the policy lets one expect is marked, and nothing is offered as proven."""

from __future__ import annotations

from avcdoctor.host import Host
from avcdoctor.model import Incident
from avcdoctor.render import words
from tests.denials import incident_of, kinds

ALERT = "077cb3b9-af2d-4cd5-82c7-ddbf2017738b"


def said(words_: str, program: str = "/usr/sbin/httpd") -> str:
    return (
        f"Jun 12 02:13:20 web1 setroubleshoot[7]: SELinux is preventing {program} from {words_} "
        f"For complete SELinux messages run: sealert -l {ALERT}\n"
    )


EXAMPLES = (said("read access on the file index.html."),)


def notes(incident: Incident) -> str:
    return " ".join(note for remedy in incident.remedies for note in remedy.notes)


def test_the_source_is_inferred_and_the_record_is_asked_for(system: Host) -> None:
    incident = incident_of(said("read access on the file index.html."), system)
    (group,) = incident.finding.groups
    assert (group.source, group.target, group.inferred) == ("httpd_t", "", ("source",))
    assert incident.finding.cause == "told-in-words"
    assert any(line.startswith("inferred, not logged: ") for line in incident.finding.evidence)
    assert f"sealert -l {ALERT}" in incident.finding.warnings[0]
    assert "ausearch -m AVC,USER_AVC -x /usr/sbin/httpd --raw" in incident.finding.warnings[0]
    assert incident.remedies == ()
    assert "(inferred)" in words.arrow(group)


def test_nothing_is_inferred_for_a_program_that_the_policy_does_not_know(system: Host) -> None:
    incident = incident_of(said("read access on the file x.", "/opt/own/tool"), system)
    assert incident.finding.groups[0].inferred == ()
    assert "the record is needed" in incident.finding.why


def test_a_port_has_a_candidate_that_a_person_takes_when_the_record_confirms_it(system: Host) -> None:
    incident = incident_of(said("name_bind access on the tcp_socket port 8999."), system)
    assert incident.finding.groups[0].inferred == ("source", "target")
    assert kinds(incident)[0] == "port"
    assert {remedy.applicability for remedy in incident.remedies} == {"manual"}
    assert "only once the record confirms it" in notes(incident)


def test_no_rule_is_written_for_types_that_nobody_has_seen(system: Host) -> None:
    incident = incident_of(said("using the sys_ptrace capability."), system)
    assert not {"module", "dontaudit"} & set(kinds(incident))


def test_where_the_policy_means_a_label_that_may_be_read_the_object_has_another(system: Host) -> None:
    incident = incident_of(said("read access on the file /var/www/html/index.html."), system)
    assert incident.finding.groups[0].target == ""
    assert kinds(incident) == ["restorecon"]
    assert "another label" in incident.finding.why


def test_a_place_of_nobody_s_has_a_candidate(system: Host) -> None:
    incident = incident_of(said("read access on the file /srv/web/index.html."), system)
    assert kinds(incident)[0] in {"fcontext", "restorecon"}
    assert "only once the record confirms it" in notes(incident)


def test_a_secret_stays_denied(system: Host) -> None:
    incident = incident_of(said("read access on the file /etc/shadow."), system)
    assert kinds(incident)[0] == "keep-denied"


def test_a_program_s_name_reaches_no_shell(system: Host) -> None:
    incident = incident_of(said("read access on the file x.", "/tmp/$(id);id"), system)
    assert "'/tmp/$(id);id'" in incident.finding.warnings[0]
