"""The maintainers' commands: notebooks execute to the same file twice, the address reaches every place."""

import base64
import json

import nbformat
import pytest

from helpers.upkeep import address, lock, normal_form, notebooks

PIXEL = base64.b64encode(b"not looked into").decode()
PANEL = """\
class Panel:
    def _repr_mimebundle_(self, include=None, exclude=None):
        view = {"application/vnd.jupyter.widget-view+json": {"model_id": slider.model_id}}
        return {**view, "image/png": "PIXEL", "text/plain": "E falls: a * b < 3"}
Panel()""".replace("PIXEL", PIXEL)
CELLS = [
    "import sys, time\nimport ipywidgets\nslider = ipywidgets.IntSlider(3)",
    "slider",
    "for number in range(3):\n    print(number, flush=True)\n    time.sleep(0.02)",
    PANEL,
    "ipywidgets.VBox([slider])\nprint({'a', 'b', 'c'})",
]


def write(path, sources, **metadata):
    """A notebook without ids, counts or outputs, as an author might first store it."""
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    cells = [{**cell, "source": source.splitlines(keepends=True)} for source in sources]
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def output(**data):
    return nbformat.v4.new_output(
        "display_data", data={key.replace("_", "/", 1): value for key, value in data.items()}
    )


def code(*outputs, count=1, **metadata):
    cell = nbformat.v4.new_code_cell("1", execution_count=count, outputs=list(outputs), metadata=metadata)
    return nbformat.v4.new_notebook(cells=[cell])


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    path = write(tmp_path_factory.mktemp("notebook") / "tiny.ipynb", CELLS, widgets={"state": {}})
    first = notebooks.execute(path)
    path.write_text(first, encoding="utf-8")
    return path, first


def test_two_executions_give_the_same_file(executed):
    path, first = executed
    assert notebooks.execute(path) == first


def test_the_executed_notebook_passes_its_own_check(executed):
    path, _ = executed
    assert notebooks.check(path) == []


def test_what_is_stored_of_widgets_streams_and_panels(executed):
    notebook = nbformat.reads(executed[1], as_version=4)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, 3, 4, 5]
    assert [cell.id for cell in notebook.cells] == [f"cell-0{n}" for n in range(1, 6)]
    silent, slider, stream, panel, _ = (cell.outputs for cell in notebook.cells)
    assert silent == [] and slider == []  # a bare widget leaves nothing to read
    assert [out.text for out in stream] == ["0\n1\n2\n"]
    picture, sentence = panel
    assert set(picture.data) == {"image/png", "text/plain"}
    assert sentence.output_type == "display_data"
    assert sentence.data == {"text/markdown": r"E falls: a \* b \< 3", "text/plain": "E falls: a * b < 3"}
    assert not any(
        normal_form.WIDGET_VIEW in out.get("data", {}) for cell in notebook.cells for out in cell.outputs
    )
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert "version" not in notebook.metadata.language_info


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import warnings\nwarnings.warn('late')", "stderr"),
        ("import sys\nprint('x', file=sys.stderr)", "stderr"),
        ("print('/home' + '/reader/file')", "an absolute path"),
        ("print('2024-05-06' + ' 07:08')", "a time stamp"),
        ("object()", "a memory address"),
    ],
)
def test_an_execution_that_must_not_be_stored_is_refused(tmp_path, source, words):
    path = write(tmp_path / "bad.ipynb", [source])
    before = path.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        notebooks.execute(path)
    assert path.read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("notebook", "words"),
    [
        (code(count=2), "execution count 2; 1 is in order"),
        (code(nbformat.v4.new_output("error", ename="E", evalue="v", traceback=[])), "stores an error"),
        (code(execution={"iopub.status.idle": "t"}), "not in normal form"),
        (code(nbformat.v4.new_output("display_data", {normal_form.WIDGET_VIEW: {}})), "widget view"),
    ],
    ids=["order", "error", "metadata", "view"],
)
def test_the_check_names_what_is_wrong(tmp_path, notebook, words):
    path = tmp_path / "stored.ipynb"
    path.write_text(normal_form.dump(notebook), encoding="utf-8")
    assert words in "\n".join(notebooks.check(path))
    assert notebooks.main(["--check", str(path)]) == 1


@pytest.mark.parametrize("key", ["text_html", "text_markdown"])
def test_words_of_a_widget_without_picture_are_kept(key):
    view = {normal_form.WIDGET_VIEW: {"model_id": "1"}}
    bundle = nbformat.v4.new_output(
        "display_data", {**output(**{key: "Predict", "text_plain": "Predict"}).data, **view}
    )
    [stored] = normal_form.normalize(code(bundle)).cells[0].outputs
    assert set(stored.data) == {key.replace("_", "/"), "text/plain"}


def test_normalizing_twice_is_normalizing_once():
    view = {normal_form.WIDGET_VIEW: {"model_id": "1"}, "image/png": PIXEL, "text/plain": "R = 1"}
    notebook = code(nbformat.v4.new_output("display_data", view), tags=["x"], scrolled=True)
    once = normal_form.dump(normal_form.normalize(notebook))
    assert normal_form.dump(normal_form.normalize(normal_form.load(once))) == once
    assert '"tags"' in once and '"scrolled"' not in once


def test_ids_are_kept_and_new_ones_are_the_same_each_time():
    text = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [%s]}'
    cell = '{"cell_type": "markdown", "metadata": {}, "source": ""%s}'
    cells = [cell % ', "id": "cell-01"', cell % "", cell % ', "id": "mine"', cell % ', "id": "mine"']
    ids = [cell.id for cell in normal_form.load(text % ", ".join(cells)).cells]
    assert ids == ["cell-01", "cell-02", "mine", "cell-03"]


@pytest.mark.parametrize("text", ["", "[]", '{"nbformat": 3, "worksheets": []}'])
def test_what_is_not_a_notebook_is_refused(text):
    with pytest.raises(ValueError, match="not a notebook"):
        normal_form.load(text)


def test_a_pattern_that_names_nothing_is_refused(tmp_path):
    (tmp_path / "5.2_x.ipynb").write_text("{}")
    assert [path.name for path in notebooks.find(["5.2*"], tmp_path)] == ["5.2_x.ipynb"]
    with pytest.raises(ValueError, match="no notebook is named"):
        notebooks.find(["6.1*"], tmp_path)


def test_a_new_address_reaches_every_region():
    readme = "".join(f"<!-- address: {name} -->\nold\n<!-- end -->\n" for name in ("badge", "clone", "note"))
    filled = address.fill(readme, "https://github.com/a/b-c")
    assert "https://mybinder.org/v2/gh/a/b-c/HEAD?" in filled
    assert "git clone https://github.com/a/b-c\ncd b-c\n" in filled
    assert "old" not in filled and "placeholder" not in filled
    assert "placeholder" in address.fill(filled, address.PLACEHOLDER)
    with pytest.raises(ValueError, match="region"):
        address.fill("", "https://github.com/a/b-c")


@pytest.mark.parametrize(
    "url", ["", "github.com/a/b", "http://github.com/a/b", "https://github.com/a", 'https://x.org/a/"b']
)
def test_a_bad_address_is_refused(url):
    with pytest.raises(ValueError, match="must look like"):
        address.checked(url)


def test_addresses_of_other_hosts():
    assert address.checked("https://github.com/a/b.git") == address.checked("https://github.com/a/b/")
    assert "/v2/gl/a%2Fb/HEAD" in address.binder("https://gitlab.com/a/b")
    assert "/v2/git/https%3A%2F%2Fx.org%2Fa%2Fb/HEAD" in address.binder("https://x.org/a/b")


def test_the_environment_holds_every_pin_and_no_comment():
    text = lock.environment_yml("# words\n\na==1\nb==2 ; os_name == 'nt'\n")
    assert text.endswith('  - pip:\n      - "a==1"\n      - "b==2 ; os_name == \'nt\'"\n')


@pytest.mark.parametrize(
    "chosen",
    [
        {"nbgrader": {"grade": True, "grade_id": "keras-step", "locked": True, "points": 1}},
        {"slideshow": {"slide_type": "fragment"}, "editable": False},
        {"tags": ["hide-input"], "jupyter": {"source_hidden": True}, "deletable": False},
    ],
)
def test_what_a_lecturer_has_chosen_of_a_cell_is_kept(chosen):
    by_itself = {"slideshow": {"slide_type": ""}, "editable": True, "tags": [], "collapsed": True}
    cell = nbformat.v4.new_code_cell("assert True", metadata=by_itself | chosen)
    stored = normal_form.normalize(nbformat.v4.new_notebook(cells=[cell]))
    assert stored.cells[0].metadata == chosen
