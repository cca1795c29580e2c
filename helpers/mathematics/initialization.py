"""Laws of the initial weights, under Keras' names: constant, normal, scaled by the fans, orthogonal."""

from dataclasses import dataclass
from math import isclose, sqrt

import numpy as np

from helpers.mathematics import checks

TRUNCATED_STD = 0.87962566103423978  # standard deviation of N(0, 1) conditioned on |x| <= 2
SHAPES = ("normal", "truncated", "uniform", "orthogonal")  # of unit scale, for a chosen σ_w


@dataclass(frozen=True)
class Law:
    """One law: "zero", "constant" or one of SHAPES, and scale, fan: the variance is scale / fan for the laws
    that look at the fans ("in", "average"), else fan is None.
    """

    shape: str
    scale: float | None = None
    fan: str | None = None


LAWS = {
    "zeros": Law("zero"),
    "constant": Law("constant"),
    "random_normal": Law("normal"),
    "truncated_normal": Law("truncated"),
    "lecun_normal": Law("truncated", 1.0, "in"),
    "lecun_uniform": Law("uniform", 1.0, "in"),
    "glorot_normal": Law("truncated", 1.0, "average"),
    "glorot_uniform": Law("uniform", 1.0, "average"),
    "he_normal": Law("truncated", 2.0, "in"),
    "he_uniform": Law("uniform", 2.0, "in"),
    "orthogonal": Law("orthogonal"),
}


def law(name):
    """The law of this name; raises ValueError that lists the known names."""
    return LAWS[checks.one_of("the initializer", name, LAWS)]


def variance(name, n_in, n_out, *, sigma=0.05):
    """Variance of one weight of an n_out × n_in layer under the law ``name``.

    2/(n_in+n_out) (Glorot and Bengio 2010), 2/n_in (He et al. 2015), 1/n_in (LeCun), σ² for normal noise,
    (0.8796 σ)² for "truncated_normal" (whose σ is that of the normal before truncation, as in Keras) and
    1/max(n_in, n_out) for orthogonal matrices (Saxe et al. 2014).
    Raises ValueError for an unknown name, a fan below 1, sigma < 0.
    """
    chosen = law(name)
    n_in, n_out, sigma = checks.N_IN.check(n_in), checks.N_OUT.check(n_out), checks.SIGMA.check(sigma)
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


def keras_names(shape, sigma_w):
    """The laws of Keras that draw square layers with this shape and σ_w = √(n Var W), to four digits."""
    return tuple(
        name for name, one in LAWS.items()
        if one.shape == shape and (one.fan or shape == "orthogonal")
        and isclose(weight_gain(name, 1, 1), sigma_w, rel_tol=1e-4)
    )  # fmt: skip


def unit_weights(shape, size, rng, dtype=float):
    """Draw weights of mean 0 and variance 1 (orthogonal: of unit singular values) of the given shape of law.

    shape: one of SHAPES. size: (..., n_out, n_in). "truncated" is N(0, 1) redrawn beyond ±2, divided by its
    standard deviation 0.8796. Raises ValueError for an unknown shape.
    """
    checks.one_of("the law of the weights", shape, SHAPES)
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


def initialize(name, n_out, n_in, *, rng, runs=None, value=0.5, sigma=0.05):
    """Draw the weights of one layer under the law ``name``.

    Returns W of shape (n_out, n_in), or (runs, n_out, n_in) of independent draws: a row holds a neuron's
    incoming weights, so that Keras' kernel is the transpose.
    value: of "constant". sigma: of "random_normal" and "truncated_normal". rng: a NumPy Generator or a seed.
    Raises ValueError for an unknown name (with the known ones), a width below 1, sigma < 0, non-finite input.
    """
    chosen = law(name)
    n_out, n_in = checks.N_OUT.check(n_out), checks.N_IN.check(n_in)
    value, sigma = checks.VALUE.check(value), checks.SIGMA.check(sigma)
    size = (n_out, n_in) if runs is None else (checks.RUNS.check(runs), n_out, n_in)
    if chosen.shape in ("zero", "constant"):
        return np.full(size, value if chosen.shape == "constant" else 0.0)
    w = unit_weights(chosen.shape, size, np.random.default_rng(rng))
    if chosen.shape != "orthogonal":
        w *= sqrt(variance(name, n_in, n_out, sigma=sigma))
    return w
