"""What a reader has set up reaches no stored notebook, and unusual clones and copies break no check."""

import os
import pathlib
import shutil
import subprocess
import sys

import hypothesis
import nbformat
import pytest

from helpers.upkeep import notebooks, settings

ROOT = pathlib.Path(__file__).parents[2]
CELLS = [
    "import io, locale, os, sys\nimport numpy as np\nimport matplotlib.pyplot as plt",
    'print(np.array([1 / 3, 2e9]), f"{1234.5:n}", locale.getlocale(), sys.flags.optimize, {"a", "b", "c"})',
    'print(os.environ["KERAS_BACKEND"], os.path.exists(os.path.expandvars("$KERAS_HOME/theirs.json")))',
    'plt.plot([1, 2], [-3, 4], label="a")\nplt.title("T")\nplt.show()',
    """\
from IPython.display import Image
from helpers.figures import style
@style.styled
def picture():
    figure, buffer = style.figure(4, 3), io.BytesIO()
    figure.subplots().plot([1, 2], [-3, 4])
    return figure, buffer
figure, buffer = picture()
figure.savefig(buffer, format="png", metadata={"Software": None})
Image(buffer.getvalue())""",
]
STARTUP = "import numpy\nnumpy.set_printoptions(precision=2)\nprint('hello')\n"
FILES = {
    ".config/matplotlib/matplotlibrc": "font.size: 30\naxes.facecolor: black\nlines.linewidth: 9\n",
    "elsewhere/matplotlibrc": "font.size: 25\naxes.edgecolor: red\n",
    ".ipython/profile_default/startup/00.py": STARTUP,
    "elsewhere/profile_default/startup/00.py": STARTUP,
    ".jupyter/jupyter_config.py": "raise SystemExit('a configuration of the user')\n",
    "elsewhere/kernels/python3/kernel.json": '{"argv": ["false"], "display_name": "x", "language": "python"}',
    "elsewhere/theirs.json": "{}",
    "startup.py": STARTUP,
}


def hostile(home: pathlib.Path) -> dict[str, str]:
    """A reader's settings: files in the home folder and variables, each of which would change an output."""
    for name, text in FILES.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    elsewhere = str(home / "elsewhere")
    return {
        **os.environ,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "MATPLOTLIBRC": elsewhere,
        "MPLBACKEND": "svg",
        "IPYTHONDIR": elsewhere,
        "JUPYTER_PATH": elsewhere,
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "PYTHONSTARTUP": str(home / "startup.py"),
        "PYTHONOPTIMIZE": "2",
        "PYTHONHASHSEED": "5",
        "KERAS_BACKEND": "jax",
        "KERAS_HOME": elsewhere,
        "LC_ALL": "de_DE.UTF-8",
        "OMP_NUM_THREADS": "7",
        "PYTHONPATH": str(ROOT),
    }


def test_the_readers_own_settings_reach_no_stored_output(tmp_path):
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(CELLS)]
    path = tmp_path / "tiny.ipynb"
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    stored = notebooks.execute(path)
    assert stored.count('"image/png"') == 2 and "tensorflow False" in stored
    command = [sys.executable, "-m", "helpers.upkeep.notebooks", str(path)]
    run = subprocess.run(command, cwd=ROOT, env=hostile(tmp_path / "home"), capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert path.read_text(encoding="utf-8") == stored


def test_each_of_these_settings_does_change_an_output_where_it_is_let_in(tmp_path):
    """Else the test above proves nothing."""
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(CELLS)]
    path = tmp_path / "tiny.ipynb"
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    stored = nbformat.reads(notebooks.execute(path), as_version=4).cells
    own, theirs = settings.kernel_environment(), hostile(tmp_path / "home")
    for names, number in (
        (["MATPLOTLIBRC"], 3),
        (["IPYTHONDIR"], 1),
        (["PYTHONSTARTUP"], 1),
        (["PYTHONOPTIMIZE"], 1),
        (["KERAS_BACKEND"], 2),
        (["KERAS_HOME"], 2),
        (["MPLBACKEND"], 3),
    ):
        mixed = {**own, **{name: theirs[name] for name in names}}
        changed = nbformat.reads(notebooks.execute(path, environment=mixed), as_version=4).cells
        assert changed[number].outputs != stored[number].outputs, names
        assert changed[4].outputs == stored[4].outputs, "the collection's figures have a style of their own"


def git(*words, **options) -> None:
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], check=True, capture_output=True, **options)


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_a_clone_with_autocrlf_has_the_same_bytes(tmp_path):
    names = ".gitattributes Makefile .ci/run binder/start binder/postBuild README.md pyproject.toml".split()
    names += "requirements.txt environment.yml CITATION.cff notebooks/index.ipynb helpers/__init__.py".split()
    names += [str(path.relative_to(ROOT)) for path in ROOT.glob("helpers/**/*.[jc]s*")]
    for name in names:
        (tmp_path / "a" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / "a" / name)
    (tmp_path / "a" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\n")
    git("init", "-q", cwd=tmp_path / "a")
    git("add", ".", cwd=tmp_path / "a")
    git("commit", "-qm", "x", cwd=tmp_path / "a")
    git("clone", "-q", "-c", "core.autocrlf=true", str(tmp_path / "a"), str(tmp_path / "b"))
    for name in [*names, "picture.png"]:
        assert (tmp_path / "b" / name).read_bytes() == (tmp_path / "a" / name).read_bytes(), name
        assert name.endswith("png") or b"\r" not in (tmp_path / "b" / name).read_bytes(), name


@pytest.mark.parametrize("module", ["notebooks", "lock", "everywhere", "mutants"])
def test_commands_start_without_docstrings(module):
    run = subprocess.run(
        [sys.executable, "-OO", "-m", f"helpers.upkeep.{module}", "--help"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0 and "usage" in run.stdout, run.stderr


def test_what_cannot_be_written_is_said_in_words(tmp_path, monkeypatch, capsys):
    path = tmp_path / "tiny.ipynb"
    path.write_text(nbformat.writes(nbformat.v4.new_notebook()).replace("\n", " "), encoding="utf-8")

    def refused(self, *_args, **_options):
        raise PermissionError(13, "Permission denied", str(self))

    before = path.read_bytes()
    monkeypatch.setattr(pathlib.Path, "write_text", refused)
    assert notebooks.main(["--normalize", str(path)]) == 2
    error = capsys.readouterr().err
    assert "cannot be written: Permission denied; is this copy read-only?" in error and "tiny" in error
    assert path.read_bytes() == before


def test_a_killed_command_leaves_the_notebook_whole(tmp_path, monkeypatch):
    path = tmp_path / "tiny.ipynb"
    path.write_text("old", encoding="utf-8")
    written = pathlib.Path.write_text

    def killed(self, text, **options):
        written(self, text[:2], **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(pathlib.Path, "write_text", killed)
    with pytest.raises(KeyboardInterrupt):
        notebooks._store(path, "new text")
    assert path.read_text() == "old" and [one.name for one in tmp_path.iterdir()] == ["tiny.ipynb"]


def test_without_notebooks_the_check_is_not_content(tmp_path, monkeypatch, capsys):
    """As beside an installed package, which has none."""
    monkeypatch.setattr(notebooks.find, "__defaults__", (tmp_path,))
    assert notebooks.main(["--check"]) == 2
    assert "there are no notebooks" in capsys.readouterr().err


def test_a_read_only_copy_gets_a_folder_of_its_own(tmp_path, monkeypatch):
    (tmp_path / "build").touch()  # cannot become a folder
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    settings.build_folder.cache_clear()
    try:
        folder = settings.build_folder()
        assert folder.is_dir() and tmp_path not in folder.parents
        assert str(folder) in settings.kernel_environment()["IPYTHONDIR"]
    finally:
        settings.build_folder.cache_clear()


def test_the_tests_store_no_examples():
    """Where nothing can be written Hypothesis warns, and a warning is an error."""
    assert hypothesis.settings().database is None


@pytest.mark.skipif(os.name != "posix" or shutil.which("make") is None, reason="needs make and user ids")
def test_jupyterlab_is_told_when_it_runs_as_root():
    """It refuses to start as root otherwise; others do not ask for it."""
    shown = subprocess.run(["make", "-n", "lab"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert ("--allow-root" in shown) == (os.geteuid() == 0)
