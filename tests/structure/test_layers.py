"""The layers of helpers, and what importing them loads."""

import json
import pathlib
import pkgutil
import shutil
import subprocess
import sys

import helpers

ROOT = pathlib.Path(__file__).parents[2]
CONTRACTS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
HEAVY = ("tensorflow", "keras", "matplotlib", "ipywidgets", "anywidget", "sklearn", "scipy", "numpy")
# Importing an empty package costs about 1 ms; 0.3 s is what a reader does not notice, and TensorFlow,
# matplotlib and ipywidgets each take longer on a cold start. The best of three: other work may delay one.
LONGEST_IMPORT = 0.3


def python(code: str, folder: pathlib.Path = ROOT) -> subprocess.CompletedProcess:
    """Run `code` in a fresh interpreter that sees the helpers of `folder` first."""
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)


def loaded_by(imports: str) -> tuple[float, set[str]]:
    """Seconds of computing of the import statement `imports`, and the top-level modules it loads."""
    code = (
        "import sys, time, json\nbefore = set(sys.modules)\nstart = time.process_time()\n"
        f"{imports}\nspent = time.process_time() - start\n"
        "print(json.dumps([spent, sorted({name.split('.')[0] for name in set(sys.modules) - before})]))"
    )
    result = python(code)
    assert result.returncode == 0, result.stderr
    seconds, names = json.loads(result.stdout)
    return seconds, set(names)


def test_a_lower_layer_never_imports_a_higher_one():
    result = python(CONTRACTS)
    assert result.returncode == 0, result.stdout


def test_a_wrong_import_is_noticed(tmp_path):
    shutil.copytree(ROOT / "helpers", tmp_path / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "helpers" / "mathematics" / "wrong.py").write_text(
        "import matplotlib\nimport helpers.panels\n"
    )
    result = python(CONTRACTS, tmp_path)
    assert result.returncode == 1
    assert "helpers.mathematics.wrong -> helpers.panels" in result.stdout
    assert "helpers.mathematics.wrong -> matplotlib" in result.stdout


def test_importing_helpers_loads_nothing_and_takes_no_time():
    runs = [loaded_by("import helpers") for _ in range(3)]
    assert min(seconds for seconds, _ in runs) < LONGEST_IMPORT
    assert runs[0][1].isdisjoint(HEAVY)


def test_no_module_of_helpers_loads_tensorflow_when_imported():
    found = pkgutil.walk_packages(helpers.__path__, "helpers.")
    names = [module.name for module in found if not module.name.startswith("helpers.upkeep.quiet_cells")]
    assert "helpers.networks" in names
    _, loaded = loaded_by("\n".join(f"import {name}" for name in names))
    assert loaded.isdisjoint({"tensorflow", "keras"})


def test_the_mathematics_loads_numpy_and_scipy_only():
    found = pkgutil.iter_modules([str(ROOT / "helpers" / "mathematics")], "helpers.mathematics.")
    _, loaded = loaded_by("\n".join(f"import {module.name}" for module in found))
    assert loaded & set(HEAVY) <= {"numpy", "scipy"}


def test_every_package_is_listed_for_installation():
    import tomllib

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = {
        path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for path in ROOT.glob("helpers/**/__init__.py")
    }
    assert set(settings["tool"]["setuptools"]["packages"]) == packages
