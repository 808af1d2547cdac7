from pathlib import Path

from avcdoctor import api

LOG = Path(__file__).resolve().parents[2] / "samples" / "web-content-moved" / "audit.log"


def test_every_file_that_was_moved_gets_its_label_back():
    (incident,) = api.explain([str(LOG)], policy="reference").incidents
    first = incident.remedies[0]
    assert (first.kind, first.applicability, first.resolves) == ("restorecon", "review", incident.denials)
    relabelled = {action.parameters["path"] for action in first.actions}
    assert relabelled == {f"/var/www/html/{name}" for name in ("index.html", "style.css", "logo.png")}


def test_a_path_with_another_default_is_left_alone(tmp_path):
    log = tmp_path / "audit.log"
    log.write_text(LOG.read_text().replace("/var/www/html/logo.png", "/etc/shadow"))
    danger, moved = api.explain([str(log)], policy="reference").incidents
    assert [one.kind for one in danger.remedies] == ["keep-denied"]
    assert danger.denials + moved.denials == 15
    paths = {action.parameters.get("path") for action in moved.remedies[0].actions}
    assert "/var/www/html/index.html" in paths
    assert "/etc/shadow" not in paths


def test_more_files_than_commands_are_told(tmp_path):
    record = next(line for line in LOG.read_text().splitlines() if line.startswith("type=AVC"))
    log = tmp_path / "audit.log"
    log.write_text(
        "".join(
            record.replace('name="index.html"', f'path="/var/www/html/page{number}.html"').replace(
                ":131)", f":{number})"
            )
            + "\n"
            for number in range(30)
        )
    )
    (incident,) = api.explain([str(log)], policy="reference").incidents
    first = incident.remedies[0]
    assert len(first.actions) == 20
    assert "10 more paths of the log are not named here: look at them as well" in first.notes
