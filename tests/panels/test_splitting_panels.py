"""The panels of §5.3.1: what they say and draw agrees with independent computations."""

import re

import numpy as np
import pytest
from scipy.linalg import expm

from helpers.mathematics import partitions, small_problems, splitting
from helpers.mathematics.epochs import Driver
from helpers.panels import constant_step, diabetes, one_epoch, splitting_error
from helpers.panels.constant_step import ConstantStepCloud
from helpers.panels.diabetes import Diabetes
from helpers.panels.one_epoch import OneEpoch
from helpers.panels.splitting_error import SplittingError

LINE = small_problems.line()


def plain_epoch(problem, batches, W, step, scheme):
    """One epoch by the data themselves: Euler by residuals, exact flows by expm of the augmented matrix."""
    order = [(batch, step) for batch in batches]
    if scheme.startswith("Strang"):
        halves = [(batch, step / 2) for batch in batches]
        order = halves + halves[::-1]
    for batch, h in order:
        x, y, alpha = problem.x[batch], problem.y[batch, 0], problem.alpha[batch]
        if scheme.endswith("Euler"):
            W = W - h * 2 * x.T @ (alpha * (x @ W - y))
        else:
            A, b = 2 * (x.T * alpha) @ x, 2 * x.T @ (alpha * y)
            flow = expm(h * np.block([[-A, b[:, None]], [np.zeros((1, 3))]]))
            W = flow[:2, :2] @ W + flow[:2, 2]
    return W


@pytest.mark.parametrize("scheme", splitting.SCHEMES)
@pytest.mark.parametrize("sampling", partitions.SAMPLINGS)
def test_the_epochs_shown_are_those_of_the_plain_loop(sampling, scheme):
    shown = one_epoch.one_epoch(LINE, 5, 0.4, scheme, sampling, epoch=3)
    drawn = partitions.Partitions(16, 5, sampling, 1, 0)
    W = one_epoch.START[:, 0]
    for k in range(3):
        # three epochs of rounding in numbers of size 1
        np.testing.assert_allclose(shown.before[k], W, atol=1e-13)
        W = plain_epoch(LINE, drawn.batches(k), W, 0.4, scheme)
    np.testing.assert_allclose(shown.states[-1], W, atol=1e-13)
    assert len(shown.states) == len(shown.visited) + 1


def test_the_printed_loop_leaves_out_the_first_batch():
    shown = one_epoch.one_epoch(LINE, 4, 0.05, one_epoch.PRINTED, partitions.FIXED, epoch=1000)
    rest = np.arange(4, 16)
    expected = np.linalg.lstsq(LINE.x[rest], LINE.y[rest], rcond=None)[0][:, 0]
    np.testing.assert_allclose(shown.left_minimizer, expected, rtol=1e-10)
    # converged up to the bias of three batches, about Δt/2, while W* is 0.6 away
    assert np.linalg.norm(shown.states[-1] - expected) < 0.02
    assert np.linalg.norm(expected - LINE.minimizer[:, 0]) > 0.5


def test_the_sub_steps_follow_p_and_the_scheme():
    panel = OneEpoch()
    slider = panel.controls.sub_step
    for p, scheme, count in (
        (8, splitting.LIE_EULER, 8),
        (3, splitting.STRANG_EXACT, 6),
        (1, one_epoch.PRINTED, 0),
    ):
        panel.set(p=p, scheme=scheme)
        assert len(panel.result.visited) == count and len(slider.positions) == max(count, 1) + 1
        assert panel.result.sub_step == count == slider.value
    panel.reset()
    slider.value = 2
    panel.controls.p.value = 9
    assert slider.value == 2 and panel.result.sub_step == 2 and "sub-step 2 of 9" in panel.sentence
    panel.controls.p.value = 17
    assert "p must be a whole number in 1..16" in panel.error and slider.positions[-1] == 9


def test_one_epoch_says_the_distances_it_draws():
    panel = OneEpoch()
    batches = partitions.Partitions(16, 4, partitions.RESHUFFLED, 1, 0).batches(0)
    end = plain_epoch(LINE, batches, one_epoch.START[:, 0], 1.0, splitting.LIE_EULER)
    A, W = LINE.A, LINE.minimizer[:, 0]
    flow = W + expm(-A) @ (one_epoch.START[:, 0] - W)
    full = one_epoch.START[:, 0] - A @ (one_epoch.START[:, 0] - W)
    said = [f"{np.linalg.norm(v):.2g}" for v in (end - flow, full - flow, end - W)]
    found = re.search(
        r"ends (\S+) from the exact flow \(one full step: (\S+)\) and (\S+) from W\*", panel.sentence
    )
    assert list(found.groups())[:2] == said[:2] and found[3].rstrip(".") == said[2]


def test_a_diverging_epoch_is_said():
    panel = OneEpoch()
    panel.set(p=1, step=10.0, epoch=20)
    assert "leaves the picture" in panel.sentence and "2/max‖A_r‖ = 2 " in panel.sentence


def test_the_error_of_one_epoch_against_a_plain_composition():
    found = splitting_error.splitting_errors(
        splitting_error.LINE, 4, splitting_error.DRAWN, splitting_error.FAR, 3
    )
    batches = partitions.Partitions(16, 4, partitions.SHUFFLED_ONCE, 1, 3).batches(0)
    W, e = LINE.minimizer[:, 0], splitting_error.START_ERROR[:, 0]
    for k in (9, 18):
        step = found.steps[k]
        flow = W + expm(-step * LINE.A) @ e
        for scheme in splitting.SCHEMES:
            end = plain_epoch(LINE, batches, W + e, step, scheme)
            # states of size 2, composed of up to 8 rounded maps
            assert found.errors[scheme][k] == pytest.approx(np.linalg.norm(end - flow), abs=1e-14, rel=1e-9)
    for scheme in splitting.SCHEMES:
        exact = scheme == splitting.STRANG_EXACT
        assert found.orders[scheme] == pytest.approx(3 if exact else 2, abs=0.02)
        if not exact:  # at Δt = 1e-3 the next term is some 1e-3 of the limit
            assert found.errors[scheme][0] / found.steps[0] ** 2 == pytest.approx(
                found.predicted[scheme], rel=1e-2
            )
    assert found.predicted[splitting.STRANG_EXACT] < 1e-12


def test_commuting_matrices_and_commuting_flows_are_told_apart():
    panel = SplittingError()
    panel.set(**panel.presets["Matrices commute"])
    assert panel.result.commutator == 0 and panel.result.orders[splitting.LIE_EXACT] == pytest.approx(
        2, abs=0.02
    )
    assert "but the flows do not" in panel.sentence
    panel.set(**panel.presets["Flows commute"])
    assert panel.result.orders[splitting.LIE_EXACT] is None and "nothing is lost" in panel.sentence


def test_the_cloud_agrees_with_the_law():
    """The runs, simulated, against the moment equations; 24 runs of 500 epochs know a deviation to 5 %."""
    for sampling in (partitions.RESHUFFLED, partitions.REPLACEMENT):
        step = float(constant_step.STEPS[7])
        found = constant_step.constant_step(4, step, splitting.LIE_EULER, sampling)
        assert found.run_spread == pytest.approx(found.law.spread[7], rel=0.15)
        gap = np.linalg.norm(found.run_mean - found.law.mean[7, :, 0])
        assert gap < 4 * (found.run_error + found.law.error[7])
        driver = Driver(LINE, 4, sampling, constant_step.RUNS, seed=1)
        run = driver.run(np.full(constant_step.EPOCHS, step), Wt0=LINE.minimizer)
        late = run.error[500:, :, :, 0].reshape(-1, 2)
        np.testing.assert_allclose(found.run_mean, late.mean(axis=0), atol=1e-15)
        np.testing.assert_allclose(found.run_covariance, np.cov(late.T, bias=True), rtol=1e-9)


def test_the_cloud_says_its_exponents():
    panel = ConstantStepCloud()
    expected = {"Reshuffled": ("1", "1.5"), "With replacement": ("vanishing", "0.5")}
    expected |= {"Fixed order": ("1", "vanishing"), "Strang, exact": ("2", "vanishing")}
    for preset, pair in expected.items():
        panel.reset()
        panel.set(**panel.presets[preset])
        found = re.search(r"bias (\S+) \(table: (\S+)\), spread (\S+) \(table: (\S+)\)\.", panel.sentence)
        assert found.groups() == (pair[0], pair[0], pair[1], pair[1]), panel.sentence
    panel.reset()
    panel.set(p=1, step=3.0)
    assert "the runs diverge" in panel.sentence


def test_the_diabetes_are_the_known_problem():
    from sklearn.linear_model import LinearRegression

    problem, names = diabetes.diabetes()
    assert (problem.size, problem.m, len(names)) == (442, 10, 10)
    known = LinearRegression(fit_intercept=False).fit(problem.x, problem.y[:, 0]).coef_
    np.testing.assert_allclose(problem.minimizer[:, 0], known, rtol=1e-8)  # condition number 470
    values = np.linalg.eigvalsh(2 * problem.x.T @ problem.x / 442)
    panel = Diabetes()
    assert f"λ_min = {values[0]:.4f}, ‖A‖ = {values[-1]:.2f}" in panel.sentence
    assert f"condition number {values[-1] / values[0]:.0f}" in panel.sentence


def test_the_diabetes_by_a_plain_loop():
    problem = diabetes.diabetes()[0]
    found = diabetes.fit(17, 0.2, partitions.FIXED)
    W = np.zeros(10)
    for _ in range(diabetes.EPOCHS):
        for batch in np.split(np.arange(442), 17):
            x, y = problem.x[batch], problem.y[batch, 0]
            W = W - 0.2 * 2 / 442 * x.T @ (x @ W - y)
    np.testing.assert_allclose(found.end, W, rtol=1e-9)


@pytest.mark.parametrize(
    ("function", "arguments", "words"),
    [
        (one_epoch.one_epoch, (LINE, 17, 0.1, splitting.LIE_EULER, partitions.FIXED), "1..16"),
        (one_epoch.one_epoch, (LINE, 2, 0.1, "Heun", partitions.FIXED), "scheme must be one of"),
        (one_epoch.one_epoch, (LINE, 2, 0.1, splitting.LIE_EULER, partitions.FIXED, 0), "the epoch"),
        (constant_step.constant_step, (4, 1e-3, splitting.LIE_EULER, partitions.FIXED), "at least 0.01"),
        (diabetes.fit, (443, 0.1, partitions.FIXED), "1..442"),
    ],
)
def test_bad_input_is_refused_in_words(function, arguments, words):
    with pytest.raises(ValueError, match=words):
        function(*arguments)
