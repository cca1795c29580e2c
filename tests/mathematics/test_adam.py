"""The three recursions of ADAM: their formulas, an independent peer, batches, known end points, bad input."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, linprog

from helpers.mathematics import losses
from helpers.mathematics.adam import EPSILON, FORMS, adam, adam_step, gradient_descent

each_form = pytest.mark.parametrize("form", FORMS)


def _plain(form, gradients, w, step, beta_1, beta_2):
    """The three forms written out with Python floats, one coordinate: an independent transcription."""
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        if form == "book":
            w -= step * m / v**0.5
        elif form == "paper":
            w -= step * (m / (1 - beta_1**t)) / ((v / (1 - beta_2**t)) ** 0.5 + 1e-8)
        else:
            w -= step * (1 - beta_2**t) ** 0.5 / (1 - beta_1**t) * m / (v**0.5 + 1e-7)
    return w


@each_form
@settings(max_examples=30, deadline=None)
@given(
    beta_1=st.floats(0, 0.99),
    beta_2=st.floats(0, 0.9999),
    gradients=st.lists(st.floats(0.01, 10) | st.floats(-10, -0.01), min_size=1, max_size=20),
)
def test_recursion_is_the_formula(form, beta_1, beta_2, gradients):
    numbers = iter(gradients)
    path = adam(
        lambda w: np.full_like(w, next(numbers)),
        [1.0],
        step=0.1,
        beta_1=beta_1,
        beta_2=beta_2,
        form=form,
        steps=len(gradients),
    )
    expected = _plain(form, gradients, 1.0, 0.1, beta_1, beta_2)
    assert path.w[-1, 0] == pytest.approx(expected, rel=1e-11, abs=1e-11)


def test_paper_form_agrees_with_autograd():
    from autograd.misc.optimizers import adam as autograd_adam

    loss, seen = losses.rosenbrock(), []
    autograd_adam(
        lambda w, i: loss.gradient(w),
        np.array(loss.start),
        callback=lambda w, i, g: seen.append(w.copy()),
        num_iters=500,
        step_size=0.01,
        b1=0.9,
        b2=0.6,
        eps=1e-8,
    )
    path = adam(loss.gradient, loss.start, step=0.01, beta_1=0.9, beta_2=0.6, form="paper", steps=499)
    # 500 steps, each perturbed by a few eps, with the perturbations neither damped nor amplified much
    np.testing.assert_allclose(path.w, seen, rtol=0, atol=1e-10)


def test_one_tiny_gradient_tells_keras_from_the_paper():
    kw = dict(step=1.0, beta_1=0.9, beta_2=0.999, steps=1, epsilon=1e-7)
    w = {f: adam(lambda w: np.full_like(w, 1e-8), [0.0], form=f, **kw).w[-1, 0] for f in ("keras", "paper")}
    assert w["keras"] == pytest.approx(-0.00315231, rel=2e-6)  # MATH: six digits given
    assert w["paper"] == pytest.approx(-1 / 11, rel=1e-12)


def test_forms_have_their_own_epsilon():
    assert EPSILON == {"book": 0.0, "paper": 1e-8, "keras": 1e-7}
    for form in ("paper", "keras"):
        a = adam(lambda w: w, [1e-6], step=1e-8, beta_1=0.9, beta_2=0.6, form=form, steps=5)
        b = adam(
            lambda w: w, [1e-6], step=1e-8, beta_1=0.9, beta_2=0.6, form=form, steps=5, epsilon=EPSILON[form]
        )
        assert np.array_equal(a.w, b.w)


def test_book_moments_carry_the_books_sign_and_the_paper_form_the_papers():
    kw = dict(step=0.01, beta_1=0.9, beta_2=0.6, steps=7)
    book, paper = (adam(losses.quadratic().gradient, [2.0, 1.0], form=f, **kw) for f in ("book", "paper"))
    assert np.all(book.first_moment[1] < 0) and np.all(paper.first_moment[1] > 0)  # the gradient is positive
    assert np.all(book.second_moment[1] > 0) and np.all(paper.second_moment[1] > 0)


@each_form
def test_many_runs_at_once_equal_single_runs(form):
    loss = losses.rosenbrock()
    beta_1, beta_2 = np.array([0.0, 0.5, 0.9])[:, None], np.array([0.6, 0.999])
    kw = dict(step=0.01, form=form, steps=60)
    grid = adam(loss.gradient, loss.start, beta_1=beta_1, beta_2=beta_2, **kw)
    assert grid.w.shape == (61, 3, 2, 2)
    for i in range(3):
        for j in range(2):
            one = adam(loss.gradient, loss.start, beta_1=beta_1[i, 0], beta_2=beta_2[j], **kw)
            # arrays and scalars may round powers differently by an ulp, amplified over 60 steps
            np.testing.assert_allclose(grid.w[:, i, j], one.w, rtol=0, atol=1e-12)
    thinned = adam(loss.gradient, loss.start, beta_1=beta_1, beta_2=beta_2, every=25, **kw)
    assert thinned.iteration.tolist() == [0, 25, 50, 60]
    np.testing.assert_array_equal(thinned.w, grid.w[[0, 25, 50, 60]])


@each_form
def test_a_run_in_floats_is_the_run_in_arrays(form):
    centers = [np.array([0.0, 1.0, -2.0]), np.array([3.0, 1.0, 0.5])]
    arrays = [lambda w, c=c: w - c for c in centers]
    floats = [lambda w, c=c: [a - b for a, b in zip(w, c.tolist(), strict=True)] for c in centers]
    dt = 0.1 / np.sqrt(1 + np.arange(50))
    for beta_1, beta_2, every in ((0.9, 0.6, 1), (0.0, 0.999, 7), (0.0, 0.0, 50)):
        kw = dict(step=dt, beta_1=beta_1, beta_2=beta_2, form=form, steps=50, every=every)
        one = adam(floats, [0.5, 1.0, 0.0], floats=True, **kw)
        other = adam(arrays, [0.5, 1.0, 0.0], **kw)
        for name in ("w", "first_moment", "second_moment", "iteration"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)


@each_form
def test_a_run_can_be_continued_and_steps_may_vary(form):
    loss, dt = losses.quadratic(), np.linspace(0.05, 0.01, 40)
    kw = dict(beta_1=0.9, beta_2=0.6, form=form)
    whole = adam(loss.gradient, loss.start, step=dt, steps=40, **kw)
    w, m, d = whole.w[0], whole.first_moment[0], whole.second_moment[0]
    for k in range(40):
        w, m, d = adam_step(
            form,
            w,
            m,
            d,
            loss.gradient(w),
            step=dt[k],
            beta_1=0.9,
            beta_2=0.6,
            epsilon=EPSILON[form],
            iteration=k + 1,
        )
        np.testing.assert_allclose(whole.w[k + 1], w, rtol=0, atol=1e-13)
    if form == "book":  # no bias correction: the state is all there is
        half = adam(loss.gradient, loss.start, step=dt, steps=20, **kw)
        rest = adam(
            loss.gradient,
            half.w[-1],
            step=dt[20:],
            steps=20,
            first_moment=half.first_moment[-1],
            second_moment=half.second_moment[-1],
            **kw,
        )
        np.testing.assert_array_equal(rest.w, whole.w[20:])


def test_batches_are_used_cyclically_or_in_the_order_given():
    calls = []
    batches = [lambda w, r=r: (calls.append(r), w - r)[1] for r in range(3)]
    adam(batches, [0.5], step=0.1, beta_1=0.9, beta_2=0.6, steps=7)
    assert calls == [0, 1, 2, 0, 1, 2, 0]
    calls.clear()
    adam(batches, [0.5], step=0.1, beta_1=0.9, beta_2=0.6, steps=4, order=np.array([2, 2, 0, 1]))
    assert calls == [2, 2, 0, 1]


@pytest.mark.parametrize(
    ("beta_1", "beta_2", "limit"), [(0.0, 0.6, 0.83998), (0.9, 0.6, 0.99133), (0.9, 0.999, 0.99998)]
)
def test_cyclic_batches_with_fixed_betas_have_a_limit_of_their_own(beta_1, beta_2, limit):
    """The closed form: the limit solves Σ m_i/√v_i = 0, m and v periodic averages of the batch gradients."""
    c, p = np.array([0.0, 0.0, 3.0]), 3

    def periodic(beta, x):
        age = (np.arange(p)[:, None] - np.arange(p)) % p
        return (1 - beta) / (1 - beta**p) * (beta**age) @ x

    root = brentq(
        lambda w: np.sum(periodic(beta_1, w - c) / np.sqrt(periodic(beta_2, (w - c) ** 2))), 0.1, 1.5
    )
    assert root == pytest.approx(limit, abs=6e-6)
    batches = [lambda w, cr=cr: w - cr for cr in c]
    dt = 0.3 / (1 + np.arange(18_000) // p) ** 0.8
    path = adam(batches, [0.5], step=dt, beta_1=beta_1, beta_2=beta_2, steps=18_000, every=18_000)
    # what remains is of the order of the last step, 3e-4; the cases differ from one another by 9e-3 at least
    assert path.w[-1, 0] == pytest.approx(limit, abs=1e-3)


def test_one_equation_ends_at_the_least_maximum_norm_and_gradient_descent_at_the_least_euclidean():
    loss = losses.one_equation()
    dt = 0.1 / (1 + np.arange(2000)) ** 0.7
    path = adam(loss.gradient, loss.start, step=dt, beta_1=0.9, beta_2=0.6, steps=2000)
    np.testing.assert_allclose(path.w, path.w[:, :1] * np.ones(3), atol=1e-13)  # Z/√D has equal coordinates
    np.testing.assert_allclose(path.w[-1], 1, atol=1e-3)  # the last step is 5e-4
    descent = gradient_descent(loss.gradient, loss.start, step=0.05, steps=300)
    np.testing.assert_allclose(descent[-1], np.array([9, 6, 3]) / 7, rtol=1e-12)


def test_with_more_equations_adam_misses_the_least_maximum_norm():
    """Twelve sparse problems, 20 equations for 60 unknowns; the least maximum norm by a linear program."""
    excess = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        x, truth = rng.normal(size=(20, 60)), np.zeros(60)
        truth[rng.choice(60, 4, replace=False)] = rng.normal(size=4) + 2
        path = adam(
            lambda w, x=x, y=x @ truth: (w @ x.T - y) @ x,
            np.zeros(60),
            step=0.01 / (1 + np.arange(4000) / 200),
            beta_1=0.9,
            beta_2=0.6,
            steps=4000,
            every=4000,
        )
        assert (
            np.abs(x @ (path.w[-1] - truth)).max() < 0.01
        )  # the equations hold to the size of the last step
        equations = np.hstack([x, -x, np.zeros((20, 1))])  # w = u − v, with u, v between 0 and s
        below = np.hstack([np.eye(120), -np.ones((120, 1))])
        cost = np.r_[np.zeros(120), 1]
        least = linprog(cost, A_ub=below, b_ub=np.zeros(120), A_eq=equations, b_eq=x @ truth).fun
        excess.append(np.abs(path.w[-1]).max() / least - 1)
    assert min(excess) > 0.1  # 0.39 to 1.36


def test_on_sparse_regression_adam_is_denser_than_gradient_descent():
    for seed in range(4):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(20, 40)) / np.sqrt(20)
        truth = np.zeros(40)
        truth[rng.choice(40, 3, replace=False)] = rng.choice([-1, 1], 3) * rng.uniform(1, 2, 3)

        def gradient(w, x=x, y=x @ truth):
            return (w @ x.T - y) @ x

        ends = {
            "ADAM": adam(
                gradient,
                np.zeros(40),
                step=0.02 / (1 + np.arange(3000) / 200),
                beta_1=0.9,
                beta_2=0.6,
                steps=3000,
                every=3000,
            ).w[-1],
            "descent": gradient_descent(
                gradient, np.zeros(40), step=1 / np.linalg.norm(x, 2) ** 2, steps=1000
            )[-1],
        }
        residual = {k: np.linalg.norm(x @ (w - truth)) for k, w in ends.items()}
        assert max(residual.values()) < 5e-3, residual  # both fit the data, |y| is about 2
        large = {k: np.mean(np.abs(w) > 0.1 * np.abs(w).max()) for k, w in ends.items()}
        flat = {k: np.abs(w).sum() / np.linalg.norm(w) for k, w in ends.items()}  # √40 if all are equal
        assert large["ADAM"] > large["descent"] > np.mean(truth != 0)
        assert flat["ADAM"] > 1.05 * flat["descent"]


@pytest.mark.parametrize(
    ("beta_1", "beta_2", "amplitude"),
    [(0.9, 0.6, 0.1086), (0.0, 0.6, 0.5), (0.0, 0.0, None), (0.0, 0.999, 0.0)],
)
def test_constant_step_stays_at_a_distance_of_order_the_step(beta_1, beta_2, amplitude):
    # (0, 0.999) is a false 0: D underflows in double precision; with a wider exponent w returns, to 0.5
    for step in (1e-2, 2e-3):
        path = adam(lambda w: w, [0.3], step=step, beta_1=beta_1, beta_2=beta_2, steps=20_000)
        rest = np.abs(path.w[-2000:]).max() / step
        if amplitude is None:  # sign descent: two points one step apart, where depends on the start
            assert 0.5 - 1e-9 <= rest <= 1 + 1e-9
        else:
            assert rest == pytest.approx(amplitude, abs=6e-5)


def test_a_coordinate_without_a_gradient_stays():
    path = adam(lambda w: w * np.array([1.0, 0.0]), [1.0, 2.0], step=0.1, beta_1=0.9, beta_2=0.6, steps=50)
    assert np.all(path.w[:, 1] == 2.0) and np.all(path.w[1:, 0] != 1.0)


def test_zero_d_with_nonzero_z_is_refused_in_words():
    with pytest.raises(ValueError, match="D is zero where Z is not, at step 2"):
        gradients = iter([1.0, 0.0, 0.0])
        adam(lambda w: np.full_like(w, next(gradients)), [1.0], step=0.1, beta_1=0.9, beta_2=0.0, steps=3)
    with pytest.raises(ValueError, match="D is zero where Z is not, at step 2"):
        gradients = iter([1.0, 0.0, 0.0])
        kw = dict(step=0.1, beta_1=0.9, beta_2=0.0, steps=3, floats=True)
        adam(lambda w: [next(gradients)], [1.0], **kw)
    with pytest.raises(ValueError, match="D is zero where Z is not, at step 1"):  # 1e-200² underflows
        adam(lambda w: np.full_like(w, 1e-200), [1.0], step=0.1, beta_1=0.9, beta_2=0.6, steps=3)


@each_form
def test_overflow_names_its_step(form):
    kw = dict(step=0.1, beta_1=0.9, beta_2=0.6, form=form)
    gradients = [1.0, 1.0, 1e200, 1.0]  # its square overflows
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        numbers = iter(gradients)
        with pytest.raises(ValueError, match="at step 3"):
            adam(lambda w: np.full_like(w, next(numbers)), [1.0], steps=4, **kw)
        numbers = iter(gradients)
        with pytest.raises(ValueError, match="at step 3"):
            adam(lambda w: [next(numbers)], [1.0], steps=4, floats=True, **kw)
        numbers = iter(gradients)
        with pytest.raises(ValueError, match="between steps 1 and 4"):
            adam(lambda w: np.full_like(w, next(numbers)), [1.0], steps=4, every=4, **kw)
        with pytest.raises(ValueError, match="at step 1"):
            adam(lambda w: w * np.nan, [1.0], steps=4, **kw)
        with pytest.raises(ValueError, match="at step 3"):
            # |w| grows by 1e101 a step: 1e10, 1e111, 1e212, overflow
            gradient_descent(lambda w: w * 1e101, [1e10], step=1.0, steps=5)


GOOD = dict(gradient=lambda w: w, start=[1.0, 2.0], step=0.1, beta_1=0.9, beta_2=0.6, steps=3)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (dict(beta_1=1.2), "β₁ must be a number, 0 ≤ β₁ < 1; got 1.2"),
        (dict(beta_2=1.0), "β₂ must be a number, 0 ≤ β₂ < 1; got 1"),
        (dict(beta_2=np.array([0.5, -0.1])), "0 ≤ β₂ < 1; got −0.1"),
        (dict(beta_1=float("nan")), "0 ≤ β₁ < 1; got undefined"),
        (dict(step=0), "Δt must be a number, Δt > 0; got 0"),
        (dict(step=[0.1, -0.1, 0.1]), "Δt > 0; got −0.1"),
        (dict(step=[0.1, 0.1]), "one value for each of 3 steps; got 2"),
        (dict(step=float("inf")), "Δt > 0; got ∞"),
        (dict(start=[1.0, float("nan")]), "the start must be finite"),
        (dict(start=1.0), "the start must be a vector"),
        (dict(steps=-1), "a whole number, the number of steps ≥ 0; got −1"),
        (dict(steps=2.5), "a whole number, the number of steps"),
        (dict(every=0), "every ≥ 1; got 0"),
        (dict(form="Keras"), "form of ADAM must be one of book, paper, keras; got 'Keras'"),
        (dict(epsilon=1e-8), "the book form has no ε"),
        (dict(form="paper", epsilon=-1.0), "ε ≥ 0; got −1"),
        (dict(second_moment=[-1.0, 1.0]), "the second moment must not be negative"),
        (dict(first_moment=[1.0, 2.0, 3.0]), r"the first moment must broadcast to the shape of W, \(2,\)"),
        (dict(gradient=lambda w: w[:1]), r"the gradient must have the shape of W, \(2,\); got \(1,\)"),
        (dict(floats=True, beta_1=np.array([0.5, 0.9])), r"floats=True allows one run.* of shape \(2,\)"),
        (dict(floats=True, gradient=lambda w: w[:1]), "as many floats as W, 2; got 1"),
        (dict(gradient=[]), "a non-empty sequence of callables"),
        (dict(gradient=[lambda w: w], order=[0, 0, 1]), "order must name batches 0 to 0"),
        (dict(gradient=[lambda w: w], order=[0.0]), "order must be a one-dimensional array of integers"),
    ],
)
def test_bad_input_is_answered_in_words(change, sentence):
    arguments = GOOD | change
    with pytest.raises(ValueError, match=sentence):
        adam(arguments.pop("gradient"), arguments.pop("start"), **arguments)
