"""The diabetes data of scikit-learn as a least squares problem, §5.3."""

from functools import cache

import numpy as np

from helpers.mathematics.least_squares import LeastSquares, standardize
from helpers.mathematics.small_problems import data_weights


@cache
def diabetes(unequal: bool = False, bias: bool = False) -> tuple[LeastSquares, tuple[str, ...]]:
    """J = Σαᵢ|Wxᵢ − yᵢ|² on standardized features and target, Σαᵢ = 1, and the names of the weights.

    442 patients, 10 features, which ship inside scikit-learn. With equal αᵢ all means are 0, and so is the
    best bias; `unequal`: αᵢ grow from 1 to 16 (times a constant) in the order of the target.
    """
    from sklearn.datasets import load_diabetes  # imported when first used

    data = load_diabetes(scaled=False)
    order = np.argsort(data.target, kind="stable")
    alpha = np.empty(len(order))
    alpha[order] = data_weights(len(order), unequal) / len(order)
    x, y = standardize(data.data)[0], standardize(data.target)[0]
    return LeastSquares(x, y, alpha, bias), (*data.feature_names, *(["bias"] if bias else []))
