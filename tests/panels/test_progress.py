"""The progress bar: what it shows while it runs, what it leaves behind, and its answers to bad input."""

import subprocess
import sys
from html.parser import HTMLParser

import nbformat
import pytest
from nbclient import NotebookClient

from helpers.panels import progress as module
from helpers.panels.progress import Progress, duration


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    monkeypatch.delenv("NOTEBOOKS_PROGRESS", raising=False)


@pytest.fixture
def pictures(monkeypatch):
    """Everything a display in a notebook is given, the first picture first; no picture is left out."""
    given = []

    class Display:
        def display(self, bundle, raw):
            given.append(bundle)

        update = display

    monkeypatch.setattr("IPython.display.DisplayHandle", Display)
    monkeypatch.setattr(module, "_in_notebook", lambda: True)
    monkeypatch.setattr(module, "REFRESH", 0.0)
    return given


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found, self.text = {}, ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found[tag] = dict(attrs)

    def handle_data(self, data):
        self.text += data


def test_bar_has_a_name_and_its_values(pictures):
    with Progress(4, 'ADAM with "β₁" < 1') as bar:
        bar(3, 4)
    tags = Tags(pictures[-2]["text/html"])
    shown = tags.found["progress"]
    assert (shown["aria-label"], shown["value"], shown["max"]) == ('ADAM with "β₁" < 1', "3", "4")
    assert tags.text == pictures[-2]["text/plain"]


def test_estimates_the_time_that_is_left(pictures, monkeypatch):
    clock = iter([100.0, 100.0, 130.0, 130.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    with Progress(4, "Training") as bar:
        bar(1)
    assert pictures[1]["text/plain"] == "Training: 1 of 4, 30 s elapsed, about 1 min 30 s left"


def test_shows_no_more_pictures_than_it_should(pictures, monkeypatch):
    monkeypatch.setattr(module, "REFRESH", 3600.0)
    with Progress(1000, "Steps") as bar:
        for done in range(1000):
            bar(done)
    assert len(pictures) == 2


def test_leaves_one_plain_line(pictures):
    with Progress(2, "Training") as bar:
        bar.step("ignored", 20)
        bar.step()
    assert pictures[-1] == {"text/plain": "Training: 2 of 2 done."}


def test_says_where_it_stopped(pictures):
    with pytest.raises(KeyboardInterrupt), Progress(5, "Training") as bar:
        bar(2)
        raise KeyboardInterrupt
    assert pictures[-1] == {"text/plain": "Training: stopped after 2 of 5."}


def test_prints_the_line_outside_a_notebook(capsys):
    with Progress(1, "Training") as bar:
        bar(1)
    assert capsys.readouterr().out == "Training: 1 of 1 done.\n"


def test_silent_when_switched_off(capsys, pictures, monkeypatch):
    monkeypatch.setenv("NOTEBOOKS_PROGRESS", "off")
    with Progress(1, "Training") as bar:
        bar(1)
    assert not pictures and not capsys.readouterr().out


def test_stored_notebook_holds_the_line_and_no_widget(tmp_path):
    code = (
        "import sys, time\n"
        "from helpers.panels.progress import Progress\n"
        "with Progress(3, 'Training') as bar:\n"
        "    for done in range(3):\n"
        "        time.sleep(0.12)\n"
        "        bar(done + 1, 3)\n"
        "assert 'ipywidgets' not in sys.modules"
    )
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(book, timeout=60, kernel_name="python3").execute()
    (output,) = book.cells[0].outputs
    assert output.output_type == "display_data"
    assert output.data == {"text/plain": "Training: 3 of 3 done."}
    assert "widgets" not in book.metadata


@pytest.mark.parametrize("total", [0, -1, 2.0, True, float("nan"), "3"])
def test_refuses_a_bad_total(total):
    with pytest.raises(ValueError, match="total must be an integer, at least 1"):
        Progress(total, "Training")


@pytest.mark.parametrize("label", ["", "  ", None])
def test_refuses_a_bar_without_a_name(label):
    with pytest.raises(ValueError, match="label must be a text"):
        Progress(1, label)


@pytest.mark.parametrize("done", [-1, 4, 1.0, float("nan")])
def test_refuses_a_count_outside_its_range(done):
    with Progress(3, "Training") as bar, pytest.raises(ValueError, match="from 0 to 3"):
        bar(done)


def test_refuses_another_total():
    with Progress(40, "Training") as bar, pytest.raises(ValueError, match="`step`"):
        bar(1, 20)


def test_writes_durations_in_words():
    assert [duration(t) for t in (0.2, 59.4, 59.6, 61, 3600)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "1 min 1 s",
        "60 min 0 s",
    ]


def test_importing_it_imports_no_widget():
    code = "import helpers.panels.progress, sys; print({'IPython', 'ipywidgets'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "set()\n"
