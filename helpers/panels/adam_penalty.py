"""The last two panels of §5.2: the three end points in weight space, and flat or sharp minimizers."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np

from helpers.figures import adam_penalty as figures
from helpers.figures.memories import memory_scale
from helpers.mathematics import losses
from helpers.mathematics.adam import FORMS, adam, gradient_descent
from helpers.panels import controls
from helpers.panels.adam_energy import penalty_words
from helpers.panels.memory_map import MemoryMap
from helpers.panels.panel import Panel

EQUATION, RIGHT_SIDE = np.array([3.0, 2.0, 1.0]), 6.0
LEAST_SQUARES = EQUATION * RIGHT_SIDE / (EQUATION @ EQUATION)  # (9, 6, 3)/7, the solution of least ℓ₂ norm
NORMS = {"ℓ₂": 2, "ℓ∞": np.inf, "ℓ₁": 1}
DUAL_NORM = {"ℓ₂": 14**0.5, "ℓ∞": 6.0, "ℓ₁": 3.0}  # of (3, 2, 1): the least distance is |residual| over it
DIRECTION = {  # from a point to the solution nearest to it, per unit of the least distance
    "ℓ₂": EQUATION / 14**0.5,
    "ℓ∞": np.ones(3),
    "ℓ₁": np.array([1.0, 0.0, 0.0]),
}
FACETS = {  # of the unit balls with flat faces: normals F, so that |x| is the largest of F x
    "ℓ∞": np.concatenate([np.eye(3), -np.eye(3)]),
    "ℓ₁": np.array(list(product((1.0, -1.0), repeat=3))),
}


def _gradient(w):
    """The gradient of `losses.one_equation` at a list of three floats: for so few, sooner than with NumPy."""
    residual = 3.0 * w[0] + 2.0 * w[1] + w[2] - RIGHT_SIDE
    return [3.0 * residual, 2.0 * residual, residual]


def lasso(penalty) -> np.ndarray:
    """The minimizer of ½(3w₁+2w₂+w₃−6)² + λ|w|₁ by scikit-learn's `Lasso`; λ > 0."""
    from sklearn.linear_model import Lasso  # imported when first used: no other notebook pays for it

    if not (np.isfinite(penalty) and penalty > 0):
        raise ValueError(f"λ must be positive and finite; got {penalty:g}")
    model = Lasso(alpha=penalty, fit_intercept=False, tol=1e-12, max_iter=10_000)
    return model.fit(EQUATION[None], [RIGHT_SIDE]).coef_.copy()


class WeightSpace(Panel):
    """Panel (c): one equation, three unknowns; which of its solutions do three methods choose?"""

    # an orthonormal basis of the plane of solutions: the first vector points from least ℓ₂ to least ℓ∞
    FIRST = (np.ones(3) - LEAST_SQUARES) / np.linalg.norm(np.ones(3) - LEAST_SQUARES)
    BASIS = np.stack([FIRST, np.cross(EQUATION / 14**0.5, FIRST)])
    STARTS = (
        ("from 0", (0.0, 0.0, 0.0)),
        ("from (0, 2, 0)", (0.0, 2.0, 0.0)),
        ("from (2, 0, −1)", (2.0, 0.0, -1.0)),
    )

    def __init__(self, beta_1=0.9, beta_2=0.6, step=0.01, penalty=0.5, radius=1.15):
        self._loss, self._last = losses.one_equation(), {}
        corners = self.in_plane(np.diag(RIGHT_SIDE / EQUATION))
        figure, self.artists = figures.weight_space(corners, ((-1.9, 2.9), (-1.6, 1.5)))
        a = self.artists
        super().__init__(
            {
                "beta_1": controls.beta_1(beta_1),
                "beta_2": controls.beta_2(beta_2),
                "step": controls.time_step(step, smallest=-3, largest=-1),
                "penalty": controls.logarithmic("λ", "λ, penalty of the LASSO", penalty, -2, 1, "λ > 0"),
                "radius": controls.linear(
                    "r", "r, radius of the balls over the least one", radius, 1.0, 1.6, 0.01, "r ≥ 1"
                ),
                "form": controls.choice("ADAM", [(f"{form} form", form) for form in FORMS], "book"),
                "start": controls.choice("start", self.STARTS, self.STARTS[0][1]),
            },
            figure,
            [*a.balls, *a.paths, *a.ends, *(bar for bars in a.bars for bar in bars)],
            presets={
                "Algorithm 8": {"beta_1": 0.9, "beta_2": 0.6},
                "Keras default": {"beta_1": 0.9, "beta_2": 0.999},
                "Signs only": {"beta_1": 0.0, "beta_2": 0.0},
            },
        )

    @classmethod
    def in_plane(cls, w):
        """Coordinates (..., 2) in the plane of solutions of the projection of W, shape (..., 3)."""
        return (np.asarray(w) - LEAST_SQUARES) @ cls.BASIS.T

    @classmethod
    def nearest(cls, norm, center) -> tuple[np.ndarray, float]:
        """The solution nearest to `center` in the norm, and its distance, by duality."""
        residual = RIGHT_SIDE - EQUATION @ center
        distance = abs(residual) / DUAL_NORM[norm]
        return center + np.sign(residual) * distance * DIRECTION[norm], distance

    @classmethod
    def slice_of_ball(cls, norm, center, radius, directions=144) -> np.ndarray:
        """The boundary (directions, 2) of a ball around `center`, `radius` × the least one, in the plane."""
        center = np.array(center, dtype=float)
        touching, distance = cls.nearest(norm, center)
        angle = np.linspace(0, 2 * np.pi, directions)
        ray = np.stack([np.cos(angle), np.sin(angle)], -1) @ cls.BASIS
        # the touching point lies inside, so each ray crosses the boundary once
        offset, size = touching - center, radius * distance
        if norm == "ℓ₂":  # the offset is perpendicular to the plane
            length = np.full(directions, np.sqrt(max(size**2 - offset @ offset, 0.0)))
        else:  # the ray leaves through the facet F x = size that it meets first
            room = np.maximum(size - FACETS[norm] @ offset, 0.0)
            slope = ray @ FACETS[norm].T
            length = np.where(slope > 0, room / np.where(slope > 0, slope, 1.0), np.inf).min(axis=1)
        return cls.in_plane(touching + length[:, None] * ray)

    def compute(self, beta_1, beta_2, step, penalty, radius, form, start):
        """Paths and end points of the three methods, and the slices of the three balls."""
        if not 1 <= radius <= 3:
            raise ValueError(f"r must lie between 1 and 3; got {radius:g}")
        steps, centers = self._steps(beta_1, step), (start, start, (0.0, 0.0, 0.0))
        # one control moves at a time: what the others decide is kept
        lasso_end = self._kept(lasso, penalty)
        path = self._kept(self._adam, start, step, beta_1, beta_2, form, steps)
        descent = self._kept(self._descent, start)
        balls = [self._kept(self.slice_of_ball, n, c, radius) for n, c in zip(NORMS, centers, strict=True)]
        return {
            "paths": [descent, path, lasso_end[None]],
            "ends": [descent[-1], path[-1], lasso_end],
            "balls": balls,
            "centers": [np.array(center) for center in centers],
            "beta_1": beta_1,
            "beta_2": beta_2,
            "penalty": penalty,
            "form": form,
            "steps": steps,
        }

    def _kept(self, function, *arguments):
        """The value of the function, computed anew only where an argument has changed."""
        key = (function.__name__, arguments[0] if function == self.slice_of_ball else None)
        if self._last.get(key, (None,))[0] != arguments:
            self._last[key] = (arguments, function(*arguments))
        return self._last[key][1]

    def _descent(self, start):
        return gradient_descent(self._loss.gradient, np.array(start), step=0.05, steps=60)

    def _adam(self, start, step, beta_1, beta_2, form, steps):
        run = adam(
            _gradient,
            np.array(start),
            step=step,
            beta_1=beta_1,
            beta_2=beta_2,
            form=form,
            steps=steps,
            every=max(1, steps // 400),
            floats=True,
        )
        return run.w

    @staticmethod
    def _steps(beta_1, step) -> int:
        """Enough steps to arrive and forget the start, 1200 at most; `adam` refuses what is not allowed."""
        if not (0 <= beta_1 < 1 and 0 < step < np.inf):
            return 1
        return int(min(1200, max(4 / step, 20 / (1 - beta_1), 10)))

    def draw(self, result):
        """Move balls, paths, end points and bars."""
        a = self.artists
        for k in range(3):
            a.balls[k].set_data(*result["balls"][k].T)
            a.paths[k].set_data(*self.in_plane(result["paths"][k]).T)
            a.ends[k].set_data(*self.in_plane(result["ends"][k])[:, None])
            for bar, height in zip(a.bars[k], result["ends"][k], strict=True):
                bar.set_height(height)

    def describe(self, result):
        """The three end points, each with its distance from the center of its ball, beside the least one."""
        words = []
        adam_name = f"ADAM ({result['form']} form, {result['steps']} steps)"
        names = ("Gradient descent", adam_name, f"LASSO (λ = {result['penalty']:g})")
        for name, end, center, norm in zip(names, result["ends"], result["centers"], NORMS, strict=True):
            point = ", ".join(f"{v:.3f}" for v in end + 0.0)
            size = np.linalg.norm(end - center, ord=NORMS[norm])
            least = self.nearest(norm, center)[1]
            kind = f"distance {size:.3f} from the start" if np.any(center) else f"norm {size:.3f}"
            words.append(f"{name} ends at ({point}): {norm} {kind}, least {least:.3f}.")
        zeros = int(np.sum(np.abs(result["ends"][2]) < 1e-9))
        missed = abs(EQUATION @ result["ends"][1] - RIGHT_SIDE)
        return (
            " ".join(words)
            + f" Zero weights of the LASSO: {zeros}. ADAM misses the equation by {missed:.1g}."
        )


class Flatness(MemoryMap):
    """Panel (d): the bilinear problem; is ADAM's minimizer flatter or sharper than the sign flow's?"""

    STEP, STEPS, EVERY = 1e-3, 6000, 20
    SIGN_FLOW = (
        6.34  # |θ|² where the line from (3, 0.8) along −(1, 1) meets θ₁θ₂ = 3/4: 9.64 − 4·1.65/… exactly
    )
    BETAS_1 = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98)
    BETAS_2 = (
        0.1,
        0.2,
        0.3,
        0.4,
        0.5,
        0.6,
        0.7,
        0.8,
        0.85,
        0.9,
        0.92,
        0.94,
        0.95,
        0.96,
        0.97,
        0.98,
        0.985,
        0.99,
        0.992,
        0.994,
        0.996,
        0.997,
        0.998,
        0.999,
        0.9992,
        0.9995,
        0.9998,
        0.9999,
    )

    def __init__(self, beta_1=0.9, beta_2=0.6):
        self._loss = losses.bilinear()
        self._grid = bilinear_paths(self.BETAS_1, self.BETAS_2, self.STEP, self.STEPS, self.EVERY)
        settled = self._loss.value(self._grid[-1]) < 1e-4
        excess = np.where(settled, np.sum(self._grid[-1] ** 2, axis=-1) - self.SIGN_FLOW, np.nan)
        figure, self.artists = figures.flatness(self._loss, self.BETAS_1, self.BETAS_2, excess)
        a = self.artists
        super().__init__(
            {
                "beta_1": controls.beta_1(beta_1, positions=self.BETAS_1),
                "beta_2": controls.beta_2(beta_2, positions=self.BETAS_2),
            },
            figure,
            [a.path, a.end, a.here],
            presets={
                "Algorithm 8": {"beta_1": 0.9, "beta_2": 0.6},
                "Equal memories": {"beta_1": 0.9, "beta_2": 0.9},
                "Keras default": {"beta_1": 0.9, "beta_2": 0.999},
            },
            pointer_axes=[a.pad],
        )

    def compute(self, beta_1, beta_2):
        """The path for these memories: from the grid that the map shows, or anew if typed off the grid."""
        if beta_1 in self.BETAS_1 and beta_2 in self.BETAS_2:
            path = self._grid[:, self.BETAS_1.index(beta_1), self.BETAS_2.index(beta_2)]
        else:
            path = bilinear_paths((beta_1,), (beta_2,), self.STEP, self.STEPS, self.EVERY)[:, 0, 0]
        return {
            "beta_1": beta_1,
            "beta_2": beta_2,
            "path": path,
            "end": path[-1],
            "size": float(np.sum(path[-1] ** 2)),
            "loss": float(self._loss.value(path[-1])),
        }

    def draw(self, result):
        """Move the path and its end, and the point on the map."""
        a = self.artists
        a.path.set_data(*result["path"].T)
        a.end.set_data(*result["end"][:, None])
        a.here.set_data([memory_scale(result["beta_1"])], [memory_scale(result["beta_2"])])

    def describe(self, result):
        """|θ|² at the end beside the sign flow's, and the sign of the effective penalty."""
        head = f"β₁ = {result['beta_1']:g}, β₂ = {result['beta_2']:g} (Keras form, Δt = {self.STEP:g}): "
        if result["loss"] >= 1e-4:
            return f"{head}after {self.STEPS} steps the run has not settled, J = {result['loss']:.2g}."
        change = result["size"] - self.SIGN_FLOW
        kind = "flatter" if change < -0.01 else "sharper" if change > 0.01 else "as flat"
        than = "as" if kind == "as flat" else "than"
        return (
            f"{head}at the end |θ|² = {result['size']:.3f}, {kind} {than} the sign flow's {self.SIGN_FLOW:g} "
            f"({change:+.3f}; the trace of the Hessian is 4|θ|²). "
            + penalty_words(result["beta_1"], result["beta_2"], self.STEP)
        )


@cache
def bilinear_paths(betas_1, betas_2, step, steps, every) -> np.ndarray:
    """Paths of ADAM, Keras form, on the bilinear problem for a grid of memories at once.

    Shape (states, len(betas_1), len(betas_2), 2). Raises `ValueError` where a path overflows.
    """
    loss = losses.bilinear()
    b1, b2 = np.meshgrid(betas_1, betas_2, indexing="ij")
    start = np.broadcast_to(loss.start, (*b1.shape, 2))
    return adam(
        loss.gradient, start, step=step, beta_1=b1, beta_2=b2, form="keras", steps=steps, every=every
    ).w
