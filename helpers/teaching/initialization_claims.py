"""The claims of §5.4, initialization."""

CLAIMS = """
- Least squares from 0: gradient descent and conjugate gradient reach the solution of least norm …
> mathematics.conjugate_gradient.conjugate_gradient | test_from_zero_the_minimum_norm_solution
- … and from elsewhere that solution plus the kernel part of the start, which stays.
> mathematics.conjugate_gradient.kernel_part | test_from_elsewhere_the_kernel_part_of_the_start_remains
- Where A > 0 the start does not change the limit.
> mathematics.conjugate_gradient.conjugate_gradient | test_for_positive_A_the_start_does_not_change_the_limit
- SciPy's conjugate gradient starts from 0 when nothing is said.
> mathematics.conjugate_gradient.conjugate_gradient |
  test_scipy_starts_conjugate_gradient_from_zero_when_nothing_is_said
- Least squares has symmetries too; it is convex, and from 0 it reaches its minimum all the same.
> mathematics.conjugate_gradient.gradient_descent |
  test_least_squares_has_symmetries_too_and_convexity_makes_them_harmless
- From zero, a tanh or ReLU network moves only its last bias, under gradient descent and ADAM.
> mathematics.perceptron.train | test_from_zero_only_the_last_bias_moves
- The best it reaches is the variance of y, 10/21 for sin πx on 21 points.
> mathematics.perceptron.zero_start_loss | test_from_zero_the_loss_ends_at_the_variance
- For tanh, zero is a saddle: the eigenvalues there are ±2/N Σ x y, 0, and 2.
> mathematics.perceptron.Perceptron | test_zero_is_a_saddle_of_the_network
- From zero, the sigmoid's neurons leave, all together.
> mathematics.perceptron.train | test_from_zero_the_sigmoid_moves_but_stays_symmetric
- Identical neurons stay identical under gradient descent and ADAM's three forms, random batches …
> mathematics.perceptron.train | test_identical_neurons_stay_identical_under_any_batches
- … and with any: each datum's gradient commutes with the exchange of twins.
> mathematics.symmetry.prove_symmetry | test_proof_of_symmetry
- Coordinate descent, noise in the gradient and unequal memories tell twins apart.
> mathematics.symmetry.twins |
  mathematics/test_perceptron.py::test_coordinate_descent_gradient_noise_and_unequal_memories_free_twins
- tanh has a second symmetry, (w, b, v) → (−w, −b, −v): mirror images stay mirror images.
> mathematics.symmetry.mirror_neurons | mathematics/test_perceptron.py::test_mirror_images_stay_mirror_images
- Noise frees the neurons.
> mathematics.perceptron.start_of | test_noise_frees_the_neurons
- A power of ten less of it costs ln 10/(|μ| Δt) epochs, μ the trapped state's lowest eigenvalue.
> mathematics.perceptron.train | test_noise_grows_exponentially_from_the_symmetric_saddle
- W₂ = 0 alone, with W₁ random, is no trap.
> mathematics.perceptron.start_of | test_output_weights_zero_alone_is_no_trap
- A linear layer multiplies the mean square by σ_w², a ReLU layer by σ_w²/2.
> mathematics.signal_propagation.predict | test_linear_and_relu_multiply_by_a_factor
- E φ² is the mean square of the activations, not their variance: ReLU has a mean.
> mathematics.signal_propagation.mean_square |
  test_activations_of_relu_and_sigmoid_have_a_mean_so_that_mean_square_is_not_variance
- At σ_w = 1, tanh decays like 1/(2l).
> mathematics.signal_propagation.predict | test_numbers_of_tanh_at_unit_gain
- He's 2/n_in keeps the mean square through ReLU layers, Glorot's law does not.
> mathematics.initialization.weight_gain |
  mathematics/test_signal_propagation.py::test_he_keeps_relu_and_glorot_does_not
- The gradient's mean square goes back by the factor σ_w² E φ'² …
> mathematics.signal_propagation.mean_square_slope | test_backward_recursion_is_the_product_of_the_slopes
- … and n_out/n_in times that where widths differ.
> mathematics.initialization.initialize |
  mathematics/test_signal_propagation.py::test_backward_through_unequal_widths_has_the_factor_n_out_over_n_in
- tanh never explodes forward; its gradients do, for σ_w > 1 and enough layers.
> mathematics.signal_propagation.Fate | test_tanh_never_explodes_forward_but_backward
- A factor 1000 is lost after as many layers by the cell, the panel and the exercise.
> mathematics.signal_propagation.depth_of_factor | test_one_definition_of_the_depth_at_which_a_factor_is_lost
- Ten networks of width 512 follow the recursions through twenty layers.
> mathematics.sampled_network.measure |
  test_ten_networks_of_width_512_follow_the_recursions_through_twenty_layers
- Narrow and deep ones do not: ln of the mean square has the mean −vl/2n and the deviation √(vl/n) …
> mathematics.signal_propagation.log_fluctuation |
  mathematics/test_sampled_network.py::test_logarithm_of_the_mean_square_fluctuates_as_said
- … while the mean square itself keeps the predicted mean.
> mathematics.sampled_network.measure | test_the_mean_square_itself_has_the_predicted_mean_at_any_width
- Our laws are those of Keras' initializers, truncation included.
> mathematics.initialization.initialize | networks/test_initialization_peers.py::test_same_law
- Keras' normal laws are cut at 2σ, and σ is widened by 1/0.8796.
> mathematics.initialization.limit | networks/test_initialization_peers.py::test_variance_and_limit
- Keras' Dense starts from glorot_uniform and biases 0.
> mathematics.initialization.variance | networks/test_initialization_peers.py::test_dense_starts_as_we_say
- Ten layers from zeros never learn the digits: only the last bias moves.
> networks.initializer_study.study | test_ten_layers_from_zeros_move_only_the_last_bias
- At the learning rate 0.05 He is ahead of Glorot, for ReLU and for tanh …
> networks.initializer_study.study | test_he_is_ahead_of_glorot_at_the_learning_rate_of_the_notebook
- … and at 0.4 tanh learns from Glorot's law and not from He's.
> networks.initializer_study.DeepClassifier |
  test_at_eight_times_the_rate_tanh_learns_from_glorot_and_not_from_he
"""
