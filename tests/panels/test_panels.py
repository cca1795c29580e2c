"""Every panel of the collection in the kernel: its controls, presets, three faces, and bad input."""

import re

import numpy as np
import pytest
from reading import bytes_of, unpack

from helpers.panels.panel import Panel, collection
from helpers.stage.controls import Choice, Slider, Switch
from helpers.stage.frame import REACH, pack

POSITIONS = 15  # of each slider, besides its ends
NOT_NUMBERS = re.compile(r"(?<![\w.])(nan|inf|-inf|None)(?!\w)|array\(|np\.|<[^>]* object at", re.IGNORECASE)


PANELS = collection()


@pytest.fixture(scope="module", params=PANELS, ids=lambda kind: kind.__name__)
def shown(request):
    """One panel of each kind, shared by the tests, as in a notebook."""
    return request.param()


@pytest.fixture
def panel(shown):
    """The panel with its initial values."""
    shown.reset()
    assert shown.error == ""
    return shown


def sliders(panel):
    return {name: one for name, one in vars(panel.controls).items() if isinstance(one, Slider)}


def frame(panel) -> bytes:
    """All that is drawn, as bytes."""
    return bytes_of(panel.frame)


def check_drawn(panel, where):
    """What is drawn is finite or a lifted pen, and said in a sentence without accidents of formatting."""
    assert panel.error == "", f"{where}: {panel.error}"
    (seen,) = unpack(*pack([panel.frame], set()), {})
    points = seen["points"]
    assert sum(seen["counts"]) == len(points), where
    assert np.nanmax(np.abs(points)) <= REACH + 2, where
    assert (np.isnan(points[:, 0]) == np.isnan(points[:, 1])).all(), where
    inside = (points >= 0).all(axis=1) & (points <= panel.scene.size()).all(axis=1)
    assert inside.sum() >= 2, f"{where}: nothing of what moves lies in the picture"
    assert len(panel.sentence) > 20 and panel.sentence == seen["sentence"], where
    assert not NOT_NUMBERS.search(panel.sentence), f"{where}: {panel.sentence}"
    # some 110 letters fit in a line beside JupyterLab's list of files; the browser tests measure the heights
    assert len(panel.sentence) <= 110 * panel.sentence_lines, f"{where}: {panel.sentence}"


def check_layers(panel, where):
    """The fixed parts in the browser are those of the figure: nothing fixed has changed unnoticed."""
    shown = panel.frame.pictures
    panel.scene.pictures.invalidate()
    panel.update()
    assert [one.png for one in shown] == [one.png for one in panel.frame.pictures], f"{where}: name its looks"


def sample(positions):
    """The ends and some positions between them."""
    chosen = np.unique(np.linspace(0, len(positions) - 1, POSITIONS + 2).round().astype(int))
    return [positions[k] for k in chosen]


def state(panel):
    """What must stay when a value is refused."""
    return frame(panel), panel.sentence, id(panel.result)


# ---------------------------------------------------------------------- every value
def test_there_are_panels():
    assert {"EnergyMap", "Ratio"} <= {kind.__name__ for kind in PANELS}


def test_each_panel_is_listed_once_while_some_are_alive():
    """anywidget gives each widget a subclass of its own, which lives as long as the widget."""
    alive = [kind() for kind in PANELS[:2]]
    assert all(type(panel) is not kind for panel, kind in zip(alive, PANELS, strict=False))
    assert collection() == PANELS and Panel not in PANELS


def test_nothing_is_cut_off_at_the_edges(panel):
    check_edges(panel.figure, panel.scene.size())
    check_edges(panel.scene.figure, panel.scene.size(narrow=True))  # stacked
    panel.scene.size()


def check_edges(figure, size):
    (width, height), renderer = size, figure.canvas.get_renderer()
    for one in [*figure.axes, *figure.legends]:
        left, bottom, right, top = one.get_tightbbox(renderer).extents
        words = f"{one}: {left:.0f}, {bottom:.0f}, {right:.0f}, {top:.0f}"
        # half a pixel: the padding of constrained layout is 4, what is cut off is larger than rounding
        assert min(left, bottom, width - right, height - top) > -0.5, words


def test_each_slider_over_its_range(panel):
    """Each slider changes what is drawn somewhere in its range, and some slider changes the sentence."""
    said = {panel.sentence}
    for name, slider in sliders(panel).items():
        panel.reset()
        start, drawn = frame(panel), []
        for value in sample(slider.positions):
            slider.value = value
            check_drawn(panel, f"{name} = {value:g}")
            drawn.append(frame(panel))
            said.add(panel.sentence)
        check_layers(panel, f"{name} = {value:g}")
        assert any(one != start for one in drawn), f"{name} changes nothing in the picture"
    assert len(said) > 1 or not sliders(panel), "no slider changes the sentence"


def test_each_choice_and_switch(panel):
    for name, control in vars(panel.controls).items():
        panel.reset()
        if isinstance(control, Choice):
            for value in [*control.around(control.value), control.value]:
                control.value = value
                check_drawn(panel, control.words(value))
                check_layers(panel, control.words(value))
        elif isinstance(control, Switch):
            for value in (not control.value, control.value):
                control.value = value
                check_drawn(panel, f"{name}: {value}")
                check_layers(panel, f"{name}: {value}")
        else:
            assert isinstance(control, Slider), f"{name}: a {type(control).__name__} is not tested here"


def test_each_preset_and_reset(panel):
    start, data = panel.values, panel.scene_data["presets"]
    assert [one["label"] for one in data] == list(panel.presets) and all(one["words"] for one in data)
    for label, values in panel.presets.items():
        panel.set(**values)
        check_drawn(panel, label)
        check_layers(panel, label)
        assert {name: panel.values[name] for name in values} == values
    panel.reset()
    assert panel.values == start
    check_drawn(panel, "Reset")


# ---------------------------------------------------------------------- what is not allowed
def bad_values(slider) -> list[float]:
    """Numbers that no control of this kind allows."""
    if slider.label in ("β₁", "β₂"):
        return [1.0, 1.2, -0.1]
    if slider.label.startswith("Δt"):
        return [0.0, -1.0]
    if slider.label == "p":
        return [0.0, -1.0, 1.5, slider.positions[-1] + 1]
    return []


def test_what_is_not_allowed_is_said_and_the_picture_stays(panel):
    for name, slider in sliders(panel).items():
        panel.reset()
        before = state(panel)
        for value in [*bad_values(slider), np.nan, np.inf]:
            slider.value = value
            assert state(panel) == before, f"{name} = {value}: the picture has changed"
            assert "last valid choice" in panel.error, f"{name} = {value}"
            assert re.search(r"must|at least|at most|between|allowed|than", panel.error), panel.error
            assert not re.search(r"object at|Traceback|array\(", panel.error), panel.error
        slider.value = panel.scene.initial[name]
        assert panel.error == "", name


def test_a_huge_number_is_refused_or_drawn(panel):
    for name, slider in sliders(panel).items():
        panel.reset()
        before = state(panel)
        slider.value = 1e9
        if panel.error:
            assert state(panel) == before, name
        else:
            check_drawn(panel, f"{name} = 1e9")


# ---------------------------------------------------------------------- use from code, and the three faces
def test_set_draws_once(panel, monkeypatch):
    calls, update = [], panel.update
    monkeypatch.setattr(panel, "update", lambda: (calls.append(1), update()))
    panel.set(**{name: slider.positions[2] for name, slider in sliders(panel).items()})
    assert len(calls) == 1


def test_set_refuses_a_control_it_does_not_have(panel):
    before = state(panel)
    with pytest.raises(ValueError, match=r"no control named typo; the controls are \w+"):
        panel.set(typo=1)
    name = next(iter(vars(panel.controls)))
    with pytest.raises(ValueError, match=rf"{name} cannot be \[\]; allowed"):
        panel.set(**{name: []})
    assert state(panel) == before


def test_every_move_can_be_foretold(panel):
    """Controls follow others by `follow` and `positions` alone."""
    assert panel.scene.followed(panel.values, None) == panel.values


def test_what_follows_a_slider_does_not_depend_on_the_positions_between(panel):
    """So a page may take its moves in a row as moves from where the first began."""
    scene = panel.scene
    for values in ({}, *scene.presets.values()):
        start = scene.followed(scene.initial | values, None)
        for name, slider in sliders(panel).items():
            for one in (slider.positions[0], slider.positions[-1]):
                between = scene.followed(start | {name: one}, name)
                for other in slider.positions[:: max(1, len(slider.positions) // 5)]:
                    direct = scene.followed(start | {name: other}, name)
                    assert scene.followed(between | {name: other}, name) == direct


def test_controls_and_titles_are_written_for_readers(panel, machine):
    """σ_w and n_in excepted: there is no subscript w."""
    texts = [axes.get_title() + axes.get_xlabel() + axes.get_ylabel() for axes in panel.figure.axes]
    for control in vars(panel.controls).values():
        texts += [control.label, control.name, *control.data().get("options", [])]
    assert not [text for text in texts if machine.search(re.sub(r"\$.*?\$|σ_w|n_in", "", text))]


def test_the_three_faces(panel):
    bundle = panel._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == panel.model_id
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == panel.sentence
