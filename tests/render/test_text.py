import re
from dataclasses import replace

import pytest

from avcdoctor.render.columns import columns
from avcdoctor.render.text import SCREEN, text
from tests.render import reports


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", sorted(reports.ALL))
def test_text_of_each_report(name, width, snapshot):
    assert text(reports.ALL[name](), width=width) == snapshot


@pytest.mark.parametrize("width", [80, 140])
@pytest.mark.parametrize("count", [1, 20, 1000])
def test_text_of_one_and_of_many(count, width, snapshot):
    report = reports.single() if count == 1 else reports.storm(count)
    assert text(report, width=width, room=2 * SCREEN) == snapshot


@pytest.mark.parametrize("width", [80, 100, 200])
def test_only_what_is_copied_is_wider_than_the_terminal(width):
    copied = re.compile(r" +(semanage|restorecon|semodule|setsebool|\(allow|mv) ")
    for report in (reports.full(), reports.storm(60)):
        for line in text(report, width=width).splitlines():
            assert columns(line) <= width or copied.match(line), line


def test_wide_characters_take_two_columns():
    incident = reports.refused_incident()
    wide = replace(incident, finding=replace(incident.finding, title="\u6771\u4eac\u306e" * 40))
    for report in (
        replace(reports.single(), incidents=(wide,)),
        replace(reports.single(), incidents=(wide, reports.bare_incident())),
    ):
        shown = text(report, width=80)
        assert "\u6771\u4eac" in shown
        assert all(columns(line) <= 80 for line in shown.splitlines())


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


def test_a_thousand_incidents_are_all_named_and_two_screens_are_in_full():
    report = reports.storm(1000)
    lines = text(report, width=100, room=2 * SCREEN).splitlines()
    assert all(any(incident.id in line for line in lines[:1020]) for incident in report.incidents)
    table_end = max(number for number, line in enumerate(lines) if re.match(r"(danger|blocked|logged) ", line))
    assert lines.index(next(line for line in lines if line.startswith("danger  "))) < SCREEN
    assert 0 < len(lines) - table_end <= 2 * SCREEN + 4
    assert re.search(r"^[0-9]+ more incidents: --incident ID", lines[-1])
    assert text(report, width=100, verbose=True).count("\n  why  ") == 1000


def test_the_most_dangerous_comes_first_then_the_most_denials():
    lines = [line.split() for line in text(reports.storm(60), width=80).splitlines()]
    table = [line for line in lines if line and line[0] in ("danger", "blocked", "logged") and len(line[1]) == 8]
    assert len(table) == 60
    assert [line[0] for line in table] == sorted((line[0] for line in table), key=["danger", "blocked", "logged"].index)
    blocked = [int(line[2]) for line in table if line[0] == "blocked"]
    assert blocked == sorted(blocked, reverse=True)


def test_the_first_remedy_with_commands_two_more_by_title_and_the_rest_counted():
    incident = reports.script_incident()
    report = replace(reports.single(), incidents=(replace(incident, remedies=incident.remedies * 2),))
    shown = text(report, width=100)
    assert "  3  a local module" in shown
    assert "  4  label the script" not in shown
    assert shown.count("restorecon -v /etc/keepalived/check.sh") == 1
    assert "3 more with -v: label the script" in " ".join(shown.split())
    assert (
        text(report, width=100, verbose=True).count("       restorecon -v /etc/keepalived/check.sh") == 4
    )  # with undo


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


def test_one_incident_ends_with_what_to_type_next():
    assert text(reports.single()).endswith("avcdoctor fix --dry-run shows the plan: remedy 1\n")
    incident = reports.script_incident()
    module = replace(reports.single(), incidents=(replace(incident, remedies=incident.remedies[2:]),))
    assert "only when asked for: --incident k3f9a1 --remedy 1" in text(module)


def test_denials_that_were_only_logged_are_told_apart():
    shown = text(reports.full(), width=120)
    assert "7 denials, permissive: logged, not blocked" in shown
    assert "3 denials, 2 blocked, 1 permissive (only logged)" in shown
    assert "198 denials, blocked" in shown


def test_a_hostile_name_is_one_quoted_word():
    shown = text(reports.full(), width=80)
    assert "by 'nginx\\nsetenforce 0'" in shown
    assert r"restorecon -v -- $'/srv/$(reboot)/a b\'c\n\x1b[31mred\xff'" in shown
