"""The smaller panels of §5.3.2: samplings, real data, what the partition buys, stochastic ADAM."""

import re

import numpy as np
import pytest

from helpers.mathematics import adam_ending, excursions, sampling_exponents
from helpers.mathematics.epochs import Driver
from helpers.mathematics.partitions import REPLACEMENT, RESHUFFLED
from helpers.panels.convergence_adam import CENTERS, MAP, AdamLimit
from helpers.panels.convergence_samplings import TEN, RealData, Samplings, real_problem
from helpers.panels.partition_buys import ROOT, PartitionBuys


# ---------------------------------------------------------------------- the exponents of the samplings
def test_samplings_are_told_apart():
    """With 6 to 14 runs the slopes of 2000 epochs scatter by some tenths."""
    result = Samplings().result
    assert result.predicted == [1.0, 1.0, 1.5, 0.5]
    assert np.abs(np.array(result.fitted) - result.predicted).max() < 0.25
    for p in range(2, 17):
        assert sampling_exponents.predicted_exponents(p) == result.predicted


def test_the_samplings_say_when_the_fitted_slopes_are_not_the_final_ones():
    panel, seen = Samplings(), {True: 0, False: 0}
    for p in (2, 8):
        for a in (0.1, 0.3, 0.6, 0.9):
            for c in (0.1, 1.5, 10.0):
                panel.set(c=c, a=a, p=float(p))
                r = panel.result
                begin = r.steps <= r.steps[0] ** (1 / 3) * r.steps[-1] ** (2 / 3)
                slopes = [np.polyfit(np.log(r.steps[begin]), np.log(one[begin]), 1)[0] for one in r.rms]
                assert slopes == pytest.approx(r.fitted, abs=0.05)
                for slope in r.fitted:
                    assert f"{slope:.2f} (predicted".replace("-", "−") in panel.sentence
                doubt = bool(re.search("not the final slopes|too little there", panel.sentence))
                off = np.abs(np.array(slopes) - r.predicted).max()
                assert doubt or off < 0.31, panel.sentence
                seen[doubt] += 1
    assert min(seen.values()) >= 4


def test_bars_stay_below_their_labels():
    panel = Samplings()
    for a in (0.1, 0.9):
        panel.set(a=a)
        assert max(bar.get_height() for bar in panel.artists.bars) <= 1.85 < 2.0
        assert panel.artists.slopes.get_ylim()[1] == 2.25


# ---------------------------------------------------------------------- real data
def test_real_data_and_their_constants():
    ten = real_problem(TEN)
    assert (ten.size, ten.m) == (442, 10)
    correlation = np.corrcoef(ten.x.T)
    assert ten.A == pytest.approx(2 * correlation, abs=1e-12)
    panel = RealData()
    panel.set(p=1.0)
    assert panel.result.relative[:, 0] == pytest.approx(panel.result.one_batch, rel=1e-9)
    assert f"λ = {panel.result.problem.lambda_min:.3g}" in panel.sentence
    with pytest.raises(ValueError, match="features must be"):
        real_problem("age")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"p": 13.0}, "the start is gone, the batches decide"),
        ({"p": 442.0, "a": 1.5}, "decides"),
        ({"p": 1.0, "features": TEN, "c": 0.1, "a": 0.5}, "the slowest component decides"),
        ({"p": 1.0, "a": 0.0, "c": 0.55}, "the component with the eigenvalue 3.65 decides"),
        ({"p": 1.0, "a": 0.0, "c": 0.5}, "only rounding is left"),
        ({"p": 1.0, "a": 0.0, "c": 1.0}, "leave the picture at epoch 3"),
    ],
)
def test_the_sentence_says_what_the_error_consists_of(values, words):
    panel = RealData()
    panel.set(**values)
    assert words in panel.sentence, panel.sentence
    r = panel.result
    # by an independent run of one batch, in the eigenvectors of A
    run = Driver(r.problem, 1).run(r.schedule.steps(200), record=[200], bound=1e140)
    parts = np.abs(r.problem.eigensystem[1].T @ run.error[0, 0])[:, 0]
    size = np.linalg.norm(parts) / np.linalg.norm(r.problem.minimizer)
    end = np.median(r.relative[-1])
    expected = (
        "leave" if end > 10 else "rounding" if end < 1e-13 else "batches" if size < 0.3 * end
        else "slowest" if np.argmax(parts) == 0 else "eigenvalue"
    )  # fmt: skip
    assert expected in panel.sentence


# ---------------------------------------------------------------------- what the partition buys
def test_excursions_are_drawn_and_said(found):
    panel = PartitionBuys()
    for values in ({}, {"c": 0.01}, {"c": 1.0, "p": 16.0}, {"p": 1.0}, {"schedule": ROOT, "epochs": 1024}):
        panel.set(**values)
        r, x, said = panel.result, panel.artists, panel.sentence
        driver = [Driver(excursions.one_unknown(), r.p, kind, 12) for kind in (REPLACEMENT, RESHUFFLED)]
        steps = r.schedule.steps(int(r.K[-1]))
        half = r.K[-1] // 2 + 1
        tops = [
            one.run(steps, r.scheme, excursions.one_unknown().minimizer).distance[half:] for one in driver
        ]
        sizes = [top.max(axis=0).mean() for top in tops]
        assert found("with replacement the largest .W − W\\*. of a path is #", said) == pytest.approx(
            sizes[:1], rel=6e-3
        )
        assert x.largest[1].get_ydata()[-1] == pytest.approx(max(sizes[1], 1e-9), rel=1e-6)
        assert ("return for ever" in said) == (r.schedule.c > 0 and values.get("schedule") != ROOT)
        if r.theory is not None:
            assert x.levels[1].get_ydata()[0] == -np.sqrt(r.schedule.c) == -x.theory.get_ydata()[0]
            assert found("The first is # of", said)[0] == pytest.approx(
                sizes[0] / r.schedule.c**0.5, abs=0.006
            )
        assert np.abs(x.paths[0].get_ydata()).max() < x.plot.get_ylim()[1], "the path leaves the picture"
        assert ("below 10⁻¹²" in said) == (r.p == 1)
    panel.set(c=2.0)
    assert "0 < c ≤ 1" in panel.error


# ---------------------------------------------------------------------- stochastic ADAM
@pytest.mark.parametrize(("betas", "limit"), [((0.0, 0.6), 0.83998), ((0.9, 0.6), 0.99133)])
def test_adam_ends_at_its_closed_form(betas, limit):
    panel = AdamLimit(*betas)
    assert panel.result.limits[0] == pytest.approx(limit, abs=5e-6)
    # after 1000 cycles the slow approach to the limit is not over, see the run in the middle
    assert panel.result.last[:2] == pytest.approx(panel.result.limits[:2], abs=5e-3)
    assert f"{limit:.5f}" in panel.sentence


def test_adam_depends_on_the_order_and_the_map_is_clicked(click):
    panel = AdamLimit()
    limits = []
    for _, centers in CENTERS[1:]:
        panel.set(centers=centers)
        limits.append(panel.result.limits)
    assert abs(limits[0][0] - limits[1][0]) > 0.05  # cyclic: (0, 1, 5) against (1, 0, 5)
    assert limits[0][1:] == pytest.approx(
        limits[1][1:], abs=1e-6
    )  # in random order they are the same batches
    click(panel, panel.artists.pad, 1.0, 3.0)
    assert (panel.result.beta_1, panel.result.beta_2) == (0.9, 0.999)
    values = adam_ending.bias_map(MAP, CENTERS[0][1])
    assert values[0, 0] == pytest.approx(abs(AdamLimit(MAP[0], MAP[0]).result.limits[0] - 1), rel=1e-9)


def test_the_sentence_about_adam_is_true_wherever_the_controls_stand():
    panel = AdamLimit()
    seen = dict.fromkeys(("memory", "way", "breaks", "fro", "resolved"), 0)
    for beta_1, beta_2, c, a in [
        (0.0, 0.6, 0.3, 0.7), (0.9, 0.999, 0.3, 0.7), (0.9999, 0.6, 0.3, 0.7), (0.9999, 0.9999, 1.0, 0.5),
        (0.0, 0.6, 0.01, 0.9), (0.5, 0.0, 0.3, 1.0), (0.0, 0.0, 0.3, 0.7), (0.0, 0.6, 0.3, 1.5), (0.9, 0.6,
        0.1, 0.0),
    ]:  # fmt: skip
        for _, centers in CENTERS[:2]:
            panel.set(beta_1=beta_1, beta_2=beta_2, c=c, a=a, centers=centers)
            said, r = panel.sentence, panel.result
            obeys = 0 < a <= 1
            assert ("obeys (5.31)" in said) == obeys == ("Limits for such steps" in said)
            assert ("no limit is claimed" in said) is not obeys
            assert (len(panel.artists.limits[0].get_xdata()) == 2) == obeys
            short = obeys and 3000 < 5 / (1 - max(beta_1, beta_2))
            assert ("still remembers Z = D = 0" in said) == short
            far = obeys and not short and abs(r.last[0] - r.limits[0]) > 0.02
            assert ("still on its way" in said) == far
            fits = [np.log(one[4] / one[-1]) / np.log(10) for one in r.biases]
            for k, fit in enumerate(fits):
                assert np.isnan(r.exponents[k]) or fit == pytest.approx((2, 2, 1)[k], abs=0.1), said
            assert said.count("not resolved") == sum(one[-1] <= 1e-11 for one in r.biases)
            assert not re.search(r"\de[-+]|nan|undefined|\d-", said)
            for name, seen_now in zip(seen, (short, far, a > 1, a == 0, "not resolved" in said), strict=True):
                seen[name] += bool(seen_now)
    assert min(seen.values()) >= 1, seen
