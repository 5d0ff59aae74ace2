"""Where a hypothesis of the sphere landscape theorem is dropped there are spurious minima: certified examples."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy

from ncproofs.calculus import sphere_sectors as sectors
from ncproofs.calculus.symmetry import determinant
from ncproofs.losses.cross_entropy import cross_entropy
from ncproofs.losses.mean_squared import mean_squared
from ncproofs.problems.features import Spheres
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign
from ncproofs.proof.domain import Domain, Range, between, integers_from, positive
from ncproofs.proof.sphere_landscape import SpuriousSphereMinimum
from ncproofs.proof.wording import value_at, worded
from ncproofs.theorems.theorem import Source, Theorem

K = sympy.Symbol("K", integer=True, positive=True)
s, q, x, c = sympy.symbols("s q x c", positive=True)
kappa = K * (K - 2) / (K - 1)


def _values(side: int) -> dict[sympy.Symbol, sympy.Expr]:
    """The letters of sphere-spectrum for one sample a class at +-w_k: n = 1 and +-tau."""
    one = sympy.Integer(1)
    return {sectors.n: one, sectors.g: q, sectors.a: q, sectors.b: q**2, sectors.tau: side * s * (K - 1)}


def _matrix(sector: str) -> sympy.Matrix:
    return next(found.matrix for found in sectors.sphere_sectors() if found.name == sector)


def _block(side: int, sector: str) -> sympy.Matrix:
    """One sample a class at +-w_k against W, over tau q: the sector of sphere-spectrum at n = 1 and +-tau."""
    matrix = _matrix(sector).subs(_values(side), simultaneous=True)
    return (matrix / (q * s * (K - 1))).applyfunc(sympy.cancel)


_ENTRIES = sympy.Matrix(2, 2, sympy.symbols("B_11 B_12 B_21 B_22", real=True))


def _entries(matrix: sympy.Matrix) -> dict[sympy.Symbol, sympy.Expr]:
    """Letters for the entries of a 2 x 2 block."""
    return dict(zip(_ENTRIES, matrix, strict=True))


def _flips() -> Iterator[Claim]:
    where = Domain.of((K, integers_from(3)), (s, Range(sympy.Integer(1), None, lower_open=True)), (q, positive()))
    yield worded(
        _matrix("symmetric")[1, 1] / (q * s * (K - 1)), s - 1, _values(-1), where=where,
        sentence="a feature at -w_k has the in-plane eigenvalue tau q_- (s - 1)/n, s = tau/(K-1)",
        because="the in-plane block at n = 1 and -tau, so that the letter tau is -s (K - 1) here; "
        "tau > K - 1 is needed",
    )
    for side, name in ((1, "kept"), (-1, "turned")):
        yield worded(
            _ENTRIES.det(), 0, _entries(_block(side, "antisymmetric")), where=where,
            sentence=f"antisymmetric block, {name} features: rank one", because="its kernel is the rotations",
        )
    for side, right, words in (
        (1, 4 * s / (1 + s), "symmetric block (K >= 4), kept features: Schur complement 4 s/(s+1)"),
        (-1, -4 * s / (s - 1), "symmetric block, turned features: Schur complement -4 s/(s-1); so positive definite "
                               "iff (n-m) q_+/(s+1) > m q_-/(s-1)"),
    ):
        yield worded(_ENTRIES.det() / _ENTRIES[1, 1], right, _entries(_block(side, "symmetric")), where=where,
                     because="2 x 2 block", sentence=words)
    kept = 1 + s - s * q * kappa - (s - 1) ** 2 / ((K - 1) ** 2 * (1 + s))
    turned = s * (1 - q * kappa) - 1 - (s + 1) ** 2 / ((K - 1) ** 2 * (s - 1))
    schur = {side: determinant(_block(side, "standard")) / _block(side, "standard")[1, 1] for side in (1, -1)}
    yield Identity(left=schur[1], right=kept, where=where, because="2 x 2 block",
                   sentence="standard block, kept features: Schur complement a_+")
    yield Identity(left=schur[-1], right=turned, where=where, because="2 x 2 block",
                   sentence="standard block, turned features: a_-; positive iff (n-m) q_+ a_+ + m q_- a_- > 0")
    yield Sign(
        expression=sympy.together(kept), relation=">",
        where=Domain.of((K, integers_from(3)), (s, Range(sympy.Integer(1), None, lower_open=True)),
                        (q, between(0, 1 / K))),
        sentence="a_+ > 0 for every K >= 3, tau > K - 1: with n large enough there is a spurious minimum",
        because="q_+ < 1/K",
    )
    yield Axiom(name="Schur's lemma", uses="the Hessian is a sum over samples (weights 1/N); W, the kept "
                "and the turned class means carry one copy each of the antisymmetric, symmetric and standard "
                "representation; inside a class the features decouple")


_ANGLES = sympy.symbols("theta_1 theta_2 phi_1:5", real=True)
_UP = sympy.Symbol("t", positive=True)


def _squared_error_value() -> sympy.Expr:
    """The loss at w = (u, -u), h = +-c u +- t e turned by the six angles; c = 1/(2 tau), t^2 = 1 - c^2."""
    value, t, angles = sympy.Integer(0), _UP, _ANGLES
    for i, (across, up) in enumerate(((c, t), (c, -t), (-c, t), (-c, -t))):
        phi = angles[2 + i]
        feature = across * sympy.cos(phi) - up * sympy.sin(phi), up * sympy.cos(phi) + across * sympy.sin(phi)
        for k, side in enumerate((1, -1)):
            theta = angles[k]
            logit = side * (sympy.cos(theta) * feature[0] + sympy.sin(theta) * feature[1]) / (2 * c)
            value += (logit - int(k == i // 2)) ** 2 / 8
    return value


def _reduced(expression: sympy.Expr) -> sympy.Expr:
    """At all angles 0."""
    zero = dict.fromkeys(_ANGLES, sympy.Integer(0))
    return sympy.expand(sympy.expand(expression.subs(zero)).subs(_UP**2, 1 - c**2))


def _squared_error() -> Iterator[Claim]:
    value, where = _squared_error_value(), Domain.of((c, between(0, sympy.Integer(1))))
    f, at_zero = sympy.Function("f"), dict.fromkeys(_ANGLES, sympy.Integer(0))
    for position, angle in enumerate(_ANGLES, start=1):
        alone = value.subs({other: zero for other, zero in at_zero.items() if other != angle})
        meant = {f(angle): alone, _UP: sympy.sqrt(1 - c**2)}
        if position == 1:
            yield worded(value_at(f(angle), angle, 0), sympy.Rational(1, 4), meant, where=where,
                         because="logits (1/2, -1/2) in every sample",
                         sentence="MSE, K = d = 2, n = 2: w = (u, -u), h = +-u/(2 tau) +- t e has value 1/4")
        yield worded(value_at(sympy.Derivative(f(angle), angle), angle, 0), 0, meant, where=where,
                     because="f is the loss as a function of this angle, the other five at 0",
                     sentence=f"it is critical: derivative {position} of 6 vanishes")
    hessian = sympy.hessian(value, _ANGLES).applyfunc(_reduced)
    quadratic = 32 * c**4 * x**2 - 12 * c**2 * (1 - c**2) * x + 1 - 2 * c**2
    polynomial = x * (8 * c**2 * x - 1 + c**2) ** 2 * (8 * c**2 * x - 3 * (1 - c**2)) * quadratic / (16384 * c**10)
    yield Identity(
        left=sympy.expand((x * sympy.eye(6) - hessian).det(method="berkowitz")), right=polynomial,
        where=Domain.of((c, between(0, sympy.Integer(1))), (x, positive())),
        sentence="its Hessian has the eigenvalues 0 (rotation), (1-c^2)/(8c^2) twice, 3(1-c^2)/(8c^2) and the roots of "
                 "32 c^4 x^2 - 12 c^2 (1-c^2) x + 1 - 2c^2, with c = 1/(2 tau)",
        because="6 x 6 determinant",
    )
    v = sympy.Symbol("v", positive=True)  # c^2 = 1/(4 tau^2), below 1/2 for tau > 1/sqrt 2
    for expression, words in (
        (1 - 2 * v, "the product of the last two is positive"), (1 - v, "and so is their sum"),
        (9 * (1 - v) ** 2 - 8 * (1 - 2 * v), "they are real"),
    ):
        yield Sign(expression=expression, relation=">", where=Domain.of((v, between(0, sympy.Rational(1, 2)))),
                   sentence=f"for tau > 1/sqrt 2: {words}", because="so the point is a strict local minimum, value 1/4")


def _examples() -> Iterator[Claim]:
    narrow = "violates d >= K: here d = K - 1"
    loss = cross_entropy()

    def spheres(K: int, d: int, n: int, tau: Fraction | int) -> Spheres:
        return Spheres(loss, K, d, n, Fraction(tau))

    def flipped(problem: Spheres) -> Claim:
        return SpuriousSphereMinimum(
            problem=problem, flips=1, violates=narrow, because=narrow,
            sentence=f"spurious minimum: a simplex ETF with one feature of each class at -w_k, {problem}",
        )

    def summed(problem: Spheres, sizes: tuple[int, ...]) -> Claim:
        return SpuriousSphereMinimum(
            problem=problem, sizes=sizes, violates=crowded, because=crowded,
            sentence=f"spurious minimum: simplex ETFs of sizes {'+'.join(map(str, sizes))}, {problem}",
        )

    crowded = "violates d >= K: here K > d + 1"
    yield flipped(spheres(3, 2, 62, Fraction(5, 2)))
    yield flipped(spheres(4, 3, 460, Fraction(18, 5)))
    yield SpuriousSphereMinimum(
        problem=spheres(3, 2, 1, 10), violates=narrow, because=narrow,
        degrees=("0", "1.6163269821", "308.1915398799", "129.8819942045", "90.4934033055", "244.4547333389"),
        sentence=f"spurious minimum with one sample a class: {spheres(3, 2, 1, 10)}",
    )
    yield summed(spheres(6, 4, 1, 4), (3, 3))
    yield summed(spheres(6, 4, 1, 1), (4, 2))
    squared = Spheres(mean_squared(), 2, 2, 2, Fraction(1))
    shifted = "violates the loss: mean squared error is not invariant under constant shifts, and d = K"
    yield SpuriousSphereMinimum(
        problem=squared, degrees=("0", "180", "60", "-60", "120", "-120"), violates=shifted, because=shifted,
        sentence=f"spurious minimum: {squared}",
    )


def claims() -> Iterator[Claim]:
    yield from _flips()
    yield from _squared_error()
    yield from _examples()


THEOREM = Theorem(
    name="spurious-sphere-minima",
    title="Spurious local minima outside the hypotheses of the sphere landscape theorem",
    statement=(
        "d >= K is sharp: for every K >= 3 and tau > K - 1 at d = K - 1 there is an n for which cross-entropy has a "
        "strict local minimum (modulo rotations) that is not global, a simplex ETF with one feature of each class at "
        "-w_k. For K = 6, d = 4, n = 1 a direct sum of simplices is such a minimum too: sizes 3+3 at tau = 4, 4+2 at "
        "tau = 1. For the mean squared error d = K is not enough: K = d = 2, n = 2, "
        "tau > 1/sqrt 2 has one of value 1/4."
    ),
    idea="Turned features repel, kept ones attract; the two add up sample by sample in blocks of size three, so many\n"
    "kept features win. Instances are certified by Krawczyk's operator and the inertia of the Hessian in balls.",
    source=Source(
        paper="Neural Collapse with Normalized Features: A Geometric Analysis over the Riemannian Manifold",
        arxiv="2209.09211",
        quoted="for d > K ... all other critical points are strict saddles",
        relation="auxiliary",
        note="shows which hypotheses cannot be dropped",
    ),
    covers="all K >= 3, tau > K - 1 (flips); six instances; all tau > 1/sqrt 2 (mean squared error)",
    general=claims,
    open_questions=("cross-entropy at d = K - 1 with tau <= K - 1: none is known, none is excluded",),
)
