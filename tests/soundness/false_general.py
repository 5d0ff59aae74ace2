"""False statements for all sizes at once, each beside the true one: identities, indexed sums, signs and roots.

The mistakes are those of papers and of code: K for K - 1, N for n, a dropped factor or hypothesis, a sign, a
range that is too wide, a strict sign at a point of equality, one root too many.
"""

from __future__ import annotations

import sympy
from sympy import Rational, exp, log, sqrt

from ncproofs.calculus.indexed import IndexedSum, Tensor, delta, scalar, total
from ncproofs.losses.loss import K as K
from ncproofs.losses.loss import T
from ncproofs.proof.claims import Identity, MatrixInertia, Sign, SumIdentity, UniqueRoot
from ncproofs.proof.domain import Domain, Range, at_least, between, integers_from, nonnegative, positive, real
from ncproofs.theorems.all_losses.focal_letters import curvature, gamma, p, psi, psi_prime, u
from ncproofs.theorems.letters import K as SIZE
from ncproofs.theorems.letters import N as SAMPLES
from ncproofs.theorems.letters import a, b, c, centring, h, i, j, k, l, lb, lH, lW, margin_sum, n, norm_squared, w
from ncproofs.theorems.normalised_features import letters as unit
from tests.soundness.neighbours import Neighbours

__all__ = ["GENERAL"]

x, y, t = sympy.symbols("x y t", real=True)
q, m, alpha, tau, s = sympy.symbols("q m alpha tau s", positive=True)
E = exp(T / (K - 1))
PHI = log(1 + (K - 1) * E)
CLASSES = (K, integers_from(2))
LINE = Domain.of(CLASSES, (T, real()))
SIZES = Domain.of((K, integers_from(2)), (n, integers_from(1)), (lW, positive()), (lH, positive()), (m, positive()))
SHAPE = sqrt(n * lH / lW)


def _same(mistake: str, left: sympy.Expr, false: sympy.Expr, true: sympy.Expr, where: Domain) -> Neighbours:
    return Neighbours(
        mistake, Identity(left=left, right=false, where=where), Identity(left=left, right=true, where=where)
    )


def _sums(mistake: str, left: object, false: object, true: object, *, related: bool = False) -> Neighbours:
    relations = ((lW, c**2 / (n * lH)),) if related else ()
    made = [SumIdentity(left=scalar(left), right=scalar(right), relations=relations) for right in (false, true)]
    return Neighbours(mistake, *made)


def _sign(mistake: str, false: tuple[sympy.Expr, str, Domain], true: tuple[sympy.Expr, str, Domain]) -> Neighbours:
    made = [Sign(expression=e, relation=r, where=where) for e, r, where in (false, true)]  # type: ignore[arg-type]
    return Neighbours(mistake, *made)


def _one(expression: sympy.Expr, low: object, high: object) -> UniqueRoot:
    ends = [end if isinstance(end, sympy.Expr) else Rational(end) for end in (low, high)]
    return UniqueRoot(expression=expression, variable=x, lower=ends[0], upper=ends[1])


_Ends = tuple[object, object]


def _root(mistake: str, expression: sympy.Expr, false: _Ends, true: _Ends) -> Neighbours:
    return Neighbours(mistake, _one(expression, *false), _one(expression, *true))


IDENTITIES = {
    "phi' of cross-entropy: K for K - 1": _same(
        "K for K - 1", PHI.diff(T), 1 / (exp(-T / (K - 1)) + K), 1 / (exp(-T / (K - 1)) + K - 1), LINE),
    "phi' of cross-entropy: sign of the exponent": _same(
        "wrong sign", PHI.diff(T), 1 / (exp(T / (K - 1)) + K - 1), 1 / (exp(-T / (K - 1)) + K - 1), LINE),
    "phi'' of cross-entropy: the chain rule is used once": _same(
        "missing factor", PHI.diff(T, 2), E / (1 + (K - 1) * E) ** 2, E / (1 + (K - 1) * E) ** 2 / (K - 1), LINE),
    "phi'(0) of label smoothing over K - 1": _same(
        "K - 1 for K", (PHI - alpha / K * T).diff(T).subs(T, 0), (1 - alpha) / (K - 1), (1 - alpha) / K,
        Domain.of(CLASSES, (alpha, between(0, 1)))),
    "phi'(0) of label smoothing: alpha undivided": _same(
        "missing factor 1/K", (PHI - alpha / K * T).diff(T).subs(T, 0), 1 / K - alpha, (1 - alpha) / K,
        Domain.of(CLASSES, (alpha, between(0, 1)))),
    "phi'(0) of the focal loss without gamma log K": _same(
        "a dropped term", ((1 - 1 / (1 + (K - 1) * E)) ** gamma * PHI).diff(T).subs(T, 0),
        (1 - 1 / K) ** gamma / K, (1 - 1 / K) ** gamma * (K - 1 + gamma * log(K)) / (K * (K - 1)),
        Domain.of(CLASSES, (gamma, nonnegative()))),
    "the scale: |h|^2/|w|^2 = lambda_W/(N lambda_H)": _same(
        "N for n", (m / SHAPE) / (SHAPE * m), lW / (n * K * lH), lW / (n * lH), SIZES),
    "the scale: lambda_W and lambda_H exchanged": _same(
        "swapped lambda_W and lambda_H", (m / SHAPE) / (SHAPE * m), lH / (n * lW), lW / (n * lH), SIZES),
    "the scale: lambda_W w^2 = 2 c m": _same(
        "a factor 2", lW * SHAPE * m, 2 * sqrt(n * lW * lH) * m, sqrt(n * lW * lH) * m, SIZES),
    "the scale: c = sqrt(N lambda_W lambda_H)": _same(
        "N for n", lW * SHAPE * m, sqrt(n * K * lW * lH) * m, sqrt(n * lW * lH) * m, SIZES),
    "weight decay of the ETF is c K m": _same(
        "K for K - 1", (lW * (K - 1) * SHAPE * m + lH * n * (K - 1) * m / SHAPE) / 2,
        sqrt(n * lW * lH) * K * m, sqrt(n * lW * lH) * (K - 1) * m, SIZES),
    "weight decay of the ETF without the 1/2": _same(
        "missing factor 2", lW * (K - 1) * SHAPE * m + lH * n * (K - 1) * m / SHAPE,
        sqrt(n * lW * lH) * (K - 1) * m, 2 * sqrt(n * lW * lH) * (K - 1) * m, SIZES),
    "data term: -log(1 - K q)": _same(
        "K for K - 1", PHI.subs(T, -(K - 1) * log(1 / q - (K - 1))), -log(1 - K * q), -log(1 - (K - 1) * q),
        Domain.of(CLASSES, (q, between(0, 1 / K)))),
    "margin: log(1/q - K)": _same(
        "off by one in K", PHI.diff(T).subs(T, -(K - 1) * log(1 / q - (K - 1))), q + 1 / K, q,
        Domain.of(CLASSES, (q, between(0, 1 / K)))),
    "a shift of all logits: wrong sign": _same(
        "wrong sign", log(q + exp(x)) - x, log(1 + q * exp(x)), log(1 + q * exp(-x)),
        Domain.of((q, positive()), (x, real()))),
    "focal psi' without the second term": _same(
        "a dropped term", psi().diff(u), (1 - 1 / (1 + exp(u))) ** (gamma + 1), psi_prime(),
        Domain.of((gamma, nonnegative()), (u, real()))),
    "focal curvature with 2 gamma - 1": _same(
        "wrong sign", curvature(), curvature() - 2 * (1 - p), curvature() + 0 * p,
        Domain.of((p, between(0, 1)), (gamma, nonnegative()))),
    "MSE reduced function over 2K^2": _same(
        "K for K - 1", ((x + K - 1) ** 2 / (2 * K * (K - 1))).diff(x, 2), 1 / K**2, 1 / (K * (K - 1)),
        Domain.of(CLASSES, (x, real()))),
    "spheres: a wrong class at temperature tau has the gap tau": _same(
        "missing factor K/(K-1)", tau - (-tau / (K - 1)), tau, tau * K / (K - 1),
        Domain.of(CLASSES, (tau, positive()))),
    "zero modes number d(d-1)/2": _same(
        "wrong multiplicity", (K - 1) * (y - K + 1) + (K - 1) * (K - 2) / 2, y * (y - 1) / 2,
        y * (y - 1) / 2 - (y - K + 1) * (y - K) / 2, Domain.of(CLASSES, (y, real()))),
    "symmetric zero-diagonal matrices number K(K-1)/2 with zero sums": _same(
        "wrong multiplicity", K * (K - 1) / 2 - (K - 1), K * (K - 1) / 2, (K - 1) * (K - 2) / 2, Domain.of(CLASSES)),
    "a logarithm of a sum is a sum of logarithms": _same(
        "wrong identity", log(q + m), log(q) + log(m), log(q * m * (1 / q + 1 / m)),
        Domain.of((q, positive()), (m, positive()))),
    "a square root drops the sign": _same(
        "dropped hypothesis x >= 0", sqrt(x**2) ** 2, x * sqrt(x**2), x**2, Domain.of((x, real()))),
    "true only at K = 2": _same(
        "one K for all K", K * (K - 1) / 2, K - 1, (K**2 - K) / 2, Domain.of(CLASSES)),
    "true only at K = 2 and K = 3": _same(
        "two K for all K", (K - 2) * (K - 3) + K, K, K**2 - 4 * K + 6, Domain.of(CLASSES)),
    "true for K up to 7": _same(
        "small K for all K", sympy.Mul(*(K - r for r in range(2, 8))), sympy.Integer(0),
        sympy.expand(sympy.Mul(*(K - r for r in range(2, 8)))), Domain.of(CLASSES)),
    "off by 10^-40": _same(
        "last digit", exp(x) * exp(-x), 1 + Rational(1, 10**40), sympy.Integer(1), Domain.of((x, real()))),
}


def _spread(squares: IndexedSum, mean_weight: sympy.Expr) -> IndexedSum:
    return squares - mean_weight * total(total(w[k, a], k) ** 2, a)


def _chain(slope: sympy.Expr, mean_weight: sympy.Expr) -> IndexedSum:
    """Weight decay plus slope/N times the margins, as sums of squares."""
    mean = total(w[l, a], l) / SIZE
    features = total((h[k, i, a] + slope / (n * lH) * (mean - w[k, a])) ** 2, k, i, a)
    return lH / 2 * features + mean_weight * lW * SIZE / 2 * total(mean**2, a)


_DECAY = lW / 2 * norm_squared(w, k, a) + lH / 2 * norm_squared(h, k, i, a)
_MARGINS = total(margin_sum(k, i) - total(b[j] - b[k], j), k, i)
_sym, _anti, _none = (
    Tensor(name, (SIZE, SIZE), **flags)  # type: ignore[arg-type]
    for name, flags in (("S", {"symmetric": True}), ("R", {"antisymmetric": True}), ("M", {}))
)
_v, _zero = Tensor("x", (SIZE,)), Tensor("v", (SIZE,), zero_sum=(0,))
_entry, _other = scalar(1) - SIZE * delta(j, k), scalar(1) - SIZE * delta(l, k)
_loose_dw = Tensor("dw", (unit.K, unit.d))
_loose_w = Tensor("w", (unit.K, unit.d))
_slope = delta(j, k) - scalar(1) / SIZE

SUMS = {
    "M M^T = n K P": _sums(
        "missing factor K", total(_entry * _other, k, i), n * SIZE * centring(j, l), n * SIZE**2 * centring(j, l)),
    "M M^T = N K^2 P": _sums(
        "N for n", total(_entry * _other, k, i), SAMPLES * SIZE**2 * centring(j, l), n * SIZE**2 * centring(j, l)),
    "M M^T = n K^2 I": _sums(
        "a dropped term", total(_entry * _other, k, i), n * SIZE**2 * delta(j, l), n * SIZE**2 * centring(j, l)),
    "trace P = K": _sums("off by one in K", total(centring(k, k), k), scalar(SIZE), scalar(SIZE - 1)),
    "P^2 = K P": _sums(
        "a factor K", total(centring(j, l) * centring(l, k), l), SIZE * centring(j, k), centring(j, k)),
    "P 1 = 1": _sums("wrong value", total(centring(j, k), k), scalar(1), scalar(0)),
    "completing the square with N": _sums(
        "N for n", _DECAY + c / SAMPLES * _MARGINS, _chain(c / SIZE, sympy.Integer(1)), _chain(c, sympy.Integer(1)),
        related=True),
    "completing the square without the mean": _sums(
        "a dropped term", _DECAY + c / SAMPLES * _MARGINS, _chain(c, sympy.Integer(0)), _chain(c, sympy.Integer(1)),
        related=True),
    "completing the square with the wrong sign": _sums(
        "wrong sign", _DECAY + c / SAMPLES * _MARGINS, _chain(-c, sympy.Integer(1)), _chain(c, sympy.Integer(1)),
        related=True),
    "completing the square with c^2 = lambda_W lambda_H": Neighbours(
        "missing n", *(SumIdentity(left=_DECAY + c / SAMPLES * _MARGINS, right=_chain(c, sympy.Integer(1)),
                                   relations=((lW, c**2 / (size * lH)),)) for size in (sympy.Integer(1), n))),
    "variance with the mean counted twice": _sums(
        "a factor 2", total((_v[k] - total(_v[l], l) / SIZE) ** 2, k),
        total(_v[k] ** 2, k) - 2 * total(_v[k], k) ** 2 / SIZE, total(_v[k] ** 2, k) - total(_v[k], k) ** 2 / SIZE),
    "pairs counted once": _sums(
        "a factor 2", total((_v[j] - _v[k]) ** 2, j, k),
        SIZE * total(_v[k] ** 2, k) - total(_v[k], k) ** 2,
        2 * SIZE * total(_v[k] ** 2, k) - 2 * total(_v[k], k) ** 2),
    "a vector without zero sum": Neighbours(
        "dropped hypothesis", SumIdentity(left=total(centring(j, k) * _v[k], k), right=_v[j]),
        SumIdentity(left=total(centring(j, k) * _zero[k], k), right=_zero[j])),
    "x^T S x = 0 for symmetric S": Neighbours(
        "dropped hypothesis", SumIdentity(left=total(_sym[j, k] * _v[j] * _v[k], j, k), right=scalar(0)),
        SumIdentity(left=total(_anti[j, k] * _v[j] * _v[k], j, k), right=scalar(0))),
    "transpose: antisymmetric without the sign": Neighbours(
        "wrong sign", SumIdentity(left=_anti[j, k], right=_anti[k, j]),
        SumIdentity(left=_anti[j, k], right=-_anti[k, j])),
    "transpose: a general matrix": Neighbours(
        "dropped hypothesis", SumIdentity(left=_none[j, k], right=_none[k, j]),
        SumIdentity(left=_sym[j, k], right=_sym[k, j])),
    "swapped indices: <w_j, h_k> = <w_k, h_j>": _sums(
        "swapped index", total(w[j, a] * h[k, i, a], a), total(w[k, a] * h[j, i, a], a),
        total(h[k, i, a] * w[j, a], a)),
    "|W|^2 = d on spheres": _sums(
        "d for K", total(unit.w[unit.k, unit.a] ** 2, unit.k, unit.a), scalar(unit.d), scalar(unit.K)),
    "unit vectors without the hypothesis": Neighbours(
        "dropped hypothesis", SumIdentity(left=total(_loose_w[unit.k, unit.a] ** 2, unit.a), right=scalar(1)),
        SumIdentity(left=total(unit.w[unit.k, unit.a] ** 2, unit.a), right=scalar(1))),
    "a move that is not tangent": Neighbours(
        "dropped hypothesis", SumIdentity(left=total(_loose_dw[unit.k, unit.a] * unit.w[unit.k, unit.a], unit.a),
                                          right=scalar(0)),
        SumIdentity(left=total(unit.dw[unit.k, unit.a] * unit.w[unit.k, unit.a], unit.a), right=scalar(0))),
    "Riemannian gradient without the multiplier": Neighbours(
        "a dropped term",
        SumIdentity(left=total(unit.tau * total(unit.G[unit.k, unit.t] * unit.h[unit.t, unit.a], unit.t)
                               * unit.w[unit.k, unit.a], unit.a), right=scalar(0)),
        SumIdentity(left=total(unit.gradient_w(unit.k, unit.a) * unit.w[unit.k, unit.a], unit.a), right=scalar(0))),
    "sum of multipliers vanishes": _sums(
        "wrong value", total(unit.multiplier_w(unit.k), unit.k), scalar(0), total(unit.multiplier_h(unit.s), unit.s)),
    "I4 for losses that are not shift invariant": Neighbours(
        "dropped hypothesis",
        *(SumIdentity(left=total(unit.gradient_w(unit.k, unit.a, slope), unit.k),
                      right=-total(unit.multiplier_w(unit.k, slope) * unit.w[unit.k, unit.a], unit.k))
          for slope in (unit.G, unit.G_invariant))),
    "G G^T at collapse: lambda_W lambda_H I": _sums(
        "a dropped term", total(c / n * _slope * (c / n) * (delta(l, k) - scalar(1) / SIZE), k, i),
        lW * lH * delta(j, l), lW * lH * centring(j, l), related=True),
    "bias: sum of squares times K": _sums(
        "a factor K", lb * total((b[k] - total(b[l], l) / SIZE) ** 2, k),
        lb * total(b[k] ** 2, k) - lb * SIZE * total(b[k], k) ** 2,
        lb * total(b[k] ** 2, k) - lb / SIZE * total(b[k], k) ** 2),
}

_UNIT, _HALF = Domain.of((x, between(0, 1))), Domain.of((x, nonnegative()))
_REAL, _Q = Domain.of((x, real())), Domain.of((q, positive()))
_CLASSES = Domain.of(CLASSES)
_THREE = Domain.of((K, integers_from(3)))


def _below(bound: sympy.Expr) -> Domain:
    return Domain.of(CLASSES, (q, between(0, bound)))


SIGNS = {
    "a positive margin for q < 1/(K-1)": _sign(
        "wrong threshold", (1 / q - K, ">", _below(1 / (K - 1))), (1 / q - K, ">", _below(1 / K))),
    "a positive margin for q < 2/K": _sign(
        "a factor 2", (1 / q - K, ">", _below(2 / K)), (1 / q - K, ">", _below(1 / K))),
    "the weight of |W|^2 for sigma <= 2c": _sign(
        "dropped hypothesis sigma <= c",
        (1 - s**2 / c**2, ">=", Domain.of((c, positive()), (s, between(0, 2 * c)))),
        (1 - s**2 / c**2, ">=", Domain.of((c, positive()), (s, between(0, c))))),
    "arithmetic below geometric mean": _sign(
        "reversed inequality", (sqrt(q * m) - (q + m) / 2, ">=", Domain.of((q, positive()), (m, positive()))),
        (sqrt(q * m) - (q + m) / 2, "<=", Domain.of((q, positive()), (m, positive())))),
    "strict arithmetic and geometric mean": _sign(
        "strict at equality", (sqrt(q * m) - (q + m) / 2, "<", Domain.of((q, positive()), (m, positive()))),
        (sqrt(q) - (q + 1) / 2, "<", Domain.of((q, between(0, 1))))),
    "log above its tangent": _sign(
        "reversed inequality", (log(q) - q + 1, ">=", _Q), (log(q) - q + 1, "<=", _Q)),
    "log strictly below its tangent at 1": _sign(
        "strict at equality", (log(q) - q + 1, "<", _Q),
        (log(q) - q + 1, "<", Domain.of((q, between(0, 1))))),
    "exp above its parabola on the line": _sign(
        "dropped hypothesis x >= 0", (exp(x) - 1 - x - x**2 / 2, ">=", _REAL),
        (exp(x) - 1 - x - x**2 / 2, ">=", _HALF)),
    "log(1 + x) above x - x^2/2 for x > -1": _sign(
        "dropped hypothesis x >= 0",
        (log(1 + x) - x + x**2 / 2, ">=", Domain.of((x, Range(Rational(-9, 10), None)))),
        (log(1 + x) - x + x**2 / 2, ">=", _HALF)),
    "Bernoulli on the whole line": _sign(
        "dropped hypothesis x >= -1", ((1 + x) ** 3 - 1 - 3 * x, ">=", _REAL),
        ((1 + x) ** 3 - 1 - 3 * x, ">=", Domain.of((x, at_least(-1))))),
    "(K-1)(K-2) > 0 for K >= 2": _sign(
        "K >= 2 for K >= 3", ((K - 1) * (K - 2), ">", _CLASSES), ((K - 1) * (K - 2), ">", _THREE)),
    "K(K-1)/2 >= K for K >= 2": _sign(
        "K >= 2 for K >= 3", (K * (K - 1) / 2 - K, ">=", _CLASSES), (K * (K - 1) / 2 - K, ">=", _THREE)),
    "(K-1)^2 >= K for K >= 2": _sign(
        "K >= 2 for K >= 3", ((K - 1) ** 2 - K, ">=", _CLASSES), ((K - 1) ** 2 - K, ">=", _THREE)),
    "K < 1000": _sign(
        "a quantifier too many", (K - 1000, "<", _CLASSES), (K - 1000, ">=", Domain.of((K, integers_from(1000))))),
    "K/(K-1) > 1 + 1/1000": _sign(
        "a uniform constant", (K / (K - 1) - 1 - Rational(1, 1000), ">", _CLASSES), (K / (K - 1) - 1, ">", _CLASSES)),
    "phi of label smoothing rises for t >= 0, alpha up to 11/10": _sign(
        "wrong range of alpha",
        ((PHI - alpha / K * T).diff(T), ">=", Domain.of(CLASSES, (alpha, between(0, "11/10")), (T, nonnegative()))),
        ((PHI - alpha / K * T).diff(T), ">=", Domain.of(CLASSES, (alpha, between(0, 1)), (T, nonnegative())))),
    "phi' of cross-entropy is concave": _sign(
        "wrong sign", (PHI.diff(T, 2), "<", LINE), (PHI.diff(T, 2), ">", LINE)),
    "phi' <= 1/K": _sign(
        "K for K - 1", (PHI.diff(T) - 1 / K, "<=", LINE), (PHI.diff(T) - 1 / (K - 1), "<", LINE)),
    "focal: the curvature is positive for all p": _sign(
        "dropped hypothesis p >= p*", (curvature(p, sympy.Integer(2)), ">", Domain.of((p, between(0, 1)))),
        (curvature(p, sympy.Integer(2)), ">", Domain.of((p, between("3/50", 1))))),
    "focal: the curvature is positive above 0.0578": _sign(
        "last digit of p*", (curvature(p, sympy.Integer(2)), ">", Domain.of((p, between("578/10000", "1/10")))),
        (curvature(p, sympy.Integer(2)), ">", Domain.of((p, between("579/10000", "1/10"))))),
    "focal: psi' <= 1": _sign(
        "a bound of cross-entropy", (psi_prime(u, sympy.Integer(2)) - 1, "<=", Domain.of((u, real()))),
        (psi_prime(u, sympy.Integer(0)) - 1, "<", Domain.of((u, real())))),
    "MSE: y > 0 without Kc < kappa": _sign(
        "wrong regime threshold",
        (1 - K * c * (1 + lb) / lb, ">", Domain.of(CLASSES, (lb, positive()), (c, between(0, 1 / K)))),
        (1 - K * c * (1 + lb) / lb, ">", Domain.of(CLASSES, (lb, positive()), (c, between(0, lb / (1 + lb) / K))))),
    "spheres: tau - tau/(K-1) > 0 at K = 2": _sign(
        "K >= 2 for K >= 3", (tau - tau / (K - 1), ">", Domain.of(CLASSES, (tau, positive()))),
        (tau - tau / (K - 1), ">", Domain.of((K, integers_from(3)), (tau, positive())))),
    "spheres: the value decreases in 1/tau": _sign(
        "tau and 1/tau",
        (log(1 + (K - 1) * exp(-K / (tau * (K - 1)))).diff(tau), "<", Domain.of(CLASSES, (tau, positive()))),
        (log(1 + (K - 1) * exp(-K * tau / (K - 1))).diff(tau), "<", Domain.of(CLASSES, (tau, positive())))),
    "a square over nothing": _sign(
        "undefined at 0", (1 / x**2, ">", _REAL), (1 / x**2, ">", Domain.of((x, at_least(1))))),
    "a logarithm beyond its domain": _sign(
        "undefined", (log(x) ** 2, ">=", Domain.of((x, between(-1, 1)))), (log(x) ** 2, ">=", _UNIT)),
    "a needle": _sign(
        "one point in a million", ((x - Rational(1, 3)) ** 2 - Rational(1, 10**14), ">", _UNIT),
        ((x - Rational(1, 3)) ** 2 + Rational(1, 10**14), ">", _UNIT)),
    "a double zero": _sign(
        "strict at equality", ((3 * x - 1) ** 2, ">", _UNIT), ((3 * x - 1) ** 2, ">=", _UNIT)),
    "zero at a closed end": _sign(
        "open for closed", (x * (1 - x), ">", Domain.of((x, between(0, 1, closed=True)))), (x * (1 - x), ">", _UNIT)),
    "an indefinite form": _sign(
        "a factor too large", (x**2 - 3 * x * y + y**2, ">=", Domain.of((x, real()), (y, real()))),
        (x**2 - 2 * x * y + y**2, ">=", Domain.of((x, real()), (y, real())))),
    "a number in its 40th digit": _sign(
        "last digit", (log(sympy.Integer(2)) - Rational(6931471805599453094172321214581765680756, 10**40), ">",
                       Domain()),
        (log(sympy.Integer(2)) - Rational(6931471805599453094172321214581765680755, 10**40), ">", Domain())),
}

ROOTS = {
    "a cubic has three": _root("one root for three", x**3 - x, (-2, 2), ("1/2", 2)),
    "exp x = 3x has two": _root("one root for two", exp(x) - 3 * x, (0, 2), (0, 1)),
    "exp x = 2x has none": Neighbours(
        "one root for none", _one(exp(x) - 2 * x, 0, 2), _one(exp(x) - 3 * x, 0, 1)),
    "zeros at the open ends only": _root("ends counted", x * (x - 1), (0, 1), ("1/2", 2)),
    "a double zero and a simple one": _root(
        "multiplicities", (x - 1) ** 2 * (x - 2), (0, 3), ("3/2", 3)),
    "two close roots": _root(
        "too coarse", (x - Rational(1, 3)) * (x - Rational(1, 3) - Rational(1, 10**6)), (0, 1),
        (0, Rational(1, 3) + Rational(1, 2 * 10**6))),
    "log x = x/3 on the half-line": _root("one root for two", log(x + 1) - (x + 1) / 3, (0, sympy.oo), (0, 2)),
    "a pole is no root": Neighbours(
        "a change of sign at a pole", _one(1 / (x - Rational(1, 2)), 0, 1), _one(x - Rational(1, 2), 0, 1)),
    "G has a root in p for every gamma: none at gamma = 0": Neighbours(
        "dropped hypothesis gamma > 0",
        *(_one(curvature(x, sympy.Integer(g)), "1/100", "9/10") for g in (0, 2))),
}

def _inertia(mistake: str, rows: list[list[object]], wrong: tuple[int, int, int], right: tuple[int, int, int]
             ) -> Neighbours:
    names = ("positive", "negative", "zero")
    return Neighbours(mistake, *(MatrixInertia(rows=rows, **dict(zip(names, counts, strict=True)))
                                 for counts in (wrong, right)))


INERTIAS = {
    "the centring matrix has rank K": _inertia(
        "K for K - 1", [["2/3", "-1/3", "-1/3"], ["-1/3", "2/3", "-1/3"], ["-1/3", "-1/3", "2/3"]], (3, 0, 0),
        (2, 0, 1)),
    "a hyperbolic pair counted as zeros": _inertia("no pivot", [[0, 1], [1, 0]], (0, 0, 2), (1, 1, 0)),
    "almost positive": _inertia(
        "last digit", [["1", "1"], ["1", "0.99999999999999999999999999999999999999"]], (2, 0, 0), (1, 1, 0)),
    "signs exchanged": _inertia("wrong sign", [[1, 0, 0], [0, 1, 0], [0, 0, -1]], (1, 2, 0), (2, 1, 0)),
}

GENERAL: dict[str, Neighbours] = {**IDENTITIES, **SUMS, **SIGNS, **ROOTS, **INERTIAS}
