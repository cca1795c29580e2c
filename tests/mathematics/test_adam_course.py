"""Courses of ADAM: flow and recursion, what is found in them, and R from full and from zero memories."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from helpers.mathematics import losses
from helpers.mathematics.adam_course import (
    AVERAGED,
    FLOW,
    FULL,
    NEITHER,
    RECURSION,
    STALE,
    ZERO,
    Stretch,
    course,
    halfway,
    late,
    longest_stretch,
    ratios,
)

HALF_SQUARE, QUADRATIC, VALLEY = losses.half_square(), losses.quadratic(10.0, angle=0.5), losses.rosenbrock()


def test_flow_and_recursion_agree_to_first_order():
    """The recursion is the flow's scheme of first order: halving Δt at fixed ε halves the difference."""
    gaps = []
    for step in (0.01, 0.005):
        beta_1, beta_2 = 1 - step / 0.2, 1 - step / 0.05
        flow, recursion = (course(QUADRATIC, beta_1, beta_2, step, 1.0, way) for way in (FLOW, RECURSION))
        assert recursion.t[-1] == pytest.approx(1.0) and flow.epsilon_1 == pytest.approx(0.2)
        gaps.append(np.abs(flow.w[-1] - recursion.w[-1]).max())
    assert gaps[0] / gaps[1] == pytest.approx(2, abs=0.2)  # the second-order part is of the size of Δt


@pytest.mark.parametrize("seen_as", [FLOW, RECURSION])
@pytest.mark.parametrize("memories", [FULL, ZERO])
def test_fields_are_the_formulas_of_the_states(seen_as, memories):
    run = course(QUADRATIC, 0.9, 0.6, 0.02, 2.0, seen_as, memories)
    g = QUADRATIC.gradient(run.w)
    np.testing.assert_array_equal(run.gradient, g)
    kinetic = np.sum(run.z**2 / np.sqrt(np.where(run.z == 0, 1, run.d)), axis=1)
    np.testing.assert_allclose(run.energy, QUADRATIC.value(run.w) + 0.1 * kinetic, rtol=1e-12)
    np.testing.assert_allclose(run.penalty, 0.1 * np.abs(g).sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(run.ratio * run.penalty, run.energy - run.loss, rtol=1e-9, atol=1e-12)
    first = run.z[0], run.d[0]
    expected = (-g[0], g[0] ** 2) if memories == FULL else (0 * g[0], 0 * g[0])
    # a product with one state and with all may round differently, by some digits more where terms cancel
    np.testing.assert_allclose(first, expected, rtol=1e-12)
    assert run.energy_left == run.energy[-1] / run.energy[0]
    highest = [run.energy[k] - run.energy[: k + 1].min() for k in range(len(run.t))]
    assert run.largest_rise == max(highest)


def test_rises_are_found_where_they_are():
    beyond = course(QUADRATIC, 0.95, 0.3, 0.02, 4.0)
    k = int(np.flatnonzero(beyond.t == beyond.first_rise)[0])
    assert beyond.energy[k + 1] > beyond.energy[k] * (1 + 1e-6)
    assert np.all(np.diff(beyond.energy[: k + 1]) <= 1e-6 * beyond.energy[0])
    assert beyond.verdict == "outside" and beyond.largest_rise > 0.1
    inside = course(QUADRATIC, 0.9, 0.6, 0.02, 4.0)
    assert inside.first_rise is None and inside.verdict == "on the line"


def test_penalty_is_named_by_its_sign_and_meant_for_short_memories_only():
    for beta_2, kind, coefficient in (
        (0.6, "a penalty", 7.5),
        (0.9, "no penalty", 0),
        (0.99, "an anti-penalty", -90),
    ):
        run = course(QUADRATIC, 0.9, beta_2, 0.002, 4.0)
        assert run.penalty_kind == kind and run.coefficient == pytest.approx(coefficient, abs=1e-12)
        assert run.short  # 0.02 and at most 0.2, against a run of 4
    assert not course(QUADRATIC, 0.9, 0.999, 0.002, 4.0).short  # ε₂ = 2
    assert not course(QUADRATIC, 0.99, 0.9, 0.01, 4.0).short  # ε₁ = 1


# R where J has halved, J = w²/2, w₀ = 2: numbers of the book form, to the digits given
@pytest.mark.parametrize(
    ("beta_2", "memories", "seen_as", "step", "expected"),
    [
        (0.999, FULL, FLOW, 0.005, 0.76),
        (0.999, FULL, RECURSION, 0.005, 0.76),
        (0.999, FULL, RECURSION, 0.05, 1.08),
        (0.999, FULL, FLOW, 1e-4, 0.94),
        (0.999, ZERO, RECURSION, 0.005, 5.96),
        (0.6, FULL, FLOW, 0.005, 1.06),
        (0.6, ZERO, RECURSION, 0.005, 1.06),
    ],
)
def test_ratio_halfway_depends_on_start_and_step(beta_2, memories, seen_as, step, expected):
    result = ratios(HALF_SQUARE, 0.9, beta_2, step, 1.0, seen_as, memories, (2.0,))
    assert result.halfway == pytest.approx(expected, abs=6e-3)
    at = halfway(result.chosen)
    assert result.chosen.loss[at] < 0.5 * result.chosen.loss[0] <= result.chosen.loss[at - 1]


def test_references_and_first_order_formula():
    result = ratios(HALF_SQUARE, 0.9, 0.6, 0.005, 2.5, FLOW, FULL, (2.0,))
    np.testing.assert_array_equal(result.eight.ratio, result.chosen.ratio)
    formula, t = result.expansion, result.chosen.t
    drawn = np.isfinite(formula)
    # ε/|g| is at most 1/3 where it is drawn; the neglected terms are of the size of its square
    assert np.abs(formula - result.chosen.ratio)[drawn].max() < 0.15
    far = (t > 4 * result.chosen.epsilon_1) & (t < 1)  # after the first instants, before the end
    assert np.abs(formula - result.chosen.ratio)[far].max() < 0.01
    assert result.default.ratio[far].min() < 0.75 < 1 < result.eight.ratio[far].max()
    assert ratios(HALF_SQUARE, 0.9, 0.6, 0.005, 2.5, FLOW, ZERO, (2.0,)).expansion is None
    assert ratios(QUADRATIC, 0.9, 0.6, 0.005, 2.5).expansion is None


def test_longest_stretch():
    run = course(HALF_SQUARE, 0.9, 0.6, 0.02, 1.0, RECURSION)
    holds = np.zeros(len(run.t), dtype=bool)
    assert longest_stretch(run, holds) is None
    holds[[2, 3, 10, 11, 12]] = True
    expected = Stretch(begin=run.t[10], end=run.t[12], loss_left=run.loss[12] / run.loss[0], to_the_end=False)
    assert longest_stretch(run, holds) == expected
    assert longest_stretch(run, np.ones(len(run.t), dtype=bool)).to_the_end


@pytest.mark.parametrize(("step", "seen_as"), [(0.001, FLOW), (0.005, FLOW), (0.005, RECURSION)])
def test_near_the_minimum_z_is_averaged_away(step, seen_as):
    """The means again, from an integration by Radau, over the decade of E that `late` ends with."""
    run = course(HALF_SQUARE, 0.9, 0.6, step, 3.0, seen_as, FULL, (2.0,))
    found = late(run, HALF_SQUARE)
    assert found.reason == AVERAGED and found.first_moment < 0.2 and found.ratio < 0.05
    if seen_as == RECURSION:
        return
    first = np.flatnonzero(run.energy > 10 * run.energy[-5:].max())[-1]
    epsilon_1, epsilon_2 = run.epsilon_1, run.epsilon_2
    span = run.t[-1] - run.t[first]
    peer = solve_ivp(
        lambda t, y: [y[1] / np.sqrt(y[2]), -(y[0] + y[1]) / epsilon_1, (y[0] ** 2 - y[2]) / epsilon_2],
        (0, span),
        [run.w[first, 0], run.z[first, 0], run.d[first, 0]],
        method="Radau",
        t_eval=np.linspace(0, span, 1000),
        rtol=1e-8,
        atol=1e-14,
    )
    w, z, d = peer.y
    # means over some dozens of oscillations, sampled at other times
    assert found.first_moment == pytest.approx(np.sqrt(np.mean(z**2) / np.mean(w**2)), rel=0.15)
    assert found.second_moment == pytest.approx(np.sqrt(np.mean(d) / np.mean(w**2)), rel=0.15)
    assert found.ratio == pytest.approx(np.mean(z**2 / np.sqrt(d)) / np.mean(np.abs(w)), rel=0.15)


def test_why_the_ratio_is_small_is_told_apart():
    stale = late(course(HALF_SQUARE, 0.9, 0.999, 0.005, 3.0, FLOW, ZERO, (2.0,)), HALF_SQUARE)
    assert stale.reason == STALE and stale.second_moment > 100 and stale.ratio < 1e-3
    signs = late(course(HALF_SQUARE, 0.0, 0.0, 0.001, 3.0, RECURSION, FULL, (2.0,)), HALF_SQUARE)
    assert signs.reason == NEITHER and signs.ratio == pytest.approx(1, abs=0.02)  # sign descent: always 1
    assert late(course(HALF_SQUARE, 0.9, 0.999, 0.005, 3.0, FLOW, FULL, (2.0,)), HALF_SQUARE) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"beta_1": 1.0}, "0 ≤ β₁ < 1; got 1"),
        ({"beta_2": -0.1}, "0 ≤ β₂ < 1; got −0.1"),
        ({"step": 0.0}, "Δt > 0; got 0"),
        ({"step": 1e-5, "seen_as": RECURSION}, "2·10⁻⁴ ≤ Δt ≤ 1; got 10⁻⁵"),
        ({"seen_as": "both"}, "seen as must be one of"),
        ({"memories": "none"}, "the memories must be one of"),
        ({"end_time": 0.0}, "the end time > 0"),
    ],
)
def test_bad_input_is_answered_in_words(change, words):
    arguments = {"beta_1": 0.9, "beta_2": 0.6, "step": 0.01, "end_time": 1.0} | change
    with pytest.raises(ValueError, match=words):
        course(HALF_SQUARE, **arguments)
