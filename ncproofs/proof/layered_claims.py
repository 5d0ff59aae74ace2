"""Kinds of statement about one layered problem; settled by ``ncproofs.proof.layered_instances``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ncproofs.problems.layered import Layered
from ncproofs.proof.claims import Claim

if TYPE_CHECKING:
    from ncproofs.critical.layered_points import Counts

__all__ = [
    "BenignLayeredLandscape",
    "FiniteCriticalPoints",
    "LayeredAttained",
    "LayeredGeometry",
    "LayeredInertia",
    "LayeredKind",
    "LayeredQuantity",
    "LayeredSpectrum",
    "LayeredValue",
    "ReluFirstFeatures",
]

Relation = Literal["==", ">=", "<=", ">", "<"]


@dataclass(frozen=True, kw_only=True)
class LayeredValue(Claim):
    """The minimum of ``problem`` stands in ``relation`` to ``value``, an exact number or SymPy constant."""

    problem: Layered
    value: Any
    relation: Relation = "=="


@dataclass(frozen=True, kw_only=True)
class LayeredQuantity(Claim):
    """``quantity`` (a name of ``ncproofs optimum layered``) at the optimum stands in ``relation`` to ``value``."""

    problem: Layered
    quantity: str
    value: Any
    relation: Relation = "=="


@dataclass(frozen=True, kw_only=True)
class LayeredGeometry(Claim):
    """Every global minimiser of ``problem`` has ``geometry``.

    One of "orthogonal frame", "simplex ETF", "intermediate frame", "orthogonal means" (zero ones allowed), "zero", of
    the class means; with relu, of the class means of relu(W_1 H).
    """

    problem: Layered
    geometry: str


@dataclass(frozen=True, kw_only=True)
class LayeredAttained(Claim):
    """The minimiser of the closed form, written out, has gradient zero and the claimed value, in balls."""

    problem: Layered


@dataclass(frozen=True, kw_only=True)
class LayeredSpectrum(Claim):
    """The closed-form spectrum at a critical point agrees with the dense Hessian, enclosed in balls.

    ``plus``, ``minus``: directions with sigma_plus and sigma_minus; one number for each group of directions when there
    are several (a regularised bias: class, mean; unequal classes: one for each size), see ``layered_points``.
    """

    problem: Layered
    plus: Counts
    minus: Counts = 0


@dataclass(frozen=True, kw_only=True)
class LayeredInertia(Claim):
    """The Hessian at a critical point has exactly so many eigenvalues ``negative`` and ``zero``; None: left open."""

    problem: Layered
    plus: Counts
    minus: Counts = 0
    negative: int | None = None
    zero: int | None = None


@dataclass(frozen=True, kw_only=True)
class LayeredKind(Claim):
    """The critical points with ``plus`` and ``minus`` directions are of this ``kind``.

    "global minimum", "local minimum" (strict modulo symmetry, and not global), "strict saddle", "degenerate saddle".
    """

    problem: Layered
    kind: str
    plus: Counts
    minus: Counts = 0


@dataclass(frozen=True, kw_only=True)
class BenignLayeredLandscape(Claim):
    """Every critical point of ``problem`` is a global minimiser or a strict saddle."""

    problem: Layered


@dataclass(frozen=True, kw_only=True)
class FiniteCriticalPoints(Claim):
    """The critical points of ``problem`` have finitely many products W_L ... W_1 H."""

    problem: Layered


@dataclass(frozen=True, kw_only=True)
class ReluFirstFeatures(Claim):
    """With relu: in every global minimiser the class means of H are an orthogonal frame."""

    problem: Layered
