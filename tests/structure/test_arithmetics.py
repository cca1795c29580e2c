"""`make everywhere` and `make pythons`: what they see of a number, a text, a picture, an interpreter."""

import ast
import base64
import io
import os
import sys

import nbformat
import numpy as np
import pytest
from PIL import Image

from helpers.upkeep import everywhere, normal_form, pythons, rounding_edges


def executed(source: str, name="cell", **variables):
    """Run rewritten code; returns what was recorded and the variables afterwards."""
    rounding_edges._values.clear()
    tree = rounding_edges._Watch(name).visit(ast.parse(source))
    exec(compile(tree, name, "exec"), variables)
    recorded, rounding_edges._values[:] = list(rounding_edges._values), []
    return recorded, variables


@pytest.mark.parametrize(
    ("source", "specs", "result"),
    [
        ('r = f"{x:.2f} {x:8.1e} {x}"', [".2f", "8.1e"], "0.12  1.2e-01 0.1234"),
        ('r = f"{x:{w}.{n}f}"', ["6.3f"], " 0.123"),
        ('r = f"{k:3} {s:>4} {x!r:>7}"', [], "  7    a  0.1234"),
        ('r = f"{x:%}"', ["%"], "12.340000%"),
        ("r = round(x, 2)", [".2f"], 0.12),
        ("r = round(x)", [".0f"], 0),
        ("r = round(1234.5 + x, -2)", [], 1200.0),
        ("r = float(np.float64(x).round(n))", [".3f"], 0.123),
        ("r = np.round([x, 2 * x], 1).tolist()", [".1f", ".1f"], [0.1, 0.2]),
        ('r = format(x, ".1f")', [".1f"], "0.1"),
    ],
)
def test_numbers_are_recorded_unrounded_and_printed_as_before(source, specs, result):
    recorded, variables = executed(source, x=0.1234, w=6, n=3, k=7, s="a", np=np)
    assert variables["r"] == result
    assert [spec for _, spec, _ in recorded] == specs
    assert all(value in (0.1234, 0.2468) for _, _, value in recorded)


def test_each_value_is_computed_once():
    recorded, variables = executed('r = f"{next(values):.1f}"', values=iter([1.0, 2.0]))
    assert variables["r"] == "1.0" and recorded == [("cell:1", ".1f", 1.0)]


@pytest.mark.parametrize(
    ("value", "spec", "expected"),
    [
        (48.53, ".1f", 0.02),  # 48.55
        (-48.53, ".1f", 0.02),
        (48.53, ".0f", 0.03),
        (0.4853, ".0%", 0.0003),
        (4.853e-7, ".1e", 3e-10),  # 4.85e-7
        (4853.0, ".2g", 3.0),
        (1e-17, ".3f", 1e-17),  # might print -0.000
    ],
)
def test_distance_to_the_edge(value, spec, expected):
    assert rounding_edges.distance(value, spec) == pytest.approx(expected, rel=1e-9)  # decimals


def test_the_edge_is_where_the_print_changes():
    """Against the formatting itself, at random: the same text short of the distance, another beyond."""
    rng = np.random.default_rng(13)
    for spec in (".0f", ".2f", "9.3f", ".1%", ".2e", ".3g"):
        for value in rng.normal(size=50) * 10.0 ** rng.integers(-1, 3, 50):
            gap = rounding_edges.distance(value, spec)
            inside, outside = 0.999 * gap, 1.001 * gap  # the decimals themselves are exact to 1e-13 here
            assert format(value + inside, spec) == format(value - inside, spec) == format(value, spec)
            ends = {format(value + outside, spec), format(value - outside, spec)}
            assert ends != {format(value, spec)}, (value, spec)


def test_only_numbers_that_rounding_errors_may_bring_over_an_edge_are_reported():
    key = [(1, "cell:1", n, ".1f") for n in range(4)]
    first = {key[0]: 48.53, key[1]: 0.5, key[2]: 0.25, key[3]: 1.0}
    second = {key[0]: 48.60, key[1]: 0.5 + 1e-15, key[2]: 0.25, key[3]: 1.0}
    [(near, found, low, high)] = rounding_edges.closest([first, second])
    assert (found, low, high) == (key[0], 48.53, 48.60)
    assert near == pytest.approx(0.02 / 0.07)
    off = {**second, key[2]: 0.25 + 1e-15}  # 0.25 prints 0.2, the number after it 0.3
    assert [found for _, found, *_ in rounding_edges.closest([first, off])] == [key[2], key[0]]


def notebook(text: str, pixels: np.ndarray) -> nbformat.NotebookNode:
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "PNG")
    data = {"image/png": base64.b64encode(buffer.getvalue()).decode(), "text/plain": "R = 1"}
    outputs = [nbformat.v4.new_output("stream", text=text), nbformat.v4.new_output("display_data", data)]
    cell = nbformat.v4.new_code_cell("1", execution_count=1, outputs=outputs)
    return nbformat.v4.new_notebook(cells=[cell])


def test_each_line_and_each_picture_that_differs_is_told(tmp_path):
    white = np.full((4, 5, 3), 255)
    grey = white.copy()
    grey[1, 2] = 250
    old, new = notebook("a 48.6\nb 1\n", white), notebook("a 48.5\nb 1\n", grey)
    assert everywhere.differences(old, old) == []
    [words] = everywhere.differences(old, new)
    assert "In [1]" in words and "'a 48.6'" in words and "'a 48.5'" in words
    assert "3 lines for 4" not in words and everywhere.differences(old, notebook("a 48.6\n", white)) != []
    assert everywhere.picture_differences(old, new) == [(1, 5)]
    path = tmp_path / "stored.ipynb"
    path.write_text(normal_form.dump(old), encoding="utf-8")
    words, agree = everywhere.report(path, normal_form.dump(notebook("a 48.6\nb 1\n", grey)), "")
    assert agree and "1 of 1 pictures differ, up to 1 pixels by 5 levels" in words
    assert not everywhere.report(path, normal_form.dump(new), "")[1]
    assert not everywhere.report(path, "", "cell 3 takes too long")[1]


def test_the_arithmetics_are_those_of_this_processor():
    """The first is the machine's own; each forced core came up by its name, and no two are the same."""
    arithmetics, remarks = everywhere.matrix()
    assert arithmetics[0] == everywhere.Arithmetic() and len(set(arithmetics)) == len(arithmetics)
    own, instructions = everywhere.probe(arithmetics[0])
    assert own and any("this machine" in words for words in remarks)
    cores = [tuple(everywhere.probe(everywhere.Arithmetic(one.core))[0]) for one in arithmetics if one.core]
    assert len(set(cores)) == len(cores)
    named = {core for core in everywhere.CORES if f"{core}:" in " ".join(remarks)}
    assert {one.core for one in arithmetics} | named >= {*everywhere.CORES}
    if instructions:
        assert tuple(instructions) in {one.off for one in arithmetics}
        assert everywhere.probe(everywhere.Arithmetic("", tuple(instructions)))[1] == []


def test_an_arithmetic_overrides_what_a_stored_kernel_gets(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "1024")
    variables = everywhere.Arithmetic(threads=4).environment()
    assert not {"OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES", "OPENBLAS_L2_SIZE"} & set(variables)
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    assert {variables[name] for name in threads} == {"4"}
    variables = everywhere.Arithmetic("Haswell", ("X86_V4", "X86_V3")).environment()
    assert variables["OPENBLAS_CORETYPE"] == "Haswell"
    assert variables["NPY_DISABLE_CPU_FEATURES"] == "X86_V4 X86_V3"
    assert variables["OMP_NUM_THREADS"] == "1"


CELLS = ["from helpers.mathematics import losses", 'print(f"{losses.half_square().value([3.0]):.1f}")']


def test_an_executed_notebook_yields_the_values_behind_its_text(tmp_path):
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    path = tmp_path / "tiny.ipynb"
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    text, values, error = everywhere.execute((everywhere.Arithmetic(), path))
    assert error == "" and values == {(2, "cell:1", 0, ".1f"): 4.5}
    [key], other = values, {key: 4.55 for key in values}
    [(_, words)] = everywhere.edges(path, text, [values, values, other])
    assert "tiny.ipynb In [2] cell:1: 4.5 … 4.55, shown as .1f" in words
    beyond = [values, values, {key: 4.44}, other]  # the text of neither end is that of this machine
    assert "4.44 … 4.55" in everywhere.edges(path, text, beyond)[0][1]
    assert everywhere.edges(path, text, [values, other, other]) == []  # as a time would
    assert everywhere.edges(path, text, [{key: 7.05}, {key: 7.05}, {key: 7.06}]) == []  # not what is printed


def test_an_interpreter_that_does_not_start_is_a_failure_and_none_is_not(tmp_path, monkeypatch, capsys):
    broken = tmp_path / "versions" / "3.99.1" / "bin" / "python"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setattr(pythons, "VERSIONS", ("3.98",))
    assert pythons.main([]) == 0 and "Python 3.98: not on this machine" in capsys.readouterr().out
    monkeypatch.setattr(pythons, "VERSIONS", ("3.99",))
    assert pythons.main([]) == 1 and f"does not start: {broken}" in capsys.readouterr().out


@pytest.mark.skipif(os.name != "posix", reason="pyenv's folders")
def test_an_interpreter_is_found_among_pyenvs_and_its_version_is_asked(tmp_path, monkeypatch):
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    for name in (f"{here}.2", f"{here}.10", f"{here}.1rc1"):
        (tmp_path / "versions" / name / "bin").mkdir(parents=True)
        (tmp_path / "versions" / name / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    expected = [str(tmp_path / "versions" / f"{here}.{n}" / "bin" / "python") for n in (10, 2)]
    assert pythons.candidates(here) == expected
    assert pythons.interpreter(here) == expected[0]


def test_an_environment_that_cannot_be_made_is_said(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(pythons, "VERSIONS", ("3.99",))
    monkeypatch.setattr(pythons, "interpreter", lambda version: "false")
    monkeypatch.setattr(pythons, "build_folder", lambda: tmp_path)
    assert pythons.main([]) == 1
    assert "Python 3.99: no environment could be made" in capsys.readouterr().out
