"""An IPython extension: a cell that begins with `# Needs TensorFlow` is left out, in words, where it lacks.

The cells after it run, *Run All* does not stop. Load it by `%load_ext helpers.networks.keras_cells`.
"""

from helpers.networks import backend

MARK = "# Needs TensorFlow"


def left_out(lines: list[str]) -> list[str]:
    """The lines of a cell or, where it needs TensorFlow and there is none, one that says what is missing."""
    if not lines or lines[0].strip() != MARK:
        return lines
    try:
        backend.keras()
    except ImportError as error:
        first = str(error).split(": ")[0].split(". ")[0]
        return [f"print({f'This cell was not run. {first}.'!r})\n"]
    return lines


def load_ipython_extension(shell) -> None:
    """Have `left_out` look at each cell from now on; say at once, and whole, that TensorFlow is missing."""
    shell.input_transformers_cleanup.append(left_out)
    if not backend.is_available():
        print(backend.MISSING)


def unload_ipython_extension(shell) -> None:
    """Leave all cells alone again."""
    shell.input_transformers_cleanup.remove(left_out)
