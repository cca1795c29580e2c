"""The table of claims is kept true: every code it names imports, every test it names exists."""

import ast
import html.parser
import importlib
import pathlib
import re

import pytest

from helpers.teaching.claims import SUBJECTS, Claim, ClaimsTable, claims_table

ROOT = pathlib.Path(__file__).parents[2]
TABLES = [(section, claim) for section in SUBJECTS for claim in claims_table(section).claims]
CLAIMS = [claim for _, claim in TABLES]
NAMES = [f"{section}-{index}" for index, (section, _) in enumerate(TABLES)]


def resolve(name):
    """The object of a dotted name and the module it lives in."""
    module = importlib.import_module(".".join(name.split(".")[:3]))
    target = module
    for part in name.split(".")[3:]:
        target = getattr(target, part)
    return target, module


def functions_in(file):
    """The names of the test functions at the top level of a file (pytest collects no others here)."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("claim", CLAIMS, ids=NAMES)
def test_the_code_imports_and_names_its_equation(claim):
    target, module = resolve(claim.code)
    assert callable(target) and target.__doc__
    assert (ROOT / claim.source).is_file() and pathlib.Path(module.__file__) == ROOT / claim.source
    for number in re.findall(r"\(5\.\d+\)", claim.equation):
        assert number in target.__doc__ + module.__doc__


@pytest.mark.parametrize("claim", CLAIMS, ids=NAMES)
def test_the_test_exists_and_uses_the_module(claim):
    file, _, function = claim.test.partition("::")
    assert function in functions_in(file)
    name = claim.code.split(".")[2]
    assert re.search(rf"\b{name}\b", (ROOT / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("claim", CLAIMS, ids=NAMES)
def test_reconstructed_equations_are_marked(claim):
    for number in ("(5.23)", "(5.24)", "(5.26)", "(5.29)"):
        assert number not in claim.equation or "reconstructed" in claim.equation


def test_every_section_has_claims_no_two_alike():
    assert "5.2" in SUBJECTS
    for section in SUBJECTS:
        table = claims_table(section)
        assert len(table) > 0 and table.section == section
        assert len({claim.statement for claim in table.claims}) == len(table)
    with pytest.raises(ValueError, match="there are claims for section"):
        claims_table("9.9")


class Cells(html.parser.HTMLParser):
    """Counts what a table is made of."""

    def __init__(self):
        super().__init__()
        self.counts, self.links = {}, []

    def handle_starttag(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.links += [value for name, value in attributes if name == "href"]


@pytest.mark.parametrize("section", SUBJECTS)
def test_the_table_has_two_faces_and_its_links_lead_somewhere(section):
    table = claims_table(section)
    bundle = table._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    cells = Cells()
    cells.feed(bundle["text/html"])
    assert (cells.counts["caption"], cells.counts["th"], cells.counts["td"]) == (1, 4, 4 * len(table))
    assert len(cells.links) == 2 * len(table)
    for link in cells.links:
        assert (ROOT / "notebooks" / link).resolve().is_file()
    assert all(claim.code in bundle["text/plain"] for claim in table.claims)


def test_a_statement_cannot_break_the_table():
    claim = Claim("<b>", "a < b & `c`", "helpers.mathematics.adam.adam", "tests/x.py::test_y")
    page = ClaimsTable("5.2", (claim,))._repr_mimebundle_()["text/html"]
    assert "&lt;b&gt;" in page and "a &lt; b &amp; <code>c</code>" in page
