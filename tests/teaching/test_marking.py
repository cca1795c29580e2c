"""Marking: each submission run by itself, whatever it does; and the edition without solutions."""

import csv
import json
import subprocess
import sys

import pytest

from helpers.teaching import adam_properties, marking, progress, solutions

IMPORTS = "import numpy as np"
EXERCISES = "from helpers.teaching import adam_exercises, splitting_exercises"
PENALTY = "adam_exercises.effective_penalty.check(answer)"


def notebook(path, *cells):
    entries = [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells]
    path.write_text(json.dumps({"cells": entries, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}))


def step_cell(source):
    return f"{source}\nadam_exercises.keras_step.check(step)"


@pytest.fixture(scope="module")
def marks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("submitted")
    good = solutions.KERAS_STEP
    notebook(folder / "ada.ipynb", IMPORTS, EXERCISES, "answer = 15", PENALTY, step_cell(good))
    notebook(
        folder / "ben.ipynb",
        IMPORTS,
        EXERCISES,
        "answer = 10",
        PENALTY,
        step_cell(good.replace(" ** 0.5", "")),
    )
    notebook(
        folder / "cyd.ipynb",
        IMPORTS,
        "raise ValueError('not needed')",
        "import time; time.sleep(600)",
        EXERCISES,
        "answer = ...",
        PENALTY,
        step_cell(good.replace(" ** 0.5", "")),
    )
    notebook(
        folder / "dan.ipynb",
        EXERCISES,
        "answer = 15",
        PENALTY,
        "step = [0] * 10**10; adam_exercises.keras_step.check(step)",
    )
    notebook(
        folder / "eve.ipynb",
        EXERCISES,
        "answer = 15",
        PENALTY,
        "while True: pass\nadam_exercises.keras_step.check(1)",
    )
    (folder / "fay.json").write_text(
        json.dumps(
            {
                "version": 1,
                "name": "Fay",
                "exercises": {
                    "5.2/keras-step": {
                        "events": [
                            {
                                "at": "2026",
                                "kind": "broken",
                                "broken": adam_properties.FIRST_STEP,
                                "words": "w",
                            }
                        ]
                    }
                },
            }
        )
    )
    (folder / "gus.ipynb").write_text("no notebook")
    return {(one.who, one.exercise): one for one in marking.mark_folder(folder, seconds=40, megabytes=2000)}


@pytest.mark.parametrize(
    ("who", "key", "state", "broken"),
    [
        ("ada", "5.2/effective-penalty", "right", ""),
        ("ada", "5.2/keras-step", "right", ""),
        ("ada", "5.3.1/strang-sweep", "open", ""),
        ("ben", "5.2/effective-penalty", "wrong", "the coefficient is that of β₁ = 0.95, β₂ = 0.8"),
        ("ben", "5.2/keras-step", "wrong", adam_properties.FIRST_STEP),
        ("cyd", "5.2/effective-penalty", "open", ""),
        ("cyd", "5.2/keras-step", "wrong", adam_properties.FIRST_STEP),
        ("dan", "5.2/effective-penalty", "right", ""),
        ("dan", "5.2/keras-step", "open", ""),
        ("eve", "5.2/effective-penalty", "right", ""),
        ("eve", "5.2/keras-step", "not run", ""),
        ("Fay", "5.2/keras-step", "wrong", adam_properties.FIRST_STEP),
        ("gus", "", "not run", ""),
    ],
)
def test_each_answer_has_its_mark(marks, who, key, state, broken):
    one = marks[who, key]
    assert (one.state, one.broken) == (state, broken), one


def test_the_page_says_what_to_talk_about(marks, tmp_path):
    page, cell = marking.page_of(list(marks.values())), '<td style="text-align: left">'
    assert f"{cell}3</td>{cell}the first step has the length of the learning rate" in page
    assert "Fay, ben, cyd" in page and "Not read" in page and "gus" in page
    marking.write_csv(list(marks.values()), tmp_path / "marks.csv")
    text = (tmp_path / "marks.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == len(marks) and rows[0]["who"] == "ada"
    assert not any(row["words"][:1] in ("=", "+", "-", "@") for row in rows)


def test_only_the_cells_that_a_check_needs_are_run():
    cells = [
        "import numpy as np",
        "big = np.ones(3)",
        "import x",
        "panel = P()",
        "panel.set(a=1)",
        "panel.result",
        "def f(): return np.e",
        "x.a.check(f)",
        "y = 1",
        "x.b.check(panel)",
    ]
    assert marking.needed(cells) == [cells[i] for i in (0, 2, 3, 4, 6, 7, 9)]


def test_the_students_edition_has_no_solutions(tmp_path):
    out = tmp_path / "edition"
    assert marking.main(["--student-edition", str(out)]) == 0
    assert not (out / "helpers" / "teaching" / "solutions.py").exists()
    for path in (out / "notebooks").glob("*.ipynb"):
        assert "Worked solution" not in path.read_text(encoding="utf-8")
    code = (
        "from helpers.teaching.claims import SUBJECTS\n"
        "from helpers.teaching.progress_page import tasks\n"
        "assert not any(task.solution for section in SUBJECTS for task in tasks(section))\n"
        "from helpers.teaching.adam_exercises import effective_penalty as e\nassert e.check(15) and not "
        "e.check(3)"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=out,
        check=True,
        env={"PYTHONPATH": str(out), progress.VARIABLE: "off"},
    )
    with pytest.raises(SystemExit):
        marking.main(["--student-edition", str(out)])


def test_a_folder_must_be_named(capsys):
    for arguments in ([], ["/nowhere"]):
        with pytest.raises(SystemExit):
            marking.main(arguments)
    assert "name a folder of submissions" in capsys.readouterr().err
