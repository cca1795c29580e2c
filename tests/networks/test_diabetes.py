"""The diabetes data are those that scikit-learn loads."""

import subprocess
import sys

import numpy as np
from sklearn.datasets import load_diabetes

from helpers.mathematics.least_squares import standardize
from helpers.networks.diabetes import diabetes


def test_data_are_those_of_scikit_learn():
    problem, names = diabetes()
    data = load_diabetes(scaled=False)
    np.testing.assert_array_equal(problem.x, standardize(data.data)[0])
    np.testing.assert_array_equal(problem.y, standardize(data.target)[0])
    assert names == tuple(data.feature_names)


def test_they_are_read_without_scikit_learn():
    code = "from helpers.networks.diabetes import diabetes; diabetes(); import sys; "
    code += "print('sklearn' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
