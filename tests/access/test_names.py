"""What a type's name says."""

from __future__ import annotations

from avcdoctor.access import names


def test_endings() -> None:
    assert (names.stem("httpd_t"), names.typed("httpd"), names.program_type("httpd")) == (
        "httpd",
        "httpd_t",
        "httpd_exec_t",
    )
    assert names.stem("object_r") == "object_r"
    assert names.is_program("httpd_exec_t")
    assert not names.is_program("httpd_t")
    assert names.is_port("http_port_t")
    assert names.port_stem("http_port_t") == "http"
    assert not names.is_port("port_t")
    assert names.is_type_name("x_t")
    assert not names.is_type_name("x_r")
