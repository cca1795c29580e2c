"""The symmetry of a layer's neurons: which are equal, what exchanges them, and why equal ones stay equal."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from helpers.mathematics import checks
from helpers.mathematics.numerals import order_of_magnitude

# Of neurons equal in exact arithmetic, over some hundred steps: roundings of sums of up to 100 terms, 1e-14,
# and their growth where symmetric states repel: fivefold in 800 steps of ADAM on the sine (in the end to 1).
SYMMETRY_TOLERANCE = 1e-12


def neuron_spread(network, theta):
    """Largest difference between two hidden neurons in one weight or bias; 0 iff all are equal.

    Incoming weights, bias and outgoing weights are compared. theta (..., P) to shape (...).
    """
    return np.ptp(neurons(network, theta), axis=-2).max(axis=-1)


def neurons(network, theta):
    """(..., h, m + 1 + n): incoming weights, bias, outgoing weights of the hidden neurons."""
    (weights, bias), (after, _) = network.layers(np.asarray(theta, dtype=float))
    return np.concatenate([weights, bias[..., None], np.swapaxes(after, -1, -2)], axis=-1)


def permute_neurons(network, theta, permutation):
    """θ with the hidden neurons renumbered: the function computed is the same.

    Raises ValueError for what is not a permutation of the neurons.
    """
    permutation = np.asarray(permutation)
    if not np.array_equal(np.sort(permutation, axis=None), np.arange(network.neurons)):
        raise ValueError(f"permutation must hold each of 0..{network.neurons - 1} once")
    moved = np.array(theta, dtype=float, order="C")  # so that its layers are views
    (weights, bias), (after, _) = network.layers(moved)
    weights[...], bias[...] = weights[..., permutation, :], bias[..., permutation]
    after[...] = after[..., permutation]
    return moved


def mirror_neurons(network, theta, chosen):
    """θ with (w, b, v) → (−w, −b, −v) for the chosen hidden neurons.

    The function computed is the same where φ is odd: tanh and linear.
    """
    mirrored = np.array(theta, dtype=float, order="C")
    (weights, bias), (after, _) = network.layers(mirrored)
    weights[..., chosen, :] *= -1
    bias[..., chosen] *= -1
    after[..., chosen] *= -1
    return mirrored


def twins(network, theta, tolerance=0.0):
    """Groups of identical hidden neurons, a list of index arrays, largest first; theta (P,).

    Two neurons are twins when no weight or bias of theirs differs by more than ``tolerance``.
    Raises ValueError for several runs.
    """
    points = neurons(network, theta)
    if points.ndim != 2:
        raise ValueError("twins looks at one run: theta must have shape (P,)")
    tolerance, left, groups = checks.TOLERANCE.check(tolerance), np.arange(len(points)), []
    while left.size:
        same = np.abs(points[left] - points[left[0]]).max(axis=1) <= tolerance
        groups.append(left[same])
        left = left[~same]
    return sorted(groups, key=len, reverse=True)


@dataclass(frozen=True, eq=False)
class SymmetryProof:
    """What makes twins stay twins under any batches: the measured premises and the conclusion.

    groups: the twins of the start.
    equivariance: largest |∇J^i(πθ) - π∇J^i(θ)| over the data i, the exchanges π of two twins and random θ.
    invariance: largest spread of ∇J^i over twins, at random θ in which they are equal.
    Both are relative to the largest entry of the gradient.
    """

    groups: list
    equivariance: float
    invariance: float

    @property
    def holds(self):
        """Whether the conclusion follows."""
        twins_exist = any(len(group) > 1 for group in self.groups)
        return twins_exist and max(self.equivariance, self.invariance) <= SYMMETRY_TOLERANCE

    @property
    def words(self):
        """The argument in sentences."""
        count, distinct = sum(map(len, self.groups)), len(self.groups)
        if distinct == count:
            return f"All {count} neurons differ from the start: there is no symmetry to keep."
        if not self.holds:
            defect = max(self.equivariance, self.invariance)
            return f"The gradient tells twins apart by {order_of_magnitude(defect)} of its size."
        return (
            f"{count} neurons, {distinct} distinct.\n"
            "Exchanging twins exchanges their gradients, for each single datum:\n"
            f"  defect {order_of_magnitude(self.equivariance)}.\n"
            "So twins have equal gradients:\n"
            f"  defect {order_of_magnitude(self.invariance)}.\n"
            "A batch sums over data, whichever it holds; an optimizer that treats all coordinates\n"
            "alike, from equal states, moves twins alike: they stay twins."
        )


def prove_symmetry(network, start, x, y):
    """Check, datum by datum, that neurons equal at ``start`` (P,) stay equal under any batches.

    A batch gradient is a sum over data, and gradient descent and ADAM treat all coordinates alike, from equal
    states: it is enough that each ∇J^i commutes with the exchange of two twins. This is checked at three
    random θ. (Coordinate descent and noise in the gradient do tell coordinates apart.)
    The conclusion is one of exact arithmetic: symmetric states may repel, and where twins are rounded
    differently (several inputs) ADAM can take 1e-17 to 1 in some hundred steps. Batches never do.
    Returns a ``SymmetryProof``. Raises ValueError as ``Perceptron.gradient``, or for several runs.
    """
    theta, x, y = network.check(start, x, y)
    groups = twins(network, theta)
    free = np.random.default_rng(0).normal(size=(3, network.size))
    tied = free.copy()
    (weights, bias), (after, _) = network.layers(tied)
    for group in groups:
        weights[:, group], bias[:, group] = weights[:, group[:1]], bias[:, group[:1]]
        after[..., group] = after[..., group[:1]]
    exchanges = []
    for group in groups:
        for i, j in pairwise(group):  # neighbors: these generate all permutations
            exchanges.append(np.arange(network.neurons))
            exchanges[-1][[i, j]] = j, i
    equivariance = invariance = 0.0
    for i in range(len(x)):
        datum = x[i : i + 1], y[i : i + 1]
        gradient = network.gradient(free, *datum)
        size = np.abs(gradient).max() or 1.0
        for exchange in exchanges:
            moved = network.gradient(permute_neurons(network, free, exchange), *datum)
            defect = moved - permute_neurons(network, gradient, exchange)
            equivariance = max(equivariance, float(np.abs(defect).max() / size))
        gradient = network.gradient(tied, *datum)
        points, size = neurons(network, gradient), np.abs(gradient).max() or 1.0
        for group in groups:
            invariance = max(invariance, float(np.ptp(points[:, group], axis=1).max() / size))
    return SymmetryProof(groups, equivariance, invariance)
