"""What must not be cut in two comes to its end, and the signal is not lost."""

from __future__ import annotations

import os
import signal

import pytest

from avcdoctor.signals import undisturbed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_waits_for_the_end(number: signal.Signals) -> None:
    before = signal.signal(number, signal.default_int_handler)
    steps = []
    try:
        with pytest.raises(KeyboardInterrupt):
            with undisturbed():
                os.kill(os.getpid(), number)
                steps.append("done")
            steps.append("not reached")
    finally:
        signal.signal(number, before)
    assert steps == ["done"]
