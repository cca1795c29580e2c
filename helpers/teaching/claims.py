"""The table of claims: what a section says, the code that computes it, and the test that proves it."""

import html
import importlib
from dataclasses import dataclass

from helpers.teaching import page

# Section of the book -> its subject, which begins the names of the modules with its claims and its exercises.
SUBJECTS = {"5.2": "adam", "5.3.1": "splitting", "5.3.2": "convergence", "5.4": "initialization"}


@dataclass(frozen=True)
class Claim:
    """One claim: its equation in the book (or ""), the statement, and the dotted name of the code.

    `test` is "tests/….py::test_name". A test of the collection proves that code and test exist.
    """

    equation: str
    statement: str
    code: str
    test: str

    @property
    def source(self) -> str:
        """The path of the code's module, from the root of the repository."""
        return f"{'/'.join(self.code.split('.')[:3])}.py"


class ClaimsTable(page.Shown):
    """The claims of one section as a table, displayed as the last line of a cell."""

    def __init__(self, section: str, claims: tuple[Claim, ...]) -> None:
        self.section, self.claims = section, claims

    def __len__(self) -> int:
        return len(self.claims)

    def __str__(self) -> str:
        lines = [f"Claims of section {self.section}: {len(self)}."]
        for one in self.claims:
            equation = f"{one.equation}: " if one.equation else ""
            lines += [f"- {equation}{page.plain(one.statement)}", f"  code {one.code}, test {one.test}"]
        return "\n".join(lines)

    def static(self) -> str:
        """The table as HTML, with links to code and tests."""
        caption = f"Section {self.section}: equation, code and test"
        names = "Equation", "Claim", "Code", "Test"
        return page.table(caption, names, map(_row, self.claims), between="\n")  # a line a claim: small diffs


def claims_table(section: str) -> ClaimsTable:
    """Return the claims of a section of the book, as "5.2"; raises ValueError for a section without any."""
    if section not in SUBJECTS:
        raise ValueError(f"there are claims for section {', '.join(SUBJECTS)}; got {section!r}")
    lines = importlib.import_module(f"helpers.teaching.{SUBJECTS[section]}_claims").CLAIMS
    entries = lines.replace("\n  ", " ").strip().removeprefix("- ").split("\n- ")
    return ClaimsTable(section, tuple(map(_read, entries)))


def _read(entry: str) -> Claim:
    """A claim from its lines: "[equation | ]statement", then "> code | test".

    The code stands without `helpers`; the test without `tests/`, and without a file if that is named after
    the code's module.
    """
    words, proof = entry.split("\n> ")
    equation, _, statement = words.rpartition(" | ")
    code, test = (one.replace(" ", "") for one in proof.split(" |"))
    layer, module, _ = code.split(".", 2)
    file = "" if "::" in test else f"{layer}/test_{module}.py::"
    return Claim(equation, statement, f"helpers.{code}", f"tests/{file}{test}")


def _row(claim: Claim) -> tuple[str, ...]:
    file, _, function = claim.test.partition("::")
    code = html.escape(claim.code.removeprefix("helpers.")).replace(".", ".<wbr>").replace("_", "_<wbr>")
    proof = function.removeprefix("test_").replace("_", " ")  # a test's name reads as a sentence
    return (
        html.escape(claim.equation),
        page.inline(claim.statement),
        f'<a href="../{html.escape(claim.source)}">{code}</a>',
        f'<a href="../{html.escape(file)}">{html.escape(proof)}</a>',
    )
