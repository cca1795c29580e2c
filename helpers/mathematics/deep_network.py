"""Fully connected networks in NumPy: values, mean squared error and its gradient by backpropagation.

The parameters θ of a network are one vector (last axis), so that an optimizer is a formula between vectors;
leading axes hold independent runs (seeds), all computed at once.
"""

import numpy as np

from helpers.mathematics import checks
from helpers.mathematics.activations import activation
from helpers.mathematics.backpropagation import bind, block_order, with_ones
from helpers.mathematics.initialization import initialize


def _finite(name, a):
    if not np.isfinite(a).all():
        raise ValueError(f"{name} overflows: take smaller parameters or data")
    return a


class Network:
    """W_L φ(W_{L-1} φ(... φ(W_1 x + b_1) ...) + b_{L-1}) + b_L: φ between the layers, the last one linear.

    widths: (n_0, n_1, ..., n_L), n_0 inputs, L >= 1 layers, n_L outputs; one hidden layer is (m, H, n).
    activation: "linear", "tanh", "relu" or "sigmoid".
    ``size`` is the number P of parameters; θ has shape (P,) or (runs, P), ordered W_1, b_1, W_2, b_2, ...
    Raises ValueError for a width below 1, fewer than two widths, an unknown activation (with the known ones).
    """

    def __init__(self, widths, activation_name="tanh"):
        try:
            widths = tuple(widths)
        except TypeError:
            raise ValueError(f"widths must be a sequence such as (1, 20, 1); got {widths!r}") from None
        if len(widths) < 2:
            raise ValueError(f"widths must name at least the inputs and the outputs; got {widths}")
        self.widths = tuple(checks.WIDTH.called("each width").check(n) for n in widths)
        self.activation = activation(activation_name)
        self._slices, start = [], 0
        for n_in, n_out in zip(self.widths[:-1], self.widths[1:], strict=True):
            end = start + n_out * n_in
            self._slices.append((slice(start, end), slice(end, end + n_out), (n_out, n_in)))
            start = end + n_out
        self.size = start

    @property
    def depth(self):
        """Number of layers with weights, hidden ones and the output."""
        return len(self._slices)

    def layers(self, theta):
        """Views [(W_1, b_1), ...] of θ; W_l of shape (..., n_l, n_{l-1}), b_l of shape (..., n_l)."""
        runs = theta.shape[:-1]
        return [(theta[..., w].reshape(*runs, *size), theta[..., b]) for w, b, size in self._slices]

    def flatten(self, layers):
        """θ from [(W_1, b_1), ...], the inverse of ``layers``; raises ValueError where a shape is wrong."""
        layers = [(np.asarray(w, dtype=float), np.asarray(b, dtype=float)) for w, b in layers]
        if len(layers) != self.depth:
            raise ValueError(f"the network has {self.depth} layers; got {len(layers)}")
        for (w, b), (_, _, size) in zip(layers, self._slices, strict=True):
            if w.shape[-2:] != size or b.shape[-1:] != size[:1]:
                raise ValueError(f"a layer of W {size} and b {size[:1]} is needed; got {w.shape}, {b.shape}")
        runs = np.broadcast_shapes(*(w.shape[:-2] for w, _ in layers), *(b.shape[:-1] for _, b in layers))
        theta = np.empty((*runs, self.size))
        for (w, b), (w_part, b_part, size) in zip(layers, self._slices, strict=True):
            theta[..., w_part] = w.reshape(*w.shape[:-2], size[0] * size[1])
            theta[..., b_part] = b
        return theta

    def start(self, name, *, rng, runs=None, value=0.5, sigma=0.05, bias=0.0):
        """θ at the start: the weights of every layer from the law ``name``, all biases equal to ``bias``.

        Options as for ``initialization.initialize``; raises ValueError as it does.
        """
        rng, bias = np.random.default_rng(rng), checks.VALUE.called("the bias").check(bias)
        options = {"rng": rng, "runs": runs, "value": value, "sigma": sigma}
        drawn = [initialize(name, *size, **options) for _, _, size in self._slices]
        return self.flatten([(w, np.full(w.shape[:-1], bias)) for w in drawn])

    def __call__(self, theta, x):
        """Outputs of shape (..., N, n_L) at the rows of x, shape (N, n_0); raises ValueError as ``loss``."""
        theta, x, _ = self.check(theta, x)
        with np.errstate(all="ignore"):  # what overflows is said in words
            outputs = self._bound(theta, x, np.zeros((len(x), self.widths[-1])))[0]()
        return _finite("the output", np.swapaxes(outputs, -1, -2))

    def loss(self, theta, x, y):
        """Mean squared error J(θ) = 1/N Σ_i |f(x_i) - y_i|², one number a run, squares summed over outputs.

        Raises ValueError for NaN or infinite input, mismatched shapes, no data, a loss that overflows.
        """
        theta, x, y = self.check(theta, x, y)
        with np.errstate(all="ignore"):
            residual = self._bound(theta, x, y)[0]()
            return _finite("the loss", np.sum(residual * residual, axis=(-2, -1)) / len(x))

    def gradient(self, theta, x, y, total=None):
        """∇J^r(θ) of shape θ, J^r = 1/total Σ_i |f(x_i) - y_i|² over the rows given, by backpropagation.

        total: the number of data of the whole set, so that the J^r of a partition into batches sum to J;
        by default the number of rows.
        Raises ValueError for NaN or infinite input, mismatched shapes, no data, a gradient that overflows.
        """
        theta, x, y = self.check(theta, x, y)
        total = len(x) if total is None else checks.DATA.check(total)
        gradient = np.empty_like(theta)
        with np.errstate(all="ignore"):
            forward, backward, blocks = self._bound(theta, x, y)
            forward()
            backward()
            gradient[..., block_order(self)] = blocks * (2 / total)
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
        if x.ndim != 2 or x.shape[1] != self.widths[0] or len(x) < 1:
            raise ValueError(f"x must have shape (N, {self.widths[0]}) with N >= 1; got {x.shape}")
        if y is not None:
            y = np.asarray(y, dtype=float)
            needed = (len(x), self.widths[-1])
            if y.shape != needed:
                raise ValueError(f"y must have shape {needed}, one row a datum; got {y.shape}")
        for name, a in (("theta", theta), ("x", x), ("y", y)):
            if a is not None:
                checks.finite_array(name, a)
        return theta, x, y
