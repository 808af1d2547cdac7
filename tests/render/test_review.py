"""A review in each format, on the same review."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

import avcdoctor
from avcdoctor.render import review as renderer
from avcdoctor.review.model import Judged, Module, ModuleReview, Review, Rule

RULE = Rule("allow", "httpd_t", "etc_t", "file", frozenset({"write"}))
SAMPLE = Review(
    "a test policy",
    (
        ModuleReview(
            Module("local", "te", (RULE,), interfaces=("apache_read_log(own_t)",)),
            (
                Judged("allow a_t shadow_t:file { read }", "dangerous", "programs in a_t may read secrets", "secrets"),
                Judged(
                    "allow httpd_t mysqld_port_t:tcp_socket { name_connect }",
                    "better-way",
                    "programs in httpd_t may connect",
                    "an option of the policy",
                    ("turn httpd_can_network_connect_db on",),
                    (("setsebool", "-P", "httpd_can_network_connect_db", "on"),),
                    "boolean",
                ),
                Judged(str(RULE), "needed", "programs in httpd_t may write", "nothing smaller", rule=RULE),
                Judged("allow\x1b[2J", "unknown", "setenforce 0 \x07", "odd `name`"),
            ),
            "(allow httpd_t etc_t (file (write)))\n",
        ),
    ),
    (Judged("port tcp 80 is http_port_t", "redundant", "programs may use it", "the policy does so by itself"),),
    ("not read: junk",),
)


@pytest.mark.parametrize("width", [80, 140])
def test_text(width: int, snapshot: SnapshotAssertion) -> None:
    assert renderer.text(SAMPLE, width=width) == snapshot


def test_markdown(snapshot: SnapshotAssertion) -> None:
    assert renderer.markdown(SAMPLE) == snapshot


def test_json_has_the_names_of_its_schema() -> None:
    schema = json.loads((Path(avcdoctor.__file__).parent / "render" / "review.schema.json").read_text())
    jsonschema.validate(json.loads(renderer.json(SAMPLE)), schema)


@pytest.mark.parametrize("shown", [renderer.text(SAMPLE), renderer.markdown(SAMPLE), renderer.json(SAMPLE)])
def test_nothing_unsafe_is_shown(shown: str) -> None:
    assert all(character.isprintable() or character == "\n" for character in shown)
    assert "setenforce 0" not in shown


def test_nothing_local() -> None:
    assert "nothing local" in renderer.text(Review("p"))
