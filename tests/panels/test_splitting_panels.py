"""Panels of one epoch and its error, §5.3.1: what they say and draw agrees with rules written here."""

import itertools
import re

import numpy as np
import pytest
from scipy.linalg import expm

from helpers.figures import splitting as figures
from helpers.mathematics import partitions, splitting, splitting_errors
from helpers.mathematics.numerals import numeral
from helpers.mathematics.one_epoch import AT_MINIMIZER, FAR, SCHEMES
from helpers.mathematics.partitions import (
    ALTERNATING,
    FIXED,
    REPLACEMENT,
    RESHUFFLED,
    SAMPLINGS,
    SHUFFLED_ONCE,
)
from helpers.mathematics.splitting import LIE_EULER, LIE_EXACT, PRINTED, PRINTED_LAST
from helpers.mathematics.splitting_errors import FIXED_TIME, FRESH, ONE_EPOCH, PROBLEMS
from helpers.panels.one_epoch import OneEpoch
from helpers.panels.splitting_error import SplittingError


@pytest.fixture(scope="module")
def panels():
    return {kind: kind() for kind in (OneEpoch, SplittingError)}


# ---------------------------------------------------------------------- one epoch
def test_one_epoch_says_what_happens_everywhere(panels, said):
    grid = itertools.product(
        (1, 2, 5, 16), (0.01, 1.0, 10.0), (0.0, 1.5), (1, 60), SCHEMES, SAMPLINGS, (FAR, AT_MINIMIZER)
    )
    chosen = np.random.default_rng(0).permutation(np.array(list(grid), dtype=object))[:900]
    for n, (p, step, a, epoch, scheme, sampling, start) in enumerate(chosen):
        unequal, bias = n % 3 == 0, n % 4 != 0
        r, words = said(
            panels[OneEpoch], p=p, step=step, a=a, epoch=epoch, scheme=scheme, sampling=sampling, start=start,
            unequal=unequal, bias=bias, sub_step=32,
        )  # fmt: skip
        literal = scheme in (PRINTED, PRINTED_LAST)
        assert f"Δtₖ = {numeral(step / epoch**a)}, {scheme}, {sampling}" in words
        if "left the picture" in words:
            assert np.abs(r.states).max() > 1e3 and scheme not in (LIE_EXACT, splitting.STRANG_EXACT)
            assert step / 1**a > float(re.search(r"Δtₖ < ([\d.]+) for these", words)[1]) or epoch > 1
            continue
        assert np.abs(r.states).max() <= 1e3
        if "never moves" in words:
            assert literal and p == 1 and np.array_equal(r.states[0], r.states[-1])
            continue
        W = r.problem.limit(np.array([[-0.9], [0.9 * bias]]) if start == FAR else r.problem.minimizer)[:, 0]
        flow = W + expm(-r.step * r.problem.A) @ (r.before[-1] - W)
        full = r.before[-1] - r.step * r.problem.A @ (r.before[-1] - W)
        found = re.search(
            r"ends (\S+) from the exact flow \(one full step: (\S+)\) and ([^\s;]+) from W\*", words
        )
        for text, vector in zip(
            found.groups(), (r.states[-1] - flow, full - flow, r.states[-1] - W), strict=True
        ):
            size = np.linalg.norm(vector)
            # two digits; below 1e-10 rounding decides
            assert text.rstrip(".") == numeral(size, 2) or size < 1e-10 or _close(text, size)
        assert ("inside it" in words) == (start == AT_MINIMIZER and len(r.states) > 2)
        assert ("never visited" in words) == (scheme == PRINTED)
        assert ("Only the last batch" in words) == (scheme == PRINTED_LAST)
        assert ("from the minimizer of J" in words or "from the minimizer of 2J" in words) == (
            literal and sampling in (FIXED, SHUFFLED_ONCE, ALTERNATING)
        )
        assert ("in the mean" in words) == (literal and sampling in (RESHUFFLED, REPLACEMENT))
        assert ("with replacement:" in words) == (sampling == REPLACEMENT)
        assert ("do not span" in words) == (not bias)


def _close(text, size):
    """Whether two digits, read again, are those of a number at the edge of rounding."""
    mantissa, _, power = text.rstrip(".").partition("·10")
    exponent = int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")) or 0)
    return abs(float(mantissa) * 10.0**exponent / size - 1) < 0.06


def test_one_epoch_draws_what_it_says():
    panel = OneEpoch()
    panel.set(p=5, sub_step=3, epoch=4, unequal=True)
    r, a = panel.result, panel.artists
    np.testing.assert_allclose(np.stack(a.stops.get_data(), axis=1), r.states[:4])
    np.testing.assert_allclose([s[1] for s in a.segments.get_segments()], r.states[1:4])
    np.testing.assert_allclose(np.stack(a.now.get_data(), axis=1)[0], r.states[3])
    np.testing.assert_allclose(np.stack(a.trail.get_data(), axis=1), r.before)
    np.testing.assert_allclose(np.stack(a.full.get_data(), axis=1), [r.before[-1], r.full])
    np.testing.assert_allclose(np.stack(a.flow_end.get_data(), axis=1)[0], r.flow[-1])
    np.testing.assert_allclose(np.stack(a.best.get_data(), axis=1)[0], r.problem.minimizer[:, 0])
    np.testing.assert_allclose(sorted(a.ring.get_xdata()), sorted(r.problem.x[r.batches[2], 0]))
    numbers = {i: text.get_text() for i, text in enumerate(a.numbers)}
    assert numbers == {i: str(k + 1) for k, batch in enumerate(r.batches) for i in batch}
    slope, intercept = r.states[3]
    np.testing.assert_allclose(a.fit.get_ydata(), slope * a.span + intercept)
    assert a.wrong_name.get_text() == "" and len(a.wrong.get_xdata()) == 0
    assert not panel.artists.plane.get_legend().findobj(
        lambda t: getattr(t, "get_text", str)() == "minimizer of J − J¹"
    )
    panel.set(**panel.presets["Read to the letter"])
    assert a.wrong_name.get_text() == "minimizer of J − J¹"
    np.testing.assert_allclose(np.stack(a.wrong.get_data(), axis=1)[0], panel.result.left)
    assert len(a.stops.get_xdata()) == 4  # the three sub-steps of the printed loop


@pytest.mark.parametrize("p", range(1, 17))
def test_white_digits_are_readable_on_the_colors_of_the_batches(p):
    """WCAG's contrast 4.5 to 1 of white on each color."""
    rgb = figures.batch_colors(p)[:, :3]
    linear = np.where(rgb <= 0.03928, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    assert np.all(1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 4.5)


def test_the_sub_steps_follow_p_and_the_scheme():
    panel = OneEpoch()
    slider = panel.controls.sub_step

    def positions():
        return panel.scene.positions(panel.values)["sub_step"]

    for p, scheme, count in ((8, LIE_EULER, 8), (3, splitting.STRANG_EXACT, 6), (1, PRINTED, 0)):
        panel.set(p=p, scheme=scheme)
        assert len(panel.result.visited) == count and positions() == list(range(max(count, 1) + 1))
        assert panel.result.sub_step == count == slider.value
    panel.reset()
    slider.value = 2
    panel.controls.p.value = 9
    assert slider.value == 9 and "sub-step 9 of 9" in panel.sentence
    panel.set(sub_step=2)
    panel.controls.step.value = 0.5
    assert slider.value == 2 and panel.result.sub_step == 2 and "sub-step 2 of 9" in panel.sentence
    panel.set(p=16, sub_step=5)  # more than there were
    assert slider.value == 5 and panel.result.sub_step == 5
    panel.controls.p.value = 9
    panel.controls.p.value = 17
    assert "p must be a whole number, 1 ≤ p ≤ 16" in panel.error
    assert slider.value == 9 and panel.scene.positions(panel.values) == {}
    panel.reset()
    panel.controls.epoch.value = 61
    assert "1 ≤ the epoch ≤ 60" in panel.error


def test_as_many_sub_steps_are_around_as_there_are():
    scene = OneEpoch().scene
    values = scene.followed(scene.initial | {"p": 9.0}, "p")
    assert values["sub_step"] == 9 and sorted(scene.around("sub_step", values)) == list(range(9))
    assert scene.followed(values | {"p": 3.0}, None)["sub_step"] == 3  # none beyond the last
    assert scene.followed(values | {"sub_step": 99.0}, "sub_step")["sub_step"] == 99  # which is refused


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_preset_shows_a_whole_epoch(scheme):
    scene = OneEpoch().scene
    for values in scene.presets.values():  # as the page sets them: all at once
        values = scene.followed(scene.initial | {"scheme": scheme} | values, None)
        result = scene.compute(**values)
        assert result.sub_step == len(result.visited) == values["sub_step"]


def test_the_window_follows_the_excursions_around_the_minimizer():
    panel = OneEpoch()
    wide = panel.artists.plane.get_xlim()
    assert wide == pytest.approx((0.1 - 1.35 * 1.4, 0.1 + 1.35 * 1.4))
    for step in (0.01, 0.5):
        panel.set(start=AT_MINIMIZER, step=step, epoch=30, p=8)
        r = panel.result
        low, high = panel.artists.plane.get_ylim()
        reach = np.abs(np.vstack([r.states, r.flow]) - r.goal).max()
        assert (low + high) / 2 == pytest.approx(r.goal[1]) and 1.1 * reach < (high - low) / 2 < 2.4 * reach
    panel.reset()
    assert panel.artists.plane.get_xlim() == pytest.approx(wide)


# ---------------------------------------------------------------------- the splitting error
def test_the_splitting_error_says_what_is_true_everywhere(panels, said):
    step = 0.25
    for p, data, batches, start, over in itertools.product(
        (1, 2, 3, 16),
        PROBLEMS,
        splitting_errors.SAMPLINGS,
        ("W₀, far away", AT_MINIMIZER),
        (ONE_EPOCH, FIXED_TIME),
    ):
        r, words = said(panels[SplittingError], p=p, data=data, batches=batches, start=start, over=over)
        problem = PROBLEMS[data]()
        sampling = splitting_errors.SAMPLINGS[batches]
        cut = partitions.Partitions(16, p, sampling, runs=3).batches(0, 0)
        A, b = splitting.batch_systems(problem, cut)
        g = splitting.batch_gradients(A, b, problem.minimizer)
        pairs = list(itertools.combinations(range(p), 2))
        commute = all(np.abs(A[i] @ A[j] - A[j] @ A[i]).max() < 1e-12 for i, j in pairs)
        flows = commute and all(np.abs(A[i] @ g[j] - A[j] @ g[i]).max() < 1e-12 for i, j in pairs)
        if batches != FRESH and p > 1:
            assert ("matrices Aᵣ commute" in words) == commute
            assert ("so do the flows" in words) == flows
            assert ("flows do not" in words) == (commute and not flows)
        W = problem.minimizer + (splitting_errors.START_ERROR if start != AT_MINIMIZER else 0)
        end = splitting.epoch(A, b, W, step, LIE_EXACT)
        lost = np.linalg.norm(end - problem.flow(W, step)) > 1e-12
        if batches != FRESH:
            assert ("nothing is lost" in words) == (not lost)
        for scheme in splitting.SCHEMES:
            text = re.search(rf"{scheme} (no error|[\d.]+)", words)[1]
            error = r.errors[scheme]
            if text == "no error":
                assert np.isnan(error).all()
            else:
                kept = np.flatnonzero(np.isfinite(error))[:5]
                fitted = np.polyfit(np.log(r.steps[kept]), np.log(error[kept]), 1)[0]
                assert float(text.rstrip(".")) == pytest.approx(fitted, abs=0.006)
        tends = re.search(r"error/(\S+) tends to (\S+), measured (\S+)\.$", words)
        if tends:
            assert tends[1] == ("Δt²" if over == ONE_EPOCH else "Δt")
            assert _close(tends[2], r.predicted[LIE_EXACT]) and _close(tends[3], r.predicted[LIE_EXACT])


def test_the_splitting_error_draws_what_it_says():
    panel = SplittingError()
    for over, power, title in (
        (ONE_EPOCH, 2, "|one epoch − exact flow|"),
        (FIXED_TIME, 1, "|W at t = 1 − exact flow|"),
    ):
        panel.set(over=over)
        r, a = panel.result, panel.artists
        for scheme in splitting.SCHEMES:
            np.testing.assert_array_equal(a.errors[scheme].get_ydata(), r.errors[scheme])
            np.testing.assert_allclose(a.ratios[scheme].get_ydata(), r.errors[scheme] / r.steps**power)
            assert a.labels[scheme].get_text() == f"order {r.orders[scheme]:.2f}"
            limit = a.limits[scheme].get_ydata()
            if scheme == splitting.STRANG_EXACT:
                assert np.isnan(limit).all()  # of higher order: no limit but 0
            else:
                np.testing.assert_allclose(limit, r.predicted[scheme])
        assert a.titles[0].get_text() == f"{title}, fitted orders"
        assert a.titles[1].get_text() == f"the same, divided by {'Δt²' if power == 2 else 'Δt'}"
        heights = sorted(np.log10(label.get_position()[1]) for label in a.labels.values())
        assert np.diff(heights).min() > 0.8  # the labels do not cover each other
    panel.set(batches=FRESH)
    assert "r.m.s." in panel.artists.titles[0].get_text()
    panel.set(**panel.presets["Flows commute"])
    assert panel.artists.labels[LIE_EXACT].get_text() == ""


def test_the_presets_of_the_splitting_error():
    panel = SplittingError()
    panel.set(**panel.presets["Matrices commute"])
    assert "but the flows do not" in panel.sentence and panel.result.commutator == 0
    panel.set(**panel.presets["Flows commute"])
    assert "nothing is lost" in panel.sentence
    panel.reset()
    panel.set(**panel.presets["Global, reshuffled"])
    assert "Lie, exact flows 1.50" in panel.sentence
