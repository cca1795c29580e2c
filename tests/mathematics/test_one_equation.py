"""One equation, three unknowns: nearest solutions by duality, balls, the LASSO's closed form, the choices."""

import numpy as np
import pytest

from helpers.mathematics.adam import FORMS
from helpers.mathematics.one_equation import (
    BASIS,
    EQUATION,
    NORMS,
    choices,
    in_plane,
    lasso,
    nearest,
    slice_of_ball,
    steps_of_adam,
)

STARTS = [(0.0, 0.0, 0.0), (0.0, 2.0, 0.0), (2.0, 0.0, -1.0)]


def chosen(**change):
    options = {"beta_1": 0.9, "beta_2": 0.6, "step": 0.01, "penalty": 0.5, "radius": 1.15, "form": "book"}
    return choices(**options | {"start": STARTS[0]} | change)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("center", STARTS)
def test_nearest_solution_beats_random_solutions(norm, center):
    rng = np.random.default_rng(7)
    solution, distance = nearest(norm, np.array(center))
    assert EQUATION @ solution == pytest.approx(6)
    others = solution + rng.normal(size=(2000, 2)) @ BASIS
    assert EQUATION @ others.T == pytest.approx(6)
    assert np.linalg.norm(others - center, ord=NORMS[norm], axis=1).min() >= distance * (1 - 1e-12)


@pytest.mark.parametrize("center", STARTS)
@pytest.mark.parametrize("norm", NORMS)
def test_slice_of_ball_shrinks_to_where_the_ball_touches(norm, center):
    slices = [slice_of_ball(norm, center, radius) for radius in (1.0, 1.3)]
    touching, distance = nearest(norm, np.array(center))
    # rounding by 1e-16 leaves of a sphere a circle of radius √(2·1e-16)
    assert np.abs(slices[0] - in_plane(touching)).max() < 1e-7
    points = slices[1] @ BASIS + EQUATION * 6 / 14 - center
    assert np.linalg.norm(points, ord=NORMS[norm], axis=1) == pytest.approx(1.3 * distance, rel=1e-12)


@pytest.mark.parametrize("penalty", [0.1, 1.0, 8.0, 17.9, 18.0, 30.0])
def test_lasso_is_that_of_scikit_learn(penalty):
    from sklearn.linear_model import Lasso

    peer = Lasso(alpha=penalty, fit_intercept=False, tol=1e-12, max_iter=10_000).fit([EQUATION], [6.0])
    assert lasso(penalty) == pytest.approx(peer.coef_, abs=1e-9)


def test_each_method_chooses_the_nearest_solution_in_its_norm():
    descent, signs, sparse = chosen()
    assert descent.end == pytest.approx(np.array([9, 6, 3]) / 7, abs=1e-9)
    assert signs.end == pytest.approx(np.ones(3), abs=0.01)  # constant steps of 0.01: no closer than O(Δt)
    assert sparse.end == pytest.approx([2 - 0.5 / 9, 0, 0])
    assert [one.zeros for one in (descent, signs, sparse)] == [0, 0, 2]
    assert [one.least for one in (descent, signs, sparse)] == pytest.approx([6 / 14**0.5, 1, 2])
    assert sparse.missed == pytest.approx(0.5 / 3)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("form", FORMS)
def test_fields_are_those_of_their_definition(start, form):
    for one in chosen(start=start, form=form, step=0.02, penalty=2.0):
        center = np.zeros(3) if one.norm == "ℓ₁" else np.array(start)
        np.testing.assert_array_equal(one.center, center)
        np.testing.assert_array_equal(one.path[-1], one.end)
        assert one.distance == pytest.approx(np.linalg.norm(one.end - center, ord=NORMS[one.norm]))
        residual = EQUATION @ one.end - 6
        assert one.missed == pytest.approx(abs(residual), abs=1e-14)
        # nearer than the least distance of a solution only by missing the equation
        assert one.distance >= one.least - one.missed - 1e-12


def test_adam_takes_enough_steps_and_not_too_many():
    found = [steps_of_adam(*values) for values in ((0.9, 0.01), (0.75, 0.2), (0.0, 1.0), (0.9, 1e-4))]
    assert found == [400, 80, 20, 1200]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"penalty": 0.0}, "λ > 0; got 0"),
        ({"penalty": np.inf}, "λ > 0; got ∞"),
        ({"radius": 0.9}, "1 ≤ r ≤ 3; got 0.9"),
        ({"step": -1.0}, "Δt > 0; got −1"),
        ({"beta_1": 1.0}, "0 ≤ β₁ < 1; got 1"),
        ({"form": "mine"}, "the form of ADAM must be one of"),
    ],
)
def test_bad_input_is_answered_in_words(change, words):
    with pytest.raises(ValueError, match=words):
        chosen(**change)
