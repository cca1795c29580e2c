"""Settings for the tests of exercises: a busy machine must not refuse a right answer."""

import pytest

from helpers.teaching import exercises, running


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Give a minute to what has seconds, and to what must be stopped; limits below a second stay."""

    def run_limited(function, limit):
        return running.run_limited(function, limit if limit < 1.0 else 60.0)

    monkeypatch.setattr(running, "GRACE", 60.0)
    monkeypatch.setattr(exercises, "run_limited", run_limited)
