"""A ReLU between two layers: when the linear minimum stays the minimum, and exact points that lie below it."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, delta, total
from ncproofs.problems.layered import Layered
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign, SumIdentity
from ncproofs.proof.domain import Domain, between, integers_from, nonnegative, positive, real
from ncproofs.proof.layered_claims import LayeredGeometry, LayeredValue
from ncproofs.proof.wording import worded
from ncproofs.theorems.extended_ufm.layered_letters import K, kappa, source, x
from ncproofs.theorems.theorem import Hypothesis, Theorem
from ncproofs.truth import Truth

p, t = sympy.symbols("p t", positive=True)
w = sympy.Symbol("w", real=True)
ROOT3, ROOT5 = sympy.sqrt(3), sympy.sqrt(5)
PHI = (1 + ROOT5) / 2


def _reduction() -> Iterator[Claim]:
    where = Domain.of((kappa, positive()), (p, positive()), (w, real()))
    yield Identity(
        left=(1 - w * p) ** 2 / 2 + kappa * w**2 / 2,
        right=kappa / (2 * (kappa + p**2)) + (kappa + p**2) / 2 * (w - p / (kappa + p**2)) ** 2, where=where,
        sentence="for given P = relu(W_1 H_bar) the best W_2 leaves (1/2) kappa/(kappa + p_i^2) for each singular "
                 "value",
        because="completing the square in the singular basis of P",
    )
    yield Axiom(name="variational form of the nuclear norm",
                uses="the decay of W_1 and H_bar with product T is at least kappa |T|_*: K f = (1/2) sum "
                     "kappa/(kappa + p_i^2) + kappa |T|_*")
    at = {p: x**2, kappa: x * (1 - x**3)}
    yield Identity(
        left=(kappa / (2 * (kappa + p**2)) + kappa * p).subs(at, simultaneous=True),
        right=(1 + x**3 - 2 * x**6) / 2, where=Domain.of((x, between(0, 1))),
        sentence="at p = x^2 one mode is worth what it is in the linear model, (1 + e(sigma))/2 with sigma = x^3",
        because="kappa = x (1 - x^3)",
    )
    yield Identity(
        left=sympy.diff(kappa / (2 * (kappa + p**2)) + kappa * p, p).subs(at, simultaneous=True),
        right=sympy.Integer(0),
        where=Domain.of((x, between(0, 1))), sentence="and p = x^2 is where it is stationary",
        because="p = (kappa + p^2)^2 is x^4 - x + kappa = 0",
    )
    slack = sympy.Symbol("s", nonnegative=True)
    yield Sign(
        expression=kappa * slack, relation=">=", where=Domain.of((kappa, positive()), (slack, nonnegative())),
        sentence="so if |T|_* = |P|_* + s with s >= 0 (hypothesis NN), K f is at least the sum of K linear modes",
        because="the linear minimum has W_1 H_bar >= 0, so it is attained",
    )


def _two_classes() -> Iterator[Claim]:
    """(p_1, m_1), (p_2, m_2): positive and negative parts of the two columns; g, q, ... as in the sentences."""
    P1, P2, N1, N2, g = sympy.symbols("P_1 P_2 N_1 N_2 g", nonnegative=True)
    free = [(symbol, nonnegative()) for symbol in (P1, P2, N1, N2)]
    s1, s2 = sympy.symbols("s_1 s_2", nonnegative=True)
    yield Identity(
        left=(s1 + s2) ** 2, right=s1**2 + s2**2 + 2 * s1 * s2,
        where=Domain.of((s1, nonnegative()), (s2, nonnegative())),
        sentence="two columns: |T|_*^2 = |T|_F^2 + 2 area(T), and |T|_F^2 = |P|_F^2 + N_1^2 + N_2^2; to show is "
                 "area(P) - area(T) <= h = (N_1^2 + N_2^2)/2",
        because="area(T) = s_1 s_2 is the root of the determinant of T^T T; p_i and m_i are orthogonal",
    )
    yield Axiom(name="Cauchy-Schwarz inequality",
                uses="<m_1, m_2> <= q = N_1 N_2, g = <p_1, p_2> <= P_1 P_2, <p_1, m_2> <= N_2 a/P_2, <m_1, p_2> <= "
                     "N_1 a/P_1 with a = area(P), since m_2 is orthogonal to p_2")
    yield Identity(
        left=(P1**2 + N1**2) * (P2**2 + N2**2) - (g + N1 * N2) ** 2 - (P1**2 * P2**2 - g**2),
        right=(P1 * N2 - N1 * P2) ** 2 + 2 * N1 * N2 * (P1 * P2 - g), where=Domain.of(*free, (g, nonnegative())),
        sentence="if 0 <= <t_1, t_2> <= g + q: area(T)^2 >= area(P)^2 + (P_1 N_2 - N_1 P_2)^2 + 2 q (P_1 P_2 - g)",
        because="expand; so area(T) >= area(P)",
    )
    yield from _obtuse()


def _obtuse() -> Iterator[Claim]:
    P1, P2, N1, N2, g, q, h, a, u, v = sympy.symbols("P_1 P_2 N_1 N_2 g q h a u v", nonnegative=True)
    free = [(symbol, nonnegative()) for symbol in (P1, P2, N1, N2)]
    yield Identity(
        left=(P1**2 + N1**2) * (P2**2 + N2**2) - (u + v - g) ** 2,
        right=(P1**2 * P2**2 - g**2) + (P1 * N2) ** 2 + (N1 * P2) ** 2 + (N1 * N2) ** 2
        - (u + v) ** 2 + 2 * g * (u + v),
        where=Domain.of(*free, (g, nonnegative()), (u, nonnegative()), (v, nonnegative())),
        sentence="if <t_1, t_2> < 0, its size is at most u + v - g, u = <p_1, m_2>, v = <m_1, p_2>", because="expand",
    )
    c = sympy.Symbol("s", nonnegative=True)  # a = s P_1 P_2, s <= 1
    yield Identity(
        left=(P1 * N2) ** 2 + (N1 * P2) ** 2 - c**2 * (P1 * N2 + N1 * P2) ** 2 + 2 * c * P1 * P2 * N1 * N2,
        right=(1 - c**2) * ((P1 * N2) ** 2 + (N1 * P2) ** 2) + 2 * c * (1 - c) * P1 * P2 * N1 * N2,
        where=Domain.of(*free, (c, between(0, 1, closed=True))),
        sentence="with a = s P_1 P_2, u + v <= s (P_1 N_2 + N_1 P_2): area(T)^2 >= a^2 + q^2 - 2 a q", because="expand",
    )
    yield Sign(
        expression=(1 - c**2) * ((P1 * N2) ** 2 + (N1 * P2) ** 2) + 2 * c * (1 - c) * P1 * P2 * N1 * N2, relation=">=",
        where=Domain.of(*free, (c, between(0, 1, closed=True))),
        sentence="the difference of the two sides is nonnegative", because="0 <= s <= 1",
    )
    more, gap = sympy.symbols("m e", nonnegative=True)
    at = {h: q + gap, a: q + gap + more}
    yield Identity(
        left=(a**2 + q**2 - 2 * a * q - (a - h) ** 2).subs(at, simultaneous=True), right=gap * (gap + 2 * more),
        where=Domain.of((q, nonnegative()), (more, nonnegative()), (gap, nonnegative())),
        sentence="and a^2 + q^2 - 2 a q >= (a - h)^2 for a >= h >= q: so area(T) >= area(P) - h; for a < h that is "
                 "clear",
        because="h - q = (N_1 - N_2)^2/2 >= 0; so |relu(T)|_* <= |T|_* for two columns, and for two rows by "
                "transposing: K = 2 and d_2 <= 2 need no hypothesis",
    )


def _narrow() -> Iterator[Claim]:
    """Rank one, and two classes that share a feature."""
    a, b, c, e = sympy.symbols("a b c e", nonnegative=True)  # |u_+|, |u_-|, |v_+|, |v_-|
    where = Domain.of(*((symbol, nonnegative()) for symbol in (a, b, c, e)))
    yield Identity(
        left=(a**2 + b**2) * (c**2 + e**2) - (a * c + b * e) ** 2, right=(a * e - b * c) ** 2, where=where,
        sentence="rank one, T = u v^T: relu(T) = u_+ v_+^T + u_- v_-^T has the singular values a c and b e (a, b = "
                 "|u_+|, |u_-| and c, e = |v_+|, |v_-|), and |T|_*^2 - |relu(T)|_*^2 = (a e - b c)^2 >= 0: d_1 = 1 "
                 "needs no hypothesis",
        because="u_+ and u_- have disjoint supports, and so have v_+ and v_-",
    )
    y = sympy.Symbol("y", real=True)
    yield Identity(
        left=(p - y) ** 2 - p**2, right=y * (y - 2 * p), where=Domain.of((p, positive()), (y, real())),
        sentence="T = p [[1, -1], [-1, 1]] has the eigenvalues 0 and 2 p, and relu(T) = p I: two classes share a "
                 "feature at the cost of an orthogonal frame, so d_1 features serve min(K, 2 d_1, d_2) directions",
        because="its characteristic polynomial; |T|_* = 2 p = |relu(T)|_*",
    )


def _strong_decay() -> Iterator[Claim]:
    where = Domain.of((K, integers_from(2)), (kappa, positive()), (t, positive()))
    yield Axiom(name="Jensen's inequality",
                uses="kappa/(kappa + s) is convex in s >= 0, and sum p_i^2 = |P|_F^2 <= |T|_F^2 <= |T|_*^2 = t^2")
    yield Identity(
        left=K * kappa / (2 * (kappa + t**2 / K)) + kappa * t - K / 2,
        right=t * (2 * kappa * t**2 / K - t + 2 * kappa**2) / (2 * (kappa + t**2 / K)), where=where,
        sentence="K f - K/2 >= t (2 kappa t^2/K - t + 2 kappa^2)/(2 (kappa + t^2/K))", because="common denominator",
    )
    yield Identity(
        left=2 * kappa * t**2 / K - t + 2 * kappa**2,
        right=2 * kappa / K * (t - K / (4 * kappa)) ** 2 + (16 * kappa**3 - K) / (8 * kappa), where=where,
        sentence="for 16 kappa^3 >= K this is nonnegative: zero is the minimum, for every K and all widths",
        because="completing the square; equality would need a P of rank one with equal singular values",
    )


def _counterexamples() -> Iterator[Claim]:
    c6, s6 = [1, sympy.Rational(1, 2), -sympy.Rational(1, 2), -1], ROOT3 / 2
    half = sympy.Rational(1, 2)
    cosine, sine, size = sympy.symbols("c s S", real=True)
    for values, value, words in (((c6[1], s6), 3, "1"), ((c6[2], s6), 1, "2"), ((c6[3], 0), 0, "3")):
        yield worded((1 + cosine) ** 2 + sine**2, value, dict(zip((cosine, sine), values, strict=True)),
                     sentence=f"K = 6, P = a circ(1,1,0,0,0,0): frequency {words} has the squared singular value "
                              f"{value} a^2",
                     because="|1 + omega^j|^2, omega^6 = 1")
    yield worded(
        4 * ((1 + cosine) ** 2 + sine**2), size**2, {cosine: half, sine: s6, size: 2 * ROOT3},
        sentence="T = a circ(1,1,0,-1,-1,0): singular value 2 sqrt 3 a at the frequencies 1 and 5, so |T|_* = 4 sqrt "
                 "3 a",
        because="its symbol (1 + omega^j)(1 - (-1)^j) vanishes for even j and for j = 3",
    )
    at = sympy.Rational(2, 5)
    exact = sympy.Rational(621, 2002) + 8 * ROOT3 / 75
    size = sympy.Symbol("a", positive=True)
    yield worded(_six(kappa, size) / 6, exact, {kappa: at, size: at},
                 sentence="K = 6, kappa = 2/5, a = 2/5: f = 621/2002 + 8 sqrt 3/75", because="T4, exactly")
    yield Sign(expression=exact - half, relation="<", where=Domain(),
               sentence="which is below 1/2, the linear minimum for kappa > kappa_c", because="16 (2/5)^3 > 1")
    yield from _five_classes()


def _six(k: sympy.Expr, a: sympy.Expr) -> sympy.Expr:
    """K f of the block of six."""
    s = a**2
    return (k / (k + 4 * s) + 2 * k / (k + 3 * s) + 2 * k / (k + s) + 1) / 2 + 4 * ROOT3 * k * a


def _five(k: sympy.Expr, a: sympy.Expr) -> sympy.Expr:
    """K f of the block of five."""
    s = a**2
    return (k / (k + 4 * s) + 2 * k / (k + PHI**2 * s) + 2 * k / (k + s / PHI**2)) / 2 + k * a * (5 + 3 * ROOT5) / 2


def _five_classes() -> Iterator[Claim]:
    c1, c2 = (ROOT5 - 1) / 4, -(ROOT5 + 1) / 4  # cosines of 2 pi/5 and 4 pi/5
    for cosine, other, size, length, words in ((c1, c2, PHI, ROOT5, "1"), (c2, c1, 1 / PHI, sympy.Integer(0), "2")):
        yield Identity(left=2 + 2 * cosine, right=size**2, where=Domain(),
                       sentence=f"K = 5, P = a circ(1,1,0,0,0), frequency {words}: "
                       f"singular value a ({sympy.sstr(size)})",
                       because="|1 + omega^j|^2 = 2 + 2 cos")
        # |1 + w^j - w^(3j)/phi|^2 = 2 + 1/phi^2 + 2 cos_j - (2/phi) (cos_3j + cos_2j), and cos_3j = cos_2j
        yield Identity(left=2 + 1 / PHI**2 + 2 * cosine - 4 / PHI * other, right=length**2, where=Domain(),
                       sentence=f"T = a circ(1,1,0,-1/phi,0), frequency {words}: "
                       f"singular value a ({sympy.sstr(length)})",
                       because="|1 + omega^j - omega^(3j)/phi|^2")
    yield Identity(left=2 - 1 / PHI + 2 * ROOT5, right=(5 + 3 * ROOT5) / 2, where=Domain(),
                   sentence="so |T|_* = a (5 + 3 sqrt 5)/2", because="2 - 1/phi at frequency 0, sqrt 5 twice, 0 twice")
    at = sympy.Rational(2, 5)
    yield Sign(expression=_five(at, at) / 5 - sympy.Rational(1, 2), relation="<", where=Domain(),
               sentence="K = 5, kappa = 2/5, a = 2/5: f < 1/2", because="below the linear minimum again")
    yield Sign(expression=_five(at, at) - sympy.Rational(5, 2), relation="<", where=Domain(),
               sentence="and for every K >= 5, kappa = 2/5: one such block, the other classes at zero, is below K/2",
               because="K f adds up over diagonal blocks")


def _first_features() -> Iterator[Claim]:
    a = sympy.Symbol("a", nonnegative=True)
    i, j, l = Index("i", K), Index("j", K), Index("l", K)  # noqa: E741
    left, right = (1 + a) * delta(i, l) - a, (1 + a) * delta(l, j) - a
    yield SumIdentity(
        left=total(left * right, l), right=(1 + a) ** 2 * delta(i, j) - 2 * a * (1 + a) + K * a**2,
        sentence="T = p ((1+a) I - a 11^T) has the eigenvalues p(1+a) on the complement of 1 and p(1+a-aK) on 1",
        because="T^2 has (1+a)^2 and (1+a)^2 - 2aK(1+a) + K^2 a^2 there",
    )
    where = Domain.of((K, integers_from(2)), (a, between(0, 1 / (K - 1), closed=True)))
    yield Sign(expression=1 + a - a * K, relation=">=", where=where,
               sentence="both are >= 0 for 0 <= a <= 1/(K-1)", because="1 - a(K-1) >= 0")
    yield Identity(left=(K - 1) * (1 + a) + (1 + a - a * K), right=K, where=where,
                   sentence="so |T|_* = K p for all of them, and relu(T) = p I",
                   because="trace; off the diagonal -a p <= 0")
    whole = sympy.Symbol("s", positive=True)
    yield worded(-a / (whole - a), -a, {whole: 1 + a}, where=where,
                 sentence="H_bar^T H_bar is a multiple of T: cosines -a, from an orthogonal frame to a simplex ETF",
                 because="balanced factors of T >= 0; all have the value of the linear minimum")
    q = sympy.Symbol("q", positive=True)
    yield Identity(
        left=K * kappa / (2 * (kappa + q**2)) + kappa * K * q, right=K * (kappa / (2 * (kappa + q**2)) + kappa * q),
        where=Domain.of((K, integers_from(2)), (kappa, positive()), (q, positive())),
        sentence="a point whose H is an orthogonal frame has T of K equal singular values q, hence at least K linear "
                 "modes: so H is never an orthogonal frame in every minimiser",
        because="Jensen's inequality with |P|_F^2 <= |T|_F^2 = K q^2",
    )


def claims() -> Iterator[Claim]:
    yield from _reduction()
    yield from _two_classes()
    yield from _narrow()
    yield from _strong_decay()
    yield from _counterexamples()
    yield from _first_features()


def instance(problem: Layered) -> Iterator[Claim]:
    """The value and geometry of the linear model; without a closed form the value to 12 digits."""
    from ncproofs.critical.layered_closed import layered_closed_form
    from ncproofs.critical.layered_optimum import layered_optimum, layered_regime
    from ncproofs.critical.layered_relu import linear_part

    linear = linear_part(problem)
    regime = layered_regime(linear)
    value = layered_closed_form(linear, regime, "objective")
    if regime.geometry in ("orthogonal frame", "zero"):
        yield LayeredGeometry(problem=problem, geometry=regime.geometry)
    if value is not None:
        yield LayeredValue(problem=problem, value=value)
    else:
        lower, upper = layered_optimum(linear, digits=12).quantities["objective"].decimals(12)
        yield LayeredValue(problem=problem, value=lower, relation=">=")
        yield LayeredValue(problem=problem, value=upper, relation="<=")


def _covered(problem: Layered) -> Truth:
    from ncproofs.critical.layered_relu import relu_status

    return relu_status(problem)[0] if problem.relu else Truth.FAILS


THEOREM = Theorem(
    name="layered-relu",
    title="Two layers with a ReLU: the linear minimum under a nuclear-norm hypothesis, and what happens without it",
    statement=(
        "For min (1/2N) |W_2 relu(W_1 H) - Y|^2 + decay, equal classes: the minimum is at most that of the linear "
        "model with min(K, 2 d_1, d_2) directions. If these are min(K, d_2) it is equal under (NN) |relu(W_1 H)|_* <= "
        "|W_1 H|_*, with relu(W_1 H_bar) and W_2 orthogonal frames for kappa < kappa_c and K directions; (NN) always "
        "holds for K = 2, d_2 <= 2 and d_1 = 1. For 16 kappa^3 >= K zero is optimal. "
        "Without (NN) the conclusion is false around kappa_c for every K >= 5: K = 6, kappa = 2/5 has a point of "
        "value 621/2002 + 8 sqrt 3/75 < 1/2. H itself need not be an orthogonal frame: W_1 H_bar = p((1+a) I - a "
        "11^T) is optimal for every 0 <= a <= 1/(K-1) when a = 0 is."
    ),
    idea=(
        "W_2 is eliminated by least squares and W_1, H by the nuclear norm: K f = (1/2) sum kappa/(kappa + p_i^2)\n"
        "+ kappa |T|_*, with p the singular values of relu(T). For two columns the nuclear norm is a length and an\n"
        "area, and the negative parts pay for the area they make. Circulants of five and six classes have a relu of\n"
        "larger nuclear norm."
    ),
    source=source("the ReLU model has the minimisers of the linear one, under an assumption on nuclear norms",
                  "corrected",
                  "the assumption is made explicit, proved for K = 2, d_2 <= 2 and d_1 = 1, and shown to be necessary "
                  "for K >= 5"),
    rests_on=("layered-optimum",),
    covers="K = 2, d_2 <= 2, d_1 = 1; all K with (NN) or 16 kappa^3 >= K; K = 5, 6 and more without it",
    hypotheses=(Hypothesis("K = 2, d_2 <= 2, d_1 = 1, or 16 kappa^3 >= K, or (NN) at the minimiser", _covered),),
    family=Layered,
    general=claims,
    instance=instance,
    open_questions=("K = 3 and 4: no violation is known, none is excluded", "the interval of kappa without (NN), K >= "
                                                                            "5"),
)
