"""The claims of §5.3.1, batches as splitting."""

from __future__ import annotations

from helpers.teaching.claims import Claim

_SPLITTING, _STATIONARY = "tests/mathematics/test_splitting.py::", "tests/mathematics/test_stationary.py::"
_PANELS = "tests/panels/test_splitting_panels.py::"

# equation, statement, code (below helpers), test (file and function)
_ROWS = (
    (
        "",
        "A partition visits each datum exactly once an epoch, whatever p and the sampling.",
        "mathematics.partitions.Partitions",
        "tests/mathematics/test_partitions.py::test_a_partition_visits_each_datum_exactly_once_an_epoch",
    ),
    (
        "(5.29), reconstructed",
        "The sub-steps in sequence are one affine map, for every scheme and p.",
        "mathematics.splitting.epoch_map",
        _SPLITTING + "test_substeps_and_affine_map",
    ),
    (
        "(5.29), reconstructed",
        "The exact flow of a batch is that of the matrix exponential, also for singular A_r.",
        "mathematics.least_squares.flow_map",
        "tests/mathematics/test_least_squares.py::test_exact_flow_against_expm",
    ),
    (
        "",
        "p = 1 is the steepest gradient method, or the exact flow.",
        "mathematics.splitting.substeps",
        _SPLITTING + "test_one_batch_is_steepest_descent_or_the_flow",
    ),
    (
        "",
        "One epoch moves the minimizer by O(Δt²), Strang with exact flows by O(Δt³).",
        "mathematics.splitting.drift",
        _SPLITTING + "test_drift_at_the_minimizer",
    ),
    (
        "",
        "The commutators of the A_r are the term of order Δt² in the product of the exponentials.",
        "mathematics.splitting.commutator_sum",
        _SPLITTING + "test_commutator_explains_the_product_of_exponentials",
    ),
    (
        "",
        "The error of one epoch over Δt² tends to the predicted constant, from any start.",
        "panels.splitting_error.splitting_errors",
        _PANELS + "test_the_error_of_one_epoch_against_a_plain_composition",
    ),
    (
        "",
        "At a constant Δt bias and spread vanish with the powers of the table.",
        "mathematics.stationary.EpochLaw",
        _STATIONARY + "test_the_orders_are_those_of_the_table",
    ),
    (
        "",
        "The moment equations give the mean and the spread of simulated runs.",
        "mathematics.stationary.EpochLaw.stationary",
        _STATIONARY + "test_the_moment_equations_against_simulated_runs",
    ),
    (
        "",
        "Inside an epoch W is away from W* by Δt times a partial sum of gradients.",
        "mathematics.splitting.batch_gradients",
        _SPLITTING + "test_inside_an_epoch_the_partial_gradients_show",
    ),
    (
        "",
        "Explicit Euler is stable in any order below 2/max‖A_r‖.",
        "mathematics.splitting.euler_stability_limit",
        _SPLITTING + "test_stability_limit_holds_for_any_order",
    ),
    (
        "",
        "Read to the letter, r = 2..p, the loop on fixed batches ends at the minimizer of J − J¹.",
        "mathematics.splitting.printed_epoch",
        _SPLITTING + "test_erratum_1_the_loop_to_the_letter_forgets_the_first_batch",
    ),
    (
        "",
        "Keras' fit(shuffle=True) is this loop, step for step.",
        "networks.shuffled_fit.shuffled_fit",
        "tests/networks/test_shuffled_fit.py::test_agrees_step_for_step",
    ),
)

claims = tuple(
    Claim("5.3.1", equation, statement, f"helpers.{code}", test) for equation, statement, code, test in _ROWS
)
