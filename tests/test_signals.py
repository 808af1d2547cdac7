"""What must not be cut in two comes to its end, the signal is not lost, and what must not last is ended."""

from __future__ import annotations

import os
import re
import signal
import threading
import time

import pytest

from avcdoctor.signals import TookTooLongError, at_most, undisturbed


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_another_thread_takes_waits_too(number: signal.Signals) -> None:
    over, before = threading.Event(), signal.signal(number, signal.default_int_handler)
    idle = threading.Thread(target=over.wait)
    idle.start()
    steps = []
    try:
        with pytest.raises(KeyboardInterrupt):
            with undisturbed():
                os.kill(os.getpid(), number)
                time.sleep(0.05)
                steps.append("done")
            steps.append("not reached")
    finally:
        over.set()
        idle.join()
        signal.signal(number, before)
    assert steps == ["done"]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()).isdisjoint({number})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_is_ignored_stays_ignored(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with undisturbed():
            os.kill(os.getpid(), number)
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_an_expression_that_does_not_end_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(TookTooLongError), at_most(0.2):
        re.fullmatch(r"/(a+)+b", "/" + "a" * 60)
    assert time.monotonic() - began < 30
    with at_most(0.2):
        pass
    time.sleep(0.3)  # no alarm is left behind


def test_another_thread_is_not_timed() -> None:
    done = []

    def work() -> None:
        with at_most(0.01):
            time.sleep(0.05)
        done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done
