"""A run of stochastic ADAM in each order of the batches beside the limit that its steps have in theory."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.mathematics import random_order, stochastic_adam
from helpers.mathematics.stochastic_adam import ORDERS
from helpers.mathematics.time_steps import Power, satisfies_531

CYCLES = 1000
REFERENCE = 0.1  # the Δt at which the fixed memories ε_i = Δt/(1−β_i) give the chosen β_i
SIZES = REFERENCE / 10 ** np.linspace(0, 2, 9)
MEMORIES = 5  # a run of fewer memories has not forgotten Z = D = 0: e^-5 of them is left
NEAR = 0.02  # a run this near to its limit, on the scale of the centers, has arrived
RESOLVED = 1e-11  # a smaller bias is lost in rounding, or in the interpolation


@dataclass(frozen=True, eq=False)
class Ending:
    """ADAM over the batches in the three ``ORDERS`` (first axis), from Z = D = 0 and w = 1/2.

    ``cycle`` (Q,), ``w`` (3, Q) at the end of these cycles, ``last`` (3,) the mean over the last one;
    ``limits`` (3,) for steps that obey (5.31); ``sizes`` (S,) and ``biases`` (3, S), |limit - W_*| with fixed
    memories epsilon_i, NaN where it is not found; ``exponents`` (3,), NaN where the bias is not resolved.
    """

    beta_1: float
    beta_2: float
    centers: tuple[float, ...]
    schedule: Power
    cycle: np.ndarray
    w: np.ndarray
    last: np.ndarray
    limits: np.ndarray
    star: float
    sizes: np.ndarray
    biases: np.ndarray
    exponents: np.ndarray

    @property
    def obeys(self) -> bool:
        """Whether the steps obey (5.31); else ``limits`` is nothing that the run tends to."""
        return bool(satisfies_531(self.schedule))

    @property
    def steps_made(self) -> int:
        """Steps of the run, one a batch."""
        return CYCLES * len(self.centers)

    @property
    def memory(self) -> float:
        """The longer memory, 1/(1 - beta), in steps."""
        return 1 / (1 - max(self.beta_1, self.beta_2))

    @property
    def forgets(self) -> bool:
        """Whether the run is long against its memory."""
        return self.steps_made >= MEMORIES * self.memory

    @property
    def arrived(self) -> bool:
        """Whether the run in cyclic order ends near its limit."""
        return bool(abs(self.last[0] - self.limits[0]) <= NEAR)


@lru_cache(maxsize=64)
def limits_and_biases(beta_1: float, beta_2: float, centers: tuple[float, ...]):
    """Limits (3,), and |limit - W_*| (3, S) at ``SIZES`` with the memories fixed at ``REFERENCE``."""
    star = stochastic_adam.minimizer(centers)
    epsilon = REFERENCE / (1 - beta_1), REFERENCE / (1 - beta_2)
    limits = [stochastic_adam.cyclic_limit(beta_1, beta_2, centers)]
    betas = stochastic_adam.fixed_memory_betas(SIZES, *epsilon)
    biases = [stochastic_adam.cyclic_limit(*betas, centers) - star]
    for order in ORDERS[1:]:
        bias = random_order.fixed_memory_bias(tuple(SIZES), *epsilon, centers, order).copy()
        if np.isnan(bias[0]):  # there beta_1, beta_2 are the chosen ones
            bias[0] = random_order.random_limit(beta_1, beta_2, centers, order) - star
        limits.append(star + bias[0])
        biases.append(bias)
    return np.array(limits), np.abs(biases)


@lru_cache(maxsize=32)
def ending(beta_1: float, beta_2: float, c: float, a: float, centers: tuple[float, ...]) -> Ending:
    """The runs for steps c/(k+1)^a, one a batch.  Raises ValueError for what ADAM or the steps do not
    allow."""
    schedule = Power(c, a)
    steps, p = schedule.steps(CYCLES * len(centers)), len(centers)
    runs = np.array(
        [
            stochastic_adam.stochastic_adam(beta_1, beta_2, steps, centers=centers, order=order)
            for order in ORDERS
        ]
    )
    limits, biases = limits_and_biases(beta_1, beta_2, centers)
    cycle = np.unique(np.geomspace(1, CYCLES, 250).round().astype(int))
    with np.errstate(all="ignore"):
        exponents = np.log(biases[:, 4] / biases[:, -1]) / np.log(SIZES[4] / SIZES[-1])
    return Ending(
        beta_1=beta_1,
        beta_2=beta_2,
        centers=centers,
        schedule=schedule,
        cycle=cycle,
        w=runs[:, p * cycle],
        last=runs[:, -p:].mean(axis=1),
        limits=limits,
        star=stochastic_adam.minimizer(centers),
        sizes=SIZES,
        biases=biases,
        exponents=np.where(biases[:, -1] > RESOLVED, exponents, np.nan),
    )


@lru_cache(maxsize=8)
def bias_map(coordinates: tuple[float, ...], centers: tuple[float, ...]) -> np.ndarray:
    """|limit - W_*| in cyclic order on the grid of the memories ``coordinates``, (β₂, β₁)."""
    beta = np.array(coordinates)
    return np.abs(
        stochastic_adam.cyclic_limit(beta, beta[:, None], centers) - stochastic_adam.minimizer(centers)
    )
