"""What a reader is shown has indices and powers, such as Wₖ and Jʳ, and not W_k and J^r."""

import ast
import pathlib
import re

import pytest

HELPERS = pathlib.Path(__file__).parents[2] / "helpers"
FILES = sorted(path for layer in ("teaching", "panels", "figures") for path in (HELPERS / layer).glob("*.py"))
# σ_w, n_in and n_out have no such letters; names of Python's, as in `x_1=1`, stand in backticks
TYPED = re.compile(r"(?<!\w)(?:[λΣ]?Δt|[^\W\d_])(_[0-9a-z∞](?![\w=])|\^[a-z])(?<!σ_w)")
CODE = re.compile(r"```.*?```|`[^`]*`|\$[^$]*\$|^> [^\n]*(?:\n  [^\n]*)*", re.DOTALL | re.MULTILINE)


def shown(tree: ast.AST):
    """The texts of a module: string constants of several words that are neither docstrings nor code."""
    nodes = list(ast.walk(tree))
    bodies = [node.body for node in nodes if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))]
    docstrings = {id(body[0].value) for body in bodies if isinstance(body[0], ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            if " " in node.value and not re.search(r"\bdef |np\.", node.value):
                yield node.lineno, CODE.sub("", node.value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_indices_and_powers_are_letters(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [(line, match[0]) for line, text in shown(tree) for match in TYPED.finditer(text)]
    assert not found


def test_the_check_sees_typed_indices():
    text = 'words = f"the limit of W_k for J^r and α_i, with `x_1=1`, σ_w = 1 and n_in, {a_k} times"'
    words = " ".join(words for _, words in shown(ast.parse(text)))
    assert TYPED.findall(words) == ["_k", "^r", "_i"]
