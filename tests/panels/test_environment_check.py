"""The check of the environment names what is missing, in words, and is content otherwise."""

from helpers.panels.environment import check_environment, missing


def test_it_is_content_where_everything_is_installed():
    assert check_environment().data.startswith("Everything is here")


def test_it_names_what_is_missing_and_how_to_get_it():
    needed = {"numpy": ("numpy", "the mathematics"), "nosuch": ("no_such_module", "nothing at all")}
    assert missing(needed) == {"nosuch": "nothing at all"}
    words = check_environment(needed).data
    assert "**nosuch** is missing (nothing at all)" in words and "make lab" in words and "numpy" not in words


def test_without_tensorflow_it_says_what_still_runs():
    words = check_environment({"tensorflow": ("no_such_tensorflow", "Keras")}).data
    assert "Without TensorFlow all else runs" in words


def test_it_refuses_an_unsupported_python():
    assert "Python 3.9" in check_environment(python=(3, 9)).data
