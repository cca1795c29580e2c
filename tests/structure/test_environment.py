"""The lock, environment.yml, binder/, pyproject.toml, the workflow and the README say the same thing."""

import importlib
import importlib.metadata
import pathlib
import re
import subprocess
import tomllib

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from helpers.upkeep import address, lock

ROOT = pathlib.Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DIRECT = [Requirement(text) for text in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]]
PINS = lock.pins((ROOT / "requirements.txt").read_text(encoding="utf-8"))
PROMPT = "helpers.upkeep.prompt_connection.PromptConnection"
PYTHONS = {"3.11": "3.11.9", "3.12": "3.12.4", "3.13": "3.13.1"}
PLATFORMS = {
    "linux-x86_64": {"sys_platform": "linux", "platform_machine": "x86_64", "os_name": "posix"},
    "linux-aarch64": {"sys_platform": "linux", "platform_machine": "aarch64", "os_name": "posix"},
    "macos-arm64": {"sys_platform": "darwin", "platform_machine": "arm64", "os_name": "posix"},
    "windows": {"sys_platform": "win32", "platform_machine": "AMD64", "os_name": "nt"},
}


def pinned(python: str, platform: str) -> dict[str, list[str]]:
    """The versions that the lock installs there, by package."""
    where = {
        **PLATFORMS[platform],
        "python_version": python,
        "python_full_version": PYTHONS[python],
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    versions = {}
    for requirement in map(Requirement, PINS):
        if requirement.marker is None or requirement.marker.evaluate(where):
            [version] = requirement.specifier
            versions.setdefault(canonicalize_name(requirement.name), []).append(version.version)
    for requirement in DIRECT:  # the direct ones under the same conditions
        if requirement.marker is None or requirement.marker.evaluate(where):
            versions.setdefault(canonicalize_name(requirement.name), [])
    return versions


@pytest.mark.parametrize("line", PINS, ids=lambda line: line.split("==")[0])
def test_every_line_of_the_lock_is_one_exact_version_from_no_named_place(line):
    pattern = r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+( ; [A-Za-z_]+[^#@\\]*)?"
    assert re.fullmatch(pattern, line), f"{line!r} is not NAME==VERSION with an optional marker"
    requirement = Requirement(line)
    assert requirement.url is None
    assert [specifier.operator for specifier in requirement.specifier] == ["=="]


def test_the_lock_is_complete_for_the_machine_it_runs_on():
    """Everything a pinned package asks for here is pinned too: pip has nothing left to choose."""
    where = default_environment()
    here = [Requirement(line) for line in PINS]
    names = {canonicalize_name(r.name) for r in here if r.marker is None or r.marker.evaluate(where)}
    for name in sorted(names):
        for text in importlib.metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({**where, "extra": ""}):
                assert canonicalize_name(needed.name) in names, f"{name} needs {needed}, which is not pinned"


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_each_direct_dependency_has_one_exact_version(python, platform):
    versions = pinned(python, platform)
    assert {name: found for name, found in versions.items() if len(found) != 1} == {}
    for requirement in DIRECT:
        found = versions.get(canonicalize_name(requirement.name))
        if found:
            assert requirement.specifier.contains(found[0]), f"{requirement} is pinned at {found[0]}"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_tensorflow_is_the_small_one_where_there_is_one(platform):
    versions = pinned("3.12", platform)
    expected = "tensorflow-cpu" if platform == "linux-x86_64" else "tensorflow"
    assert [name for name in versions if name in ("tensorflow", "tensorflow-cpu")] == [expected]


def test_what_is_installed_here_is_what_is_pinned():
    wrong = {}
    for requirement in map(Requirement, PINS):
        if requirement.marker is None or requirement.marker.evaluate():
            installed = importlib.metadata.version(requirement.name)
            if not requirement.specifier.contains(installed):
                wrong[str(requirement)] = installed
    assert wrong == {}, "run `make lab` or `make test` again: they reinstall when the lock has changed"


def test_conda_and_binder_install_the_pins_of_the_lock():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert (ROOT / "binder" / "environment.yml").read_text(encoding="utf-8") == text, (
        "Binder reads only binder/"
    )
    assert text == lock.environment_yml((ROOT / "requirements.txt").read_text(encoding="utf-8")), (
        "run `make lock`"
    )
    content = yaml.safe_load(text)
    [pip] = [entry["pip"] for entry in content["dependencies"] if isinstance(entry, dict)]
    assert pip == PINS
    assert "pip" in content["dependencies"]
    [python] = [e for e in content["dependencies"] if isinstance(e, str) and e.startswith("python=")]
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))


def test_the_workflow_runs_the_ci_script_on_every_supported_python():
    content = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    job = content["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == list(PYTHONS)
    assert any(step.get("run") == "bash .ci/run" for step in job["steps"])
    supported = SpecifierSet(PROJECT["requires-python"])
    assert [f"3.{minor}" for minor in range(8, 20) if supported.contains(f"3.{minor}")] == list(PYTHONS)


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"])
def test_binder_limits_threads(name):
    assert f"export {name}=1\n" in (ROOT / "binder" / "start").read_text(encoding="utf-8")


def test_readers_get_the_connection_that_the_browser_tests_measure():
    from jupyter_server.services.kernels.connection.base import BaseKernelWebsocketConnection

    module, _, name = PROMPT.rpartition(".")
    assert issubclass(getattr(importlib.import_module(module), name), BaseKernelWebsocketConnection)
    option = f"--ServerApp.kernel_websocket_connection_class={PROMPT} "
    lab = (ROOT / "Makefile").read_text(encoding="utf-8").split("\nlab:")[1].split("\n\n")[0]
    assert option in lab
    assert PROMPT in (ROOT / "tests" / "browser" / "jupyter.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["binder/postBuild", "binder/start", ".ci/run"])
def test_scripts_can_be_started(name):
    """Git keeps them executable; a zip or a Windows folder may not, and bash needs no such mode."""
    assert (ROOT / name).read_text(encoding="utf-8").startswith("#!")
    command = ["git", "-C", str(ROOT), "ls-files", "--stage", "--error-unmatch", name]
    try:
        listed = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return  # no git
    if listed.returncode == 0:
        assert listed.stdout.startswith("100755")


def test_badge_and_links_hold_the_address_of_the_project():
    url = PROJECT["urls"]["Repository"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert address.fill(readme, url) == readme, "run `make address`"
    assert address.binder(url) in readme
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["repository-code"] == url
    assert set(re.findall(r"https://mybinder\.org/v2/[^)\s]*", readme)) == {address.binder(url)}


def test_the_citation_names_the_book():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    [book] = [entry for entry in citation["references"] if entry["type"] == "book"]
    assert book["authors"] == [{"family-names": "Després", "given-names": "Bruno"}]
    assert (book["title"], book["year"]) == ("Neural Networks and Numerical Analysis", 2022)
    assert citation["version"] == importlib.metadata.version(PROJECT["name"])
