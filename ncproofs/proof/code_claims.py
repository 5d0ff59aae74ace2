"""Kinds of statement about spherical codes; settled by ``ncproofs.proof.code_instances``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ncproofs.problems.codes import Codes, Points
from ncproofs.proof.claims import Claim

__all__ = [
    "CodeBracket", "CodeEverywhereActive", "CodeMinimisesLoss", "CodeQuantity", "CodeValue", "HardMaxValue",
    "LocalCodeValue", "LossAtCode", "SoftmaxCode",
]

Relation = Literal["==", ">=", "<=", ">", "<"]


@dataclass(frozen=True, kw_only=True)
class CodeValue(Claim):
    """rho*(d, K) stands in ``relation`` to ``value``, an exact number or SymPy constant."""

    problem: Codes
    value: Any
    relation: Relation = "=="


@dataclass(frozen=True, kw_only=True)
class CodeBracket(Claim):
    """The certified bounds of rho*(d, K) are consistent: a lower bound by a point set, an upper bound by a theorem."""

    problem: Codes


@dataclass(frozen=True, kw_only=True)
class CodeQuantity(Claim):
    """``quantity`` of the given points compared with ``value``, exactly.

    ``quantity``: "margin", "rho[k]" (k from 1), "cosine" (the largest), or "one_minus_cosine[k]" (1 minus the largest
    inner product of point k with another). Points of one length are scaled to length one.
    """

    points: Points
    quantity: str
    value: Any
    relation: Relation = "=="


@dataclass(frozen=True, kw_only=True)
class HardMaxValue(Claim):
    """HardMax(W, H) of the given points, taken as they are, against ``value``; ``features[k]`` lists class k's."""

    points: Points
    features: tuple[tuple[tuple[Any, ...], ...], ...]
    value: Any
    relation: Relation = "=="


@dataclass(frozen=True, kw_only=True)
class SoftmaxCode(Claim):
    """The given points, of one length, are a softmax code: their margin is rho*(d, K) after scaling."""

    points: Points


@dataclass(frozen=True, kw_only=True)
class CodeEverywhereActive(Claim):
    """Every point k of the given set has rho_k = rho(W): there is no rattler."""

    points: Points


@dataclass(frozen=True, kw_only=True)
class LocalCodeValue(Claim):
    """Some strict local maximum modulo rotations has a margin that stands in ``relation`` to ``value``.

    The candidate is the best code that a search from ``seed`` finds.
    """

    problem: Codes
    value: Any
    relation: Relation = "=="
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class LossAtCode(Claim):
    """f_tau at the proved optimal code W with H = W, or with H = -W, compared with ``value``."""

    problem: Codes
    tau: Any
    value: Any
    relation: Relation = "=="
    features: str = "equal"


@dataclass(frozen=True, kw_only=True)
class CodeMinimisesLoss(Claim):
    """At temperature ``tau`` the best known code, with its best features, minimises cross-entropy on spheres."""

    problem: Codes
    tau: Any
    seed: int = 0
