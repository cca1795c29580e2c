"""The symbols of the prose are those of the glossary in the index, and the other way round."""

import re

import nbformat
import pytest

from helpers.upkeep.settings import NOTEBOOKS

SECTIONS = sorted(NOTEBOOKS.glob("5*.ipynb"))
_FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)
_WORDS = re.compile(r"_\{(?:in|out)\}|\\(?:text|textbf|mathrm|operatorname|tag|begin|end)\*?\s*\{[^{}]*\}")
_SYMBOL = re.compile(r"\\(?:mathbb|mathcal)\s*\{?\s*[A-Za-z]\}?|\\[A-Za-z]+|[A-Za-z]")
LAYOUT = set(
    "big Big bigg Bigg left right quad qquad frac tfrac dfrac sqrt underbrace overbrace underline hat "
    "tilde bar dot ddot widehat widetilde overline vec cdot cdots dots ldots times pm mp le leq ge "
    "geq ne neq approx equiv in notin subset sum prod int lim limsup max min sup inf argmin arg exp "
    "log sin cos tanh det ker bmod mod square infty pi displaystyle limits mathbf boldsymbol mathsf "
    "iff implies Rightarrow longrightarrow mapsto colon mid ll gg cup cap emptyset ln forall exists "
    "lfloor rfloor lceil rceil langle rangle lvert rvert lVert rVert vert circ prime star ast odot "
    "succeq preceq text dagger substack stackrel overset rightarrow propto cong simeq leqslant "
    "geqslant bigcup bigsqcup sqcup setminus downarrow uparrow searrow".split()
)  # signs of every textbook, and what only places other signs


def symbols(source: str) -> set[str]:
    """The base symbols of all formulas: letters and commands without what only places or names things."""
    found = set()
    for display, inline in _FORMULA.findall(re.sub(r"```.*?```|`[^`]*`", "", source, flags=re.DOTALL)):
        for sign in _SYMBOL.findall(_WORDS.sub(" ", display or inline)):
            name = re.sub(r"[\s{}]", "", sign)
            if name.lstrip("\\") not in LAYOUT or len(name) == 1:
                found.add(name)
    return found


def prose(path) -> str:
    return "\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")


def glossary() -> set[str]:
    """The symbols in the first column of the table under "Symbols"."""
    cells = nbformat.read(NOTEBOOKS / "index.ipynb", as_version=4).cells
    table = next(cell.source for cell in cells if cell.source.startswith("## Symbols"))
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")][2:]
    assert len(rows) > 20
    return symbols("\n".join(rows))


@pytest.mark.parametrize("path", SECTIONS, ids=lambda path: path.stem)
def test_each_symbol_of_the_prose_is_in_the_glossary(path):
    assert sorted(symbols(prose(path)) - glossary()) == []


def test_the_glossary_holds_only_what_a_notebook_uses():
    used = set().union(*(symbols(prose(path)) for path in SECTIONS))
    assert sorted(glossary() - used) == []


@pytest.mark.parametrize("path", SECTIONS, ids=lambda path: path.stem)
def test_each_notebook_links_to_the_symbols(path):
    assert "index.ipynb#Symbols" in nbformat.read(path, as_version=4).cells[0].source
