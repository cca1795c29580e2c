"""The galleries: every fault is caught by its named property, and each source stands for itself."""

import numpy as np
import pytest

from helpers.teaching import adam_exercises, galleries, initialization_exercises, splitting_exercises
from helpers.teaching.galleries import GALLERIES, Gallery, wrong_initializers, wrong_steps, wrong_sweeps

EXERCISES = {
    "adam_exercises:keras_step": adam_exercises.keras_step,
    "splitting_exercises:strang_sweep": splitting_exercises.strang_sweep,
    "initialization_exercises:relu_weights": initialization_exercises.relu_weights,
}
ALL = [(gallery, one.number) for gallery in GALLERIES for one in gallery]
NAMES = [f"{gallery.exercise.split(':')[1]} {number}" for gallery, number in ALL]


@pytest.mark.parametrize(("gallery", "number"), ALL, ids=NAMES)
def test_every_suspect_is_caught_by_its_property(gallery, number, judge):
    one, exercise = gallery[number], EXERCISES[gallery.exercise]
    judge.refuses(exercise, one.function, one.caught_by, times=2 if gallery is wrong_initializers else 5)
    verdict = one.check(seed=1)
    assert verdict.broken == one.caught_by and one.fault not in str(verdict)


@pytest.mark.parametrize(("gallery", "number"), ALL, ids=NAMES)
def test_every_source_stands_for_itself_and_does_not_tell(gallery, number):
    one = gallery[number]
    space = {"np": np}
    exec(one.source, space)  # nothing but NumPy is needed
    assert [name for name in space if name not in ("np", "__builtins__")] == [gallery.right.split("(")[0][4:]]
    assert one.source != gallery.right and one.fault not in one.source and "#" not in one.source
    page = one._repr_mimebundle_()
    assert page["text/html"].index("<details>") < page["text/html"].index("The fault")
    assert one.fault not in page["text/plain"]


def test_each_gallery_has_its_size_and_every_property_of_a_step_catches_something():
    assert (len(wrong_steps), len(wrong_sweeps), len(wrong_initializers)) == (24, 12, 12)
    for gallery in GALLERIES:
        caught = {one.caught_by for one in gallery}
        names = {one.name for one in EXERCISES[gallery.exercise].properties}
        # twenty layers catch weights that are not independent: in the table of the exercise
        assert names - caught <= {"twenty ReLU layers keep the mean square within a factor 30"}
        assert len({one.fault for one in gallery}) == len({one.source for one in gallery}) == len(gallery)


@pytest.mark.parametrize("number", [24, -1, 3.5, "5", None, ..., 10**9])
def test_a_number_out_of_range_is_answered_in_words(number):
    nobody = wrong_steps[number]
    words = f"The gallery holds the numbers 0 to 23; {number!r} is none of them."
    assert str(nobody) == repr(nobody) == words
    assert nobody.check(seed=number).words == words and not nobody.check()


def test_the_right_sources_are_the_worked_solutions():
    for gallery in GALLERIES:
        suspect = galleries.Suspect("", "", gallery.right, gallery.exercise)
        assert suspect.check(seed=0)
        assert gallery.right in EXERCISES[gallery.exercise].solution


def test_a_change_that_changes_nothing_is_refused():
    with pytest.raises(ValueError, match="is not in the source"):
        Gallery("adam_exercises:keras_step", "x = 1\n", ("fault", "name", ("y", "z")))
