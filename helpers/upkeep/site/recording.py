"""Record the panels of the notebooks for the static site: which ones, and all frames of each."""

import ast
import concurrent.futures
import multiprocessing
import os
import pathlib

from helpers.upkeep.settings import REPEATABLE

WORKERS = 2
DEAR = ("SymmetryTrap", "Instrument")  # panels that take longest to record


def panel_of(source: str, names) -> str | None:
    """Return the class of the panel that a cell displays, if it is one of `names` as it is at its start.

    A cell shows a panel when its last line is ``Name()``, or a variable that the cell has set to ``Name()``.
    """
    body = ast.parse(source).body if "%" not in source else []
    if not body or not isinstance(body[-1], ast.Expr):
        return None
    shown = body[-1].value
    if isinstance(shown, ast.Name):
        assigned = [one for one in body if isinstance(one, ast.Assign)]
        set_to = [one.value for one in assigned if shown.id in map(ast.unparse, one.targets)]
        shown = set_to[-1] if set_to else shown
    plain = isinstance(shown, ast.Call) and isinstance(shown.func, ast.Name) and not shown.args
    return shown.func.id if plain and not shown.keywords and shown.func.id in names else None


def record_all(names: list[str], folder: pathlib.Path, limit: int | None = None) -> int:
    """Record each panel into a folder of its name, several at a time; returns the number of frames."""
    os.environ.update({name: REPEATABLE[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")})
    context = multiprocessing.get_context("spawn")  # a fresh process: nothing of this one reaches a frame
    dear_first = sorted(names, key=lambda name: name not in DEAR)  # so that both end at about the same time
    with concurrent.futures.ProcessPoolExecutor(WORKERS, mp_context=context) as pool:
        jobs = [pool.submit(_record, name, folder / name, limit) for name in dear_first]
        return sum(job.result() for job in jobs)


def _record(name: str, folder: pathlib.Path, limit: int | None) -> int:
    from helpers.panels.panel import collection
    from helpers.stage.recorder import record

    kind = next(one for one in collection() if one.__name__ == name)
    return record(kind().scene, folder, limit=limit)
