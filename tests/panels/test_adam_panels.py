"""The panels of §5.2: what they say and draw agrees with computations made another way."""

from types import SimpleNamespace

import numpy as np
import pytest

from helpers.figures.memories import memory_from_scale, memory_scale
from helpers.mathematics import losses
from helpers.panels.adam_energy import FLOW, PRESETS, RECURSION, EnergyMap, Ratio, course
from helpers.panels.adam_penalty import EQUATION, NORMS, Flatness, WeightSpace, _gradient, lasso
from helpers.panels.algorithm_8 import training_picture


@pytest.fixture(scope="module")
def energy_map():
    return EnergyMap()


@pytest.fixture(scope="module")
def weight_space():
    return WeightSpace()


@pytest.fixture(scope="module")
def flatness():
    return Flatness()


def test_memory_scale_resolves_one_minus_beta_and_is_inverted():
    assert memory_scale([0.0, 0.9, 0.99, 0.999]) == pytest.approx([0, 1, 2, 3])
    assert memory_from_scale(memory_scale([0.0, 0.6, 0.9999])) == pytest.approx([0.0, 0.6, 0.9999])


def test_energy_map_says_where_algorithm_8_lies_and_that_its_energy_fell(energy_map):
    energy_map.reset()
    assert "on the line" in energy_map.sentence
    assert "never rose" in energy_map.sentence
    assert "+7.5 Δt: a penalty" in energy_map.sentence
    assert energy_map.result.rises.size == 0


def test_energy_map_finds_the_rise_beyond_the_line(energy_map):
    energy_map.set(**PRESETS["Beyond the line"])
    drawn = energy_map.result
    assert "beyond the line" in energy_map.sentence and "E rose" in energy_map.sentence
    lowest_before = [drawn.energy[: k + 1].min() for k in range(len(drawn.t))]
    assert drawn.largest_rise == pytest.approx(max(drawn.energy - lowest_before)) and drawn.largest_rise > 0.1


def test_keras_default_is_an_anti_penalty(energy_map):
    energy_map.set(**PRESETS["Keras default"])
    assert "-990 Δt: an anti-penalty" in energy_map.sentence
    energy_map.set(**PRESETS["Equal memories"])
    assert "no penalty" in energy_map.sentence


def test_flow_and_recursion_agree_to_first_order():
    """The recursion is explicit Euler for the flow: halving Δt at fixed ε halves the difference."""
    loss, gaps = losses.quadratic(10.0, angle=0.5), []
    for step in (0.01, 0.005):
        beta_1, beta_2 = 1 - step / 0.2, 1 - step / 0.05
        ends = [course(loss, beta_1, beta_2, step, 1.0, seen_as).w[-1] for seen_as in (FLOW, RECURSION)]
        gaps.append(np.abs(ends[0] - ends[1]).max())
    assert gaps[0] / gaps[1] == pytest.approx(2, abs=0.2)  # the second-order part is of the size of Δt


def test_a_click_on_the_map_moves_both_sliders_once(energy_map):
    energy_map.reset()
    energy_map.on_point(energy_map.artists.pad, float(memory_scale(0.99)), float(memory_scale(0.9)))
    assert energy_map.controls.beta_1.value == 0.99
    assert energy_map.controls.beta_2.value == 0.9
    assert energy_map.artists.here.get_xdata()[0] == pytest.approx(2)


def test_a_click_outside_the_scale_gives_zero_memory(energy_map):
    energy_map.on_point(energy_map.artists.pad, -0.1, -0.1)
    assert energy_map.controls.beta_1.value == energy_map.controls.beta_2.value == 0


def test_the_recursion_refuses_too_many_steps_in_words(energy_map):
    energy_map.set(seen_as=RECURSION, step=0.02)
    before = energy_map.sentence
    energy_map.controls.step.value = 1e-5
    assert "Δt must lie between" in energy_map.error
    assert energy_map.sentence == before
    energy_map.reset()
    assert energy_map.error == ""


def test_ratio_draws_both_references_and_the_first_order_formula():
    panel = Ratio()
    result = panel.result
    assert result["eight"].ratio == pytest.approx(result["chosen"].ratio)  # Algorithm 8 is the first choice
    formula = result["expansion"]
    early = np.isfinite(formula)
    # ε/|g| is at most 1/3 where it is drawn; the neglected terms are of the size of its square
    assert np.abs(formula - result["chosen"].ratio)[early].max() < 0.15
    t = result["chosen"].t
    far = (t > 4 * result["chosen"].epsilon_1) & (t < 1)  # after the first instants, before the end
    assert np.abs(formula - result["chosen"].ratio)[far].max() < 0.01
    assert result["default"].ratio[far].min() < 0.75 < 1 < result["eight"].ratio[far].max()


def test_weight_space_ends_are_those_of_duality(weight_space):
    weight_space.reset()
    descent, path, sparse = weight_space.result["ends"]
    assert descent == pytest.approx(np.array([9, 6, 3]) / 7, abs=1e-9)
    assert path == pytest.approx(np.ones(3), abs=0.01)  # constant steps of 0.01: no closer than O(Δt)
    assert sparse == pytest.approx([2 - 0.5 / 9, 0, 0], abs=1e-9)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("center", [(0, 0, 0), (0, 2, 0), (2, 0, -1)])
def test_nearest_solution_beats_random_solutions(weight_space, norm, center):
    rng = np.random.default_rng(7)
    nearest, distance = weight_space.nearest(norm, np.array(center, dtype=float))
    assert EQUATION @ nearest == pytest.approx(6)
    others = nearest + rng.normal(size=(2000, 2)) @ weight_space.BASIS
    assert EQUATION @ others.T == pytest.approx(6)
    assert np.linalg.norm(others - center, ord=NORMS[norm], axis=1).min() >= distance * (1 - 1e-12)


@pytest.mark.parametrize("center", [start for _, start in WeightSpace.STARTS])
@pytest.mark.parametrize("norm", NORMS)
def test_slice_of_ball_shrinks_to_where_the_ball_touches(weight_space, norm, center):
    slices = [weight_space.slice_of_ball(norm, center, radius) for radius in (1.0, 1.3)]
    touching, distance = weight_space.nearest(norm, np.array(center))
    # rounding by 1e-16 leaves of a sphere a circle of radius √(2·1e-16)
    assert np.abs(slices[0] - weight_space.in_plane(touching)).max() < 1e-7
    points = slices[1] @ weight_space.BASIS + EQUATION * 6 / 14 - center
    assert np.linalg.norm(points, ord=NORMS[norm], axis=1) == pytest.approx(1.3 * distance, rel=1e-12)


def test_the_gradient_in_floats_is_that_of_the_loss():
    for w in np.random.default_rng(3).normal(size=(20, 3)):
        assert _gradient(w.tolist()) == pytest.approx(losses.one_equation().gradient(w), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("penalty", [0.1, 1.0, 8.0])
def test_lasso_has_its_closed_form(penalty):
    assert lasso(penalty) == pytest.approx([2 - penalty / 9, 0, 0], abs=1e-9)


@pytest.mark.parametrize("penalty", [0.0, -1.0, np.nan, np.inf])
def test_lasso_refuses_a_penalty_that_is_not_positive(penalty):
    with pytest.raises(ValueError, match="λ must be positive"):
        lasso(penalty)


def test_flatness_shows_the_three_end_points(flatness):
    for preset, size in (("Algorithm 8", 6.290), ("Equal memories", 6.340), ("Keras default", 6.789)):
        flatness.set(**flatness.presets[preset])
        assert flatness.result["size"] == pytest.approx(size, abs=5e-4)
    assert "sharper" in flatness.sentence


def test_flatness_computes_what_is_typed_off_its_grid(flatness):
    flatness.set(beta_1=0.9, beta_2=0.6)
    on_grid = flatness.result["end"]
    flatness.set(beta_1=0.9, beta_2=0.601)
    assert flatness.result["end"] == pytest.approx(on_grid, abs=1e-2)
    assert np.any(flatness.result["end"] != on_grid)


def test_flatness_says_when_a_run_has_not_settled(flatness):
    flatness.set(beta_1=0.999, beta_2=0.3)
    assert "has not settled" in flatness.sentence


def test_the_map_of_flatness_changes_sign_on_the_diagonal(flatness):
    sizes = np.sum(flatness._grid[-1] ** 2, axis=-1) - flatness.SIGN_FLOW
    b1, b2 = np.meshgrid(flatness.BETAS_1, flatness.BETAS_2, indexing="ij")
    gap = 1 / (1 - b1) - 1 / (1 - b2)  # (ε₁ − ε₂)/Δt
    clear = np.abs(gap) > 7  # below that the drift of the last oscillations at constant Δt is as large
    assert np.all(np.sign(sizes[clear]) == -np.sign(gap[clear]))


def history(last):
    return SimpleNamespace(
        epoch=np.arange(3),
        loss=np.array([2.0, 1.0, last]),
        accuracy=np.array([0.1, 0.8, 0.9 + last]),
        gradient_l1=np.array([20.0, 4.0, 3.0]),
    )


def test_training_picture_says_what_it_draws():
    picture = training_picture({"one": [history(0.01), history(0.03)], "two": [history(0.05)]})
    assert "after 2 epochs and 2 seeds, held-out accuracy 91.0 to 93.0 %, mean loss 0.020" in picture.sentence
    assert "|∇J|₁ from 20.0 to 3.00" in picture.sentence
    drawn = picture.figure.axes[0].lines
    assert any(np.allclose(line.get_ydata(), [2.0, 1.0, 0.02]) for line in drawn)
    with pytest.raises(ValueError, match="at least one history"):
        training_picture({"one": []})
