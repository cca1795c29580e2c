"""The claims of §5.3.1, batches as splitting."""

CLAIMS = """
- A partition visits each datum exactly once an epoch: all samplings but that with replacement.
> mathematics.partitions.Partitions | test_a_partition_visits_each_datum_exactly_once_an_epoch
- (5.29), reconstructed | The sub-steps in sequence are one affine map, for the four schemes.
> mathematics.splitting.epoch_map | test_substeps_and_affine_map
- (5.29), reconstructed | The exact flow of a batch is that of the matrix exponential, also for singular Aᵣ.
> mathematics.least_squares.flow_map | test_exact_flow_against_expm
- One epoch of exact flows is the ordered product with Aₖˢ, not with the printed Aₖʳ.
> mathematics.splitting.epoch | test_erratum_7_each_factor_has_its_own_matrix
- p = 1 is the steepest gradient method, or the exact flow.
> mathematics.splitting.substeps | test_one_batch_is_steepest_descent_or_the_flow
- One epoch moves the minimizer by O(Δt²), Strang with exact flows by O(Δt³).
> mathematics.splitting.drift | test_drift_at_the_minimizer
- From W₀ the local orders are 2, 2, 2, 3; the global ones 1, 1, 1, 2, reshuffled 1, 3/2, 1, 2.
> mathematics.splitting_errors.splitting_errors | test_the_orders_local_and_global
- The error over its power of Δt tends to the predicted constant, local and global.
> mathematics.splitting_errors.SplittingErrors | test_the_predicted_limits
- The commutators of the Aᵣ are the term of order Δt² in the product of the exponentials.
> mathematics.splitting.commutator_sum | test_commutator_explains_the_product_of_exponentials
- Of six data sets exact flows err wherever some flows do not commute, and there alone.
> mathematics.splitting_errors.splitting_errors | test_flows_that_commute_err_nowhere_and_others_do
- For logistic regression the same orders hold, with second derivatives in place of the Aᵣ.
> mathematics.logistic.Logistic | test_the_local_order_and_its_constant
- At a constant Δt bias and spread vanish with the powers of the table, for p = 2, 4 and 16.
> mathematics.stationary.EpochLaw | test_the_orders_are_those_of_the_table
- The moment equations give the mean and the spread of simulated runs.
> mathematics.stationary.EpochLaw.stationary | test_the_moment_equations_against_simulated_runs
- The bias over Δt tends to A⁻¹ times the mean drift constant.
> mathematics.splitting.leading_bias | mathematics/test_stationary.py::test_the_leading_bias
- With replacement Euler has no bias.
> mathematics.splitting.epoch_map | test_with_replacement_euler_has_no_bias
- In a fixed order W is inside an epoch away from W* by Δt times δ less a partial sum of gradients.
> mathematics.splitting.batch_gradients | test_inside_an_epoch_the_partial_gradients_show
- Of Lie splittings the end of an epoch is much closer only with exact flows and fresh batches.
> mathematics.stationary.EpochLaw.inside | test_only_exact_flows_on_fresh_batches_end_closer
- Explicit Euler is stable in any order below 2/max‖Aᵣ‖.
> mathematics.splitting.euler_stability_limit | test_stability_limit_holds_for_any_order
- Halving the batches never lowers the largest stable Δt, and never raises B Δt.
> mathematics.splitting.batch_systems | test_small_batches_allow_larger_steps_and_smaller_learning_rates
- A last smaller batch, averaged as in Keras, lowers the spread's exponent from 3/2 to 1/2.
> mathematics.stationary.EpochLaw | test_a_smaller_last_batch_costs_the_exponent
- Read to the letter, r = 2..p, the loop on fixed batches ends at the minimizer of J − J¹.
> mathematics.splitting.printed_epoch | test_erratum_1_the_loop_to_the_letter_forgets_the_first_batch
- The two literal readings of the loop, with batches that stay or alternate, end where they should.
> mathematics.one_epoch.one_epoch | test_where_the_printed_loop_goes_while_the_batches_stay
- On fresh batches both readings are right in the mean to first order, with a spread of order 1/2.
> mathematics.stationary.EpochLaw | test_the_printed_loop_on_fresh_batches_is_right_in_the_mean_only
- Keras' fit(shuffle=True) is this loop on the batches it draws, step for step.
> networks.shuffled_fit.shuffled_fit | test_agrees_step_for_step
- learning_rate = n B Δt; a last smaller batch, averaged, makes a longer step.
> networks.shuffled_fit.ShuffledFit | test_time_steps_of_a_smaller_last_batch
- Under a global seed one call of fit draws the same order at each epoch.
> networks.shuffled_fit.shuffled_fit | test_a_seed_of_tensorflow_freezes_the_order_of_a_plain_fit
"""
