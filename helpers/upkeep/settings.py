"""The environment variables under which notebooks and tests run, kept in one place."""

import atexit
import errno
import functools
import importlib.util
import os
import pathlib
import re
import shutil
import sys
import tempfile
from collections.abc import Callable

ROOT = pathlib.Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"

THREADS = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
REPEATABLE = {
    "TF_CPP_MIN_LOG_LEVEL": "3",  # TensorFlow prints to stderr otherwise
    "TF_ENABLE_ONEDNN_OPTS": "0",  # oneDNN changes the last digits
    **dict.fromkeys(THREADS, "1"),  # the order of sums must not depend on the machine
    "PYTHONHASHSEED": "0",  # the order of sets of strings
    "NOTEBOOKS_MEMORY": "off",  # no recorded answer of an earlier reader
    "KERAS_BACKEND": "tensorflow",
    "LC_ALL": "C.UTF-8",
}
# Settings of the reader's own. OPENBLAS_CORETYPE and NPY_DISABLE_CPU_FEATURES are not among them: they say
# what the processor can do, and whoever sets them wants to see the difference.
_THEIRS = re.compile(
    r"(MPL|MATPLOTLIB|KERAS_|TF_|XLA_|IPYTHON|SKLEARN_|LC_|LANG|OMP_|MKL_|OPENBLAS_(NUM|L2)|GOTO_|NPY_PROM"
    r"|JUPYTER_(?!RUNTIME_DIR)|PYTHON(?!DONTWRITEBYTECODE|PYCACHEPREFIX))|(COLUMNS|LINES)$"
)


@functools.cache
def build_folder() -> pathlib.Path:
    """Return ``build/`` for what the commands make; where the checkout is read-only, a temporary folder."""
    folder = ROOT / "build"
    try:
        folder.mkdir(exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="notebooks-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def kernel_environment(threads: int = 1) -> dict[str, str]:
    """Return the variables of a kernel whose results are stored: repeatable, free of the user's settings.

    Dropped or replaced are the user's settings of Python, IPython, Jupyter, matplotlib, Keras, TensorFlow and
    locale, in variables and in files of the home folder.
    The matplotlib backend is left to the kernel. More than one thread shows what depends on their number.
    """
    matplotlib = pathlib.Path(importlib.util.find_spec("matplotlib").origin).parent
    own = {
        "PYTHONPATH": str(ROOT),
        "IPYTHONDIR": str(_folder("ipython")),
        "JUPYTER_CONFIG_DIR": str(_folder("jupyter")),
        "KERAS_HOME": str(_folder("keras")),
        "MATPLOTLIBRC": str(matplotlib / "mpl-data" / "matplotlibrc"),  # before the user's, and sets nothing
    }
    inherited = {name: value for name, value in os.environ.items() if not _THEIRS.match(name)}
    return {**inherited, **REPEATABLE, **dict.fromkeys(THREADS, str(threads)), **own}


def _folder(name: str) -> pathlib.Path:
    folder = build_folder() / "home" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def about(docstring: str | None) -> str:
    """Return the first line of a command's docstring for its --help; `python -OO` has removed it."""
    return (docstring or "").split("\n")[0]


def worded(main: Callable[..., int]) -> Callable[..., int]:
    """Let a command say in words what it may not write, and return 2."""

    @functools.wraps(main)
    def wrapper(*args):
        try:
            return main(*args)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
            why = f"{error.strerror}; is this copy read-only?"
            print(f"{error.filename or ROOT} cannot be written: {why}", file=sys.stderr)
            return 2

    return wrapper
