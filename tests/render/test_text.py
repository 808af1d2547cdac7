import re
from dataclasses import replace

import pytest

from avcdoctor.render.text import FULL_INCIDENTS, text
from tests.render import reports


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", sorted(reports.ALL))
def test_text_of_each_report(name, width, snapshot):
    assert text(reports.ALL[name](), width=width) == snapshot


def test_verbose_text_shows_records_undo_and_every_group(snapshot):
    shown = text(reports.full(), width=100, verbose=True)
    assert "type=SYSCALL" in shown
    assert "semodule -r avcdoctor_keepalived_ping" in shown
    assert "mount_exec_t" in shown
    assert shown == snapshot


def test_color_only_adds_escapes():
    report = reports.full()
    colored = text(report, width=90, color=True)
    assert "\x1b[1m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == text(report, width=90)


def test_commands_stay_on_one_line_however_narrow():
    shown = text(reports.single(), width=40)
    assert f"semanage fcontext -a -f f -t {reports.SCRIPT_TYPE} '{reports.SCRIPT_PATTERN}'\n" in shown


def test_a_page_of_incidents_then_one_line_each():
    report = reports.many(FULL_INCIDENTS + 3)
    shown = text(report, width=100)
    assert shown.count("why  ") == FULL_INCIDENTS
    assert "3 more incidents (-v shows all in full, --incident ID one)" in shown
    assert text(report, width=100, verbose=True).count("why  ") == FULL_INCIDENTS + 3


def test_commands_of_the_first_remedies_and_titles_of_the_others():
    incident = reports.script_incident()
    report = replace(reports.single(), incidents=(replace(incident, remedies=incident.remedies * 2),))
    shown = text(report, width=100)
    assert "  4  label the script as a keepalived script" in shown
    assert shown.count("restorecon -v /etc/keepalived/check.sh") == 1
    assert "-v shows the commands of all of them" in shown
    assert (
        text(report, width=100, verbose=True).count("       restorecon -v /etc/keepalived/check.sh") == 4
    )  # with undo


def test_a_storm_of_incidents_still_fits_a_page():
    shown = text(reports.many(200), width=100)
    assert len(shown.splitlines()) < 60
    assert "and 184 more with 184 denials" in shown


def test_a_long_covering_set_is_cut():
    many = reports.many(12)
    remedy = reports.script_incident().remedies[0]
    incidents = tuple(
        replace(incident, remedies=(replace(remedy, resolves=1, title=f"way {number}"),))
        for number, incident in enumerate(many.incidents)
    )
    report = replace(many, incidents=incidents, cover=tuple((incident.id, 0) for incident in incidents))
    shown = text(report, width=100)
    assert "12 remedies end all 12 denials:" in shown
    assert "and 4 more (-v)" in shown
    assert "and 4 more (-v)" not in text(report, width=100, verbose=True)


def test_verbose_shows_a_module_in_both_languages():
    incident = reports.script_incident()
    module = incident.remedies[2]
    action = replace(
        module.actions[0], parameters={**module.actions[0].parameters, "te": "module x 1.0;\n\tallow a b;\n"}
    )
    incident = replace(incident, remedies=(replace(module, actions=(action,)),))
    report = replace(reports.single(), incidents=(incident,))
    assert "avcdoctor_keepalived_ping.te:\n         module x 1.0;\n             allow a b;" in text(
        report, verbose=True
    )
    assert "module x 1.0" not in text(report)


def test_the_smallest_set_of_remedies_ends_the_text():
    last = text(reports.full(), width=100).rstrip().splitlines()[-4:]
    assert last[0] == "2 remedies end 201 denials of 209:"
    assert last[1].split()[:2] == ["k3f9a1", "KEEPALIVED001"]
    assert last[2].split()[:2] == ["h05711", "wrong-label"]


def test_denials_that_were_only_logged_are_told_apart():
    shown = text(reports.full(), width=120)
    assert "7 denials, permissive: logged, not blocked" in shown
    assert "3 denials, 2 blocked, 1 permissive (only logged)" in shown
    assert "198 denials, blocked" in shown


def test_a_hostile_name_is_one_quoted_word():
    shown = text(reports.full(), width=80)
    assert "by 'nginx\\nsetenforce 0'" in shown
    assert r"restorecon -v -- $'/srv/$(reboot)/a b\'c\n\x1b[31mred\xff'" in shown
