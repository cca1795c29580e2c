"""The third witness: `keras.optimizers.Adam` itself, driven by given gradients."""

import numpy as np

from helpers.mathematics import checks

from . import backend


def path(
    gradients,
    *,
    start: float = 0.0,
    learning_rate: float = 1e-3,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
    dtype: str = "float64",
) -> np.ndarray:
    """W after each step of `keras.optimizers.Adam` on these gradients, whatever W is; shape (steps + 1, n).

    `gradients` has shape (steps, n); all coordinates begin at `start`. The form is Keras', its defaults
    those of Keras but for float64. Raises ValueError for β outside [0, 1), a step that is not
    positive, a negative epsilon, and gradients that are not finite or of another shape.
    """
    gradients = checks.finite_array("the gradients", gradients, ndim=2)
    start = np.full(gradients.shape[1], checks.finite_array("the start", start, ndim=0))
    learning_rate = checks.TIME_STEP.check(learning_rate)
    beta_1, beta_2 = checks.BETA_1.check(beta_1), checks.BETA_2.check(beta_2)
    epsilon = checks.EPSILON.check(epsilon)
    keras, tf = backend.keras(), backend.tensorflow()
    with backend.precision(dtype):
        variable = keras.Variable(start, dtype=dtype)
        if dtype == "float64":  # Keras raises a plain float to the power t as float32, whatever the variable
            beta_1, beta_2 = (tf.constant(beta, dtype) for beta in (beta_1, beta_2))
        optimizer = keras.optimizers.Adam(learning_rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
        optimizer.build([variable])
        apply = tf.function(lambda g: optimizer.apply([g], [variable]))
        points = [variable.numpy()]
        for slope in gradients:
            apply(tf.constant(slope, dtype=dtype))
            points.append(variable.numpy())
    return np.array(points, dtype=float)
