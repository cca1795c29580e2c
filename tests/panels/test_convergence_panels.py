"""The panels of §5.3.2: verdicts, switches that follow the choices, closed forms, batches that are kept."""

import numpy as np
import pytest

from helpers.mathematics import splitting, theorem
from helpers.mathematics.partitions import FIXED, REPLACEMENT, RESHUFFLED
from helpers.mathematics.time_steps import Power
from helpers.panels import convergence_theorem as module
from helpers.panels.convergence_adam import CENTERS, AdamLimit
from helpers.panels.convergence_samplings import TEN, RealData, Samplings, diabetes
from helpers.panels.convergence_theorem import CONSTANT, LOGARITHM, POWER, TYPED, Instrument
from helpers.panels.convergence_words import kept_factor
from helpers.panels.panel import Panel


@pytest.fixture(autouse=True)
def strict(monkeypatch):
    monkeypatch.setattr(Panel, "strict", True)


@pytest.fixture(scope="module")
def shared():
    return Instrument()


@pytest.fixture
def panel(shared):
    shared.reset()
    return shared


# preset -> whether the hypotheses hold, words of the theorem, words of what happens
SAID = {
    "All hold": (True, "all hypotheses hold", "slope fitted"),
    "Constant Δt": (False, "Δt_k → 0 fails", "neighborhood"),
    "Past 2/‖A‖": (False, "Δt_k → 0 fails", "20 of 20 runs diverge"),
    "Finite sum: 2/π": (False, "Σ Δt_k = ∞ fails", "2/π = 0.6366"),
    "No partition": (False, "the partition fails", "Δt_k^0.5"),
    "x_i do not span": (True, "the x_i do not span", "minimum-norm solution itself stays 0.5"),
    "c/log": (True, "Σ Δt_k² = ∞, which does no harm", "Median of a_k"),
}


@pytest.mark.parametrize("preset", SAID)
def test_each_preset_says_what_happens(panel, preset):
    assert set(SAID) == set(panel.presets)
    panel.set(**panel.presets[preset])
    holds, says, happens = SAID[preset]
    assert panel.result.holds is holds
    assert says in panel.sentence and happens in panel.sentence, panel.sentence
    assert ("theorem says nothing" in panel.sentence) is not holds


@pytest.mark.parametrize("preset", ["All hold", "x_i do not span", "c/log"])
def test_where_the_theorem_applies_the_error_falls_below_the_bound(panel, preset):
    panel.set(**panel.presets[preset])
    r = panel.result
    assert np.all(r.distance <= r.bound[:, None])
    assert r.median[-1] < 0.1 * r.median[0]


def test_the_prediction_with_its_constant_is_met(panel):
    """Fixed order: within 10 % at the end, where the next order in Δt_k ≈ 0.016 is some per cent."""
    panel.set(sampling=FIXED)
    k, predicted = panel.result.predicted
    at = np.searchsorted(panel.result.k, k[-1])
    assert k[-1] > 1500 and panel.result.median[at] == pytest.approx(predicted[-1], rel=0.1)


def test_the_stall_level_is_reached(panel):
    for scheme in splitting.SCHEMES:
        panel.set(**panel.presets["Finite sum: 2/π"] | {"scheme": scheme})
        # at k = 2000 the steps left add up to 1/2000
        assert panel.result.median[-1] == pytest.approx(panel.result.stall, rel=1e-3), scheme


def test_kept_factor_of_two_half_steps():
    product = np.prod((1 - 0.5 * 0.3 / np.arange(1.0, 1e6) ** 2) ** 2)
    assert kept_factor(0.3, Power(1.0, 2.0), splitting.STRANG_EULER) == pytest.approx(product, rel=1e-5)


def test_a_diverging_run_is_drawn_up_to_where_it_leaves(panel):
    panel.set(**panel.presets["Past 2/‖A‖"])
    first = int(panel.result.left.min())
    assert f"epoch {first}" in panel.sentence
    # the fast half of the start, 1/2, grows by |1 - 2.1| = 1.1 an epoch, to 1000
    assert first == pytest.approx(np.log(1000 / 0.5) / np.log(1.1), rel=0.05)
    y = panel.artists.median.get_ydata()
    assert np.isnan(y[-1]) and np.isfinite(y[0])


def test_a_run_may_come_back_into_the_picture(panel):
    """With c = 10 and p = 1 the first epochs amplify by far, and the theorem holds all the same."""
    panel.set(c=10.0, a=0.5, p=1.0)
    assert np.nanmax(panel.result.median) > 1e3
    assert panel.result.left.size == 0 and panel.result.median[-1] < 0.1


def test_the_switches_follow_the_choices_and_lead_them(panel):
    c = panel.controls
    c.tends_to_zero.value = False
    assert c.schedule.value == CONSTANT and panel.result.lights[0] is False
    c.tends_to_zero.value = True
    assert c.schedule.value == POWER and panel.result.lights[:2] == (True, True)
    c.sum_diverges.value = False
    assert c.a.value == 2.0 and panel.result.lights[1] is False
    c.a.value = 0.5
    assert c.sum_diverges.value is True
    c.partition.value = False
    assert c.sampling.value == REPLACEMENT and panel.result.bound is None
    c.sampling.value = FIXED
    assert c.partition.value is True and panel.result.bound is not None
    c.a.value = 0.0
    assert c.tends_to_zero.value is False
    c.tends_to_zero.value = True
    assert c.a.value == 0.6 and panel.result.lights[0] is True


def test_typed_steps_are_undecided(panel):
    panel.type_steps("0.5, 1/4; 0.25 0.1")
    assert panel.controls.schedule.value == TYPED
    assert panel.result.holds is None and panel.result.k[-1] == 4
    assert "decide neither half" in panel.sentence
    with pytest.raises(ValueError, match="not a number"):
        panel.type_steps("0.5, many")
    panel._typed = module.STAIRCASE


def test_batches_are_kept_while_the_steps_move(panel, monkeypatch):
    made = []
    monkeypatch.setattr(module, "Driver", lambda *a, **k: made.append(a) or driver(*a, **k))
    driver = panel._driver[1].__class__
    for a in (0.5, 0.7):
        panel.controls.a.value = a
    panel.controls.schedule.value = LOGARITHM
    assert made == []
    panel.controls.p.value = 4.0
    assert len(made) == 1


def test_samplings_are_told_apart():
    """With 6 to 14 runs the slopes of 2000 epochs scatter by some tenths."""
    result = Samplings().result
    assert result.predicted == [1.0, 1.0, 1.5, 0.5]
    assert np.abs(np.array(result.fitted) - result.predicted).max() < 0.25


def test_real_data_and_their_constants():
    ten = diabetes(TEN)
    assert (ten.size, ten.m) == (442, 10)
    correlation = np.corrcoef(ten.x.T)
    assert ten.A == pytest.approx(2 * correlation, abs=1e-12)
    panel = RealData()
    panel.set(p=1.0)
    assert panel.result.relative[:, 0] == pytest.approx(panel.result.one_batch, rel=1e-12)
    assert f"{panel.result.problem.lambda_min:.3g}" in panel.sentence
    with pytest.raises(ValueError, match="features must be"):
        diabetes("age")


@pytest.mark.parametrize(("betas", "limit"), [((0.0, 0.6), 0.83998), ((0.9, 0.6), 0.99133)])
def test_adam_ends_at_its_closed_form(betas, limit):
    panel = AdamLimit(*betas)
    assert panel.result.limit == pytest.approx(limit, abs=5e-6)
    # after 1000 cycles the slow approach to the limit is not over, see the run in the middle
    assert panel.result.last == pytest.approx(limit, abs=5e-3)
    assert f"{limit:.5f}" in panel.sentence


def test_adam_depends_on_the_order_and_the_map_is_clicked():
    panel = AdamLimit()
    limits = []
    for _, centers in CENTERS[1:]:
        panel.set(centers=centers)
        limits.append(panel.result.limit)
    assert abs(limits[0] - limits[1]) > 0.05
    panel.on_point(panel.artists.pad, 1.0, 3.0)
    assert (panel.result.beta_1, panel.result.beta_2) == (0.9, 0.999)
    beta, values = panel.bias_map(CENTERS[0][1])
    assert values[0, 0] == pytest.approx(abs(AdamLimit(beta[0], beta[0]).result.limit - 1), rel=1e-9)


def test_orders_used_in_the_figure_do_not_depend_on_p():
    for p in range(2, 17):
        assert [theorem.orders(s, RESHUFFLED, p, 16).error for s in splitting.SCHEMES[:2]] == [1.0, 1.5]


@pytest.mark.parametrize(
    ("c", "a", "p", "said"),
    [(1.5, 0.6, 8, None), (0.1, 0.1, 2, "not forgotten"), (10.0, 0.1, 8, "still so large")],
)
def test_the_samplings_say_when_the_fitted_slopes_are_not_the_final_ones(c, a, p, said):
    panel = Samplings(c, a, p)
    wrong = any(
        abs(fit - predicted) > 0.3
        for fit, predicted in zip(panel.result.fitted, panel.result.predicted, strict=True)
    )
    assert wrong == (said is not None)
    assert ("not the final slopes" in panel.sentence) == wrong
    assert said is None or said in panel.sentence
