"""What is asked before and after: no text gives it away; quizzes have one right answer."""

import json
import re
from pathlib import Path

import pytest

from helpers.teaching.questions import QUESTIONS
from helpers.teaching.quizzes import QUIZZES, quiz

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def notebook(section):
    (file,) = NOTEBOOKS.glob(f"{section}_*.ipynb")
    return json.loads(file.read_text(encoding="utf-8"))["cells"]


def test_each_notebook_asks_two_and_one_is_a_number():
    for section, questions in QUESTIONS.items():
        assert len(questions) >= 2 and any(one.choices is None for one in questions)
        assert all(one.key.startswith(f"{section}-") and one.giveaways for one in questions)


@pytest.mark.parametrize("section", QUESTIONS)
def test_no_text_above_a_question_gives_it_away(section):
    cells = notebook(section)
    texts = ["".join(cell["source"]) for cell in cells]
    asked = [text for text in texts if "helpers.teaching.questions" in text]
    if not asked:
        pytest.skip("this notebook asks its own question")
    for one in QUESTIONS[section]:
        name = next(
            name
            for name, value in vars(__import__("helpers.teaching.questions", fromlist=["x"])).items()
            if value is one
        )
        shown = next(i for i, text in enumerate(texts) if re.search(rf"^{name}$", text, flags=re.M))
        # the aims of the first cell are allowed to name the subject, not the answer
        above = "\n".join(texts[:shown])
        assert [p for p in one.giveaways if re.search(p, above)] == []


def test_each_quiz_has_three_questions_with_one_right_answer_each():
    assert set(QUIZZES) == set(QUESTIONS)
    for one in QUIZZES.values():
        assert len(one.questions) == 3 and one.read_next
        for question in one.questions:
            assert len(question.choices) >= 3 and sum(right for _, right, _ in question.choices) == 1
            assert all(why.strip() for _, _, why in question.choices)
        positions = {[right for _, right, _ in question.choices].index(True) for question in one.questions}
        assert len(positions) > 1  # not always the same place


def test_a_quiz_needs_no_kernel_and_its_words_do_not_tell():
    bundle = quiz("5.2")._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert bundle["text/html"].count("<details>") == 9 and "Right." not in bundle["text/plain"]
    with pytest.raises(ValueError, match="quizzes for section"):
        quiz("6")
