"""Laws of the initial weights, under Keras' names: constant, noisy, scaled by the fans, orthogonal."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

TRUNCATED_STD = 0.87962566103423978  # standard deviation of N(0, 1) conditioned on |x| <= 2


@dataclass(frozen=True)
class Law:
    """One law: the shape of its density, the weights' variance and the sentence shown to the reader.

    shape: "zero", "constant", "normal", "truncated", "uniform" or "orthogonal".
    scale, fan: variance = scale / fan for the laws that look at the fans ("in", "average"), else fan is None.
    """

    name: str
    shape: str
    scale: float | None
    fan: str | None
    words: str

    @property
    def uses_value(self):
        """Whether the law depends on ``value``, its mean."""
        return self.shape == "constant" or self.name == "constant_noise"

    @property
    def uses_sigma(self):
        """Whether the law depends on ``sigma``."""
        return self.name in ("constant_noise", "random_normal", "truncated_normal")


LAWS = {
    law.name: law
    for law in (
        Law("zeros", "zero", None, None, "every weight is 0"),
        Law("constant", "constant", None, None, "every weight is the same number"),
        Law("constant_noise", "normal", None, None, "the same number plus normal noise of size σ"),
        Law("random_normal", "normal", None, None, "normal of standard deviation σ, whatever the width"),
        Law("truncated_normal", "truncated", None, None, "normal of size σ, redrawn beyond 2σ"),
        Law("lecun_normal", "truncated", 1.0, "in", "LeCun, variance 1/n_in, truncated"),
        Law("lecun_uniform", "uniform", 1.0, "in", "LeCun, variance 1/n_in, uniform"),
        Law("glorot_normal", "truncated", 1.0, "average", "Glorot, variance 2/(n_in+n_out), truncated"),
        Law("glorot_uniform", "uniform", 1.0, "average", "Glorot, variance 2/(n_in+n_out), uniform"),
        Law("he_normal", "truncated", 2.0, "in", "He, variance 2/n_in, truncated"),
        Law("he_uniform", "uniform", 2.0, "in", "He, variance 2/n_in, uniform"),
        Law("orthogonal", "orthogonal", None, None, "orthonormal rows or columns, uniformly drawn"),
    )
}
SHAPES = ("normal", "truncated", "uniform", "orthogonal")  # of unit scale, for a chosen σ_w


def law(name):
    """The law of this name; raises ValueError that lists the known names."""
    if not isinstance(name, str) or name not in LAWS:
        raise ValueError(f"unknown initializer {name!r}; the known ones are {', '.join(LAWS)}")
    return LAWS[name]


def check_count(name, value):
    """``value`` as an int >= 1; raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1; got {value!r}")
    return int(value)


def check_sigma(name, value):
    """``value`` as a finite float >= 0; raises ValueError for anything else."""
    if isinstance(value, str | bool) or np.ndim(value) != 0:
        raise ValueError(f"{name} must be a number of at least 0; got {value!r}")
    if not np.isfinite(value) or value < 0:
        raise ValueError(f"{name} must be finite and at least 0; got {value}")
    return float(value)


def check_finite(name, value):
    """``value`` as a finite float; raises ValueError for anything else."""
    if isinstance(value, str | bool) or np.ndim(value) != 0 or not np.isfinite(value):
        raise ValueError(f"{name} must be a finite number; got {value!r}")
    return float(value)


def variance(name, n_in, n_out, *, sigma=0.05):
    """Variance of one weight of an n_out × n_in layer under the law ``name``.

    2/(n_in+n_out) (Glorot and Bengio 2010), 2/n_in (He et al. 2015), 1/n_in (LeCun), σ² for normal noise,
    (0.8796 σ)² for "truncated_normal" (whose σ is that of the normal before truncation, as in Keras) and
    1/max(n_in, n_out) for orthogonal matrices (Saxe et al. 2014).
    Raises ValueError for an unknown name, a fan below 1, sigma < 0.
    """
    chosen = law(name)
    n_in, n_out = check_count("n_in", n_in), check_count("n_out", n_out)
    sigma = check_sigma("sigma", sigma)
    if chosen.fan:
        return chosen.scale / (n_in if chosen.fan == "in" else (n_in + n_out) / 2)
    if chosen.shape == "orthogonal":
        return 1 / max(n_in, n_out)
    if chosen.shape in ("zero", "constant"):
        return 0.0
    return sigma**2 * (TRUNCATED_STD**2 if chosen.shape == "truncated" else 1.0)


def limit(name, n_in, n_out, *, sigma=0.05):
    """Largest distance of a weight from the law's mean: √3 std if uniform, 2 std/0.8796 if truncated.

    Infinite for normal noise, 0 for constants, 1 for orthogonal matrices. Raises as ``variance`` does.
    """
    std = sqrt(variance(name, n_in, n_out, sigma=sigma))
    factor = {"uniform": sqrt(3), "truncated": 2 / TRUNCATED_STD, "normal": np.inf}
    if law(name).shape == "orthogonal":
        return 1.0
    return float(std * factor[law(name).shape]) if std else 0.0


def weight_gain(name, n_in, n_out, *, sigma=0.05):
    """σ_w = √(n_in Var W), by which the law enters the scale recursions. Raises as ``variance`` does."""
    return sqrt(n_in * variance(name, n_in, n_out, sigma=sigma))


def unit_weights(shape, size, rng, dtype=float):
    """Draw weights of mean 0 and variance 1 (orthogonal: of unit singular values) of the given shape of law.

    shape: one of SHAPES. size: (..., n_out, n_in). "truncated" is N(0, 1) redrawn beyond ±2, divided by its
    standard deviation 0.8796. Raises ValueError for an unknown shape.
    """
    if shape not in SHAPES:
        raise ValueError(f"unknown shape of law {shape!r}; the known ones are {', '.join(SHAPES)}")
    if shape == "uniform":
        w = rng.random(size, dtype=dtype)
        w -= 0.5
        w *= sqrt(12)
        return w
    if shape == "orthogonal":
        return _orthogonal(size, rng, dtype)
    w = rng.standard_normal(size, dtype=dtype)
    if shape == "truncated":
        flat = w.reshape(-1)
        beyond = np.flatnonzero(np.abs(flat) > 2)
        while beyond.size:
            redrawn = rng.standard_normal(beyond.size, dtype=dtype)
            flat[beyond] = redrawn
            beyond = beyond[np.abs(redrawn) > 2]
        w /= TRUNCATED_STD
    return w


def _orthogonal(size, rng, dtype):
    """Uniformly (Haar) distributed matrices: Q of a normal matrix's QR, signs fixed by R's diagonal."""
    n_out, n_in = size[-2:]
    tall = (*size[:-2], max(n_out, n_in), min(n_out, n_in))
    q, r = np.linalg.qr(rng.standard_normal(tall, dtype=dtype))
    signs = np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0, -1, 1).astype(dtype)
    q *= signs[..., None, :]
    return q if n_out >= n_in else np.ascontiguousarray(np.swapaxes(q, -1, -2))


def initialize(name, n_out, n_in, *, rng, runs=None, value=0.5, sigma=0.05, dtype=float):
    """Draw the weights of one layer under the law ``name``.

    Returns W of shape (n_out, n_in), or (runs, n_out, n_in) of independent draws: a row holds a neuron's
    incoming weights, so that Keras' kernel is the transpose.
    value: the mean of "constant" and "constant_noise". sigma: size of the noise of "constant_noise",
    "random_normal" and "truncated_normal". rng: a NumPy Generator or an integer seed.
    Raises ValueError for an unknown name (with the known ones), a width below 1, sigma < 0, non-finite input.
    """
    chosen = law(name)
    n_out, n_in = check_count("n_out", n_out), check_count("n_in", n_in)
    value, sigma = check_finite("value", value), check_sigma("sigma", sigma)
    size = (n_out, n_in) if runs is None else (check_count("runs", runs), n_out, n_in)
    mean = value if chosen.uses_value else 0.0
    if chosen.shape in ("zero", "constant"):
        return np.full(size, mean, dtype=dtype)
    w = unit_weights(chosen.shape, size, np.random.default_rng(rng), dtype)
    if chosen.shape != "orthogonal":
        w *= sqrt(variance(name, n_in, n_out, sigma=sigma))
    if mean:
        w += mean
    return w
