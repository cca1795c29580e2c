"""Batches of a nonlinear f: derivatives, minimizer, and the orders and constants of the splitting error."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from helpers.mathematics.logistic import Logistic, two_classes
from helpers.mathematics.partitions import Partitions
from helpers.mathematics.splitting import LIE_EULER, LIE_EXACT, SCHEMES, STRANG_EULER, STRANG_EXACT

MODEL = two_classes()
BATCHES = Partitions(16, 4).batches(0)
FAR = np.array([1.5, -1.0])


def test_loss_and_derivatives():
    f = 1 / (1 + np.exp(-MODEL.x @ FAR))
    assert pytest.approx(-np.sum(np.log(np.where(MODEL.y == 1, f, 1 - f)))) == MODEL.J(FAR)
    for batch in (slice(None), BATCHES[2]):
        for i, e in enumerate(np.eye(2) * 1e-5):  # central differences: error 1e-10, rounding 1e-10
            slope = (MODEL.J(FAR + e, batch) - MODEL.J(FAR - e, batch)) / 2e-5
            assert MODEL.gradient(FAR, batch)[i] == pytest.approx(slope, abs=1e-8)
            row = (MODEL.gradient(FAR + e, batch) - MODEL.gradient(FAR - e, batch)) / 2e-5
            np.testing.assert_allclose(MODEL.hessian(FAR, batch)[i], row, atol=1e-8)


def test_the_batches_add_up():
    """J is the sum of its J^r, also for a nonlinear f."""
    np.testing.assert_allclose(
        sum(MODEL.gradient(FAR, batch) for batch in BATCHES), MODEL.gradient(FAR), atol=1e-14
    )
    assert sum(MODEL.J(FAR, batch) for batch in BATCHES) == pytest.approx(MODEL.J(FAR), rel=1e-14)


def test_the_minimizer():
    np.testing.assert_allclose(MODEL.gradient(MODEL.minimizer), 0, atol=1e-13)
    found = minimize(MODEL.J, np.zeros(2), jac=MODEL.gradient, tol=1e-10).x
    np.testing.assert_allclose(MODEL.minimizer, found, atol=1e-6)
    with pytest.raises((ValueError, np.linalg.LinAlgError)):
        Logistic(np.array([[-1.0], [1.0]]), np.array([0, 1])).minimizer  # noqa: B018


def test_the_flow_against_an_integrator():
    exact = solve_ivp(lambda _, W: -MODEL.gradient(W), (0, 0.1), FAR, rtol=1e-12, atol=1e-14).y[:, -1]
    # eight Runge-Kutta steps of 0.0125 with a gradient that changes at a rate of some 4: (0.05)^5
    np.testing.assert_allclose(MODEL.flow(FAR, 0.1), exact, atol=1e-8)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_epoch_is_the_loop_over_the_batches(scheme):
    W = FAR
    order, h = (BATCHES, 0.1) if scheme.startswith("Lie") else ([*BATCHES, *BATCHES[::-1]], 0.05)
    for batch in order:
        W = W - h * MODEL.gradient(W, batch) if scheme.endswith("Euler") else MODEL.flow(W, h, batch)
    np.testing.assert_allclose(MODEL.epoch(BATCHES, FAR, 0.1, scheme), W, atol=1e-15)


@pytest.mark.parametrize("start", ["far", "minimizer"])
@pytest.mark.parametrize(
    ("scheme", "order"), [(LIE_EULER, 2), (LIE_EXACT, 2), (STRANG_EULER, 2), (STRANG_EXACT, 3)]
)
def test_the_local_order_and_its_constant(scheme, order, start):
    W = FAR if start == "far" else MODEL.minimizer
    errors = [MODEL.epoch(BATCHES, W, step, scheme) - MODEL.flow(W, step) for step in (0.008, 0.004, 0.002)]
    sizes = np.linalg.norm(errors, axis=1)
    # the next power: step times a rate of 4, 1 %
    assert np.log2(sizes[1] / sizes[2]) == pytest.approx(order, abs=0.03)
    constant = 2 * errors[2] / 0.002**2 - errors[1] / 0.004**2  # Richardson: what remains is O(step^2) = 1e-4
    np.testing.assert_allclose(constant, MODEL.second_order(BATCHES, W, scheme), atol=2e-3)


def test_bad_input_is_refused():
    for x, y, words in (
        ([1.0], [1], "2 axes"),
        ([[1.0]], [1, 0], "one 0 or 1"),
        ([[1.0]], [2], "one 0 or 1"),
        ([[np.nan]], [1], "finite"),
    ):
        with pytest.raises(ValueError, match=words):
            Logistic(x, y)
    with pytest.raises(ValueError, match="Δt > 0"):
        MODEL.epoch(BATCHES, FAR, -1)
