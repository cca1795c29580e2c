"""Speed of §5.4's computations on one core: python tests/bench/bench_signal_propagation.py.

Processor time, the best of several repeats: elapsed time on a busy machine measures its other work too.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

import sys
import time

import numpy as np

from helpers.mathematics.conjugate_gradient import conjugate_gradient, gradient_descent, underdetermined
from helpers.mathematics.initialization import SHAPES
from helpers.mathematics.perceptron import Perceptron, sine_data, train
from helpers.mathematics.sampled_network import compare, measure
from helpers.mathematics.signal_propagation import depth_of_factor, predict

LIMIT_REDRAWN_MS, LIMIT_TRAINING_MS = 100, 100


def milliseconds(call, repeats=7):
    """Least processor time of ``call(k)``, k counting the repeats."""
    times = []
    for k in range(repeats):
        start = time.process_time()
        call(k)
        times.append(1e3 * (time.process_time() - start))
    return min(times)


def propagation():
    """Depth 20, width 512: new weights, and new σ_w with the same weights; returns the slowest."""
    print("\nOne network of depth 20, width 512, tanh: forward, backward, measured (ms)")
    print(f"{'law':14}{'new weights':>14}{'new sigma_w':>14}")
    worst = 0.0
    for shape in SHAPES:
        drawn = milliseconds(lambda k, shape=shape: measure("tanh", 1.0, 20, 512, shape=shape, seed=k + 1))
        kept = milliseconds(lambda k, shape=shape: measure("tanh", 1 + k / 10, 20, 512, shape=shape))
        print(f"{shape:14}{drawn:14.1f}{kept:14.1f}")
        worst = max(worst, drawn, kept)
    print(f"{'':14}{'recursion':>14}{'comparison':>14}{'factor 1000':>14}")
    recursion = milliseconds(lambda k: predict("tanh", 1 + k / 10, 20))
    compared = milliseconds(lambda k: compare("tanh", 1 + k / 10, 20, 512))
    reached = milliseconds(lambda k: depth_of_factor("tanh", 0.5 + k / 20))
    print(f"{'':14}{recursion:14.2f}{compared:14.2f}{reached:14.2f}")
    large = milliseconds(lambda k: measure("tanh", 1.0, 50, 1024, seed=k), 2)
    print(f"depth 50, width 1024, new weights: {large:.0f} ms")
    return worst


def training():
    """The symmetry trap of the panel; returns the slowest of one run."""
    x, y = sine_data()
    print("\nOne hidden layer on 21 points, 300 epochs, every epoch recorded (ms)")
    print(f"{'neurons':>8}{'runs':>6}{'p':>4}{'gradient descent':>18}{'ADAM':>10}")
    worst = 0.0
    for neurons, runs in ((10, None), (50, None), (50, 10)):
        net = Perceptron(neurons)
        start = net.start("glorot_uniform", rng=0, runs=runs)
        for p in (1, 4):
            spent = [
                milliseconds(
                    lambda k, name=name, net=net, start=start, p=p: train(
                        net, start, x, y, optimizer=name, step=0.01, epochs=300, batches=p, seed=k
                    ),
                    3,
                )
                for name in ("gradient descent", "adam")
            ]
            print(f"{neurons:8}{runs or 1:6}{p:4}{spent[0]:18.1f}{spent[1]:10.1f}")
            if runs is None:
                worst = max(worst, *spent)
    return worst


def linear():
    """Conjugate gradients and gradient descent on a problem with a kernel."""
    problem = underdetermined(10, 30)
    cg = milliseconds(lambda k: conjugate_gradient(problem, np.zeros(30)))
    gd = milliseconds(lambda k: gradient_descent(problem, np.zeros(30), steps=500))
    print(f"\n10 equations, 30 unknowns: conjugate gradients {cg:.2f} ms, 500 steps of descent {gd:.2f} ms")


def main():
    drawn, trained = propagation(), training()
    linear()
    reached = drawn <= LIMIT_REDRAWN_MS and trained <= LIMIT_TRAINING_MS
    print(f"\nnetwork {drawn:.0f} ms (limit {LIMIT_REDRAWN_MS}), training {trained:.0f} ms "
          f"(limit {LIMIT_TRAINING_MS}): {'reached' if reached else 'NOT reached'}")  # fmt: skip
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
