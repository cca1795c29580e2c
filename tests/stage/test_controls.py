"""The controls: positions, values, what is refused."""

import numpy as np
import pytest

from helpers.panels import controls
from helpers.stage.controls import Slider


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


def test_a_value_that_json_cannot_say_is_not_sent(slider):
    slider.value = float("nan")
    assert slider.wire(slider.value) is None and np.isnan(slider.unwire(None))


def test_a_change_is_told_once(slider):
    heard = []
    slider.observe(lambda: heard.append(slider.value))
    for value in (0.8, 0.8, 1.2):
        slider.value = value
    assert heard == [0.8, 1.2]


@pytest.mark.parametrize("value", ["abc", None, [], True])
def test_what_is_no_number_is_refused(slider, value):
    with pytest.raises(ValueError, match="0 ≤ β₁ < 1"):
        slider.value = value
    assert slider.value == 0.9


def test_the_nearest_positions_come_first_two_ahead_for_one_behind():
    slider = controls.linear("a", "a", 0.5, 0, 1, 0.1, "")
    assert slider.around(0.5) == [0.6, 0.7, 0.4, 0.8, 0.9, 0.3, 1.0, 0.2, 0.1, 0.0]
    assert slider.around(0.5, heading=-1)[:3] == [0.4, 0.3, 0.6]
    assert slider.around(0.52)[0] == 0.5 and len(slider.around(0.52)) == 11  # typed off the positions
    assert slider.around(7.0)[0] == 1.0


def test_choices_and_switches():
    shape = controls.Choice("shape", [("sine", np.sin), ("cosine", np.cos), ("tangent", np.tan)], np.cos)
    assert shape.wire(np.tan) == 2 and shape.unwire(0) is np.sin and shape.words(np.cos) == "shape: cosine"
    assert shape.around(np.cos) == [np.tan, np.sin]
    sizes = controls.Choice("width", [16, 32], 16)
    sizes.value = np.int64(32)
    assert sizes.value == 32 and sizes.data()["options"] == ["16", "32"]
    with pytest.raises(ValueError, match="allowed: sine, cosine, tangent"):
        shape.value = "sine"
    on = controls.Switch("on", True)
    assert on.around(True) == [False] and on.words(False) == "on: off"
    with pytest.raises(ValueError, match="True, False"):
        on.value = 1


@pytest.mark.parametrize("positions", [[1.0], [2.0, 1.0], [1.0, 1.0], [0.0, float("nan")]])
def test_positions_must_increase(positions):
    with pytest.raises(ValueError, match="at least two increasing values"):
        Slider("x", "x", positions, 1.0, "any")


def test_controls_have_names():
    for one in (controls.beta_2(), controls.time_step(0.1), controls.batches(1, 4)):
        assert one.name.startswith(one.label) and len(one.name) > len(one.label) and one.allowed
    assert controls.Choice("loss", ["a"], "a").name == "loss"
