"""What the site asks of a reader by itself: predictions and numbers; other checks need Python, and say so."""

import ast
import importlib
import json
from typing import Any

from helpers.teaching import questions
from helpers.teaching.answers import NumericExercise
from helpers.teaching.predictions import Prediction
from helpers.teaching.tasks import Task


def asked(source: str, static: str, binder: str) -> str | None:
    """Return the HTML for a cell that shows a prediction, reveals or checks; None for any other cell.

    `static`: what is stored of its output. The data for the script, with the answers, are not shown.
    """
    one, method = _subject(source)
    if isinstance(one, Prediction) and method == "":
        return _place(static, "prediction", one.as_data())
    if isinstance(one, Prediction) and method == "reveal":
        return _place(static, "reveal", one.revealed(static))
    if isinstance(one, NumericExercise) and method == "check":
        return _place("", "number", one.as_data())
    if isinstance(one, Task) and method == "check":
        return (
            "<p>This check runs Python, which a page by itself cannot: "
            f'<a href="{binder}">open this notebook on Binder</a>, or run it at home.</p>'
        )
    return None


def _place(static: str, kind: str, data: dict) -> str:
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f'<div class="ask" data-kind="{kind}">{static}</div><script type="application/json">{text}</script>'
    )


def _subject(source: str) -> tuple[Any, str]:
    """The teaching object that the last line of a cell shows, and the method that it calls."""
    body = ast.parse(source).body if "%" not in source else []
    shown, method = getattr(body[-1], "value", None) if body else None, ""
    if isinstance(shown, ast.Call) and isinstance(shown.func, ast.Attribute):
        shown, method = shown.func.value, shown.func.attr
    module, _, name = ast.unparse(shown).rpartition(".") if shown is not None else ("", "", "")
    if not module:
        return getattr(questions, name, None), method
    if not module.endswith("_exercises"):
        return None, ""
    return getattr(importlib.import_module(f"helpers.teaching.{module}"), name, None), method
