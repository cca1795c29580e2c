"""The panels of §5.4: what they show is what the mathematics says, and how fast they are drawn."""

import time

import numpy as np
import pytest

from helpers.figures.initialization import outline
from helpers.networks.initializer_study import DeepRun
from helpers.panels.depth_scale import EDGES, KERAS, SLIDER, DepthScale
from helpers.panels.initializer_picture import starts_picture
from helpers.panels.linear_case import LinearCase
from helpers.panels.symmetry_trap import (
    ADAM,
    DESCENT,
    EPOCHS,
    EVERY,
    STARTS,
    SymmetryTrap,
    recorded,
    start_of,
)


@pytest.fixture(scope="module")
def trap():
    return SymmetryTrap()


@pytest.fixture(scope="module")
def scale():
    return DepthScale(width=64)


def test_constant_start_shows_one_neuron_under_random_batches_and_adam(trap):
    trap.set(**trap.presets["Constant, one datum at a time"])
    assert trap.error == "" and trap.result.p == 21 and trap.result.optimizer == ADAM
    assert trap.result.distinct == 1 and trap.result.spread < 1e-12
    assert trap.artists.count.get_text() == "1 distinct of 8"
    places = np.array([point.get_xydata()[0] for point in trap.artists.points])
    assert np.ptp(places, axis=0).max() < 1e-12 and np.abs(places).max() > 1  # together, and far from 0.5


def test_zero_start_is_set_against_ten_twenty_firsts(trap):
    trap.set(**trap.presets["Zero"] | {"p": 1.0, "optimizer": DESCENT, "step": 0.1})
    assert trap.result.loss == pytest.approx(10 / 21, abs=1e-12)
    assert "exactly 10/21" in trap.sentence
    trap.set(p=7.0)
    assert "keeps moving a little" in trap.sentence


def test_noise_frees_the_neurons_in_the_panel(trap):
    trap.set(**trap.presets["Constant + noise"])
    assert trap.result.distinct == 8 and trap.result.loss < 0.05 and "all 8 neurons differ" in trap.sentence


def test_playing_replays_one_training(trap):
    trap.reset()
    before = recorded.cache_info().misses
    durations = []
    for epoch in range(0, EPOCHS + 1, EVERY):
        start = time.thread_time()
        trap.controls.epoch.value = epoch
        durations.append(time.thread_time() - start)
        assert trap.result.epoch == epoch
        assert trap.artists.now.get_xydata()[0] == pytest.approx([epoch, trap.result.loss])
    assert recorded.cache_info().misses == before
    assert np.median(durations) < 1 / 15  # 15 frames a second; computing time, free of the machine's load


def test_memories_are_no_part_of_gradient_descent(trap):
    trap.reset()
    trap.set(optimizer=DESCENT)
    before = recorded.cache_info().misses
    trap.set(beta_1=0.5, beta_2=0.5)
    assert recorded.cache_info().misses == before


@pytest.mark.parametrize("start", [name for _, name in STARTS])
def test_every_start_is_what_it_says(trap, start):
    network = trap.result.training.network
    theta = start_of(network, start, 0.1, seed=0)
    (w_1, b_1), (w_2, b_2) = network.layers(theta)
    if start == "zeros":
        assert not theta.any()
    elif start in ("constant_noise", "random_normal"):
        mean = 0.5 if start == "constant_noise" else 0.0
        assert len(np.unique(theta)) == theta.size
        assert np.abs(theta - mean).max() < 0.5  # 25 draws of size 0.1 beyond five standard deviations
    else:
        assert w_1.any() and not b_1.any() and not b_2.any()
        assert w_2.any() == (start != "output weights zero")


def test_recursion_and_measurement_of_the_panel_agree_with_their_numbers(scale):
    scale.set(activation="relu", initializer="he_normal", width=512, depth=20.0, layer=20.0)
    result = scale.result
    np.testing.assert_allclose(result.recursion.activation, 1.0)
    # the logarithm fluctuates by √(5 · 20/512) = 0.44 over the draw of 20 layers
    assert np.abs(np.log(result.sample.activation)).max() < 5 * 0.44
    scale.set(initializer="glorot_uniform")
    assert scale.result.recursion.activation[-1] == pytest.approx(2.0**-20)
    assert "vanish" in scale.sentence


@pytest.mark.parametrize("name", KERAS)
def test_every_keras_law_is_shown(scale, name):
    scale.set(initializer=name, width=64, depth=5.0)
    assert scale.error == "" and name in scale.sentence and scale.result.depth == 5


def test_extremes_are_drawn_and_said(scale):
    scale.reset()
    scale.set(depth=50.0, sigma_w=3.0, activation="linear", initializer=SLIDER)
    assert "explode" in scale.sentence and scale.error == ""
    scale.set(sigma_w=0.0)
    assert "zero from the start" in scale.sentence
    assert not scale.artists.signal_measured.get_ydata().size == 0
    assert np.isnan(scale.artists.signal_measured.get_ydata()).all()  # nothing is drawn at log 0


@pytest.mark.parametrize(
    "values, said",
    [
        ({"depth": 0.0}, "depth"),
        ({"depth": 51.0}, "depth"),
        ({"depth": 2.5}, "whole number"),
        ({"layer": 0.0}, "layer"),
        ({"sigma_w": -0.1}, "σ_w"),
        ({"sigma_w": 11.0}, "σ_w"),
    ],
)
def test_bad_values_of_the_scale_are_said_and_the_picture_stays(scale, values, said):
    scale.reset()
    before = scale.result
    scale.set(**values)
    assert said in scale.error and scale.result is before
    scale.reset()
    assert scale.error == ""


@pytest.mark.parametrize(
    "values, said",
    [
        ({"p": 22.0}, "1..21"),
        ({"p": 2.5}, "whole"),
        ({"sigma": -1.0}, "σ"),
        ({"step": 0.0}, "step"),
        ({"beta_1": 1.0}, "beta_1"),
    ],
)
def test_bad_values_of_the_trap_are_said(trap, values, said):
    trap.reset()
    trap.set(**values)
    assert said in trap.error
    trap.reset()
    assert trap.error == ""


def test_a_diverging_training_is_said(trap):
    trap.reset()
    trap.set(step=1e6, activation="relu", optimizer=DESCENT)
    assert "left the floating-point numbers" in trap.sentence and trap.error == ""
    trap.reset()


def test_outline_is_as_high_as_the_shares():
    shares = np.zeros(len(EDGES) - 1)
    shares[25] = 1.0
    x, y = outline(EDGES, shares)
    assert y.max() == 0 and y[0] == y[-1] == -6
    assert x[np.flatnonzero(y == 0)] == pytest.approx(EDGES[[25, 26]])


def test_the_start_is_taken_from_the_plane_and_its_kernel_part_stays():
    panel = LinearCase()
    panel.on_point(panel.artists.plane, -1.01, 2.02)
    assert panel.values["w_1"] == -1.0 and panel.values["w_2"] == 2.0
    np.testing.assert_allclose(panel.result.conjugate[-1], [0.2, 2.6], atol=1e-13)  # (1.2, 0.6) + (-1, 2)
    np.testing.assert_allclose(panel.result.descent[-1], [0.2, 2.6], atol=1e-13)
    panel.set(theta=2.0)
    assert "between 0 and 2" in panel.error
    panel.set(theta=1.0, w_1=1e3)
    assert "coordinates" in panel.error


def test_the_picture_of_the_deep_classifiers_says_what_it_shows():
    runs = [DeepRun("tanh", "zeros", k, np.zeros(4), np.array([0.1, 0.1]), True) for k in range(2)] + [
        DeepRun("tanh", "He normal", k, np.full(4, 0.5), np.array([0.1, 0.9 + k / 20]), k == 0)
        for k in (0, 1)
    ]
    picture = starts_picture(runs)
    assert "zeros: 10 % (0)" in picture.sentence
    assert "He normal: 90 to 95 % (5e-01, then no numbers)" in picture.sentence
    with pytest.raises(ValueError, match="at least one run"):
        starts_picture([])
