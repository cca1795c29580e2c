"""What all tests of teaching share: patience, an empty memory, and what tables of answers must prove."""

import re

import numpy as np
import pytest

from helpers.teaching import exercises, progress, running


@pytest.fixture(autouse=True)
def nothing_done_yet(monkeypatch):
    """Each test begins as a reader who has done nothing."""
    monkeypatch.setattr(progress, "_session", {})


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Give a minute to what has seconds, and to what must be stopped; limits below a second stay."""

    def run_limited(function, limit):
        return running.run_limited(function, limit if limit < 1.0 else 60.0)

    monkeypatch.setattr(running, "GRACE", 60.0)
    monkeypatch.setattr(exercises, "run_limited", run_limited)


def inputs_of(line):
    """The inputs of an example as it is printed."""
    pairs = re.split(r", (?=\w+ = )", line.removeprefix("with "))
    values = {name: eval(text) for name, text in (pair.split(" = ") for pair in pairs)}
    return {
        name: np.array(value, float) if isinstance(value, list) else value for name, value in values.items()
    }


def accepts(exercise, answer, times=50):
    """The answer is accepted on `times` fresh sets of data."""
    for seed in range(times):
        verdict = exercise.verdict(answer, seed)
        assert verdict, f"{seed}: {verdict}"
        assert len(verdict.held) == len(exercise.properties)


def refuses(exercise, answer, broken, times=5):
    """The answer is refused for the named reason, and the example printed exhibits just that fault."""
    names = (broken,) if isinstance(broken, str) else broken
    for seed in range(times):
        verdict = exercise.verdict(answer, seed)
        assert not verdict and verdict.broken in names, f"{seed}: {verdict}"
        assert verdict.words and "Traceback" not in str(verdict)
        named = [one for one in exercise.properties if one.name == verdict.broken]
        if named:
            inputs = inputs_of(verdict.example[0])
            answers = exercise._answer(answer), exercise._answer(exercise.reference)
            seen, right = (named[0].compare(one, inputs) for one in answers)
            assert not seen.holds and seen.words == verdict.words, verdict
            # the fault is in the six digits that are printed, or all seventeen are
            assert seen.visible or "The first digits are right" in verdict.words
            assert right.holds


class Table:
    accepts, refuses, inputs_of = staticmethod(accepts), staticmethod(refuses), staticmethod(inputs_of)


@pytest.fixture
def judge():
    return Table
