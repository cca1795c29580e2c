"""One deep network drawn at random: sizes of its activations and gradients, layer by layer, measured.

What ``signal_propagation`` predicts for wide networks, found on one of finite width. The weights of unit
scale are kept between calls, so that a change of σ_w, activation or depth draws nothing again.
"""

from dataclasses import dataclass

import numpy as np

from helpers.mathematics.activations import activation
from helpers.mathematics.initialization import SHAPES, check_count, check_sigma, unit_weights
from helpers.mathematics.signal_propagation import Propagation, predict

KEPT_BYTES = 2**26  # of unit weights kept: 64 layers of width 512; deeper layers are drawn again when needed
# Multiplications above which OpenBLAS shares a product among threads: for thin ones that wins nothing,
# and where another program keeps a core busy, they wait for each other up to half a second.
ONE_THREAD = 2**18
_SINGLE_RANGE = 1e-24, 1e24  # of mean squares: float32 holds numbers from 1e-38 to 3e38


class _UnitWeights:
    """W_l of unit scale for a law, a width and a seed, each from a generator of its own."""

    def __init__(self):
        self.key, self.kept = None, []

    def select(self, shape, width, seed):
        if self.key != (shape, width, seed):
            self.key, self.kept = (shape, width, seed), []

    def layer(self, index):
        if index < len(self.kept):
            return self.kept[index]
        shape, width, seed = self.key
        rng = np.random.Generator(np.random.SFC64([seed, index]))  # a fifth faster than the default
        w = unit_weights(shape, (width, width), rng, np.float32)
        if index == len(self.kept) and (index + 1) * w.nbytes <= KEPT_BYTES:
            self.kept.append(w)
        return w


_unit_weights = _UnitWeights()


class _MatrixLayer:
    """A layer W = scale × (unit weights), applied forward and backward."""

    def __init__(self, index, scale, dtype):
        self.index, self.scale = index, dtype(scale)

    def forward(self, x):
        return _product(_unit_weights.layer(self.index), x) * self.scale

    def backward(self, g):
        return _product(_unit_weights.layer(self.index).T, g) * self.scale


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


def measure(name, sigma_w, depth, width, *, shape="normal", sigma_b=0.0, inputs=4, seed=0):
    """Draw a network of equal widths, the inputs' too, and measure it forward and backward: a ``Sample``.

    name: the activation. shape: "normal", "truncated", "uniform" or "orthogonal"; σ_w² = width Var W.
    inputs: so many random x with |x|² = width; the gradient at the last activations is drawn likewise.
    Computed in float32 (vectors in float64 where the prediction leaves its range, or orthogonal matrices are
    drawn lazily).
    Raises ValueError for depth, width or inputs below 1, an unknown activation or shape, σ < 0, seed < 0, and
    where a variance overflows.
    """
    depth, width = check_count("depth", depth), check_count("width", width)
    inputs = check_count("inputs", inputs)
    if shape not in SHAPES:
        raise ValueError(f"unknown shape of law {shape!r}; the known ones are {', '.join(SHAPES)}")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0; got {seed!r}")
    sigma_b, phi = check_sigma("sigma_b", sigma_b), activation(name)
    expected = predict(name, sigma_w, depth, sigma_b=sigma_b)
    lazy = shape == "orthogonal" and 2 * inputs <= width
    dtype = np.float64 if lazy or _leaves_single_range(expected) else np.float32
    _unit_weights.select(shape, width, int(seed))
    scale = float(sigma_w) / (1.0 if shape == "orthogonal" else np.sqrt(width))
    rng = np.random.default_rng([int(seed), 2**31])  # apart from the layers' generators

    x = rng.standard_normal((width, inputs))
    x = (x * np.sqrt(width / np.sum(x * x, axis=0))).astype(dtype)
    z, a, g = (np.empty((depth, width, inputs), dtype=dtype) for _ in range(3))
    layers = []
    with np.errstate(under="ignore"):
        for index in range(depth):
            layer = HaarLayer(scale, rng) if lazy else _MatrixLayer(index, scale, dtype)
            layers.append(layer)
            z[index] = layer.forward(a[index - 1] if index else x)
            if sigma_b:
                z[index] += dtype(sigma_b) * rng.standard_normal((width, 1), dtype=dtype)
            a[index] = phi.value(z[index])
        g[-1] = rng.standard_normal((width, inputs), dtype=dtype)
        g[-1] *= phi.slope(a[-1])
        for index in range(depth - 2, -1, -1):
            g[index] = layers[index + 1].backward(g[index + 1])
            g[index] *= phi.slope(a[index])
        squares = [np.mean(np.square(part, dtype=float), axis=1) for part in (z, a, g)]  # (depth, inputs)
    below = np.concatenate([np.ones((1, inputs)), squares[1][:-1]])
    means = [square.mean(axis=1) for square in squares]
    flat = [part.reshape(depth, width * inputs) for part in (z, a, g)]
    return Sample(*means, np.mean(squares[2] * below, axis=1), *flat)


def _leaves_single_range(expected):
    low, high = _SINGLE_RANGE
    values = np.concatenate([expected.preactivation, expected.gradient])
    return bool(np.any(values < low) or np.any(values > high))


def histograms(values, bins=40, limits=None):
    """(edges (bins + 1,), densities (rows, bins)) of each row of values, all at once.

    limits: (low, high), by default the range of all values; what lies outside is not drawn but counts in the
    total. Raises ValueError for bins < 1, NaN or infinite values, limits out of order.
    """
    values, bins = np.asarray(values), check_count("bins", bins)
    if values.ndim != 2 or values.size == 0 or not np.isfinite(values).all():
        raise ValueError("values must be a table (rows, count) of finite numbers")
    low, high = (float(values.min()), float(values.max())) if limits is None else map(float, limits)
    if limits is None and low == high:
        low, high = low - 0.5, high + 0.5
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"limits must be finite and in order; got {low:g}, {high:g}")
    edges = np.linspace(low, high, bins + 1)
    rows, count = values.shape
    place = (values.astype(float) - low) * (bins / (high - low))
    inside = (place >= 0) & (values <= high)
    index = np.minimum(place, bins - 1).astype(np.intp, copy=False) + bins * np.arange(rows)[:, None]
    counts = np.bincount(index[inside], minlength=rows * bins).reshape(rows, bins)
    return edges, counts / (count * np.diff(edges))
