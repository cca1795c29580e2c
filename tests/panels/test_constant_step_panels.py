"""Panels of many epochs, §5.3.1: over all their controls what they say agrees with rules written here."""

import itertools
import re

import numpy as np
import pytest

from helpers.mathematics import partitions, small_problems, splitting
from helpers.mathematics.numerals import numeral
from helpers.mathematics.partitions import (
    ALTERNATING,
    FIXED,
    REPLACEMENT,
    SAMPLINGS,
)
from helpers.networks.diabetes import diabetes
from helpers.panels.constant_step import ConstantStepCloud
from helpers.panels.diabetes import Diabetes


@pytest.fixture(scope="module")
def panels():
    return {kind: kind() for kind in (ConstantStepCloud, Diabetes)}


# ---------------------------------------------------------------------- a constant step
def test_the_constant_step_says_what_is_true_everywhere(panels, said):
    problems = {unequal: small_problems.line(unequal=unequal) for unequal in (False, True)}
    grid = itertools.product((1, 3, 16), (1e-3, 0.05, 1.0, 4.0, 10.0), splitting.SCHEMES, SAMPLINGS)
    for n, (p, step, scheme, sampling) in enumerate(grid):
        unequal = n % 2 == 0
        r, words = said(
            panels[ConstantStepCloud], p=p, step=step, scheme=scheme, sampling=sampling, unequal=unequal
        )
        where = f"{p} {step} {scheme} {sampling}: {words}"
        if sampling in (FIXED, ALTERNATING):
            drawn = partitions.Partitions(16, p, sampling)
            M = np.eye(2)
            for k in range(2):
                A, b = splitting.batch_systems(problems[unequal], drawn.batches(k))
                M = splitting.epoch_map(A, b, step, scheme)[0] @ M
            grows = np.abs(np.linalg.eigvals(M)).max() >= 1
            assert ("runs diverge" in words) == grows, where
        if "no stationary law" in words:
            assert scheme.endswith("Euler") and len(r.cloud) == 0, where
            assert step >= float(re.search(r"if Δt < ([\d.]+)\.", words)[1]), where
        still = p == 1 and sampling != REPLACEMENT
        assert ("nothing disturbs W*" in words) == (still and "no stationary law" not in words), where
        found = re.search(
            r"up to \S+ bias (.+) \(table: (\S+)\), spread (.+) \(table: (\S+)\)\.$", words
        ).groups()
        for fitted, table in (found[:2], found[2:]):
            assert re.fullmatch(r"absent|not resolved|[\d.]+", fitted), where
            if fitted == "absent":
                assert table == "absent", where
            elif fitted != "not resolved":
                assert table != "absent" and abs(float(fitted) - float(table)) < 0.35, where
        if found[3] == "absent" and sampling == FIXED and "no stationary law" not in words and not still:
            # a fixed order has no spread at any Δt: no transient is called one
            assert "and no spread; 24 runs" in words and words.count("no spread") == 2, where


@pytest.mark.parametrize(
    ("preset", "bias", "spread"),
    [
        ("Reshuffled", "1", "1.5"),
        ("Fixed order", "1", "absent"),
        ("With replacement", "not resolved", "0.5"),
        ("Strang, exact", "2", "absent"),
    ],
)
def test_the_exponents_of_the_presets(panels, preset, bias, spread, said):
    panel = panels[ConstantStepCloud]
    _, words = said(panel, **panel.presets[preset])
    assert f"bias {bias} (table" in words and f"spread {spread} (table" in words


def test_the_constant_step_draws_what_it_says():
    panel = ConstantStepCloud()
    r, a = panel.result, panel.artists
    np.testing.assert_allclose(np.stack(a.cloud.get_data(), axis=1) * r.unit, r.cloud)
    np.testing.assert_allclose(np.stack(a.mean.get_data(), axis=1)[0] * r.unit, r.mean)
    np.testing.assert_allclose(np.stack(a.ellipse.get_data(), axis=1) * r.unit, r.ellipse)
    np.testing.assert_array_equal(a.bias.get_ydata(), r.biases)
    np.testing.assert_array_equal(a.spread.get_ydata(), r.spreads)
    assert a.unit.get_text() == f"1 unit = {numeral(r.unit)}" and set(a.here.get_xdata()) == {r.step}
    for line, order in ((a.bias_line, 1), (a.spread_line, 1.5)):
        slope = np.polyfit(np.log(line.get_xdata()), np.log(line.get_ydata()), 1)[0]
        assert slope == pytest.approx(order)
    assert a.run_bias.get_ydata() == [r.run_bias.value] and a.run_spread.get_ydata() == [r.run_spread.value]
    panel.set(p=1)
    assert a.unit.get_text() == "W stays at W*" and not np.any(a.cloud.get_data())
    assert np.size(a.run_bias.get_xdata()) == np.size(a.run_spread.get_xdata()) == 0
    assert np.isnan(a.bias.get_ydata()).all()
    panel.set(p=1, step=5.0)
    assert a.unit.get_text() == "no stationary law" and np.size(a.cloud.get_xdata()) == 0
    panel.controls.step.value = 1e-4
    assert "0.001 ≤ Δt ≤ 10" in panel.error and panel.controls.step.allowed == "0.001 ≤ Δt ≤ 10"


# ---------------------------------------------------------------------- real data
@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_the_diabetes_are_the_known_problem(unequal, bias):
    from sklearn.linear_model import LinearRegression

    problem, names = diabetes(unequal, bias)
    assert (problem.size, problem.m, len(names)) == (442, 10 + bias, 10 + bias)
    model = LinearRegression(fit_intercept=bias)
    model.fit(problem.x[:, :10], problem.y[:, 0], sample_weight=problem.alpha)
    known = np.append(model.coef_, [model.intercept_] * bias)
    np.testing.assert_allclose(problem.minimizer[:, 0], known, rtol=1e-8, atol=1e-10)  # condition number 470
    assert (
        problem.alpha.sum() == pytest.approx(1)
        and (problem.alpha.max() > 15 * problem.alpha.min()) == unequal
    )


def test_the_diabetes_say_what_is_true_everywhere(panels, said):
    for p, step, a, sampling, unequal in itertools.product(
        (1, 17, 442), (0.01, 0.3, 10.0), (0.0, 1.5), SAMPLINGS, (False, True)
    ):
        r, words = said(
            panels[Diabetes], p=p, step=step, a=a, sampling=sampling, unequal=unequal, bias=p == 17
        )
        values = np.linalg.eigvalsh(2 * (r.problem.x.T * r.problem.alpha) @ r.problem.x)
        assert f"λ = {numeral(values[0])}, ‖A‖ = {numeral(values[-1])}" in words
        assert f"condition number {numeral(values[-1] / values[0])}" in words
        assert f"Δtₖ from {numeral(step)} to {numeral(step / 60**a)}" in words
        assert ("stable while" in words) == (step >= 2 / values[-1])
        for course, text in ((r.many, words.split(f"with p = {p}, ")[1].split("; with")[0]),
                             (r.one, words.split("full gradient, ")[1])):  # fmt: skip
            if "passed" in text:
                left = int(re.search(r"in epoch (\d+)", text)[1])
                assert np.isnan(course.distance[left:]).all() and np.isfinite(course.distance[:left]).all()
            else:
                assert f"= {numeral(course.distance[-1], 2)}" in text and np.isfinite(course.distance).all()


def test_the_diabetes_draw_what_they_say():
    panel = Diabetes()
    panel.set(unequal=True, bias=True, p=34, a=0.5)
    r, x = panel.result, panel.artists
    np.testing.assert_array_equal(x.batches.get_ydata(), r.many.distance)
    np.testing.assert_array_equal(x.full.get_ydata(), r.one.distance)
    np.testing.assert_allclose([bar.get_height() for bar in x.bars], r.many.end)
    np.testing.assert_allclose([bar.get_height() for bar in x.goals], r.problem.minimizer[:, 0])
    assert x.full.get_zorder() >= x.batches.get_zorder()
    order = list(x.full.axes.lines)
    assert order.index(x.full) > order.index(x.batches)  # the dashed line is seen on the other
    panel.set(bias=False)
    assert x.bars[-1].get_height() == 0 == x.goals[-1].get_height()
    for unequal, bias in itertools.product((False, True), repeat=2):
        panel.set(unequal=unequal, bias=bias)
        assert np.abs(panel.result.problem.minimizer).max() < x.goals[0].axes.get_ylim()[1]
