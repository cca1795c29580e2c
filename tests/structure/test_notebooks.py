"""Every stored notebook: executed in order, short cells, the skeleton of CONTRIBUTING.md, good links."""

import json
import pathlib
import re
import statistics

import pytest

from helpers.upkeep import notebooks

ROOT = pathlib.Path(__file__).parents[2]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECTIONS = [path for path in PATHS if re.match(r"\d", path.name)]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
NAMES = {"ids": lambda path: path.name}

# What a section's notebook consists of, in this order. A heading may go on after these words
# ("Predict: which end point?") and come more than once. "Where the text needs a correction" is not among
# them: it is there only when something is corrected.
HEADINGS = [
    "The question",
    "Predict",
    "Experiment",
    "What the book says",
    "Exercises",
    "Summary",
    "References",
]
OPENING = ["minutes", "prerequisites", "able to"]
LONGEST_CELL, MEDIAN, NINTH_DECILE = 30, 6, 18  # non-blank lines: what fits beside its output when projected


def cells(path: pathlib.Path, kind: str) -> list[str]:
    """The sources of a notebook's cells of one kind; empty ones left out."""
    content = json.loads(path.read_text(encoding="utf-8"))
    sources = ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == kind]
    return [source for source in sources if source.strip()]


def prose(path: pathlib.Path) -> str:
    """The Markdown of a notebook or a page, without its code blocks."""
    text = path.read_text(encoding="utf-8") if path.suffix == ".md" else "\n\n".join(cells(path, "markdown"))
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def headings(path: pathlib.Path) -> list[str]:
    """The headings of a notebook from the second level on, without numbers and emphasis."""
    found = re.findall(r"(?m)^#{2,4}\s+(.+)$", prose(path))
    return [re.sub(r"^[\d.)\s]+", "", text.replace("*", "")).strip() for text in found]


def missing_headings(titles: list[str]) -> list[str]:
    """The required headings that do not come, or not in the order of HEADINGS."""
    missing, place = [], 0
    for name in HEADINGS:
        later = [n for n in range(place, len(titles)) if titles[n].lower().startswith(name.lower())]
        if later:
            place = later[0] + 1
        else:
            missing.append(name)
    return missing


def lines(source: str) -> int:
    return sum(1 for line in source.splitlines() if line.strip())


def test_the_collection_has_its_index_and_its_first_section():
    names = [path.name for path in PATHS]
    assert "index.ipynb" in names
    assert any(name.startswith("5.2_") for name in names)


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "notebooks" / "index.ipynb"], **NAMES)
def test_the_map_names_exactly_the_notebooks_there_are(page):
    links = set(re.findall(r"\]\((?:notebooks/|\./)?([^)/#]+\.ipynb)[^)]*\)", prose(page)))
    assert links | {"index.ipynb"} == {path.name for path in PATHS}


@pytest.mark.parametrize("path", PATHS, **NAMES)
def test_it_is_stored_executed_in_order_and_in_normal_form(path):
    """Counts 1..N; no error, no stderr, no path, no time stamp, no widget view or state."""
    assert notebooks.check(path) == []
    assert "widgets" not in json.loads(path.read_text(encoding="utf-8"))["metadata"]


@pytest.mark.parametrize("path", PATHS, **NAMES)
def test_its_code_cells_are_short(path):
    lengths = [lines(source) for source in cells(path, "code")]
    assert max(lengths) <= LONGEST_CELL
    assert statistics.median(lengths) <= MEDIAN
    assert sorted(lengths)[int(0.9 * len(lengths))] <= NINTH_DECILE


@pytest.mark.parametrize("path", SECTIONS, **NAMES)
def test_it_opens_with_title_minutes_prerequisites_and_aims(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    first = content["cells"][0]
    text = "".join(first["source"])
    assert first["cell_type"] == "markdown"
    number = re.match(r"[\d.]+\d", path.name)[0]
    assert re.match(rf"# .*{re.escape(number)}\b", text), f"the title must hold the section's number {number}"
    assert [word for word in OPENING if word not in text.lower()] == []
    assert re.search(r"\d+\s*(?:to\s*|–\s*)?\d*\s*minutes", text), "the minutes must be a number"


@pytest.mark.parametrize("path", SECTIONS, **NAMES)
def test_it_has_the_parts_of_a_section_in_their_order(path):
    assert missing_headings(headings(path)) == [], f"headings found: {headings(path)}"


@pytest.mark.parametrize("path", SECTIONS, **NAMES)
def test_it_has_an_output_that_nbval_compares(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    compared = [
        cell
        for cell in content["cells"]
        if cell["cell_type"] == "code" and re.search(r"(?m)^# NBVAL_CHECK_OUTPUT", "".join(cell["source"]))
    ]
    assert compared, "at least one cell must begin with # NBVAL_CHECK_OUTPUT"
    assert all(cell["outputs"] for cell in compared), "a compared cell must have a stored output"


@pytest.mark.parametrize("path", [*PATHS, *PAGES], **NAMES)
def test_its_relative_links_lead_somewhere(path):
    targets = re.findall(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)", prose(path))
    broken = []
    for target in targets:
        name, _, _ = target.partition("#")
        if name and not re.match(r"[a-z]+:|attachment:", name) and not (path.parent / name).exists():
            broken.append(target)
    assert broken == []


def test_contributing_tells_the_headings_and_the_lengths():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [name for name in HEADINGS if f"“{name}”" not in text] == []
    assert all(f" {number} " in text for number in (LONGEST_CELL, MEDIAN, NINTH_DECILE))


def test_the_check_of_the_headings_notices_absence_and_disorder():
    assert missing_headings(HEADINGS) == []
    assert missing_headings([f"{name}: more" for name in HEADINGS]) == []
    assert missing_headings([name for name in HEADINGS if name != "Predict"]) == ["Predict"]
    assert missing_headings(["Summary", *(name for name in HEADINGS if name != "Summary")]) == ["Summary"]
