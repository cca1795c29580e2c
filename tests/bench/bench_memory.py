"""Resident memory of each kernel without and with its TensorFlow cells: `python tests/bench/bench_memory.py`.

Each notebook is executed twice from a fresh kernel, without and with the cells tagged `tensorflow`;
a last cell reports the kernel's resident set. Targets: 250 MB without TensorFlow, 1 GB with it.
"""

import pathlib

import nbclient
import nbformat

from helpers.upkeep.settings import NOTEBOOKS, kernel_environment

REPORT = "import psutil; print(psutil.Process().memory_info().rss)"


def resident(path: pathlib.Path, tensorflow: bool) -> float:
    """The kernel's resident memory in MB after all cells, with or without those that need TensorFlow."""
    notebook = nbformat.read(path, as_version=4)
    if not tensorflow:
        notebook.cells = [c for c in notebook.cells if "tensorflow" not in c.metadata.get("tags", [])]
    notebook.cells.append(nbformat.v4.new_code_cell(REPORT))
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute(env=kernel_environment())
    return int(notebook.cells[-1].outputs[-1]["text"]) / 1e6


if __name__ == "__main__":
    print("| notebook | without TensorFlow, MB (≤ 250) | all cells, MB (≤ 1000) |\n|---|---|---|")
    for section in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        print(f"| {section.stem} | {resident(section, False):.0f} | {resident(section, True):.0f} |")
