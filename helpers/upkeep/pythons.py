"""Execute the notebooks on the other supported Pythons that this machine has: ``make pythons``.

``python -m helpers.upkeep.pythons [PART ...]``  runs these parts of ``make test``; without PART the notebooks

Looked for are ``python3.11`` and so on along the path, and pyenv's. Each gets a virtual environment with the
lock under build/, kept for the next time. One that is found and does not start, or gets no environment, is a
failure; one that is not on this machine is named. The Python of this command itself is ``make test``'s.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

from helpers.upkeep.settings import ROOT, build_folder, worded

VERSIONS = ("3.11", "3.12", "3.13")
LOCK = ROOT / "requirements.txt"
_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


def candidates(version: str) -> list[str]:
    """Return the commands that may be this Python: along the path, then pyenv's, the newest first."""
    folder = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv") / "versions"
    own = [path for path in folder.glob(f"{version}.*") if path.name.removeprefix(f"{version}.").isdigit()]
    own.sort(key=lambda path: int(path.name.rpartition(".")[2]), reverse=True)
    found = shutil.which(f"python{version}")
    return [found] * bool(found) + [str(path / "bin" / "python") for path in own]


def interpreter(version: str) -> str | None:
    """Return the first candidate that starts and is this Python, or None.

    A shim of pyenv's is a candidate that does not start unless its version is switched on.
    """
    for command in candidates(version):
        try:
            found = subprocess.run([command, "-c", _VERSION], capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if found.returncode == 0 and found.stdout.strip() == version:
            return command
    return None


def environment(version: str, command: str) -> str:
    """Return the Python of a virtual environment with the lock, made or brought up to date.

    Raises ``subprocess.CalledProcessError`` where that fails.
    """
    folder = build_folder() / f"python{version}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp, lock = folder / "lock", hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != lock:
        print(f"Python {version}: installing the pinned packages into {folder}", flush=True)
        subprocess.run([command, "-m", "venv", "--clear", str(folder)], check=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([python, *install, "-r", str(LOCK)], check=True)
        itself = ["--no-deps", "--no-build-isolation", "-e", str(ROOT)]
        subprocess.run([python, *install, *itself], check=True)
        subprocess.run([python, "-m", "pip", "check"], check=True, stdout=subprocess.DEVNULL)
        stamp.write_text(lock)
    return str(python)


@worded
def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns 0 when the parts pass on every Python found."""
    parts = (sys.argv[1:] if arguments is None else arguments) or ["notebooks"]
    results = {}
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    for version in (one for one in VERSIONS if one != here):
        command = interpreter(version)
        if command is None:
            broken = candidates(version)
            results[version] = f"does not start: {', '.join(broken)}" if broken else "not on this machine"
            continue
        try:
            python = environment(version, command)
        except (OSError, subprocess.CalledProcessError) as error:
            results[version] = f"no environment could be made: {error}"
            continue
        print(f"\n##### Python {version}: {command}", flush=True)
        done = subprocess.run([python, "-m", "helpers.upkeep.suite", *parts], cwd=ROOT)
        results[version] = "passed" if done.returncode == 0 else "FAILED"
    print("\n" + "\n".join(f"Python {version}: {words}" for version, words in results.items()))
    return 0 if set(results.values()) <= {"passed", "not on this machine"} else 1


if __name__ == "__main__":
    sys.exit(main())
