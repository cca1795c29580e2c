"""The claims of §5.4, initialization."""

from __future__ import annotations

from helpers.teaching.claims import Claim

_PERCEPTRON = "tests/mathematics/test_perceptron.py::"
_PROPAGATION = "tests/mathematics/test_signal_propagation.py::"

# statement, code (below helpers), test (file and function); §5.4 has no numbered equation
_ROWS = (
    (
        "On least squares, gradient descent and conjugate gradient from 0 reach the minimum-norm solution …",
        "mathematics.conjugate_gradient.conjugate_gradient",
        "tests/mathematics/test_conjugate_gradient.py::test_from_zero_the_minimum_norm_solution",
    ),
    (
        "… and from elsewhere keep the kernel part of the start.",
        "mathematics.conjugate_gradient.kernel_part",
        "tests/mathematics/test_conjugate_gradient.py::"
        "test_from_elsewhere_the_kernel_part_of_the_start_remains",
    ),
    (
        "From zero, a tanh or ReLU network moves only its last bias, whatever the optimizer.",
        "mathematics.perceptron.train",
        _PERCEPTRON + "test_from_zero_only_the_last_bias_moves",
    ),
    (
        "It ends at the variance of y, 10/21 for sin πx on 21 points.",
        "mathematics.perceptron.zero_start_loss",
        _PERCEPTRON + "test_from_zero_the_loss_ends_at_the_variance",
    ),
    (
        "Identical neurons stay identical under any batches and optimizers.",
        "mathematics.perceptron.neuron_spread",
        _PERCEPTRON + "test_identical_neurons_stay_identical_under_any_batches",
    ),
    (
        "It is enough that each datum's gradient commutes with the exchange of twins.",
        "mathematics.perceptron.prove_symmetry",
        _PERCEPTRON + "test_proof_of_symmetry",
    ),
    (
        "Noise frees the neurons.",
        "mathematics.perceptron.twins",
        _PERCEPTRON + "test_noise_frees_the_neurons",
    ),
    (
        "W₂ = 0 alone, with W₁ random, is no trap.",
        "mathematics.perceptron.perceptron",
        _PERCEPTRON + "test_output_weights_zero_alone_is_no_trap",
    ),
    (
        "A linear layer multiplies the mean square by σ_w², a ReLU layer by σ_w²/2.",
        "mathematics.signal_propagation.iterate_variance",
        _PROPAGATION + "test_linear_and_relu_multiply_by_a_factor",
    ),
    (
        "At σ_w = 1, tanh decays like 1/(2l).",
        "mathematics.signal_propagation.predict",
        _PROPAGATION + "test_numbers_of_tanh_at_unit_gain",
    ),
    (
        "He's 2/n_in keeps the mean square through ReLU layers, Glorot's law does not.",
        "mathematics.signal_propagation.sampling_law",
        _PROPAGATION + "test_he_keeps_relu_and_glorot_does_not",
    ),
    (
        "The gradient goes back by the factor σ_w² E φ'².",
        "mathematics.signal_propagation.mean_square_slope",
        _PROPAGATION + "test_backward_recursion_is_the_product_of_the_slopes",
    ),
    (
        "Networks of width 512 follow the recursions.",
        "mathematics.sampled_network.measure",
        "tests/mathematics/test_sampled_network.py::test_measured_follows_predicted",
    ),
    (
        "Our laws are those of Keras' initializers, truncation included.",
        "mathematics.initialization.initialize",
        "tests/networks/test_initialization_peers.py::test_same_law",
    ),
    (
        "Ten layers from zeros never learn the digits: only the last bias moves.",
        "networks.initializer_study.study",
        "tests/networks/test_initializer_study.py::test_from_zeros_only_the_last_bias_moves",
    ),
)

claims = tuple(Claim("5.4", "", statement, f"helpers.{code}", test) for statement, code, test in _ROWS)
