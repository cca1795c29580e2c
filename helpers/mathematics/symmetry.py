"""The symmetry of a layer's neurons: which are equal, what exchanges them, and why equal ones stay equal."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from helpers.mathematics import checks
from helpers.mathematics.numerals import order_of_magnitude

# Of neurons equal in exact arithmetic, over some hundred steps: roundings of sums of up to 100 terms, 1e-14,
# and their growth where symmetric states repel: fivefold in 800 steps of ADAM on the sine (in the end to 1).
SYMMETRY_TOLERANCE = 1e-12


def neuron_spread(network, theta, layer=1):
    """Largest difference between two neurons of a hidden layer in one weight or bias; 0 iff all are equal.

    Incoming weights, bias and outgoing weights are compared. theta (..., P) to shape (...).
    Raises ValueError for a layer that is not hidden.
    """
    points = neurons(network, theta, layer)
    return np.ptp(points, axis=-2).max(axis=-1)


def neurons(network, theta, layer=1):
    """(..., H, n_in + 1 + n_out): incoming weights, bias, outgoing weights of a hidden layer's neurons.

    Raises ValueError for a layer that is not hidden.
    """
    if checks.LAYER.check(layer) >= network.depth:
        raise ValueError(f"layer must be a hidden one, 1 to {network.depth - 1}; got {layer}")
    layers = network.layers(np.asarray(theta, dtype=float))
    (weights, bias), (after, _) = layers[layer - 1], layers[layer]
    return np.concatenate([weights, bias[..., None], np.swapaxes(after, -1, -2)], axis=-1)


def permute_neurons(network, theta, permutation, layer=1):
    """θ with the neurons of a hidden layer renumbered: the function computed is the same.

    Raises ValueError for a layer that is not hidden or what is not a permutation of its neurons.
    """
    width = neurons(network, theta, layer).shape[-2]
    permutation = np.asarray(permutation)
    if not np.array_equal(np.sort(permutation, axis=None), np.arange(width)):
        raise ValueError(f"permutation must hold each of 0..{width - 1} once")
    moved = np.array(theta, dtype=float, order="C")  # so that its layers are views
    layers = network.layers(moved)
    (weights, bias), (after, _) = layers[layer - 1], layers[layer]
    weights[...], bias[...] = weights[..., permutation, :], bias[..., permutation]
    after[...] = after[..., permutation]
    return moved


def mirror_neurons(network, theta, chosen, layer=1):
    """θ with (w, b, v) → (−w, −b, −v) for the chosen neurons of a hidden layer.

    The function computed is the same where φ is odd: tanh and linear. Raises ValueError for a layer that is
    not hidden.
    """
    mirrored = np.array(theta, dtype=float, order="C")
    neurons(network, mirrored, layer)
    (weights, bias), (after, _) = network.layers(mirrored)[layer - 1 : layer + 1]
    weights[..., chosen, :] *= -1
    bias[..., chosen] *= -1
    after[..., chosen] *= -1
    return mirrored


def twins(network, theta, layer=1, tolerance=0.0):
    """Groups of identical neurons of a hidden layer, a list of index arrays, largest first; theta (P,).

    Two neurons are twins when no weight or bias of theirs differs by more than ``tolerance``.
    Raises ValueError as ``neurons`` does, or for several runs.
    """
    points = neurons(network, theta, layer)
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
    tolerance: float

    @property
    def holds(self):
        """Whether the conclusion follows."""
        twins_exist = any(len(group) > 1 for group in self.groups)
        return twins_exist and max(self.equivariance, self.invariance) <= self.tolerance

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


def prove_symmetry(network, start, x, y, *, layer=1, trials=3, seed=0, tolerance=SYMMETRY_TOLERANCE):
    """Check, datum by datum, that neurons equal at ``start`` (P,) stay equal under any batches.

    A batch gradient is a sum over data, and gradient descent and ADAM treat all coordinates alike, from equal
    states: it is enough that each ∇J^i commutes with the exchange of two twins. This is checked at
    ``trials`` random θ. (Coordinate descent and noise in the gradient do tell coordinates apart.)
    The conclusion is one of exact arithmetic: symmetric states may repel, and where twins are rounded
    differently (several inputs or layers) ADAM can take 1e-17 to 1 in some hundred steps. Batches never do.
    Returns a ``SymmetryProof``. Raises ValueError as ``Network.gradient``, for trials < 1, for several runs.
    """
    theta, x, y = network.check(start, x, y)
    groups = twins(network, theta, layer)
    rng, width = np.random.default_rng(seed), network.widths[layer]
    free = rng.normal(size=(checks.TRIALS.check(trials), network.size))
    tied = free.copy()
    layers = network.layers(tied)
    (weights, bias), (after, _) = layers[layer - 1], layers[layer]
    for group in groups:
        weights[:, group], bias[:, group] = weights[:, group[:1]], bias[:, group[:1]]
        after[..., group] = after[..., group[:1]]
    exchanges = []
    for group in groups:
        for i, j in pairwise(group):  # neighbors: these generate all permutations
            exchanges.append(np.arange(width))
            exchanges[-1][[i, j]] = j, i
    equivariance = invariance = 0.0
    for i in range(len(x)):
        datum = x[i : i + 1], y[i : i + 1]
        gradient = network.gradient(free, *datum)
        size = np.abs(gradient).max() or 1.0
        for exchange in exchanges:
            moved = network.gradient(permute_neurons(network, free, exchange, layer), *datum)
            defect = moved - permute_neurons(network, gradient, exchange, layer)
            equivariance = max(equivariance, float(np.abs(defect).max() / size))
        gradient = network.gradient(tied, *datum)
        points, size = neurons(network, gradient, layer), np.abs(gradient).max() or 1.0
        for group in groups:
            invariance = max(invariance, float(np.ptp(points[:, group], axis=1).max() / size))
    return SymmetryProof(groups, equivariance, invariance, checks.TOLERANCE.check(tolerance))
