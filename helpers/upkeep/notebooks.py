"""Execute the notebooks from fresh kernels and store them in normal form: ``make notebooks``.

``python -m helpers.upkeep.notebooks [PATTERN ...]``   executes, normalizes, writes (all without PATTERN)
``… --check``       executes nothing and writes nothing: fails if a stored notebook is not in normal form
``… --normalize``   executes nothing: rewrites in normal form, as after a Save in JupyterLab
A PATTERN is a file, or a name in notebooks/ with * and ?, as in ``5.2*``.
"""

import argparse
import pathlib
import sys
import time

from helpers.upkeep import normal_form
from helpers.upkeep.settings import NOTEBOOKS, ROOT, about, kernel_environment, worded

SECONDS_PER_CELL = 300  # the longest takes 9 on a quiet machine


def find(patterns: list[str], folder: pathlib.Path = NOTEBOOKS) -> list[pathlib.Path]:
    """Return the notebooks that the patterns name, in order; all of `folder` without patterns.

    Raises ``ValueError`` for a pattern that names none, and for a folder without any, as beside an installed
    package.
    """
    if not patterns and not any(folder.glob("*.ipynb")):
        raise ValueError(f"there are no notebooks in {folder}: run this in a copy of the repository")
    if not patterns:
        return sorted(folder.glob("*.ipynb"))
    found = []
    for pattern in patterns:
        path = pathlib.Path(pattern)
        names = [path] if path.is_file() else sorted(folder.glob(path.name.removesuffix(".ipynb") + ".ipynb"))
        if not names:
            raise ValueError(f"no notebook is named {pattern!r} in {folder.name}/")
        found += [name for name in names if name not in found]
    return found


def execute(path: pathlib.Path, environment: dict[str, str] | None = None, extension: str = "") -> str:
    """Run a notebook in order from a fresh kernel, in its own folder, and return its text in normal form.

    The kernel is of this interpreter, whatever kernels the user has; `environment` replaces its variables,
    and `extension` is the module of an IPython extension to load.
    Raises ``ValueError`` when a cell raises, prints to stderr, takes too long, or shows a path or a time.
    """
    import nbclient
    from jupyter_client.kernelspec import KernelSpecManager
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = normal_form.load(path.read_text(encoding="utf-8"))
    client = nbclient.NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=[
            "--IPKernelApp.log_level=40",  # no remark on unencrypted loopback sockets
            *([f"--IPKernelApp.extra_extensions={extension}"] if extension else []),
        ],
    )
    # With no folder to look for kernels in, "python3" is this interpreter's own.
    client.create_kernel_manager().kernel_spec_manager = KernelSpecManager(kernel_dirs=[])
    try:
        client.execute(env=environment or kernel_environment())
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    found = normal_form.problems(normal_form.normalize(notebook))
    if found:
        raise ValueError("\n".join(f"{path.name}: {words}" for words in found))
    return normal_form.dump(notebook)


def check(path: pathlib.Path) -> list[str]:
    """List in words what keeps a stored notebook from the normal form."""
    text = path.read_text(encoding="utf-8")
    notebook = normal_form.load(text)
    found = normal_form.problems(notebook)
    if normal_form.dump(normal_form.normalize(notebook)) != text:
        found.append("is not in normal form: run `python -m helpers.upkeep.notebooks --normalize`")
    return found


def _store(path: pathlib.Path, text: str) -> str:
    if path.read_text(encoding="utf-8") == text:
        return "unchanged"
    draft = path.with_suffix(".part")  # a command that is killed leaves the notebook as it was
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return "rewritten"


@worded
def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns 0 when every notebook is as it should be."""
    parser = argparse.ArgumentParser(prog="python -m helpers.upkeep.notebooks", description=about(__doc__))
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="execute and write nothing")
    mode.add_argument("--normalize", action="store_true", help="rewrite without executing")
    options = parser.parse_args(arguments)
    try:
        paths = find(options.patterns)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    failed = 0
    for path in paths:
        start = time.monotonic()
        name = path.resolve().relative_to(ROOT) if path.resolve().is_relative_to(ROOT) else path.name
        try:
            if options.check:
                found = check(path)
                state = "in normal form" if not found else "\n  ".join(["", *found])
                failed += bool(found)
            elif options.normalize:
                notebook = normal_form.load(path.read_text(encoding="utf-8"))
                state = _store(path, normal_form.dump(normal_form.normalize(notebook)))
            else:
                state = f"{_store(path, execute(path))}, {time.monotonic() - start:.1f} s"
        except ValueError as error:
            failed += 1
            state = f"failed\n{error}"
        print(f"{name}: {state}", flush=True)
    print(f"{len(paths)} notebooks, {failed} with faults")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
