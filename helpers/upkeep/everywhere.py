"""Execute the notebooks and the tests of the mathematics under several arithmetics: ``make everywhere``.

``python -m helpers.upkeep.everywhere [PATTERN ...]``  all arithmetics, 8 to 15 minutes on two cores
``… --quick``     this machine's own and the plainest one, the notebooks only

An arithmetic is a kernel of OpenBLAS, the vector instructions that NumPy may use, and a number of threads.
Each kernel, each choice of instructions and each number of threads occurs, not each combination of them.
What cannot be had on this processor is named. TensorFlow has one arithmetic only; its threads change.
Compared with the stored notebooks: all printed text, to the byte, which must agree; and pictures, of which
is told how much they differ. This machine's own arithmetic runs twice and must give the same bytes.
At the end stand the numbers that some arithmetic brings near the edge where their last digit changes.
"""

import argparse
import base64
import concurrent.futures
import dataclasses
import io
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image

from helpers.upkeep import normal_form, notebooks, rounding_edges
from helpers.upkeep.settings import ROOT, about, kernel_environment, worded

CORES = ("Haswell", "SkylakeX", "Zen", "Sandybridge", "Nehalem", "Prescott")
THREADS = (1, 2, 4)
MATHEMATICS = ["-m", "pytest", "-q", "tests/mathematics", "-n", "2"]
_PROBE = """
import json, numpy, scipy.linalg, threadpoolctl
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
a = numpy.arange(900.0).reshape(30, 30) + 900 * numpy.eye(30)
scipy.linalg.inv(a @ a), numpy.exp(a / 900).sum()
cores = {one["architecture"] for one in threadpoolctl.threadpool_info() if one["internal_api"] == "openblas"}
print(json.dumps([sorted(cores), [name for name in __cpu_dispatch__ if __cpu_features__[name]]]))
"""


@dataclasses.dataclass(frozen=True)
class Arithmetic:
    """A core of OpenBLAS ("" is the one it chooses), NumPy's instructions switched off, and threads."""

    core: str = ""
    off: tuple[str, ...] = ()
    threads: int = 1

    def __str__(self):
        without = f"NumPy without {' '.join(self.off)}" if self.off else "all of NumPy's instructions"
        return f"OpenBLAS for {self.core or 'this machine'}, {without}, {self.threads} thread(s)"

    def environment(self) -> dict[str, str]:
        """Return the variables of a kernel that computes in this arithmetic."""
        forced = {"OPENBLAS_CORETYPE": self.core, "NPY_DISABLE_CPU_FEATURES": " ".join(self.off)}
        variables = {**kernel_environment(self.threads), **forced}
        return {name: value for name, value in variables.items() if value or name not in forced}


def probe(arithmetic: Arithmetic) -> tuple[list[str], list[str]]:
    """Return the cores that OpenBLAS takes, one for NumPy's and SciPy's copy, and NumPy's instructions.

    Raises ``OSError`` where the processor cannot compute so.
    """
    command = [sys.executable, "-c", _PROBE]
    found = subprocess.run(command, env=arithmetic.environment(), capture_output=True, text=True)
    if found.returncode:
        raise OSError(f"{arithmetic}: {(found.stderr.splitlines() or ['the processor refuses it'])[-1]}")
    return tuple(json.loads(found.stdout))


def matrix() -> tuple[list[Arithmetic], list[str]]:
    """Return the arithmetics to be had here, this machine's own first, and remarks on those that are not."""
    own, instructions = probe(Arithmetic())
    wide = tuple(name for name in instructions if name.startswith(("AVX512", "X86_V4")))
    levels = list(dict.fromkeys([(), wide, tuple(instructions)]))
    remarks = [f"this machine: OpenBLAS for {', '.join(own)}; NumPy with {' '.join(instructions)}"]
    chosen, taken = [Arithmetic()], {}
    for core in CORES:
        try:
            found, _ = probe(Arithmetic(core))
        except OSError:
            remarks.append(f"{core}: this processor cannot run it")
            continue
        if core not in found and (found == own or found in taken.values()):
            remarks.append(f"{core}: OpenBLAS takes {', '.join(found)} instead, which is here already")
            continue
        number = len(taken)
        taken[core] = found
        level = levels[(number + 1) % len(levels)]
        chosen.append(Arithmetic(core, level, THREADS[(number + number // 3 + 1) % len(THREADS)]))
    if {one.off for one in chosen} != set(levels):  # few cores, as on a processor of another family
        chosen += [Arithmetic("", off, threads) for off, threads in zip(levels, THREADS, strict=False)][1:]
    return chosen, remarks


def plainest(arithmetics: list[Arithmetic]) -> list[Arithmetic]:
    """Return this machine's own arithmetic and the one farthest from it."""
    _, instructions = probe(Arithmetic())
    return [arithmetics[0], Arithmetic(arithmetics[-1].core, tuple(instructions), 2)]


def execute(job: tuple[Arithmetic, pathlib.Path]) -> tuple[str, dict, str]:
    """Return the executed notebook, the values behind its numbers, and why it failed or ""."""
    arithmetic, path = job
    with tempfile.TemporaryDirectory() as folder:
        record = pathlib.Path(folder) / "values"
        record.touch()
        variables = {**arithmetic.environment(), rounding_edges.FILE: str(record)}
        try:
            text = notebooks.execute(path, environment=variables, extension=rounding_edges.__name__)
        except ValueError as error:
            return "", {}, str(error)
        return text, rounding_edges.read(record.read_text(encoding="utf-8")), ""


def printed(notebook) -> list[tuple[int, list[str]]]:
    """Return the lines of text that each code cell shows, by execution count."""
    shown = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            data = [{"text": one.text} if "text" in one else one.get("data", {}) for one in cell.outputs]
            texts = [text for one in data for name, text in one.items() if name.startswith("text")]
            shown.append((cell.execution_count, "\n".join(texts).splitlines()))
    return shown


def differences(stored, executed) -> list[str]:
    """Return in words where the texts of two executions of one notebook differ."""
    found = []
    for (count, old), (_, new) in zip(printed(stored), printed(executed), strict=True):
        if len(old) != len(new):
            found.append(f"In [{count}]: {len(new)} lines for {len(old)}")
        found += [f"In [{count}]: {a!r}\n{'is':>12} {b!r}" for a, b in zip(old, new, strict=False) if a != b]
    return found


def picture_differences(stored, executed) -> list[tuple[int, int]]:
    """Return for each picture how many of its pixels differ, and by how many levels of 255 at most."""
    pairs = zip(_pictures(stored), _pictures(executed), strict=True)
    gaps = [np.abs(a - b).max(axis=-1) if a.shape == b.shape else np.full(a.shape[:2], 255) for a, b in pairs]
    return [(int(np.count_nonzero(gap)), int(gap.max())) for gap in gaps]


def _pictures(notebook) -> list[np.ndarray]:
    data = [out.get("data", {}) for cell in notebook.cells for out in cell.get("outputs", ())]
    pngs = [base64.b64decode(one["image/png"]) for one in data if "image/png" in one]
    return [np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=int) for png in pngs]


def report(path: pathlib.Path, text: str, error: str) -> tuple[str, bool]:
    """Return what one execution shows beside the stored notebook, and whether the texts agree."""
    if error:
        return f"{path.name}: FAILED\n{error}", False
    stored, executed = (normal_form.load(one) for one in (path.read_text(encoding="utf-8"), text))
    found = differences(stored, executed)
    words = "\n    ".join(["texts DIFFER", *found]) if found else "texts as stored"
    gaps = picture_differences(stored, executed)
    other = [gap for gap in gaps if gap[0]]
    if other:
        pixels, levels = max(gap[0] for gap in other), max(gap[1] for gap in other)
        words += f"; {len(other)} of {len(gaps)} pictures differ, up to {pixels} pixels by {levels} levels"
    return f"  {path.name}: {words}", not found


def edges(path: pathlib.Path, text: str, executions: list[dict]) -> list[tuple[float, str]]:
    """Return closeness and a line in words for each printed number that comes near a rounding edge.

    The first two executions are in one arithmetic: what differs between them, such as a time, is not a matter
    of rounding.
    """
    first, again = executions[:2]
    executions = [{k: one[k] for k in one if k in first and first[k] == again.get(k)} for one in executions]
    cells = {count: "\n".join(lines) for count, lines in printed(normal_form.load(text))}
    found = {}
    for near, key, low, high in rounding_edges.closest(executions):
        cell, place, _, spec = key
        shown = format(first[key], spec).strip()
        if shown in cells.get(cell, "") or shown.rstrip("0") in cells.get(cell, ""):  # NumPy drops zeros
            values = f"{low:.17g}" if low == high else f"{low:.10g} … {high:.10g}"
            words = (
                f"{path.name} In [{cell}] {place}: {values}, shown as {spec}: {near:.2g} times its scatter"
            )
            found.setdefault(words, near)
    return [(near, words) for words, near in found.items()]


@worded
def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns 0 when every text agrees and every test passes."""
    name = "python -m helpers.upkeep.everywhere"
    parser = argparse.ArgumentParser(prog=name, description=about(__doc__))
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    parser.add_argument("--quick", action="store_true", help="two arithmetics, the notebooks only")
    options = parser.parse_args(arguments)
    start = time.monotonic()
    try:
        paths = notebooks.find(options.patterns)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    chosen, remarks = matrix()
    chosen = plainest(chosen) if options.quick else chosen
    print("\n".join(remarks))
    good, executions = True, {path: [] for path in paths}
    jobs = [(one, path) for one in [chosen[0], *chosen] for path in paths]
    first = {}
    with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for (arithmetic, path), (text, values, error) in zip(jobs, pool.map(execute, jobs), strict=True):
            if path == paths[0]:
                print(f"\n{arithmetic}{', again' if len(executions[path]) == 1 else ''}", flush=True)
            words, agree = report(path, text, error)
            if len(executions[path]) == 1 and text != first[path]:
                words, agree = f"{words}\n    executed twice, it DIFFERS", False
            first.setdefault(path, text)
            executions[path].append(values)
            good &= agree
            print(words, flush=True)
    for arithmetic in [] if options.quick else chosen:
        print(f"\ntests of the mathematics, {arithmetic}", flush=True)
        tests = subprocess.run([sys.executable, *MATHEMATICS], cwd=ROOT, env=arithmetic.environment())
        good &= tests.returncode == 0
    near = sorted(one for path in paths if first[path] for one in edges(path, first[path], executions[path]))
    print(
        f"\n{len(near)} numbers are nearer to a rounding edge than {rounding_edges.NEAR} times their scatter"
    )
    print("\n".join(words for _, words in near))
    minutes = (time.monotonic() - start) / 60
    print(f"\n{'The same everywhere' if good else 'NOT THE SAME everywhere'}; {minutes:.1f} minutes.")
    return 0 if good else 1


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(ROOT))
    sys.exit(main())
