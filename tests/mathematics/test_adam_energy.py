"""The energy (5.24), reconstructed: its rate and condition, the LASSO-type functional, the ratio R."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from helpers.mathematics import losses
from helpers.mathematics.adam_energy import (
    averaged_decay,
    beta_from_epsilon,
    effective_penalty,
    energy,
    energy_condition,
    energy_rate,
    energy_rate_by_chain_rule,
    energy_verdict,
    epsilon_from_beta,
    gradient_norm_1,
    lasso_functional,
    lasso_ratio,
    lasso_ratio_expansion,
)
from helpers.mathematics.adam_flow import integrate, vector_field

betas = st.floats(0, 0.9999)


def _rise(e):
    """The largest excess of E over a value it had before."""
    return np.max(e - np.minimum.accumulate(e))


@pytest.mark.parametrize("loss", [losses.one_equation(), losses.bilinear(), losses.rosenbrock()])
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), epsilon_1=st.floats(0.01, 10), epsilon_2=st.floats(0.01, 10))
def test_energy_identity_holds_on_random_states_to_rounding(loss, seed, epsilon_1, epsilon_2):
    rng = np.random.default_rng(seed)
    w, z = rng.normal(size=(2, 50, loss.dimension))
    d = rng.uniform(0.1, 3, size=w.shape)
    identity = energy_rate(loss, w, z, d, epsilon_1, epsilon_2)
    chain = energy_rate_by_chain_rule(loss, w, z, d, epsilon_1, epsilon_2)
    g = loss.gradient(w)
    # terms that cancel in either form bound the rounding error
    terms = np.abs(g * z) / np.sqrt(d) + z**2 / np.sqrt(d) * (1 + epsilon_1 / epsilon_2 * (1 + g**2 / d))
    assert np.all(np.abs(identity - chain) <= 1e-14 * np.sum(terms, axis=-1))


def test_energy_rate_is_the_derivative_of_the_energy():
    loss, rng, h = losses.quadratic(3), np.random.default_rng(1), 1e-6
    state = np.stack([*rng.normal(size=(2, 20, 2)), rng.uniform(0.5, 2, size=(20, 2))])
    field = np.stack(vector_field(loss, *state, 0.7, 0.3))
    difference = (energy(loss, *(state + h * field), 0.7) - energy(loss, *(state - h * field), 0.7)) / (2 * h)
    rate = energy_rate(loss, *state, 0.7, 0.3)
    np.testing.assert_allclose(difference, rate, rtol=1e-6, atol=1e-6)  # h² times third derivatives up to 1e5


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    condition=st.floats(1, 100),
    angle=st.floats(0, 3),
    epsilon_1=st.floats(0.05, 1),
    share=st.floats(0.01, 1),
)
def test_energy_never_rises_inside_the_condition(seed, condition, angle, epsilon_1, share):
    """Random quadratics, random states, ε₁ = share · 4ε₂ with share <= 1, up to the line itself."""
    rng, loss = np.random.default_rng(seed), losses.quadratic(condition, angle)
    w, z = rng.normal(size=(2, 2))
    d = rng.uniform(0.1, 3, size=2)
    flow = integrate(loss, w, epsilon_1, epsilon_1 / (4 * share), 2.0, z0=z, d0=d, floor=1e-4)
    e = energy(loss, flow.w, flow.z, flow.d, epsilon_1)
    # E itself is known to about the integration's tolerance, 1e-7 a step; J has second derivatives up to 100
    assert _rise(e) <= 1e-5 * e[0]


def test_energy_can_rise_beyond_the_condition():
    """Where ∇J = 0 and Z is not, the rate is +(ε₁/4ε₂ - 1)⟨D^{-1/2}Z, Z⟩: positive past the line only."""
    loss, state = losses.half_square(), ([0.0], [1.0], [4.0])
    state = [np.array(x) for x in state]
    assert energy_rate(loss, *state, 4.1, 1.0) == pytest.approx(0.025 * 0.5, rel=1e-12)
    assert energy_rate(loss, *state, 4.0, 1.0) == 0
    assert energy_rate(loss, *state, 3.9, 1.0) < 0
    # an increase that an independent integrator sees too
    flow = integrate(loss, [1.0], 1.0, 0.2, 6.0, z0=[-1.0], d0=[1.0])
    assert _rise(energy(loss, flow.w, flow.z, flow.d, 1.0)) > 0.04


@pytest.mark.parametrize(
    ("ratio", "rise"), [(3.0, 0), (4.0, 0), (4.1, 1.568e-3), (5.0, 0.04453), (8.0, 0.26587)]
)
def test_largest_rise_of_the_energy(ratio, rise):
    """J = w²/2, ε₁ = 1, 1/ε₂ = ``ratio``, W = 1, Z = -1, D = 1, t <= 6; with Radau beside LSODA."""
    loss, times = losses.half_square(), np.linspace(0, 6, 6001)
    flow = integrate(loss, [1.0], 1.0, 1 / ratio, 6.0, z0=[-1.0], d0=[1.0], times=times, tolerance=1e-9)
    measured = _rise(energy(loss, flow.w, flow.z, flow.d, 1.0))
    peer = solve_ivp(
        lambda t, y: np.concatenate(vector_field(loss, y[:1], y[1:2], y[2:], 1.0, 1 / ratio)),
        (0, 6),
        [1.0, -1.0, 1.0],
        method="Radau",
        t_eval=times,
        rtol=1e-8,
        atol=1e-10,
    )
    theirs = _rise(energy(loss, *(row[:, None] for row in peer.y), 1.0))
    assert measured == pytest.approx(theirs, abs=1e-6)
    assert measured == pytest.approx(rise, rel=2e-3, abs=1e-7)  # four digits given


def test_algorithm_8_lies_on_the_line():
    assert energy_verdict(0.9, 0.6) == "on the line"
    assert energy_verdict(0.9, 0.6 + 1e-9) == "inside" and energy_verdict(0.9, 0.6 - 1e-9) == "outside"
    assert energy_verdict(0.9, 0.999) == "inside" and energy_verdict(0.9, 0.3) == "outside"
    assert energy_verdict(0.75, 0.0) == "on the line"
    ratio = np.log(0.6) / np.log(0.9)  # ε₁/ε₂ if β were e^{-Δt/ε}
    assert ratio == pytest.approx(4.85, abs=5e-3)


@given(x=st.integers(750, 999))
def test_every_decimal_point_of_the_line_is_recognized(x):
    beta_1 = x / 1000
    assert energy_verdict(beta_1, (4 * x - 3000) / 1000) == "on the line"


@given(beta_1=betas, beta_2=betas)
def test_condition_in_betas_is_the_condition_in_epsilons(beta_1, beta_2):
    margin = energy_condition(beta_1, beta_2)
    e_1, e_2 = epsilon_from_beta(beta_1, 0.01), epsilon_from_beta(beta_2, 0.01)
    if abs(margin) > 1e-9:
        assert (margin > 0) == (e_1 < 4 * e_2) == (energy_verdict(beta_1, beta_2) == "inside")


@given(beta_1=betas, beta_2=betas, step=st.floats(1e-4, 1))
def test_effective_penalty_is_the_difference_of_the_memories(beta_1, beta_2, step):
    e_1, e_2 = epsilon_from_beta(beta_1, step), epsilon_from_beta(beta_2, step)
    assert effective_penalty(beta_1, beta_2, step) == pytest.approx(
        e_1 - e_2, rel=1e-9, abs=1e-9 * (e_1 + e_2)
    )
    assert beta_from_epsilon(e_1, step) == pytest.approx(beta_1, abs=1e-12)


@pytest.mark.parametrize(("beta_2", "coefficient"), [(0.6, 7.5), (0.9, 0.0), (0.999, -990.0)])
def test_penalty_coefficients(beta_2, coefficient):
    assert effective_penalty(0.9, beta_2, 0.01) == pytest.approx(0.01 * coefficient, rel=1e-12, abs=1e-15)


def test_the_algebra_behind_the_lasso_functional_is_exact():
    """With Z = -∇J and D = ∇J², E = J + (ε₁/2)|∇J|₁: Eq. (5.28) with equality, and R = 1."""
    loss, rng = losses.one_equation(), np.random.default_rng(2)
    w = rng.normal(size=(100, 3))
    g = loss.gradient(w)
    np.testing.assert_allclose(energy(loss, w, -g, g * g, 0.3), lasso_functional(loss, w, 0.3), rtol=1e-13)
    np.testing.assert_allclose(lasso_ratio(loss, w, -g, g * g, 0.3), 1, rtol=1e-12)
    np.testing.assert_allclose(gradient_norm_1(loss, w), np.sum(np.abs(g), axis=1), rtol=1e-15)


@pytest.mark.parametrize("share", [0.25, 10.0])
def test_ratio_in_one_dimension_follows_its_expansion(share):
    """R = (1 + ε₁/|g|)²/(1 + ε₂/|g|) far from the minimum, with an error of order ε²: slope 2."""
    loss, errors = losses.half_square(), []
    epsilons = np.array([0.004, 0.002, 0.001])
    for e in epsilons:
        flow = integrate(loss, [2.0], e, share * e, 1.0, times=[0, 1.0], tolerance=1e-10)
        ratio = lasso_ratio(loss, flow.w, flow.z, flow.d, e)[-1]
        errors.append(abs(ratio - lasso_ratio_expansion(flow.w[-1, 0], e, share * e)))
        assert abs(ratio - 1) > 5 * errors[-1]  # the expansion sees what R ≈ 1 does not
    assert np.polyfit(np.log(epsilons), np.log(errors), 1)[0] == pytest.approx(2, abs=0.2)


def test_expansion_of_the_ratio_holds_for_other_curvatures():
    """J = 2w²: each ε is multiplied by J'' = 4; halved memories leave a quarter of the error."""
    half = losses.half_square()
    steep = replace(
        half, value=lambda w: 4 * half.value(w), gradient=lambda w: 4 * half.gradient(w), partials=None
    )
    errors = []
    for e in (0.004, 0.002):
        flow = integrate(steep, [2.0], e, 0.25 * e, 1.0, times=[0, 1.0], tolerance=1e-10)
        ratio = lasso_ratio(steep, flow.w, flow.z, flow.d, e)[-1]
        errors.append(abs(ratio - lasso_ratio_expansion(4 * flow.w[-1, 0], e, 0.25 * e, curvature=4.0)))
    assert errors[0] / errors[1] == pytest.approx(4, abs=0.5)


def test_ratio_is_near_one_for_algorithm_8_and_well_below_for_a_stale_d():
    """Far from the minimum, Δt = 0.001: what β₂ = 0.6 buys."""
    loss, ratios = losses.quadratic(), {}
    for beta_2 in (0.6, 0.999):
        e_1, e_2 = epsilon_from_beta(0.9, 1e-3), epsilon_from_beta(beta_2, 1e-3)
        flow = integrate(loss, loss.start, e_1, e_2, 1.0)
        ratios[beta_2] = lasso_ratio(loss, flow.w, flow.z, flow.d, e_1)
    # 2ε₁ - ε₂ = 0.0175, and |∇J| is at least 0.5: R - 1 stays below 0.04
    assert np.all(np.abs(ratios[0.6] - 1) < 0.04)
    assert ratios[0.999][-1] < 0.7


def test_ratio_tends_to_zero_and_energies_equalize_near_the_minimum():
    loss = losses.half_square()
    flow = integrate(loss, [1.0], 0.5, 0.5, 15.0, times=np.linspace(0, 15, 6001), floor=1e-9)
    e = energy(loss, flow.w, flow.z, flow.d, 0.5)
    j = loss.value(flow.w)
    late = slice(len(flow.t) * 3 // 4, None)
    assert np.mean((e - j)[late] / e[late]) == pytest.approx(
        0.5, abs=0.03
    )  # averaged over some 20 oscillations
    norm = np.mean(gradient_norm_1(loss, flow.w[late]))
    assert np.mean((e - j)[late]) / (0.25 * norm) < 0.05


@pytest.mark.parametrize(("b", "end"), [(0.4, 20.0), (0.6, 20.0), (2.0, 30.0), (4.0, 40.0), (6.0, 60.0)])
def test_energy_decays_at_the_averaged_rate(b, end):
    """E ~ e^{-ρt} with a = 1, b = 1/ε₂, on both sides of b = 4a/5; E stays above the tolerance."""
    loss, times = losses.half_square(), np.linspace(0, end, 4001)
    flow = integrate(loss, [1.0], 1.0, 1 / b, end, times=times, floor=1e-8, tolerance=1e-9)
    e = energy(loss, flow.w, flow.z, flow.d, 1.0)
    half = flow.t > flow.t[-1] / 2
    rate = -np.polyfit(flow.t[half], np.log(e[half]), 1)[0]
    # averaging is right to the order of one period over the time of decay, D^{1/4}, some per cent here
    assert rate == pytest.approx(averaged_decay(1.0, 1 / b), rel=0.1)


@pytest.mark.parametrize(("b", "rate"), [(0.4, 0.9), (0.6, 0.85)])
def test_energy_decays_at_its_rate_over_sixteen_decades(b, rate):
    """ε₁ = 1, ε₂ = 1/b, t in [20, 40]: where the tolerances do not follow W and Z down, the rate is wrong."""
    loss, times = losses.half_square(), np.linspace(0, 40, 801)
    flow = integrate(loss, [1.0], 1.0, 1 / b, 40.0, times=times, floor=1e-30)
    e = energy(loss, flow.w, flow.z, flow.d, 1.0)
    assert flow.stopped is None and e[-1] < 1e-14
    late = flow.t > 20
    assert -np.polyfit(times[late], np.log(e[late]), 1)[0] == pytest.approx(rate, abs=3e-4)
    # ε₁ <= 4ε₂: E may not rise at all; the integrator's error in one interval is 1e-7 of E itself
    assert np.all(np.diff(e) <= 1e-6 * e[:-1])
    moved = replace(  # the same loss with its minimizer at w = 1: of W the distance to it counts
        loss,
        value=lambda w: loss.value(np.asarray(w) - 1),
        gradient=lambda w: loss.gradient(w) - 1,
        partials=None,
    )
    other = integrate(moved, [2.0], 1.0, 1 / b, 20.0, times=times[:401], floor=1e-30)
    theirs = energy(moved, other.w, other.z, other.d, 1.0)
    # E falls by e^{-18}; near w = 1, W is known to 1e-16 and J to 1e-16 times √(2J)
    np.testing.assert_allclose(theirs, e[:401], rtol=1e-3)


def test_limit_cycle_past_eight():
    """1/ε₂ = 12/ε₁: from below and from above, the energy settles on the same mean."""
    loss, means = losses.half_square(), []
    assert averaged_decay(1.0, 1 / 12) < 0 < averaged_decay(1.0, 1 / 7)
    for start in (0.01, 1.0):
        times = np.linspace(0, 90, 9001)
        flow = integrate(loss, [start], 1.0, 1 / 12, 90.0, times=times, max_evaluations=10**5)
        assert flow.stopped is None
        means.append(energy(loss, flow.w, flow.z, flow.d, 1.0)[6000:].mean())
    # cycles are cut by the window at its two ends, and the approach is exponential
    assert means[0] == pytest.approx(means[1], rel=0.03) and means[0] > 1e-4


def test_energy_at_zero_moments_is_the_loss_and_ratio_at_a_minimum_is_undefined():
    loss, zero = losses.quadratic(), np.zeros(2)
    assert energy(loss, loss.start, zero, zero, 0.1) == loss.value(loss.start)
    assert np.isnan(lasso_ratio(loss, zero, zero, zero, 0.1))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: energy_condition(1.0, 0.5), "0 ≤ β₁ < 1; got 1"),
        (lambda: energy_verdict(0.5, -0.1), "0 ≤ β₂ < 1; got −0.1"),
        (lambda: effective_penalty(0.9, 0.6, 0.0), "Δt > 0; got 0"),
        (lambda: epsilon_from_beta(float("nan"), 0.1), "0 ≤ β < 1; got undefined"),
        (lambda: epsilon_from_beta(0.5, -1), "Δt > 0; got −1"),
        (lambda: beta_from_epsilon(0.05, 0.1), "ε must be at least Δt"),
        (lambda: averaged_decay(0.0, 1.0), "ε₁ > 0; got 0"),
        (lambda: lasso_ratio(losses.half_square(), [1.0], [1.0], [1.0], 0.0), "ε₁ > 0; got 0"),
    ],
)
def test_bad_input_is_answered_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
