"""Three questions at the end of each notebook: choose, and the choice says why; no kernel is needed."""

from dataclasses import dataclass

from helpers.teaching import page

# §: section; ?: question; +: the right answer, -: another one, each with what to say of it; >: to read next.
_TEXT = """\
§ 5.2
? Where is the energy E of ADAM's flow *proven* to fall, whatever the state?
- for β₂ ≥ β₁ | Sufficient, but the proof goes further: Algorithm 8 has β₂ < β₁.
+ for 1 − β₂ ≤ 4(1 − β₁) | Both terms of the identity are then negative or zero; Algorithm 8 lies on the
  edge (with the convention β = 1 − Δt/ε).
- everywhere | Beyond the edge there are states where it rises: one is the third exercise.
? When is (E − J) close to (ε₁/2)|∇J|₁?
- as t → ∞ | Near a nondegenerate minimum W oscillates, and the ratio R tends to 0.
+ far from the minimum, for memories that are short and full | Then Z ≈ −∇J and D ≈ ∇J², and the algebra of
  (5.28) applies.
- for Keras' default, from any start | At Δt = 0.005 its memory of D is long against the run: R falls below
  1 from full memories, and is far above 1 from empty ones.
? Does ADAM, like the LASSO, make weights vanish?
+ no: on the sparse regression here it is denser than gradient descent | Near sign descent it goes for a
  small largest weight, the dual norm.
- yes, (5.28) has an ℓ₁ norm | Of the *gradient*: it vanishes at every critical point.
- only for small Δt | The penalty on |∇J|₁ says nothing of |W|₁, whatever Δt.
> A. Barakat, P. Bianchi (2021) on the energy; M. D. Cattaneo, J. M. Klusowski, B. Shigida (2024) on the
  effective penalty. Then 5.3.1, where the gradient is taken piece by piece.

§ 5.3.1
? Why does one epoch over batches stay close to a step of the whole gradient?
- the batches are small | However small, each pulls toward a minimizer of its own.
+ the batches are a partition: at W* their gradients add up to zero | What remains are terms of order Δt²,
  from the order of the batches and from Euler.
- they are random | A fixed partition in a fixed order does it as well.
? Strang's sweep with explicit Euler sub-steps has a local error of order …
+ Δt² | Each sub-step errs by Δt², and symmetry does not remove that.
- Δt³ | With exact sub-flows; Euler brings a term of order Δt² back.
- Δt | One epoch is a consistent step: its local error is at least of order Δt².
? Lie splitting at a constant Δt: which sampling leaves the largest cloud as Δt tends to 0?
- reshuffled at each epoch | Its spread falls like Δt^(3/2).
- a fixed order | It has no spread; its bias is of order Δt.
+ with replacement | An epoch is no partition then, and the spread falls like √Δt only.
> E. Hairer, C. Lubich, G. Wanner on splittings; K. Mishchenko, A. Khaled, P. Richtárik (2020) on random
  reshuffling. Then 5.3.2, where Δtₖ tends to 0.

§ 5.3.2
? Δtₖ → 0 and ΣΔtₖ = ∞, partitions of the data at each epoch. What else do the steps need?
- ΣΔtₖ² < ∞ | With the partition every path converges without it.
+ nothing | The drift of an epoch is of order Δtₖ², so it vanishes against Δtₖ.
- they must not increase | The proof asks only that they are small from some epoch on.
? The xᵢ do not span. Where does Wₖ go?
- to infinity | Nothing moves along a direction that no datum sees.
- to the minimizer of least norm, from any start | Only from starts without a part in the kernel, such as 0.
+ to the minimizer of least norm plus what the data do not see of W₀ | All increments lie in the range of A;
  the rest of the start stays.
? Does ADAM with fixed β₁, β₂ inherit the theorem?
- yes, its steps are bounded | It converges to a point that is not W*, in the example.
+ no: its limit depends on the batches and on their order | Each gradient is divided by a root that
  remembers the other batches.
- no, it diverges | With steps that obey (5.31) it converges, but elsewhere.
> G. Turinici (2021), the proof that the book follows; M. Gürbüzbalaban, A. Ozdaglar, P. Parrilo (2021) on
  rates. Then 5.4, where the start matters.

§ 5.4
? A network with one hidden tanh layer starts at zero. What moves?
- nothing | The last bias sees the mean of y, unless that is 0.
+ only the last bias | All other gradients contain a factor that is 0, and stay so.
- everything, by rounding | The products are exactly 0.
? All hidden neurons start equal. What sets them free?
- random batches | The gradient of each single datum has the symmetry.
- ADAM | It treats all coordinates alike: equal states stay equal.
+ a little noise in one layer | Then the symmetric state is left, at first slowly.
? Twenty ReLU layers: which variance of the weights keeps the mean square of the signal?
- 1/n_in | Half is lost at each layer: 2⁻²⁰ in the end.
+ 2/n_in | He's law: ReLU keeps half the mean square, and the 2 makes up for it.
- 2/(n_in + n_out) | Glorot's compromise; for equal widths that is 1/n_in.
> X. Glorot, Y. Bengio (2010); K. He, X. Zhang, S. Ren, J. Sun (2015); A. M. Saxe, J. L. McClelland, S.
  Ganguli (2014) on orthogonal starts.
"""


@dataclass(frozen=True)
class Question:
    """A question and its choices: (answer, whether it is right, why)."""

    text: str
    choices: list[tuple[str, bool, str]]


@dataclass(frozen=True, repr=False)
class Quiz(page.Shown):
    """Some questions of a section; each choice unfolds what there is to say of it, on a static page, too."""

    section: str
    questions: tuple[Question, ...]
    read_next: str

    def __str__(self) -> str:
        lines = [f"Quiz on section {self.section}."]
        for number, one in enumerate(self.questions, start=1):
            lines += [
                f"{number}. {page.plain(one.text)}",
                *(f"   - {answer}" for answer, _, _ in one.choices),
            ]
        return "\n".join([*lines, f"To read next: {self.read_next}"])

    def static(self) -> str:
        """The questions as HTML, each choice folded over what there is to say of it."""
        parts = []
        for number, one in enumerate(self.questions, start=1):
            folds = (
                page.folded(answer, page.prose(f"**{'Right.' if right else 'No.'}** {why}"))
                for answer, right, why in one.choices
            )
            parts.append(page.prose(f"**{number}.** {one.text}") + "\n".join(folds))
        parts.append(page.prose(f"**To read next:** {self.read_next}"))
        return page.boxed("\n".join(parts))


def _read(block: str) -> Quiz:
    """The quiz of one section, from its lines."""
    section, *entries, read_next = block.replace("\n  ", " ").strip().split("\n")
    questions: list[Question] = []
    for entry in entries:
        mark, text = entry[0], entry[2:]
        if mark == "?":
            questions.append(Question(text, []))
        else:
            answer, why = text.split(" | ")
            questions[-1].choices.append((answer, mark == "+", why))
    return Quiz(section, tuple(questions), read_next.removeprefix("> "))


QUIZZES = {one.section: one for one in map(_read, _TEXT.split("§ ")[1:])}


def quiz(section: str) -> Quiz:
    """The quiz of a section of the book, as "5.2"; raises ValueError for a section without one."""
    if section not in QUIZZES:
        raise ValueError(f"there are quizzes for section {', '.join(QUIZZES)}; got {section!r}")
    return QUIZZES[section]
