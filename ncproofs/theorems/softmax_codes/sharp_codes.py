"""Sharp codes: an exact Delsarte certificate with equality, and coordinates built here."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from flint import fmpq_poly

from ncproofs.errors import OutOfScope
from ncproofs.problems.codes import Codes
from ncproofs.proof.claims import Axiom, Claim, Identity, Sign
from ncproofs.proof.code_claims import CodeValue
from ncproofs.proof.domain import Domain, between
from ncproofs.proof.wording import value_at, worded
from ncproofs.theorems.softmax_codes.source import paper
from ncproofs.theorems.theorem import Hypothesis, Theorem
from ncproofs.truth import Truth

t = sympy.Symbol("t", real=True)
#: (d, K) of the codes whose certificates are claimed for the reader, coefficient by coefficient.
LISTED = ((3, 12), (5, 16), (6, 27), (7, 56), (8, 240), (21, 112), (21, 162), (22, 100), (22, 275), (22, 891),
          (23, 552), (23, 4600))


def gegenbauer(d: int, degree: int) -> sympy.Expr:
    """G_k of R^d with G_k(1) = 1, from SymPy's Gegenbauer polynomials of parameter d/2 - 1."""
    value = sympy.gegenbauer(degree, sympy.Rational(d - 2, 2), t)
    return sympy.expand(value / value.subs(t, 1)) if degree else sympy.Integer(1)


def _number(value: fmpq_poly, root: sympy.Expr) -> sympy.Expr:
    return sum((sympy.Rational(int(c.p), int(c.q)) * root**k for k, c in enumerate(value.coeffs())), sympy.Integer(0))


def _certificate(d: int, K: int) -> Iterator[Claim]:
    from ncproofs.critical.code_values import exact_value

    known = exact_value(Codes(K, d))
    assert known is not None and known.certificate is not None
    found, root = known.certificate, 1 / sympy.sqrt(5)  # only (3, 12) uses the root
    c = _number(found.c, root)
    f = (t - c) * (t + 1) ** found.endpoint
    for node in found.nodes:
        f *= (t - _number(node, root)) ** 2
    values = [_number(value, root) for value in found.coefficients]
    where = Domain.of((t, between(-1, 1, closed=True)))
    yield Identity(
        left=f, right=sum((v * gegenbauer(d, k) for k, v in enumerate(values)), sympy.Integer(0)), where=where,
        sentence=f"(d, K) = ({d}, {K}): f = (t - {c}) x squares{' x (t + 1)' * found.endpoint} = sum f_k G_k with f = "
                 f"{', '.join(map(str, values))}",
        because="f <= 0 on [-1, c] by its form",
    )
    mean = sympy.Symbol("f_0", positive=True)
    yield worded(value_at(f, t, 1), K * mean, {mean: values[0]}, where=where, because=f"so K points have c(W) >= {c}",
                 sentence=f"({d}, {K}): f(1) = K f_0")
    for k, value in enumerate(values):
        yield Sign(expression=value, relation=">", where=Domain(), sentence=f"({d}, {K}): f_{k} = {value} > 0",
                   because="Gegenbauer coefficient")


def claims() -> Iterator[Claim]:
    yield Axiom(name="Schoenberg's theorem on Gegenbauer polynomials",
                uses="sum_{i,j} G_k(<x_i, x_j>) >= 0 for unit vectors of R^d: K f(1) >= K^2 f_0 + (terms >= 0) when "
                     "f <= 0 at all inner products of different points")
    for d, K in LISTED:
        yield from _certificate(d, K)
        yield from instance(Codes(K, d))


def instance(problem: Codes) -> Iterator[Claim]:
    """The value of this sharp code.

    Raises:
        OutOfScope: (d, K) is not one of the twelve, and no value is claimed.
    """
    from ncproofs.critical.code_values import exact_value

    known = exact_value(problem)
    if known is None or known.certificate is None:
        raise OutOfScope(f"(d, K) = ({problem.d}, {problem.K}) is not one of the twelve pairs, so no value is claimed; "
                         "code-bounds has bounds of rho*")
    c = _number(known.certificate.c, 1 / sympy.sqrt(5))
    yield CodeValue(
        problem=problem, value=1 - c,
        because="the code is built and its inner products computed; f(1) = K f_0 and h(1) != K h_0 for h = f/(t - c)",
    )


def _listed(problem: Codes) -> Truth:
    return Truth.HOLDS if (problem.d, problem.K) in LISTED else Truth.FAILS


THEOREM = Theorem(
    name="sharp-codes",
    title="Softmax codes that a Delsarte certificate proves optimal",
    statement=(
        "rho*(d, K) = 1 - c* for (d, K): (3, 12) 1 - 1/sqrt 5; (5, 16) 4/5; (6, 27) 3/4; (7, 56) 2/3; (8, 240) 1/2; "
        "(21, 112) 8/9; (21, 162) 6/7; (22, 100) 10/11; (22, 275) 5/6; (22, 891) 3/4; (23, 552) 4/5; (23, 4600) 2/3."
    ),
    idea="f = (t - c)(t + 1)^e prod (t - a)^2 is <= 0 on [-1, c], has positive Gegenbauer coefficients and f(1) "
         "= K f_0: no\n"
    "K points do better, and the code built from E8, the Leech lattice or the golden ratio does as well.",
    source=paper("values for special K and d", "auxiliary",
                 "Delsarte, Goethals, Seidel; Levenshtein; the codes are constructed and their inner products "
                 "computed"),
    covers="twelve pairs (d, K)",
    hypotheses=(Hypothesis("(d, K) is one of the twelve", _listed),),
    general=claims,
    instance=instance,
    family=Codes,
)
