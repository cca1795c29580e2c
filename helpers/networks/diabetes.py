"""The diabetes data of scikit-learn as a least squares problem, §5.3."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from helpers.mathematics.least_squares import LeastSquares, standardize
from helpers.mathematics.small_problems import data_weights

NAMES = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")


@cache
def diabetes(unequal: bool = False, bias: bool = False) -> tuple[LeastSquares, tuple[str, ...]]:
    """J = Σαᵢ|Wxᵢ − yᵢ|² on standardized features and target, Σαᵢ = 1, and the names of the weights.

    442 patients, 10 features, which ship inside scikit-learn. With equal αᵢ all means are 0, and so is the
    best bias; `unequal`: αᵢ grow from 1 to 16 (times a constant) in the order of the target.
    """
    # its files alone: to import scikit-learn takes 40 MB and a second
    folder = Path(find_spec("sklearn").origin).parent / "datasets" / "data"
    x = np.loadtxt(folder / "diabetes_data_raw.csv.gz")
    y = np.loadtxt(folder / "diabetes_target.csv.gz")
    order = np.argsort(y, kind="stable")
    alpha = np.empty(len(order))
    alpha[order] = data_weights(len(order), unequal) / len(order)
    x, y = standardize(x)[0], standardize(y)[0]
    return LeastSquares(x, y, alpha, bias), (*NAMES, *(["bias"] if bias else []))
