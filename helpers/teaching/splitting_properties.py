"""What characterizes one epoch of Strang's splitting, as properties that can be tested one by one.

A sweep is `strang(w, a, c, step) -> w`, for one unknown and batches J^r = ½ a[r] (w − c[r])².
"""

import numpy as np

from helpers.mathematics import splitting
from helpers.mathematics.numerals import numeral
from helpers.teaching.properties import Finding, Inputs, Property, agrees, equal

SINGLE = "with one batch the sweep is the exact flow over the whole step"
EQUAL = "with p equal batches the sweep is the exact flow of their sum"
FIRST_LAST = "the sweep begins and ends with the first batch"
SYMMETRIC = "the sweep is symmetric: a step back in time undoes a step forward"
SWEEP = "on any batches it is the sweep from the first to the last and back"
ROUNDING = 1e-9  # of numbers up to 10, over a few steps forward and back with exponents up to 4


def sweep(w, a, c, step):
    """The package's own sweep; of a negative step, too, which undoes the positive one."""
    for r, share in splitting.sweep(len(a), splitting.STRANG_EXACT):
        w = _flow(w, a[r], c[r], share * step)
    return w


def _flow(w, a, c, step):
    return c + (w - c) * np.exp(-a * step)


def _drawn(rng: np.random.Generator, size: int) -> Inputs:
    """Some p = size + 1 batches with different centers; every number has one digit after the point."""
    p = size + 1
    return {
        "w": float(rng.integers(-30, 31) / 10),
        "a": rng.integers(1, 15, p) / 10,
        "c": rng.permutation(np.arange(-10, 11))[:p] / 2,
        "step": float(rng.integers(1, 8) / 10),
    }


def _one(rng: np.random.Generator, size: int) -> Inputs:
    inputs = _drawn(rng, 1)
    return inputs | {"a": inputs["a"][:1], "c": inputs["c"][:1]}


def _alike(rng: np.random.Generator, size: int) -> Inputs:
    inputs = _drawn(rng, size)
    return inputs | {name: np.full(size + 1, inputs[name][0]) for name in "ac"}


def _are_alike(inputs: Inputs) -> bool:
    return all(len(set(inputs[name].tolist())) == 1 for name in "ac")


def _stiff(rng: np.random.Generator, size: int) -> Inputs:
    """The first batch so stiff that half a step with it ends at its center."""
    inputs = _drawn(rng, size)
    a = inputs["a"].copy()
    a[0] = np.ceil(100 / inputs["step"])
    return inputs | {"a": a}


def _is_stiff(inputs: Inputs) -> bool:
    return inputs["a"][0] * inputs["step"] >= 60  # e^-30: only a stiff first batch can tell


def _single(answer, inputs: Inputs) -> Finding:
    p, a, c = len(inputs["a"]), inputs["a"][0], inputs["c"][0]
    due = _flow(inputs["w"], p * a, c, inputs["step"])
    return equal(answer(**inputs), due, "It ended at {got}.", ROUNDING, ROUNDING)


def _first_last(answer, inputs: Inputs) -> Finding:
    end, other = answer(**inputs), answer(**inputs | {"w": inputs["w"] + 1})
    words = (
        "The first batch is so stiff that half a step with it ends at its center, {due}; the sweep "
        "ended at {got}."
    )
    found = equal(end, inputs["c"][0], words, ROUNDING, ROUNDING)
    if not found.holds:
        return found
    words = (
        "Half a step with so stiff a batch forgets the start; this sweep ended at {due}, and from w + 1 "
        "at {got}."
    )
    return equal(other, end, words, ROUNDING, ROUNDING)


def _symmetric(answer, inputs: Inputs) -> Finding:
    there = float(answer(**inputs))
    back = answer(**inputs | {"w": there, "step": -inputs["step"]})
    words = f"From w = {{due}} a step leads to {numeral(there)}, and then a step of −Δt to {{got}}."
    return equal(back, inputs["w"], words, ROUNDING, ROUNDING)


sweep_properties = (
    Property(SINGLE, _one, _single),
    Property(EQUAL, _alike, _single, domain=_are_alike),
    Property(FIRST_LAST, _stiff, _first_last, domain=_is_stiff),
    Property(SYMMETRIC, _drawn, _symmetric),
    agrees(SWEEP, sweep, _drawn, rtol=ROUNDING, atol=ROUNDING, sizes=(2, 2, 3, 3, 4, 5, 6, 7, 7, 7)),
)
