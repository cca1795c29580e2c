"""Starts from which a hidden layer cannot learn, starts from which it can, and why batches do not matter."""

import numpy as np
import pytest

from helpers.mathematics.adam import adam_step
from helpers.mathematics.partitions import SAMPLINGS, Partitions
from helpers.mathematics.perceptron import (
    ADAM,
    DESCENT,
    EPOCHS,
    OUTPUT_ZERO,
    Perceptron,
    sine_data,
    start_of,
    train,
    trap,
    zero_start_loss,
)
from helpers.mathematics.symmetry import SYMMETRY_TOLERANCE, mirror_neurons, neuron_spread, twins

X, Y = sine_data()
OPTIMIZERS = [
    {"optimizer": "gradient descent", "step": 0.1},
    {"optimizer": "adam", "form": "keras", "step": 0.02},
    {"optimizer": "adam", "form": "paper", "step": 0.02},
    {"optimizer": "adam", "form": "book", "step": 0.02, "beta_1": 0.9, "beta_2": 0.6},
]


def test_variance_of_the_sine_on_21_points():
    # Σ sin²(πk/10), k = -10..10, is 10; np.pi and sums of 21 terms leave a few roundings
    assert zero_start_loss(Y) == pytest.approx(10 / 21, abs=1e-15)


@pytest.mark.parametrize("options", OPTIMIZERS)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("batches", [1, 4])
def test_from_zero_only_the_last_bias_moves(activation, options, batches):
    net = Perceptron(12, activation=activation)
    run = train(net, np.zeros(net.size), X, Y + 0.3, **options, epochs=40, batches=batches)
    assert not run.theta[..., :-1].any() and run.theta[-1, -1] != 0


def test_from_zero_the_loss_ends_at_the_variance():
    net = Perceptron(12)
    run = train(net, np.zeros(net.size), X, Y + 0.3, step=0.1, epochs=200)
    # the distance of b_2 to the mean falls by 1 - 2Δt = 0.8 an epoch: 0.8^200 is below rounding
    assert run.theta[-1, -1] == pytest.approx(0.3, abs=1e-14)
    assert run.loss[-1] == pytest.approx(10 / 21, abs=1e-14)
    assert run.loss[1] == pytest.approx(10 / 21 + 0.3**2 * 0.8**2, abs=1e-14)


def test_from_zero_the_sigmoid_moves_but_stays_symmetric():
    net = Perceptron(12, activation="sigmoid")  # σ(0) = 1/2: W_2 has a gradient
    run = train(net, np.zeros(net.size), X, Y, optimizer="adam", step=0.02, epochs=300, batches=4)
    assert run.loss[-1] < 0.3 and np.all(run.spread <= SYMMETRY_TOLERANCE)


@pytest.mark.parametrize("options", OPTIMIZERS)
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "linear"])
def test_identical_neurons_stay_identical_under_any_batches(activation, options):
    net = Perceptron(30, activation=activation)
    start = np.full(net.size, 0.4)
    for sampling in ("reshuffled", "with replacement"):
        run = train(net, start, X, Y, **options, epochs=60, batches=7, sampling=sampling, seed=3)
        assert run.spread.shape == (61,)
        assert run.spread.max() <= SYMMETRY_TOLERANCE
        assert np.abs(run.incoming - run.incoming[0]).max() > 0.01  # they do move, together


def test_two_kinds_of_neurons_remain_two():
    net = Perceptron(10)
    hidden = np.repeat([[0.3], [-0.7]], 5, axis=0), np.repeat([0.1, 0.2], 5)
    start = net.flatten([hidden, (np.full((1, 10), 0.5), [0.0])])
    run = train(net, start, X, Y, optimizer="adam", step=0.02, epochs=100, batches=4)
    groups = twins(net, run.theta[-1], tolerance=SYMMETRY_TOLERANCE)
    assert [list(group) for group in groups] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


def frozen_at(net, theta, i):
    """∇J with all entries but the i-th set to 0."""
    return np.where(np.arange(net.size) == i, net.gradient(theta, X, Y), 0)


def test_coordinate_descent_gradient_noise_and_unequal_memories_free_twins():
    """What does not treat all coordinates alike, or starts from unequal states, keeps no symmetry."""
    net, rng = Perceptron(8), np.random.default_rng(0)
    start = start_of(net, "constant_noise", 0)
    theta = start.copy()
    for i in range(net.size):  # one sweep of coordinate descent
        theta = theta - 0.1 * frozen_at(net, theta, i)
    assert len(twins(net, theta, tolerance=1e-6)) == 8
    theta = start - 0.1 * (net.gradient(start, X, Y) + 0.01 * rng.normal(size=net.size))
    assert len(twins(net, theta, tolerance=1e-6)) == 8
    options = {"step": 0.02, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "iteration": 1}
    g, zero, unequal = net.gradient(start, X, Y), np.zeros(net.size), 0.01 * rng.random(net.size)
    assert len(twins(net, adam_step("keras", start, zero, zero, g, **options)[0], tolerance=1e-6)) == 1
    assert len(twins(net, adam_step("keras", start, unequal, zero, g, **options)[0], tolerance=1e-6)) == 8


@pytest.mark.parametrize("options", OPTIMIZERS)
def test_mirror_images_stay_mirror_images(options):
    """tanh is odd: (w, b, v) and (-w, -b, -v) add the same to f; eight neurons do the work of one."""
    net = Perceptron(8)
    start = mirror_neurons(net, start_of(net, "constant_noise", 0), [1, 4, 5])
    run = train(net, start, X, Y, **options, epochs=100, batches=7)
    assert len(twins(net, run.theta[-1], tolerance=SYMMETRY_TOLERANCE)) == 2
    assert neuron_spread(net, mirror_neurons(net, run.theta[-1], [1, 4, 5])) <= SYMMETRY_TOLERANCE
    relu = Perceptron(8, activation="relu")
    freed = train(relu, start, X, Y, **options, epochs=100, batches=7)
    assert neuron_spread(relu, mirror_neurons(relu, freed.theta[-1], [1, 4, 5])) > 0.01


def hessian(net, theta, h=1e-5):
    """Central differences of the gradient, (P, P)."""
    shifts = h * np.eye(net.size)
    return (net.gradient(theta + shifts, X, Y) - net.gradient(theta - shifts, X, Y)) / (2 * h)


def test_zero_is_a_saddle_of_the_network():
    """At θ = 0 the second derivatives of J are -2/N Σ x y between w_j and v_j, and 2 for the last bias."""
    net = Perceptron(8)
    values = np.linalg.eigvalsh(hessian(net, np.zeros(net.size)))
    slope = 2 * np.mean(X * Y)
    expected = np.sort([*[-slope] * 8, *[slope] * 8, *[0.0] * 8, 2.0])
    np.testing.assert_allclose(values, expected, atol=1e-8)  # h² and 1e-16/h
    assert net.gradient(np.zeros(net.size), X, Y) == pytest.approx(np.zeros(net.size), abs=1e-15)


def test_noise_grows_exponentially_from_the_symmetric_saddle():
    """ln 10/(|μ| Δt) epochs for each power of ten in σ, with μ the lowest eigenvalue at the trapped state."""
    net, step = Perceptron(8), 0.3
    trapped = train(net, start_of(net, "constant_noise"), X, Y, step=step, epochs=500, every=500).theta[-1]
    lowest = np.linalg.eigvalsh(hessian(net, trapped))[0]
    assert lowest < -0.05
    spent = []
    for sigma in (1e-4, 1e-6, 1e-8):
        start = start_of(net, "constant_noise", sigma, seed=3)
        spent.append(np.argmax(train(net, start, X, Y, step=step, epochs=1000).spread > 0.1))
    # 3 %: the trapped state still drifts, and the eigenvalue with it
    np.testing.assert_allclose(np.diff(spent) / 2, np.log(10) / (-lowest * step), rtol=0.03)


def test_symmetric_states_repel_so_that_roundings_can_free_neurons_where_batches_cannot():
    """ADAM on the sine: differences of 1e-15, of the size of roundings, end as large as the weights."""
    net = Perceptron(20)
    start = net.start("constant", rng=0)
    start = start + 1e-15 * np.random.default_rng(5).normal(size=start.shape)
    run = train(net, start, X, Y, optimizer="adam", step=0.02, epochs=1500, batches=4, every=100)
    assert run.spread[0] < 1e-14 and run.spread[1] <= SYMMETRY_TOLERANCE
    assert run.spread[-1] > 0.1


def test_noise_frees_the_neurons():
    net = Perceptron(20)
    options = {"optimizer": "adam", "step": 0.02, "epochs": 400, "batches": 4}
    trapped = train(net, net.start("constant", rng=0), X, Y, **options)
    freed = train(net, start_of(net, "constant_noise", 0.01), X, Y, **options)
    assert freed.spread[-1] > 30 * freed.spread[0] > 0
    assert freed.loss[-1] < 0.1 * trapped.loss[-1]


def test_output_weights_zero_alone_is_no_trap():
    net = Perceptron(20)
    (w1, b1), (w2, b2) = net.layers(net.start("glorot_uniform", rng=1))
    start = net.flatten([(w1, b1), (0 * w2, b2)])
    run = train(net, start, X, Y, optimizer="adam", step=0.02, epochs=500)
    assert run.loss[0] == pytest.approx(10 / 21) and run.loss[-1] < 0.01
    # and neither is W_1 = 0, b_1 = 0 with W_2 random: the neurons part at the first step
    start = net.flatten([(0 * w1, b1), (w2, b2)])
    assert train(net, start, X, Y, step=0.1, epochs=1).spread[-1] > 0.01


def test_training_against_a_plain_loop():
    net = Perceptron(6)
    start = net.start("glorot_normal", rng=2, runs=3)
    run = train(net, start, X, Y, step=0.1, epochs=5, batches=4, sampling="fixed order")
    adam = train(net, start, X, Y, optimizer="adam", step=0.1, epochs=5, batches=4, sampling="fixed order")
    parts = np.array_split(np.arange(21), 4)
    gd_theta, theta, m, d, k = start, start, 0 * start, 0 * start, 0
    for epoch in range(5):
        for part in parts:
            k += 1
            gd_theta = gd_theta - 0.1 * net.gradient(gd_theta, X[part], Y[part]) * len(part) / 21
            g = net.gradient(theta, X[part], Y[part]) * len(part) / 21
            theta, m, d = adam_step(
                "keras", theta, m, d, g, step=0.1, beta_1=0.9, beta_2=0.999, epsilon=1e-7, iteration=k
            )
        np.testing.assert_allclose(run.theta[epoch + 1], gd_theta, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(adam.theta[epoch + 1], theta, rtol=1e-9, atol=1e-10)  # 0.1 m/√d amplifies
    np.testing.assert_allclose(run.loss[-1], net.loss(run.theta[-1], X, Y), rtol=1e-13)
    assert run.incoming.shape == (6, 3, 6, 2)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("batches", [1, 4])
def test_every_sampling_visits_the_batches_of_partitions(sampling, batches):
    net = Perceptron(4)
    theta = net.start("glorot_normal", rng=2)
    run = train(net, theta, X, Y, step=0.1, epochs=6, batches=batches, sampling=sampling, seed=9)
    partitions = Partitions(21, batches, sampling, 1, 9)
    for epoch in range(6):
        for part in partitions.batches(epoch):
            theta = theta - 0.1 * net.gradient(theta, X[part], Y[part]) * len(part) / 21
        np.testing.assert_allclose(run.theta[epoch + 1], theta, rtol=1e-12, atol=1e-13)


def test_training_leaves_its_start_alone():
    net = Perceptron(4)
    start = net.start("glorot_normal", rng=2)
    kept = start.copy()
    train(net, start, X, Y, epochs=3)
    np.testing.assert_array_equal(start, kept)


def test_the_record_can_be_thin():
    net = Perceptron(6)
    start = net.start("glorot_normal", rng=2)
    full = train(net, start, X, Y, epochs=50, batches=3, seed=1)
    thin = train(net, start, X, Y, epochs=50, batches=3, seed=1, every=20)
    assert list(thin.epochs) == [0, 20, 40, 50]
    np.testing.assert_array_equal(thin.theta, full.theta[thin.epochs])


def test_a_diverging_run_ends_the_record_and_says_when():
    net = Perceptron(6, activation="relu")
    run = train(net, net.start("he_normal", rng=0), X, Y, step=50.0, epochs=300)
    assert 1 < len(run.epochs) < 301 and run.epochs[-1] == len(run.epochs) - 1
    assert np.isfinite(run.theta).all() and np.isfinite(run.loss).all()


@pytest.mark.parametrize("name", ["zeros", *("constant_noise", "random_normal", "he_normal", OUTPUT_ZERO)])
def test_every_start_is_what_it_says(name):
    net = Perceptron(8)
    theta = start_of(net, name, 0.1)
    (w_1, b_1), (w_2, b_2) = net.layers(theta)
    if name == "zeros":
        assert not theta.any()
    elif name in ("constant_noise", "random_normal"):
        mean = 0.5 if name == "constant_noise" else 0.0
        assert len(np.unique(theta)) == theta.size
        assert 0.05 < np.abs(theta - mean).max() < 0.5  # 25 draws of size 0.1
    else:
        assert w_1.any() and not b_1.any() and not b_2.any() and w_2.any() == (name != OUTPUT_ZERO)


TRAP = {
    "start": "constant_noise", "sigma": 0.0, "optimizer": ADAM, "step": 0.02, "p": 7,
    "beta_1": 0.9, "beta_2": 0.999, "activation": "tanh",
}  # fmt: skip


def test_a_moment_of_the_trap_is_one_epoch_of_one_training():
    moment, grid = trap(151, X, **TRAP), X
    net = moment.training.network
    assert moment.epoch == 151 and not moment.cut_short
    theta = moment.training.theta[151]
    assert moment.loss == pytest.approx(float(net.loss(theta, X, Y)), rel=1e-12)
    np.testing.assert_allclose(moment.curve, net(theta, grid)[:, 0])
    assert moment.distinct == 1 and moment.spread == neuron_spread(net, theta) and not moment.only_last_bias
    assert trap(7, X, **TRAP).training is moment.training  # computed once
    assert trap(EPOCHS, X, **TRAP | {"sigma": 0.05}).distinct == 8


def test_what_plays_no_part_trains_nothing_anew():
    descent = TRAP | {"optimizer": DESCENT, "start": "glorot_uniform"}
    first = trap(0, X, **descent).training
    assert trap(0, X, **descent | {"beta_1": 0.5, "beta_2": 0.1, "sigma": 0.3}).training is first
    assert trap(0, X, **descent | {"start": "constant_noise", "sigma": 0.3}).training is not first


def test_the_memories_chosen_reach_adam():
    short = trap(EPOCHS, X, **TRAP | {"beta_1": 0.5, "beta_2": 0.6, "p": 3}).training
    net = short.network
    plain = train(
        net, start_of(net, "constant_noise", seed=3), X, Y, optimizer=ADAM, form="keras", step=0.02,
        epochs=EPOCHS, batches=3, seed=3, beta_1=0.5, beta_2=0.6,
    )  # fmt: skip
    np.testing.assert_array_equal(short.theta, plain.theta)


@pytest.mark.parametrize(("activation", "start", "only"), [
    ("tanh", "zeros", True), ("relu", "zeros", True), ("sigmoid", "zeros", False),
    ("tanh", "random_normal", True), ("tanh", "constant_noise", False),
])  # fmt: skip
def test_from_zero_only_the_last_bias_moves_where_the_activation_is_zero_at_zero(activation, start, only):
    assert trap(0, X, **TRAP | {"activation": activation, "start": start}).only_last_bias == only


def test_a_moment_after_divergence_is_the_last_one_before_it():
    wild = TRAP | {"step": 1e6, "optimizer": DESCENT, "activation": "relu"}
    moment = trap(EPOCHS, X, **wild)
    assert moment.cut_short and moment.epoch == len(moment.training.epochs) - 1 < EPOCHS
    assert not trap(moment.epoch, X, **wild).cut_short


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"epoch": 301}, "0 ≤ the epoch ≤ 300; got 301"), ({"epoch": 1.5}, "the epoch must be a whole"),
        ({"p": 22}, "1 ≤ p ≤ 21; got 22"), ({"sigma": -1}, "σ ≥ 0"), ({"step": 0}, "Δt > 0"),
        ({"beta_1": 1}, "β₁ < 1; got 1"), ({"beta_2": -0.1, "optimizer": DESCENT}, "0 ≤ β₂"),
    ],
)  # fmt: skip
def test_bad_values_of_the_trap_are_refused_in_words(values, said):
    with pytest.raises(ValueError, match=said):
        trap(**{"epoch": 0, "grid": X} | TRAP | values)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"optimizer": "momentum"}, "must be one of gradient descent, adam"),
        ({"form": "torch"}, "must be one of book, paper, keras"),
        ({"step": 0}, "Δt > 0; got 0"),
        ({"step": float("nan")}, "Δt > 0; got undefined"),
        ({"epochs": 0}, "the number of epochs ≥ 1"),
        ({"every": 1.5}, "every must be a whole number"),
        ({"batches": 22}, "21"),
        ({"batches": 0}, "1"),
        ({"beta_1": 1.0}, "0 ≤ β₁ < 1; got 1"),
    ],
)
def test_bad_options_are_refused_in_words(options, said):
    net = Perceptron(3)
    with pytest.raises(ValueError, match=said):
        train(net, np.zeros(net.size), X, Y, **options)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Perceptron(0), "≥ 1; got 0"),
        (lambda: sine_data(0), "#D must be a whole number"),
        (lambda: start_of(Perceptron(3), "ones"), "must be one of zeros"),
        (lambda: start_of(Perceptron(3), "random_normal", -1), "σ ≥ 0; got −1"),
    ],
)
def test_bad_input_is_refused_in_words(call, said):
    with pytest.raises(ValueError, match=said):
        call()
