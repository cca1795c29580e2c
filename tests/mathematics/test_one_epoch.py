"""One epoch in the plane of W: against the plain loop, the printed loop's readings, and its measures."""

import itertools

import numpy as np
import pytest

from helpers.mathematics import one_epoch as module
from helpers.mathematics import partitions, splitting
from helpers.mathematics.one_epoch import START, one_epoch
from helpers.mathematics.partitions import (
    ALTERNATING,
    FIXED,
    REPLACEMENT,
    RESHUFFLED,
    SAMPLINGS,
    SHUFFLED_ONCE,
)
from helpers.mathematics.small_problems import line
from helpers.mathematics.splitting import LIE_EULER, LIE_EXACT, PRINTED, PRINTED_LAST, STRANG_EULER

LINE = line()


@pytest.mark.parametrize("scheme", splitting.SCHEMES)
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_the_epochs_are_those_of_the_plain_loop(sampling, scheme, plain_epoch):
    """Also with unequal weights, without the bias, and with steps that decrease."""
    for unequal, bias, a in ((False, True, 0.0), (True, True, 0.7), (True, False, 0.7)):
        problem = line(unequal=unequal, bias=bias)
        start = START * [[1], [bias]]
        found = one_epoch(problem, 5, 0.4, scheme, sampling, a=a, epoch=3, start=start)
        drawn = partitions.Partitions(16, 5, sampling, 1, 0)
        W = start[:, 0]
        for k in range(3):
            # three epochs of rounding in numbers of size 1
            np.testing.assert_allclose(found.before[k], W, atol=1e-13)
            W = plain_epoch(problem, drawn.batches(k), W, 0.4 / (k + 1) ** a, scheme)
        np.testing.assert_allclose(found.states[-1], W, atol=1e-13)
        assert len(found.states) == len(found.visited) + 1
        assert found.step == pytest.approx(0.4 / 3**a)


def test_what_is_measured_of_an_epoch():
    found = one_epoch(LINE, 4, 0.5, LIE_EULER, RESHUFFLED, epoch=2)
    W, step, A = found.before[-1], found.step, LINE.A
    flow = LINE.flow(W[:, None], step)[:, 0]
    np.testing.assert_allclose(found.flow[-1], flow, atol=1e-15)
    np.testing.assert_allclose(found.flow[0], W, atol=1e-15)
    np.testing.assert_allclose(found.full, W - step * (A @ W - LINE.b[:, 0]), atol=1e-15)
    end = found.states[-1]
    assert found.end_to_flow == pytest.approx(np.linalg.norm(end - flow))
    assert found.full_to_flow == pytest.approx(np.linalg.norm(found.full - flow))
    assert found.end_to_goal == pytest.approx(np.linalg.norm(end - LINE.minimizer[:, 0]))
    distances = [np.linalg.norm(state - LINE.minimizer[:, 0]) for state in found.states]
    assert found.inside == pytest.approx(max(distances[1:-1])) and found.sub_step == 4
    assert one_epoch(LINE, 4, 0.5, LIE_EULER, FIXED, sub_step=2).sub_step == 2
    assert one_epoch(LINE, 4, 0.5, LIE_EULER, FIXED, sub_step=9).sub_step == 4
    assert one_epoch(LINE, 1, 0.5, LIE_EULER, FIXED).inside is None
    assert not found.from_minimizer and not found.diverges
    assert one_epoch(LINE, 4, 0.5, LIE_EULER, FIXED, start=LINE.minimizer, epoch=3).from_minimizer


@pytest.mark.parametrize("sampling", [FIXED, SHUFFLED_ONCE, ALTERNATING])
@pytest.mark.parametrize("scheme", [PRINTED, PRINTED_LAST])
def test_where_the_printed_loop_goes_while_the_batches_stay(scheme, sampling):
    """By the sum over the data that are visited: its gradient at the end falls with the time step."""
    for p, bias in ((2, True), (4, True), (4, False)):
        problem = line(bias=bias)
        start = START * [[1], [bias]]
        drawn = partitions.Partitions(16, p, sampling)
        places = range(1, p) if scheme == PRINTED else [p - 1]
        data = np.concatenate([drawn.batches(k)[r] for k in (0, 1) for r in places])
        x, y = problem.x[data], problem.y[data, 0]
        gradients, ends = [], []
        for step in (1.0, 0.25):
            found = one_epoch(problem, p, step, scheme, sampling, epoch=1000, start=start)
            gradients.append(x.T @ (x @ found.left - y))  # equal weights
            ends.append(np.linalg.norm(x.T @ (x @ found.states[-1] - y)))
            assert found.end_to_left == pytest.approx(np.linalg.norm(found.states[-1] - found.left))
        np.testing.assert_allclose(gradients, 0, atol=1e-12)
        # a bias of order Δt, or less; the few data of one batch take 1000 long steps
        single = scheme == PRINTED_LAST and sampling != ALTERNATING
        assert ends[0] < 0.01 if single else ends[1] < 0.35 * ends[0] + 1e-3
        expected = {
            (PRINTED, False): "J − J¹",
            (PRINTED, True): "2J − J¹ − Jᵖ",
            (PRINTED_LAST, False): "Jᵖ",
            (PRINTED_LAST, True): "J¹ + Jᵖ",
        }
        assert found.left_function == expected[scheme, sampling == ALTERNATING]


def test_the_printed_loop_on_fresh_batches_goes_nowhere_else():
    for scheme, sampling in itertools.product((PRINTED, PRINTED_LAST), (RESHUFFLED, REPLACEMENT)):
        found = one_epoch(LINE, 4, 0.1, scheme, sampling, epoch=50)
        assert found.left is None and found.end_to_left is None
        assert found.visited == ([1, 2, 3] if scheme == PRINTED else [3])
    alone = one_epoch(LINE, 1, 0.1, PRINTED, FIXED, epoch=5)
    assert alone.visited == [] and np.array_equal(alone.states, START.T) and alone.seen == 0


def test_data_seen_and_stability():
    assert one_epoch(LINE, 4, 0.1, LIE_EULER, RESHUFFLED).seen == 16
    assert one_epoch(LINE, 4, 0.1, PRINTED, FIXED).seen == 12
    drawn = partitions.Partitions(16, 4, REPLACEMENT, 1, 0).batches(0)
    assert one_epoch(LINE, 4, 0.1, STRANG_EULER, REPLACEMENT).seen == len(set(np.concatenate(drawn))) < 16
    A = [LINE.batch(batch)[0] for batch in np.split(np.arange(16), 4)]
    limit = 2 / np.linalg.eigvalsh(A).max()
    assert one_epoch(LINE, 4, 0.1, PRINTED, FIXED).stable_below == pytest.approx(limit)
    assert one_epoch(LINE, 4, 0.1, STRANG_EULER, FIXED).stable_below == pytest.approx(2 * limit)
    assert one_epoch(LINE, 4, 0.1, LIE_EXACT, FIXED).stable_below == np.inf
    far = one_epoch(LINE, 1, 10.0, LIE_EULER, FIXED, epoch=20)
    assert far.diverges and np.abs(far.before).max() <= module.BOUND


def test_without_the_bias_the_intercept_stays():
    found = one_epoch(line(bias=False), 4, 0.5, LIE_EXACT, RESHUFFLED, epoch=40, start=START)
    assert not found.problem.spans and np.all(found.before[:, 1] == START[1]) and found.goal[1] == START[1]
    x, y = LINE.x[:, 0], LINE.y[:, 0]
    assert found.goal[0] == pytest.approx(x @ y / (x @ x))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"p": 17}, "1 ≤ p ≤ 16"),
        ({"step": 0.0}, "Δt₀ must be"),
        ({"a": -1}, "a must be"),
        ({"scheme": "Heun"}, "scheme must be one of"),
        ({"sampling": "sorted"}, "sampling must be one of"),
        ({"epoch": 0}, "1 ≤ the epoch ≤ 1000"),
        ({"sub_step": -1}, "the sub-step must be"),
        ({"seed": 0.5}, "the seed must be"),
    ],
)
def test_bad_input_is_refused_in_words(options, words):
    settings = {"problem": LINE, "p": 2, "step": 0.1, "scheme": LIE_EULER, "sampling": FIXED}
    with pytest.raises(ValueError, match=words):
        one_epoch(**(settings | options))
