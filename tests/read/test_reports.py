"""Reports about denials, and records with small damages, are read as the records they tell of."""

from __future__ import annotations

import textwrap

import pytest

from tests.read.wrappings import told

S, T = "system_u:system_r:app_t:s0", "unconfined_u:object_r:data_t:s0"
BODY = f'denied  {{ read }} for  pid=41 comm="app" path="/srv/x" dev="dm-0" ino=7 scontext={S} tcontext={T} tclass=file'
RAW = f"type=AVC msg=audit(1700000001.250:31): avc:  {BODY} permissive=0"
SEALERT = f"""SELinux is preventing app from read access on the file /srv/x.

*****  Plugin catchall (100. confidence) suggests   **************************

Additional Information:
Source Context                {S}
Target Context                {T}
Target Objects                /srv/x [ file ]
Source                        app
Source Path                   /usr/sbin/app
Port                          <Unknown>

Hash: app,app_t,data_t,file,read
"""
OLD_SEALERT = f"""SELinux is preventing app (app_t) "read" to ./x (data_t).

Source Context:               {S}
Target Context:               {T}
Target Objects:               ./x [ file ]
Source:                       app
"""
PORT = SEALERT.replace("read access on the file /srv/x", "name_bind access on the tcp_socket port 8080").replace(
    "/srv/x [ file ]", "port 8080 [ tcp_socket ]"
).replace("<Unknown>", "8080").replace("file,read", "tcp_socket,name_bind")  # fmt: skip
LONG = "# audit(1700000001.250:31):\n" + "\n".join(
    "# " + line for line in textwrap.wrap(f'message="{RAW}"', 80, initial_indent="  ", subsequent_indent="   ")
)
AUREPORT = f"1. 11/14/2023 22:13:21 app {S} 257 file read {T} denied 31"
WIDE = RAW.replace("app_t:s0 ", "app_t:s0-s0:c0.c1023 ")

TEXTS = {
    "sealert": SEALERT,
    "old sealert": OLD_SEALERT,
    "sealert with its raw record": SEALERT + "\nRaw Audit Messages\n" + RAW + "\n",
    "audit2allow -e": LONG + "\nallow app_t data_t:file read;\n",
    "audit2why": RAW + "\n\n\tWas caused by:\n\t\tMissing type enforcement (TE) allow rule.\n",
    "aureport -a": f"AVC Report\n====\n# date time\n====\n{AUREPORT}\n",
    "no avc:": f"type=AVC msg=audit(1700000001.250:31): {BODY}",
    "nothing before denied": BODY,
    "strong": RAW.replace("denied", "**denied**"),
    "a blank in names": RAW.replace("tcontext=", "tcon text=").replace(" scontext=", " s context="),
    "folded after names": RAW.replace("comm=", "comm=\n").replace("scontext=", "scontext=\n    "),
    "folded in a level": WIDE.replace("s0-s0:c0", "s0-s0:\n   c0"),
    "folded in categories": WIDE.replace("c0.c1023", "c0\n.c1023"),
}


@pytest.mark.parametrize("name", list(TEXTS))
def test_one_denial(name: str) -> None:
    ((source, target, tclass, count, permissions, comm, *_),) = told(TEXTS[name].encode()).denials
    assert (source, target, tclass, count, permissions) == ("app_t", "data_t", "file", 1, (("read", 1),))
    assert comm == "app"


def test_a_port() -> None:
    (denial,) = told(PORT.encode()).denials
    assert (denial[2], denial[10]) == ("tcp_socket", 8080)


def test_several_reports() -> None:
    denials = told((SEALERT + "\n\n" + SEALERT.replace("data_t", "other_t")).encode()).denials
    assert [one[1] for one in denials] == ["data_t", "other_t"]


@pytest.mark.parametrize(
    "text",
    ["Source Context: none of your business\n", "I was denied { entry } for life\n", SEALERT.replace(S, "a b"), ""],
)
def test_near_misses(text: str) -> None:
    assert told(text.encode()).denials == ()


@pytest.mark.parametrize("end", [">", "\u2026"])
def test_a_line_that_a_pager_cut_is_counted(end: str) -> None:
    found = told(f"Nov 14 22:13:21 host audit[41]: AVC avc:  {BODY[:70]}{end}\n".encode())
    assert (found.denials, found.unreadable) == ((), 1)
