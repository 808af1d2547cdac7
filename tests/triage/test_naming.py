"""The unit that failed stands in the commands where the log names one, and one alone, at that moment."""

import pytest

from avcdoctor.triage import judge

DENIED = "Nov 02 10:30:05 h till[1]: open /srv/till: Permission denied\n"
FAILED = "Nov 02 10:30:{} h systemd[1]: {}: Main process exited, code=exited, status=1/FAILURE\n"


def words(log):
    remedies = judge(log.encode()).incidents[0].explanation.remedies
    return [word for remedy in remedies for action in remedy.actions for word in action.argv]


def test_the_unit_that_failed_then():
    assert "shop.service" in words(DENIED + FAILED.format("06", "shop.service"))


@pytest.mark.parametrize(
    "more",
    [
        "",
        FAILED.format("50", "shop.service"),
        FAILED.format("06", "shop.service") + FAILED.format("06", "bank.service"),
        FAILED.format("06", "shop.service").replace("systemd[1]", "till[1]"),
        "Nov 02 10:30:06 h systemd[1]: Started shop.service\n",
    ],
)
def test_no_unit_is_guessed(more):
    assert "UNIT" in words(DENIED + more)
    assert "shop.service" not in words(DENIED + more)
