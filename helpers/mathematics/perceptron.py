"""One hidden layer, trained by gradient descent or ADAM over batches from symmetric and other starts."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat

import numpy as np

from helpers.mathematics import activations, checks
from helpers.mathematics.adam import FORMS
from helpers.mathematics.backpropagation import (
    adam_in_place,
    bind,
    block_order,
    descent_in_place,
    with_ones,
)
from helpers.mathematics.initialization import initialize
from helpers.mathematics.partitions import REPLACEMENT, RESHUFFLED, Partitions
from helpers.mathematics.symmetry import SYMMETRY_TOLERANCE, neuron_spread, twins

DESCENT, ADAM = OPTIMIZERS = ("gradient descent", "adam")


class Perceptron:
    """W_2 φ(W_1 x + b_1) + b_2, with so many hidden ``neurons``, for many θ at once.

    activation: "linear", "tanh", "relu" or "sigmoid".
    ``size`` is the number P of parameters; θ has shape (P,) or (runs, P), ordered W_1, b_1, W_2, b_2: one
    vector, so that an optimizer is a formula between vectors.
    Raises ValueError for a count below 1 and an unknown activation (with the known ones).
    """

    def __init__(self, neurons, inputs=1, outputs=1, activation="tanh"):
        width = checks.WIDTH.called("each width")
        self.neurons, self.inputs, self.outputs = (width.check(n) for n in (neurons, inputs, outputs))
        self.activation = activations.activation(activation)
        h, m, n = self.neurons, self.inputs, self.outputs
        self._shapes = (h, m), (n, h)
        *self._cuts, self.size = np.cumsum([h * m, h, n * h, n]).tolist()

    def layers(self, theta):
        """Views [(W_1, b_1), (W_2, b_2)] of θ: (..., h, m), (..., h), (..., n, h) and (..., n)."""
        w_1, b_1, w_2, b_2 = np.split(theta, self._cuts, axis=-1)
        first, last = (theta.shape[:-1] + shape for shape in self._shapes)
        return [(w_1.reshape(first), b_1), (w_2.reshape(last), b_2)]

    def flatten(self, layers):
        """θ from [(W_1, b_1), (W_2, b_2)], the inverse of ``layers``; raises ValueError for a wrong shape."""
        parts = []
        for layer, shape in zip(layers, self._shapes, strict=True):
            w, b = (np.asarray(part, dtype=float) for part in layer)
            if w.shape[-2:] != shape or b.shape[-1:] != shape[:1]:
                raise ValueError(
                    f"a layer of W {shape} and b {shape[:1]} is needed; got {w.shape}, {b.shape}"
                )
            parts += [w.reshape(*w.shape[:-2], -1), b]
        return np.concatenate(parts, axis=-1)

    def start(self, name, *, rng, runs=None):
        """θ at the start: the weights of both layers from the law ``name``, all biases 0.

        Options as for ``initialization.initialize``; raises ValueError as it does.
        """
        rng = np.random.default_rng(rng)
        drawn = [initialize(name, *shape, rng=rng, runs=runs) for shape in self._shapes]
        return self.flatten([(w, np.zeros(w.shape[:-1])) for w in drawn])

    def __call__(self, theta, x):
        """Outputs of shape (..., N, n) at the rows of x, shape (N, m); raises ValueError as ``loss``."""
        theta, x, _ = self.check(theta, x)
        with np.errstate(all="ignore"):  # what overflows is said in words
            outputs = self._bound(theta, x, np.zeros((len(x), self.outputs)))[0]()
        return _finite("the output", np.swapaxes(outputs, -1, -2))

    def loss(self, theta, x, y):
        """Mean squared error J(θ) = 1/N Σ_i |f(x_i) - y_i|², one number a run, squares summed over outputs.

        Raises ValueError for NaN or infinite input, mismatched shapes, no data, a loss that overflows.
        """
        theta, x, y = self.check(theta, x, y)
        with np.errstate(all="ignore"):
            residual = self._bound(theta, x, y)[0]()
            return _finite("the loss", np.sum(residual * residual, axis=(-2, -1)) / len(x))

    def gradient(self, theta, x, y):
        """∇J(θ) of shape θ, J = 1/N Σ_i |f(x_i) - y_i|² over the N rows given, by backpropagation.

        Raises ValueError for NaN or infinite input, mismatched shapes, no data, a gradient that overflows.
        """
        theta, x, y = self.check(theta, x, y)
        gradient = np.empty_like(theta)
        with np.errstate(all="ignore"):
            forward, backward, blocks = self._bound(theta, x, y)
            forward()
            backward()
            gradient[..., block_order(self)] = blocks * (2 / len(x))
        return _finite("the gradient", gradient)

    def _bound(self, theta, x, y):
        """`backpropagation.bind` to these parameters, with the gradient, in ``block_order``, it writes."""
        theta = np.ascontiguousarray(theta[..., block_order(self)])
        gradient = np.empty_like(theta)
        return *bind(self, theta, gradient, with_ones(x), y), gradient

    def check(self, theta, x, y=None):
        """θ, x, y as float arrays of matching shapes; raises ValueError in words where they are not."""
        theta, x = (np.asarray(a, dtype=float) for a in (theta, x))
        if theta.ndim < 1 or theta.shape[-1] != self.size:
            raise ValueError(f"theta must have {self.size} parameters along its last axis; got {theta.shape}")
        if x.ndim != 2 or x.shape[1] != self.inputs or len(x) < 1:
            raise ValueError(f"x must have shape (N, {self.inputs}) with N >= 1; got {x.shape}")
        if y is not None:
            y = np.asarray(y, dtype=float)
            needed = (len(x), self.outputs)
            if y.shape != needed:
                raise ValueError(f"y must have shape {needed}, one row a datum; got {y.shape}")
        for name, a in (("theta", theta), ("x", x), ("y", y)):
            if a is not None:
                checks.finite_array(name, a)
        return theta, x, y


def _finite(name, a):
    if not np.isfinite(a).all():
        raise ValueError(f"{name} overflows: take smaller parameters or data")
    return a


def sine_data(size=21):
    """x of shape (size, 1), equally spaced on [-1, 1], and y = sin πx: for 21 points Var(y) = 10/21.

    Raises ValueError for size < 1.
    """
    x = np.linspace(-1, 1, checks.DATA.check(size))[:, None]
    return x, np.sin(np.pi * x)


OUTPUT_ZERO = "output weights zero"
CONSTANT = 0.5
NOISY = {"constant_noise": CONSTANT, "random_normal": 0.0}  # the mean of all weights and biases


def start_of(network, name, sigma=0.0, seed=0):
    """θ at the start, (P,): normal noise σ around the mean of a NOISY start, on weights and biases alike.

    OUTPUT_ZERO is "glorot_uniform" with W_2 = 0; it and the laws of `initialization` leave the biases at 0,
    as Keras' `Dense` does. Raises ValueError for an unknown name or σ < 0.
    """
    rng, sigma = np.random.default_rng(seed), checks.SIGMA.check(sigma)
    if name in NOISY:
        return NOISY[name] + sigma * rng.standard_normal(network.size)
    theta = network.start("glorot_uniform" if name == OUTPUT_ZERO else name, rng=rng)
    if name == OUTPUT_ZERO:
        network.layers(theta)[1][0][...] = 0
    return theta


def zero_start_loss(y):
    """The least loss that a tanh or ReLU network started from 0 can reach: Var(y), summed over the outputs.

    Only the last bias moves, and nothing beats the mean of y. (N, n) to a number.
    """
    y = np.asarray(y, dtype=float)
    return float(np.sum((y - y.mean(axis=0)) ** 2) / len(y))


@dataclass(frozen=True, eq=False)
class Training:
    """A run (or many at once) of an optimizer: the parameters and the loss at the recorded epochs.

    epochs: (E,), 0 first. theta: (E, ..., P). loss: (E, ...), the mean squared error over all data.
    """

    network: Perceptron
    epochs: np.ndarray
    theta: np.ndarray
    loss: np.ndarray

    @property
    def incoming(self):
        """(E, ..., H, m + 1): each neuron's incoming weights and bias, a point of the plane if m = 1."""
        weights, bias = self.network.layers(self.theta)[0]
        return np.concatenate([weights, bias[..., None]], axis=-1)

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
    every=1,
):
    """Train from ``start``, θ of shape (P,) or (runs, P), on x (N, m), y (N, n); returns a ``Training``.

    optimizer: "gradient descent" (Euler over the batches, §5.3.1) or "adam" in the named ``form``.
    step: Δt > 0; a batch's loss is J^r = 1/N Σ over its data, so that the J^r sum to the mean squared error J
    (Keras averages over the batch: its learning rate is Δt/batches).
    batches, sampling, seed: as ``partitions.Partitions``; all runs see the same batches.
    every: keep one epoch in so many, and the last: the record holds about epochs/every states.
    Raises ValueError for an unknown optimizer or form, a step that is not positive, β outside [0, 1), counts
    below 1, batches outside 1..N, NaN or infinite input. The record ends before a number stops being finite.
    """
    checks.one_of("the optimizer", optimizer, OPTIMIZERS)
    checks.one_of("the form of ADAM", form, FORMS)
    step = checks.TIME_STEP.check(step)
    epochs, every = checks.EPOCHS.check(epochs), checks.EPOCHS.called("every").check(every)
    beta_1, beta_2 = checks.BETA_1.check(beta_1), checks.BETA_2.check(beta_2)
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
        memories = {"beta_1": beta_1, "beta_2": beta_2}
        move = adam_in_place(
            form, theta, pair, scale=scale, step=step, steps=epochs * len(visits), **memories
        )
    else:
        move = descent_in_place(theta, pair[0], step * scale)

    kept = np.union1d(np.arange(0, epochs + 1, every), [epochs])
    record, losses = np.empty((kept.size, *theta.shape)), np.empty((kept.size, *theta.shape[:-1]))
    record[0], losses[0] = theta, loss
    row = 1
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
                    break
                row += 1
    states = np.empty((row, *theta.shape))
    states[..., order] = record[:row]
    return Training(network, kept[:row], states, losses[:row])


def _orders(partitions, epochs):
    """The data in the order of the batches, epoch by epoch; None where it stays what it was."""
    if not partitions.drawn_each_epoch or (partitions.p == 1 and partitions.sampling != REPLACEMENT):
        yield partitions.indices(0, 1)[:, 0, 0].astype(np.intp) if partitions.p > 1 else None
        yield from repeat(None, epochs - 1)
        return
    for start in range(0, epochs, partitions.block_epochs):
        stop = min(epochs, start + partitions.block_epochs)
        yield from partitions.indices(start, stop)[:, :, 0].T.astype(np.intp)


NEURONS, DATA, EPOCHS = 8, 21, 300  # of the trap


@dataclass(frozen=True, eq=False)
class Moment:
    """A training and one of its records, ``index``: the state at an epoch, or the last before it diverged.

    values: of what the training depends on, by name, as given to ``trap``.
    distinct: how many neurons differ by more than SYMMETRY_TOLERANCE; spread: by how much at most.
    only_last_bias: nothing but the last bias is ever different from 0. curve: the function computed, on the
    grid (N, 1). cut_short: the run diverged before the epoch asked for.
    """

    values: dict
    training: Training
    index: int
    distinct: int
    spread: float
    only_last_bias: bool
    curve: np.ndarray
    cut_short: bool

    @property
    def epoch(self):
        """The epoch shown."""
        return int(self.training.epochs[self.index])

    @property
    def loss(self):
        """The mean squared error at the epoch shown."""
        return float(self.training.loss[self.index])


def trap(epoch, grid, *, start, sigma, optimizer, step, p, beta_1, beta_2, activation):
    """The `Moment` at an epoch of the training of 8 neurons on 21 points of sin πx, 300 epochs.

    Batches reshuffled; ADAM in the Keras form, memories zero at the start. The training is kept: other epochs
    cost nothing. Raises ValueError as ``train`` and ``start_of``, and for an epoch outside 0..300.
    """
    epoch, p = checks.EPOCH.within(high=EPOCHS).check(epoch), checks.BATCHES.within(high=DATA).check(p)
    sigma, memories = checks.SIGMA.check(sigma), (checks.BETA_1.check(beta_1), checks.BETA_2.check(beta_2))
    run = _trained(
        start, sigma if start in NOISY else 0.0, optimizer, step, p,
        *(memories if optimizer == ADAM else (0.0, 0.0)), activation,
    )  # fmt: skip
    values = {
        "start": start, "sigma": sigma, "optimizer": optimizer, "step": step, "p": p, "activation": activation
    }  # fmt: skip
    index = min(epoch, len(run.epochs) - 1)
    theta = run.theta[index]
    return Moment(
        values=values, training=run, index=index, cut_short=index < epoch,
        distinct=len(twins(run.network, theta, tolerance=SYMMETRY_TOLERANCE)),
        spread=float(run.spread[index]), only_last_bias=not run.theta[:, :-1].any(),
        curve=run.network(theta, grid)[:, 0],
    )  # fmt: skip


@lru_cache(maxsize=8)
def _trained(start, sigma, optimizer, step, p, beta_1, beta_2, activation, seed=3):
    x, y = sine_data(DATA)
    network = Perceptron(NEURONS, activation=activation)
    return train(
        network, start_of(network, start, sigma, seed), x, y, optimizer=optimizer, step=step, epochs=EPOCHS,
        batches=p, seed=seed, beta_1=beta_1, beta_2=beta_2, form="keras",
    )  # fmt: skip
