"""What is collected from a log, and in which order the layers look at a line."""

from avcdoctor.knowledge.messages import LAYERS
from avcdoctor.triage.lines import read_lines
from avcdoctor.triage.observe import LAYER_BY_NAME, collect
from avcdoctor.triage.packs import rules_with
from avcdoctor.triage.trail import events
from avcdoctor.triage.unwrapped import unwrapped


def collected(log, rules=()):
    return collect(read_lines(unwrapped(log.encode())), tuple(events(unwrapped(log.encode()))), rules)


def test_every_layer_has_its_file_and_knows_how_it_differs_from_selinux():
    assert sorted(LAYER_BY_NAME) == sorted(LAYERS)
    for layer in LAYER_BY_NAME.values():
        assert layer.if_selinux
        assert layer.not_selinux or layer.name == "selinux"


def test_records_come_before_messages():
    log = (
        "app[1]: open /srv/a: Permission denied\n"
        'kernel: audit: type=1326 audit(1700000000.1:1): pid=77 comm="app" sig=31 syscall=41\n'
    )
    assert [one.layer for one in collected(log)] == ["seccomp", "dac"]


def test_a_rule_goes_before_a_layers_own_recogniser():
    log = "sudo: /etc/sudoers.d/a is world writable\n"
    assert [(one.layer, one.rule) for one in collected(log)] == [("dac", "")]
    assert [(one.layer, one.rule) for one in collected(log, rules_with())] == [("dac", "SUDO503")]


def test_lines_that_differ_in_numbers_only_are_kept_few():
    log = "\n".join(f"app[{number}]: open /srv/{number}: Permission denied" for number in range(200))
    assert 1 <= len(collected(log)) <= 40


def test_a_record_is_no_message():
    assert (
        collected("type=USER_LOGIN msg=audit(1.000:1): msg='op=login acct=\"a\" res=failed Permission denied'\n") == []
    )
