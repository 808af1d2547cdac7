"""What fuzzing found: each input once crashed a reader, and must not do so again."""

from __future__ import annotations

from typing import Dict

import pytest

from tests.read.fuzz_reader import check

S = b"scontext=system_u:system_r:app_t:s0 tcontext=system_u:object_r:data_t:s0 tclass=file permissive=0"
VECTOR = b'avc:  denied  { read } for  pid=41 comm="app" name="x.db" dev="dm-0" ino=77 ' + S

FINDINGS: Dict[str, bytes] = {
    "a redacted stamp was taken for a time": b"type=AVC msg=audit(...): " + VECTOR + b"\n",
    "a stamp of letters": b"type=AVC msg=audit(abcdefghij.klm:31): " + VECTOR + b"\n",
    "a redacted stamp of an error": b"type=SELINUX_ERR msg=audit(...): op=setxattr invalid_context=x\n",
    "a bracket before the header of an error": b"x=(  d type=SELINUX_ERR msg=audit(1700000001.250:31): op=setxattr\n",
    "a vector that began like a separator": b"---- " + VECTOR + b"\n",
}


@pytest.mark.parametrize("data", FINDINGS.values(), ids=list(FINDINGS))
def test_finding(data: bytes) -> None:
    check(data)
    check(data + b"type=AVC msg=audit(1700000001.250:31): " + VECTOR + b"\n" + data)
