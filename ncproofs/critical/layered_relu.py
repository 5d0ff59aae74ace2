r"""Two layers with a ReLU between them: W_2 relu(W_1 H). When is the linear minimum attained, and when is it beaten?

In units of equal decay the problem is, with T = W_1 H and P = relu(T) and singular values p_i of P,

    K f = (1/2) sum_i kappa / (kappa + p_i^2) + kappa |T|_*.

If |P|_* <= |T|_* (for two rows or columns and for rank one always: theorem ``layered-relu``) this is at least the
linear minimum with as many directions as P may have. Without that the circulants T = a circ(1, 1, 0, -1, -1, 0) and
a circ(1, 1, 0, -1/phi, 0) go below it around kappa_c. For 16 kappa^3 >= K zero is optimal: |P|_F <= |T|_* = t and
Jensen's inequality leave K/(2 (1 + t^2/(K kappa))) + kappa t >= K/2.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from fractions import Fraction

from flint import acb, arb, arb_mat, ctx

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.layered_modes import excess, first_order, kappa_power, power, sigma_root
from ncproofs.critical.layered_optimum import LayeredOptimum, layered_optimum
from ncproofs.critical.profiles import to_ball
from ncproofs.errors import OutOfScope
from ncproofs.problems.layered import Layered
from ncproofs.truth import Rigor, Truth

__all__ = ["Rival", "linear_part", "relu_optimum", "relu_status", "rival", "rival_factors"]

NUCLEAR_NORM = "|relu(W_1 H)|_* <= |W_1 H|_* at the minimiser (hypothesis NN)"
_BITS = 128
_FINEST = 4096
#: What holds for the linear model only, or is not shared by the minimisers with a ReLU.
_LINEAR_ONLY = ("beta", "lambda_b_threshold", "feature_norm_sq", "feature_inner", "cosine", "W_singular_values_sq_1",
                "hessian_scaled_sym_uniform_eig")


def linear_part(problem: Layered) -> Layered:
    """The linear problem to compare with: without the ReLU, and with room for two directions in each feature.

    The block T = p [[1, -1], [-1, 1]] has rank one, relu(T) = p I and |T|_* = 2 p: two classes share a feature, one on
    each side of 0, at the cost of an orthogonal frame. So d_1 features serve min(K, 2 d_1, d_2) directions.
    """
    if problem.relu and problem.widths[0] < problem.K:
        shared = min(problem.K, 2 * problem.widths[0])
        return dataclasses.replace(problem, relu=False, widths=(shared, problem.widths[1]))
    return dataclasses.replace(problem, relu=False)


@dataclass(frozen=True)
class Rival:
    """A point below every orthogonal frame and below zero: block circulants of sizes 5 and 6, the other classes linear.

    ``value`` encloses f there, ``linear`` the minimum of the linear model. ``five`` and ``six`` count blocks, with
    the sizes ``a5`` and ``a6``.
    """

    value: arb
    linear: arb
    five: int
    six: int
    a5: Fraction
    a6: Fraction

    def __str__(self) -> str:
        parts = [f"{count} x {a} circ({entries})" for count, a, entries in (
            (self.five, self.a5, "1,1,0,-1/phi,0"), (self.six, self.a6, "1,1,0,-1,-1,0")) if count]
        return (f"T = W_1 H = {' + '.join(parts)} has value {self.value.str(20, radius=False)} "
                f"< {self.linear.str(20, radius=False)}")


def relu_status(problem: Layered) -> tuple[Truth, str, Rival | None]:
    """Whether the minimum is that of the linear model, why, and a point below it if one is known."""
    value, K = kappa_power(problem), problem.K
    if 16 * value >= K:
        return Truth.HOLDS, f"16 kappa^3 = {16 * value} >= K: zero is the only minimiser", None
    features, units = problem.widths
    if min(K, units) <= 2 or features == 1:  # relu(T) has rank at most min(K, units), and at most 2 if T has rank one
        return Truth.HOLDS, ("|relu(T)|_* <= |T|_* for every T of two rows or columns, and of rank one (theorem "
                             "layered-relu)"), None
    if linear_part(problem).rank < min(K, units):
        return Truth.UNDECIDED, (f"relu(W_1 H) may have rank {min(K, units)}, and {features} features are known to "
                                 f"serve {2 * features} directions only"), None
    found = rival(problem)
    if found is not None:
        return Truth.FAILS, f"the linear minimum is beaten: {found}", found
    return Truth.UNDECIDED, f"the linear minimum is attained if {NUCLEAR_NORM}", None


def relu_optimum(problem: Layered, *, digits: int) -> LayeredOptimum:
    """The linear optimum, with the truth of its being the optimum with a ReLU."""
    linear = layered_optimum(linear_part(problem), digits=digits)
    truth, because, better = relu_status(problem)
    kept = {name: value for name, value in linear.quantities.items() if name not in _LINEAR_ONLY}
    # Which other points of the linear model are optimal is not known to carry over: a sign decides what relu keeps.
    notes = []
    if truth is not Truth.HOLDS:
        kept = {"linear_objective" if name == "objective" else name: value for name, value in kept.items()}
        notes.append("regime, geometry and quantities are those of the linear model")
    elif linear.regime == "orthogonal frame":
        notes.append(_frames_note(problem))
    elif linear.regime == "rank-deficient frame":
        notes.append("relu(W_1 H) is nonnegative, so not every choice of directions occurs")
    elif linear.regime == "tie":
        notes.append("zero and the whole frame are optimal; which frames of lower rank a ReLU allows is not said here")
    if better is not None:
        kept["better_value"] = Enclosure.of_ball(better.value)
        notes.append("the linear minimum is not the minimum here; better_value is that of a certified point below it")
    reached = linear_part(problem).rank == min(problem.K, problem.widths[1])  # else (NN) would not settle it
    holes = (NUCLEAR_NORM,) if truth is Truth.UNDECIDED and reached else ()
    if truth is Truth.UNDECIDED:
        notes.append("linear_objective is an upper bound of the minimum: it is attained with a nonnegative W_1 H")
    return dataclasses.replace(
        linear, problem=problem, truth=truth, rigor=Rigor.EXACT if truth is Truth.HOLDS else Rigor.ENCLOSED,
        quantities=kept, because=f"{because}; {linear.because}", holes=holes, notes=tuple(notes),
        axioms=(*linear.axioms, "Cauchy-Schwarz inequality", "Jensen's inequality"),
    )


def _frames_note(problem: Layered) -> str:
    said = "relu(W_1 H) and W_2 are orthogonal frames; H need not be: "
    if problem.widths[0] < problem.K - 1:
        return f"{said}two classes may share a feature with opposite signs"
    which = "every 0 <= a <= 1/(K-1)" if problem.widths[0] >= problem.K else "a = 1/(K-1)"
    return f"{said}W_1 H may be p ((1+a) I - a 11^T) for {which}"


# --- points below the linear minimum ------------------------------------------------------------------------


def _base(problem: Layered) -> arb:
    """What one class contributes to K f in the linear minimum: (1 + min(0, e(sigma_plus))) / 2."""
    if kappa_power(problem) >= first_order(3):
        return arb(1) / 2
    sigma = sigma_root(3, kappa_power(problem), upper=True)
    assert sigma is not None  # kappa < kappa_c
    return (1 + to_ball(excess(3, sigma))) / 2


def _six(kappa: arb, a: arb) -> arb:
    """K f of the block of six: singular values of P are a (2, sqrt 3 twice, 1 twice, 0), |T|_* = 4 sqrt 3 a."""
    s = a * a
    loss = kappa / (kappa + 4 * s) + 2 * kappa / (kappa + 3 * s) + 2 * kappa / (kappa + s) + 1
    return loss / 2 + kappa * 4 * arb(3).sqrt() * a


def _five(kappa: arb, a: arb) -> arb:
    """K f of the block of five: singular values of P are a (2, phi twice, 1/phi twice), |T|_* = a (5 + 3 sqrt 5)/2."""
    phi, s = (1 + arb(5).sqrt()) / 2, a * a
    loss = kappa / (kappa + 4 * s) + 2 * kappa / (kappa + phi**2 * s) + 2 * kappa / (kappa + s / phi**2)
    return loss / 2 + kappa * a * (5 + 3 * arb(5).sqrt()) / 2


def rival(problem: Layered) -> Rival | None:
    """A point certified to lie below the linear minimum, or None when these blocks give none (for K < 5 never)."""
    if problem.K < 5 or min(problem.widths) < problem.K:  # the blocks have rank up to K
        return None
    with ctx.workprec(_BITS):
        kappa, base = to_ball(power(kappa_power(problem), Fraction(1, 3))), _base(problem)
        a5, a6 = (_best(kappa, block) for block in (_five, _six))
        gains = (5 * base - _five(kappa, to_ball(a5)), 6 * base - _six(kappa, to_ball(a6)))
        five, six = _packed(problem.K, gains)
        gain = five * gains[0] + six * gains[1]
        if not gain > 0:
            return None
        return Rival(base - gain / problem.K, base, five, six, a5, a6)


def _best(kappa: arb, block: object) -> Fraction:
    """A rational a near the minimiser; any a gives a valid upper bound."""
    def worth(a: Fraction) -> arb:
        value: arb = block(kappa, to_ball(a)).mid()  # type: ignore[operator]
        return value

    step = Fraction(1, 16)
    best = min((step * j for j in range(1, 33)), key=worth)
    while step > Fraction(1, _FINEST):
        step = step / 4
        best = min((best + step * j for j in range(-4, 5) if best + step * j > 0), key=worth)
    return best


def _packed(K: int, gains: tuple[arb, arb]) -> tuple[int, int]:
    """How many blocks of five and six classes gain most."""
    worth = [gain if gain > 0 else arb(0) for gain in gains]
    choices = {(five, six) for five in range(min(K // 5, 6) + 1) for six in (0, (K - 5 * five) // 6)}
    choices |= {((K - 6 * six) // 5, six) for six in range(min(K // 6, 5) + 1)}
    useful = [(f * (gains[0] > 0), s * (gains[1] > 0)) for f, s in choices]
    return max(useful, key=lambda pair: (pair[0] * worth[0] + pair[1] * worth[1]).mid())


def rival_factors(problem: Layered, found: Rival, bits: int) -> list[arb_mat]:
    """(H, W_1, W_2) of the point in the variables of the problem itself, for one sample a class.

    Raises:
        OutOfScope: n > 1; reduce the problem to n = 1 with lambda_H multiplied by n.
    """
    if problem.n != 1:
        raise OutOfScope(f"n={problem.n} given; the point is written out for n = 1 and n lambda_H in place of lambda_H")
    with ctx.workprec(bits):
        kappa = to_ball(power(kappa_power(problem), Fraction(1, 3)))
        golden = (arb(5).sqrt() - 1) / 2
        symbols = [[arb(1), arb(1), arb(0), -golden, arb(0)]] * found.five
        symbols += [list(map(arb, (1, 1, 0, -1, -1, 0)))] * found.six
        sizes = [found.a5] * found.five + [found.a6] * found.six
        nu = kappa / problem.K
        scales = [(nu / to_ball(weight)).sqrt() for weight in problem.weights]
        factors = [arb_mat(rows, columns) for rows, columns in problem.shapes]
        start = 0
        for symbol, a in zip(symbols, sizes, strict=True):
            _place(factors, start, _circulants([entry * to_ball(a) for entry in symbol], kappa), scales)
            start += len(symbol)
        if start < problem.K and kappa_power(problem) < first_order(3):
            sigma = sigma_root(3, kappa_power(problem), upper=True)
            assert sigma is not None
            x = to_ball(sigma) ** to_ball(Fraction(1, 3))
            for k in range(start, problem.K):
                _place(factors, k, [[[x]]] * 3, scales)
        return factors


def _place(factors: list[arb_mat], start: int, blocks: list[list[list[arb]]], scales: list[arb]) -> None:
    for factor, block, scale in zip(factors, blocks, scales, strict=True):
        for i, row in enumerate(block):
            for j, entry in enumerate(row):
                factor[start + i, start + j] = entry * scale


def _circulants(first_row: list[arb], kappa: arb) -> list[list[list[arb]]]:
    """A_0, A_1, A_2 with A_1 A_0 = T balanced and A_2 = P^T (P P^T + kappa)^-1: all of them circulants."""
    size = len(first_row)
    symbol = _transform(first_row)
    rectified = _transform([entry.max(arb(0)) for entry in first_row])
    lengths = [abs(value) for value in symbol]
    root = [arb(0) if length.contains(0) else length.sqrt() for length in lengths]
    phases = [acb(0) if r.is_zero() else value / r for value, r in zip(symbol, root, strict=True)]
    solved = [value.conjugate() / (abs(value) ** 2 + kappa) for value in rectified]
    rows = [_inverse([acb(r) for r in root]), _inverse(phases), _inverse(solved)]
    return [[[row[(j - i) % size] for j in range(size)] for i in range(size)] for row in rows]


def _transform(row: list[arb]) -> list[acb]:
    """Eigenvalues of the circulant whose first row is ``row``."""
    size = len(row)
    return [sum((entry * _turn(j * m, size) for m, entry in enumerate(row)), acb(0)) for j in range(size)]


def _inverse(values: list[acb]) -> list[arb]:
    """The first row of the circulant with these eigenvalues, known to be real."""
    size = len(values)
    return [(sum((value * _turn(-j * m, size) for j, value in enumerate(values)), acb(0)) / size).real
            for m in range(size)]


def _turn(numerator: int, size: int) -> acb:
    """exp(2 pi i numerator / size)."""
    angle = to_ball(Fraction(2 * (numerator % size), size)) * arb.pi()
    return acb(angle.cos(), angle.sin())
