"""The sliders: positions, what may be typed, what is said."""

import ipywidgets
import numpy as np
import pytest

from helpers.panels import controls
from helpers.panels.controls import Slider


@pytest.fixture
def slider():
    return controls.beta_1(0.9)


def test_memory_positions_resolve_one_minus_beta():
    positions = np.array(controls.memory_positions())
    assert positions[0] == 0 and positions[-1] == 0.9999
    assert (np.diff(positions) > 0).all()
    steps = np.diff(-np.log10(1 - positions))
    assert steps.max() < 0.05  # at least 20 positions a decade of 1−β
    for usual in (0.5, 0.6, 0.9, 0.99, 0.999):
        assert usual in positions  # exactly, not 0.6000000000000001


def test_time_steps_are_round_and_logarithmic():
    positions = np.array(controls.time_step(0.01).positions)
    assert positions[0] == 1e-4 and positions[-1] == 1 and 0.02 in positions
    assert np.diff(np.log10(positions)).max() < 0.05
    assert all(len(f"{p:.12g}".replace("0", "").replace(".", "").replace("e-", "")) <= 3 for p in positions)


def test_batches_are_whole_numbers():
    assert controls.batches(8, 16).positions == [float(p) for p in range(1, 17)]


def test_linear_positions_are_decimal():
    assert controls.linear("a", "a", 0.3, 0, 1, 0.1, "").positions == [k / 10 for k in range(11)]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0,5", 0.5),
        ("0.5", 0.5),
        (" .5 ", 0.5),
        ("5e-1", 0.5),
        ("1.2", 1.2),
        ("-0.1", -0.1),
        ("−0,1", -0.1),
        ("1", 1.0),
    ],
)
def test_numbers_are_taken_as_typed(slider, typed, value):
    slider.enter(typed)
    assert slider.value == value and slider.complaint == ""


@pytest.mark.parametrize("typed", ["abc", "nan", "inf", "1e999", "0.9.1", "1/3", "x" * 200])
def test_anything_else_is_refused_in_words(slider, typed):
    slider.enter(typed)
    assert slider.value == 0.9
    assert (
        slider.complaint.endswith("is not a finite number; allowed: 0 ≤ β₁ < 1")
        and len(slider.complaint) < 100
    )


def test_a_complaint_goes_with_the_next_value(slider):
    slider.enter("abc")
    slider.value = 0.8
    assert slider.complaint == ""
    slider.enter("abc")  # the same words again
    assert slider.complaint
    slider.enter("0.8")  # the value it has
    assert slider.complaint == "" and slider.value == 0.8


def test_blank_changes_nothing(slider):
    slider.enter("  ")
    assert slider.value == 0.9 and slider.complaint == ""


def test_the_browser_is_answered(slider):
    answers = []
    slider.send = answers.append
    slider._receive(slider, {"kind": "typed", "text": "0,7"}, [])
    assert slider.value == 0.7 and answers == [{"kind": "taken"}]
    slider._receive(slider, {"kind": "typed", "text": "seven"}, [])
    assert slider.value == 0.7 and len(answers) == 1  # the words stay in the field, marked


def test_a_value_that_json_cannot_say_is_not_sent(slider):
    slider.value = float("nan")
    assert slider.get_state("value") == {"value": None}


@pytest.mark.parametrize("positions", [[1.0], [2.0, 1.0], [1.0, 1.0], [0.0, float("nan")]])
def test_positions_must_increase(positions):
    with pytest.raises(ValueError, match="at least two increasing values"):
        Slider("x", "x", positions, 1.0, "any")


def test_nearest_position(slider):
    assert controls.nearest_position(slider, 0.90012) == 0.9
    assert controls.nearest_position(slider, 7) == 0.9999


def test_controls_have_names():
    for one in (controls.beta_2(), controls.time_step(0.1), controls.batches(1, 4)):
        assert one.name.startswith(one.label) and len(one.name) > len(one.label) and one.allowed
    assert isinstance(controls.choice("loss", ["a"], "a"), ipywidgets.Dropdown)
    assert isinstance(controls.switch("on", True), ipywidgets.Checkbox)
