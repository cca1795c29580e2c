"""How close each printed number comes to the edge where its last digit changes.

As an IPython extension this module rewrites the syntax trees of the cells and of ``helpers``: a number with a
format specification (``f"{x:.3f}"``, ``format(x, ".3f")``) and one rounded by ``round(x, 3)`` or
``x.round(3)`` is also written, unrounded, into the file that the variable ``ROUNDING_EDGES`` names. What is
printed stays as it is. The values of several executions, one for each arithmetic, then tell what rounding
errors do to each number (`closest`).

Not seen: numbers without a specification, ``%`` and ``str.format``, NumPy's own printing of an unrounded
array, what TensorFlow formats, and numbers decided before they are printed, such as ``{error < 1e-12}``.
The comparison of the printed texts sees all of them, but not how close they came.
"""

import ast
import importlib.abc
import importlib.machinery
import json
import math
import os
import re
import sys

import numpy as np

FILE = "ROUNDING_EDGES"
_SPEC = re.compile(r"[^%.]*(?:\.(\d+))?([fFeEgG%])")
NEAR = 1000  # a number is near an edge when this many times its scatter reaches it


class _Watch(ast.NodeTransformer):
    """Pass what is formatted or rounded through `record`."""

    def __init__(self, where: str):
        self._where = where

    def _recorded(self, value, spec, node):
        place = ast.Constant(f"{self._where}:{node.lineno}")
        own = ast.parse(f"__import__({__name__!r}, fromlist=['record']).record", mode="eval").body
        call = ast.Call(own, [value, spec, place], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))

    def visit_FormattedValue(self, node):
        self.generic_visit(node)
        if node.format_spec is not None and node.conversion == -1:
            node.value = self._recorded(node.value, node.format_spec, node)
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        called, given = node.func, node.args
        name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        if node.keywords or any(isinstance(one, ast.Starred) for one in given):
            return node
        if name == "round" and isinstance(called, ast.Attribute) and len(given) < 2:
            digits = given[0] if given else ast.Constant(0)
            called.value = self._recorded(called.value, digits, node)  # x.round(3)
        elif name == "round" and given:
            digits = given[1] if len(given) > 1 else ast.Constant(0)
            given[0] = self._recorded(given[0], digits, node)  # round(x, 3), np.round(x, 3)
        elif name == "format" and isinstance(called, ast.Name) and len(given) == 2:
            given[0] = self._recorded(given[0], given[1], node)
        return node


class _Helpers(importlib.abc.MetaPathFinder):
    """Find the modules of ``helpers`` and have them rewritten when they are loaded."""

    def find_spec(self, name, path, target=None):
        if not name.startswith("helpers."):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec and isinstance(spec.loader, importlib.machinery.SourceFileLoader) and name != __name__:
            spec.loader = _Loader(name, spec.origin)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname):
        tree = ast.parse(self.get_data(self.path))
        return compile(_Watch(fullname).visit(tree), self.path, "exec", dont_inherit=True)


_values = []


def record(value, spec, place):
    """Keep the number or numbers in `value` that `spec`, or rounding to `spec` digits, prints; return it."""
    try:
        if isinstance(spec, int):  # rounding to tens, round(x, -1), has no specification
            spec = f".{spec}f" if spec >= 0 else ""
        if _SPEC.fullmatch(spec):
            numbers = np.asarray(value, dtype=float).ravel()
            _values.extend((place, spec, float(number)) for number in numbers if math.isfinite(number))
    except (TypeError, ValueError):
        pass  # not a number, which is no concern of this module
    return value


def load_ipython_extension(shell):
    """Rewrite all cells from now on, and write what they print after each of them."""
    sys.meta_path.insert(0, _Helpers())
    shell.ast_transformers.append(_Watch("cell"))

    def write(_result):
        with open(os.environ[FILE], "a", encoding="utf-8") as file:
            json.dump([shell.execution_count - 1, _values], file)  # it counts the next cell already
            file.write("\n")
        _values.clear()

    shell.events.register("post_run_cell", write)


def read(text: str) -> dict:
    """Return the recorded values by (cell, place, how often before in this cell, specification)."""
    found = {}
    for line in text.splitlines():
        cell, values = json.loads(line)
        seen = {}
        for place, spec, value in values:
            seen[place] = seen.get(place, -1) + 1
            found[cell, place, seen[place], spec] = value
    return found


def distance(value: float, spec: str, signed: bool = True) -> float:
    """Return how far a value is from the nearest one that prints differently.

    That is the midpoint between two printed numbers or, of `signed` values, 0 where -0.00 becomes 0.00.
    """
    digits, kind = _SPEC.fullmatch(spec).groups()
    digits = 6 if digits is None else int(digits)
    size = abs(value)
    if kind in "fF%":
        unit = 10.0 ** -(digits + 2 * (kind == "%"))
    elif size == 0:
        return 0.0
    else:
        places = digits if kind in "eE" else max(digits, 1) - 1
        unit = 10.0 ** (math.floor(math.log10(size)) - places)
    part = size / unit % 1
    edges = [abs(part - 0.5)] + [part] * bool(signed and size < unit / 2)
    return min(edges) * unit


def closest(executions: list[dict]) -> list[tuple]:
    """Return (closeness, key, least and greatest value) of the numbers near an edge, the closest first.

    The closeness is the least distance to an edge over the scatter between the executions, which is taken to
    be at least one unit in the last place of a double.
    """
    found = []
    for key in executions[0]:
        values = [one[key] for one in executions if key in one]
        low, high = min(values), max(values)
        scatter = max(high - low, np.spacing(max(abs(low), abs(high))))
        least = min(distance(value, key[-1], low < 0) for value in values)
        if least < NEAR * scatter and not (low == high and least == 0):
            found.append((least / scatter, key, low, high))
    return sorted(found)
