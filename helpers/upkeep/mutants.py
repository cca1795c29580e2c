"""Put small faults into the code, one at a time, and see that the named test catches each: ``make mutants``.

``python -m helpers.upkeep.mutants [WORD ...]``  tries the faults that hold a WORD, or whose list is named so;
all of them without

The faults stand in tests/mutants/*.toml, one table ``[[mutant]]`` each: ``what`` a reader would see of it,
``file``, the text to ``find`` there (once), what to ``replace`` it with, and the ``test`` that then fails.
Each is tried in a copy of the tracked files, never in the checkout itself. That a test passes without the
fault is tried first. This is a maintainers' command: it takes a second to a minute for each fault.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence

from helpers.upkeep.settings import ROOT

FAULTS = ROOT / "tests" / "mutants"
SECONDS = 600  # for one test
WORKERS = 2


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One fault: what a reader would see, where it is put in, and the test that must fail."""

    what: str
    file: str
    find: str
    replace: str
    test: str

    def text(self, root: pathlib.Path = ROOT) -> str:
        """The file's text with the fault. Raises ValueError unless the text to find stands there once."""
        text = (root / self.file).read_text(encoding="utf-8")
        if text.count(self.find) != 1:
            raise ValueError(f"{self.file} holds {text.count(self.find)} times, not once: {self.find!r}")
        if self.find == self.replace:
            raise ValueError(f"the fault changes nothing: {self.find!r}")
        return text.replace(self.find, self.replace)


def load(folder: pathlib.Path = FAULTS, words: Sequence[str] = ()) -> list[Mutant]:
    """Return the faults of all lists in a folder; with words, those that hold one or whose list is named so.

    Raises ValueError, naming the list, for a damaged one, and where there is none.
    """
    mutants = []
    for path in sorted(folder.glob("*.toml")):
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]
            known = [Mutant(**table) for table in tables]
        except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise ValueError(f"{path.name}: {error}") from error
        mutants += [one for one in known if not words or any(word in f"{path.stem} {one}" for word in words)]
    if not mutants:
        raise ValueError(f"no fault was found{' with ' + ' or '.join(words) if words else ''}")
    return mutants


def tracked_copy(folder: pathlib.Path) -> pathlib.Path:
    """Copy what git tracks into `folder`, and return it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def passes(tests: list[str], root: pathlib.Path) -> bool:
    """Whether all these tests pass in the checkout at `root`."""
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", *tests]
    try:
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def caught(mutant: Mutant, root: pathlib.Path) -> bool:
    """Whether the named test fails with the fault, which is put into the copy at `root` and stays there."""
    (root / mutant.file).write_text(mutant.text(root), encoding="utf-8", newline="\n")
    return not passes([mutant.test], root)


def attempt(mutant: Mutant) -> bool:
    """Whether the fault is caught in a copy of its own."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        return caught(mutant, tracked_copy(pathlib.Path(place)))


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns 0 when every fault was caught."""
    parser = argparse.ArgumentParser(prog="python -m helpers.upkeep.mutants", description="Try small faults.")
    parser.add_argument("words", nargs="*", metavar="WORD")
    words = parser.parse_args(arguments).words
    try:
        mutants = load(words=words)
        for one in mutants:
            one.text()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        root = tracked_copy(pathlib.Path(place))
        broken = [test for test in sorted({one.test for one in mutants}) if not passes([test], root)]
    if broken:
        print("these tests fail without any fault:", *broken, sep="\n  ", file=sys.stderr)
        return 2
    survivors = 0
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for one, good in zip(mutants, pool.map(attempt, mutants), strict=True):
            survivors += not good
            print(f"{'caught  ' if good else 'SURVIVED'} {one.file}: {one.what} [{one.test}]", flush=True)
    print(f"{len(mutants)} faults, {len(mutants) - survivors} caught, {survivors} survived")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
