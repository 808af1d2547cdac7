"""The verdict over logs of our own making: the right layer, and what is said about SELinux."""

import pytest

from avcdoctor.triage import judge
from tests.triage.variations import VARIATIONS


@pytest.mark.parametrize(("layer", "selinux", "log"), VARIATIONS)
def test_the_layer_is_named(layer, selinux, log):
    verdict = judge(log.encode())
    assert verdict.layer == layer
    assert verdict.selinux == selinux


def test_there_are_enough_variations():
    assert len(VARIATIONS) >= 40
