"""The claims of §5.3.2, the convergence theorem."""

CLAIMS = """
- (5.30) | The minimizer solves A W = b with the weights on both sides; printed without them it does not
  (erratum 2).
> mathematics.least_squares.LeastSquares | test_minimizer_and_erratum_2_the_weights_belong_on_the_right
- (5.30) | The gradient is 2 Σ αᵢ (…), twice the printed A(W − W*) (erratum 3).
> mathematics.least_squares.LeastSquares | mathematics/test_errata.py::test_erratum_3_the_factor_2
- Lemma 1.2.1, reconstructed | With a bias the (xᵢ, 1) must span; else the flow ends at the minimum-norm
  solution plus the kernel part of the start.
> mathematics.least_squares.LeastSquares | mathematics/test_errata.py::test_lemma_with_a_bias
- If the data do not span, the limit of the scheme is the minimum-norm solution plus the kernel part of the
  start.
> mathematics.epochs.Driver | test_minimum_norm_limit_when_the_data_do_not_span
- (5.31) | Both halves of (5.31) and square summability, decided for each family of steps.
> mathematics.time_steps.verdict | test_verdicts_agree_with_condensation
- The driver computes what the plain loop does, for all schemes and samplings.
> mathematics.epochs.Driver | test_against_the_plain_loop
- Theorem 5.3.1 | The displayed formulas of M and q are the epoch, for Euler and for exact flows.
> mathematics.theorem.error_map_formula | test_the_displayed_formulas_are_the_epoch
- Theorem 5.3.1 | The coefficients of the series of M are at most Lʲ/j!.
> mathematics.theorem.epoch_series | test_the_series_of_an_epoch
- Theorem 5.3.1 | The bounds (i) and (ii) of one epoch hold for random partitions of random data, of deficient
  rank and with a bias, and nothing leaves the range of A.
> mathematics.theorem.drift_bound | test_the_two_bounds_of_the_proof
- Theorem 5.3.1 | Without a partition, bound (ii) fails.
> mathematics.theorem.drift_bound | test_without_a_partition_the_second_bound_fails
- Theorem 5.3.1 | The proven bound holds along whole schedules.
> mathematics.theorem.proven_bound | test_the_proven_bound_holds_along_a_schedule
- Theorem 5.3.1 | k₀ is the first epoch from which all steps are small, and the bound up to it does not know
  the batches; steps that are not monotone, data that do not span.
> mathematics.theorem.growth_bound | test_the_bounds_along_steps_that_are_not_monotone
- Theorem 5.3.1 | Each inequality of the last limit holds, on random steps.
> mathematics.decaying_sums.decaying_sums | test_each_inequality_of_the_corrected_chain
- (5.31) | The last bound tends to 0 under (5.31), and not for two schedules that break it.
> mathematics.decaying_sums.decaying_sums | test_the_last_bound_tends_to_zero_under_531_and_not_otherwise
- (5.31) | Steps 1/log(k+3), not square-summable, converge with a partition.
> mathematics.time_steps.InverseLogarithm | mathematics/test_epochs.py::test_theorem_for_logarithmic_steps
- With independent noise and c/log k the excursions grow back towards √c·σ, while the root mean square falls.
> mathematics.excursions.gaussian_excursions | test_excursions_return_while_the_mean_square_tends_to_0
- With a partition the largest excursions fall with the step.
> mathematics.excursions.excursions | test_with_a_partition_the_excursions_tend_to_0
- In several dimensions their shape is that of the stationary covariance.
> mathematics.excursions.excursion_shape | test_the_shape_of_the_excursions_is_the_stationary_covariance
- In fixed order the error over the step tends to the inverse of A times the drift.
> mathematics.theorem.ratio_limit | test_limit_of_the_error_over_the_step
- The error falls like the powers 1, 3/2 and 1/2 of the step, by scheme and sampling.
> mathematics.theorem.orders | test_error_against_the_step
- At a = 1 it falls like k^(−min(cλ, s)), by scheme and sampling.
> mathematics.theorem.rate | test_rate_of_harmonic_steps
- A finite sum of the steps stalls: 2/π for Euler, e^(−π²/24) for exact flows.
> mathematics.theorem.stall_factor | test_stall_constants
- One batch with Euler diverges past 2/‖A‖.
> mathematics.epochs.Driver | mathematics/test_theorem.py::test_constant_step_past_two_over_the_norm_diverges
- The printed loop has two literal readings, with the minimizers of J − J¹ and of Jᵖ (erratum 1).
> mathematics.splitting.printed_epoch | mathematics/test_errata.py::test_erratum_1_two_literal_readings
- (5.29), reconstructed | The flow of a batch does not depend on the choice of its minimizer (erratum 4);
  their sum of Aᵣ Wᵣ is A W* (erratum 8).
> mathematics.least_squares.exact_flow |
  mathematics/test_errata.py::test_errata_4_and_8_minimizers_of_the_batches
- ‖I − ΔtA‖ = 1 − λΔt only up to 2/(λ+‖A‖) (erratum 11).
> mathematics.theorem.error_map | test_erratum_11_equality_only_for_small_steps
- The printed sums of the last step do not bound; with s mended alone they still do not; the corrected ones do
  (errata 12 to 14).
> mathematics.decaying_sums.decaying_sums | test_errata_12_to_14
- (5.26), reconstructed | ADAM over batches in cyclic order with fixed β₁, β₂ ends at its closed-form limit,
  not at the minimizer.
> mathematics.stochastic_adam.cyclic_limit | test_the_recursion_reaches_the_closed_form
- (5.26), reconstructed | Reshuffled and with replacement it ends elsewhere: 0.81228 and 0.69831 for (0, 0.6).
> mathematics.random_order.random_limit | test_values
- (5.26), reconstructed | The cyclic limit depends on the order of the batches.
> mathematics.stochastic_adam.cyclic_limit | test_the_limit_depends_on_the_order_of_the_batches
- (5.26), reconstructed | With fixed ε₁, ε₂ the bias is of order 2 for cyclic and reshuffled batches, 1 with
  replacement.
> mathematics.random_order.fixed_memory_bias | test_the_order_of_the_bias_with_fixed_memories
- The instrument's verdict agrees with what the runs did, over its controls.
> panels.convergence_theorem.Instrument |
  panels/test_convergence_panels.py::test_the_sentence_is_true_wherever_the_controls_stand
"""
