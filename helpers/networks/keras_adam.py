"""The third witness: `keras.optimizers.Adam` itself, driven by given gradients or by a loss in NumPy."""

from collections.abc import Callable

import numpy as np

from helpers.mathematics import checks

from . import backend


def path(
    gradients,
    *,
    start=0.0,
    learning_rate: float = 1e-3,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
    dtype: str = "float64",
) -> np.ndarray:
    """W after each step of `keras.optimizers.Adam` on these gradients, whatever W is; shape (steps + 1, n).

    `gradients` has shape (steps, n), `start` is a number or has shape (n,). The form is Keras', its defaults
    those of Keras but for float64. Raises ValueError for β outside [0, 1), a step or epsilon that is not
    positive, and gradients that are not finite or of another shape.
    """
    gradients = checks.finite_array("gradients", gradients, ndim=2)
    start = _start(start, gradients.shape[1])
    stored = iter(gradients)
    return _run(lambda w: next(stored), start, len(gradients), learning_rate, beta_1, beta_2, epsilon, dtype)


def descend(
    gradient: Callable[[np.ndarray], np.ndarray],
    start,
    steps: int,
    *,
    learning_rate: float = 1e-3,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
    dtype: str = "float64",
) -> np.ndarray:
    """W after each step of `keras.optimizers.Adam` on ∇J; shape (steps + 1, n).

    `gradient` maps W of shape (n,) to ∇J(W), for instance a loss's `gradient`. Raises ValueError as `path`
    does, and where ∇J stops being finite.
    """
    steps = checks.STEPS.within(low=1).check(steps)
    start = checks.finite_array("start", start, ndim=1)
    return _run(gradient, start, steps, learning_rate, beta_1, beta_2, epsilon, dtype)


def _start(start, size: int) -> np.ndarray:
    start = checks.finite_array("start", start)
    if start.shape not in ((), (size,)):
        raise ValueError(f"start must be a number or have the shape ({size},); got {start.shape}")
    return np.broadcast_to(start, (size,)).copy()


def _run(gradient, start, steps, learning_rate, beta_1, beta_2, epsilon, dtype) -> np.ndarray:
    learning_rate = checks.TIME_STEP.called("the learning rate").check(learning_rate)
    beta_1 = checks.BETA_1.check(beta_1)
    beta_2 = checks.BETA_2.check(beta_2)
    epsilon = checks.TIME_STEP.called("ε").check(epsilon)  # positive: 0/0 else
    keras, tf = backend.keras(), backend.tensorflow()
    with backend.precision(dtype):
        variable = keras.Variable(start, dtype=dtype)
        if dtype == "float64":  # Keras raises a plain float to the power t as float32, whatever the variable
            beta_1, beta_2 = (tf.constant(beta, dtype) for beta in (beta_1, beta_2))
        optimizer = keras.optimizers.Adam(learning_rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
        optimizer.build([variable])
        apply = tf.function(lambda g: optimizer.apply([g], [variable]))
        points = np.empty((steps + 1, *start.shape))
        points[0] = variable.numpy()
        for step in range(steps):
            slope = checks.finite_array(f"the gradient at step {step}", gradient(points[step]))
            if slope.shape != start.shape:
                raise ValueError(f"the gradient must have the shape {start.shape} of W; got {slope.shape}")
            apply(tf.constant(slope, dtype=dtype))
            points[step + 1] = variable.numpy()
    return points
