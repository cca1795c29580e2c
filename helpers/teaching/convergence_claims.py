"""The claims of §5.3.2, the convergence theorem."""

from __future__ import annotations

from helpers.teaching.claims import Claim

_MATHEMATICS = "tests/mathematics/"

# equation, statement, code (below helpers), test (file and function)
_ROWS = (
    (
        "(5.30)",
        "The minimizer solves A W = b with the weights on both sides.",
        "mathematics.least_squares.LeastSquares",
        _MATHEMATICS + "test_least_squares.py::test_minimizer_and_erratum_2_the_weights_belong_on_the_right",
    ),
    (
        "(5.30)",
        "If the data do not span, the limit is the minimum-norm solution plus the kernel part of the start.",
        "mathematics.least_squares.LeastSquares",
        _MATHEMATICS + "test_epochs.py::test_minimum_norm_limit_when_the_data_do_not_span",
    ),
    (
        "(5.31)",
        "Both halves of (5.31) and square summability, decided for each family of steps.",
        "mathematics.time_steps.verdict",
        _MATHEMATICS + "test_time_steps.py::test_verdicts_agree_with_condensation",
    ),
    (
        "",
        "The driver computes what the plain loop does, for every scheme and sampling.",
        "mathematics.epochs.Driver",
        _MATHEMATICS + "test_epochs.py::test_against_the_plain_loop",
    ),
    (
        "Theorem 5.3.1",
        "The bounds (i) and (ii) of one epoch hold for any partition.",
        "mathematics.theorem.drift_bound",
        _MATHEMATICS + "test_theorem.py::test_the_two_bounds_of_the_proof",
    ),
    (
        "Theorem 5.3.1",
        "Without a partition, bound (ii) fails.",
        "mathematics.theorem.drift_bound",
        _MATHEMATICS + "test_theorem.py::test_without_a_partition_the_second_bound_fails",
    ),
    (
        "Theorem 5.3.1",
        "The proven bound holds along whole schedules.",
        "mathematics.theorem.proven_bound",
        _MATHEMATICS + "test_theorem.py::test_the_proven_bound_holds_along_a_schedule",
    ),
    (
        "Theorem 5.3.1",
        "The bound tends to 0 under (5.31), and not otherwise.",
        "mathematics.theorem.proven_bound",
        _MATHEMATICS + "test_theorem.py::test_the_bound_tends_to_zero_under_531_and_not_otherwise",
    ),
    (
        "(5.31)",
        "Steps 1/log(k+3), not square-summable, converge.",
        "mathematics.time_steps.InverseLogarithm",
        _MATHEMATICS + "test_epochs.py::test_theorem_for_logarithmic_steps",
    ),
    (
        "",
        "In fixed order the error over the step tends to the inverse of A times the drift.",
        "mathematics.theorem.ratio_limit",
        _MATHEMATICS + "test_theorem.py::test_limit_of_the_error_over_the_step",
    ),
    (
        "",
        "The error falls like the powers 1, 3/2 and 1/2 of the step, by scheme and sampling.",
        "mathematics.theorem.orders",
        _MATHEMATICS + "test_theorem.py::test_error_against_the_step",
    ),
    (
        "",
        "A finite sum of the steps stalls: 2/π for Euler, e^(−π²/24) for exact flows.",
        "mathematics.theorem.stall_factor",
        _MATHEMATICS + "test_theorem.py::test_stall_constants",
    ),
    (
        "",
        "One batch diverges past 2/‖A‖.",
        "mathematics.epochs.Driver",
        _MATHEMATICS + "test_theorem.py::test_constant_step_past_two_over_the_norm_diverges",
    ),
    (
        "",
        "Read to the letter, the printed loop converges to the minimizer of J − J¹.",
        "mathematics.splitting.printed_epoch",
        _MATHEMATICS + "test_splitting.py::test_erratum_1_the_loop_to_the_letter_forgets_the_first_batch",
    ),
    (
        "",
        "The printed sums of the last step do not bound; the corrected ones do.",
        "mathematics.theorem.sum_bounds",
        _MATHEMATICS + "test_theorem.py::test_errata_13_and_14",
    ),
    (
        "(5.26), reconstructed",
        "ADAM over batches with fixed β₁, β₂ ends at its closed-form limit, not at the minimizer.",
        "mathematics.stochastic_adam.cyclic_limit",
        _MATHEMATICS + "test_stochastic_adam.py::test_the_recursion_reaches_the_closed_form",
    ),
    (
        "(5.26), reconstructed",
        "That limit depends on the order of the batches.",
        "mathematics.stochastic_adam.cyclic_limit",
        _MATHEMATICS + "test_stochastic_adam.py::test_the_limit_depends_on_the_order_of_the_batches",
    ),
    (
        "(5.26), reconstructed",
        "With fixed ε₁, ε₂ the bias is of second order in the step.",
        "mathematics.stochastic_adam.fixed_memory_limit",
        _MATHEMATICS + "test_stochastic_adam.py::test_fixed_memories_have_a_bias_of_second_order",
    ),
    (
        "",
        "The instrument's verdict is right for each of its presets.",
        "panels.convergence_theorem.Instrument",
        "tests/panels/test_convergence_panels.py::test_each_preset_says_what_happens",
    ),
)

claims = tuple(
    Claim("5.3.2", equation, statement, f"helpers.{code}", test) for equation, statement, code, test in _ROWS
)
