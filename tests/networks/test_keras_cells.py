"""Without TensorFlow *Run All* goes on: the cells that need it say what is missing, and all others run."""

import re

import nbclient
import nbformat
import pytest

from helpers.networks import backend, keras_cells
from helpers.upkeep.settings import NOTEBOOKS, kernel_environment

SECTIONS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
WORDS = "This cell was not run. TensorFlow is not installed in this Python environment."


def test_cells_are_marked_as_they_are_tagged():
    for path in SECTIONS:
        loaded = False
        for cell in nbformat.read(path, as_version=4).cells:
            loaded |= cell.source == "%load_ext helpers.networks.keras_cells"
            tagged = "tensorflow" in cell.metadata.get("tags", [])
            assert cell.source.startswith(keras_cells.MARK + "\n") == tagged, cell.source
            assert loaded or not tagged
            if cell.cell_type == "code" and not tagged:
                assert not re.search(
                    r"import (backend|digits|keras_adam)|import shuffled_fit|keras\(", cell.source
                )


def test_other_cells_are_left_alone(monkeypatch):
    monkeypatch.setattr(backend, "keras", lambda: pytest.fail("asked for"))
    for lines in ([], ["a = 1\n", keras_cells.MARK + "\n"], ["# Needs TensorFlow 3\n"]):
        assert keras_cells.left_out(lines) == lines


def test_run_all_without_tensorflow(tmp_path):
    """The cells of 5.2 with Keras, and those that they need, in a kernel that cannot import TensorFlow."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['tensorflow'] = None")
    environment = kernel_environment()
    environment["PYTHONPATH"] = f"{tmp_path}:{environment['PYTHONPATH']}"
    (path,) = NOTEBOOKS.glob("5.2_*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    tagged = [cell for cell in notebook.cells if "tensorflow" in cell.metadata.get("tags", [])]
    loads = nbformat.v4.new_code_cell("%load_ext helpers.networks.keras_cells")
    after = nbformat.v4.new_code_cell("print('goes on')")
    notebook.cells = [loads, *tagged, after]
    nbclient.NotebookClient(notebook, timeout=60).execute(env=environment)  # raises where a cell does
    said = ["".join(output.text for output in cell.outputs).strip() for cell in notebook.cells]
    assert said == [backend.MISSING, *[WORDS] * len(tagged), "goes on"] and len(tagged) > 5
