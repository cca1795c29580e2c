"""The verdict of the instrument in words: what holds, what the theorem says, what was measured."""

from math import isfinite

from helpers.mathematics import convergence, splitting, theorem
from helpers.mathematics.numerals import numeral, order_of_magnitude, superscript
from helpers.mathematics.time_steps import Constant, InverseLogarithm, Power, Sequence


def sentence(r) -> str:
    """The sentence of an `Observation`: setting, hypotheses, what happens instead, outcome."""
    setting = f"{steps_in_words(r.schedule)}, p = {r.p}, {r.sampling}, {r.scheme}"
    return " ".join(filter(None, (f"{setting}: {_hypotheses(r)}", _instead(r), _outcome(r))))


def conclusion(r) -> str:
    """What the theorem says, in one line of the figure (mathtext)."""
    if not r.lights[2]:
        return "nothing: no partition"
    if r.holds is None:
        return "nothing: undecided"
    if not r.holds:
        return "nothing: (5.31) fails"
    return r"$W_k\to W_*$" if r.lights[3] else r"$W_k\to W_{\min}+P_{\ker A}W_0$"


def measured(r) -> str:
    """What was measured, in two short lines of the figure (plain text)."""
    return "\n".join(filter(None, (_measured(r), _slopes(r))))


def steps_in_words(schedule) -> str:
    """The time steps as a reader writes them: Δtₖ = 1.5/(k+1)^0.6."""
    if isinstance(schedule, Sequence):
        return f"{len(schedule.values)} typed steps"
    c = numeral(schedule.c)
    if isinstance(schedule, Power) and schedule.a > 0:
        return f"Δtₖ = {c}/(k+1)" + ("" if schedule.a == 1 else f"^{numeral(schedule.a)}")
    return f"Δtₖ = {c}/log(k+3)" if isinstance(schedule, InverseLogarithm) else f"Δtₖ = {c}"


def size(x: float) -> str:
    """Three digits, or what is left of rounding in words."""
    return numeral(x) if x > convergence.ROUNDING else f"below {numeral(convergence.ROUNDING, 1)}"


def equals(x: float) -> str:
    """``= 2·10⁻⁴``, or ``below 10⁻¹²`` where only rounding is left."""
    text = order_of_magnitude(x)
    return text if text.startswith("below") else f"= {text}"


def _hypotheses(r) -> str:
    names = ("Δtₖ → 0", "Σ Δtₖ = ∞", "the partition")
    broken = [name for name, light in zip(names, r.lights, strict=False) if light is False]
    if broken:
        verb = "fails" if len(broken) == 1 else "fail"
        return f"{' and '.join(broken)} {verb}, and the theorem says nothing."
    if r.holds is None:
        return "finitely many steps decide neither half of (5.31), and the theorem says nothing."
    extra = "" if r.lights[4] else f" (Σ Δtₖ{superscript(2)} = ∞, which does no harm)"
    if r.lights[3]:
        return f"all hypotheses hold{extra}; the theorem says Wₖ → W*, whatever the batches."
    return (
        f"(5.31) and the partition hold{extra}, the xᵢ do not span: Wₖ → minimum-norm solution + the kernel "
        "part of the start."
    )


def _instead(r) -> str:
    """What happens where a hypothesis fails, with its closed form."""
    if r.outside.size:
        return _out_of_sight(r)
    if r.lights[1] is False:
        return _stall(r)
    if r.lights[0] is False:
        return _neighborhood(r)
    if not r.lights[2]:
        return _no_partition(r)
    if r.to_minimum_norm is not None:
        kept = numeral(r.to_minimum_norm[-1])
        return f"aₖ is the distance to that limit; to the minimum-norm solution itself it is {kept}."
    return ""


def _out_of_sight(r) -> str:
    count, runs = r.outside.size, r.distance.shape[1]
    last, first = int(r.k[-1]), int(r.outside.min())
    if r.diverges:
        radius = f"an epoch is one map of spectral radius {numeral(r.growth)} > 1"
        if r.p == 1 and not splitting.uses_exact_flows(r.scheme):
            factor, times = (4, 2) if splitting.is_strang(r.scheme) else (2, 1)
            limit = numeral(times * 2 / r.problem.norm_A)
            radius = f"the step is past {factor}/‖A‖ = {limit}"
        return f"{count} of {runs} runs diverge ({radius}); they leave the picture at epoch {first} first."
    words = f"{count} of {runs} runs are outside the picture at k = {last}, from k = {first} on"
    if not r.comes_back:
        return f"{words}; a run cannot tell whether they return."
    if isfinite(r.small_from) and r.small_from > 0:
        words += f": Δtₖ ≤ 2/‖A‖ from k = {numeral(r.small_from)} on only"
    if r.lights[1] is False:
        return f"{words}; as the sum of the steps is finite, they stop at a finite distance."
    return f"{words}; that is no divergence: as Δtₖ → 0, they come back."


def _stall(r) -> str:
    formula = _stall_formula(r)
    words = (
        "The sum of the steps is finite, so that every run comes to rest: of the slowest component one batch "
        f"keeps {formula}{numeral(r.slowest_kept, 4)}"
    )
    words += f", so that aₖ → {numeral(r.stall, 4)}." if r.p == 1 and r.lights[2] else " of the start."
    if not r.stopped:
        words += f" It has not come to rest yet: the steps still to come add up to {numeral(r.remaining)}."
    return words


def _stall_formula(r) -> str:
    if r.schedule.a != 2 or splitting.is_strang(r.scheme):
        return ""
    quarter = abs(r.problem.lambda_positive * r.schedule.c - 0.25) < 1e-12
    if splitting.uses_exact_flows(r.scheme):
        return "e^(−π²/24) = " if quarter else "e^(−λcπ²/6) = "
    return "2/π = " if quarter else "|sin(πx)|/(πx), x = √(λc), = "


def _neighborhood(r) -> str:
    if r.stationary_rms is None:
        return "No stationary law is known for this step."
    if r.stationary_rms <= convergence.ROUNDING:
        return "One batch: nothing disturbs W*, and a constant step does."
    if r.start_counts:
        return (
            f"The start still counts at k = {int(r.k[-1]) // 2}, and no stationary law is seen yet; it has "
            f"the root mean square {numeral(r.stationary_rms)}."
        )
    order = numeral(theorem.orders(r.scheme, r.sampling, r.p, r.problem.size).error)
    return (
        f"Wₖ stays at a distance of size Δt{'' if order == '1' else f'^{order}'} from its limit: in root "
        f"mean square over the runs and the last half of the epochs {numeral(r.late_rms)}, predicted "
        f"{numeral(r.stationary_rms)}."
    )


def _no_partition(r) -> str:
    words = "The gᵣ of an epoch do not add up to 0: (5.31) still gives convergence in mean square"
    if isinstance(r.schedule, InverseLogarithm):
        return f"{words}, but excursions of a path return for ever."
    return f"{words}, like k^{numeral(r.predicted_slope)}." if r.predicted_slope else f"{words}."


def _outcome(r) -> str:
    if r.outside.size:
        return ""
    words = f"Root mean square of aₖ at k = {int(r.k[-1])}: {size(r.rms[-1])}"
    if r.bound is not None and isfinite(r.bound[-1]) and r.bound[-1] < 1e4 and r.holds is not False:
        words += f", proven bound {size(r.bound[-1])}"
    slope = _slope(r)
    return f"{words}; {slope}." if slope else f"{words}."


def _slope(r) -> str:
    if isinstance(r.schedule, Constant) or (r.lights[1] is False):
        return ""
    if r.fitted_slope is None:
        if r.outcome != convergence.AT_ROUNDING and r.predicted_slope:
            return f"no power of k yet, in the limit k^{numeral(r.predicted_slope)}"
        return ""
    fitted = f"slope fitted {numeral(r.fitted_slope, decimals=2)}"
    if not r.predicted_slope:
        return fitted
    if r.slope_agrees:
        return f"{fitted}, predicted {numeral(r.predicted_slope, decimals=2)}"
    reason = ", as the start still counts" if r.start_counts else ""
    return f"{fitted}, in the limit {numeral(r.predicted_slope, decimals=2)}: not reached yet{reason}"


def _measured(r) -> str:
    """What is measured, in two or three words: does a_k fall?"""
    if r.outcome == convergence.LEFT:
        verb = "diverge" if r.diverges else "are outside"
        return f"{r.outside.size} of {r.distance.shape[1]} runs {verb}"
    if r.outcome == convergence.AT_ROUNDING:
        return "aₖ = 0 to rounding"
    end = numeral(r.rms[-1], 2)
    if r.outcome == convergence.FALLS:
        return f"aₖ falls, to {end}" if r.remaining is None or r.stopped else f"aₖ still falls, to {end}"
    return f"aₖ stays near {end if r.late_rms is None else numeral(r.late_rms, 2)}"


def _slopes(r) -> str:
    if r.outcome == convergence.LEFT:
        return f"out of the picture from k = {int(r.outside.min())}"
    if r.fitted_slope is None or isinstance(r.schedule, Constant) or r.lights[1] is False:
        return ""
    words = f"slope fitted {numeral(r.fitted_slope, decimals=2)}"
    if not r.predicted_slope:
        return words
    name = "predicted" if r.slope_agrees else "in the limit"
    return f"{words}, {name} {numeral(r.predicted_slope, decimals=2)}"
