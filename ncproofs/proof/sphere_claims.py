"""Kinds of statement about one problem on products of spheres; settled by ``ncproofs.proof.sphere_instances``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ncproofs.problems.features import Spheres
from ncproofs.proof.claims import Claim

__all__ = [
    "ContactInequality",
    "DualCertificate",
    "MultiplierBalance",
    "SphereComparison",
    "SphereGeometry",
    "SphereInertia",
    "SphereQuantity",
    "SphereSpectrum",
    "SphereValue",
]

Relation = Literal["==", ">=", "<=", ">", "<"]


@dataclass(frozen=True, kw_only=True)
class SphereValue(Claim):
    """The minimum of ``problem`` stands in ``relation`` to ``value``, an exact number or SymPy constant."""

    problem: Spheres
    value: Any
    relation: Relation = "=="


@dataclass(frozen=True, kw_only=True)
class SphereGeometry(Claim):
    """Every global minimiser of ``problem`` has ``geometry``.

    One of "simplex ETF", "orthogonal frame", "unit-norm tight frame" (all with h = w), "equal logit gaps", "exact fit".
    """

    problem: Spheres
    geometry: str


@dataclass(frozen=True, kw_only=True)
class SphereQuantity(Claim):
    """``quantity`` (a name of ``ncproofs optimum sphere``) at the optimum, or at h = -w, compared with ``value``."""

    problem: Spheres
    quantity: str
    value: Any
    relation: Relation = "=="
    point: str = "etf"


@dataclass(frozen=True, kw_only=True)
class SphereComparison(Claim):
    """``quantity`` at the optimum of ``left`` stands in ``relation`` to the same at the optimum of ``right``.

    ``quantity``: objective, multiplier_W, multiplier_H, condition_number, or least_curvature (the least magnitude
    of a nonzero Hessian eigenvalue).
    """

    quantity: str
    left: Spheres
    right: Spheres
    relation: Literal[">", "<"]


@dataclass(frozen=True, kw_only=True)
class SphereInertia(Claim):
    """The Riemannian Hessian at a named point ("etf", "antipodal", "frame") has exactly so many eigenvalues
    ``negative`` and ``zero``; None leaves a number open.
    """

    problem: Spheres
    zero: int | None = None
    negative: int | None = None
    point: str = "etf"


@dataclass(frozen=True, kw_only=True)
class SphereSpectrum(Claim):
    """The closed-form spectrum at a named point agrees with the dense Riemannian Hessian, enclosed in balls."""

    problem: Spheres
    point: str = "etf"


@dataclass(frozen=True, kw_only=True)
class DualCertificate(Claim):
    """T = [[-D_alpha, tau G], [tau G^T, -D_beta]] >= 0 at the named critical point, and the loss is convex.

    So the point is a global minimiser among unit vectors of every dimension.
    """

    problem: Spheres
    point: str = "etf"


@dataclass(frozen=True, kw_only=True)
class ContactInequality(Claim):
    """Inequality (J): Phi(r) >= Phi(1) + Phi'(1)(r^2 - 1)/2 for |r| <= 2(K-1)/K, with equality only at r = 1,
    and Phi'(1) < 0."""

    problem: Spheres


@dataclass(frozen=True, kw_only=True)
class MultiplierBalance(Claim):
    """sum_k alpha_k w_k = 0 at the named critical point of ``problem``."""

    problem: Spheres
    point: str = "etf"
