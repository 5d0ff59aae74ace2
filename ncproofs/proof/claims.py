"""The trusted vocabulary: every kind of statement that can be settled.

A claim is a value. ``ncproofs.proof.discharge.discharge(claim, effort)`` settles it and returns ``Evidence``.
``because`` says, for the reader, why the claim is expected to hold; it is never used as a proof.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import sympy

from ncproofs.problems.features import Ridge
from ncproofs.proof.domain import Domain

__all__ = [
    "Axiom",
    "BenignLandscape",
    "Claim",
    "CollapsedOptimum",
    "CriticalValue",
    "Curvature",
    "Hole",
    "Identity",
    "MatrixInertia",
    "NullityAtOptimum",
    "OptimalValue",
    "OptimumIs",
    "ScaleEquation",
    "Sign",
    "SpectrumAtOptimum",
    "SumIdentity",
    "UniqueArgmin",
    "UniqueRoot",
    "Wording",
]

Relation = Literal[">", ">=", "<", "<="]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Base of the closed union below."""

    because: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class Wording:
    """The sides of an identity as they are printed, before anything was computed; ``letters`` have values.

    Nothing is proved of it: ``ncproofs.proof.wording`` shows that it says the same as the claim.
    """

    left: Any
    right: Any
    letters: tuple[tuple[Any, sympy.Expr], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Identity(Claim):
    """``left == right`` at every point of ``where`` at which both are defined; ``wording`` is how it is printed."""

    left: sympy.Expr
    right: sympy.Expr
    where: Domain = field(default_factory=Domain)
    wording: Wording | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class Sign(Claim):
    """``expression relation 0`` on all of ``where``."""

    expression: sympy.Expr
    relation: Relation
    where: Domain


@dataclass(frozen=True, kw_only=True)
class UniqueRoot(Claim):
    """``expression`` has exactly one zero in ``variable``, in the open interval (``lower``, ``upper``)."""

    expression: sympy.Expr
    variable: sympy.Symbol
    lower: sympy.Expr
    upper: sympy.Expr


@dataclass(frozen=True, kw_only=True)
class UniqueArgmin(Claim):
    """``phi(t) + c |t|`` has exactly one minimiser on the real line, for the loss's reduced function phi at this K.

    ``c`` is exact, or None for "every c > 0".
    """

    loss: Any
    K: int
    c: Any = None


@dataclass(frozen=True, kw_only=True)
class SumIdentity(Claim):
    """An identity between indexed sums (``ncproofs.calculus.indexed``), for every size of every index range."""

    left: Any
    right: Any
    relations: tuple[tuple[sympy.Expr, sympy.Expr], ...] = ()
    wording: Wording | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class MatrixInertia(Claim):
    """A symmetric rational matrix has so many eigenvalues > 0, < 0 and = 0, each with its multiplicity.

    ``rows``: the whole matrix, as rows of integers, Fractions or strings such as "1/100", or a SymPy matrix.
    """

    rows: Any
    positive: int
    negative: int
    zero: int


@dataclass(frozen=True, kw_only=True)
class Axiom(Claim):
    """A classical theorem of ``ncproofs.proof.axioms``, used as it stands; ``uses`` says for what, for the reader.

    Another name is a hole. A verdict that rests on axioms alone is not certified: nothing was checked.
    """

    name: str
    uses: str


@dataclass(frozen=True, kw_only=True)
class Hole(Claim):
    """A step that nobody checked. It is printed, and nothing that rests on it is certified."""

    step: str


@dataclass(frozen=True, kw_only=True)
class OptimalValue(Claim):
    """The minimum of ``problem`` is ``value`` (an exact number or a SymPy constant), or lies relative to it."""

    problem: Ridge
    value: sympy.Expr
    relation: Literal["==", ">=", "<=", ">", "<"] = "=="


@dataclass(frozen=True, kw_only=True)
class CollapsedOptimum(Claim):
    """Every global minimiser of ``problem`` has ``geometry``.

    ``geometry`` is one of "simplex ETF", "orthogonal frame", "intermediate frame", "zero".
    """

    problem: Ridge
    geometry: str


@dataclass(frozen=True, kw_only=True)
class OptimumIs(Claim):
    """At the optimum of ``problem``, ``quantity`` (a name of ``ncproofs optimum``) equals ``value``."""

    problem: Ridge
    quantity: str
    value: sympy.Expr


@dataclass(frozen=True, kw_only=True)
class ScaleEquation(Claim):
    """The collapsed point whose reduced margin solves ``phi'(t) = slope`` is a critical point of ``problem``.

    ``scale`` is the ratio |h_{k,i}| / |w_k| of that point, or None for the balanced one.
    """

    problem: Ridge
    slope: sympy.Expr
    scale: sympy.Expr | None = None


@dataclass(frozen=True, kw_only=True)
class NullityAtOptimum(Claim):
    """The Hessian of ``problem`` at its optimum has exactly ``nullity`` zero eigenvalues."""

    problem: Ridge
    nullity: int


@dataclass(frozen=True, kw_only=True)
class SpectrumAtOptimum(Claim):
    """The closed-form spectrum at the optimum agrees with the dense Hessian, enclosed in balls."""

    problem: Ridge


@dataclass(frozen=True, kw_only=True)
class Curvature(Claim):
    """At the critical point W = H = 0, the explicit direction of the null sector has this second derivative."""

    problem: Ridge
    value: sympy.Expr


@dataclass(frozen=True, kw_only=True)
class CriticalValue(Claim):
    """``problem`` has a critical point of the named ``family`` that is a strict local minimum modulo symmetry.

    ``family``: "origin" or "collapse".
    """

    problem: Ridge
    family: str


@dataclass(frozen=True, kw_only=True)
class BenignLandscape(Claim):
    """Every critical point of ``problem`` is a global minimiser or a strict saddle."""

    problem: Ridge
