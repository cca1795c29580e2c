"""The claims of §5.2, ADAM as an asymptotic LASSO."""

from __future__ import annotations

from helpers.teaching.claims import Claim

_MATHEMATICS = "tests/mathematics/"

# equation, statement, code (below helpers), test (file and function)
_ROWS = (
    (
        "(5.26), reconstructed",
        "Algorithm 8's recursion, the paper's and Keras', each by its own formula.",
        "mathematics.adam.adam",
        _MATHEMATICS + "test_adam.py::test_recursion_is_the_formula",
    ),
    (
        "",
        "Epsilon has another weight in Keras than in the paper: a gradient of 1e-8 tells them apart.",
        "mathematics.adam.adam_step",
        _MATHEMATICS + "test_adam.py::test_one_tiny_gradient_tells_keras_from_the_paper",
    ),
    (
        "",
        "The Keras form is what Keras computes.",
        "networks.keras_adam.path",
        "tests/networks/test_keras_adam.py::test_keras_form_is_keras_in_float64",
    ),
    (
        "(5.23), reconstructed",
        "As Δt tends to 0 the recursion follows the flow, with an error of first order.",
        "mathematics.adam_flow.integrate",
        _MATHEMATICS + "test_adam_flow.py::test_recursion_follows_the_flow_to_first_order",
    ),
    (
        "(5.24), reconstructed",
        "The rate of the energy is that of the exact identity, at every state.",
        "mathematics.adam_energy.energy_rate",
        _MATHEMATICS + "test_adam_energy.py::test_energy_identity_holds_on_random_states_to_rounding",
    ),
    (
        "",
        "The energy never rises if 1 − β₂ ≤ 4(1 − β₁) …",
        "mathematics.adam_energy.energy_condition",
        _MATHEMATICS + "test_adam_energy.py::test_energy_never_rises_inside_the_condition",
    ),
    (
        "",
        "… and can rise beyond.",
        "mathematics.adam_energy.energy_condition",
        _MATHEMATICS + "test_adam_energy.py::test_energy_can_rise_beyond_the_condition",
    ),
    (
        "",
        "Algorithm 8's (β₁, β₂) = (0.9, 0.6) lies exactly on that line.",
        "mathematics.adam_energy.energy_verdict",
        _MATHEMATICS + "test_adam_energy.py::test_algorithm_8_lies_on_the_line",
    ),
    (
        "(5.28)",
        "With Z = −∇J and D = ∇J² the energy is J + (ε₁/2)|∇J|₁, exactly.",
        "mathematics.adam_energy.lasso_functional",
        _MATHEMATICS + "test_adam_energy.py::test_the_algebra_behind_the_lasso_functional_is_exact",
    ),
    (
        "",
        "The ratio R is near 1 for Algorithm 8, and well below 1 where D is stale.",
        "mathematics.adam_energy.lasso_ratio",
        _MATHEMATICS
        + "test_adam_energy.py::test_ratio_is_near_one_for_algorithm_8_and_well_below_for_a_stale_d",
    ),
    (
        "",
        "Near a minimum R tends to 0: E − J and J become equal on average.",
        "mathematics.adam_energy.lasso_ratio",
        _MATHEMATICS + "test_adam_energy.py::test_ratio_tends_to_zero_and_energies_equalize_near_the_minimum",
    ),
    (
        "",
        "The effective penalty is ε₁ − ε₂: a penalty if β₁ > β₂, an anti-penalty if β₁ < β₂.",
        "mathematics.adam_energy.effective_penalty",
        _MATHEMATICS + "test_adam_energy.py::test_penalty_coefficients",
    ),
    (
        "(5.23), reconstructed",
        "The sign flow is right to first order in ε, the flow with the effective penalty to second.",
        "mathematics.sign_flow.penalized_flow",
        _MATHEMATICS + "test_adam_flow.py::test_error_slopes_of_the_sign_flow_and_of_the_effective_penalty",
    ),
    (
        "",
        "In weight space ADAM is no LASSO: from 0 it finds the solution of least maximum norm.",
        "mathematics.losses.one_equation",
        _MATHEMATICS + "test_adam.py::"
        "test_one_equation_ends_at_the_least_maximum_norm_and_gradient_descent_at_the_least_euclidean",
    ),
    (
        "",
        "The larger β₂, the sharper the end point of the bilinear problem.",
        "mathematics.losses.bilinear",
        _MATHEMATICS + "test_adam.py::test_end_of_the_bilinear_problem_is_sharper_the_larger_beta_2",
    ),
    (
        "",
        "Algorithm 8 learns the handwritten digits.",
        "networks.digits.train",
        "tests/networks/test_digits.py::test_algorithm_8_learns",
    ),
)

claims = tuple(
    Claim("5.2", equation, statement, f"helpers.{code}", test) for equation, statement, code, test in _ROWS
)
