"""For assistants: mark a folder of submitted notebooks or files of progress; make the students' edition.

    python -m helpers.teaching.marking FOLDER [--out OUT] [--seconds 120] [--megabytes 2048]
    python -m helpers.teaching.marking --student-edition OUT

Of each notebook the cells that check an exercise are run, with those before them that they need, in a process
of its own with limits of time and memory; the verdicts come from there, not from what the notebook stores.
Files of progress are taken as they are. `marks.csv` has a line for each person and exercise; `marks.html`
says which property is broken how often: what to talk about in class. The code of a submission runs with your
rights: the limits keep it from running for ever, not from reading your files. Use an account made for it.
"""

import argparse
import ast
import contextlib
import csv
import html
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from helpers.teaching import page, progress
from helpers.teaching.claims import SUBJECTS
from helpers.teaching.progress_page import tasks

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Mark:
    """What one person's answer to one exercise came to; `state` is "right", "wrong", "open" or "not run"."""

    who: str
    exercise: str
    state: str
    broken: str = ""
    words: str = ""
    source: str = ""


# --- which cells to run ----------------------------------------------------------------------------------


def _names(code: str) -> tuple[set[str], set[str], set[str]]:
    """The names a cell binds, those it reads, and those a method of which it calls."""
    lines = (line for line in code.splitlines() if not line.lstrip().startswith(("%", "!")))
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return set(), set(), set()
    bound, read, called = set(), set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            base = node.func.value
            while isinstance(base, ast.Attribute):
                base = base.value
            if isinstance(base, ast.Name):
                called.add(base.id)
    return bound, read, called


def needed(cells: list[str]) -> list[str]:
    """The cells that check an exercise and, of those before them, the ones that they need."""
    keep: set[int] = set()
    known = [_names(cell) for cell in cells]
    for last, cell in enumerate(cells):
        if ".check(" not in cell:
            continue
        keep.add(last)
        wanted = known[last][1] - {"print"}
        for index in range(last - 1, -1, -1):
            bound, read, called = known[index]
            sets = ".set(" in cells[index] and ".check(" not in cells[index]
            if bound & wanted or (sets and called & wanted):
                keep.add(index)
                wanted |= read
    return [cells[index] for index in sorted(keep)]


def run_cells(file: str) -> None:
    """Run the needed cells of a notebook in this process, one after the other, whatever each of them does."""
    from IPython.core.interactiveshell import InteractiveShell

    notebook = json.loads(Path(file).read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    shell = InteractiveShell.instance()
    for cell in needed(cells):
        shell.run_cell(cell, store_history=False)


# --- one submission --------------------------------------------------------------------------------------


def _limits(seconds: float, megabytes: int):
    def limit() -> None:
        import resource

        with contextlib.suppress(ValueError, OSError):  # not every system can limit memory
            resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20,) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1,) * 2)

    return limit if os.name == "posix" else None


def mark_notebook(file: Path, seconds: float, megabytes: int) -> list[Mark]:
    """Run one notebook's answers; what was checked before a limit is kept."""
    with tempfile.TemporaryDirectory() as place:
        environment = os.environ | {progress.VARIABLE: place, "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)}
        environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "IPYTHONDIR": place}
        command = [sys.executable, "-m", "helpers.teaching.marking", "--cells-of", str(file.resolve())]
        try:
            done = subprocess.run(
                command,
                cwd=place,
                env=environment,
                capture_output=True,
                timeout=seconds,
                stdin=subprocess.DEVNULL,
                preexec_fn=_limits(seconds, megabytes),
            )
            code = done.returncode
            problem = f"ended by itself or by a limit (code {code})" if code else ""
        except subprocess.TimeoutExpired:
            problem = f"stopped after {seconds:g} seconds"
        try:
            record = progress.read((Path(place) / progress.FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            record = progress.empty()
    return _marks(file.stem, record, "run", problem)


def _marks(who: str, record: dict, source: str, problem: str = "") -> list[Mark]:
    marks = []
    for section in SUBJECTS:
        for task in tasks(section):
            events = record["exercises"].get(task.key, {}).get("events", [])
            if any(event.get("kind") == "holds" for event in events):
                found = "right", "", ""
            elif events:
                found = "wrong", events[-1].get("broken", ""), events[-1].get("words", "")
            else:
                found = "not run" if problem else "open", "", problem
            marks.append(Mark(who, task.key, *found, source))
    return marks


def mark_file(file: Path, seconds: float, megabytes: int) -> list[Mark]:
    """The marks of one submission, a notebook or a file of progress; what is neither is said in words."""
    try:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".ipynb":
            found = json.loads(text)
            if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
                raise ValueError("This is no notebook: it has no cells.")
            return mark_notebook(file, seconds, megabytes)
        record = progress.read(text)
    except (OSError, ValueError) as error:
        return [Mark(file.stem, "", "not run", words=str(error), source="refused")]
    return _marks(record["name"] or file.stem, record, "file of progress")


def mark_folder(folder: Path, seconds: float, megabytes: int) -> list[Mark]:
    """The marks of all submissions of a folder, and of the folders in it, in the order of their names."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".ipynb", ".json"))
    hidden = {path for path in files for part in path.relative_to(folder).parts if part.startswith(".")}
    marks = (mark_file(file, seconds, megabytes) for file in files if file not in hidden)
    return [mark for of_one in marks for mark in of_one]


# --- what is written -------------------------------------------------------------------------------------


def write_csv(marks: list[Mark], file: Path) -> None:
    """A line for each person and exercise."""
    with file.open("w", newline="", encoding="utf-8-sig") as out:  # with a mark that spreadsheets read
        writer = csv.writer(out)
        writer.writerow([field.name for field in fields(Mark)])
        writer.writerows(
            tuple("'" + cell if cell[:1] in "=+-@" else cell for cell in astuple(mark)) for mark in marks
        )


def page_of(marks: list[Mark]) -> str:
    """What to talk about: for each exercise how many are right, and which property is broken, by whom."""
    parts = [f"<p>{len({mark.who for mark in marks})} submissions.</p>"]
    for key in sorted({mark.exercise for mark in marks if mark.exercise}):
        here = [mark for mark in marks if mark.exercise == key]
        states = Counter(mark.state for mark in here)
        words = ", ".join(f"{n} {state}" for state, n in states.items())
        parts.append(f"<h2>{html.escape(key)}</h2><p>{words}</p>")
        broken = {}
        for mark in here:
            if mark.state == "wrong":
                broken.setdefault(mark.broken, []).append(mark.who)
        often = sorted(broken.items(), key=lambda one: -len(one[1]))
        rows = [map(html.escape, (str(len(who)), name, ", ".join(sorted(who)))) for name, who in often]
        parts += [page.table("What is broken", ("how often", "broken", "who"), rows)] if rows else []
    bad = [f"{mark.who}: {mark.words}" for mark in marks if mark.source == "refused"]
    items = "".join(f"<li>{html.escape(words)}</li>" for words in bad)
    parts += [f"<h2>Not read</h2><ul>{items}</ul>"] if bad else []
    style = "body { font: 16px sans-serif; max-width: 60em; margin: auto } td, th { padding: .2em 1em }"
    head = f'<head><meta charset="utf-8"><title>Marks</title><style>{style}</style></head>'
    body = f"<body><h1>What to talk about</h1>{''.join(parts)}</body>"
    return f'<!DOCTYPE html><html lang="en">{head}{body}</html>'


def student_edition(out: Path) -> None:
    """Copy notebooks and helpers without the solutions: `solutions.py` left out, exercise outputs cleared.

    Raises FileExistsError if the place is there already.
    """
    names = "notebooks helpers binder environment.yml requirements.txt pyproject.toml README.md Makefile"
    skip = shutil.ignore_patterns("__pycache__", ".*", "solutions.py")
    out.mkdir(parents=True)
    for path in (ROOT / name for name in (*names.split(), "LICENSE", "LICENSE-prose")):
        if path.is_dir():
            shutil.copytree(path, out / path.name, ignore=skip)
        elif path.exists():
            shutil.copy(path, out)
    for file in (out / "notebooks").glob("*.ipynb"):
        notebook = json.loads(file.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if "Worked solution" in json.dumps(cell.get("outputs", "")):
                cell["outputs"] = []
        file.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 if every submission could be read."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("folder", nargs="?", type=Path, help="submitted notebooks or files of progress")
    parser.add_argument("--out", type=Path, default=Path("marks"), help="where marks.csv and marks.html go")
    parser.add_argument("--seconds", type=float, default=120.0, help="for each notebook")
    parser.add_argument("--megabytes", type=int, default=2048, help="of memory for each notebook")
    edition = "write the edition without solutions"
    parser.add_argument("--student-edition", type=Path, metavar="OUT", help=edition)
    parser.add_argument("--cells-of", metavar="NOTEBOOK", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.cells_of:
        run_cells(given.cells_of)
        return 0
    if given.student_edition:
        try:
            student_edition(given.student_edition)
        except FileExistsError:
            parser.error(f"{given.student_edition} is there already: name a new folder")
        print(f"Written: {given.student_edition}, without solutions.")
        return 0
    if given.folder is None or not given.folder.is_dir():
        parser.error("name a folder of submissions")
    marks = mark_folder(given.folder, given.seconds, given.megabytes)
    given.out.mkdir(parents=True, exist_ok=True)
    write_csv(marks, given.out / "marks.csv")
    (given.out / "marks.html").write_text(page_of(marks), encoding="utf-8")
    people, right = len({mark.who for mark in marks}), sum(mark.state == "right" for mark in marks)
    print(f"{people} submissions, {right} right answers: {given.out}/marks.html")
    return int(any(mark.source == "refused" for mark in marks))


if __name__ == "__main__":
    sys.exit(main())
