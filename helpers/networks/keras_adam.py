"""The third witness: `keras.optimizers.Adam` itself, driven by given gradients or by a loss in NumPy."""

from collections.abc import Callable

import numpy as np

from . import backend, checks


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
    gradients = checks.finite("gradients", gradients, ndim=2)
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
    steps = checks.count("steps", steps)
    start = checks.finite("start", start, ndim=1)
    return _run(gradient, start, steps, learning_rate, beta_1, beta_2, epsilon, dtype)


def _start(start, size: int) -> np.ndarray:
    start = checks.finite("start", start)
    if start.shape not in ((), (size,)):
        raise ValueError(f"start must be a number or have the shape ({size},); got {start.shape}")
    return np.broadcast_to(start, (size,)).copy()


def _run(gradient, start, steps, learning_rate, beta_1, beta_2, epsilon, dtype) -> np.ndarray:
    learning_rate = checks.real("learning_rate", learning_rate, low=0)
    beta_1 = checks.real("beta_1", beta_1, low=0, high=1, closed_low=True)
    beta_2 = checks.real("beta_2", beta_2, low=0, high=1, closed_low=True)
    epsilon = checks.real("epsilon", epsilon, low=0)
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
            slope = checks.finite(f"the gradient at step {step}", gradient(points[step]))
            if slope.shape != start.shape:
                raise ValueError(f"the gradient must have the shape {start.shape} of W; got {slope.shape}")
            apply(tf.constant(slope, dtype=dtype))
            points[step + 1] = variable.numpy()
    return points
