"""Speed and memory of the driver of many epochs, beside the plain loop: python
tests/bench/bench_epochs.py.
"""

import subprocess
import sys
import time

import numpy as np

from helpers.mathematics import partitions, splitting
from helpers.mathematics.epochs import Driver, recorded_epochs
from helpers.mathematics.least_squares import flow_map, plane_data
from helpers.mathematics.partitions import FIXED, RESHUFFLED, SAMPLINGS
from helpers.mathematics.splitting import LIE_EULER, LIE_EXACT, SCHEMES
from helpers.mathematics.time_steps import Power

RUNS, EPOCHS, P, SIZE = 20, 2000, 8, 64
LIMIT_STEPS_MS, LIMIT_BATCHES_MS, LIMIT_RATIO, LIMIT_MB = 40, 200, 20, 2000


def milliseconds(call, repeats: int = 7) -> float:
    """Best time of ``call``: the one least disturbed by what else runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - start))
    return min(times)


def loop(systems, steps, scheme: str) -> np.ndarray:
    """The scheme as it is written, the batch matrices ready: run after run, epoch after epoch, batch
    after batch.
    """
    ends = []
    exact = splitting.uses_exact_flows(scheme)
    for run in systems:
        Z = np.zeros((2, 1))
        for step, (A, b) in zip(steps, run, strict=True):
            for r, fraction in splitting.sweep(len(A), scheme):
                if exact:
                    E, s = flow_map(A[r], b[r], fraction * step)
                    Z = E @ Z + s
                else:
                    Z = Z - fraction * step * (A[r] @ Z - b[r])
        ends.append(Z)
    return np.stack(ends)


def beside_the_loop(problem) -> list[float]:
    """Changing the steps: the driver beside the loop, the same batches; returns all the ratios."""
    print(f"\nChanging the time steps, {RUNS} runs x {EPOCHS} epochs x p={P} in the plane (reshuffled)")
    print(f"{'scheme':22}{'driver, ms':>12}{'plain loop, ms':>24}{'ratio':>8}{'difference':>13}")
    steps = Power(1, 0.6).steps(EPOCHS)
    driver = Driver(problem, P, RESHUFFLED, RUNS)
    ratios = []
    for scheme in SCHEMES:
        # the loop with exact flows takes half a minute: one run of the twenty, times twenty
        runs = RUNS if scheme == LIE_EULER else 1
        systems = [
            [splitting.batch_systems(problem, driver.partitions.batches(k, run)) for k in range(EPOCHS)]
            for run in range(runs)
        ]
        result = driver.run(steps, scheme)
        start = time.perf_counter()
        ends = loop(systems, steps, scheme)
        plain = 1e3 * (time.perf_counter() - start) * RUNS / runs
        fast = milliseconds(lambda s=scheme: driver.run(steps, s))
        difference = np.abs(result.Wt[-1, :runs] - ends).max()
        ratios.append(plain / fast)
        note = "" if runs == RUNS else f" (1 run x {RUNS})"
        print(f"{scheme:22}{fast:12.1f}{f'{plain:.0f}{note}':>24}{plain / fast:8.0f}{difference:13.1e}")
    return ratios


def changes(problem) -> tuple[float, float]:
    """Changing steps, p or the sampling, for every sampling; returns the slowest of each kind."""
    print(f"\nEvery sampling, {RUNS} runs x {EPOCHS} epochs x p={P}, ms (`cold`: permutations drawn too)")
    print(f"{'sampling':18}{'scheme':20}{'new steps':>11}{'new p':>8}{'cold':>8}")
    steps = Power(1, 0.6).steps(EPOCHS)
    slowest = [0.0, 0.0]
    for sampling in SAMPLINGS:
        for scheme in (LIE_EULER, LIE_EXACT):

            def afresh(p=P, sampling=sampling, scheme=scheme):
                Driver(problem, p, sampling, RUNS).run(steps, scheme)

            partitions._draw.cache_clear()
            cold = milliseconds(afresh, repeats=1)
            new_p = milliseconds(lambda: afresh(P - 1), repeats=3)
            driver = Driver(problem, P, sampling, RUNS)
            driver.run(steps, scheme)
            kept = milliseconds(lambda: driver.run(steps, scheme))  # noqa: B023 (called at once)
            slowest = [max(slowest[0], kept), max(slowest[1], cold, new_p)]
            print(f"{sampling:18}{scheme:20}{kept:11.1f}{new_p:8.1f}{cold:8.1f}")
    return tuple(slowest)


def growth(problem) -> None:
    """Time for 1, 10 and 100 times as many epochs, runs or batches."""
    print(
        "\nCost at 1x, 10x, 100x: ns a sub-step (whole, ms); p with its batches kept, the others with drawing"
    )
    cases = {
        "epochs: 400, 4000, 40000 (20 runs, p=8)": [(400 * f, 20, 8) for f in (1, 10, 100)],
        "runs: 2, 20, 200 (4000 epochs, p=8)": [(4000, 2 * f, 8) for f in (1, 10, 100)],
        "p: 2, 20, 200 (400 epochs, 20 runs)": [(400, 20, 2 * f) for f in (1, 10, 100)],
    }
    for name, sizes in cases.items():
        kept = name.startswith("p")
        data = plane_data(200) if kept else problem
        cells = []
        for epochs, runs, p in sizes:
            partitions._draw.cache_clear()
            driver = Driver(data, p, RESHUFFLED, runs)
            steps, record = Power(1, 0.6).steps(epochs), [epochs]
            if kept:
                driver.run(steps, record=record)
            cost = milliseconds(lambda: driver.run(steps, record=record), 5 if kept else 1)  # noqa: B023
            cells.append(f"{1e6 * cost / (epochs * runs * p):.0f} ({cost:.1f})")
        print(f"{name:42}" + "".join(f"{cell:>16}" for cell in cells))


def large() -> None:
    """100 runs x 10^5 epochs in this process; prints the peak memory in MB."""
    import resource

    start = time.perf_counter()
    result = Driver(plane_data(SIZE), P, RESHUFFLED, 100).run(
        Power(1, 0.6).steps(10**5), record=recorded_epochs(10**5, 2000)
    )
    seconds = time.perf_counter() - start
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, kilobytes on Linux
    print(
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, seconds, len(result.epochs), result.rms[-1]
    )


def memory() -> float:
    """Peak memory of 100 runs x 10^5 epochs in a fresh process, in MB."""
    answer = subprocess.run([sys.executable, __file__, "large"], capture_output=True, text=True, check=True)
    peak, seconds, recorded, _ = map(float, answer.stdout.split())
    print(f"\n100 runs x 100000 epochs x p={P}: {seconds:.1f} s, peak {peak:.0f} MB, {recorded:.0f} recorded")
    return peak


def main() -> None:
    """Print the tables and compare with the stated figures."""
    problem = plane_data(SIZE)
    Driver(problem, P, FIXED).run(Power(1, 0.6).steps(10))  # first calls are slower
    ratios = beside_the_loop(problem)
    steps_ms, batches_ms = changes(problem)
    growth(problem)
    peak = memory()
    print("\nFigures to reach")
    for name, value, limit, met in [
        ("changing the steps, ms, slowest", steps_ms, LIMIT_STEPS_MS, steps_ms <= LIMIT_STEPS_MS),
        (
            "changing p or the sampling, ms, slowest",
            batches_ms,
            LIMIT_BATCHES_MS,
            batches_ms <= LIMIT_BATCHES_MS,
        ),
        ("plain loop / driver, smallest", min(ratios), LIMIT_RATIO, min(ratios) >= LIMIT_RATIO),
        ("peak memory, MB", peak, LIMIT_MB, peak < LIMIT_MB),
    ]:
        print(f"{name:42}{value:10.1f}   limit {limit:5}   {'met' if met else 'MISSED'}")


if __name__ == "__main__":
    large() if sys.argv[1:] == ["large"] else main()
