"""Kinds of statement about one regularised network; settled by ``ncproofs.proof.network_instances``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ncproofs.problems.networks import Network
from ncproofs.proof.claims import Claim

__all__ = ["CostsAtLeast", "DualityGap", "KinksAtData", "MeanGeometry", "NetworkQuantity", "NetworkValue"]

Relation = Literal["==", ">=", "<=", ">", "<"]


@dataclass(frozen=True, kw_only=True)
class NetworkValue(Claim):
    """The minimum of ``problem`` stands in ``relation`` to ``value``, an exact number or SymPy constant."""

    problem: Network
    value: Any
    relation: Relation = "=="


@dataclass(frozen=True, kw_only=True)
class NetworkQuantity(Claim):
    """``quantity`` (a name of ``ncproofs optimum network``) at the optimum of ``problem``, compared with ``value``.

    ``rank`` only where every minimiser has the same: that of a linear map, and with batchnorm the number of active
    classes, the rank of the predictions; not with a ReLU, where other networks may have other neurons.
    """

    problem: Network
    quantity: str
    value: Any
    relation: Relation = "=="


@dataclass(frozen=True, kw_only=True)
class DualityGap(Claim):
    """Minimum of ``problem`` minus maximum of its dual, against ``value``; "== 0" is strong duality."""

    problem: Network
    value: Any
    relation: Literal["==", "<", ">"] = "<"


@dataclass(frozen=True, kw_only=True)
class MeanGeometry(Claim):
    """The class means of the last hidden layer (batchnorm) of every minimiser form ``geometry``.

    "orthogonal frame" (equal lengths, inner products 0) or "simplex ETF"; ``centred``: after the mean of all samples,
    which is that of the class means only for classes of one size, is removed.
    """

    problem: Network
    geometry: Literal["orthogonal frame", "simplex ETF"]
    centred: bool = False


@dataclass(frozen=True, kw_only=True)
class KinksAtData(Claim):
    """Every least-norm interpolant of the spline ``problem`` has its kinks at data points only."""

    problem: Network


@dataclass(frozen=True, kw_only=True)
class CostsAtLeast(Claim):
    """This deeper network does not interpolate the data of the spline ``problem`` for less than the two-layer minimum.

    ``layers``: (weight matrix, biases) of each layer, exact, inputs and output of dimension one, ReLU between layers.
    Inner layers must have Frobenius norm at most one; the cost is sum |a_j||w_j| over the last two.
    """

    problem: Network
    layers: tuple[tuple[Any, Any], ...]
