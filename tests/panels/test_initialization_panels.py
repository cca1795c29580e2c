"""The panels of §5.4: what they show is what the mathematics says, over the whole range of their controls."""

import re
import time
from itertools import product

import numpy as np
import pytest

from helpers.figures.initialization import outline, powers, whole_powers
from helpers.mathematics.initialization import weight_gain
from helpers.mathematics.perceptron import ADAM, DESCENT, EPOCHS, _trained
from helpers.mathematics.signal_propagation import predict
from helpers.networks.initializer_study import DeepRun
from helpers.panels.depth_scale import CELLS, LAWS, POSITIONS, REACH, DepthScale
from helpers.panels.initializer_picture import starts_picture
from helpers.panels.linear_case import LinearCase
from helpers.panels.symmetry_trap import EVERY, STARTS, SymmetryTrap


@pytest.fixture(scope="module")
def trap():
    return SymmetryTrap()


@pytest.fixture(scope="module")
def scale():
    return DepthScale(width=64)


@pytest.fixture(scope="module")
def linear():
    return LinearCase()


def number(text):
    """What a reader reads: −2.5·10⁻³ → -0.0025."""
    match = re.fullmatch(r"([−-]?[\d.]*)(?:·?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text)
    mantissa = float((match[1] or "1").replace("−", "-"))
    exponent = (match[2] or "⁰").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return mantissa * 10.0 ** int(exponent)


def test_constant_start_shows_one_neuron_under_random_batches_and_adam(trap):
    trap.set(**trap.presets["Constant, one datum at a time"])
    assert trap.error == "" and trap.values["p"] == 21 and trap.values["optimizer"] == ADAM
    assert trap.result.distinct == 1 and trap.result.spread < 1e-12
    assert trap.artists.count.get_text() == "1 distinct of 8"
    places = np.array([point.get_xydata()[0] for point in trap.artists.points])
    assert np.ptp(places, axis=0).max() < 1e-12 and np.abs(places).max() > 1  # together, and far from 0.5


def test_noise_frees_the_neurons_in_the_panel(trap):
    trap.set(**trap.presets["Constant + noise"])
    assert trap.result.distinct == 8 and trap.result.loss < 0.05 and "all 8 neurons differ" in trap.sentence


def test_playing_replays_one_training(trap):
    trap.reset()
    before = _trained.cache_info().misses
    durations = []
    for epoch in range(0, EPOCHS + 1, EVERY):
        start = time.thread_time()
        trap.controls.epoch.value = epoch
        durations.append(time.thread_time() - start)
        assert trap.result.epoch == epoch
        assert trap.artists.now.get_xydata()[0] == pytest.approx([epoch, trap.result.loss])
    assert _trained.cache_info().misses == before
    assert np.median(durations) < 1 / 15  # 15 frames a second, computing time, free of the machine's load


@pytest.mark.parametrize("epoch", [0, 1, 57, 300])
def test_trails_and_loss_end_at_the_epoch_shown(trap, epoch):
    trap.reset()
    trap.set(epoch=float(epoch), start="glorot_uniform")
    a, run = trap.artists, trap.result.training
    np.testing.assert_array_equal(a.whole.get_ydata()[-1], run.loss[EPOCHS])
    np.testing.assert_array_equal(a.passed.get_xydata()[-1], [epoch, run.loss[epoch]])
    for j, (trail, point) in enumerate(zip(a.trails, a.points, strict=True)):
        np.testing.assert_array_equal(trail.get_xydata()[-1], run.incoming[epoch, j])
        np.testing.assert_array_equal(point.get_xydata()[0], run.incoming[epoch, j])
    np.testing.assert_array_equal(a.network.get_ydata(), trap.result.curve)


TRAP_SWEEP = [
    dict(zip(("start", "activation", "optimizer", "p"), values, strict=True))
    for values in product(
        [name for _, name in STARTS], ("tanh", "relu", "sigmoid"), (DESCENT, ADAM), (1.0, 21.0)
    )
]


def test_the_words_of_the_trap_are_true_at_every_choice(trap):
    """By a rule of its own: neurons compared pair by pair, motion looked for in all numbers but the last."""
    trap.reset()
    for index, values in enumerate(TRAP_SWEEP):
        sigma = (0.0, 1e-4, 1.0)[index % 3]
        step, epoch = (1e-3, 0.02, 1.0)[index % 3], (0.0, 150.0, 300.0)[index % 3]
        trap.set(**values, sigma=sigma, step=step, epoch=epoch)
        assert trap.error == ""
        run, words = trap.result.training, trap.sentence
        theta = run.theta[trap.result.index]
        (w_1, b_1), (w_2, _) = run.network.layers(theta)
        rows = np.column_stack([w_1, b_1, w_2.T])
        pairs = [np.abs(rows[i] - rows[j]).max() for i in range(8) for j in range(i)]
        assert ("one and the same" in words) == (max(pairs) <= 1e-12), words
        assert ("all 8 neurons differ" in words) == (min(pairs) > 1e-12), words
        assert ("Only b₂ can move" in words) == (not run.theta[..., :-1].any()), words
        if "Only b₂" in words:  # and then the loss is no smaller than the variance
            assert run.loss.min() >= 10 / 21 - 1e-12
        assert ("left the floating-point" in words) == (trap.values["epoch"] > run.epochs[trap.result.index])
        said = float(number(re.search(r"J = ([^;.]*\.?[^;. ]*)[;.]", words)[1]))
        assert said == pytest.approx(trap.result.loss, rel=5e-3)
        noisy = values["start"] in ("constant_noise", "random_normal")
        assert ("noise σ =" in words) == noisy and ("random batches" in words) == (values["p"] > 1)


def test_zero_start_is_set_against_ten_twenty_firsts(trap):
    trap.set(**trap.presets["Zero"] | {"p": 1.0, "optimizer": DESCENT, "step": 0.1, "activation": "tanh"})
    assert trap.result.loss == pytest.approx(10 / 21, abs=1e-12)
    assert "Only b₂ can move: J stays at least Var(y) = 10/21 = 0.476" in trap.sentence
    trap.set(activation="sigmoid")
    assert "Only b₂" not in trap.sentence and trap.result.distinct == 1


def test_a_diverging_training_is_said(trap):
    trap.reset()
    trap.set(step=1e6, activation="relu", optimizer=DESCENT)
    assert "left the floating-point numbers" in trap.sentence and trap.error == ""
    trap.reset()


def test_recursion_and_measurement_of_the_panel_agree_with_their_numbers(scale):
    scale.set(activation="relu", shape="truncated", sigma_w=2**0.5, width=512, depth=20.0)
    result = scale.result
    np.testing.assert_allclose(result.recursion.activation, 1.0)
    # the logarithm fluctuates by √(5 · 20/512) = 0.44 over the draw of 20 layers
    assert np.abs(np.log(result.sample.activation)).max() < 5 * 0.44
    assert "he_normal" in scale.sentence and "scatters by 0.44" in scale.sentence
    scale.set(shape="uniform", sigma_w=1.0)
    assert scale.result.recursion.activation[-1] == pytest.approx(2.0**-20)
    assert "a factor 1000 lost after 10 layers," in scale.sentence and "glorot_uniform" in scale.sentence


def test_slider_and_sentence_name_one_scale(scale):
    """Each preset leaves σ_w at the value drawn: no control is out of use."""
    for values in scale.presets.values():
        scale.set(**values)
        assert scale.controls.sigma_w.value == scale.result.sigma_w
        assert np.any(np.isclose(POSITIONS, scale.result.sigma_w, rtol=1e-15))
    scale.reset()


@pytest.mark.parametrize(
    ("preset", "name"),
    [
        ("tanh, Glorot", "glorot_uniform"), ("ReLU, Glorot", "glorot_uniform"),
        ("ReLU, He", "he_normal"), ("ReLU, He, narrow", "he_normal"),
        ("linear, orthogonal", "orthogonal"),
    ],
)  # fmt: skip
def test_the_presets_of_keras_are_keras_laws(scale, preset, name):
    scale.reset()
    scale.set(**scale.presets[preset])
    assert name in scale.result.keras and name in scale.sentence
    assert scale.result.sigma_w == pytest.approx(weight_gain(name, 64, 64), rel=1e-4)
    scale.reset()


def test_measured_and_predicted_are_drawn_where_they_belong(scale):
    scale.set(activation="relu", sigma_w=1.2, depth=9.0)
    a, sample, law = scale.artists, scale.result.sample, scale.result.recursion
    for line, values in (
        (a.signal_measured, sample.activation), (a.signal_recursion, law.activation),
        (a.gradient_measured, sample.gradient), (a.gradient_recursion, law.gradient),
    ):  # fmt: skip
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 10))
        np.testing.assert_allclose(10.0 ** line.get_ydata(), values, rtol=1e-10)
    shares = 10.0 ** a.outline.get_ydata()[1:-1:2]
    np.testing.assert_allclose(shares, np.maximum(scale.result.shares, 1e-6), rtol=1e-10)
    scale.reset()


def test_each_step_of_play_shows_another_picture(scale):
    scale.reset()
    seen = set()
    for depth in scale.controls.depth.positions:
        scale.controls.depth.value = depth
        a = scale.artists
        assert a.signal_measured.get_xdata()[-1] == depth and a.layer.get_text() == f"layer {depth:.0f}"
        seen.add(tuple(a.signal_measured.get_ydata()) + tuple(a.outline.get_ydata()))
    assert len(seen) == 50
    scale.reset()


def first_beyond(values):
    """(word, number of layers) of the first value at or beyond a factor 1000 from 1."""
    for layers, value in enumerate(values, 1):
        if value <= 1.0000000001e-3:
            return "vanish", layers
        if value >= 999.9999999:
            return "explode", layers
    return "stay within", None


def test_the_words_of_the_scale_are_true_at_every_choice(scale):
    sigmas = (0.0, 0.3, 1.0, 2**0.5, 3.0, 10.0)
    choices = product(LAWS, ("linear", "tanh", "relu", "sigmoid"), sigmas)
    for count, (shape, activation, sigma_w) in enumerate(choices):
        depth, width = (1.0, 2.0, 11.0, 50.0)[count % 4], (16, 64)[count // 3 % 2]
        scale.set(shape=shape, activation=activation, sigma_w=sigma_w, depth=depth, width=width)
        assert scale.error == "", scale.error
        words, result, law = scale.sentence, scale.result, predict(activation, sigma_w, int(depth))
        pattern = r"inputs of 1, (.*?); gradients ∂L/∂z, from ∂L/∂a of 1, (.*?)\. Mea"
        forward, backward = re.search(pattern, words).groups()
        for part, values in ((forward, law.activation), (backward, law.gradient[::-1])):
            verb, layers = first_beyond(values)
            assert part.startswith(verb), (part, values)
            assert (layers is None) or f"after {layers} layer" in part
            assert number(re.search(r"×(\S+) in all", part)[1]) == pytest.approx(values[-1], rel=5e-3)
        a, g = re.search(r"Measured: ×(\S+) and ×(\S+);", words).groups()
        assert number(a) == pytest.approx(result.sample.activation[-1], rel=5e-3)
        assert number(g) == pytest.approx(result.sample.gradient[0], rel=5e-3)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = result.sample.activation / law.activation
            far = np.nanmax(np.where(ratio > 1, ratio, 1 / ratio), initial=1.0)
        found = re.search(r"recursions: (rounding alone|a factor (\S+) \(layer \d+\)) and ", words)
        assert (found[1] == "rounding alone") == (far < 1 + 1e-4)
        if found[2] not in (None, "∞"):
            assert number(found[2]) == pytest.approx(far, rel=5e-3)
        assert ("scatters by" in words) == (activation in ("linear", "relu") and shape != "orthogonal")
        assert len(words) <= 110 * scale.sentence_lines  # room for five lines
        outside = np.mean(np.abs(result.sample.activations[-1]) > REACH)
        assert ("Outside the histogram" in words) == (outside > 0.01)
        assert np.isfinite(scale.artists.signals.get_ylim()).all()
    scale.reset()


def test_extremes_are_drawn_and_said(scale):
    scale.reset()
    scale.set(depth=50.0, sigma_w=3.0, activation="linear")
    assert "explode" in scale.sentence and scale.error == ""
    scale.set(sigma_w=0.0)
    assert "a factor 1000 lost after 1 layer, ×0 in all" in scale.sentence
    assert not scale.artists.signal_measured.get_ydata().size == 0
    assert np.isnan(scale.artists.signal_measured.get_ydata()).all()  # nothing is drawn at log 0
    scale.reset()


def test_powers_of_ten_and_their_limits():
    found = powers([0.0, 1.0, 1e-3])
    assert np.isnan(found[0]) and found[1:] == pytest.approx([0, -3])
    for low, high in ((-0.3, 0.2), (-7.5, 0.0), (0.0, 31.0), (-90.0, 2.0)):
        bottom, top = whole_powers(np.array([low, high, np.nan]))
        assert bottom <= min(low, -1) and top >= high + 0.2 * (high - low) and bottom == int(bottom)


@pytest.mark.parametrize(
    "values, said",
    [
        ({"depth": 0.0}, "1 ≤ the depth ≤ 50; got 0"),
        ({"depth": 51.0}, "1 ≤ the depth ≤ 50; got 51"),
        ({"depth": 2.5}, "the depth must be a whole number"),
        ({"sigma_w": -0.1}, "0 ≤ σ_w ≤ 10; got −0.1"),
        ({"sigma_w": 11.0}, "0 ≤ σ_w ≤ 10; got 11"),
    ],
)
def test_bad_values_of_the_scale_are_said_and_the_picture_stays(scale, values, said):
    scale.reset()
    before = scale.result
    scale.set(**values)
    assert said in scale.error and scale.result is before
    assert scale.controls.__dict__[next(iter(values))].allowed in scale.error  # slider and message agree
    scale.reset()
    assert scale.error == ""


@pytest.mark.parametrize(
    "values, said",
    [
        ({"epoch": 301.0}, "0 ≤ the epoch ≤ 300; got 301"),
        ({"p": 22.0}, "1 ≤ p ≤ 21; got 22"),
        ({"p": 2.5}, "p must be a whole number"),
        ({"sigma": -1.0}, "σ ≥ 0; got −1"),
        ({"step": 0.0}, "Δt > 0; got 0"),
        ({"beta_1": 1.0}, "0 ≤ β₁ < 1; got 1"),
    ],
)
def test_bad_values_of_the_trap_are_said(trap, values, said):
    trap.reset()
    trap.set(**values)
    assert said in trap.error
    trap.reset()
    assert trap.error == ""


def test_outline_is_as_high_as_the_shares():
    shares = np.zeros(CELLS)
    shares[25] = 1.0
    x, y = outline(REACH, shares)
    assert y.max() == 0 and y[0] == y[-1] == -6
    assert x[np.flatnonzero(y == 0)] == pytest.approx([-REACH / CELLS, REACH / CELLS])  # the middle cell


def test_the_start_is_taken_from_the_plane_and_its_kernel_part_stays(linear, click):
    click(linear, linear.artists.plane, -1.01, 2.02)
    assert linear.values["w_1"] == -1.0 and linear.values["w_2"] == 2.0
    np.testing.assert_allclose(linear.result.conjugate[-1], [0.2, 2.6], atol=1e-13)  # (1.2, 0.6) + (-1, 2)
    np.testing.assert_allclose(linear.result.descent[-1], [0.2, 2.6], atol=1e-13)
    linear.set(theta=2.0)
    assert "0 < Δt ‖A‖ < 2; got 2" in linear.error
    linear.set(theta=1.0, w_1=1e3)
    assert "−100 ≤ w₁ ≤ 100; got 1000" in linear.error
    linear.reset()


def test_the_words_of_the_linear_case_are_true_from_every_start(linear):
    grid = (-100.0, -3.0, -1.5, -0.3, 0.0, 0.6, 1.2, 3.0, 100.0)
    for w_1, w_2, theta in product(grid, grid, (0.05, 0.5, 1.95)):
        linear.set(w_1=w_1, w_2=w_2, theta=theta)
        assert linear.error == ""
        along = np.array([-1.0, 2.0])
        kernel = along * (along @ [w_1, w_2]) / 5
        end = np.array([1.2, 0.6]) + kernel
        least_norm = "ends at the solution of least norm, (1.2, 0.6);" in linear.sentence
        assert least_norm == (np.abs(kernel).max() < 1e-9), linear.sentence
        if not least_norm:
            pattern = r"ends at \((.*?), (.*?)\): .* kernel part \((.*?), (.*?)\);"
            said = [number(text) for text in re.search(pattern, linear.sentence).groups()]
            np.testing.assert_allclose(said, [*end, *kernel], rtol=5e-3, atol=1e-9)
        size = np.hypot(w_1, w_2)  # rounding grows with the start
        below = "below 10⁻¹²" if size <= 10 else "below 10⁻¹¹" if size <= 100 else "below 10⁻¹⁰"
        assert f"the difference is {below}." in linear.sentence
        assert f"Motion of the kernel part: {below}." in linear.sentence
        assert "needs 6 iterations" in linear.sentence  # the rank
        distance = number(re.search(r"at the distance (\S+) from", linear.sentence)[1])
        assert distance == pytest.approx(linear.result.descent_error[-1], rel=0.5)
        np.testing.assert_allclose(linear.artists.end.get_xydata()[0], end, rtol=1e-12, atol=1e-11)
        np.testing.assert_allclose(linear.artists.kernel.get_xydata()[1], kernel, atol=1e-11)
    linear.reset()


def test_rounding_is_drawn_at_one_height(linear):
    """Below 1e-12 digits change from one processor to another."""
    linear.reset()
    for line in (linear.artists.drift, linear.artists.conjugate_error, linear.artists.descent_error):
        assert line.get_ydata().min() >= 1e-12
    assert (linear.artists.drift.get_ydata() == 1e-12).all()


def test_the_picture_of_the_deep_classifiers_says_what_it_shows():
    runs = [DeepRun("tanh", "zeros", k, np.zeros(4), np.array([0.1, 0.1]), True) for k in range(2)] + [
        DeepRun("tanh", "He normal", k, np.full(4, 0.5), np.array([0.1, 0.9 + k / 20]), k == 0)
        for k in (0, 1)
    ]
    picture = starts_picture(runs)
    assert "zeros: 10 % (0)" in picture.sentence
    assert "He normal: 90 to 95 % (0.5, then no numbers)" in picture.sentence
    with pytest.raises(ValueError, match="at least one run"):
        starts_picture([])
