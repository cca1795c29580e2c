"""The size of signals and gradients through a deep network at the start: the recursions of wide networks.

Layer l computes z_l = W_l a_{l-1}, a_l = φ(z_l), with Var W = σ_w²/n_in and biases 0. q_l is the variance of
the preactivations z_l over the draw of the weights. E φ(√q_l ξ)² is the mean square of the activations a_l,
not their variance: those of ReLU and of the sigmoid have a mean.
"""

from dataclasses import dataclass
from functools import cache
from math import sqrt

import numpy as np
from scipy.special import roots_hermitenorm

from helpers.mathematics import checks
from helpers.mathematics.activations import activation

NODES = 256  # of Gauss-Hermite quadrature: error about exp(-π √(NODES/q)) for tanh, whose poles are at ±iπ/2
REACHED = 1e-12  # a factor missed by the roundings of a long product counts as reached
LONGEST = 4096  # layers that are looked through
LARGEST_Q = 1.0  # up to which those nodes give tanh to 1e-14; the trapezoidal rule does beyond


@cache
def _hermite():
    x, weights = roots_hermitenorm(NODES)
    return x, weights / weights.sum()


@cache
def _sech_powers():
    """z², sech²z and sech⁴z at the nodes of the trapezoidal rule, times its step."""
    step = 0.2  # error exp(-π²/step) = 4e-22 from the poles at ±iπ/2; sech² is 2e-17 at the ends
    z = step * np.arange(-100, 101)
    sech = 1 / np.cosh(z)
    return z * z, np.stack([sech**2, sech**4], axis=-1) * step


def mean_square(name, q):
    """E φ(√q ξ)² for the activation ``name``, elementwise in q >= 0: exactly q for linear and q/2 for ReLU.

    tanh: Gauss-Hermite for q <= 1, beyond it 1 - E sech² by the trapezoidal rule in z, which converges
    faster the wider the Gaussian; sigmoid: (1 + E tanh(z/2)²)/4. Accurate to 2e-14.
    Raises ValueError for an unknown name, q < 0 or NaN.
    """
    return _moments(name, q)[0]


def mean_square_slope(name, q):
    """E φ'(√q ξ)², as ``mean_square``: 1 for linear, 1/2 for ReLU (0 at q = 0, where φ'(0) = 0)."""
    return _moments(name, q)[1]


def _moments(name, q):
    """(E φ², E φ'²) at √q ξ."""
    kind, q = activation(name).name, checks.VARIANCE.check_all(q)
    if kind == "linear":
        return q[()], np.ones_like(q)[()]
    if kind == "relu":
        return (q / 2)[()], np.where(q > 0, 0.5, 0.0)[()]
    if kind == "sigmoid":  # σ(z) = (1 + tanh(z/2))/2
        square, slope = _tanh_moments(q / 4)
        return (1 + square) / 4, slope / 16
    return _tanh_moments(q)


def _tanh_moments(q):
    """(E tanh², E sech⁴) at √q ξ."""
    x, weights = _hermite()
    square = np.tanh(np.sqrt(np.minimum(q, LARGEST_Q))[..., None] * x) ** 2
    low = square @ weights, (1 - square) ** 2 @ weights
    if not np.any(q > LARGEST_Q):
        return low
    z_square, powers = _sech_powers()
    wide = np.maximum(q, LARGEST_Q)
    sech_2, sech_4 = np.moveaxis(
        np.exp(-z_square / (2 * wide[..., None])) @ powers / np.sqrt(2 * np.pi * wide)[..., None], -1, 0
    )
    return np.where(q > LARGEST_Q, 1 - sech_2, low[0])[()], np.where(q > LARGEST_Q, sech_4, low[1])[()]


@dataclass(frozen=True, eq=False)
class Propagation:
    """Mean squares per layer l = 1..depth, arrays of shape (depth,), predicted or measured.

    preactivation: of z_l, predicted: q_l. activation: of a_l = φ(z_l), where the inputs have mean square 1.
    gradient: of ∂L/∂z_l, where ∂L/∂a_depth has mean square 1.
    """

    preactivation: np.ndarray
    activation: np.ndarray
    gradient: np.ndarray

    @property
    def depth(self):
        """Number of layers."""
        return len(self.preactivation)

    @property
    def forward(self):
        """The `Fate` of the mean square of the activations, from the inputs' 1 to the last layer."""
        return fate(self.activation)

    @property
    def backward(self):
        """The `Fate` of the mean square of ∂L/∂z_l, from the 1 of ∂L/∂a_depth back to the first layer."""
        return fate(self.gradient[::-1])


def predict(name, sigma_w, depth):
    """The recursions, forward and backward, for equal widths: a ``Propagation``.

    q_1 = σ_w², q_{l+1} = σ_w² E φ(√q_l ξ)²; g_depth = E φ'(√q_depth ξ)², g_l = σ_w² E φ'(√q_l ξ)² g_{l+1},
    for the mean square of ∂L/∂z_l. For unequal widths g_l has a factor n_{l+1}/n_l more.
    Raises ValueError for an unknown activation, σ_w < 0, depth < 1, and where a mean square overflows.
    """
    depth, sigma_w = checks.DEPTH.check(depth), checks.SIGMA_W.check(sigma_w)
    with np.errstate(over="ignore"):
        gain, q = sigma_w * sigma_w, np.empty(depth)
        for index in range(depth):
            q[index] = gain * (mean_square(name, q[index - 1]) if index else 1.0)
            _in_range(q[index], index + 1)
        square, slope = _moments(name, q)
        gradient = np.cumprod(np.append(slope[-1], gain * slope[-2::-1]))[::-1]
    for index in range(depth - 1, -1, -1):
        _in_range(gradient[index], index + 1)
    return Propagation(preactivation=q, activation=square, gradient=gradient)


def _in_range(value, layer):
    if not np.isfinite(value):
        raise ValueError(f"the mean square overflows at layer {layer}: take a smaller σ_w or depth")


KEPT, VANISHES, EXPLODES = "steady", "vanishes", "explodes"


@dataclass(frozen=True)
class Fate:
    """What layers make of a mean square of 1: ``change`` is KEPT, VANISHES or EXPLODES.

    layers: after how many of them a factor is first lost or gained, or None if it is not.
    last: the mean square after the last layer looked at.
    """

    change: str
    layers: int | None
    last: float


def fate(values, factor=1000.0):
    """The `Fate` of a mean square of 1 that is values[L - 1] after L layers, (depth,).

    It vanishes after the least L with values[L - 1] <= 1/factor, explodes with >= factor, whichever comes
    first. Raises ValueError for factor <= 1.
    """
    factor, values = checks.GAIN_OR_LOSS.check(factor), np.asarray(values)
    beyond = (values * factor <= 1 + REACHED) | (values >= factor * (1 - REACHED))
    if not beyond.any():
        return Fate(KEPT, None, float(values[-1]))
    first = int(np.argmax(beyond))
    return Fate(EXPLODES if values[first] > 1 else VANISHES, first + 1, float(values[-1]))


def depth_of_factor(name, sigma_w, *, factor=1000.0):
    """The `Fate` of the mean square of the activations in a network of at most LONGEST layers.

    Raises ValueError for factor <= 1, an unknown activation, σ_w < 0.
    """
    sigma_w, factor, squares = checks.SIGMA_W.check(sigma_w), checks.GAIN_OR_LOSS.check(factor), [1.0]
    while len(squares) <= LONGEST and 0.5 / factor < squares[-1] < 2 * factor:
        squares.append(float(mean_square(name, sigma_w * sigma_w * squares[-1])))
        if squares[-1] == squares[-2]:  # a fixed point of the recursion
            break
    return fate(squares[1:], factor)


# By how much ln of a mean square fluctuates in one layer of n neurons: variance v/n, v = E φ⁴/(E φ²)² - 1.
FLUCTUATION = {"linear": 2.0, "relu": 5.0}


def log_fluctuation(name, depth, width):
    """(mean, standard deviation) of ln(measured/predicted) of the mean square after so many layers.

    The layers' factors are independent for linear and ReLU networks with normal weights: -v depth/(2 width)
    and √(v depth/width), to leading order in v/width. The mean square itself has the predicted mean at any
    width: a few large networks make up for the many small ones.
    Raises ValueError for another activation, counts below 1.
    """
    spread = FLUCTUATION[checks.one_of("the activation", name, FLUCTUATION)]
    ratio = spread * checks.DEPTH.check(depth) / checks.WIDTH.check(width)
    return -ratio / 2, sqrt(ratio)
