"""ADAM's flow (5.23), reconstructed, against Radau, the recursion and its short-memory limits."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from helpers.mathematics import losses
from helpers.mathematics.adam import adam
from helpers.mathematics.adam_flow import integrate, vector_field
from helpers.mathematics.sign_flow import penalized_flow, sign_flow

LOSSES = [losses.half_square(), losses.quadratic(), losses.bilinear(), losses.rosenbrock()]
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)


@each_loss
@pytest.mark.parametrize(("epsilon_1", "epsilon_2"), [(0.1, 0.025), (0.1, 10.0), (1.0, 0.2)])
def test_flow_agrees_with_radau(loss, epsilon_1, epsilon_2):
    n, times = loss.dimension, np.linspace(0, 1.0, 11)
    flow = integrate(loss, loss.start, epsilon_1, epsilon_2, 1.0, times=times)
    g = loss.gradient(loss.start)

    def rhs(t, y):
        return np.concatenate(vector_field(loss, y[:n], y[n : 2 * n], y[2 * n :], epsilon_1, epsilon_2))

    peer = solve_ivp(
        rhs,
        (0, 1),
        np.concatenate([loss.start, -g, g * g]),
        method="Radau",
        t_eval=times,
        rtol=1e-8,
        atol=1e-10,
    )
    assert flow.stopped is None and peer.success
    # LSODA's relative tolerance per step is 1e-7; a few hundred steps, on states of the size of ∇J²
    size = 1 + np.abs(peer.y).max()
    for ours, theirs in zip((flow.w, flow.z, flow.d), np.split(peer.y.T, 3, axis=1), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=3e-5 * size)


@pytest.mark.parametrize("loss", [losses.half_square(), losses.rosenbrock()], ids=lambda loss: loss.name)
def test_flow_by_partials_is_the_flow_by_gradients(loss):
    """The same operations in the same order: for the quadratic, NumPy's product may round otherwise."""
    plain = replace(loss, partials=None)
    flows = [integrate(one, loss.start, 0.1, 0.025, 3.0, floor=1e-5) for one in (loss, plain)]
    assert flows[0].stopped == flows[1].stopped
    for part in ("t", "w", "z", "d"):
        np.testing.assert_array_equal(*(getattr(flow, part) for flow in flows))


@pytest.mark.parametrize("from_zero", [False, True])
def test_recursion_follows_the_flow_to_first_order(from_zero):
    """Three witnesses, two of them: book form with β = 1 - Δt/ε against the flow, from Z = D = 0 as well."""
    loss, epsilon_1, epsilon_2 = losses.quadratic(), 0.1, 0.025
    g = loss.gradient(loss.start)
    z0, d0 = (0 * g, 0 * g) if from_zero else (-g, g * g)
    flow = integrate(
        loss, loss.start, epsilon_1, epsilon_2, 0.5, times=[0, 0.25, 0.5], z0=z0, d0=d0, tolerance=1e-10
    )
    np.testing.assert_array_equal(flow.w[0], loss.start)
    errors = []
    for step in (1e-3, 5e-4, 2.5e-4):
        steps = round(0.5 / step)
        path = adam(
            loss.gradient,
            loss.start,
            step=step,
            beta_1=1 - step / epsilon_1,
            beta_2=1 - step / epsilon_2,
            steps=steps,
            every=steps // 2,
            first_moment=z0,
            second_moment=d0,
        )
        errors.append(np.abs(path.w[1:] - flow.w[1:]).max())
    slope = np.polyfit(np.log([1e-3, 5e-4, 2.5e-4]), np.log(errors), 1)[0]
    assert slope == pytest.approx(
        1, abs=0.08
    )  # Euler is of order 1; second-order terms are a few per cent here
    assert errors[-1] < 1e-3


def test_start_from_zero_moments_follows_the_expansion():
    loss, epsilon_1, epsilon_2 = losses.quadratic(), 0.1, 0.025
    times = np.concatenate([[0], np.geomspace(1e-9, 1e-4, 6)])
    zero = np.zeros(2)
    flow = integrate(
        loss, loss.start, epsilon_1, epsilon_2, 1e-4, times=times, z0=zero, d0=zero, tolerance=1e-10
    )
    g, t = loss.gradient(loss.start), flow.t[1:, None]
    moved = (flow.w - loss.start)[1:]
    expected = -2 / 3 * t**1.5 * np.sqrt(epsilon_2) / epsilon_1 * np.sign(g)
    # the next term is smaller by a factor of the order of t/ε₂, at most 4e-3
    # and differences of W ≈ 2 are right to 1e-15, with 1e-9 the absolute tolerance of the integration
    np.testing.assert_allclose(moved, expected, rtol=5e-3, atol=3e-9)
    np.testing.assert_allclose(flow.z[1:], -(1 - np.exp(-t / epsilon_1)) * g, rtol=1e-4)
    assert flow.stopped is None
    # before LSODA takes over, the expansion itself; W = 2 - 3e-11 leaves five digits of the difference
    first = integrate(loss, loss.start, 1.0, 0.25, 1.0, times=[0, 2e-7, 1.0], z0=zero, d0=zero)
    np.testing.assert_allclose((first.w[1] - loss.start), -1 / 3 * 2e-7**1.5 * np.sign(g), rtol=1e-4)


def test_flow_stops_where_d_vanishes_and_says_so():
    loss = losses.half_square()
    flow = integrate(loss, [1.0], 0.1, 0.025, 10.0, floor=1e-5)
    assert "D is below 10⁻⁵," in flow.stopped and "stopped at t = " in flow.stopped
    assert flow.t[-1] < 5 and len(flow.t) == len(flow.w) == len(flow.d)
    assert 1e-5 <= flow.d.min() < 1e-4
    assert np.all(np.isfinite(flow.w)) and np.all(flow.d > 0)
    capped = integrate(loss, [1.0], 0.1, 0.025, 10.0, floor=1e-12, max_evaluations=2000)
    assert "too fast for 2000 evaluations" in capped.stopped
    with_few_times = integrate(loss, [1.0], 0.1, 0.025, 10.0, times=[0, 10.0])
    assert with_few_times.t.tolist() == [0] and "D is below" in with_few_times.stopped


def test_a_coordinate_that_starts_with_a_tiny_gradient_does_not_stop_the_flow():
    loss, start, times = losses.quadratic(5.0), np.array([1.0, 0.0]), np.linspace(0, 1, 11)
    start[1] = -(loss.hessian(start)[1, 0] - 1e-6) / loss.hessian(start)[1, 1]
    g = loss.gradient(start)
    assert g[1] == pytest.approx(1e-6, rel=1e-6)
    flow = integrate(loss, start, 0.1, 0.025, 1.0, times=times)
    peer = solve_ivp(
        lambda t, y: np.concatenate(vector_field(loss, y[:2], y[2:4], y[4:], 0.1, 0.025)),
        (0, 1),
        np.concatenate([start, -g, g * g]),
        method="Radau",
        t_eval=times,
        rtol=1e-8,
        atol=1e-14,
    )
    assert flow.stopped is None
    np.testing.assert_allclose(flow.w, peer.y[:2].T, rtol=0, atol=3e-5)  # as in the comparison above


def test_overflow_and_failure_on_the_way_are_said_in_words():
    loss = losses.quadratic()
    with pytest.raises(ValueError, match="the flow overflows before t = "):
        integrate(loss, loss.start, 0.1, 0.1, 1.0, z0=[1e200, 0], d0=[1.0, 1.0])
    flow = integrate(loss, loss.start, 0.1, 0.025, 5.0, times=[0, 5.0], max_evaluations=10)
    assert "too fast for 10 evaluations" in flow.stopped and len(flow.t) == 1


def test_tolerances_stop_at_the_rounding_of_w():
    """From Z = D = 0 with a long memory of D, W creeps towards (1, 1) until its change is rounding alone."""
    loss, zero = losses.rosenbrock(), [0.0, 0.0]
    for tolerance in (1e-7, 1e-9):
        flow = integrate(
            loss, loss.start, 0.02, 200.0, 3.0, z0=zero, d0=zero, floor=1e-9, tolerance=tolerance
        )
        assert flow.stopped is None
        np.testing.assert_allclose(flow.w[-1], 1, atol=1e-6)


def test_frequency_grows_as_d_to_the_minus_one_quarter():
    """Between zeros of w, π/√(a D^{-1/2}) of time passes, a = 1/ε₁ (averaging near the minimum)."""
    epsilon_1 = 1.0
    flow = integrate(
        losses.half_square(), [1.0], epsilon_1, 1.0, 60.0, times=np.linspace(0, 60, 20_001), floor=1e-9
    )
    w, d = flow.w[:, 0], flow.d[:, 0]
    zeros = np.flatnonzero(np.diff(np.sign(w)))[-40:]
    wait = np.diff(flow.t[zeros])
    middle = (zeros[1:] + zeros[:-1]) // 2
    predicted = np.pi * np.sqrt(epsilon_1) * d[middle] ** 0.25
    np.testing.assert_allclose(
        wait.mean(), predicted.mean(), rtol=0.05
    )  # averaging is right to first order only


@pytest.mark.parametrize("ratio", [0.25, 4.0])
def test_error_slopes_of_the_sign_flow_and_of_the_effective_penalty(ratio):
    """Sign flow: error of order ε. With the penalty ε₁ - ε₂: of order ε². ε₂ = ``ratio`` ε₁, both signs."""
    loss, end = losses.quadratic(condition=3, angle=0.3), 0.5
    start = np.array([2.0, 1.5])
    epsilons = np.array([0.01, 0.005, 0.0025]) / max(1, ratio)
    limit = sign_flow(loss, start, end)
    assert limit.stopped is None
    np.testing.assert_allclose(limit.w[-1], start - end, atol=1e-12)  # both coordinates of ∇J stay positive
    errors = {"sign": [], "penalized": []}
    for e in epsilons:
        w = integrate(loss, start, e, ratio * e, end, times=[0, end], tolerance=1e-10).w[-1]
        second = penalized_flow(loss, e - ratio * e, start, end)
        errors["sign"].append(np.abs(w - limit.w[-1]).max())
        errors["penalized"].append(np.abs(w - second.w[-1]).max())
    slope = {k: np.polyfit(np.log(epsilons), np.log(v), 1)[0] for k, v in errors.items()}
    # the next order bends a log-log line by about ε over the time ∇J changes in, a few per cent
    assert slope["sign"] == pytest.approx(1, abs=0.12), slope
    assert slope["penalized"] == pytest.approx(2, abs=0.2), slope
    assert errors["penalized"][-1] < 0.2 * errors["sign"][-1]


def test_sign_flow_of_the_bilinear_problem_ends_at_exactly_six_point_three_four():
    loss = losses.bilinear()
    flow = sign_flow(loss, loss.start, 3.0)
    assert "a coordinate of the gradient vanishes" in flow.stopped
    assert flow.t[-1] == pytest.approx(0.5, abs=1e-7)
    # θ₁ - θ₂ = 2.2 is conserved: |θ|² = 2.2² + 2·(3/4); the floor on ∇J leaves 1e-8 or so
    assert np.sum(flow.w[-1] ** 2) == pytest.approx(6.34, abs=1e-6)


def test_penalized_flow_stops_where_it_is_singular():
    loss = losses.half_square()
    flow = penalized_flow(loss, 0.05, [1.0], 3.0)
    assert flow.stopped.startswith("stopped") and flow.t[-1] < 1 and np.all(np.isfinite(flow.w))
    # an anti-penalty holds the flow where |∇J| = |c|
    assert penalized_flow(loss, -0.05, [1.0], 3.0).w[-1, 0] == pytest.approx(0.05, abs=1e-9)
    # w' = -1 - c/w for w > 0: t = (1 - w) - c log((1 + c)/(w + c))
    c = 0.05
    flow = penalized_flow(loss, c, [1.0], 0.6)
    w = flow.w[:, 0]
    np.testing.assert_allclose(flow.t, (1 - w) - c * np.log((1 + c) / (w + c)), atol=1e-9)


BAD_FLOWS = [
    (dict(epsilon_1=0.0), "ε₁ > 0; got 0"),
    (dict(epsilon_2=float("nan")), "ε₂ > 0"),
    (dict(end_time=-1.0), "the end time > 0"),
    (dict(floor=0.0), "the floor > 0"),
    (dict(start=[1.0]), r"start must be a vector of 2 coordinates; got the shape \(1,\)"),
    (dict(start=[1.0, float("inf")]), "start must be finite"),
    (dict(start=[0.0, 0.0]), "every coordinate needs a gradient; coordinate 0 has none"),
    (dict(start=[0.0, 1.0]), "D must be positive in every coordinate at the start; coordinate 0 has 0"),
    (dict(d0=[1.0, 0.0]), "coordinate 1 has 0"),
    (dict(d0=[1.0, -1.0]), "coordinate 1 has −1"),
    (
        dict(start=[1.0, 0.0], z0=[0, 0], d0=[0, 0]),
        "every coordinate needs a gradient; coordinate 1 has none",
    ),
    (dict(start=[1e200, 1.0]), "the gradient at the start, or its square, overflows"),
    (dict(times=[0.1, 0.2]), "times must increase from 0"),
    (dict(times=[0, 0.2, 0.1]), "times must increase from 0"),
    (dict(times=[0, 2.0]), "times must not pass the end, 1"),
]


@pytest.mark.parametrize(("change", "sentence"), BAD_FLOWS)
def test_bad_input_is_answered_in_words(change, sentence):
    arguments = dict(start=[1.0, 1.0], epsilon_1=0.1, epsilon_2=0.1, end_time=1.0) | change
    with pytest.raises(ValueError, match=sentence):
        integrate(losses.quadratic(angle=0.0), **arguments)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda q: sign_flow(q, [1.0, 0.0], 1.0), "coordinate 1 of the gradient vanishes at the start"),
        (lambda q: sign_flow(q, [1.0], 1.0), "the start must be a vector of 2 coordinates"),
        (lambda q: sign_flow(q, [1.0, 1.0], 0.0), "the end time > 0"),
        (
            lambda q: penalized_flow(q, float("nan"), [1.0, 1.0], 1.0),
            "ε₁ − ε₂ must be a finite number; got undefined",
        ),
    ],
)
def test_sign_flow_answers_bad_input_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(losses.quadratic(angle=0.0))
