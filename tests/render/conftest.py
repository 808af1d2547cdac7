import time

import pytest


@pytest.fixture(autouse=True)
def in_utc(monkeypatch):
    """Renderers for people write local time; the tests live in UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
