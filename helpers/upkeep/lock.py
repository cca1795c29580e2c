"""Rewrite the lock and the environments made from it: ``make lock``.

``python -m helpers.upkeep.lock``                 keeps the pinned versions that still fit pyproject.toml
``python -m helpers.upkeep.lock --upgrade``       takes the newest of everything
``python -m helpers.upkeep.lock --environments``  only rewrites the two environment.yml from requirements.txt
"""

import argparse
import json
import os
import shutil
import subprocess
import sys

from helpers.upkeep.settings import ROOT, about, worded

OLDEST_PYTHON = "3.11"
CONDA_PYTHON = "3.12"
LOCK = ROOT / "requirements.txt"
ENVIRONMENTS = (ROOT / "environment.yml", ROOT / "binder" / "environment.yml")


def pins(text: str) -> list[str]:
    """Return the requirements of a lock, one a line, without comments and blank lines."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def environment_yml(lock: str) -> str:
    """Return the conda environment that installs the pins of `lock` with pip."""
    head = [
        "# Made from requirements.txt by `make lock`; edit pyproject.toml instead.",
        "name: neural-networks-numerical-analysis",
        "channels:",
        "  - conda-forge",
        "  - nodefaults",
        "dependencies:",
        f"  - python={CONDA_PYTHON}",
        "  - pip",
        "  - pip:",
    ]
    return "\n".join(head + [f"      - {json.dumps(pin)}" for pin in pins(lock)]) + "\n"


def _uv() -> str:
    """Return uv, the resolver: the one on the path, or one installed under build/ with pip."""
    folder = ROOT / "build" / "lock"
    if found := shutil.which("uv") or shutil.which("uv", path=folder / "bin"):
        return found
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "uv"]
    subprocess.run(command, check=True)
    return _uv()


@worded
def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status of the resolver."""
    parser = argparse.ArgumentParser(prog="python -m helpers.upkeep.lock", description=about(__doc__))
    parser.add_argument("--upgrade", action="store_true")
    parser.add_argument("--environments", action="store_true")
    options = parser.parse_args(arguments)
    if not options.environments:
        command = [_uv(), "pip", "compile", "--quiet", "pyproject.toml", "--extra", "test", "--universal"]
        command += ["--python-version", OLDEST_PYTHON, "--no-annotate", "--no-header", "-o", LOCK.name]
        command += ["--no-emit-index-url", "--no-emit-find-links"] + ["--upgrade"] * options.upgrade
        status = subprocess.run(command, cwd=ROOT, env={**os.environ, "UV_NO_PROGRESS": "1"}).returncode
        if status:
            return status
    text = LOCK.read_text(encoding="utf-8")
    for path in ENVIRONMENTS:
        path.write_text(environment_yml(text), encoding="utf-8", newline="\n")
    names = [path.relative_to(ROOT).as_posix() for path in (LOCK, *ENVIRONMENTS)]
    print(f"{len(pins(text))} pins in {', '.join(names)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
