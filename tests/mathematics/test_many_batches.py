"""Many batches beside one, by plain loops."""

import numpy as np
import pytest

from helpers.mathematics import many_batches as module
from helpers.mathematics.least_squares import plane_data
from helpers.mathematics.many_batches import many_batches
from helpers.mathematics.partitions import FIXED, RESHUFFLED

PROBLEM = plane_data()


@pytest.mark.parametrize("a", [0.0, 0.7])
def test_both_runs_by_plain_loops(a):
    found = many_batches(PROBLEM, 4, 0.5, a, FIXED, epochs=20)
    np.testing.assert_allclose(found.steps, 0.5 / np.arange(1, 21) ** a)
    for course, batches in ((found.many, np.split(np.arange(16), 4)), (found.one, [np.arange(16)])):
        W, size = np.zeros((2, 1)), np.linalg.norm(PROBLEM.minimizer)
        for k, step in enumerate(found.steps):
            assert course.distance[k] == pytest.approx(
                np.linalg.norm(W - PROBLEM.minimizer) / size, rel=1e-10
            )
            for batch in batches:
                W = W - step * PROBLEM.gradient(W, batch)
        np.testing.assert_allclose(course.end, W[:, 0], rtol=1e-10)
        assert course.left_at == -1
    assert found.one_is_stable


def test_a_run_that_leaves():
    found = many_batches(PROBLEM, 1, 6.0, 0.0, RESHUFFLED, epochs=20)
    # from |W - W*| = |W*| the fast half grows by 5 an epoch
    left = found.one.left_at
    assert not found.one_is_stable and 4 <= left <= 6
    assert np.isnan(found.one.distance[left:]).all() and np.all(found.one.distance[:left] <= module.FAR)
    for step, stable in ((1.99, True), (2.01, False)):  # ‖A‖ = 1
        assert many_batches(PROBLEM, 4, step, 0.5, RESHUFFLED).one_is_stable == stable


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((17, 0.1, 0, FIXED), "1 ≤ p ≤ 16"),
        ((4, 0, 0, FIXED), "Δt₀ must be"),
        ((4, 0.1, -1, FIXED), "a must be"),
        ((4, 0.1, 0, "sorted"), "sampling must be one of"),
    ],
)
def test_bad_input_is_refused_in_words(arguments, words):
    with pytest.raises(ValueError, match=words):
        many_batches(PROBLEM, *arguments)
