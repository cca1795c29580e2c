"""What the partition buys: excursions that return for ever with independent noise, none with a partition."""

import numpy as np
import pytest

from helpers.mathematics import excursions as subject
from helpers.mathematics import small_problems
from helpers.mathematics.epochs import Driver
from helpers.mathematics.least_squares import plane_data
from helpers.mathematics.partitions import REPLACEMENT, RESHUFFLED
from helpers.mathematics.splitting import LIE_EULER, LIE_EXACT
from helpers.mathematics.time_steps import InverseLogarithm, Power


def plain_model(steps, sigma, runs, seed):
    """The recursion, step by step, with the same random numbers."""
    rng, w, path = np.random.default_rng(seed), np.zeros(runs), [np.zeros(runs)]
    for step in steps:
        w = (1 - step) * w + step * sigma * rng.standard_normal(runs)
        path.append(w)
    return np.array(path)


def test_the_model_against_the_plain_recursion():
    steps = 0.9 / np.log(np.arange(1024) + 3.0)
    at = np.array([64, 256, 1024])
    top, rms = subject.gaussian_excursions(steps, 2.0, at, runs=5, seed=4)
    path = np.abs(plain_model(steps, 2.0, 5, 4))
    np.testing.assert_allclose(top, subject.largest(path, at).mean(axis=1), rtol=1e-9)
    np.testing.assert_allclose(top[0], path[33:65].max(axis=0).mean(), rtol=1e-9)
    np.testing.assert_allclose(rms[1], np.sqrt((path[129:257] ** 2).mean()), rtol=1e-9)


def test_excursions_return_while_the_mean_square_tends_to_0():
    """c/log k, c = 0.3, divided by sigma sqrt(c): they come back to 1, the root mean square does not.

    The largest scatters by 0.15 a run, 0.01 in the mean over 200; so does the rms, less and less.
    """
    c, at = 0.3, 2 ** np.array([7, 10, 12, 14, 16, 18])
    steps = c / np.log(np.arange(2**18) + 3.0)
    top, rms = subject.gaussian_excursions(steps, 1.0, at)
    np.testing.assert_allclose(top / c**0.5, [0.70, 0.77, 0.81, 0.84, 0.86, 0.89], atol=0.03)
    assert np.all(np.diff(top) > 0) and np.all(np.diff(rms) < 0)
    # the stationary law at the steps in the middle of the window: rms^2 = tau sigma^2 / (2 - tau)
    tau = steps[at * 3 // 4]
    np.testing.assert_allclose(rms, np.sqrt(tau / (2 - tau)), rtol=0.05)
    # steps that fall faster: c / sqrt(k), not square-summable either
    top, _ = subject.gaussian_excursions(Power(c, 0.5).steps(2**16), 1.0, at[:-1])
    assert top[-1] < 0.4 * top[0]  # Delta t falls by 23, its root by 4.8, and more epochs have larger maxima


def test_the_shape_of_the_excursions_is_the_stationary_covariance():
    problem = plane_data(noise=2.0, seed=1)
    A, S = problem.A, subject.excursion_shape(problem)
    np.testing.assert_allclose(A @ S + S @ A, subject.noise_covariance(problem), atol=1e-12)
    step = 0.05  # next order: some per cent; 200 runs, some 100 independent times: 1 %
    run = Driver(problem, 8, REPLACEMENT, runs=200).run(np.full(6000, step), record=np.arange(1000, 6001, 50))
    e = run.error[..., 0].reshape(-1, 2)
    np.testing.assert_allclose(e.T @ e / len(e) / step, S, atol=0.1 * np.abs(S).max())
    # the covariance of the noise of one epoch at W_*
    drawn = np.random.default_rng(0).integers(0, 16, (20_000, 16))
    noise = problem.gradients(problem.minimizer)[drawn, :, 0].sum(axis=1)
    sampled = noise.T @ noise / len(noise)
    np.testing.assert_allclose(sampled, subject.noise_covariance(problem), atol=0.05 * sampled.max())
    one = subject.one_unknown()
    assert subject.noise_covariance(one) == pytest.approx(1) and one.A == pytest.approx(1)
    assert subject.excursion_shape(one) == pytest.approx(0.5)  # delta^2 <= 2 c S = c sigma^2


@pytest.mark.parametrize("scheme", [LIE_EULER, LIE_EXACT])
@pytest.mark.parametrize("p", [2, 16])
def test_with_a_partition_the_excursions_tend_to_0(scheme, p):
    r = subject.excursions(InverseLogarithm(0.3), p, scheme, 16384)
    assert r.theory == pytest.approx(0.3**0.5) and r.K[0] == 64 and r.K[-1] == 16384
    with_replacement, partition = r.largest
    # with replacement they grow towards the theory (0.84 at 2^14 for Gaussian noise), with a partition they
    # are
    # of the size of the step, or of its 3/2nd power, and fall with it
    assert 0.7 < r.share < 1 and with_replacement[-1] > with_replacement[0]
    assert partition[-1] < 0.85 * partition[0] and partition[-1] < 0.05 * with_replacement[-1]
    assert partition[-1] / InverseLogarithm(0.3).steps(16384)[-1] < 0.5
    assert np.all(r.rms[:, -1] < 0.8 * r.rms[:, 0])
    # the definitions
    driver = Driver(subject.one_unknown(), p, RESHUFFLED, subject.RUNS)
    run = driver.run(InverseLogarithm(0.3).steps(16384), scheme, subject.one_unknown().minimizer)
    assert partition[-1] == pytest.approx(run.distance[8193:].max(axis=0).mean(), rel=1e-9)
    assert r.rms[1, -1] == pytest.approx(np.sqrt((run.distance[8193:] ** 2).mean()), rel=1e-9)
    np.testing.assert_allclose(np.abs(r.path[1]), run.distance[:, 0], rtol=1e-9)


def test_below_the_border_the_excursions_with_replacement_tend_to_0_as_well():
    r = subject.excursions(Power(0.3, 0.5), 8, LIE_EULER, 16384)
    assert r.theory is r.share is None and r.largest[0, -1] < 0.5 * r.largest[0, 0]


def test_bad_input():
    for call, words in [
        (lambda: subject.excursions(InverseLogarithm(2.0), 8, LIE_EULER, 1024), "c must be .*c ≤ 1"),
        (lambda: subject.excursions(InverseLogarithm(0.2), 17, LIE_EULER, 1024), "p ≤ 16"),
        (lambda: subject.excursions(InverseLogarithm(0.2), 4, "Heun", 1024), "scheme must be"),
    ]:
        with pytest.raises(ValueError, match=words):
            call()
    assert small_problems.SIZE == subject.SIZE
