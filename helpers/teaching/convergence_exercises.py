"""The exercises of §5.3.2: a slow rate, a stall, the limit itself, a hypothesis that fails, and a switch."""

import numpy as np
from scipy.linalg import null_space

from helpers.mathematics import theorem
from helpers.mathematics.least_squares import LeastSquares
from helpers.mathematics.numerals import numeral
from helpers.mathematics.time_steps import Power
from helpers.teaching.answers import Condition, CounterexampleExercise, MeasuringExercise, NumericExercise
from helpers.teaching.exercises import Exercise
from helpers.teaching.properties import Finding, Inputs, Property, agrees, equal

# --- first steps: numbers ----------------------------------------------------------------------------------

slow_rate = NumericExercise(
    "5.3.2/slow-rate",
    "the rate when the steps are harmonic",
    "One batch (p = 1), the exact flow, Δtₖ = c/(k+1) with c = 0.5, and the smallest eigenvalue λ = 0.6: "
    "aₖ falls like a power k^(−s). What is s?",
    value=0.3,
    name="the exponent is that of c = 0.5 and λ = 0.6",
    misconceptions=(
        (1, "Not every rate is that of the steps: this one has to be waited for by e^(−λTₖ)."),
        (0.5, "This is c. How does the eigenvalue enter?"),
        (0.6, "This is λ. How does c enter?"),
        (1.2, "λ/c; the time given is c log k, not (log k)/c."),
    ),
    hints=(
        "Which time Tₖ is given to the flow by the first k epochs, up to a constant?",
        "Tₖ grows like c log k, and the error falls like e^(−λTₖ).",
        "e^(−λ c log k) is a power of k.",
    ),
)

_STEPS = Power(1.0, 2.0)
_KEPT = theorem.stall_factor(1 / 9, _STEPS, exact=False)

stall = NumericExercise(
    "5.3.2/stall",
    "where it stalls",
    "One batch, one eigenvalue λ, explicit Euler with Δtₖ = c/(k+1)², k = 0, 1, 2, …, and λc = 1/9. "
    "The sum of the steps is finite. Which fraction of the error is never removed, lim eₖ/e₀?",
    value=_KEPT,
    name="the fraction is that of explicit Euler with λc = 1/9",
    misconceptions=(
        (theorem.stall_factor(1 / 9, _STEPS, exact=True), "This is e^(−π²/54), what the *exact flow* keeps. "
         "Explicit Euler multiplies by 1 − λΔtₖ, not by its exponential."),
        (2 / np.pi, "This is the fraction for λc = 1/4."),
        (np.pi**2 / 54, "This is λ times the sum of the steps, the time given. What remains after it?"),
        (1 - np.pi**2 / 54, "1 − λ ΣΔtₖ would be one single Euler step over all the time."),
        (8 / 9, "This is what the first epoch leaves. There are more."),
        (70 / 81, "This is what two epochs leave. There are infinitely many."),
        (1 - _KEPT, "This is the fraction that is removed."),
        (0.0, "The product of factors in (0, 1) need not be 0: the sum of λΔtₖ is finite here."),
        (np.exp(-1 / 9), "The steps are c/(k+1)², and their sum is not c."),
    ),
    hints=(
        "Each epoch multiplies the error by 1 − λΔtₖ = 1 − 1/(9(k+1)²). Write n = k + 1.",
        "Π (1 − x²/n²) = sin(πx)/(πx), Euler's product. Which x is it here?",
        "x = 1/3, and sin(π/3) = √3/2. Or multiply a few thousand factors.",
    ),
)  # fmt: skip

# --- a function: the limit, for data that need not span ---------------------------------------------------

MINIMIZER = "data that span give the minimizer, from wherever it starts"
KERNEL = "what no datum sees of the start stays as it was"
MINIMAL = "from zero the limit is the solution of least norm"
WEIGHTED = "the weights αᵢ enter"
LIMIT = "on any data it is the limit of the theorem"


def theorem_limit(x, y, alpha, w_0):
    """The package's own limit, for one output."""
    problem = LeastSquares(x, y[:, None], alpha)
    return problem.limit(np.asarray(w_0)[:, None])[:, 0]


def _data(rng: np.random.Generator, size: int, rank: int, m: int) -> Inputs:
    """Data whose x_i are whole numbers of the given rank, so that no rounding decides what they span."""
    count = m + size
    while True:
        x = (rng.integers(-2, 3, (count, rank)) @ rng.integers(-2, 3, (rank, m))).astype(float)
        if np.abs(x).max() <= 9 and _is_plain(x, rank):
            break
    return {
        "x": x,
        "y": rng.integers(-9, 10, count).astype(float),
        "alpha": rng.integers(5, 21, count) / 10,
        "w_0": rng.integers(-9, 10, m).astype(float),
    }


def _is_plain(x: np.ndarray, rank: int) -> bool:
    """Whether x has that rank, and no small singular values else: a condition of 11 at most, once squared."""
    values = np.linalg.svd(x, compute_uv=False)
    return bool(values[rank - 1] > 0.3 * values[0] > 0 and np.all(values[rank:] < 1e-9 * values[0]))


def _deficient_or_not(inputs: Inputs) -> bool:
    x = inputs["x"]
    return any(_is_plain(x, rank) for rank in range(1, min(x.shape) + 1))


def _spans(inputs: Inputs) -> bool:
    x = inputs["x"]
    return x.shape[0] >= x.shape[1] and _is_plain(x, x.shape[1])


def _spanning(rng: np.random.Generator, size: int) -> Inputs:
    m = int(rng.integers(1, 4))
    return _data(rng, size, m, m)


def _deficient(rng: np.random.Generator, size: int) -> Inputs:
    m = int(rng.integers(2, 5))
    return _data(rng, size, int(rng.integers(1, m)), m)


def _unweighted(rng: np.random.Generator, size: int) -> Inputs:
    inputs = _deficient(rng, size)
    return inputs | {"alpha": np.ones_like(inputs["alpha"])}


def _is_unweighted(inputs: Inputs) -> bool:
    return bool((inputs["alpha"] == 1).all())


def _minimizer(answer, inputs: Inputs) -> Finding:
    due = np.broadcast_to(answer(**inputs | {"w_0": np.zeros_like(inputs["w_0"])}), inputs["w_0"].shape)
    words = "From zero one entry of the limit is {due}, and from this start {got}."
    w = answer(**inputs)
    found = equal(w, due, words, **NEAR)
    if not found.holds:
        return found
    x, y, alpha = inputs["x"], inputs["y"], inputs["alpha"]
    gradient = 2 * (alpha * (x @ w - y)) @ x
    return equal(gradient, np.zeros_like(gradient), "There one entry of ∇J is {got}.", rtol=0, atol=1e-5)


def _kernel(answer, inputs: Inputs) -> Finding:
    unseen = null_space(inputs["x"], rcond=1e-9).T
    words = "Along a direction that no xᵢ sees the start is {due}, and the limit {got}."
    return equal(unseen @ answer(**inputs), unseen @ inputs["w_0"], words, **NEAR)


def _of_least_norm(answer, inputs: Inputs) -> Finding:
    weights = np.sqrt(inputs["alpha"])
    due = np.linalg.lstsq(weights[:, None] * inputs["x"], weights * inputs["y"], rcond=1e-9)[0]
    seen = "From zero" + (", with all αᵢ = 1," if _is_unweighted(inputs) else "")
    w = answer(**inputs | {"w_0": np.zeros_like(inputs["w_0"])})
    return equal(w, due, f"{seen} one entry came out as {{got}}.", **NEAR)


# An answer may run the scheme for many epochs: it then ends near the limit, not on it.
NEAR = {"rtol": 1e-6, "atol": 1e-6}

limit = Exercise(
    "5.3.2/limit",
    "where the theorem leads, if the data need not span",
    """Write `limit(x, y, alpha, w_0)`: the limit of Wₖ for J = Σ αᵢ (⟨xᵢ, w⟩ − yᵢ)² with one output,
started at `w_0`, under the hypotheses of the theorem but one: the xᵢ need not span. `x` has shape (N, m), a
row a
datum,
`y` and `alpha` (all positive) have length N, `w_0` and what you return length m.

Compute it or run the scheme, as you like: entries are compared to within 10⁻⁶. The xᵢ are whole numbers.""",
    properties=(
        Property(MINIMIZER, _spanning, _minimizer, (0, 1, 3), _spans),
        Property(KERNEL, _deficient, _kernel, (0, 1, 3), _deficient_or_not),
        Property(
            MINIMAL,
            _unweighted,
            _of_least_norm,
            (1, 2, 3),
            lambda inputs: _deficient_or_not(inputs) and _is_unweighted(inputs),
        ),
        Property(WEIGHTED, _deficient, _of_least_norm, (2, 3, 4), _deficient_or_not),
        agrees(LIMIT, theorem_limit, _deficient, **NEAR, sizes=(0, 1, 2, 3, 4, 5), domain=_deficient_or_not),
    ),
    results=("w",),
    like="w_0",
    reference=theorem_limit,
    limit=6.0,
    looked="all 5 properties hold on some 20 random problems of up to 4 unknowns and 9 data",
    hints=(
        "Split the start: what the data see of it is forgotten; what no xᵢ sees never changes.",
        "The part that is forgotten ends at the minimizer of least norm. NumPy: `np.linalg.lstsq` or "
        "`np.linalg.pinv`.",
        "Weights αᵢ: multiply row i of x and entry i of y by √αᵢ. Solve for w − w₀, from zero, and add w₀.",
    ),
)

# --- a counterexample: one hypothesis fails, and the limit is wrong ----------------------------------------

VALUES = (0.0, 0.0, 3.0)  # y_r of the three data, x_r = 1, J^r = (w - y_r)^2, so that W* = 1
EPOCHS = 20_000
VISITS = ("visits_1", "visits_2", "visits_3")


def _visits(values: dict[str, float]) -> list[float]:
    return [values[name] for name in VISITS]


def run_data(visits, c: float, a: float, epochs: int = EPOCHS) -> float:
    """w after ``epochs`` from 0: explicit Euler on (w - y_r)^2, each datum visited as often as asked."""
    order = [y for y, count in zip(VALUES, visits, strict=True) for _ in range(int(count))]
    w = 0.0
    for tau in Power(c, a).steps(epochs).tolist():
        for y in order:
            w -= tau * 2 * (w - y)
    return w


def limit_of(values: dict[str, float]) -> float:
    """Where it ends: by the theorem for the data as visited if (5.31) holds, else as far as it is run."""
    if values["a"] <= 1:
        return float(np.dot(_visits(values), VALUES) / sum(_visits(values)))
    return run_data(_visits(values), values["c"], values["a"])


def _one_fails(**values: float) -> bool | str:
    no_partition, stops = _visits(values) != [1, 1, 1], values["a"] > 1
    if no_partition and stops:
        return "Here both fail, the partition and (5.31): one at a time shows more."
    right = "Here every datum is visited once and (5.31) holds: the theorem applies, and its limit is right."
    return no_partition or stops or right


def _is_wrong(**values: float) -> bool | str:
    limit = limit_of(values)
    # beyond 20000 epochs steps with a >= 1.5 and c <= 1 add up to 0.0142 at most: with the slope 6 of the
    # gradient they remove less than a tenth of the distance that is left
    if abs(limit - 1) > 1e-2:
        return True
    if limit != 1:
        return f"The limit is {numeral(limit, decimals=4)}: too close to W* = 1 to be told from it by a run."
    return (
        "The hypothesis fails, but the limit is 1 all the same. A hypothesis that fails permits a wrong "
        "limit; it does not enforce one."
    )


def _confirmed(**values: float) -> str:
    seen = run_data(_visits(values), values["c"], values["a"])
    which = "(5.31)" if values["a"] > 1 else "the partition"
    return (
        f"Only {which} fails; after {EPOCHS} epochs w = {numeral(seen, decimals=4)}, where W* = 1 "
        f"(the limit is {numeral(limit_of(values), decimals=4)})."
    )


wrong_limit = CounterexampleExercise(
    "5.3.2/wrong-limit",
    "one hypothesis fails, and the limit is wrong",
    """Three data, J = w² + w² + (w − 3)², one datum a batch, so that W* = 1. From w = 0, each epoch
makes three explicit Euler steps with Δtₖ = c/(k+1)^a: it visits datum r `visits_r` times, in order.
Break **exactly one** hypothesis of the theorem, the partition or (5.31), so that the limit is not W*.

Write `check(visits_1=…, visits_2=…, visits_3=…, c=…, a=…)` with 0 < c ≤ 1 and 0 < a ≤ 1 or 1.5 ≤ a ≤ 10.""",
    fields=(*VISITS, "c", "a"),
    conditions=(
        Condition(
            "an epoch makes three steps, a whole number of visits to each datum",
            lambda **v: (
                (all(n >= 0 and n == int(n) for n in _visits(v)) and sum(_visits(v)) == 3)
                or f"The visits are {', '.join(numeral(n) for n in _visits(v))}."
            ),
        ),
        Condition(
            "c and a lie in the ranges asked for",
            lambda c, a, **_: (
                (0 < c <= 1 and (0 < a <= 1 or 1.5 <= a <= 10))
                or f"c = {numeral(c)}, a = {numeral(a)}. "
                "Just above a = 1 no run is long enough to see a limit."
            ),
        ),
        Condition("exactly one hypothesis fails", _one_fails),
        Condition("the limit is wrong", _is_wrong),
    ),
    confirmed=_confirmed,
    hints=(
        "If some datum is seen twice an epoch and another never, which sum of squares is really minimized?",
        "The limit is then the average of the yᵣ, weighted by the visits. It must differ from 1.",
        "Or visit each once, and choose a so that the steps have a finite sum: w stops on its way.",
    ),
)

# --- explain by measuring: it converges, and not to the minimizer ----------------------------------------

other_limit = MeasuringExercise(
    "5.3.2/other-limit",
    "right, and not the minimizer of least norm",
    """Set the theorem's instrument so that the steps and the batches are as the theorem wants them, and yet
Wₖ, though it converges, does not tend to the minimizer of least norm. Which switch is it, and where does
Wₖ end?

Write `instrument = Instrument()`, set it by its switches or by `instrument.set(…)`, then
`check(instrument)`.""",
    panel="Instrument",
    conditions=(
        Condition(
            "the steps tend to 0",
            lambda tends_to_zero, **_: (
                tends_to_zero
                or "The steps do not tend to 0: Wₖ stays in a neighborhood and need not converge."
            ),
        ),
        Condition(
            "the sum of the steps diverges",
            lambda sum_diverges, **_: sum_diverges or "The sum of the steps is finite: Wₖ stops on its way.",
        ),
        Condition(
            "the batches partition the data",
            lambda partition, **_: (
                partition or "The batches are no partition: another sum of squares is minimized."
            ),
        ),
        Condition(
            "the limit is not the minimizer of least norm",
            lambda spans, **_: (
                not spans or "All hypotheses hold: the limit is the one minimizer that there is."
            ),
        ),
    ),
    confirmed=lambda **_: (
        "The xᵢ do not span: J is blind to a direction, and along it Wₖ keeps what it started with. It "
        "ends at the minimizer of least norm plus that part of W₀, one of infinitely many minimizers."
    ),
    hints=(
        "Four switches. Three of them concern the steps and the batches.",
        "What if some direction of W changes nothing in J?",
        "Turn off *the xᵢ span*, and leave the others on.",
    ),
)

exercises = (slow_rate, stall, limit, wrong_limit, other_limit)
