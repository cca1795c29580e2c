"""One hidden layer, trained by gradient descent or ADAM over batches, and the symmetry of its neurons."""

from dataclasses import dataclass
from itertools import pairwise, repeat

import numpy as np

from helpers.mathematics.adam import EPSILON, FORMS, check_beta
from helpers.mathematics.backpropagation import (
    adam_in_place,
    bind,
    block_order,
    descent_in_place,
    with_ones,
)
from helpers.mathematics.deep_network import Network
from helpers.mathematics.initialization import check_count, check_sigma
from helpers.mathematics.partitions import ALTERNATING, FIXED, REPLACEMENT, RESHUFFLED, Partitions

OPTIMIZERS = ("gradient descent", "adam")
# Of neurons equal in exact arithmetic, over some hundred steps: roundings of sums of up to 100 terms, 1e-14,
# and their growth where symmetric states repel: fivefold in 800 steps of ADAM on the sine (in the end to 1).
SYMMETRY_TOLERANCE = 1e-12


def perceptron(neurons, inputs=1, outputs=1, activation="tanh"):
    """The network W_2 φ(W_1 x + b_1) + b_2 with so many hidden neurons; raises ValueError as ``Network``."""
    return Network((inputs, neurons, outputs), activation)


def sine_data(size=21):
    """x of shape (size, 1), equally spaced on [-1, 1], and y = sin πx: for 21 points Var(y) = 10/21.

    Raises ValueError for size < 1.
    """
    x = np.linspace(-1, 1, check_count("size", size))[:, None]
    return x, np.sin(np.pi * x)


def zero_start_loss(y):
    """What a tanh or ReLU network keeps of the loss when started from 0: Var(y), summed over the outputs.

    Only the last bias moves, and it ends at the mean of y. (N, n) to a number.
    """
    y = np.asarray(y, dtype=float)
    return float(np.sum((y - y.mean(axis=0)) ** 2) / len(y))


@dataclass(frozen=True, eq=False)
class Training:
    """A run (or many at once) of an optimizer: the parameters and the loss at the recorded epochs.

    epochs: (E,), 0 first. theta: (E, ..., P). loss: (E, ...), the mean squared error over all data.
    diverged_at: the epoch in which a number stopped being finite (the record ends before it), or None.
    """

    network: Network
    epochs: np.ndarray
    theta: np.ndarray
    loss: np.ndarray
    diverged_at: int | None

    @property
    def incoming(self):
        """(E, ..., H, m + 1): each neuron's incoming weights and bias, a point of the plane if m = 1."""
        weights, bias = self.network.layers(self.theta)[0]
        return np.concatenate([weights, bias[..., None]], axis=-1)

    @property
    def outgoing(self):
        """(E, ..., H, n): each first-layer neuron's outgoing weights."""
        return np.swapaxes(self.network.layers(self.theta)[1][0], -1, -2)

    @property
    def spread(self):
        """(E, ...): ``neuron_spread`` of the first hidden layer."""
        return neuron_spread(self.network, self.theta)


def train(
    network,
    start,
    x,
    y,
    *,
    optimizer="gradient descent",
    step=0.1,
    epochs=300,
    batches=1,
    sampling=RESHUFFLED,
    seed=0,
    beta_1=0.9,
    beta_2=0.999,
    form="keras",
    epsilon=None,
    every=1,
):
    """Train from ``start``, θ of shape (P,) or (runs, P), on x (N, m), y (N, n); returns a ``Training``.

    optimizer: "gradient descent" (Euler over the batches, §5.3.1) or "adam" in the named ``form``.
    step: Δt > 0; a batch's loss is J^r = 1/N Σ over its data, so that the J^r sum to the mean squared error J
    (Keras averages over the batch: its learning rate is Δt/batches).
    batches, sampling, seed: as ``partitions.Partitions``; all runs see the same batches.
    every: keep one epoch in so many, and the last: the record holds about epochs/every states.
    Raises ValueError for an unknown optimizer or form, a step that is not positive, β outside [0, 1), counts
    below 1, batches outside 1..N, NaN or infinite input. A run that diverges ends the record, with its epoch.
    """
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"unknown optimizer {optimizer!r}; the known ones are {', '.join(OPTIMIZERS)}")
    if form not in FORMS:
        raise ValueError(f"unknown form of ADAM {form!r}; the known ones are {', '.join(FORMS)}")
    if check_sigma("step", step) == 0:
        raise ValueError("step must be positive; got 0")
    epochs, every = check_count("epochs", epochs), check_count("every", every)
    beta_1, beta_2 = check_beta("beta_1", beta_1), check_beta("beta_2", beta_2)
    epsilon = EPSILON[form] if epsilon is None else check_sigma("epsilon", epsilon)
    theta, x, y = network.check(start, x, y)
    total, loss = len(x), network.loss(theta, x, y)
    partitions = Partitions(total, batches, sampling, 1, seed)

    order = block_order(network)
    theta = np.ascontiguousarray(theta[..., order])  # one array for the whole run, moved in place
    pair = np.zeros((2, *theta.shape))  # the gradient, and its square for ADAM
    x, x_epoch, y_epoch = with_ones(x), with_ones(x), y.copy()  # in the order of the batches, which are views
    residuals, _ = bind(network, theta, pair[0], x, y)
    bounds = zip(partitions.bounds[:-1].tolist(), partitions.bounds[1:].tolist(), strict=True)
    visits = [bind(network, theta, pair[0], x_epoch[low:high], y_epoch[low:high]) for low, high in bounds]
    scale = 2 / total  # from the gradient of ½ Σ |f(x_i) - y_i|² to that of J^r
    if optimizer == "adam":
        options = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon, "steps": epochs * len(visits)}
        move = adam_in_place(form, theta, pair, scale=scale, step=step, **options)
    else:
        move = descent_in_place(theta, pair[0], step * scale)

    kept = np.union1d(np.arange(0, epochs + 1, every), [epochs])
    record, losses = np.empty((kept.size, *theta.shape)), np.empty((kept.size, *theta.shape[:-1]))
    record[0], losses[0] = theta, loss
    row, diverged_at = 1, None
    with np.errstate(all="ignore"):  # a run that overflows is found below and said in words
        for epoch, drawn in enumerate(_orders(partitions, epochs)):
            if drawn is not None:
                x_epoch[...], y_epoch[...] = x[drawn], y[drawn]
            for forward, backward in visits[::-1] if partitions.backward(epoch) else visits:
                forward()
                backward()
                move()
            if epoch + 1 == kept[row]:
                squares = np.square(residuals())
                record[row], losses[row] = theta, np.add.reduce(squares, axis=(-2, -1)) / total
                if not np.isfinite(losses[row]).all():
                    diverged_at = epoch + 1
                    break
                row += 1
    states = np.empty((row, *theta.shape))
    states[..., order] = record[:row]
    return Training(network, kept[:row], states, losses[:row], diverged_at)


def _orders(partitions, epochs):
    """The data in the order of the batches, epoch by epoch; None where it is the order in which they come."""
    whole = partitions.p == 1 and partitions.sampling != REPLACEMENT
    if whole or partitions.sampling in (FIXED, ALTERNATING):
        yield from repeat(None, epochs)
        return
    if not partitions.drawn_each_epoch:
        yield from repeat(partitions.indices(0, 1)[:, 0, 0].astype(np.intp), epochs)
        return
    for start in range(0, epochs, partitions.block_epochs):
        stop = min(epochs, start + partitions.block_epochs)
        yield from partitions.indices(start, stop)[:, :, 0].T.astype(np.intp)


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
    if check_count("layer", layer) >= network.depth:
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


def twins(network, theta, layer=1, tolerance=0.0):
    """Groups of identical neurons of a hidden layer, a list of index arrays, largest first; theta (P,).

    Two neurons are twins when no weight or bias of theirs differs by more than ``tolerance``.
    Raises ValueError as ``neurons`` does, or for several runs.
    """
    points = neurons(network, theta, layer)
    if points.ndim != 2:
        raise ValueError("twins looks at one run: theta must have shape (P,)")
    tolerance, left, groups = check_sigma("tolerance", tolerance), np.arange(len(points)), []
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
            return f"The gradient tells twins apart by {defect:.1e} of its size."
        return (
            f"{count} neurons, {distinct} distinct. Exchanging twins exchanges their gradients, for every "
            f"single datum (to {self.equivariance:.0e}), so twins have equal gradients (to "
            f"{self.invariance:.0e}); a batch sums over data, whichever it holds, and the optimizer treats "
            "equal numbers equally: they stay twins."
        )


def prove_symmetry(network, start, x, y, *, layer=1, trials=3, seed=0, tolerance=SYMMETRY_TOLERANCE):
    """Check, datum by datum, that neurons equal at ``start`` (P,) stay equal under any batches.

    A batch gradient is a sum over data, and gradient descent and ADAM act coordinate by coordinate with one
    formula: it is enough that each ∇J^i commutes with the exchange of two twins. This is checked at
    ``trials`` random θ. The conclusion is one of exact arithmetic: symmetric states may repel, and where
    twins are rounded differently (several inputs or layers) ADAM can take 1e-17 to 1 in some hundred
    steps. Batches never do.
    Returns a ``SymmetryProof``. Raises ValueError as ``Network.gradient``, for trials < 1, for several runs.
    """
    theta, x, y = network.check(start, x, y)
    groups = twins(network, theta, layer)
    rng, width = np.random.default_rng(seed), network.widths[layer]
    free = rng.normal(size=(check_count("trials", trials), network.size))
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
    return SymmetryProof(groups, equivariance, invariance, check_sigma("tolerance", tolerance))
