"""The panels of §5.3.2: verdicts, switches that follow the choices, closed forms, batches that are kept."""

import re

import numpy as np
import pytest

from helpers.mathematics import convergence, epochs, splitting
from helpers.mathematics.convergence import kept_factor
from helpers.mathematics.partitions import FIXED, REPLACEMENT, RESHUFFLED, SAMPLINGS
from helpers.mathematics.time_steps import Power
from helpers.panels import convergence_theorem as module
from helpers.panels.convergence_theorem import CONSTANT, LOGARITHM, POWER, TYPED, Instrument


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
    "Constant Δt": (False, "Δtₖ → 0 fails", "stays at a distance of size Δt from"),
    "Past 2/‖A‖": (False, "Δtₖ → 0 fails", "20 of 20 runs diverge (the step is past 2/‖A‖ = 2)"),
    "Finite sum: 2/π": (False, "Σ Δtₖ = ∞ fails", "2/π = 0.6366"),
    "No partition": (False, "the partition fails", "mean square, like k^−0.3"),
    "xᵢ do not span": (True, "the xᵢ do not span", "minimum-norm solution itself it is 0.5"),
    "c/log": (True, "Σ Δtₖ² = ∞, which does no harm", "Root mean square of aₖ"),
    "Unequal αᵢ": (True, "all hypotheses hold", "slope fitted"),
}


@pytest.mark.parametrize("preset", SAID)
def test_each_preset_says_what_happens(panel, preset):
    assert set(SAID) == set(panel.presets)
    panel.set(**panel.presets[preset])
    holds, says, happens = SAID[preset]
    assert panel.result.holds is holds
    assert says in panel.sentence and happens in panel.sentence, panel.sentence
    assert ("theorem says nothing" in panel.sentence) is not holds


STEPS = [
    {"schedule": POWER, "c": c, "a": a}
    for a in (0, 0.3, 0.6, 0.9, 1, 1.05, 1.2, 2)
    for c in (0.01, 0.3, 1.5, 10)
]
STEPS += [{"schedule": kind, "c": c} for kind in (CONSTANT, LOGARITHM) for c in (0.01, 0.1, 1, 2.1, 10)]


MORE = [
    {"schedule": CONSTANT, "c": 10, "p": 1.0, "sampling": FIXED, "scheme": splitting.LIE_EULER},
    {"schedule": POWER, "c": 10, "a": 0.3, "p": 1.0, "sampling": FIXED, "scheme": splitting.LIE_EULER},
    {"schedule": POWER, "c": 10, "a": 1.2, "p": 1.0, "sampling": FIXED, "scheme": splitting.LIE_EULER},
    {"schedule": POWER, "c": 1.5, "a": 2, "p": 1.0, "sampling": RESHUFFLED},
    {"schedule": CONSTANT, "c": 1.0, "sampling": RESHUFFLED},
    {"schedule": POWER, "c": 10, "a": 1, "p": 8.0, "sampling": RESHUFFLED, "epochs": 2000},
]


def settings():
    """Each of STEPS with the other controls drawn at random, and MORE; presets are tested above."""
    rng = np.random.default_rng(8)
    for fixed in STEPS + MORE:
        values = {"p": float(rng.choice([1, 2, 8, 16])), "epochs": int(rng.choice([200, 200, 2000]))}
        values |= {"sampling": str(rng.choice(SAMPLINGS)), "scheme": str(rng.choice(splitting.SCHEMES))}
        values |= {"data": str(rng.choice(convergence.DATA)), "spans": bool(rng.integers(2))}
        yield values | fixed


def test_the_sentence_is_true_wherever_the_controls_stand(panel, found):
    """Every verdict against what the runs did, by rules of its own."""
    counted = dict.fromkeys(
        ("diverge", "agrees", "not reached", "rest", "stationary", "outside", "no partition"), 0
    )
    for values in settings():
        panel.set(**values)
        r, said = panel.result, panel.sentence + " " + panel.artists.measured.get_text()
        runs, k, end = r.distance, r.k, r.distance[-1]
        context = f"{values}: {said}"
        obeys = values["schedule"] == LOGARITHM or (values["schedule"] == POWER and 0 < values["a"] <= 1)
        partition = values["sampling"] != REPLACEMENT
        # hypotheses, and no contradiction to them
        assert ("the theorem says nothing" in said) is not (obeys and partition), context
        assert ("all hypotheses hold" in said) == (obeys and partition and values["spans"]), context
        assert not (obeys and re.search("runs diverge|stalls|rest", said)), context
        assert not re.search(r"\de[-+]|nan|undefined|−0(?![.\d])|−0\.0+(?!\d)|\d-", said), context
        # out of sight: counted, and diverging only where it grows for ever
        outside = int((end > 1e3).sum())
        assert (f"{outside} of 20 runs" in said) == (outside > 0), context
        counted["outside"] += outside > 0
        if "runs diverge" in said:
            counted["diverge"] += 1
            assert values["schedule"] == CONSTANT or values["a"] == 0, context
            assert np.all(end > 1e3) and np.all(runs[k > 0.9 * k[-1]][0] <= end), context
        if outside:
            continue
        rms = np.sqrt((runs**2).mean(axis=1))
        shown = found("Root mean square of aₖ at k = \\d+: #", said)
        if rms[-1] > 1e-12:
            assert shown == pytest.approx([rms[-1]], rel=6e-3), context
        # slopes
        late = k >= k[-1] ** 0.65
        fit = np.polyfit(np.log(k[late]), np.log(np.maximum(rms[late], 1e-300)), 1)[0]
        if pair := found("slope fitted #, predicted #\\.", panel.sentence):
            counted["agrees"] += 1
            assert abs(pair[0] - pair[1]) <= 0.26 and pair[0] == pytest.approx(fit, abs=0.006), context
        if pair := found("slope fitted #, in the limit #: not reached", said):
            counted["not reached"] += 1
            assert abs(pair[0] - pair[1]) > 0.24, context
        # falling, staying, at rest
        before, after = rms[late][0], rms[-1]
        if values["schedule"] == CONSTANT or values.get("a") == 0:
            quarters = (k > k[-1] / 2) & (k <= 0.75 * k[-1]), k > 0.75 * k[-1]
            before, after = (np.sqrt((rms[part] ** 2).mean()) for part in quarters)
        assert ("falls, to" in said) == (after < 0.9 * before and rms[-1] > 1e-13), context
        if "comes to rest" in said and "not come to rest" not in said and values["p"] == 1 and partition:
            counted["rest"] += 1
            assert found("aₖ → #", said) == pytest.approx([rms[-1]], rel=0.07, abs=1e-3), context
        if pair := found("last half of the epochs #, predicted #\\.", said):
            counted["stationary"] += 1
            measured = np.sqrt((runs[k > k[-1] / 2] ** 2).mean())
            assert pair[0] == pytest.approx(measured, rel=6e-3), context
            assert pair[0] == pytest.approx(pair[1], rel=0.45), (
                context
            )  # 20 runs; "shuffled once": 20 partitions
        if r.bound is not None:
            assert np.all(runs <= r.bound[:, None] * (1 + 1e-9) + 1e-12), context
        counted["no partition"] += "do not add up" in said
    assert min(counted.values()) >= 1, counted


@pytest.mark.parametrize("preset", ["All hold", "xᵢ do not span", "c/log", "Unequal αᵢ"])
def test_where_the_theorem_applies_the_error_falls_below_the_bound(panel, preset):
    panel.set(**panel.presets[preset])
    r = panel.result
    assert np.all(r.distance <= r.bound[:, None])
    assert r.rms[-1] < 0.1 * r.rms[0]


def test_the_prediction_with_its_constant_is_met(panel):
    """Fixed order: within 10 % at the end, where the next order in Δt_k ≈ 0.016 is some per cent."""
    panel.set(sampling=FIXED)
    k, predicted = panel.result.predicted
    at = np.searchsorted(panel.result.k, k[-1])
    assert k[-1] > 1500 and panel.result.rms[at] == pytest.approx(predicted[-1], rel=0.1)


def test_the_stall_level_is_reached(panel):
    for scheme in splitting.SCHEMES:
        panel.set(**panel.presets["Finite sum: 2/π"] | {"scheme": scheme})
        # at k = 2000 the steps left add up to 1/2000
        assert panel.result.rms[-1] == pytest.approx(panel.result.stall, rel=1e-3), scheme


def test_kept_factor_of_two_half_steps():
    product = np.prod((1 - 0.5 * 0.3 / np.arange(1.0, 1e6) ** 2) ** 2)
    assert kept_factor(0.3, Power(1.0, 2.0), splitting.STRANG_EULER) == pytest.approx(product, rel=1e-5)


def test_a_diverging_run_is_drawn_up_to_where_it_leaves(panel):
    panel.set(**panel.presets["Past 2/‖A‖"])
    first = int(panel.result.outside.min())
    assert f"epoch {first}" in panel.sentence
    # the fast half of the start, 1/2, grows by |1 - 2.1| = 1.1 an epoch, to 1000
    assert first == pytest.approx(np.log(1000 / 0.5) / np.log(1.1), rel=0.05)
    y = panel.artists.rms.get_ydata()
    assert np.isnan(y[-1]) and np.isfinite(y[0])


def test_a_run_may_come_back_into_the_picture(panel):
    """With c = 10 and p = 1 the first epochs amplify by far, and the theorem holds all the same."""
    panel.set(c=10.0, a=0.5, p=1.0)
    assert np.nanmax(panel.result.rms) > 1e3
    assert panel.result.outside.size == 0 and panel.result.rms[-1] < 0.1


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
    epochs.driver.cache_clear()
    panel.controls.a.value = 0.49
    made, kind = [], epochs.Driver
    monkeypatch.setattr(epochs, "Driver", lambda *a, **k: made.append(a) or kind(*a, **k))
    for a in (0.51, 0.71):
        panel.controls.a.value = a
    panel.controls.schedule.value = LOGARITHM
    assert made == []
    panel.controls.p.value = 3.0
    assert len(made) == 1
