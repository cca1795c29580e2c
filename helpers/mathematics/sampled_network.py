"""One deep network drawn at random: sizes of its activations and gradients, layer by layer, measured.

What ``signal_propagation`` predicts for wide networks, found on one of finite width. The weights of unit
scale are kept between calls, so that a change of σ_w, activation or depth draws nothing again.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.mathematics import checks
from helpers.mathematics.activations import activation
from helpers.mathematics.initialization import SHAPES, keras_names, unit_weights
from helpers.mathematics.signal_propagation import FLUCTUATION, Propagation, log_fluctuation, predict

INPUTS = 4  # vectors sent through at once
WIDEST_KEPT = 512  # 64 layers of unit weights of this width are 64 MB; wider ones are drawn again when needed
# Multiplications above which OpenBLAS shares a product among threads: for thin ones that wins nothing,
# and where another program keeps a core busy, they wait for each other up to half a second.
ONE_THREAD = 2**18
SINGLE = 1e-4  # relative: what fifty layers in float32 may leave of rounding
_SINGLE_RANGE = 1e-24, 1e24  # of mean squares: float32 holds numbers from 1e-38 to 3e38


def _draw(shape, width, seed, index):
    """W_l of unit scale, each from a generator of its own."""
    rng = np.random.Generator(np.random.SFC64([seed, index]))  # a fifth faster than the default
    w = unit_weights(shape, (width, width), rng, np.float32)
    w.setflags(write=False)
    return w


_kept = lru_cache(maxsize=64)(_draw)


class _MatrixLayer:
    """A layer W = scale × (unit weights), applied forward and backward."""

    def __init__(self, scale, dtype, *drawn):
        self.scale, self.drawn = dtype(scale), drawn
        self.weights = _kept if drawn[1] <= WIDEST_KEPT else _draw

    def forward(self, x):
        return _product(self.weights(*self.drawn), x) * self.scale

    def backward(self, g):
        return _product(self.weights(*self.drawn).T, g) * self.scale


def _product(w, x):
    """w x for a float32 matrix w, in the type of x.

    Where this is float64, for its range, a power of two is taken out of x before and put back after, which
    costs far less than a float64 copy of w.
    """
    if x.dtype != w.dtype:
        exponent = np.frexp(np.abs(x).max())[1]
        return np.ldexp(_product(w, np.ldexp(x, -exponent).astype(w.dtype)).astype(x.dtype), exponent)
    out = np.empty((len(w), x.shape[1]), dtype=x.dtype)
    rows = max(1, ONE_THREAD // x.size)
    for low in range(0, len(w), rows):
        np.matmul(w[low : low + rows], x, out=out[low : low + rows])
    return out


class HaarLayer:
    """A uniformly distributed orthogonal n × n matrix times ``scale``, drawn only as far as it is looked at.

    Q maps an orthonormal basis U of the inputs to a uniform orthonormal frame V, and Q^t maps what is left of
    the gradients outside V to a uniform frame outside U: the law is that of a full Q, at a cost n B² for B
    vectors instead of n³.
    """

    def __init__(self, scale, rng):
        self.scale, self.rng = scale, rng

    def forward(self, x):
        """scale Q x for x of shape (n, B), 2 B <= n."""
        self.u, r = np.linalg.qr(x)
        self.v = np.linalg.qr(self.rng.standard_normal(x.shape))[0] * self._signs(x.shape[1])
        return self.scale * (self.v @ r)

    def backward(self, g):
        """scale Q^t g for g of shape (n, B), after ``forward``."""
        inside = self.v.T @ g
        _, r = np.linalg.qr(g - self.v @ inside)
        fresh = self.rng.standard_normal(g.shape)
        for _ in range(2):  # twice is enough for orthogonality to rounding
            fresh -= self.u @ (self.u.T @ fresh)
        frame = np.linalg.qr(fresh)[0] * self._signs(g.shape[1])
        return self.scale * (self.u @ inside + frame @ r)

    def _signs(self, count):
        return self.rng.choice([-1.0, 1.0], count)  # LAPACK fixes signs; a uniform frame has none preferred


@dataclass(frozen=True, eq=False)
class Sample(Propagation):
    """A ``Propagation`` measured on one network, with the values for histograms.

    preactivations, activations, gradients: (depth, width × inputs), of z_l, a_l and ∂L/∂z_l.
    """

    preactivations: np.ndarray
    activations: np.ndarray
    gradients: np.ndarray


def measure(name, sigma_w, depth, width, *, shape="normal", inputs=INPUTS, seed=0):
    """Draw a network of equal widths, the inputs' too, and measure it forward and backward: a ``Sample``.

    name: the activation. shape: "normal", "truncated", "uniform" or "orthogonal"; σ_w² = width Var W.
    inputs: so many random x with |x|² = width; the gradient at the last activations is drawn likewise.
    Computed in float32 (vectors in float64 where the prediction leaves its range, or orthogonal matrices are
    drawn lazily).
    Raises ValueError for depth, width or inputs below 1, an unknown activation or shape, σ < 0, seed < 0, and
    where a variance overflows.
    """
    depth, width, inputs = checks.DEPTH.check(depth), checks.WIDTH.check(width), checks.INPUTS.check(inputs)
    shape, seed = checks.one_of("the law of the weights", shape, SHAPES), checks.SEED.check(seed)
    phi, expected = activation(name), predict(name, sigma_w, depth)
    lazy = shape == "orthogonal" and 2 * inputs <= width
    sizes, (low, high) = np.concatenate([expected.preactivation, expected.gradient]), _SINGLE_RANGE
    dtype = np.float64 if lazy or sizes.min() < low or sizes.max() > high else np.float32
    scale = float(sigma_w) / (1.0 if shape == "orthogonal" else np.sqrt(width))
    rng = np.random.default_rng([seed, 2**31])  # apart from the layers' generators

    x = rng.standard_normal((width, inputs))
    x = (x * np.sqrt(width / np.sum(x * x, axis=0))).astype(dtype)
    z, a, g = (np.empty((depth, width, inputs), dtype=dtype) for _ in range(3))
    layers = []
    with np.errstate(under="ignore"):
        for index in range(depth):
            layer = HaarLayer(scale, rng) if lazy else _MatrixLayer(scale, dtype, shape, width, seed, index)
            layers.append(layer)
            z[index] = layer.forward(a[index - 1] if index else x)
            a[index] = phi.value(z[index])
        g[-1] = rng.standard_normal((width, inputs), dtype=dtype)
        g[-1] *= phi.slope(a[-1])
        for index in range(depth - 2, -1, -1):
            g[index] = layers[index + 1].backward(g[index + 1])
            g[index] *= phi.slope(a[index])
        means = [np.mean(np.square(part, dtype=float), axis=(1, 2)) for part in (z, a, g)]
    flat = [part.reshape(depth, width * inputs) for part in (z, a, g)]
    return Sample(
        preactivation=means[0], activation=means[1], gradient=means[2],
        preactivations=flat[0], activations=flat[1], gradients=flat[2],
    )  # fmt: skip


@dataclass(frozen=True)
class Departure:
    """How far a measured mean square is from the recursion: by at most ``factor``, at ``layer``.

    layer is None where no more than rounding is left.
    """

    factor: float
    layer: int | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """One network of a given width beside the recursions of wide ones.

    keras: the laws of Keras that draw such weights. shares: of the last layer's activations in ``cells``
    equal cells of [-reach, reach]; outside: the share beyond. forward, backward: the `Departure` of the mean
    squares of activations and gradients.
    fluctuation: standard deviation of ln(measured/predicted) of the last activations' mean square, to leading
    order, where a formula is known (linear and ReLU, independent weights), else None.
    """

    activation: str
    shape: str
    sigma_w: float
    width: int
    keras: tuple
    sample: Sample
    recursion: Propagation
    shares: np.ndarray
    outside: float
    forward: Departure
    backward: Departure
    fluctuation: float | None


def compare(name, sigma_w, depth, width, *, shape="normal", reach=2.5, cells=51, seed=0):
    """Measure a network and predict it: a ``Comparison``. Raises ValueError as ``measure`` does."""
    sample = measure(name, sigma_w, depth, width, shape=shape, seed=seed)
    recursion, last = predict(name, sigma_w, depth), sample.activations[-1]
    shares = np.histogram(last, bins=cells, range=(-reach, reach))[0] / last.size
    known = name in FLUCTUATION and shape != "orthogonal"
    return Comparison(
        activation=name, shape=shape, sigma_w=float(sigma_w), width=checks.WIDTH.check(width),
        keras=keras_names(shape, float(sigma_w)), sample=sample, recursion=recursion,
        shares=shares, outside=1 - float(shares.sum()),
        forward=departure(sample.activation, recursion.activation),
        backward=departure(sample.gradient, recursion.gradient),
        fluctuation=log_fluctuation(name, depth, width)[1] if known else None,
    )  # fmt: skip


def departure(measured, predicted):
    """The `Departure` of one mean square per layer, (depth,), from another; where both are 0 they agree."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        apart = np.where(measured == predicted, 0, np.abs(np.log(measured) - np.log(predicted)))
        layer = int(np.argmax(apart))
        return Departure(float(np.exp(apart[layer])), layer + 1 if apart[layer] > SINGLE else None)
