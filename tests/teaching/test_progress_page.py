"""The page of progress: what is open and done, saved by the browser, loaded by a button."""

import base64
import json
import re
from datetime import UTC, datetime

from helpers.teaching import progress
from helpers.teaching.adam_exercises import effective_penalty, shortest_memory
from helpers.teaching.claims import SUBJECTS
from helpers.teaching.progress_page import Progress, rows, tasks
from helpers.teaching.questions import QUESTIONS


def test_keys_are_unique_and_name_their_section():
    keys = [task.key for section in SUBJECTS for task in tasks(section)]
    assert len(set(keys)) == len(keys) and set(SUBJECTS) == set(QUESTIONS)
    assert all(task.key.startswith(f"{section}/") for section in SUBJECTS for task in tasks(section))
    assert all(len(tasks(section)) >= 5 for section in SUBJECTS)


def test_it_shows_what_is_done_begun_and_open():
    effective_penalty.check(3)
    effective_penalty.check(15)
    shortest_memory.check(0.6)
    QUESTIONS["5.3.1"][0].record(1)
    QUESTIONS["5.4"][0].skip()
    states = {title: (state, said) for _, title, state, said in rows()}
    assert states["Exercise: the effective penalty, by hand"] == ("done", "right at check 2 of 2")
    begun = states["Exercise: the shortest memory of D"]
    assert begun[0] == "begun" and begun[1].startswith("1 check, the last: the number is the edge")
    assert sorted(state for state, _ in states.values()).count("open") == len(states) - 4
    assert "2 of 28 predictions and exercises done." in str(Progress())


def test_what_is_downloaded_can_be_loaded_by_another_kernel(monkeypatch):
    effective_penalty.check(15)
    page = Progress()
    page.live()
    page.name("  Ada  ")
    link = page.live().children[2].value
    data = base64.b64decode(link.split("base64,")[1].split('"')[0])
    assert json.loads(data)["name"] == "Ada"
    monkeypatch.setattr(progress, "_session", {})
    other = Progress()
    other.live()
    assert "0 of 28" in str(other)
    chosen = {
        "name": "p",
        "type": "",
        "size": len(data),
        "content": memoryview(data),
        "last_modified": datetime.now(UTC),
    }
    other.upload.value = (chosen,)
    assert (
        "1 of 28" in str(other) and "Loaded: 1 predictions and exercises" in other.live().children[-1].value
    )
    assert "1 of 28" in other.live().children[1].value


def test_damaged_files_are_refused_in_words_and_change_nothing():
    effective_penalty.check(15)
    before = progress.content()
    page = Progress()
    for data in (
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"version": 9}',
        b'{"version": 1, "exercises": 3}',
        bytes(range(256)),
    ):
        assert page.load(data).startswith("Not loaded. This ")
    assert progress.content() == before


def test_names_and_words_are_escaped():
    progress.record("predictions", "5.2-ratio-default", value="<script>")
    progress.record("exercises", "5.2/keras-step", kind="broken", broken="<script>")
    assert "<script>" not in Progress()._repr_mimebundle_()["text/html"]


def test_the_table_shows_no_marks_of_the_text():
    told = [what for _, what, _, _ in rows()]
    assert any("in one run" in what for what in told)
    assert not any(re.search(r"\*[\w ]+\*|[`$]", what) for what in told)  # W* is a name
