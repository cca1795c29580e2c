"""Run every check of the project, one after the other, and say in one line how it ended: ``make test``.

``python -m helpers.upkeep.suite [PART ...]`` runs the named parts only: lint, tests, browser, notebooks.
Browser tests skip where there is no Chromium, unless the variable BROWSER_TESTS is ``required``.
"""

import os
import subprocess
import sys
import time

from helpers.upkeep.settings import ROOT, kernel_environment

_PYTEST = ["-m", "pytest", "-q", "-rsf"]
_TWO = ["-n", "2", "--dist", "loadfile"]  # a notebook's cells share a kernel: never split a file
_NBVAL = ["-p", "helpers.upkeep.quiet_cells", "--nbval-lax", "--nbval-cell-timeout=300"]

PARTS = {
    "lint": ["-m", "ruff", "check", "--quiet", "."],
    "tests": [*_PYTEST, "tests", "--ignore=tests/browser", *_TWO],
    "browser": [*_PYTEST, "tests/browser", "-n", "2"],  # its conftest keeps the tests of a page together
    "notebooks": [*_PYTEST, "notebooks", *_NBVAL, *_TWO],
}


def run(name: str) -> tuple[bool, float]:
    """Run one part; returns whether it passed and its seconds."""
    print(f"\n=== {name} ===", flush=True)
    start = time.monotonic()
    environment = kernel_environment() if name == "notebooks" else {**os.environ, "PYTHONPATH": str(ROOT)}
    status = subprocess.run([sys.executable, *PARTS[name]], cwd=ROOT, env=environment).returncode
    return status == 0, time.monotonic() - start


def main(arguments: list[str] | None = None) -> int:
    """Run the parts; returns 0 when all passed."""
    names = (sys.argv[1:] if arguments is None else arguments) or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        print(f"no part is named {', '.join(unknown)}; the parts are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    results = {name: run(name) for name in names}
    words = [f"{name} {'passed' if ok else 'FAILED'} in {t:.0f} s" for name, (ok, t) in results.items()]
    good = all(ok for ok, _ in results.values())
    total = sum(t for _, t in results.values())
    print(f"\n{'All checks passed' if good else 'CHECKS FAILED'}: {', '.join(words)}; {total:.0f} s in all.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
