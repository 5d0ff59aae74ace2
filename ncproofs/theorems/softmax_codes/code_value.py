"""Theorem E: the value of the softmax code is 1 minus the value of the Tammes problem, for every K and d."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor, scalar, total
from ncproofs.proof.claims import Axiom, Claim, Sign, SumIdentity
from ncproofs.proof.domain import Domain, nonnegative, positive
from ncproofs.theorems.softmax_codes.source import d, paper
from ncproofs.theorems.theorem import Theorem

a = Index("a", d)
#: Tangents of the half angles: 2 phi is the angle between w and h, p = tan(phi_k/2), q = tan(phi_j/2).
p, q = sympy.symbols("p q", nonnegative=True)
A, S = (1 - p**2) / (1 + p**2), 2 * p / (1 + p**2)
B, T = (1 - q**2) / (1 + q**2), 2 * q / (1 + q**2)


def _vectors() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """u_k, u_j along w + h, and r_k, r_j along w - h: unit vectors, r orthogonal to u."""
    return (Tensor("u_k", (d,), unit=0), Tensor("u_j", (d,), unit=0),
            Tensor("r_k", (d,), unit=0, orthogonal_to=((0, "u_k", 0),)),
            Tensor("r_j", (d,), unit=0, orthogonal_to=((0, "u_j", 0),)))


def _inner(x: IndexedSum, y: IndexedSum) -> IndexedSum:
    return total(x * y, a)


def _identity() -> Iterator[Claim]:
    u, v, r, s = _vectors()
    wk, hk = A * u[a] + S * r[a], A * u[a] - S * r[a]
    wj, hj = B * v[a] + T * s[a], B * v[a] - T * s[a]
    c = _inner(u[a], v[a])
    for vector, name in ((wk, "w_k"), (hj, "h_j")):
        yield SumIdentity(left=_inner(vector, vector), right=scalar(1), because="cos^2 + sin^2 = 1",
                          sentence=f"{name} = cos(phi) u +- sin(phi) r has length one")
    yield SumIdentity(
        left=1 - c - (_inner(wk - wj, hk) + _inner(wj - wk, hj)) / 2,
        right=(1 - A * B) * (1 - c) + (1 - A * B - S * T) * (A * B - S * T) + S * T * (1 - _inner(r[a], s[a])),
        sentence="master identity: 1 - <u_k,u_j> - (<w_k-w_j,h_k> + <w_j-w_k,h_j>)/2 = (1-c)(1 - cos phi_k cos phi_j) "
                 "+ (1 - cos(phi_k-phi_j)) cos(phi_k+phi_j) + sin phi_k sin phi_j (1 - <r_k,r_j>)",
        because="u = (w+h)/|w+h|, |w+h|/2 = cos phi, (w-h)/2 = sin phi r; 1 - cos x = 2 sin^2(x/2)",
    )
    yield SumIdentity(left=1 - c, right=total((u[a] - v[a]) ** 2, a) / 2, because="unit vectors",
                      sentence="1 - <u_k, u_j> = |u_k - u_j|^2/2 >= 0")
    yield SumIdentity(left=1 - _inner(r[a], s[a]), right=total((r[a] - s[a]) ** 2, a) / 2, because="unit vectors",
                      sentence="1 - <r_k, r_j> = |r_k - r_j|^2/2 >= 0")


def _signs() -> Iterator[Claim]:
    x, y = sympy.symbols("x y", nonnegative=True)
    r = sympy.Symbol("r", positive=True)  # p, when it is not 0
    angles = Domain.of((p, nonnegative()), (q, nonnegative()))
    yield Sign(expression=1 - A * B, relation=">=", where=angles, sentence="1 - cos phi_k cos phi_j >= 0",
               because="half angles")
    yield SumIdentity(
        left=scalar(1 - A * B - S * T), right=scalar(2 * (p - q) ** 2 / ((1 + p**2) * (1 + q**2))),
        sentence="1 - cos(phi_k - phi_j) = 2 (p - q)^2/((1 + p^2)(1 + q^2)) >= 0", because="a square",
    )
    sines = Domain.of((p, nonnegative()), (q, nonnegative()), (x, nonnegative()), (y, nonnegative()))
    yield Sign(expression=(p + x) * (q + y) - p * q, relation=">=", where=sines,
               sentence="<w,h> = cos^2 phi - sin^2 phi >= 0 means cos phi = sin phi + x with x >= 0, so "
                        "cos(phi_k + phi_j) = cos cos - sin sin >= 0",
               because="here p, q stand for the two sines")
    yield Sign(expression=1 - (A * B).subs(p, r), relation=">", where=Domain.of((r, positive()), (q, nonnegative())),
               sentence="1 - cos phi_k cos phi_j > 0 unless both angles vanish: a pair with 1 - <u_k, u_j> = "
                        "(rho_k + rho_j)/2 > 0 has w = h = u for both",
               because="so points of a softmax code whose u has a contact are self-dual")
    yield Sign(expression=S * T, relation=">=", where=angles, sentence="sin phi_k sin phi_j >= 0",
               because="0 <= phi <= pi/2")


def _conclusion() -> Iterator[Claim]:
    w, o = Tensor("w_k", (d,), unit=0), Tensor("w_j", (d,), unit=0)
    yield SumIdentity(
        left=total((w[a] - o[a]) * w[a], a), right=1 - total(o[a] * w[a], a),
        sentence="h = w has margin min_j <w_k - w_j, w_k> = 1 - max_j <w_j, w_k> >= 1 - c(W)",
        because="so rho_k >= 1 - max_j <w_j, w_k> for every W, hence rho* >= 1 - c*",
    )
    yield Axiom(name="a continuous function on a compact set attains its maximum",
                uses="a softmax code W exists; with its projection directions h_k (h_k = w_k where rho_k = 0) every "
                     "<w_k, h_k> > 0 (softmax-margin-duality), both margins are at least rho*, and u = (w + h)/|w + h| "
                     "has 1 - <u_k, u_j> >= (rho_k + rho_j)/2 >= rho* for every pair: 1 - c* >= rho*")


def claims() -> Iterator[Claim]:
    yield from _identity()
    yield from _signs()
    yield from _conclusion()


THEOREM = Theorem(
    name="softmax-code-value",
    title="The softmax code and the Tammes problem have the same value: rho* = 1 - c*",
    statement=(
        "For all K >= 2 and d >= 1: max_W min_k dist(w_k, conv{w_j : j != k}) = 1 - min_W max_{j != k} <w_j, "
        "w_k>, over "
        "unit vectors w_1, ..., w_K of R^d. For every W with projection directions h and u = (w + h)/|w + h|: "
        "1 - <u_k, u_j> >= (rho_k + rho_j)/2 for each pair. So every Tammes code is a softmax code, and u of a "
        "softmax code "
        "is a Tammes code."
    ),
    idea="Average each classifier with its best feature. One identity writes 1 - <u_k, u_j> minus the mean of the two\n"
    "margins as a sum of three terms, each nonnegative as soon as <w, h> >= 0, which projection directions satisfy.",
    source=paper("the softmax code is conjectured to solve the Tammes problem in general", "stronger",
                 "the equality of the two values is proved for every d and K"),
    rests_on=("softmax-margin-duality",),
    notation=(
        ("p", "tan(phi_k/2); where the sentence is about sums of angles, sin phi_k"),
        ("q", "the same of phi_j"),
        ("r", "tan(phi_k/2) where it is not zero"),
        ("x", "cos phi_k - sin phi_k"),
        ("y", "cos phi_j - sin phi_j"),
    ),
    covers="all K >= 2, d >= 1, any unit vectors with <w, h> >= 0",
    general=claims,
    open_questions=("whether the two sets of solutions coincide when a Tammes code has rattlers",),
)
