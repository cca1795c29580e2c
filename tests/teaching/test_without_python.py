"""What a page without Python is told: its verdicts and comparisons are those of Python, word for word."""

import json
import math
import re

import nbformat
import numpy as np
import pytest

from helpers.mathematics.numerals import numeral, value_of
from helpers.teaching import adam_exercises, convergence_exercises, initialization_exercises
from helpers.teaching import splitting_exercises as splitting
from helpers.teaching.answers import NumericExercise
from helpers.teaching.questions import QUESTIONS
from helpers.teaching.reveals import Reveal
from helpers.upkeep.settings import NOTEBOOKS
from helpers.upkeep.site.asking import asked

MODULES = (adam_exercises, splitting, convergence_exercises, initialization_exercises)
NUMBERS = {
    one.key: one for module in MODULES for one in vars(module).values() if isinstance(one, NumericExercise)
}
PREDICTIONS = {one.key: one for both in QUESTIONS.values() for one in both}


def told(data, number):
    """The verdict as the page's script finds it in the data."""
    fits = lambda ranges: any(low <= number <= high for low, high in ranges)  # noqa: E731
    return next(html for ranges, html in data["verdicts"] if (fits(ranges) if ranges else number % 1))


@pytest.mark.parametrize("key", NUMBERS)
def test_the_data_give_the_verdicts_of_python(key):
    exercise, rng = NUMBERS[key], np.random.default_rng(5)
    data, value = json.loads(json.dumps(exercise.as_data(), allow_nan=False)), exercise.value
    numbers = [value, -value, 2 * value, value / 2, 1 / value, 1000 * value, 1.01 * value]
    numbers += [0, 1, 1e300, -1e300]
    for ranges, _ in exercise.misconceptions:
        numbers += [end for one in ranges for end in (sum(one) / 2, *one)]
    numbers += [*(value * rng.uniform(-3, 3, 200)), *(value * 10 ** rng.uniform(-14, 14, 200))]
    kinds = {}
    for number in map(float, numbers):
        verdict = exercise._checked(number)
        assert told(data, number) == verdict.html, number
        kinds[verdict.words] = verdict.kind
    assert len(kinds) >= 2 + len(exercise.misconceptions)  # each was met
    assert {"holds", "broken"} == set(kinds.values())
    assert [verdict.holds for _, verdict in exercise.verdicts()].count(True) == 1


def test_no_verdict_but_the_right_one_is_given_within_the_precision():
    for one in NUMBERS.values():
        within = max(one.rtol * abs(one.value), 1e-9)
        for share in (-0.99, 0.99):
            assert one._checked(one.value + share * within).holds
            assert not one._checked(one.value + 1.02 * share * within).holds


@pytest.mark.parametrize("key", PREDICTIONS)
def test_each_answer_is_compared_as_python_does(key, tmp_path, monkeypatch):
    from helpers.teaching import progress

    one = PREDICTIONS[key]
    measured = one.choices[-1] if one.choices else float(f"{math.sqrt(one.high * max(one.low, 0.7)):.3g}")
    data = json.loads(json.dumps(one.revealed(one.reveal(measured)._repr_mimebundle_()["text/html"])))
    answers = one.answers()
    assert len(answers) == (len(one.choices) if one.choices else 201)
    assert len(data["said"]) == len(answers) + 1
    if not one.choices:
        assert (answers[0], answers[-1]) == (one.low, one.high) and answers == sorted(set(answers))
    for place in {0, 1, len(answers) // 2, len(answers) - 1}:
        monkeypatch.setattr(progress, "_session", {})
        one.record(answers[place])
        assert Reveal(one, measured).words == data["said"][place]
    monkeypatch.setattr(progress, "_session", {})
    one.skip()
    assert Reveal(one, measured).words == data["said"][-1]
    with pytest.raises(ValueError, match="not to be found"):
        one.revealed("<p>nothing</p>")


def test_what_the_stored_notebooks_ask_is_found():
    kinds = {}
    for path in sorted(NOTEBOOKS.glob("5*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                static = output.get("data", {}).get("text/html")
                html = static and asked(cell.source, static, "https://binder")
                if html:
                    (kind,) = re.findall(r'data-kind="(\w+)"', html) or ["python"]
                    kinds[kind] = kinds.get(kind, 0) + 1
                    assert kind != "python" or "https://binder" in html
    count = len(PREDICTIONS)
    assert kinds == {"prediction": count, "reveal": count, "number": len(NUMBERS), "python": 12}


@pytest.mark.parametrize("x", [5.75, -0.25, 5.24e5, 1e5, -1e-4, 2.5e-3, 100, 0, 1e9])
def test_a_written_number_is_read(x):
    assert value_of(numeral(x)) == x
    with pytest.raises(ValueError, match="not a number as it is written"):
        value_of("5,2 units")
