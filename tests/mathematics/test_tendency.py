"""The tendency Z ≈ −∇J, D ≈ ∇J²: measured numbers, quotients, the band, and why R then tends to 0."""

import numpy as np
import pytest

from helpers.mathematics import losses
from helpers.mathematics.adam_course import AVERAGED, FLOW, FULL, NEITHER, RECURSION, STALE, ZERO
from helpers.mathematics.adam_energy import energy, lasso_functional
from helpers.mathematics.adam_flow import integrate
from helpers.mathematics.tendency import BAND, quotient, relative_error, tendency

HALF_SQUARE, QUADRATIC, VALLEY = losses.half_square(), losses.quadratic(10.0, angle=0.5), losses.rosenbrock()


@pytest.mark.parametrize("start", [2.0, 3.0])
def test_errors_far_from_the_minimum(start):
    """ε₁ = 0.05, ε₂ = 0.0125: at w = 1.42, .036 and .018, whether it came from 2 or from 3."""
    result = tendency(HALF_SQUARE, 0.9, 0.6, 0.005, 2.0, start=(start,))
    k = int(np.argmin(np.abs(result.run.w[:, 0] - 1.42)))
    assert result.z_error[k] == pytest.approx(0.036, abs=5e-4)
    assert result.d_error[k] == pytest.approx(0.018, abs=5e-4)


def test_errors_far_from_the_minimum_are_of_first_order():
    """Z + ∇J = ε₁ (∇J)' and D − ∇J² = ε₂ (∇J²)' to first order: halved memories halve both."""
    errors = []
    for step in (0.002, 0.001):
        result = tendency(HALF_SQUARE, 0.9, 0.6, step, 0.6, start=(2.0,))
        errors.append([result.z_error[-1], result.d_error[-1]])
        w = result.run.w[-1, 0]  # w' = −1 to leading order
        assert result.z_error[-1] == pytest.approx(result.run.epsilon_1 / w, rel=0.05)
        assert result.d_error[-1] == pytest.approx(2 * result.run.epsilon_2 / w, rel=0.05)
    np.testing.assert_allclose(errors[0], 2 * np.array(errors[1]), rtol=0.03)


def test_near_the_minimum_z_loses_the_gradient_and_so_r_tends_to_zero():
    """Per factor 100 of E: the error of Z, |Z|/|∇J|, and R, about the square of the latter."""
    epsilon_1, epsilon_2, times = 0.05, 0.0125, np.linspace(0, 4.2, 40_001)
    flow = integrate(
        HALF_SQUARE, [2.0], epsilon_1, epsilon_2, 4.2, times=times, floor=1e-13, max_evaluations=10**6
    )
    e, g = energy(HALF_SQUARE, flow.w, flow.z, flow.d, epsilon_1), flow.w[:, 0]
    kinetic = e - HALF_SQUARE.value(flow.w)
    penalty = lasso_functional(HALF_SQUARE, flow.w, epsilon_1) - HALF_SQUARE.value(flow.w)
    found = []
    for level in (1e-2, 1e-4, 1e-6):
        window = (e < level * e[0]) & (e > level / 100 * e[0])
        z, gradient = flow.z[window, 0], g[window]
        size = np.sqrt(np.mean(gradient**2))
        found.append(
            (
                np.sqrt(np.mean((z + gradient) ** 2)) / size,
                np.sqrt(np.mean(z**2)) / size,
                kinetic[window].mean() / penalty[window].mean(),
            )
        )
    np.testing.assert_allclose([row[0] for row in found], [0.81, 0.98, 1.00], atol=5e-3)
    np.testing.assert_allclose([row[1] for row in found], [1.44, 0.36, 0.15], atol=5e-3)
    for _, share, ratio in found:
        assert ratio == pytest.approx(share**2, rel=0.25)
    assert found[2][2] < 0.02


def test_quotients_and_errors_are_those_of_their_definition():
    result = tendency(VALLEY, 0.9, 0.9, 0.01, 1.0, RECURSION, ZERO)
    run = result.run
    for k in (0, 7, 50):
        g, z, d = VALLEY.gradient(run.w[k]), run.z[k], run.d[k]
        np.testing.assert_allclose(result.z_quotient[k], -z / g, rtol=1e-12)
        np.testing.assert_allclose(result.d_quotient[k], d / g**2, rtol=1e-12)
        assert result.z_error[k] == pytest.approx(np.abs(z + g).sum() / np.abs(g).sum(), rel=1e-12)
        assert result.d_error[k] == pytest.approx(np.abs(d - g * g).sum() / (g * g).sum(), rel=1e-12)
    assert result.z_error[0] == result.d_error[0] == 1  # from zero memories
    full = tendency(VALLEY, 0.9, 0.9, 0.01, 1.0, RECURSION, FULL)
    assert full.z_error[0] == full.d_error[0] == 0
    assert np.isnan(quotient(np.ones(2), np.array([0.0, 2.0]))).tolist() == [True, False]
    assert relative_error(np.ones((1, 2)), np.zeros((1, 2))).tolist() == [np.inf]


@pytest.mark.parametrize("seen_as", [FLOW, RECURSION])
@pytest.mark.parametrize("memories", [FULL, ZERO])
@pytest.mark.parametrize(("loss", "start"), [(HALF_SQUARE, (2.0,)), (QUADRATIC, None), (VALLEY, None)])
def test_what_is_said_is_what_is_there(loss, start, memories, seen_as):
    """The stretch, the halfway errors and R's explanation, found again, over memories and steps."""
    for beta_1, beta_2 in ((0.9, 0.6), (0.9, 0.999), (0.95, 0.3), (0.0, 0.0)):
        for step in (0.002, 0.02, 0.1):
            result = tendency(loss, beta_1, beta_2, step, 3.0, seen_as, memories, start)
            run, both = result.run, (result.z_error < BAND) & (result.d_error < BAND)
            runs = "".join("x" if one else " " for one in both).split()
            assert (result.near is None) == (not runs)
            if result.near:
                span = (run.t >= result.near.begin) & (run.t <= result.near.end)
                assert both[span].all() and span.sum() >= max(map(len, runs)) - 1
            below = run.loss < run.loss[0] / 2
            assert (result.half is None) == (not below.any())
            if result.half is not None:
                k = int(np.argmax(below))
                assert k == result.half
            late = result.late
            if late:
                assert run.energy[-1] < 1e-3 * run.energy[0]
                # R = Σ Z²/√D / Σ|∇J| against its factors: for one size of oscillation, equal but for the
                # form of the wave; two coordinates of different size leave a factor below 2
                assert 0.5 < late.ratio / (late.first_moment**2 / late.second_moment) < 2
                if late.reason == NEITHER:
                    assert late.first_moment >= 0.5 and late.second_moment <= max(2, late.first_moment**-2)
                else:
                    factors = {AVERAGED: late.first_moment**2, STALE: 1 / late.second_moment}
                    assert factors[late.reason] == min(factors.values()) <= 0.5
