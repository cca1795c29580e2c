"""Predictions: recorded, kept over a restart, set against the measurement, and never a traceback."""

import base64
import json
import os
import stat

import pytest

from helpers.teaching import memory
from helpers.teaching.predictions import Prediction, compared

FALLS, RISES = "the energy falls", "the energy rises"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    place = tmp_path / "answers"
    monkeypatch.setenv(memory.VARIABLE, str(place))
    return place


def choice(key="5.2-energy"):
    return Prediction(key, "What does **E** do?", [FALLS, RISES])


def numeric(**more):
    return Prediction("5.2-distance", "How far from the minimum?", low=1e-6, high=1, unit="units", **more)


def test_a_choice_is_recorded_and_revealed(folder):
    prediction = choice()
    assert str(prediction.record(1)) == f"Recorded: “{RISES}”."
    assert prediction.answer == RISES
    assert str(prediction.record(" The energy FALLS ")) == f"Recorded: “{FALLS}” (before: “{RISES}”)."
    assert str(prediction.reveal(FALLS)) == f"You said “{FALLS}”, and so does the measurement."
    assert str(prediction.reveal(1)) == f"You said “{FALLS}”; the measurement says “{RISES}”."
    assert prediction.reveal(1).figure is None


def test_a_number_is_recorded_and_drawn_against_the_measurement(folder):
    prediction = numeric()
    assert str(prediction.record(1e-3)) == "Recorded: 0.001 units."
    reveal = prediction.reveal(2.7e-3)
    words = "You said 0.001 units; measured 0.0027 units: the same order of magnitude, ratio 2.7."
    assert str(reveal) == words
    (axes,) = reveal.figure.axes
    assert axes.get_xscale() == "log"
    drawn = {line.get_marker(): line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1}
    assert drawn == {"o": 1e-3, "D": 2.7e-3}
    bundle = reveal._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "image/png"}
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == words
    assert bundle["text/html"].count(words) == 2  # as the text of the picture, and under it


def test_without_a_prediction_the_measurement_alone_is_shown(folder):
    assert str(choice().reveal(0)) == f"No prediction recorded; the measurement says: {FALLS}."
    reveal = numeric().reveal(0.5)
    assert str(reveal) == "No prediction recorded; measured 0.5 units."
    assert [line.get_marker() for line in reveal.figure.axes[0].lines] == ["D"]


@pytest.mark.parametrize("measured", [-2.0, 0.0, 1e5, 1e-300])
def test_measurements_outside_the_range_are_drawn_too(folder, measured):
    prediction = numeric()
    prediction.record(0.1)
    (axes,) = prediction.reveal(measured).figure.axes
    low, high = axes.get_xlim()
    assert low <= min(measured, 1e-6) and high >= max(measured, 1)
    prediction.reveal(measured)._repr_mimebundle_()


@pytest.mark.parametrize("measured", [float("nan"), float("inf"), None, "much", [1, 2]])
def test_a_measurement_that_is_no_number_is_said(folder, measured):
    assert "not a number to compare with" in str(numeric().reveal(measured))
    assert "fits none of the answers" in str(choice().reveal(measured))


@pytest.mark.parametrize("value", [2, -1, True, "sideways", 0.5, float("nan"), [0], ...])
def test_what_is_no_choice_is_not_recorded(folder, value):
    prediction = choice()
    assert str(prediction.record(value)).startswith("Not recorded. Choose one of the answers")
    assert prediction.answer is None and not folder.exists()


@pytest.mark.parametrize("value", [2, 0, -1, "0.5", float("nan"), True])
def test_what_is_no_number_of_the_range_is_not_recorded(folder, value):
    prediction = numeric()
    assert str(prediction.record(value)).startswith("Not recorded. ")
    assert prediction.answer is None and not folder.exists()


def test_answers_survive_a_restart(folder):
    choice().record(RISES)
    numeric().record(0.25)
    assert choice().answer == RISES and numeric().answer == 0.25
    assert "Recorded earlier: 0.25 units." in str(numeric())
    assert choice("another").answer is None
    assert sorted(path.name for path in folder.iterdir()) == ["5.2-distance.json", "5.2-energy.json"]


def test_answers_lie_beside_the_notebook_unless_told_otherwise(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(memory.VARIABLE)
    choice().record(0)
    assert (tmp_path / ".answers" / "5.2-energy.json").is_file()
    monkeypatch.setenv(memory.VARIABLE, "off")
    prediction = choice()
    assert prediction.answer is None
    prediction.record(1)
    assert prediction.answer == RISES
    assert json.loads((tmp_path / ".answers" / "5.2-energy.json").read_text())["answer"] == FALLS


@pytest.mark.parametrize("content", ["", "{", "[]", "3", "\x00", '"text"', "[" * 100_000, b"\xff\xfe"])
def test_a_corrupt_file_is_ignored_in_words(folder, content):
    folder.mkdir()
    data = content if isinstance(content, bytes) else content.encode()
    (folder / "5.2-energy.json").write_bytes(data)
    prediction = choice()
    assert prediction.answer is None
    assert "could not be read and is ignored" in str(prediction)
    assert "could not be read and is ignored" in str(prediction.reveal(0))
    prediction.record(0)
    assert choice().answer == FALLS


@pytest.mark.parametrize("answer", [None, 0.5, 7, "an answer of an earlier edition", {"a": 1}])
def test_an_answer_to_another_question_is_ignored_in_words(folder, answer):
    memory.save("5.2-energy", {"answer": answer})
    prediction = choice()
    assert prediction.answer is None
    assert "does not fit this question and is ignored" in str(prediction)


def test_a_write_that_fails_leaves_the_old_answer_whole(folder, monkeypatch):
    choice().record(FALLS)

    def fail(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    prediction = choice()
    assert "until the kernel stops only: No space left on device." in str(prediction.record(RISES))
    assert prediction.answer == RISES  # in this kernel
    assert choice().answer == FALLS
    assert [path.name for path in folder.iterdir()] == ["5.2-energy.json"]


def test_a_file_in_place_of_the_folder_is_said_in_words(folder):
    folder.write_text("")
    prediction = choice()
    assert prediction.answer is None
    assert "It is kept until the kernel stops only" in str(prediction.record(0))
    assert stat.S_ISREG(folder.stat().st_mode)


@pytest.mark.parametrize(
    "predicted, measured, scale, words",
    [
        (1e-3, 2.7e-3, "log", "the same order of magnitude, ratio 2.7"),
        (1.0, 1.04, "log", "within 5 %, ratio 1.04"),
        (1e-3, 1e-1, "log", "too low by 2.0 orders of magnitude, ratio 1e+02"),
        (-10.0, -0.1, "log", "too high by 2.0 orders of magnitude, ratio 0.01"),
        (2.0, 2.0, "log", "the same"),
        (2.0, -1.0, "log", "of the opposite sign, too high by 3, 30 % of the range asked for"),
        (0.7, 0.93, "linear", "too low by 0.23, 2 % of the range asked for"),
        (0.0, 1.0, "log", "too low by 1, 10 % of the range asked for"),
    ],
)
def test_the_difference_in_words(predicted, measured, scale, words):
    assert compared(predicted, measured, scale, width=10.0) == words


def test_the_scale_follows_the_range():
    assert numeric().scale == "log"
    assert Prediction("k", "q", low=0.5, high=1).scale == "linear"
    assert Prediction("k", "q", low=0, high=1000).scale == "linear"
    assert Prediction("k", "q", low=0.5, high=1, scale="log").scale == "log"


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"key": "../escape", "choices": ["a", "b"]}, "key must consist of"),
        ({"key": "", "choices": ["a", "b"]}, "key must consist of"),
        ({"key": "k", "choices": ["a"]}, "two different labels"),
        ({"key": "k", "choices": ["a", "a"]}, "two different labels"),
        ({"key": "k"}, "give choices, or finite numbers"),
        ({"key": "k", "low": 1, "high": 1}, "give choices, or finite numbers"),
        ({"key": "k", "low": 0, "high": float("inf")}, "give choices, or finite numbers"),
        ({"key": "k", "low": 0, "high": 1, "scale": "log"}, "scale must be"),
        ({"key": "k", "low": 0, "high": 1, "scale": "cubic"}, "scale must be"),
    ],
)
def test_questions_that_cannot_be_asked_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        Prediction(question="q", **arguments)


def test_controls_record_a_choice(folder):
    prediction = choice()
    bundle = prediction._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    status = prediction.live().children[-1]
    assert "No prediction recorded yet." in status.value
    assert prediction.control.value is None and prediction.control.description == "Prediction"
    prediction.button.click()
    assert "Choose an answer first" in status.value and prediction.answer is None
    prediction.control.value = RISES
    prediction.button.click()
    assert RISES in status.value and choice().answer == RISES
    later = choice()
    later.live()
    assert later.control.value == RISES


def test_controls_record_a_number(folder):
    prediction = numeric()
    prediction.live()
    assert prediction.control.description == "Prediction" and prediction.control.min == 1e-6
    prediction.control.value = 0.02
    prediction.button.click()
    assert "Recorded: 0.02 units." in prediction.live().children[-1].value
    assert numeric().answer == 0.02
    prediction.record(0.03)  # from code: the confirmation shows in the widget too
    assert "Recorded: 0.03 units" in prediction.live().children[-1].value


def test_the_static_face_asks_the_question(folder):
    page = choice()._repr_mimebundle_()["text/html"]
    assert "<strong>E</strong>" in page and FALLS in page and RISES in page
    assert "A number from 1e-06 to 1 units." in numeric()._repr_mimebundle_()["text/html"]
