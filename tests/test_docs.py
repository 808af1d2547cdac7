"""What the documentation shows is true: its example passes the checker, its links lead somewhere."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from avcdoctor.cli.main import VERBS
from avcdoctor.gate import ignore
from avcdoctor.host.reference import compiled
from avcdoctor.knowledge.lint import check_file, check_message_file
from avcdoctor.knowledge.schema import MATCH_FIELDS
from avcdoctor.triage.judge import answers

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("samples/**/*.md")])


def example_rules():
    """The page's two examples: a rule for denials, and one for messages."""
    text = (ROOT / "docs" / "adding-a-rule.md").read_text(encoding="utf-8")
    rule, message_rule = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return textwrap.dedent(rule), textwrap.dedent(message_rule)


def test_the_example_rule_has_no_errors(tmp_path):
    (tmp_path / "example.yaml").write_text(example_rules()[0], encoding="utf-8")
    assert check_file(tmp_path / "example.yaml", lambda type_, attribute: None) == []


def test_the_example_of_a_message_rule_has_no_errors(tmp_path):
    (tmp_path / "example.yaml").write_text(example_rules()[1], encoding="utf-8")
    assert check_message_file(tmp_path / "example.yaml", answers) == []


def test_every_field_of_a_condition_is_explained():
    text = (ROOT / "docs" / "adding-a-rule.md").read_text(encoding="utf-8")
    assert [name for name in MATCH_FIELDS if f"`{name}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_only_verbs_that_exist_are_named(page):
    named = set(re.findall(r"\bavcdoctor ([a-z]{3,})\b", "\n".join(commands(page))))
    assert named - set(VERBS) == set()


def commands(page):
    """The indented lines of a page that call avcdoctor."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("    ") and "avcdoctor " in line]


def test_the_output_in_the_readme_is_real():
    page = ROOT / "README.md"
    expected = (ROOT / "samples" / "keepalived" / "expected.txt").read_text(encoding="utf-8")
    screen = "".join(expected.partition("\n  2  ")[0].splitlines(keepends=True))
    assert 20 < len(screen.splitlines()) < 50
    start, block, end = re.split(
        r"(?<=keepalived/audit.log\n)(.*?)(?=```)", page.read_text(encoding="utf-8"), maxsplit=1, flags=re.DOTALL
    )
    if os.environ.get("UPDATE_SAMPLES"):
        block = f"{screen}\n  [...]\n"
        page.write_text(start + block + end, encoding="utf-8")
    assert block == f"{screen}\n  [...]\n"


def test_the_figures_of_the_lab_in_the_readme_are_those_of_its_page():
    said = re.search(r"\(docs/proof\.md\): what it did: (.*)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert said and f"- In all: {said.group(1)}." in (ROOT / "docs" / "proof.md").read_text(encoding="utf-8")


def blocks(language):
    """The blocks of docs/ci.md in one language."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / "ci.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_ignore_file_of_the_page_is_one(tmp_path):
    known, *jobs = blocks("yaml")
    (tmp_path / "known.yaml").write_text(known, encoding="utf-8")
    entries = ignore.load(tmp_path / "known.yaml")
    assert [entry.until is not None for entry in entries] == [False, True]
    assert [set(yaml.safe_load(job)) for job in jobs] == [
        {"summary", "test", "framework", "order", "duration"}, {"jobs"}, {"denials"},
    ]  # fmt: skip


@pytest.mark.parametrize(("known", "code"), [("[]\n", 1), ("- {reason: ours, source: httpd_t}\n", 0)])
def test_the_jobs_of_the_page_pass_and_fail_as_they_should(tmp_path, known, code):
    """The jobs' own lines in a shell, with the log of a sample and our own policy as the artifacts."""
    shutil.copy(ROOT / "samples" / "web-content-moved" / "audit.log", tmp_path / "audit.log")
    shutil.copy(compiled(), tmp_path / "policy.33")
    (tmp_path / "known.yaml").write_text(known)
    for folder, more in (
        ("venv/bin", ""),
        ("bin", " --policy policy.33 audit.log"),
    ):  # a machine's own log is no sample
        (tmp_path / folder).mkdir(parents=True)
        program = tmp_path / folder / "avcdoctor"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m avcdoctor "$@"{more}\n')
        program.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    environment.update(GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"), SINCE="2000-01-01")
    github, gitlab = (yaml.safe_load(job)["denials"] for job in _jobs())
    texts = [step["run"] for step in github["steps"] if "run" in step] + gitlab["script"] + blocks("sh")[:1]
    gates = [text for text in texts if "avcdoctor explain" in text]
    assert len(gates) == 3
    for gate in gates:
        done = subprocess.run(["sh", "-c", gate], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, check=False)
        assert done.returncode == code, f"{gate}\n{done.stderr.decode()}"
    assert "SELinux" in (tmp_path / "summary.md").read_text()
    assert (tmp_path / "denials.html").exists()


def _jobs():
    """GitHub's jobs, and GitLab's file."""
    github, gitlab = blocks("yaml")[2:]
    return yaml.safe_dump(yaml.safe_load(github)["jobs"]), gitlab


def test_the_python_of_the_readme_runs(monkeypatch, capsys):
    pytest.importorskip("setools")
    monkeypatch.chdir(ROOT)
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(block, "README.md", "exec"), {})  # noqa: S102 - the page's own example, no input
    assert "keepalived" in capsys.readouterr().out


def test_every_verb_stands_in_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [verb for verb in VERBS if f"`avcdoctor {verb}" not in text] == []
