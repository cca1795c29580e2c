"""The figure of §5.3.2 on what the partition buys: paths, and their largest excursions."""

from types import SimpleNamespace

from matplotlib.figure import Figure

from helpers.figures import style

LOOKS = (("with replacement", style.RED), ("partition", style.BLUE))


@style.styled
def partition_buys() -> tuple[Figure, SimpleNamespace]:
    """One path of each sampling against k; excursions and root mean squares against K; (figure, artists)."""
    fig = style.figure(10.2, 3.9)
    plot, sizes = fig.subplots(1, 2, width_ratios=[1.35, 1])
    a = SimpleNamespace(plot=plot, sizes=sizes)
    a.paths, a.largest, a.rms = [], [], []
    for (name, color), marker in zip(LOOKS, ("^", "o"), strict=True):
        a.paths += plot.plot([], [], color=color, lw=0.9, label=name)
        name = name.removeprefix("with ")
        a.largest += sizes.plot([], [], color=color, marker=marker, ms=6, lw=2, label=f"{name}: largest")
        a.rms += sizes.plot([], [], color=color, lw=1.6, ls=":", label=f"{name}: root mean square")
    a.levels = [plot.plot([], [], color=style.BLACK, lw=1.5, ls="--")[0] for _ in range(2)]
    a.levels[0].set_label(r"$\pm\sqrt{c}\,\sigma$")
    (a.theory,) = sizes.plot([], [], color=style.BLACK, lw=1.5, ls="--", label=r"$\sqrt{c}\,\sigma$")
    plot.set(xscale="log", xlim=(1, 5000), ylim=(-1.5, 1.5), xlabel="epoch k", title="W − W* of one run")
    plot.legend(loc="upper left", ncols=3, columnspacing=1, handlelength=1.5)
    sizes.set(xscale="log", yscale="log", xlim=(50, 20000), ylim=(1e-5, 3), xlabel="K")
    sizes.set_title("|W − W*| over K/2 < k ≤ K, 12 runs")
    fig.legend(handles=[*a.largest, *a.rms], loc="outside lower right", ncols=2, frameon=False, **style.CLOSE)
    return fig, a
