"""The verdict of the instrument in words: what holds, what the theorem says, what was measured."""

from __future__ import annotations

import numpy as np

from helpers.mathematics import splitting, theorem
from helpers.mathematics.time_steps import Constant, InverseLogarithm, Power, Sequence

FLOOR = 1e-13  # below this the error is rounding


def sentence(r) -> str:
    """The sentence of an `Observation`: setting, hypotheses, what happens instead, outcome."""
    parts = [f"{_setting(r)}: {_hypotheses(r)}"]
    parts += [part for part in (_instead(r), _outcome(r)) if part]
    return " ".join(parts)


def short_words(r) -> tuple[str, str]:
    """The two short texts of the figure: what the theorem says (mathtext), what was measured (plain)."""
    return _says(r), "\n".join(filter(None, (_measured(r), _slopes(r))))


def number(x: float) -> str:
    """Three digits, or "rounding" where nothing else is left."""
    return f"{x:.3g}" if x > FLOOR else "0 to rounding"


def _setting(r) -> str:
    schedule = {
        Power: lambda s: f"Δt_k = {s.c:g}/(k+1)^{s.a:g}",
        Constant: lambda s: f"Δt_k = {s.c:g}",
        InverseLogarithm: lambda s: f"Δt_k = {s.c:g}/log(k+3)",
        Sequence: lambda s: f"{len(s.values)} typed steps",
    }[type(r.schedule)](r.schedule)
    return f"{schedule}, p = {r.p}, {r.sampling}, {r.scheme}"


def _says(r) -> str:
    if not r.lights[2]:
        return "nothing: no partition"
    if r.holds is None:
        return "nothing: undecided"
    if not r.holds:
        return "nothing: (5.31) fails"
    return r"$W_k\to W_*$" if r.lights[3] else r"$W_k\to W_{\min}+P_{\ker A}W_0$"


def _hypotheses(r) -> str:
    broken = [
        name
        for name, light in zip(("Δt_k → 0", "Σ Δt_k = ∞", "the partition"), r.lights, strict=False)
        if light is False
    ]
    if broken:
        verb = "fails" if len(broken) == 1 else "fail"
        return f"{' and '.join(broken)} {verb}, and the theorem says nothing."
    if r.holds is None:
        return "finitely many steps decide neither half of (5.31), and the theorem says nothing."
    extra = "" if r.lights[4] else " (Σ Δt_k² = ∞, which does no harm)"
    if r.lights[3]:
        return f"all hypotheses hold{extra}; the theorem says W_k → W_*, whatever the batches."
    return f"(5.31) and the partition hold{extra}, the x_i do not span."


def _instead(r) -> str:
    """What happens where a hypothesis fails, with its closed form."""
    if r.left.size:
        limit = 2 / r.problem.norm_A
        first = int(r.left.min())
        reason = ""
        if isinstance(r.schedule, Constant) and not splitting.uses_exact_flows(r.scheme):
            bound = limit * (2 if splitting.is_strang(r.scheme) else 1)
            side = "past" if r.schedule.c > bound else "below"
            reason = f" The step is {side} {'4' if bound > limit else '2'}/‖A‖ = {bound:.3g}."
        return (
            f"{r.left.size} of {r.distance.shape[1]} runs diverge; "
            f"they are drawn up to where they leave the picture, at epoch {first} first.{reason}"
        )
    if r.lights[1] is False:
        factor = kept_factor(r.problem.lambda_positive, r.schedule, r.scheme)
        formula = _stall_formula(r)
        words = f"The run stalls: of the slowest component one batch keeps {formula}{factor:.4f}"
        return words + (f", so that a_k → {r.stall:.4f}." if r.p == 1 else " of the start.")
    if r.lights[0] is False and r.lights[2]:
        return _neighborhood(r)
    if not r.lights[2]:
        power = f"Δt_k^{theorem.orders(r.scheme, r.sampling, r.p, r.problem.size).error:g}"
        return f"The g_r do not add up to 0; what is left has the size {power}."
    if not r.lights[3]:
        kept = r.to_minimum_norm[-1]
        return (
            "W_k → minimum-norm solution + the kernel part of the start: a_k is the distance to it; "
            f"the distance to the minimum-norm solution itself stays {kept:.3g}."
        )
    return ""


def kept_factor(lam: float, schedule: Power, scheme: str) -> float:
    """What one batch keeps of a component with eigenvalue ``lam`` when the sum of the steps is finite."""
    if splitting.uses_exact_flows(scheme) or not splitting.is_strang(scheme):
        return theorem.stall_factor(lam, schedule, splitting.uses_exact_flows(scheme))
    # two half steps: the factor of half of c, squared
    return theorem.stall_factor(lam, Power(schedule.c / 2, schedule.a), False) ** 2


def _stall_formula(r) -> str:
    if r.schedule.a != 2 or splitting.is_strang(r.scheme):
        return ""
    x = r.problem.lambda_positive * r.schedule.c
    if splitting.uses_exact_flows(r.scheme):
        return "e^(−π²/24) = " if abs(x - 0.25) < 1e-12 else "e^(−λcπ²/6) = "
    return "2/π = " if abs(x - 0.25) < 1e-12 else "sin(πx)/(πx), x = √(λc), = "


def _neighborhood(r) -> str:
    order = theorem.orders(r.scheme, r.sampling, r.p, r.problem.size)
    if order.error is None:
        return "One batch: nothing disturbs W_*, and a constant step does."
    step = r.schedule.c
    words = (
        f"W_k stays in a neighborhood of W_* of size O(Δt^{order.error:g})"
        if order.error != 1
        else ("W_k stays in a neighborhood of W_* of size O(Δt)")
    )
    bias = splitting.expected_drift_constant(r.problem, r.p, r.scheme, r.sampling)
    level = step * np.linalg.norm(np.linalg.pinv(r.problem.A, hermitian=True) @ bias)
    if order.bias == 1 and level > 0:
        return f"{words}: mean error {r.mean_error:.3g}, to first order {level:.3g}."
    return f"{words}: mean error {number(r.mean_error)}."


def _outcome(r) -> str:
    if r.left.size:
        return ""
    last, median = int(r.k[-1]), r.median[-1]
    words = f"Median of a_k at k = {last}: {number(median)}"
    if r.bound is not None and np.isfinite(r.bound[-1]) and r.bound[-1] < 1e4 and r.holds is not False:
        words += f", proven bound {number(r.bound[-1])}"
    if r.fitted_slope is None:
        return words + "."
    if r.predicted_slope:
        return f"{words}; slope fitted {_signed(r.fitted_slope)}, predicted {_signed(-r.predicted_slope)}."
    if r.predicted is not None and r.predicted[1][-1] > 0:
        return f"{words}; predicted {number(r.predicted[1][-1])}."
    return f"{words}; slope fitted {_signed(r.fitted_slope)}."


def _measured(r) -> str:
    """What is measured, in two or three words: does a_k fall?"""
    if r.left.size:
        return f"{r.left.size} of {r.distance.shape[1]} runs diverge"
    end = r.median[-1]
    if end <= FLOOR:
        return "a_k = 0 to rounding"
    if r.fitted_slope is not None and r.fitted_slope < -0.05:
        return f"a_k falls, to {end:.2g}"
    return f"a_k stays near {end:.2g}"


def _slopes(r) -> str:
    if r.left.size:
        return f"out of the picture from k = {int(r.left.min())}"
    if r.fitted_slope is None:
        return ""
    words = f"slope fitted {_signed(r.fitted_slope)}"
    return f"{words}, predicted {_signed(-r.predicted_slope)}" if r.predicted_slope else words


def _signed(slope: float) -> str:
    return f"{slope:.2f}".replace("-", "−")
