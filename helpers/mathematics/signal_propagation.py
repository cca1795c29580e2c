"""The size of signals and gradients through a deep network at the start: the recursions of wide networks.

Layer l computes z_l = W_l a_{l-1} + b_l, a_l = φ(z_l), with Var W = σ_w²/n_in and Var b = σ_b²; q_l is the
mean square of z_l, which is its variance over the draw of the weights.
"""

from dataclasses import dataclass
from functools import cache
from math import log10, sqrt

import numpy as np
from scipy.special import roots_hermitenorm

from helpers.mathematics.activations import activation
from helpers.mathematics.initialization import check_count, check_sigma, law, weight_gain

NODES = 256  # of Gauss-Hermite quadrature: error about exp(-π √(NODES/q)) for tanh, whose poles are at ±iπ/2
REACHED = 1e-12  # a factor missed by the roundings of a long product counts as reached
LARGEST_Q = 1.0  # up to which those nodes give tanh to 1e-14; the trapezoidal rule does beyond


@cache
def _hermite(nodes):
    x, weights = roots_hermitenorm(nodes)
    return x, weights / weights.sum()


@cache
def _sech_powers():
    """z², sech²z and sech⁴z at the nodes of the trapezoidal rule, times its step."""
    step = 0.2  # error exp(-π²/step) = 4e-22 from the poles at ±iπ/2; sech² is 2e-17 at the ends
    z = step * np.arange(-100, 101)
    sech = 1 / np.cosh(z)
    return z * z, np.stack([sech**2, sech**4], axis=-1) * step


def gaussian_mean(function, q, nodes=NODES):
    """E f(√q ξ), ξ ~ N(0, 1), by Gauss-Hermite quadrature, for q of any shape; exact for polynomials.

    For tanh² and 256 nodes the error is 4e-15 at q = 1, 4e-14 at 2, 7e-9 at 5, 2e-6 at 10, 1e-2 at 100; an
    integrand with a kink or a jump converges slowly. Raises ValueError for q < 0, NaN, or nodes < 1.
    """
    x, weights = _hermite(check_count("nodes", nodes))
    return function(np.sqrt(_checked_q(q))[..., None] * x) @ weights


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
    kind, q = activation(name).name, _checked_q(q)
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
    x, weights = _hermite(NODES)
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


def _checked_q(q):
    q = np.asarray(q, dtype=float)
    if not np.isfinite(q).all() or np.any(q < 0):
        raise ValueError("q, a mean square, must be finite and at least 0")
    return q


def iterate_variance(name, sigma_w, steps, *, q0=1.0, sigma_b=0.0):
    """q_0, ..., q_steps of q_{l+1} = σ_w² E φ(√q_l ξ)² + σ_b², from q_0 = 1 unless given.

    Raises ValueError for an unknown activation, σ < 0, q0 < 0, steps < 1, and where q overflows.
    """
    sigma_w, sigma_b = check_sigma("sigma_w", sigma_w), check_sigma("sigma_b", sigma_b)
    q = np.empty(check_count("steps", steps) + 1)
    q[0] = check_sigma("q0", q0)
    with np.errstate(over="ignore"):
        for layer in range(steps):
            q[layer + 1] = sigma_w * sigma_w * mean_square(name, q[layer]) + sigma_b * sigma_b
            _in_range(q[layer + 1], layer + 1)
    return q


def _in_range(value, layer):
    if not np.isfinite(value):
        raise ValueError(f"the variance overflows at layer {layer}: take a smaller sigma_w or depth")


@dataclass(frozen=True, eq=False)
class Propagation:
    """Mean squares per layer l = 1..depth, arrays of shape (depth,), predicted or measured.

    preactivation: of z_l. activation: of a_l = φ(z_l).
    gradient: of ∂L/∂z_l, where ∂L/∂a_depth has mean square 1.
    weight_gradient: of one entry of ∂L/∂W_l for one input.
    """

    preactivation: np.ndarray
    activation: np.ndarray
    gradient: np.ndarray
    weight_gradient: np.ndarray

    @property
    def depth(self):
        """Number of layers."""
        return len(self.preactivation)

    @property
    def backward_ratio(self):
        """Mean square of the gradient at the first layer over that at the last."""
        return _ratio(self.gradient[0], self.gradient[-1])

    @property
    def forward_ratio(self):
        """q of the last layer over q of the first."""
        return _ratio(self.preactivation[-1], self.preactivation[0])


def _ratio(a, b):
    return float(a / b) if b else 0.0


def predict(name, sigma_w, depth, *, sigma_b=0.0, input_square=1.0):
    """The recursions, forward and backward, for equal widths: a ``Propagation``.

    q_1 = σ_w² input_square + σ_b², q_{l+1} = σ_w² E φ(√q_l ξ)² + σ_b²;
    g_depth = E φ'(√q_depth ξ)², g_l = σ_w² E φ'(√q_l ξ)² g_{l+1}, for the mean square of ∂L/∂z_l.
    Raises ValueError for an unknown activation, σ < 0, depth < 1, and where a variance overflows.
    """
    depth, sigma_w = check_count("depth", depth), check_sigma("sigma_w", sigma_w)
    input_square = check_sigma("input_square", input_square)
    with np.errstate(over="ignore"):
        sigma_b = check_sigma("sigma_b", sigma_b)
        q1 = sigma_w * sigma_w * input_square + sigma_b * sigma_b
        _in_range(q1, 1)
        q = np.full(1, q1)
        if depth > 1:
            q = iterate_variance(name, sigma_w, depth - 1, q0=q1, sigma_b=sigma_b)
        square, slope = _moments(name, q)
        growth = np.cumprod(np.append(1.0, sigma_w * sigma_w * slope[:-1][::-1]))[::-1]
        gradient = slope[-1] * growth
        weights = gradient * np.append(input_square, square[:-1])
        for layer in range(depth, 0, -1):
            _in_range(gradient[layer - 1] + weights[layer - 1], layer)
    return Propagation(q, square, gradient, weights)


@dataclass(frozen=True)
class FactorDepth:
    """After how many layers a factor is lost or gained.

    change: "vanishes", "explodes" or "steady"; layers is None if steady.
    """

    layers: int | None
    change: str


def depth_of_factor(
    name, sigma_w, *, factor=1000.0, direction="forward", sigma_b=0.0, q0=1.0, longest=10_000
):
    """The number of layers after which q or the gradient's mean square has moved by a factor.

    Forward: least L with q_L <= q_0/factor ("vanishes") or >= factor q_0 ("explodes"). Backward: the same of
    Π_{l<L} σ_w² E φ'(√q_l ξ)². "steady" if it takes more than ``longest`` layers.
    Raises ValueError for factor <= 1, q0 = 0, an unknown direction or activation, σ < 0.
    """
    if direction not in ("forward", "backward"):
        raise ValueError(f"direction must be forward or backward; got {direction!r}")
    if check_sigma("factor", factor) <= 1:
        raise ValueError(f"factor must exceed 1; got {factor}")
    sigma_w, sigma_b = check_sigma("sigma_w", sigma_w), check_sigma("sigma_b", sigma_b)
    q = q0 = check_sigma("q0", q0)
    if q0 == 0:
        raise ValueError("q0 must be positive; got 0")
    ratio = 1.0
    for layers in range(1, check_count("longest", longest) + 1):
        square, slope = _moments(name, q)
        q_next, growth = sigma_w * sigma_w * square + sigma_b * sigma_b, sigma_w * sigma_w * slope
        ratio = q_next / q0 if direction == "forward" else ratio * growth
        if ratio * factor <= 1 + REACHED:
            return FactorDepth(layers, "vanishes")
        if ratio >= factor * (1 - REACHED):
            return FactorDepth(layers, "explodes")
        if q_next == q and (direction == "forward" or growth == 1):
            break
        q = q_next
        _in_range(q, layers)
    return FactorDepth(None, "steady")


def verdict(propagation, factor=1000.0):
    """What happens through the depth, in a sentence: where a factor is lost or gained, forward and backward.

    Raises ValueError for factor <= 1.
    """
    if check_sigma("factor", factor) <= 1:
        raise ValueError(f"factor must exceed 1; got {factor}")
    depth, parts = propagation.depth, []
    for what, values in (("signals", propagation.preactivation), ("gradients", propagation.gradient[::-1])):
        if not values[0] > 0:
            parts.append(f"{what} are zero from the start")
            continue
        relative = values / values[0]
        beyond = (relative * factor <= 1 + REACHED) | (relative >= factor * (1 - REACHED))
        if not beyond.any():
            parts.append(f"{what} keep their size within a factor {factor:g} ({_words(relative[-1])})")
            continue
        first = int(np.argmax(beyond))
        fate = "explode: a factor {:g} gained" if relative[first] > 1 else "vanish: a factor {:g} lost"
        layer = f"at layer {first + 1}" if what == "signals" else f"on the way back to layer {depth - first}"
        parts.append(f"{what} {fate.format(factor)} {layer} ({_words(relative[-1])} in all)")
    return f"{parts[0][0].upper()}{parts[0][1:]}; {parts[1]}."


def _words(ratio):
    if not ratio > 0:
        return "to 0"
    return f"×{ratio:.3g}" if abs(log10(ratio)) < 3 else f"×10^{log10(ratio):.0f}"


def sampling_law(initializer, width, *, sigma=0.05):
    """(shape of law, σ_w) of a Keras initializer for square layers of this width.

    Raises ValueError for an unknown name (with the known ones), and for laws whose mean is not 0.
    """
    chosen = law(initializer)
    if chosen.uses_value:
        raise ValueError(f"{initializer} has a mean: the recursions are for weights of mean 0")
    shape = "normal" if chosen.shape == "zero" else chosen.shape
    return shape, weight_gain(initializer, width, width, sigma=sigma)


def ideal_gain(name):
    """σ_w that keeps the variance of the signal: 1 for linear, √2 for ReLU (He), 1 for tanh near 0.

    Raises ValueError for an unknown activation, and for the sigmoid, whose value at 0 is not 0.
    """
    gains = {"linear": 1.0, "tanh": 1.0, "relu": sqrt(2)}
    if activation(name).name not in gains:
        raise ValueError(f"no gain keeps the variance of {name}: known for {', '.join(gains)}")
    return gains[name]
