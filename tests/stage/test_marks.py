"""What the stage sends to the browser, against what matplotlib computes."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Rectangle
from PIL import Image
from reading import unpack

from helpers.figures import style
from helpers.panels.picture import Picture
from helpers.stage.frame import STEPS, pack
from helpers.stage.marks import marks
from helpers.stage.pictures import KEPT
from helpers.stage.scene import Scene, View

ROUNDED = 0.5 / STEPS  # pixels: what 16 bits may change


@pytest.fixture
def axes():
    figure = style.figure(6, 4)
    axes = figure.subplots()
    axes.set(xlim=(0, 10), ylim=(0, 1))
    return axes


class Shown:
    """A figure without controls as a scene, and its latest frame."""

    def __init__(self, figure, artists, **options):
        self.scene = Scene({}, figure, artists, dict, lambda result: None, lambda result: "words", **options)
        self.scene.strict = True
        self.width, self.height = self.scene.size()
        self.show()

    def show(self, ratio=1.0):
        self.frame = self.scene.frame({}, View(ratio))
        self.marks, self.layers = self.frame.styles, self.frame.pictures
        return self


def stage(axes, *artists, **options):
    return Shown(axes.figure, artists, **options)


def points(one):
    head, buffers = pack([one.frame], set())
    (seen,) = unpack(head, buffers, {})
    return np.split(seen["points"], np.cumsum(seen["counts"])[:-1])


def texts(one):
    """Line of text → its anchor."""
    lines, words = points(one), iter(one.frame.texts)
    return {next(words): at for mark, at in zip(one.marks, lines, strict=True) if mark["kind"] == "text"}


def pixels_of(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=int)


def fixed(one, above=None) -> np.ndarray:
    """The pictures, composed as the browser does; only those above or below if so asked."""
    whole = Image.new("RGBA", (one.width, one.height))
    for layer in one.layers:
        if above in (None, layer.above):
            whole.alpha_composite(Image.open(io.BytesIO(layer.png)).convert("RGBA"), (layer.left, layer.top))
    return np.asarray(whole, dtype=int)


# ---------------------------------------------------------------------- vertices
def test_vertices_are_matplotlibs_pixels_from_the_top(axes):
    (line,) = axes.plot([1, 2, 3], [0.1, 0.5, 0.9])
    one = stage(axes, line)
    expected = axes.transData.transform(line.get_xydata())
    expected[:, 1] = one.height - expected[:, 1]
    assert np.allclose(points(one)[0], expected, atol=ROUNDED)


def test_what_is_not_finite_lifts_the_pen(axes):
    (line,) = axes.plot([1, 2, 3, 4], np.ma.masked_equal([0.1, np.nan, np.inf, 7], 7))
    assert np.isnan(points(stage(axes, line))[0][:, 0]).tolist() == [False, True, True, True]
    axes.set_yscale("log")
    line.set_data([1, 2, 3], [0.1, 0.0, -1.0])
    with np.errstate(all="raise"):  # no warning of NumPy's leaks
        drawn = points(stage(axes, line))[0]
    assert not np.isinf(drawn).any()


def test_looks_are_matplotlibs(axes):
    (dashed,) = axes.plot([1, 2], [0, 1], dashes=(5, 2, 1, 2), lw=2, color=style.RED, alpha=0.5)
    (hollow,) = axes.plot([1], [1], "s", mfc="none", mec=style.BLUE, ms=10, mew=2)
    pixel = 100 / 72
    first, second = stage(axes, dashed, hollow).marks
    assert (first["kind"], second["kind"]) == ("path", "markers") and "fill" not in second
    assert np.allclose(
        first["dash"], np.array([5, 2, 1, 2]) * 2 * pixel
    )  # dashes scale with the width of 2 points
    assert first["width"] == pytest.approx(2 * pixel) and first["stroke"] == "rgba(213,94,0,0.5)"
    assert second["stroke"] == "rgba(0,114,178,1)" and second["width"] == pytest.approx(2 * pixel)
    assert np.ptp(second["outlines"][0][::2]) == pytest.approx(10 * pixel, abs=2e-3)
    left, bottom, right, top = axes.bbox.extents
    assert np.allclose(first["clip"], [left, 400 - top, right, 400 - bottom], atol=0.01)


def test_markers_are_matplotlibs_outlines(axes):
    size = 9 * 100 / 72
    for marker in (*Line2D.filled_markers, "x", "+", "|", "_", 4, "$a$"):
        (line,) = axes.plot([1], [0.5], marker=marker, ms=9, ls="")
        ((look, at),) = marks(line)
        assert at == pytest.approx(axes.transData.transform([[1, 0.5]]) * [1, -1] + [0, 400])
        if marker in ("o", "."):
            assert look["radius"] == pytest.approx(size / (2 if marker == "o" else 4))
            continue
        corners = np.concatenate([np.reshape(part, (-1, 2)) for part in look["outlines"]])
        assert 0.45 * size <= np.abs(corners).max() <= 0.75 * size, marker
    triangle = marks(axes.plot([1], [0.5], "^")[0])[0][0]["outlines"][0]
    assert triangle[1] < 0  # the first corner of ^ points upwards, which on a canvas is negative


def test_patches_collections_and_texts(axes):
    bar = axes.add_patch(Rectangle((2, 0.2), 1, 0.3, fc=style.GREEN, ec=style.BLACK, lw=1))
    disk = axes.add_patch(Circle((5, 0.5), 1))
    band = axes.add_patch(Rectangle((0, 0), 10, 0.2, color=style.SKY, alpha=0.3))
    rays = axes.add_collection(
        LineCollection([[(0, 0), (1, 1)], [(1, 0), (2, 1)]], colors=[style.BLACK, style.RED])
    )
    text = axes.text(5, 0.5, "one\ntwo", ha="center", va="bottom", path_effects=style.halo(3))
    one = stage(axes, bar, disk, band, rays, text)
    kinds = [mark["kind"] for mark in one.marks]
    filled = [k for k, mark in enumerate(one.marks) if mark["kind"] == "path" and "fill" in mark]
    assert len(filled) == 3 and kinds.count("path") == 5  # two colors of rays: two marks
    lines = texts(one)
    x, y = axes.transData.transform((5, 0.5))
    assert lines["one"][0, 1] < lines["two"][0, 1] < one.height - y + 1  # above the anchor, downwards
    assert lines["one"][0, 0] == pytest.approx(x, abs=0.6)  # Agg rounds a letter's place to a pixel
    halo = next(mark["halo"] for mark in one.marks if mark["kind"] == "text")
    assert halo == pytest.approx(3 * 100 / 72)
    size = max((np.ptp(points(one)[k], axis=0) for k in filled), key=lambda s: s[0])
    assert size[0] == pytest.approx(axes.bbox.width, abs=0.5)  # the band


@pytest.mark.parametrize("angle", [0, 30])
def test_a_rectangle_has_the_corners_matplotlib_draws_whatever_moves_beside_it(axes, angle):
    other = axes.inset_axes([0.5, 0.5, 0.4, 0.4])
    other.set(xlim=(-3, 3), yscale="log", ylim=(1e-3, 1))
    lines = [*other.plot([-1, 1], [0.01, 0.1]), *axes.plot([0, 1], np.ma.masked_equal([0.5, 9], 9))]
    bar = axes.add_patch(Rectangle((2, 0.7), 1, -0.3, angle=angle, fc=style.GREEN))
    lines += axes.plot([3, 4], [0.1, 0.2])
    one = stage(axes, *lines, bar)
    (drawn,) = (p for mark, p in zip(one.marks, points(one), strict=True) if "fill" in mark)
    expected = axes.transData.transform(bar.get_corners())
    expected[:, 1] = one.height - expected[:, 1]
    for corner in expected:
        assert np.abs(drawn - corner).max(axis=1).min() <= ROUNDED
    assert len(drawn) == 5
    found = np.array([p[0] for p in points(one)])
    for line in lines:  # each through the transform of its own axes
        x, y = line.axes.transData.transform(line.get_xydata()[:1])[0]
        assert np.abs(found - [x, one.height - y]).max(axis=1).min() <= ROUNDED


def test_a_text_that_moves_or_changes_is_laid_out_as_one_that_is_new(axes):
    text = axes.text(5, 0.5, "one\ntwo", ha="center", va="bottom")
    changes = (
        {"position": (2.3, 0.71)},
        {"text": "eleven\n2"},
        {"position": (7, 0.4)},
        {"fontsize": 17},
        {"ha": "right", "va": "top"},
        {"position": (np.nan, 0.4)},
        {"position": (4, 0.3)},
    )
    marks(text)
    for change in changes:
        text.set(**change)
        again = marks(text)
        look = {"ha": text.get_ha(), "va": text.get_va(), "size": text.get_fontsize()}
        new = axes.text(*text.get_position(), text.get_text(), **look)
        for (style_again, at), (style_new, at_new) in zip(again, marks(new), strict=True):
            assert style_again == style_new
            assert at == pytest.approx(at_new, abs=1e-9)


def test_hidden_artists_send_nothing(axes):
    (line,) = axes.plot([1], [1])
    line.set_visible(False)
    assert stage(axes, line).marks == []


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda a: a.text(0, 0, "$x$"), r"plain and level; got '\$x\$'"),
        (lambda a: a.text(0, 0, "x", rotation=30), "plain and level"),
        (lambda a: a.bar([1], [1], hatch="/")[0], "hatch"),
        (lambda a: a.imshow([[1]]), "cannot move this AxesImage"),
        (
            lambda a: a.tripcolor([0, 1, 0], [0, 0, 1], [1, 2, 3], shading="gouraud"),
            "cannot move this TriMesh",
        ),
    ],
)
def test_what_the_canvas_cannot_draw_is_refused(axes, make, words):
    artist = make(axes)
    with pytest.raises(ValueError, match=words):
        stage(axes, artist)


# ---------------------------------------------------------------------- the fixed pictures
def test_the_layers_have_all_but_the_moving_artists(axes):
    axes.set_title("title")
    axes.figure.suptitle("above all")
    empty = pixels_of(stage(axes).scene.picture(None))
    (line,) = axes.plot([0, 10], [0, 1], color="red", lw=5)
    one = stage(axes, line)
    # letters and spines are drawn on transparent ground and composed in 8 bits
    assert np.abs(fixed(one)[..., :3] - empty).max() <= 3
    assert (np.abs(pixels_of(one.scene.picture(one.frame.result)) - empty).max(axis=-1) > 100).sum() > 1000


def test_a_legend_lies_above_the_lines_as_in_the_static_picture(axes):
    (line,) = axes.plot([0, 10], [0.9, 0.9], lw=8, label="line")
    axes.legend(loc="upper left", framealpha=1)
    one = stage(axes, line)
    assert 0.01 < (fixed(one, above=True)[..., 3] == 255).mean() < 0.3
    assert not any(layer.above for layer in stage(axes).layers)  # nothing moves: all lies below


def test_moving_artists_are_sent_in_matplotlibs_order(axes):
    lines = [axes.plot([1], [k], zorder=z)[0] for k, z in enumerate((5, 2, 3))]
    one = stage(axes, *lines)
    order = [  # the height of each is its number
        round((one.height - p[0, 1] - axes.transData.transform((0, 0))[1]) / axes.bbox.height)
        for p in points(one)
    ]
    assert order == [1, 2, 0]


def test_only_the_axes_with_changed_limits_are_rendered_again():
    figure = style.figure(6, 4)
    left, right = figure.subplots(1, 2)
    (line,) = left.plot([0, 1], [0, 1])
    one = Shown(figure, [line])
    right.set_xlim(0, 1)
    one.show()
    before = one.layers
    line.set_data([0, 5], [1, 0])
    one.show()
    assert all(old is new for old, new in zip(before, one.layers, strict=True))
    right.set_xlim(0, 20)
    one.show()
    changed = [old is not new for old, new in zip(before, one.layers, strict=True)]
    assert changed == [False, False, False, True]  # figure; left, below and above; right
    right.set_xlim(0, 1)
    one.show()
    assert one.layers[3] is before[3]  # seen before: kept
    one.scene.pictures.invalidate()
    one.show()
    assert not any(old is new for old, new in zip(before, one.layers, strict=True))
    for width in range(2, KEPT + 5):
        right.set_xlim(0, width)
        one.show()
    assert len(one.scene.pictures._rendered[right]) == KEPT  # memory stays bounded


def test_a_sharp_screen_gets_more_pixels_and_the_same_vertices(axes):
    (line,) = axes.plot([0, 1], [0, 1])
    one = stage(axes, line)
    whole = one.frame.points
    one.show(ratio=2.0)
    assert pixels_of(one.layers[0].png).shape[:2] == (800, 1200)
    assert np.array_equal(one.frame.points, whole)
    assert axes.figure.dpi == 100 and axes.get_visible()


def test_no_figure_is_left_in_pyplot(axes):
    stage(axes)
    assert plt.get_fignums() == []


def test_a_picture_is_a_panel_without_controls(axes):
    axes.plot([0, 1], [0, 1])
    bundle = Picture(axes.figure, "A line that rises.")._repr_mimebundle_()
    assert bundle["text/plain"] == "A line that rises." and bundle["image/png"].startswith(b"\x89PNG")
    assert isinstance(axes.lines[0], Line2D)
