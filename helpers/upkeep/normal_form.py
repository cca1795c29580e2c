"""The normal form of stored notebooks: small diffs, nothing of the machine, readable without a kernel.

Kept: sources, cell ids, execution counts, texts, pictures. Removed: widget views and widget states,
time stamps, what JupyterLab remembers of its display.
A panel becomes a picture and, under it, its sentence as text.
"""

import json
import re

import nbformat

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
CELL_METADATA = ("tags", "nbgrader", "slideshow", "jupyter", "editable", "deletable")
UNCHOSEN = ({}, [], True, {"slide_type": ""})  # what JupyterLab writes there by itself
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}
_REPR = re.compile(r"[A-Z]\w*\(.*\)", re.DOTALL)  # IntSlider(value=3), VBox(children=(…))
_VOLATILE = {
    "an absolute path": re.compile(
        r"(?<![\w.:/])/(?:home|Users|root|tmp|work|var|opt|usr|mnt|private|content)/\w|\b[A-Za-z]:\\\w"
    ),
    "a time stamp": re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\b\d\d:\d\d:\d\d\b"),
    "a memory address": re.compile(r"\bat 0x[0-9a-fA-F]{6,}"),
}


def load(text: str) -> nbformat.NotebookNode:
    """Read a notebook of format 4 and give ids to the cells that have none.

    Existing ids stay. A cell without one, or with one already taken, gets the first free of ``cell-01``,
    ``cell-02``, …
    Raises ``ValueError`` when the text is not a notebook of format 4.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not a notebook: {error}") from error
    if not isinstance(content, dict) or content.get("nbformat") != 4 or "cells" not in content:
        raise ValueError("not a notebook of format 4")
    content["nbformat_minor"] = 5
    used = {cell.get("id") for cell in content["cells"]}
    free = (name for name in (f"cell-{n:02d}" for n in range(1, 10_000)) if name not in used)
    seen = set()
    for cell in content["cells"]:
        if not cell.get("id") or cell["id"] in seen:
            cell["id"] = next(free)
        seen.add(cell["id"])
    return nbformat.reads(json.dumps(content), as_version=4)


def normalize(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Bring a notebook into the normal form, in place, and return it; twice is as once."""
    from nbconvert.preprocessors import CoalesceStreamsPreprocessor

    join = CoalesceStreamsPreprocessor()
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        known = {name: cell.metadata[name] for name in CELL_METADATA if name in cell.metadata}
        kept = {name: value for name, value in known.items() if value not in UNCHOSEN}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type == "code":
            join.preprocess_cell(cell, {}, 0)  # where a kernel cuts a stream depends on the moment
            cell.outputs = nbformat.from_dict([new for old in cell.outputs for new in _stored(old)])
    return notebook


def dump(notebook: nbformat.NotebookNode) -> str:
    """Return the text of a notebook, ending in one newline.

    Raises ``nbformat.ValidationError`` for an invalid one.
    """
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def problems(notebook: nbformat.NotebookNode) -> list[str]:
    """List what a stored notebook must not show: errors, stderr, volatile text, cells not run in order."""
    found = []
    expected = 0
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        expected += 1
        if cell.execution_count != expected:
            found.append(f"cell {number} has execution count {cell.execution_count}; {expected} is in order")
        for output in cell.outputs:
            found += [f"cell {number} {words}" for words in _wrong_with(output)]
    return found


def pictures_of_panels(outputs: list[dict]) -> list[dict]:
    """The outputs of a cell with each panel as its picture and its sentence, as if no kernel had run."""
    found = []
    for output in outputs:
        found += _stored(output) if "image/png" in output.get("data", {}) else [output]
    return found


def _stored(output: dict) -> list[dict]:
    """Return what is stored of one output: itself, a picture and its sentence, or nothing."""
    data = output.get("data")
    if data is None or WIDGET_VIEW not in data:
        return [output]
    data = {mime: value for mime, value in data.items() if mime != WIDGET_VIEW}
    output = {**output, "data": data, "metadata": {m: v for m, v in output["metadata"].items() if m in data}}
    sentence = data.get("text/plain", "")
    if not data or (set(data) == {"text/plain"} and _REPR.fullmatch(sentence.strip())):
        return []
    if "image/png" not in data or not sentence:
        return [output]
    words = {"text/markdown": _as_markdown(sentence), "text/plain": sentence}
    return [output, {"output_type": "display_data", "data": words, "metadata": {}}]


def _as_markdown(sentence: str) -> str:
    r"""Escape what Markdown would read as a mark: |∇J|₁ stays, a * b becomes a \* b; lines stay lines."""
    escaped = re.sub(r"([\\`*_$<\[\]~])", r"\\\1", sentence)
    escaped = re.sub(r"(?m)^(\s*)([#+\-])", r"\1\\\2", escaped)
    return escaped.replace("\n", "  \n")


def _wrong_with(output) -> list[str]:
    if output.output_type == "error":
        return [f"stores an error: {output.ename}: {output.evalue}"]
    if output.output_type == "stream":
        if output.name == "stderr":
            return [f"stores text on stderr: {output.text[:200]!r}"]
        texts = {"text": output.text}
    else:
        texts = {mime: value for mime, value in output.data.items() if mime.startswith("text/")}
    found = []
    if WIDGET_VIEW in output.get("data", {}):
        found.append("stores a widget view, which reads 'model not found' until it is run")
    for text in texts.values():
        for what, pattern in _VOLATILE.items():
            if match := pattern.search(text):
                found.append(f"stores {what}: {text[max(0, match.start() - 20) : match.end() + 20]!r}")
    return found
