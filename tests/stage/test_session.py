"""What passes between page and kernel, with a page that is a list of messages."""

import threading
import time

import numpy as np
import pytest
from reading import unpack

from helpers.figures import style
from helpers.stage import session as module
from helpers.stage.controls import Slider, Switch
from helpers.stage.scene import Pad, Scene
from helpers.stage.session import Session


def line(**options):
    """A scene with two sliders, of which b may not be above 1, and a switch."""
    figure = style.figure(4, 3)
    axes = figure.subplots()
    (drawn,) = axes.plot([], [])
    calls = []

    def compute(a, b, on):
        calls.append(a)
        if b > 1:
            raise ValueError(f"b must be at most 1; got {b:g}")
        return np.linspace(0, 1, 9), a * np.linspace(0, 1, 9) + (0.5 if on else 0)

    controls = {
        "a": Slider("a", "a, slope", [k / 10 for k in range(11)], 0.5, "0 ≤ a ≤ 1"),
        "b": Slider("b", "b, nothing", [0.0, 0.5, 1.0], 0.5, "b ≤ 1"),
        "on": Switch("on", False),
    }
    options = {"presets": {"steep": {"a": 1.0}}} | options
    if "pads" in options:
        options["pads"] = [Pad(axes, "a", "b")]
    scene = Scene(controls, figure, [drawn], compute, lambda r: drawn.set_data(*r), lambda r: "x", **options)
    scene.calls = calls
    return scene


class Kernel:
    """A session and a page that has said hello."""

    def __init__(self, scene=None, **options):
        self.out, self.seen, self.styles, self.turn = [], [], {}, 0
        self.scene = scene or line()
        self.session = Session(self.scene, self.hear, **options)
        self.hello()

    def hear(self, head, buffers):
        self.out.append((head, buffers))
        self.seen += unpack(head, buffers, self.styles) if head["kind"] == "frames" else []

    def hello(self, **look):
        return self.tell(kind="hello", **({"ratio": 1.0, "narrow": False} | look))

    def tell(self, **content):
        """Send a message; the answers."""
        self.out.clear()
        self.seen.clear()
        self.session.receive({"who": "me", "turn": self.turn} | content)
        return [content for content, _ in self.out]

    def move(self, name=None, *, seen=False, want=None, values=None, **changes):
        self.turn += 1
        want = not seen if want is None else want
        now = self.session.scene.wire(self.session.values)
        names = list(self.scene.controls)
        values = values or [changes.get(one, now[k]) for k, one in enumerate(names)]
        name = name or next(iter(changes))
        return self.tell(kind="set", changes=changes, name=name, values=values, seen=seen, want=want)

    def frames(self):
        return list(self.seen)


@pytest.fixture
def kernel():
    return Kernel()


# ---------------------------------------------------------------------- moves
def test_hello_is_answered_with_all_that_is_shown(kernel):
    (answer,) = kernel.hello()
    assert answer["kind"] == "frames" and answer["forget"] and answer["now"] and answer["pictures"]
    assert answer["size"] == (400, 300) and answer["frames"][0]["asked"] == [0.5, 0.5, False]
    (again,) = kernel.hello(ratio=2.0)
    assert again["ratio"] == 2.0 and again["pictures"] != answer["pictures"]  # sharper


def test_a_move_that_is_asked_for_is_answered_with_its_frame(kernel):
    (answer,) = kernel.move(a=0.7)
    assert answer["turn"] == 1 and answer["name"] == "a" and not answer["pictures"] and not answer["styles"]
    (frame,) = kernel.frames()
    assert frame["asked"] == [0.7, 0.5, False] and "values" not in frame
    assert kernel.session.values["a"] == 0.7 and kernel.session.settled().values[0] == 0.7


def test_a_move_that_the_page_has_is_not_computed_until_somebody_asks(kernel):
    count = len(kernel.scene.calls)
    for a in (0.6, 0.7, 0.8):
        (answer,) = kernel.move(a=a, seen=True)
        assert answer["kind"] == "taken" and answer["turn"] == kernel.turn
    assert len(kernel.scene.calls) == count and kernel.session.values["a"] == 0.8
    assert kernel.session.settled().result[1][-1] == 0.8
    assert len(kernel.scene.calls) == count + 1  # of three moves only the last


def test_a_move_that_is_not_asked_for_counts_too(kernel):
    kernel.move(a=0.6)
    kernel.move(a=0.9, want=False)
    assert kernel.out[0][0]["kind"] == "taken" and kernel.session.values["a"] == 0.9
    assert kernel.session.settled().result[1][-1] == 0.9


def test_the_last_valid_picture_is_that_of_the_last_valid_move(kernel):
    kernel.move(a=0.8, seen=True)
    kernel.move(b=7.0)
    assert kernel.frames()[0]["error"].startswith("b must be at most 1; got 7.")
    assert kernel.session.error.startswith("b must") and kernel.session.values["b"] == 7
    assert kernel.session.settled().values == [0.8, 0.5, False]
    kernel.move(b=0.5)
    kernel.move(a=0.2, seen=True)
    kernel.move(b=9.0, want=False)
    assert kernel.session.settled().values == [0.2, 0.5, False] and "got 9" in kernel.session.error
    kernel.move(b=1.0, seen=True)
    assert kernel.session.settled().values == [0.2, 1.0, False] and kernel.session.error == ""


def test_a_page_that_comes_while_a_choice_is_refused_gets_picture_and_words(kernel):
    kernel.move(b=7.0)
    (answer,) = kernel.hello()
    first, second = answer["frames"]
    assert first["asked"] == [0.5, 0.5, False] and "error" not in first
    assert second["asked"] == [0.5, 7.0, False] and "b must" in second["error"]


def test_a_page_that_has_got_out_of_step_is_put_right(kernel):
    (answer,) = kernel.move(a=0.7, seen=True, values=[0.7, 1.0, False])  # b was never told
    assert answer["kind"] == "frames"
    (frame,) = kernel.frames()
    assert frame["values"] == [0.7, 0.5, False] and frame["asked"] == [0.7, 1.0, False]


def test_a_number_that_json_cannot_say(kernel):
    kernel.session.assign({"b": np.nan})
    kernel.session.update()
    assert kernel.frames()[-1]["asked"] == [0.5, None, False]


def test_controls_set_from_code_are_shown(kernel):
    kernel.out.clear()
    kernel.seen.clear()
    kernel.scene.controls["a"].value = 0.1
    assert kernel.out[0][0]["now"] and kernel.frames()[0]["asked"][0] == 0.1


def test_what_follows_is_computed_in_the_kernel():
    def follow(values, name):
        return values | {"on": values["a"] > 0.7} if name == "a" else values

    kernel = Kernel(line(follow=follow))
    kernel.move(a=0.8)
    assert kernel.frames()[0]["values"] == [0.8, 0.5, True] and kernel.session.values["on"] is True
    (answer,) = kernel.move(a=0.9, seen=True)
    assert answer["kind"] == "taken" and answer["values"] == [0.9, 0.5, True]
    (answer,) = kernel.move(on=False, seen=True)
    assert answer["kind"] == "taken" and kernel.session.values["on"] is False


# ---------------------------------------------------------------------- ahead
def ahead(kernel, name, heading=1, most=500):
    kernel.tell(kind="ahead", name=name, heading=heading)
    while most and kernel.session.ahead.step():
        most -= 1
    return kernel.frames()


def test_the_other_positions_come_nearest_first_and_once(kernel):
    found = [one["asked"][0] for one in ahead(kernel, "a")]
    assert found == [0.6, 0.7, 0.4, 0.8, 0.9, 0.3, 1.0, 0.2, 0.1, 0.0]
    assert all(content["small"] and not content["now"] for content, _ in kernel.out)
    assert ahead(kernel, "a") == []  # the page has them
    kernel.move(a=0.9, seen=True)
    assert ahead(kernel, "a") == []
    assert [one["asked"][0] for one in ahead(kernel, "b")] == [0.9, 0.9]
    kernel.hello()  # a page that begins anew
    assert len(ahead(kernel, "a")) == 10


def test_what_comes_ahead_is_what_the_kernel_answers(kernel):
    found = {tuple(one["asked"]): one for one in ahead(kernel, "a")}
    kernel.move(a=0.8)
    (answer,) = kernel.frames()
    known = found[0.8, 0.5, False]
    np.testing.assert_array_equal(answer["points"], known["points"])
    assert {k: answer[k] for k in ("sentence", "styles", "pictures")} == {
        k: known[k] for k in ("sentence", "styles", "pictures")
    }


def test_working_ahead_does_not_change_what_is_shown(kernel):
    kernel.move(a=0.3, seen=True)
    before = kernel.session.settled()
    ahead(kernel, "a", most=4)
    assert kernel.session.settled() is before and kernel.session.values["a"] == 0.3
    drawn = kernel.scene.figure.axes[0].lines[0].get_ydata()
    assert drawn[-1] == 0.3


def test_pads_and_presets():
    kernel = Kernel(line(pads=True))
    found = [tuple(one["asked"][:2]) for one in ahead(kernel, "a,b")]
    assert set(found[:2]) == {(0.6, 0.5), (0.5, 1.0)} and len(set(found)) == 32
    assert {"x": "a", "y": "b"}.items() <= kernel.frames()[0]["areas"][0].items()
    assert [one["asked"] for one in ahead(kernel, "steep")] == []  # the pad has brought it
    kernel.hello()
    assert [one["asked"] for one in ahead(kernel, "steep")] == [[1.0, 0.5, False]]


def test_both_sides_begin_anew_when_too_much_is_kept(kernel, monkeypatch):
    monkeypatch.setattr(module, "KEPT", 2000)
    ahead(kernel, "a")
    assert any(content["forget"] for content, _ in kernel.out)
    after = [content for content, _ in kernel.out if content["forget"]]
    assert all(content["pictures"] and content["styles"] for content in after)
    assert kernel.session._bytes < 60_000


def test_threads_do_not_meet_in_a_figure():
    """Messages are handled in a thread of their own while the main thread works ahead."""
    kernel, wrong = Kernel(), []
    inside = threading.Lock()
    draw = kernel.scene.draw

    def slow(result):
        if not inside.acquire(blocking=False):
            wrong.append("two at once")
        time.sleep(0.002)
        draw(result)
        inside.release()

    kernel.scene.draw = slow

    def work():
        for k in range(20):
            kernel.session.receive(
                {"kind": "set", "who": "me", "turn": k, "changes": {"a": k / 20}, "name": "a",
                 "values": [k / 20, 0.5, False], "seen": False, "want": True}
            )  # fmt: skip

    thread = threading.Thread(target=work)
    thread.start()
    kernel.session.ahead._name = "a"
    while thread.is_alive():
        kernel.session.ahead.step()
    thread.join()
    assert not wrong and kernel.session.settled().values[0] == 0.95


def test_what_is_no_control_makes_both_sides_forget(kernel):
    ahead(kernel, "a")
    kernel.out.clear()
    kernel.session.forget()
    kernel.session.update()
    ((answer, _),) = kernel.out
    assert answer["forget"] and answer["pictures"] and answer["now"]
    assert len(ahead(kernel, "a")) == 10
