import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from avcdoctor.host.inode import CAPABILITIES, carried, names_of, parse_acl, parse_capabilities


def test_an_acl():
    value = struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", tag, bits, number)
        for tag, bits, number in (
            (1, 6, 0xFFFFFFFF),
            (2, 5, 33),
            (4, 0, 0xFFFFFFFF),
            (0x10, 4, 0xFFFFFFFF),
            (0x20, 0, 0),
        )
    )
    entries = parse_acl(value)
    assert [(one.tag, one.bits, one.number) for one in entries] == [
        ("user_obj", 6, -1),
        ("user", 5, 33),
        ("group_obj", 0, -1),
        ("mask", 4, -1),
        ("other", 0, -1),
    ]


@pytest.mark.parametrize(
    "damage", [b"", b"\x02", struct.pack("<I", 3), struct.pack("<I", 2) + b"x" * 7, struct.pack("<IHHI", 2, 99, 0, 0)]
)
def test_a_damaged_acl_is_none(damage):
    assert parse_acl(damage) == ()


def test_file_capabilities_of_the_second_revision():
    bits = 1 << CAPABILITIES.index("net_bind_service") | 1 << CAPABILITIES.index("bpf")
    value = struct.pack("<IIIII", 0x02000001, bits & 0xFFFFFFFF, 0, bits >> 32, 0)
    assert parse_capabilities(value) == ("net_bind_service", "bpf")
    assert parse_capabilities(b"short") == ()


def test_names_of_a_set():
    assert names_of(0x400) == ("net_bind_service",)
    assert len(names_of((1 << 41) - 1)) == 41


def test_the_immutable_attribute(tmp_path):
    file = tmp_path / "fixed"
    file.write_text("x")
    if (
        not shutil.which("chattr")
        or subprocess.run(["chattr", "+i", file], capture_output=True, check=False).returncode
    ):
        pytest.skip("this file system or user can't set the immutable attribute")
    try:
        descriptor = os.open(file, os.O_PATH)
        assert carried(descriptor, file.stat().st_mode).flags == ("immutable",)
        os.close(descriptor)
    finally:
        subprocess.run(["chattr", "-i", file], check=True)


def test_a_device_is_not_opened():
    descriptor = os.open("/dev/null", os.O_PATH)
    assert carried(descriptor, Path("/dev/null").stat().st_mode).flags == ()
    os.close(descriptor)
