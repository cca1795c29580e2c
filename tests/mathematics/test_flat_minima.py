"""Flat or sharp ends of the bilinear problem, against the sign flow and the sign of ε₁ − ε₂."""

import numpy as np
import pytest

from helpers.mathematics import losses
from helpers.mathematics.flat_minima import (
    AS_FLAT,
    BETAS_1,
    BETAS_2,
    FLATTER,
    SHARPER,
    SIGN_FLOW,
    UNDECIDED,
    end_point,
    excess_on_the_grid,
)
from helpers.mathematics.sign_flow import sign_flow


def test_the_sign_flow_ends_where_its_line_meets_the_hyperbola():
    bilinear = losses.bilinear()
    run = sign_flow(bilinear, bilinear.start, 1.0)
    np.testing.assert_allclose(run.w[-1], [2.5, 0.3], atol=1e-8)  # its floor on the gradient is 1e-9
    assert np.sum(run.w[-1] ** 2) == pytest.approx(SIGN_FLOW, abs=1e-7)


@pytest.mark.parametrize(
    ("beta_2", "size", "kind"), [(0.6, 6.290, FLATTER), (0.9, 6.340, AS_FLAT), (0.999, 6.789, SHARPER)]
)
def test_three_end_points(beta_2, size, kind):
    found = end_point(0.9, beta_2)
    assert found.size == pytest.approx(size, abs=5e-4) and found.kind == kind
    assert found.excess == pytest.approx(size - 6.34, abs=5e-4)
    assert found.settled and found.loss < 1e-6
    assert found.agree is (None if kind == AS_FLAT else True)
    assert np.sum(found.path[-1] ** 2) == found.size and found.path[0].tolist() == [3.0, 0.8]


def test_on_the_grid_nothing_decided_contradicts_the_sign():
    """476 points: 34 have the other sign, all with β₁ < β₂ ≤ 0.85, and none by more than UNDECIDED."""
    excess = excess_on_the_grid()
    b1, b2 = np.meshgrid(BETAS_1, BETAS_2, indexing="ij")
    gap = 1 / (1 - b1) - 1 / (1 - b2)  # (ε₁ − ε₂)/Δt
    assert excess.shape == (17, 28) and np.isfinite(excess).all()
    apart = b1 != b2
    other = apart & (np.sign(excess) == np.sign(gap))
    assert other.sum() == pytest.approx(34, abs=1)  # one of them has an excess of 6e-5
    assert np.all(b1[other] < b2[other]) and b2[other].max() == 0.85
    assert np.abs(excess[other]).max() < UNDECIDED
    assert np.abs(excess[~apart]).max() < UNDECIDED  # equal memories: the oscillations alone


def test_off_the_grid_it_is_computed_anew_and_stays_consistent():
    for beta_1 in (0.05, 0.55, 0.905, 0.975):
        for beta_2 in (0.15, 0.605, 0.93, 0.9985):
            found = end_point(beta_1, beta_2)
            assert found.agree is not False
            expected = SHARPER if beta_2 > beta_1 else FLATTER
            assert found.expected == expected and found.kind in (expected, AS_FLAT)
    near = end_point(0.9, 0.601)
    assert near.path[-1] == pytest.approx(end_point(0.9, 0.6).path[-1], abs=1e-2)
    assert np.any(near.path[-1] != end_point(0.9, 0.6).path[-1])


def test_a_run_that_has_not_settled_is_told():
    assert not end_point(0.999, 0.3).settled and end_point(0.999, 0.3).loss > 1e-4


def test_bad_input_is_answered_in_words():
    with pytest.raises(ValueError, match="0 ≤ β₂ < 1; got 1"):
        end_point(0.9, 1.0)
