"""The environment variables under which notebooks and tests run, kept in one place."""

import os
import pathlib
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"

REPEATABLE = {
    "TF_CPP_MIN_LOG_LEVEL": "3",  # TensorFlow prints to stderr otherwise
    "TF_ENABLE_ONEDNN_OPTS": "0",  # oneDNN changes the last digits
    "TF_NUM_INTRAOP_THREADS": "1",  # the order of sums must not depend on the machine
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "PYTHONHASHSEED": "0",  # the order of sets of strings
    "NOTEBOOKS_MEMORY": "off",  # no recorded answer of an earlier reader
}


def kernel_environment() -> dict[str, str]:
    """Return the variables of a kernel whose results are to be stored: repeatable, and free of the user's settings.

    The matplotlib backend is left to the kernel; IPython's and matplotlib's folders are fresh ones.
    """
    folder = pathlib.Path(tempfile.gettempdir()) / "notebooks-upkeep"
    folder.mkdir(exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name not in ("MPLBACKEND", "PYTHONWARNINGS")}
    return {**inherited, **REPEATABLE, "IPYTHONDIR": str(folder / "ipython"), "PYTHONPATH": str(ROOT)}
