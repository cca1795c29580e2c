"""The energy of ADAM's flow, Eq. (5.24), reconstructed; its rate and condition; the LASSO-type functional.

States (w, z, d) have shape (..., n), as in Eq. (5.23), reconstructed; D > 0 wherever a rate is asked for.
"""

import numpy as np

from helpers.mathematics import checks
from helpers.mathematics.adam_flow import vector_field
from helpers.mathematics.losses import Loss

ROUNDING = 16 * np.finfo(float).eps  # a few operations on numbers of size 1, each right to half an eps


def energy(loss: Loss, w, z, d, epsilon_1):
    """E = J + (ε₁/2)⟨D^{-1/2} Z, Z⟩, Eq. (5.24), reconstructed; Z = 0 adds nothing, even if D = 0."""
    z, d = np.asarray(z, dtype=float), np.asarray(d, dtype=float)
    return loss.value(w) + 0.5 * epsilon_1 * np.sum(z * z / np.sqrt(d + (z == 0)), axis=-1)


def energy_rate(loss: Loss, w, z, d, epsilon_1, epsilon_2):
    """dE/dt along Eq. (5.23), reconstructed, by the exact identity

    dE/dt = -(1 - ε₁/4ε₂) ⟨D^{-1/2}Z, Z⟩ - (ε₁/4ε₂) Σ Z_i² (∂_iJ)² / D_i^{3/2}.
    """
    g = loss.gradient(np.asarray(w, dtype=float))
    ratio = epsilon_1 / (4 * epsilon_2)
    friction = np.sum(z**2 / np.sqrt(d), axis=-1)
    return -(1 - ratio) * friction - ratio * np.sum(z**2 * g**2 / d**1.5, axis=-1)


def energy_rate_by_chain_rule(loss: Loss, w, z, d, epsilon_1, epsilon_2):
    """dE/dt: the derivative of E, Eq. (5.24), applied to the field of Eq. (5.23), both reconstructed."""
    dw, dz, dd = vector_field(loss, w, z, d, epsilon_1, epsilon_2)
    by_w = loss.gradient(np.asarray(w, dtype=float))
    by_z = epsilon_1 * z / np.sqrt(d)
    by_d = -0.25 * epsilon_1 * z**2 / d**1.5
    return np.sum(by_w * dw + by_z * dz + by_d * dd, axis=-1)


def lasso_functional(loss: Loss, w, epsilon_1):
    """J + (ε₁/2)|∇J|₁, the right-hand side of Eq. (5.28)."""
    return loss.value(w) + 0.5 * epsilon_1 * gradient_norm_1(loss, w)


def gradient_norm_1(loss: Loss, w):
    """|∇J(W)|₁, the norm of Eq. (5.28)."""
    return np.sum(np.abs(loss.gradient(np.asarray(w, dtype=float))), axis=-1)


def lasso_ratio(loss: Loss, w, z, d, epsilon_1):
    """R = (E - J) / ((ε₁/2)|∇J|₁): 1 where Eq. (5.28) is exact; NaN where ∇J = 0.

    E is the reconstructed Eq. (5.24); the common factor ε₁/2 and J are taken out before the division.
    """
    z, d = np.asarray(z, dtype=float), np.asarray(d, dtype=float)
    numerator = np.sum(z * z / np.sqrt(d + (z == 0)), axis=-1)
    norm = gradient_norm_1(loss, w)
    checks.EPSILON_1.check(epsilon_1)
    return np.divide(numerator, norm, out=np.full(np.shape(norm), np.nan), where=norm > 0)[()]


def lasso_ratio_expansion(gradient, epsilon_1, epsilon_2, curvature=1.0):
    """R in one dimension from full memories, (1 + ε₁J''/|g|)² / (1 + ε₂J''/|g|) + O(ε²), g = J'."""
    share = curvature / np.abs(gradient)
    return (1 + epsilon_1 * share) ** 2 / (1 + epsilon_2 * share)


def epsilon_from_beta(beta, step):
    """The memory ε = Δt/(1 - β) of Eq. (5.26), reconstructed.

    Raises ValueError for β outside [0, 1) and Δt <= 0.
    """
    return checks.TIME_STEP.check(step) / (1 - checks.BETA_1.called("β").check_all(beta))[()]


def beta_from_epsilon(epsilon, step):
    """β = 1 - Δt/ε of Eq. (5.26), reconstructed. Raises ValueError unless ε >= Δt > 0."""
    epsilon, step = checks.EPSILON_1.called("ε").check_all(epsilon), checks.TIME_STEP.check(step)
    if np.any(epsilon < step):
        raise ValueError("ε must be at least Δt, otherwise β = 1 − Δt/ε is negative")
    return (1 - step / epsilon)[()]


def energy_condition(beta_1, beta_2):
    """The margin 4(1-β₁) - (1-β₂): E never increases, from any state, if and only if it is >= 0 (ε₁ <= 4ε₂).

    Raises ValueError for β outside [0, 1).
    """
    return 4 * (1 - checks.BETA_1.check(beta_1)) - (1 - checks.BETA_2.check(beta_2))


def energy_verdict(beta_1, beta_2):
    """Where (β₁, β₂) lies for the energy condition: "inside", "on the line" or "outside", up to rounding."""
    margin = energy_condition(beta_1, beta_2)
    if abs(margin) <= ROUNDING:
        return "on the line"
    return "inside" if margin > 0 else "outside"


def effective_penalty(beta_1, beta_2, step):
    """ε₁ - ε₂ = Δt (β₁-β₂)/((1-β₁)(1-β₂)): the flow descends J + (ε₁-ε₂)|∇J|₁ to first order.

    Raises ValueError for β outside [0, 1) and Δt <= 0.
    """
    beta_1, beta_2 = checks.BETA_1.check(beta_1), checks.BETA_2.check(beta_2)
    return checks.TIME_STEP.check(step) * (beta_1 - beta_2) / ((1 - beta_1) * (1 - beta_2))


def averaged_decay(epsilon_1, epsilon_2):
    """The rate ρ of E ~ e^{-ρt} near the minimum of a quadratic of one variable, by formal averaging.

    For Eq. (5.23), reconstructed, with a = 1/ε₁ and b = 1/ε₂: a - b/4 where b <= 4a/5, (8a - b)/9 beyond.
    Where b > 8a it is negative: the energy settles on a limit cycle.
    """
    a, b = 1 / checks.EPSILON_1.check(epsilon_1), 1 / checks.EPSILON_2.check(epsilon_2)
    return a - b / 4 if b <= 0.8 * a else (8 * a - b) / 9
