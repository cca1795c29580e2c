"""The environment variables under which notebooks and tests run, kept in one place."""

import os
import pathlib

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
    """Return the variables of a kernel whose results are stored: repeatable, free of the user's settings.

    The matplotlib backend is left to the kernel, and IPython gets a folder of its own.
    """
    folder = ROOT / "build" / "ipython"
    folder.mkdir(parents=True, exist_ok=True)
    dropped = ("MPLBACKEND", "PYTHONWARNINGS")
    inherited = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**inherited, **REPEATABLE, "IPYTHONDIR": str(folder), "PYTHONPATH": str(ROOT)}
