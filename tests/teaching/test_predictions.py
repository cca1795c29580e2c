"""Predictions: recorded, kept over a restart, set against the measurement, and never a traceback."""

import base64
import json

import pytest

from helpers.teaching import progress
from helpers.teaching.predictions import Prediction
from helpers.teaching.reveals import compared

FALLS, RISES = "the energy falls", "the energy rises"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    place = tmp_path / "answers"
    monkeypatch.setenv(progress.VARIABLE, str(place))
    return place


def choice(key="5.2-energy"):
    return Prediction(key, "What does **E** do?", [FALLS, RISES])


def numeric():
    return Prediction("5.2-distance", "How far from the minimum?", low=1e-6, high=1)


def restart(monkeypatch):
    """A new kernel: nothing is known but what the file holds."""
    monkeypatch.setattr(progress, "_session", {})


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
    assert str(prediction.record(1e-3)) == "Recorded: 10⁻³." or "0.001" in str(prediction.answer)
    reveal = prediction.reveal(2.7e-3)
    words = "You said 0.001; measured 0.0027: the same order of magnitude, ratio 2.7."
    assert str(reveal) == words
    (axes,) = reveal.figure.axes
    assert axes.get_xscale() == "log"
    drawn = {line.get_marker(): line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1}
    assert drawn == {"o": 1e-3, "D": 2.7e-3}
    bundle = reveal._repr_mimebundle_()
    assert bundle["text/plain"] == words
    assert bundle["text/html"].count(words) == 2  # as the text of the picture, and under it
    picture = bundle["text/html"].split("base64,")[1].split('"')[0]
    assert base64.b64decode(picture).startswith(b"\x89PNG")


def test_without_a_prediction_nothing_is_revealed(folder):
    for prediction, measured, secret in ((choice(), 0, FALLS), (numeric(), 0.5, "0.5")):
        reveal = prediction.reveal(measured, "A line that says why.")
        bundle = reveal._repr_mimebundle_()
        assert bundle["text/plain"] == reveal.WAITING and "image/png" not in bundle
        text, button = reveal.live().children
        assert reveal.WAITING in text.value and secret not in text.value and "why" not in text.value
        assert button.description == "Show me without predicting" and not button.layout.display
        before, _, folded = bundle["text/html"].partition("<details>")
        assert secret not in before and secret in folded and "why" in folded  # without a kernel: folded
        assert not any("revealed" in event for event in prediction._events())


def test_the_reveal_fills_itself_in_as_soon_as_an_answer_is_recorded(folder):
    prediction = choice()
    reveal = prediction.reveal(RISES, "A line that says why.")
    text, button = reveal.live().children
    prediction.live()
    prediction.control.value = FALLS
    prediction.button.click()
    assert f"You said “{FALLS}”; the measurement says “{RISES}”." in text.value and "says why" in text.value
    assert button.layout.display == "none"


def test_after_the_reveal_the_first_answer_stays_on_record(folder, monkeypatch):
    prediction = choice()
    prediction.record(FALLS)
    prediction.reveal(RISES)
    assert f"your first answer, “{FALLS}”, stays" in str(prediction.record(RISES))
    restart(monkeypatch)
    again = choice()
    assert (again.answer, again.later) == (FALLS, RISES)
    words = f"You said “{FALLS}”; the measurement says “{RISES}”. Later you said “{RISES}”."
    assert str(again.reveal(RISES)) == words
    assert "Recorded before the measurement was seen" in str(again)


def test_an_answer_waiting_for_its_reveal_may_be_changed(folder):
    prediction = choice()
    prediction.record(FALLS)
    prediction.record(RISES)
    assert (prediction.answer, prediction.later) == (RISES, None)


def test_to_see_without_predicting_is_a_choice_that_is_kept(folder, monkeypatch):
    prediction = numeric()
    reveal = prediction.reveal(0.5)
    text, button = reveal.live().children
    button.click()
    assert "Without a prediction: measured 0.5." in text.value and button.layout.display == "none"
    prediction.record(0.5)
    restart(monkeypatch)
    assert numeric().answer is None and numeric().later == 0.5
    assert "Without a prediction: measured 0.5. Later you said 0.5." in str(numeric().reveal(0.5))
    assert [line.get_marker() for line in reveal.figure.axes[0].lines] == ["D"]


def test_a_reveal_that_was_answered_before_is_shown_at_once_after_a_restart(folder, monkeypatch):
    choice().record(FALLS)
    restart(monkeypatch)
    assert "and so does the measurement" in str(choice().reveal(FALLS))


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
    one, other = numeric(), choice()
    one.record(0.5)
    other.record(0)
    assert "not a number to compare with" in str(one.reveal(measured))
    assert "fits none of the answers" in str(other.reveal(measured))


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


def test_answers_survive_a_restart(folder, monkeypatch):
    choice().record(RISES)
    numeric().record(0.25)
    restart(monkeypatch)
    assert choice().answer == RISES and numeric().answer == 0.25
    assert "Recorded earlier: 0.25." in str(numeric())
    assert choice("another").answer is None
    assert sorted(path.name for path in folder.iterdir()) == ["progress.json"]


def test_answers_lie_beside_the_notebook_unless_told_otherwise(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(progress.VARIABLE)
    choice().record(0)
    assert (tmp_path / ".answers" / "progress.json").is_file()
    monkeypatch.setenv(progress.VARIABLE, "off")
    restart(monkeypatch)
    assert choice().answer is None
    choice().record(1)
    assert choice().answer == RISES
    saved = json.loads((tmp_path / ".answers" / "progress.json").read_text())
    assert saved["predictions"]["5.2-energy"]["events"][0]["value"] == FALLS


@pytest.mark.parametrize("answer", [None, 0.5, 7, "an answer of an earlier edition", {"a": 1}])
def test_an_answer_to_another_question_is_ignored_in_words(folder, answer):
    progress.record("predictions", "5.2-energy", value=answer)
    prediction = choice()
    assert prediction.answer is None
    assert "does not fit this question and is ignored" in str(prediction)


@pytest.mark.parametrize(
    "predicted, measured, scale, words",
    [
        (1e-3, 2.7e-3, "log", "the same order of magnitude, ratio 2.7"),
        (1.0, 1.04, "log", "within 5 %, ratio 1.04"),
        (1e-3, 1e-1, "log", "too low by 2.0 orders of magnitude, ratio 100"),
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


def test_the_static_face_asks_the_question(folder):
    page = choice()._repr_mimebundle_()["text/html"]
    assert "<strong>E</strong>" in page and FALLS in page and RISES in page
    assert "A number from 10⁻⁶ to 1." in numeric()._repr_mimebundle_()["text/html"]


def test_a_point_is_set_on_an_axis(folder):
    prediction = numeric()
    prediction.live()
    assert (prediction.control.low, prediction.control.high, prediction.control.log) == (1e-6, 1.0, True)
    prediction.button.click()
    assert "Not recorded" in prediction.live().children[-1].value and prediction.answer is None
    prediction.control.value = 0.03
    prediction.button.click()
    assert prediction.answer == 0.03
    assert "Recorded: 0.03." in prediction.live().children[-1].value
    prediction.record(0.02)  # from code: the confirmation shows in the widget too
    assert "Recorded: 0.02 (before: 0.03)." in prediction.live().children[-1].value
    later = numeric()
    later.live()
    assert later.control.value == 0.02
