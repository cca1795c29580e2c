"""The claims of §5.2, ADAM as an asymptotic LASSO."""

CLAIMS = """
- (5.26), reconstructed | Algorithm 8's recursion, the paper's and Keras', each by its own formula.
> mathematics.adam.adam | test_recursion_is_the_formula
- Epsilon has another weight in Keras than in the paper: a gradient of 10⁻⁸ tells them apart.
> mathematics.adam.adam_step | test_one_tiny_gradient_tells_keras_from_the_paper
- The Keras form is what Keras computes.
> networks.keras_adam.path | test_keras_form_is_keras_in_float64
- (5.23), reconstructed | As Δt tends to 0 the recursion follows the flow, with an error of first order.
> mathematics.adam_flow.integrate | test_recursion_follows_the_flow_to_first_order
- (5.28) | With Z = −∇J and D = ∇J² the energy is J + (ε₁/2)|∇J|₁, exactly.
> mathematics.adam_energy.lasso_functional | test_the_algebra_behind_the_lasso_functional_is_exact
- The tendency: for J = w²/2 far from the minimum Z lags behind −∇J by ε₁ and D behind ∇J² by ε₂, to first
  order.
> mathematics.tendency.tendency | test_errors_far_from_the_minimum_are_of_first_order
- Near the minimum of J = w²/2 Z averages ∇J away, and R falls like the square of |Z|/|∇J|.
> mathematics.adam_energy.energy |
  mathematics/test_tendency.py::test_near_the_minimum_z_loses_the_gradient_and_so_r_tends_to_zero
- (5.24), reconstructed | The rate of the energy is that of the exact identity, at random states of three
  losses.
> mathematics.adam_energy.energy_rate | test_energy_identity_holds_on_random_states_to_rounding
- Along the ODE the energy never rises if 1 − β₂ ≤ 4(1 − β₁) …
> mathematics.adam_energy.energy_condition | test_energy_never_rises_inside_the_condition
- … and can rise beyond.
> mathematics.adam_energy.energy_condition | test_energy_can_rise_beyond_the_condition
- Algorithm 8's (β₁, β₂) = (0.9, 0.6) lies on that line, for β = 1 − Δt/ε.
> mathematics.adam_energy.energy_verdict | test_algorithm_8_lies_on_the_line
- Near the minimum of J = w²/2 the energy decays at the averaged rate, up to ε₁ = 6ε₂ …
> mathematics.adam_energy.averaged_decay | test_energy_decays_at_the_averaged_rate
- … and settles on a limit cycle at ε₁ = 12ε₂, where averaging predicts one from 8ε₂ on.
> mathematics.adam_energy.averaged_decay | test_limit_cycle_past_eight
- R where J = w²/2 has halved, from w = 2: it depends on β₂, on the start and on Δt.
> mathematics.adam_course.ratios | test_ratio_halfway_depends_on_start_and_step
- In one dimension R = (1 + ε₁/|g|)²/(1 + ε₂/|g|) up to O(ε²), for J = w²/2 from full memories.
> mathematics.adam_energy.lasso_ratio_expansion | test_ratio_in_one_dimension_follows_its_expansion
- The coefficient ε₁ − ε₂ is +7.5 Δt, 0 and −990 Δt at β₁ = 0.9, β₂ = 0.6, 0.9 and 0.999.
> mathematics.adam_energy.effective_penalty | test_penalty_coefficients
- (5.23), reconstructed | The sign flow is right to first order in ε, the flow with the effective penalty to
  second.
> mathematics.sign_flow.penalized_flow |
  mathematics/test_adam_flow.py::test_error_slopes_of_the_sign_flow_and_of_the_effective_penalty
- On the bilinear problem the end is sharper at β₂ = 0.999 and flatter at 0.6 than at 0.9, for β₁ = 0.9.
> mathematics.flat_minima.end_point | test_three_end_points
- Of 476 pairs of memories 34 end on the other side than the sign of ε₁ − ε₂ says, all short, none by more
  than 0.025.
> mathematics.flat_minima.excess_on_the_grid | test_on_the_grid_nothing_decided_contradicts_the_sign
- At (0.9, 0.6) the law has the right sign and half of the size; at (0.9, 0.999) it begins uphill.
> mathematics.sign_flow.penalized_flow | mathematics/test_flat_minima.py::test_the_law_outside_its_validity
- For one equation, from 0, ADAM finds the solution of least maximum norm, gradient descent that of least ℓ₂.
> mathematics.losses.one_equation |
  mathematics/test_adam.py::
  test_one_equation_ends_at_the_least_maximum_norm_and_gradient_descent_at_the_least_euclidean
- For several equations ADAM misses the least maximum norm by more than a tenth, on twelve sparse problems.
> mathematics.adam.adam | test_with_more_equations_adam_misses_the_least_maximum_norm
- ADAM is denser than gradient descent, on four sparse regressions.
> mathematics.adam.adam | test_on_sparse_regression_adam_is_denser_than_gradient_descent
- Algorithm 8 learns the handwritten digits.
> networks.digits.train | test_algorithm_8_learns
- (5.28) | With one batch the measured energy of Keras' run is that of the recursion.
> networks.adam_energy.record | test_with_one_batch_it_is_the_energy_of_the_recursion
- With batches and long memories the penalty is the weighted ℓ² norm, no longer |∇J|₁.
> networks.adam_energy.record | test_with_batches_and_long_memories_the_penalty_is_a_weighted_l2_norm
"""
