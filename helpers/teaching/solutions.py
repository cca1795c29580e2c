"""The worked solutions, for lecturers, in one place: `python -m helpers.teaching.solutions` prints them all.

The students' edition has no such module; the exercises then show no solution.
"""

from helpers.teaching.galleries import KERAS_STEP, STRANG, WEIGHTS

LIMIT = """def limit(x, y, alpha, w_0):
    root = np.sqrt(alpha)
    residual = root * (y - x @ w_0)
    return w_0 + np.linalg.lstsq(root[:, None] * x, residual, rcond=1e-9)[0]
"""

SOLUTIONS = {
    "5.2/shortest-memory": "1 − β₁ = 0.02, four times that is 0.08, so β₂ = **0.92**.",
    "5.2/effective-penalty": "ε₁ = Δt/(1 − 0.95) = 20 Δt and ε₂ = Δt/(1 − 0.8) = 5 Δt, so (ε₁ − ε₂)/Δt = "
    "**15**. In one formula: (β₁ − β₂)/((1 − β₁)(1 − β₂)) = 0.15/(0.05 · 0.2). It is positive: with the "
    "memory of Z longer than that of D, ADAM favors small gradients.",
    "5.2/keras-step": f"```python\n{KERAS_STEP}```\n"
    "In the paper's form the correction of `v` is made before epsilon is added, so that the same epsilon "
    "weighs less there: the two agree only as epsilon tends to 0.",
    "5.2/rising-energy": "With ρ = ε₁/(4 ε₂) the identity reads √D dE/dt = (ρ − 1) Z² − ρ Z² W²/D. "
    "It is positive when ρ > 1, Z ≠ 0 and W² < (1 − 1/ρ) D. For instance ε₁ = 1, ε₂ = 0.125 (so ρ = 2), W "
    "= 0, Z = −1, D = 1 gives **dE/dt = 1**. W = 0 is the minimum, rolled through at speed: there D "
    "forgets the gradient faster than Z does.",
    "5.2/neither-flat-nor-sharp": "Equal memories, for instance `flat.set(beta_1=0.95, beta_2=0.95)`: then "
    "ε₁ = ε₂.",
    "5.3.1/keras-rate": "'mse' averages over 32 · 10 numbers, so its gradient is 320 times smaller than "
    "that of the sum, and `learning_rate` = n B Δt = 10 · 32 · 0.001 = **0.32**.",
    "5.3.1/two-batches": "W* = 1, g₁ = 3·1 = 3 and g₂ = 1 − 4 = −3, so d = ½(A₂g₁ − A₁g₂) = ½(1·3 + 3·3) = "
    "**6**. In general ½(A₁ + A₂)g₁ for two batches, since g₂ = −g₁; at a constant Δt the bias is then Δt "
    "g₁/2.",
    "5.3.1/strang-sweep": f"```python\n{STRANG}```\n"
    "The sweep read backward is the sweep itself. That symmetry removes the error of order Δt² of one epoch "
    "and leaves one of order Δt³.",
    "5.3.1/printed-loop": "`check(x_1=1, y_1=0, x_2=1, y_2=4, step=0.01)`: W* = 2. The printed loop never "
    "sees the first datum and ends at y₂/x₂ = **4**; the loop over both ends at 2.02. Were the batches drawn "
    "anew at each epoch, every datum would be left out only now and then, and the slip would hide in the "
    "mean.",
    "5.3.1/second-order": "The Strang sweep with exact flows, and a fixed order: "
    '`cloud.set(scheme="Strang, exact flows", sampling="fixed order")`, with p = 4 or more.',
    "5.3.2/slow-rate": "Tₖ = Δt₀ + … + Δtₖ₋₁ grows like c log k, so e^(−λTₖ) falls like k^(−cλ): s = "
    "0.5 · 0.6 = **0.3**. With several batches of a fixed order, or Euler, it is min(cλ, 1).",
    "5.3.2/stall": "lim eₖ/e₀ = Π (1 − 1/(9n²)) = sin(π/3)/(π/3) = 3√3/(2π) = **0.8270**. "
    "The exact flow would keep e^(−π²/54) = 0.8330.",
    "5.3.2/limit": f"```python\n{LIMIT}```\n"
    "w − w₀ is the solution of least norm for the residual of the start; the part of w₀ that no xᵢ sees "
    "stays.",
    "5.3.2/wrong-limit": "For instance visits 1, 0, 2 with c = 0.5, a = 0.5: the run minimizes w² + 2(w − "
    "3)², and its limit is **2**. But visits 2, 0, 1 give the right limit, 1, though they are no "
    "partition. Or visits 1, 1, 1 with c = 0.1, a = 2: the steps add up to 0.1 π²/6, and w stops short of "
    "1.",
    "5.3.2/other-limit": "Only the switch *the xᵢ span* is off: `instrument.set(spans=False)`.",
    "5.4/zero-start": "Only b₂ moves, so the network is a constant; the best one is the mean, 1, and what "
    "remains is the variance of y: (1 + 1 + 4)/3 = **2**.",
    "5.4/lost-depth": "One layer multiplies the mean square by σ_w²/2 = 0.72, and log(1/1000)/log 0.72 = "
    "21.03: "
    '**22** layers. In code: `depth_of_factor("relu", 1.2, factor=1000)`.',
    "5.4/relu-weights": f"```python\n{WEIGHTS}```\n"
    "This is He's law (2015) without truncation. The layer above has E a² = n_in Var(w) E a²/2, so "
    "n_in Var(w) = 2. The number of outputs has no part in it; Glorot's law looks at it for the gradients.",
    "5.4/trapped-start": "Twins: w₁ = w₂, b₁ = b₂ and v₁ = v₂, for instance `check(w_1=0.7, w_2=0.7, "
    "b_1=0.2, b_2=0.2, v_1=-0.4, v_2=-0.4, c=0)`. Since tanh is odd, mirror images (w, b, v) and (−w, −b, "
    "−v) are trapped as well. With v₁ ≠ v₂ the gradients vᵣ δ tanh' x of wᵣ differ: free.",
    "5.4/gradients-explode": 'tanh with σ_w well above 1, for instance `scale.set(activation="tanh", '
    "sigma_w=3, depth=20)`.",
}

if __name__ == "__main__":
    for key, text in SOLUTIONS.items():
        print(f"{key}\n{text}\n")
