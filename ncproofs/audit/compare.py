r"""Trained W, H, b against the certified optimum.

Their entries are floats, and a float is an exact number: the objective there is enclosed by the kernels with their
rounding bound, and the excess over the certified minimum is enclosed as well. For cross-entropy and label smoothing
below the threshold the excess e itself proves two measures, by the identity of theorem lower-bound-chain: with
theta = sqrt(lambda_W/(n lambda_H)),

    e >= (lambda_H/2) sum_{k,i} |h_{k,i} - theta (w_k - w_bar)|^2 + (K lambda_W/2) |w_bar|^2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import hypot
from typing import Any

import numpy as np

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.audit.measures import Array, distance, measures
from ncproofs.audit.reading import Trained
from ncproofs.critical.multilabel import MultiLabelOptimum, label_optimum
from ncproofs.critical.optimum import optimum
from ncproofs.critical.profiles import is_mean_squared, profile_of
from ncproofs.critical.sphere_optimum import sphere_optimum
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.kernels.bounds import rounding_bounds
from ncproofs.kernels.features import evaluate
from ncproofs.kernels.labels import labels_of
from ncproofs.losses.loss import Loss
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.certificate import NoCertificate, seal
from ncproofs.proof.minimum_certificates import minimum_certificate
from ncproofs.truth import Rigor, Truth

__all__ = ["Audit", "audit", "certificate", "problem_for"]

Problem = Ridge | Spheres


@dataclass(frozen=True, kw_only=True)
class Audit:
    """``quantities`` are enclosed: objective, gradient_norm and, where the minimum is certified, minimum, excess and
    what the excess proves. ``measures`` are floats. ``truth`` says whether the minimum is certified."""

    problem: Problem
    counts: tuple[int, ...]
    truth: Truth
    regime: str
    geometry: str
    quantities: Mapping[str, Enclosure]
    measures: Mapping[str, float]
    because: str
    notes: tuple[str, ...]


def problem_for(given: Trained, loss: Loss, *, tau: object = None, lambda_W: object = None, lambda_H: object = None,
                lambda_b: object = None) -> Problem:
    """The problem with the sizes of the arrays; n is the size of the first class.

    Raises:
        InvalidProblem, InexactInput: weights and a temperature at once, neither, or weights that are not exact.
    """
    sizes: dict[str, Any] = {"K": given.K, "d": given.d, "n": max(1, int(given.counts[0]))}
    if tau is not None:
        if lambda_W is not None or lambda_H is not None or given.b is not None:
            raise InvalidProblem("unit classifiers and features have a temperature, and neither weights nor a bias")
        return Spheres(loss, **sizes, tau=tau)  # type: ignore[arg-type]
    if lambda_W is None or lambda_H is None:
        raise InvalidProblem(
            "weights or a temperature are needed; write --lambda-W 1/1000 --lambda-H 1/1000, or --tau 2")
    if (given.b is None) != (lambda_b in (None, "none")):
        asked = "there is no array b; leave --lambda-b out" if given.b is None else (
            "there is an array b; write its weight, --lambda-b 0 if it is free")
        raise InvalidProblem(asked)
    bias = None if given.b is None else lambda_b
    return Ridge(loss, **sizes, lambda_W=lambda_W, lambda_H=lambda_H, lambda_b=bias)  # type: ignore[arg-type]


def audit(given: Trained, problem: Problem, *, digits: int = 12) -> Audit:
    """How far ``given`` is from the global minimum of ``problem``.

    Source: "Are All Losses Created Equal" (arXiv 2210.02192) for weight decay, "Neural Collapse with Normalized
    Features" (arXiv 2209.09211) for unit columns; NC1 to NC4 as in Papyan, Han, Donoho (arXiv 2008.08186).
    On spheres the columns are divided by their lengths first, and the value is estimated, not enclosed.

    Raises:
        OutOfScope: the loss is not finite at the point, or no theorem covers it.
    """
    notes: list[str] = []
    if isinstance(problem, Spheres):
        given = _normalised(given, notes)
    quantities = _at_the_point(given, problem)
    found = _minimum(given, problem, digits, notes)
    told = measures(given)
    # Bounds of the minimum are bounds also where they are wide; a closed form is the minimum only if the answer holds.
    known = found is not None and (found.truth is Truth.HOLDS or isinstance(found, MultiLabelOptimum))
    if not known:
        notes += [] if found is None else [f"the closed form is not the minimum, or not known to be: {found.because}"]
        return Audit(problem=problem, counts=tuple(map(int, given.counts)), truth=Truth.UNDECIDED, regime="unknown",
                     geometry="unknown", quantities=quantities, measures=told,
                     because="no minimum is known here to compare with", notes=tuple(notes))
    least = found.quantities["objective"]
    quantities |= {"minimum": least, "excess": _difference(quantities["objective"], least)}
    if found.truth is Truth.HOLDS:
        quantities |= _proved(given, problem, found, quantities["excess"])
    told |= _distances(given, problem, found)
    return Audit(problem=problem, counts=tuple(map(int, given.counts)), truth=found.truth, regime=found.regime,
                 geometry=found.geometry, quantities=quantities, measures=told, because=found.because,
                 notes=(*notes, *found.notes))


def certificate(given: Trained, problem: Problem) -> bytes:
    """The bytes of a certificate that the minimum lies between a dual bound and the value at ``given``.

    Raises:
        OutOfScope: unit columns, classes of unequal size, a loss without a dual bound, or too many numbers to check.
    """
    if isinstance(problem, Spheres) or len(set(given.counts.tolist())) > 1:
        what = "unit columns have" if isinstance(problem, Spheres) else "classes of unequal size have"
        raise OutOfScope(f"{what} no certificate of an audit; leave --certificate out")
    order = np.argsort(given.classes, kind="stable")
    try:
        pair = minimum_certificate(problem, given.W, given.H[:, order], given.b)
    except NoCertificate as error:
        raise OutOfScope(f"no certificate: {error}; leave --certificate out") from None
    return seal(*pair)


def _normalised(given: Trained, notes: list[str]) -> Trained:
    largest = [np.abs(X).max(axis=0) for X in (given.W, given.H)]
    if min(top.min() for top in largest) == 0:
        raise InvalidProblem("a classifier or feature is zero, and has no direction")
    # After this no square is above or below all floats.
    scaled = [X / top for X, top in zip((given.W, given.H), largest, strict=True)]
    lengths = [np.linalg.norm(X, axis=0) for X in scaled]
    with np.errstate(over="ignore"):
        off = max(float(np.abs(length * top - 1).max()) for length, top in zip(lengths, largest, strict=True))
    if off > 2.0**-20:
        notes.append(f"columns were divided by their lengths, which differ from 1 by up to {off:.3g}")
    return replace(given, W=scaled[0] / lengths[0], H=scaled[1] / lengths[1])


def _at_the_point(given: Trained, problem: Problem) -> dict[str, Enclosure]:
    point, labels = (given.W, given.H, given.b), labels_of(given.K, given.classes)
    at, error = evaluate(problem, point, labels=labels), rounding_bounds(problem, point, labels=labels)
    parts = [(part, bound) for part, bound in zip(at.gradient, error.gradient, strict=True) if part is not None]
    size = hypot(*(_length(part) for part, _ in parts))
    slack = hypot(*(float(bound or 0) for _, bound in parts)) * (1 + 2.0**-40)
    rigor = Rigor.ESTIMATED if isinstance(problem, Spheres) else Rigor.ENCLOSED
    return {"objective": _around(at.value, error.value, rigor), "gradient_norm": _around(size, slack, rigor, least=0)}


def _length(part: Array) -> float:
    """The norm, also where squares of entries are below or above all floats."""
    largest = float(np.abs(part).max())
    return largest * float(np.linalg.norm(part / largest)) if 0 < largest < np.inf else largest


def _around(value: float, error: float, rigor: Rigor, least: int | None = None) -> Enclosure:
    """value +- error, a little wider for the rounding of these two numbers themselves."""
    if not (np.isfinite(error) and np.isfinite(value)):
        raise OutOfScope("no rounding bound is known at this point")
    slack = Fraction(error) + abs(Fraction(value)) * Fraction(1, 2**40 if least is not None else 2**52)
    low = Fraction(value) - slack
    return Enclosure(low if least is None else max(Fraction(least), low), Fraction(value) + slack, rigor)


def _difference(a: Enclosure, b: Enclosure) -> Enclosure:
    return Enclosure(a.lower - b.upper, a.upper - b.lower, min(a.rigor, b.rigor))


def _minimum(given: Trained, problem: Problem, digits: int, notes: list[str]) -> Any:
    balanced = len(set(given.counts.tolist())) == 1
    if not balanced:
        sizes = f"{given.counts.min()} to {given.counts.max()}"
        notes.append(f"the classes have {sizes} samples: collapse is proved for equal ones")
    try:
        if balanced and isinstance(problem, Spheres):
            return sphere_optimum(problem, digits=digits)
        if balanced and (problem.d >= problem.K - 1 or is_mean_squared(problem.loss)):
            return optimum(problem, digits=digits)  # type: ignore[arg-type]
        if isinstance(problem, Ridge) and problem.loss.name == "cross_entropy":
            samples = tuple((int(k) + 1,) for k in given.classes)
            return label_optimum(MultiLabel(problem.K, problem.d, problem.lambda_W, problem.lambda_H,
                                            problem.lambda_b, labels=samples), digits=digits)
    except (OutOfScope, InvalidProblem) as error:
        notes.append(str(error))
        return None
    notes.append("no theorem here covers this loss with these sizes")
    return None


def _proved(given: Trained, problem: Problem, found: Any, excess: Enclosure) -> dict[str, Enclosure]:
    """What the excess alone proves, by the identity above."""
    if not (isinstance(problem, Ridge) and found.regime == "collapse") or is_mean_squared(problem.loss):
        return {}
    if profile_of(problem.loss).kind != "linear":
        return {}
    most, zero = max(excess.upper, Fraction(0)), Fraction(0)
    features = 2 * most / (problem.lambda_H * given.N)
    return {"mean_sq_feature_distance": Enclosure(zero, features, Rigor.ENCLOSED),
            "classifier_mean_norm_sq": Enclosure(zero, 2 * most / (problem.K * problem.lambda_W), Rigor.ENCLOSED)}


def _distances(given: Trained, problem: Problem, found: Any) -> dict[str, float]:
    if found.geometry != "simplex ETF" or found.truth is not Truth.HOLDS or given.d < given.K - 1:
        return {}
    K = problem.K
    frame = _frame(K)
    if isinstance(problem, Spheres):
        if found.regime != "collapse":
            return {}
        rows = samples = frame * float(np.sqrt(K / (K - 1)))
    else:
        norms = [float(found.quantities[name].upper) for name in ("W_row_norm_sq", "H_col_norm_sq")]
        rows, samples = (frame * float(np.sqrt(norm * K / (K - 1))) for norm in norms)
    return {"distance": distance(given, rows, samples)}


def _frame(K: int) -> Array:
    """(K - 1, K): orthonormal rows orthogonal to 1."""
    j, k = np.arange(1, K)[:, None], np.arange(K)[None, :]
    return np.where(k < j, 1, np.where(k == j, -j, 0)) / np.sqrt(j * (j + 1))
