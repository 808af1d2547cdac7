"""setroubleshoot's sentences, in the words of its versions, and what looks like them."""

from __future__ import annotations

from typing import Tuple

import pytest

from avcdoctor.parse.sentences import Sentence, denial_of, sentences

ALERT = "077cb3b9-af2d-4cd5-82c7-ddbf2017738b"
APP = "/usr/sbin/app"


def one(text: str) -> Sentence:
    (said,) = sentences(text.encode())
    return said.sentence


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("read access on the file x.db.", Sentence(APP, ("read",), "file", "x.db")),
        ("'read, open' accesses on the file /srv/my web/x.", Sentence(APP, ("read", "open"), "file", "/srv/my web/x")),
        ("'write' accesses on the directory /srv.", Sentence(APP, ("write",), "dir", "/srv")),
        ("getattr access on the file .", Sentence(APP, ("getattr",), "file")),
        ("getattr access on the file Unknown.", Sentence(APP, ("getattr",), "file")),
        ("name_bind access on the tcp_socket port 8909.", Sentence(APP, ("name_bind",), "tcp_socket", port=8909)),
        ("name_bind access on the tcp_socket port None.", Sentence(APP, ("name_bind",), "tcp_socket")),
        ("write access on the sock_file labeled init_t.", Sentence(APP, ("write",), "sock_file", label="init_t")),
        ("using the sys_admin capability.", Sentence(APP, ("sys_admin",), "capability")),
        ("using the 'chown, fowner' capabilities.", Sentence(APP, ("chown", "fowner"), "capability")),
        ("using the block_suspend capability.", Sentence(APP, ("block_suspend",), "capability2")),
        ("using the execmem access on a process.", Sentence(APP, ("execmem",), "process")),
        ("'unix_read' accesses on the shared memory Unknown.", Sentence(APP, ("unix_read",), "shm")),
        ("read access on the file /a.b.c.", Sentence(APP, ("read",), "file", "/a.b.c")),
    ],
)
@pytest.mark.parametrize(
    "after",
    ["", f" For complete SELinux messages run: sealert -l {ALERT}",
     f" For complete SELinux messages. run sealert -l {ALERT}",
     "#012#012*****  Plugin catchall (100. confidence) suggests   ****#012#012If you believe"],
    ids=["alone", "with its alert", "as of RHEL 7", "as a report"],
)  # fmt: skip
def test_each_wording(words: str, expected: Sentence, after: str) -> None:
    text = f"Jun 12 02:13:20 web1 setroubleshoot[2900]: SELinux is preventing {APP} from {words}{after}\n"
    assert one(text) == expected


def test_a_sentence_that_goes_on_in_the_next_line_with_its_alert_and_time() -> None:
    text = (
        "2022-06-12T02:13:20+0000 web1 setroubleshoot[2900]: SELinux is preventing /usr/sbin/app\n   from read access "
        f"on the file x.db. For complete\n   SELinux messages run: sealert -l {ALERT}\n"
    )
    (said,) = sentences(text.encode())
    assert (said.sentence.object, said.alert, said.clock) == ("x.db", ALERT, 1655000000000)
    denial = denial_of(said)
    assert not denial.source.told
    assert not denial.target.told
    assert (denial.exe, denial.comm, denial.name, denial.fields) == (APP, "app", "x.db", {"alert": ALERT})


@pytest.mark.parametrize(
    "text",
    [
        "SELinux is preventing nginx from connecting to tcp port 9000 (if enabled)\n",
        "SELinux is preventing Apache `httpd` from making network connections.\n",
        "SELinux is preventing access to files with the default label, default_t.\n",
        'SELinux is preventing app (app_t) "read" to ./x (data_t).\n',
        "SELinux is preventing " * 3 + "\n",
    ],
)
def test_what_people_write_in_other_words_is_no_sentence(text: str) -> None:
    assert list(sentences(text.encode())) == []


def test_a_long_hostile_text_is_soon_over() -> None:
    for unit in ("SELinux is preventing ", "SELinux is preventing a from b access on the c ", "access on the file . "):
        text = f"SELinux is preventing a from b access on the c {unit * 20_000}"
        assert isinstance(tuple(sentences(text.encode())), Tuple)  # type: ignore[arg-type]


@pytest.mark.parametrize("program", ["DNS Resolver #3", "/opt/my app/bin/run", "/tmp/$(rm -rf x);z"])
def test_a_program_with_blanks_in_its_name(program: str) -> None:
    said = one(f"SELinux is preventing {program} from read access on the file /etc/shadow.")
    assert said == Sentence(program, ("read",), "file", "/etc/shadow")


def test_a_sentence_of_another_form_lends_its_program_to_no_other_one() -> None:
    other = 'SELinux is preventing httpd (httpd_t) "read" to x'
    said = one(f"{other} SELinux is preventing {APP} from read access on the file y.")
    assert said == Sentence(APP, ("read",), "file", "y")
    assert not list(sentences(f"{other}\nand {APP} is kept from read access on the file y.\n".encode()))
