"""The panels of §5.2: over all controls, what they say and draw agrees with another computation."""

import re
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from helpers.figures.memories import memory_from_scale, memory_scale
from helpers.mathematics import losses
from helpers.mathematics.adam import adam
from helpers.mathematics.adam_course import FLOW, FULL, RECURSION, ZERO, course
from helpers.mathematics.adam_flow import integrate
from helpers.panels.adam_energy import LOSSES, PRESETS, EnergyMap, Ratio
from helpers.panels.adam_penalty import Flatness, WeightSpace
from helpers.panels.algorithm_8 import energy_picture, training_picture
from helpers.panels.tendency import Tendency

MEMORIES = [
    (0.9, 0.6),
    (0.9, 0.999),
    (0.9, 0.9),
    (0.95, 0.3),
    (0.0, 0.0),
    (0.0, 0.9999),
    (0.9999, 0.0),
    (0.9999, 0.9999),
]
SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_POWER = "10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+"
NUMBER = rf"[+−]?(?:{_POWER}|\d+(?:\.\d+)?(?:·{_POWER})?)"


def number(text):
    """A number as sentences write it: −2.5·10⁻³."""
    mantissa, power = re.fullmatch(r"([+−]?[\d.]*?)·?(?:10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text).groups()
    sign = -1 if text.startswith("−") else 1
    return sign * float(mantissa.lstrip("+−") or 1) * 10.0 ** int((power or "0").translate(SUPERSCRIPT))


def said(pattern, sentence):
    """The numbers in the place of # in the pattern, or None where it does not occur."""
    found = re.search(re.escape(pattern).replace(r"\#", f"({NUMBER})"), sentence)
    return None if found is None else [number(one) for one in found.groups()]


def states(loss, start, beta_1, beta_2, step, seen_as, memories, end_time):
    """W, Z, D and the times, by the flow with another tolerance and floor, or by the recursion in arrays."""
    w0 = loss.start if start is None else np.array(start)
    g = loss.gradient(w0)
    first = (-g, g * g) if memories == FULL else (0 * g, 0 * g)
    if seen_as == FLOW:
        e_1, e_2 = step / (1 - beta_1), step / (1 - beta_2)
        times = np.linspace(0, end_time, 401)
        flow = integrate(
            loss, w0, e_1, e_2, end_time, times=times, z0=first[0], d0=first[1], floor=1e-9, tolerance=1e-8
        )
        return flow.w, flow.z, flow.d, flow.t
    betas = {"beta_1": beta_1, "beta_2": beta_2, "first_moment": first[0], "second_moment": first[1]}
    run = adam(loss.gradient, w0, step=step, steps=round(end_time / step), **betas)
    return run.w, run.first_moment, run.second_moment, step * run.iteration


def test_numbers_are_read_as_they_are_written():
    assert [number(one) for one in ("−0.05", "2·10⁻⁸", "10⁻⁵", "12", "+7.5")] == [-0.05, 2e-8, 1e-5, 12, 7.5]
    assert said("is # of # %", "R is 2·10⁻³ of 14 %") == [2e-3, 14]


# ---------------------------------------------------------------------- the map of memories
@pytest.fixture(scope="module")
def energy_map():
    return EnergyMap()


def test_memory_scale_resolves_one_minus_beta_and_is_inverted():
    assert memory_scale([0.0, 0.9, 0.99, 0.999]) == pytest.approx([0, 1, 2, 3])
    assert memory_from_scale(memory_scale([0.0, 0.6, 0.9999])) == pytest.approx([0.0, 0.6, 0.9999])


@pytest.mark.parametrize("seen_as", [FLOW, RECURSION])
@pytest.mark.parametrize("loss", ["quadratic, condition 10", "Rosenbrock's valley"])
def test_energy_map_says_what_is_proven_and_what_is_so(energy_map, seen_as, loss):
    for (beta_1, beta_2), step in product(MEMORIES, (0.001, 0.02, 0.2, 1.0)):
        energy_map.set(beta_1=beta_1, beta_2=beta_2, step=step, seen_as=seen_as, loss=loss)
        assert energy_map.error == ""
        words, e = energy_map.sentence, energy_map.result.energy
        margin = round(4 * (1 - beta_1) - (1 - beta_2), 12)
        assert ("proven never to rise" in words) == (margin >= 0)
        assert ("on the line" in words) == (margin == 0) and ("beyond the line" in words) == (margin < 0)
        rose = np.flatnonzero(np.diff(e) > 1e-6 * e[0])
        assert ("E never rose" in words) == (rose.size == 0)
        if seen_as == FLOW and margin >= 0:
            assert rose.size == 0, words  # the theorem, and no contradiction in the sentence
        if rose.size:
            when, rise = said("first at t = #, by up to #", words)
            assert when == pytest.approx(energy_map.result.t[rose[0]], rel=0.06, abs=1e-9)
            assert rise == pytest.approx(max(e[k] - e[: k + 1].min() for k in range(len(e))), rel=0.06)
        gap = 1 / (1 - beta_1) - 1 / (1 - beta_2)
        assert said("ε₁−ε₂ = # Δt", words)[0] == pytest.approx(gap, rel=6e-3, abs=1e-9)
        short = step / (1 - max(beta_1, beta_2)) <= 0.4 * (1 + 1e-9)
        assert ("no first-order law holds" in words) == (not short)
        if short:
            kind = "no penalty" if beta_1 == beta_2 else " a penalty" if gap > 0 else "an anti-penalty"
            assert kind in words


def test_energy_map_draws_the_run(energy_map):
    energy_map.reset()
    energy_map.set(**PRESETS["Beyond the line"], loss="Rosenbrock's valley")
    a, run = energy_map.artists, course(losses.rosenbrock(), 0.95, 0.3, 0.02, 4.0)
    # the panel's own loss is another object with the same values
    np.testing.assert_allclose(a.path.get_xydata(), run.w, atol=1e-12)
    np.testing.assert_allclose(a.lasso.get_ydata(), run.loss + run.penalty, atol=1e-9)
    np.testing.assert_allclose(a.energy.get_ydata(), run.energy, atol=1e-9)
    np.testing.assert_allclose(a.loss.get_ydata(), run.loss, atol=1e-9)
    assert a.here.get_xdata()[0] == pytest.approx(-np.log10(0.05))
    energy_map.reset()


def test_a_click_on_the_map_moves_both_sliders(energy_map, click):
    energy_map.reset()
    click(energy_map, energy_map.artists.pad, float(memory_scale(0.99)), float(memory_scale(0.9)))
    assert energy_map.controls.beta_1.value == 0.99
    assert energy_map.controls.beta_2.value == 0.9
    assert energy_map.artists.here.get_xdata()[0] == pytest.approx(2)


def test_a_click_outside_the_scale_gives_zero_memory(energy_map, click):
    click(energy_map, energy_map.artists.pad, -0.1, -0.1)
    assert energy_map.controls.beta_1.value == energy_map.controls.beta_2.value == 0


def test_the_recursion_refuses_too_many_steps_in_words(energy_map):
    energy_map.set(seen_as=RECURSION, step=0.02)
    before = energy_map.sentence
    energy_map.controls.step.value = 1e-5
    assert "Δt must be a number, 8·10⁻⁴ ≤ Δt ≤ 4; got 10⁻⁵" in energy_map.error
    assert energy_map.sentence == before
    energy_map.reset()
    assert energy_map.error == ""


# ---------------------------------------------------------------------- the ratio and the tendency
def test_ratio_says_what_its_curves_show():
    panel = Ratio()
    for loss, memories, (beta_1, beta_2), step in product(
        LOSSES, (FULL, ZERO), MEMORIES[:6], (0.001, 0.005, 0.1)
    ):
        panel.set(loss=loss, memories=memories, beta_1=beta_1, beta_2=beta_2, step=step)
        assert panel.error == ""
        words, c = panel.sentence, panel.result.chosen
        half = np.flatnonzero(c.loss < c.loss[0] / 2)
        found = said("R = # where J has halved", words)
        assert (found is None) == (half.size == 0)
        if found:
            assert found[0] == pytest.approx(c.ratio[half[0]], rel=6e-3)
        near = (c.ratio > 0.8) & (c.ratio < 1.25)
        assert ("R is never between 0.8 and 1.25" in words) == (not near.any())
        if near.any():
            begin, end, left = said("longest from t = # to #, where J is # %", words)
            inside = (c.t > begin * 1.006) & (c.t < end * 0.994)
            assert near[inside].all()
            around = 100 * c.loss[np.abs(c.t - end) < 0.01 + 0.006 * end] / c.loss[0]
            assert 0.94 * around.min() <= left <= 1.06 * around.max()
        mean = said("R is # on average", words)
        if mean:
            assert c.energy[-1] < 1e-3 * c.energy[0]
        else:
            assert "too early or too short" in words


def test_ratio_draws_what_it_computes():
    panel = Ratio()
    panel.set(beta_2=0.9)
    a, c = panel.artists, panel.result.chosen
    np.testing.assert_array_equal(a.kinetic.get_ydata(), c.energy - c.loss)
    np.testing.assert_array_equal(a.penalty.get_ydata(), c.penalty)
    np.testing.assert_array_equal(a.loss.get_ydata(), c.loss)
    np.testing.assert_array_equal(a.chosen.get_ydata(), c.ratio)
    t = c.t[40]
    for line, beta_2 in ((a.eight, 0.6), (a.default, 0.999)):
        w, z, d, _ = states(losses.half_square(), (2.0,), 0.9, beta_2, 0.005, FLOW, FULL, t)
        ratio = z[-1, 0] ** 2 / np.sqrt(d[-1, 0]) / abs(w[-1, 0])
        assert np.interp(t, *line.get_data()) == pytest.approx(ratio, rel=1e-4)  # tolerances of 1e-7 and 1e-8
    assert len(a.expansion.get_xdata()) > 0
    panel.set(memories=ZERO)
    assert len(a.expansion.get_xdata()) == 0  # the formula is one from full memories


@pytest.mark.parametrize("seen_as", [FLOW, RECURSION])
@pytest.mark.parametrize("memories", [FULL, ZERO])
@pytest.mark.parametrize("loss", list(LOSSES))
def test_tendency_says_what_the_states_show(loss, memories, seen_as):
    """The sentence against states of another integration: halfway errors, the band, what R has come to."""
    panel, (function, start) = Tendency(), LOSSES[loss]
    for (beta_1, beta_2), step in product(MEMORIES[1:5], (0.002, 0.1)):
        panel.set(loss=loss, memories=memories, seen_as=seen_as, beta_1=beta_1, beta_2=beta_2, step=step)
        assert panel.error == ""
        words = panel.sentence
        w, z, d, t = states(function, start, beta_1, beta_2, step, seen_as, memories, 3.0)
        g, j = function.gradient(w), function.value(w)
        z_error = np.abs(z + g).sum(axis=1) / np.abs(g).sum(axis=1)
        d_error = np.abs(d - g * g).sum(axis=1) / (g * g).sum(axis=1)
        half = np.flatnonzero(j < j[0] / 2)
        found = said("J has halved, t = #: |Z + ∇J|₁ is # % of |∇J|₁, |D − ∇J²|₁ is # %", words)
        assert (found is None) == (half.size == 0) == ("never falls to half" in words)
        if found:
            k = half[0]
            assert found == pytest.approx([t[k], 100 * z_error[k], 100 * d_error[k]], rel=0.06, abs=1e-3)
        near = (z_error < 0.25) & (d_error < 0.25)
        stretch = said("below 25 % longest from t = # to #", words)
        if stretch is None:
            assert "never below 25 % together" in words and not near.any()
        else:
            inside = (t > stretch[0] * 1.01 + 1e-9) & (t < stretch[1] * 0.99)
            assert near[inside].all()
        fallen = said("has fallen to #", words)
        if fallen:
            assert fallen[0] < 0.5, words  # the square of at most a half over about 1, or 1 over at least 2
            assert ("Z averages" in words) != ("D remembers" in words)
        if "neither" in words:
            assert said("R is # on average", words)[0] > 0.1


def test_tendency_draws_each_coordinate_and_lifts_the_pen_at_poles():
    panel = Tendency()
    panel.set(loss="quadratic, condition 10", beta_2=0.9)
    a, run = panel.artists, panel.result.run
    for i in range(2):
        g = run.gradient[:, i]
        np.testing.assert_array_equal(a.z[i].get_xydata(), np.stack([-g, run.z[:, i]], -1))
        np.testing.assert_array_equal(a.d[i].get_xydata(), np.stack([g**2, run.d[:, i]], -1))
        quotient = a.z_quotients[i].get_ydata()
        drawn = np.isfinite(quotient)
        np.testing.assert_allclose(quotient[drawn], -run.z[drawn, i] / g[drawn])
        assert np.abs(quotient[drawn]).max() <= 5.5 and (~drawn).any()
        squares = a.d_quotients[i].get_ydata()
        drawn = np.isfinite(squares)
        np.testing.assert_allclose(squares[drawn], run.d[drawn, i] / g[drawn] ** 2)
    panel.reset()
    assert all(len(lines[1].get_xdata()) == 0 for lines in (a.z, a.d, a.z_quotients, a.d_quotients))
    assert a.ends[0].get_xydata()[0].tolist() == [
        -panel.result.run.gradient[-1, 0],
        panel.result.run.z[-1, 0],
    ]


# ---------------------------------------------------------------------- where ADAM ends
def test_weight_space_says_where_each_method_ends():
    panel = WeightSpace()
    assert "LASSO ends at (1.94, 0.00, 0.00): ℓ₁ norm 1.944, least 2.000, residual 0.2" in panel.sentence
    for form, (_, start), (beta_1, beta_2), step in product(
        ("book", "paper", "keras"), WeightSpace.STARTS, ((0.9, 0.6), (0.0, 0.0), (0.99, 0.9999)), (0.001, 0.1)
    ):
        panel.set(form=form, start=start, beta_1=beta_1, beta_2=beta_2, step=step)
        assert panel.error == ""
        for name, norm in (("Gradient descent", 2), ("ADAM", np.inf)):
            x, y, z, *_ = said(f"{name} ends at (#, #, #)", panel.sentence)
            part = panel.sentence.split(f"{name} ends")[1].split(" ends at")[0]
            size, least = said("#, least #", part)
            end = np.array([x, y, z])
            assert size == pytest.approx(np.linalg.norm(end - start, ord=norm), abs=0.011)  # two decimals
            residual = 6 - np.dot([3, 2, 1], start)
            assert least == pytest.approx(abs(residual) / {2: 14**0.5, np.inf: 6}[norm], abs=6e-4)
            missed = said("residual #", part) or [0]
            assert missed[0] == pytest.approx(abs(np.dot([3, 2, 1], end) - 6), rel=0.5, abs=0.04)
        assert ("distance from the start" in panel.sentence) == any(start)


def test_weight_space_draws_three_ends_as_points_and_bars():
    panel = WeightSpace()
    panel.set(penalty=4.0)
    for k, one in enumerate(panel.result):
        assert [bar.get_height() for bar in panel.artists.bars[k]] == one.end.tolist()
        np.testing.assert_array_equal(panel.artists.balls[k].get_xydata(), one.ball)
    assert panel.artists.bars[2][0].get_height() == pytest.approx(2 - 4 / 9)


@pytest.mark.parametrize("start", [values for _, values in WeightSpace.STARTS])
def test_weight_space_has_room_for_the_ends_and_balls_from_each_start(start):
    panel = WeightSpace()
    panel.set(start=start)
    plane, bars = panel.artists.ends[0].axes, panel.artists.bars[0][0].axes
    for k, one in enumerate(panel.result):
        points = np.vstack([panel.artists.balls[k].get_xydata(), panel.artists.ends[k].get_xydata()])
        points = points[np.isfinite(points).all(axis=1)]
        for axis, limits in enumerate((plane.get_xlim(), plane.get_ylim())):
            assert limits[0] < points[:, axis].min() and points[:, axis].max() < limits[1]
        assert bars.get_ylim()[0] < one.end.min() and one.end.max() < bars.get_ylim()[1]


@pytest.fixture(scope="module")
def flatness():
    return Flatness()


def test_flatness_never_contradicts_itself(flatness):
    """On the whole grid: the kind is that of the number said, and never the contrary of the sign said."""
    for beta_1, beta_2 in product(flatness.controls.beta_1.positions, flatness.controls.beta_2.positions):
        flatness.set(beta_1=beta_1, beta_2=beta_2)
        words = flatness.sentence
        size, excess = said("|θ|² = #", words)[0], said("but for #", words) or said(", by #", words)
        assert size == pytest.approx(6.34 + excess[0], abs=1.1e-3)
        kind = "flatter" if excess[0] < 0 else "sharper"
        assert (f"{kind} than the sign flow" in words) == (abs(excess[0]) > 0.025)
        law = "flatter" if beta_1 > beta_2 else "sharper" if beta_1 < beta_2 else "as flat"
        assert f"says {law}" in words
        assert "the contrary" not in words and ("as is found" in words) == (f"{law} than" in words)


def test_flatness_draws_the_run_that_it_describes(flatness):
    flatness.set(beta_1=0.9, beta_2=0.999)
    end = flatness.artists.end.get_xydata()[0]
    assert np.sum(end**2) == pytest.approx(6.789, abs=5e-4)
    np.testing.assert_array_equal(flatness.artists.path.get_xydata(), flatness.result.path)
    assert flatness.artists.here.get_ydata()[0] == pytest.approx(3)
    flatness.set(beta_1=0.999, beta_2=0.3)
    assert "after 6000 steps the run has not settled" in flatness.sentence


# ---------------------------------------------------------------------- Keras' runs
def history(last):
    return SimpleNamespace(
        epoch=np.arange(3),
        loss=np.array([2.0, 1.0, last]),
        accuracy=np.array([0.1, 0.8, 0.9 + last]),
        gradient_l1=np.array([20.0, 4.0, 3.0]),
    )


def test_training_picture_says_what_it_draws():
    picture = training_picture({"one": [history(0.01), history(0.03)], "two": [history(0.05)]})
    assert "after 2 epochs and 2 seeds, held-out accuracy 91 to 93 %, mean loss 0.02" in picture.sentence
    assert "|∇J|₁ from 20 to 3." in picture.sentence
    drawn = picture.figure.axes[0].lines
    assert any(np.allclose(line.get_ydata(), [2.0, 1.0, 0.02]) for line in drawn)
    means = [line for line in drawn if line.get_linewidth() > 2]
    assert len({line.get_linestyle() for line in means}) == len(means) == 2  # told apart without colour
    with pytest.raises(ValueError, match="at least one history"):
        training_picture({"one": []})


def test_energy_picture_says_what_it_draws():
    def record(ratio, weighted):
        return SimpleNamespace(
            steps=np.array([20, 40]), ratio=np.array(ratio), weighted_ratio=np.array(weighted)
        )

    full, batches = (
        {"Algorithm 8": record([1.04, 0.31], [1, 1])},
        {"long": record([0.64, 0.58], [0.97, 1.21])},
    )
    picture = energy_picture(full, batches)
    assert "Algorithm 8, one batch, steps 20 to 40: R goes from 1 to 0.3." in picture.sentence
    assert (
        "long, batches, steps 20 to 40: R goes from 0.6 to 0.6, with the weighted ℓ² penalty from 1 to 1."
        in (picture.sentence)
    )
    left, right = (axes.lines for axes in picture.figure.axes)
    assert any(np.array_equal(line.get_ydata(), [1.04, 0.31]) for line in left)
    assert [line.get_linestyle() for line in right[1:]] == ["-", "--"]
    assert right[2].get_ydata().tolist() == [0.97, 1.21]
