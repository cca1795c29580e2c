"""Exercises in general: whatever a reader hands over is answered in words, and never with the solution."""

import html.parser

import numpy as np
import pytest

from helpers.teaching import progress, properties, solutions
from helpers.teaching.answers import NumericExercise
from helpers.teaching.exercises import Exercise
from helpers.teaching.properties import Property, equal

SQUARE = "the result is the square, coordinate by coordinate"


def draw(rng, size):
    return {"x": rng.integers(-50, 50, size) / 10, "n": int(rng.integers(1, 9))}


def reference(x, n):
    return x * x


def make(limit=2.0):
    return Exercise(
        "0/square",
        "a square",
        "Write `square(x, n)`.",
        properties=[
            Property(
                SQUARE,
                draw,
                lambda answer, inputs: equal(answer(**inputs), inputs["x"] ** 2, "It gave {got}."),
            )
        ],
        results=("y",),
        like="x",
        reference=reference,
        hints=("Read.", "Think.", "Multiply `x` by itself."),
        looked="all properties hold on a few cases",
        limit=limit,
    )


@pytest.fixture(autouse=True)
def solved(monkeypatch):
    text = "```python\nreturn x * x  # the very solution\n```"
    monkeypatch.setitem(solutions.SOLUTIONS, "0/square", text)


def forgot_return(x, n):
    x * x


def wrong_name(x, n):
    return xx * x  # noqa: F821


def nan_for_zero(x, n):
    return x * x * (x / x)


def infinite(x, n):
    return x * x * np.float64(1e308) * 1e10


def in_place(x, n):
    x *= x
    return x


def total(x, n):
    return np.sum(x * x)


def text(x, n):
    return "the square"


def two(x, n):
    return x, x


def complex_square(x, n):
    return (x + 0j) ** 2


def ragged(x, n):
    return [[1.0], [1.0, 2.0]]


def leave(x, n):
    raise SystemExit


def for_ever(x, n):
    while True:
        pass


def for_ever_caught(x, n):
    while True:
        try:
            n += 1
        except:  # noqa: E722
            pass


def deep(x, n):
    return deep(x, n)


def cube(x, n):
    return x**3


@pytest.mark.parametrize(
    "answer, broken, words",
    [
        (3.5, properties.CALLABLE, "type float"),
        ("x*x", properties.CALLABLE, "type str"),
        (np.zeros(3), properties.CALLABLE, "type ndarray"),
        (lambda x: x * x, properties.ARGUMENTS, "takes (x)"),
        (lambda: 1, properties.ARGUMENTS, "takes (nothing)"),
        (forgot_return, properties.RETURNS, "return y"),
        (wrong_name, properties.RUNS, "`return xx * x  # noqa: F821`: NameError"),
        (deep, properties.RUNS, "RecursionError"),
        (leave, properties.RUNS, "SystemExit"),
        (infinite, properties.FINITE, "an infinity"),
        (in_place, properties.PURE, "`x` in place"),
        (total, properties.SHAPE, "shape ()"),
        (text, properties.FORM, "type str"),
        (two, properties.SHAPE, "shape (2, "),
        (complex_square, properties.FORM, "real numbers"),
        (ragged, properties.FORM, "cannot be read as an array"),
        (
            for_ever,
            properties.ENDS,
            "still running after 0.2 seconds and was stopped. Is there a loop",
        ),
        (
            for_ever_caught,
            properties.ENDS,
            "still running after 0.2 seconds and was stopped. Is there a loop",
        ),
        (cube, SQUARE, "It gave"),
        (None, properties.CALLABLE, "this is None"),
        (lambda x, n: (x * x).astype(np.float32), properties.DOUBLE, "in float32"),
        (lambda x, n: x * x + np.random.default_rng().random(), properties.REPEATS, "Called twice"),
    ],
)
def test_every_answer_gets_words(answer, broken, words, capsys):
    verdict = make(limit=0.2 if broken == properties.ENDS else 60.0).check(answer, seed=1)
    assert (verdict.kind, verdict.broken) == ("broken", broken)
    assert words in verdict.words
    assert not verdict and not verdict.holds
    bundle = verdict._repr_mimebundle_()
    for page in bundle.values():
        assert "Traceback" not in page and "very solution" not in page
    assert capsys.readouterr() == ("", "")  # nothing but the verdict reaches the page


def test_nan_is_named_with_the_smallest_example():
    def bad(x, n):
        return np.where(x < 0, np.nan, x * x)

    verdict = make().check(bad, seed=1)
    assert verdict.broken == properties.FINITE
    assert verdict.example == ("with x = [-1], n = 1", "gave y = [nan]")


def test_a_right_answer_is_accepted_with_its_output_quoted(capsys):
    def square(x, n):
        print("half way", n)
        return list(x**2)

    verdict = make().check(square, seed=2)
    assert verdict and verdict.held == (SQUARE,)
    assert "half way" in verdict.printed and "half way" in str(verdict)
    assert capsys.readouterr().out == ""


def test_class_and_builtin_answers_are_answered():
    class Square:
        def __call__(self, x, n):
            return x * x

    assert make().check(Square())
    # of one entry and a number either may win
    assert make().check(max, seed=1).broken in (properties.SHAPE, properties.RUNS)
    assert make().check(dict).broken == properties.RUNS


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan"), float("inf")])
def test_a_limit_must_be_positive(limit):
    with pytest.raises(ValueError, match="limit must be a positive number"):
        make(limit=limit)


def test_an_exercise_needs_named_properties_and_a_question():
    with pytest.raises(ValueError, match="at least one property"):
        Exercise("k", "t", "q", properties=[], results=(), reference=reference, looked="")
    with pytest.raises(ValueError, match="a title and a question"):
        NumericExercise("k", "", "q", value=1.0)


def stub(x, n): ...


def stub_with_words(x, n):
    """Write here."""
    return None


def stub_returning(x, n):
    return ...


def half_done(x, n):
    y = x
    y = ...
    return y


@pytest.mark.parametrize("answer", [..., stub, stub_with_words, stub_returning, half_done])
def test_what_is_unanswered_is_said_kindly(answer):
    verdict = make().check(answer)
    assert verdict.kind == "unanswered" and str(verdict).startswith("Not answered yet.")
    assert make().check().kind == "unanswered"


def test_fresh_data_each_time_and_the_same_under_a_seed():
    seen = []

    def watch(x, n):
        seen.append((tuple(x), n))
        return x * x

    for seed in (None, None, 4, 4):
        seen.append("new")
        assert make().check(watch, seed=seed)
    first, second, third, fourth = "".join(map(str, seen)).split("new")[1:]
    assert first != second and third == fourth


def test_a_fault_in_few_cases_is_found_and_made_small():
    def mostly(x, n):
        return np.where(np.abs(x) > 3, 9.0, x * x)

    found = [make().check(mostly, seed=seed) for seed in range(20)]
    assert sum(not verdict for verdict in found) >= 15  # 7 numbers per check, four in ten of them beyond 3
    example = next(verdict.example for verdict in found if not verdict)
    assert example[0].count(",") == 1 and example[1] == "gave y = [9]"  # one coordinate and n


# --- on the page -----------------------------------------------------------------------------------------


class Nesting(html.parser.HTMLParser):
    """Counts folded parts and checks that every element is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.deepest, self.summaries = [], 0, 0

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.summaries += tag == "summary"
        self.deepest = max(self.deepest, self.open.count("details"))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_an_exercise_has_a_live_a_static_and_a_plain_face():
    exercise = make()
    bundle = exercise._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    page = Nesting()
    page.feed(bundle["text/html"])
    assert page.open == []
    assert (page.deepest, page.summaries) == (3, 4)  # hint 3 inside 2 inside 1; the solution by itself
    assert "the very solution" in bundle["text/html"]
    assert "the very solution" not in bundle["text/plain"] and "Write `square(x, n)`." in bundle["text/plain"]


def test_hints_come_one_at_a_time_by_the_button():
    exercise = make()
    button, text = exercise.hints.live().children
    assert exercise.live().children[1] is exercise.hints.live()
    seen = []
    for _ in range(5):
        seen.append((button.description, text.value.count("<strong>Hint")))
        button.click()
    assert seen == [
        ("Show hint 1 of 3", 0),
        ("Show hint 2 of 3", 1),
        ("Show hint 3 of 3", 2),
        ("Hide the hints", 3),
        ("Show hint 1 of 3", 0),
    ]
    assert "Read." in text.value and "Think." not in text.value


def test_words_are_escaped_on_the_page():
    def tags(x, n):
        raise ValueError("<script>alert(1)</script>")

    verdict = make().check(tags)
    assert "<script>" not in verdict._repr_mimebundle_()["text/html"]
    assert "<script>" in str(verdict)


def test_a_verdict_is_announced_and_lists_what_holds():
    bundle = make().check(reference)._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert 'role="status"' in bundle["text/html"]
    assert bundle["text/plain"].startswith("Right, as far as was looked: all properties hold on a few cases.")


def test_a_fault_in_the_eighth_digit_is_shown_with_all_digits():
    verdict = make().check(lambda x, n: x * x * (1 + 1e-8), seed=1)
    assert verdict.broken == SQUARE and "single precision" in verdict.words
    x, y = (np.array(eval(line.split("= ")[1].split(", n")[0])) for line in verdict.example)
    assert not np.array_equal(y, x * x) and np.allclose(y, x * x, rtol=2e-8)


@pytest.mark.parametrize("places", [2, 17])
def test_examples_do_not_follow_numpys_print_options(places):
    with np.printoptions(precision=places, floatmode="fixed", sign="+", suppress=True, threshold=2):
        assert properties.number(np.array([0.25, -3e-20, 1234567.0])) == "[0.25, -3e-20, 1.23457e+06]"
        assert properties.number(np.array([[1.0], [2.5]])) == "[[1], [2.5]]"
        assert make().check(cube, seed=3) == make().check(cube, seed=3)
    with np.printoptions(precision=places):
        inside = make().check(cube, seed=3)
    assert str(inside) == str(make().check(cube, seed=3))


def test_a_check_never_raises(monkeypatch):
    def broken(*arguments):
        raise ZeroDivisionError("the check's own fault")

    exercise = make()
    monkeypatch.setattr(exercise, "verdict", broken)
    verdict = exercise.check(reference)
    assert verdict.broken == "the check can deal with the answer"
    assert "could not deal with this answer: ZeroDivisionError" in verdict.words


def test_verdicts_are_kept_with_the_answer():
    exercise = make()
    exercise.check(cube)
    exercise.check(...)
    exercise.check(reference)
    events = progress.entry("exercises", "0/square")
    assert [event["kind"] for event in events] == ["broken", "holds"]
    assert events[0]["broken"] == SQUARE and "return x**3" in events[0]["answer"]


def test_without_solutions_the_exercise_stands(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "helpers.teaching.solutions", None)
    import helpers.teaching

    monkeypatch.delattr(helpers.teaching, "solutions", raising=False)
    exercise = make()
    assert exercise.solution == "" and "Worked solution" not in exercise._repr_mimebundle_()["text/html"]


def test_emphasis_is_marked_and_the_minimizer_left_alone():
    from helpers.teaching import page

    assert page.inline("W* = 1, from *two* starts, to W*.") == "W* = 1, from <em>two</em> starts, to W*."
    assert page.plain("a *small* **step** to W*") == "a small step to W*"


def test_an_example_is_not_simplified_to_where_its_digits_show_nothing():
    def drifts(x, n):
        return x * x * np.where(np.abs(x) > 1.5, 1.25, 1 + 1e-8)

    for seed in range(5):
        verdict = make().check(drifts, seed=seed)
        x, y = (np.array(eval(line.split("= ")[1].split(", n")[0])) for line in verdict.example)
        assert np.any(np.abs(y - x * x) > 0.2), verdict
