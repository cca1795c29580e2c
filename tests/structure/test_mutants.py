"""The lists of small faults fit the code as it is, and their command tells caught from survived."""

import pathlib

import pytest

from helpers.upkeep import mutants
from helpers.upkeep.settings import ROOT

LISTS = sorted((ROOT / "tests" / "mutants").glob("*.toml"))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_each_fault_can_still_be_put_in(path):
    faults = mutants.load(path.parent)
    assert faults and len({(one.file, one.find, one.replace) for one in faults}) == len(faults)
    for one in faults:
        assert one.text() != (ROOT / one.file).read_text(encoding="utf-8")
        file, _, name = one.test.partition("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8"), one.test


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_list_is_chosen_by_its_name(path):
    listed = path.read_text(encoding="utf-8").count("[[mutant]]")
    assert len(mutants.load(words=[path.stem])) >= listed  # a word may stand in a fault of another list, too
    assert len(mutants.load(words=[path.stem])) < len(mutants.load())


def test_words_that_choose_nothing_are_refused():
    with pytest.raises(ValueError, match="no fault was found with nonsense or more nonsense"):
        mutants.load(words=["nonsense", "more nonsense"])


def test_caught_and_survived_are_told_apart(tmp_path):
    code, test = tmp_path / "code_under_test.py", tmp_path / "test_code.py"
    sound = "def double(x):\n    return 2 * x\n"
    code.write_text(sound)
    test.write_text("from code_under_test import double\n\n\ndef test_double():\n    assert double(2) == 4\n")
    fault = mutants.Mutant("a factor", "code_under_test.py", "2 * x", "3 * x", "test_code.py::test_double")
    hidden = mutants.Mutant("none", "code_under_test.py", "2 * x", "x + x", "test_code.py::test_double")
    assert mutants.passes([fault.test], tmp_path)
    assert mutants.caught(fault, tmp_path)
    code.write_text(sound)
    assert not mutants.caught(hidden, tmp_path)


def test_a_fault_that_no_longer_fits_is_refused_in_words(tmp_path):
    pathlib.Path(tmp_path, "a.py").write_text("x = 1\nx = 1\n")
    for find, words in (("x = 2", "0 times"), ("x = 1", "2 times")):
        with pytest.raises(ValueError, match=words):
            mutants.Mutant("", "a.py", find, "y", "t").text(tmp_path)
    with pytest.raises(ValueError, match="changes nothing"):
        pathlib.Path(tmp_path, "a.py").write_text("x = 1\n")
        mutants.Mutant("", "a.py", "x", "x", "t").text(tmp_path)
    pathlib.Path(tmp_path, "list.toml").write_text("[[mutant]]\nwhat = 'no file'\n")
    with pytest.raises(ValueError, match="list"):
        mutants.load(tmp_path)


def test_the_copy_holds_what_git_tracks(tmp_path):
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    copy = mutants.tracked_copy(tmp_path)
    assert (copy / "helpers/upkeep/settings.py").exists() and not (copy / ".venv").exists()
