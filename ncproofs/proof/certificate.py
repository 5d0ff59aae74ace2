"""Certificates of verdicts, as docs/certificate-format.md describes them: the envelope, and one writer per claim.

A writer turns a claim into a statement (what is claimed) and a witness (what helps to check it). It may use
anything to find the witness; ``verdict_certificate`` then lets the checker decide about the finished bytes.
To certify a new type of claim, name the module of its writer in ``_WRITERS``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from ncproofs.errors import NcproofsError
from ncproofs.problems.multilabel import MultiLabel, Problem
from ncproofs.proof import checker
from ncproofs.proof.checker_reading import canonical
from ncproofs.proof.claims import Axiom, Claim, Hole
from ncproofs.proof.discharge import Effort

if TYPE_CHECKING:
    from ncproofs.problems.layered import Layered
    from ncproofs.problems.networks import Network

__all__ = ["NoCertificate", "digest_of", "problem_record", "seal", "stated", "verdict_certificate",
           "verdict_statement", "write"]

Pair = tuple[dict[str, Any], dict[str, Any]]
PRODUCER = "ncproofs"

#: Type of claim -> module of ncproofs.proof with ``write(claim, effort) -> (statement, witness)``.
_WRITERS = {
    "Identity": "general_certificates",
    "Sign": "general_certificates",
    "UniqueRoot": "general_certificates",
    "SumIdentity": "sum_certificates",
    "MatrixInertia": "matrix_certificates",
    **dict.fromkeys((
        "BenignLandscape", "CollapsedOptimum", "CriticalValue", "Curvature", "NullityAtOptimum", "OptimalValue",
        "OptimumIs", "ScaleEquation", "SpectrumAtOptimum", "UniqueArgmin",
    ), "ridge_certificates"),
    **dict.fromkeys((
        "BenignSphereLandscape", "ContactInequality", "DualCertificate", "MultiplierBalance",
        "NoSpuriousSphereMinima", "SphereGeometry", "SphereInertia", "SphereQuantity", "SphereSpectrum",
        "SphereValue", "SpuriousSphereMinimum",
    ), "sphere_certificates"),
    **dict.fromkeys((
        "BenignLayeredLandscape", "FiniteCriticalPoints", "LayeredAttained", "LayeredGeometry", "LayeredInertia",
        "LayeredKind", "LayeredQuantity", "LayeredSpectrum", "LayeredValue", "ReluFirstFeatures",
    ), "layered_certificates"),
    **dict.fromkeys((
        "DualityGap", "KinksAtData", "MeanGeometry", "NetworkQuantity", "NetworkValue",
    ), "network_certificates"),
    **dict.fromkeys((
        "BenignLabelLandscape", "DualGap", "LabelGeometry", "LabelNullity", "LabelOriginCurvature", "LabelQuantity",
        "LabelSpectrum", "LabelStationary", "LabelValue", "ScalarRoot",
    ), "label_certificates"),
    **dict.fromkeys(("CodeBracket", "CodeMinimisesLoss", "CodeValue"), "code_certificates"),
}


class NoCertificate(NcproofsError):
    """No certificate was found for a claim; the message says why."""


def stated(kind: str, title: str, **parts: Any) -> dict[str, Any]:
    """A statement of this kind."""
    return {"kind": kind, "title": _ascii(title), **parts}


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode("ascii")


def problem_record(problem: Problem | Network) -> dict[str, Any]:
    """``problem`` as statements spell it: the ``parameters`` of a verdict, the ``problem`` of its claims.

    Raises:
        NoCertificate: a loss that the checker does not know.
    """
    from ncproofs.problems.codes import Codes
    from ncproofs.problems.layered import Layered
    from ncproofs.problems.networks import Network
    from ncproofs.proof.certificate_spelling import Unspeakable
    from ncproofs.proof.written_losses import loss_record

    if isinstance(problem, MultiLabel):
        return label_record(problem)
    if isinstance(problem, Codes):
        return {"K": problem.K, "d": problem.d}
    if isinstance(problem, Layered):
        return layered_record(problem)
    if isinstance(problem, Network):
        return network_record(problem)

    try:
        name, parameter = loss_record(problem.loss)
    except Unspeakable as error:
        raise NoCertificate(str(error)) from None
    record: dict[str, Any] = {"loss": name, "parameter": parameter}
    for part in dataclasses.fields(problem):
        value = getattr(problem, part.name)
        if part.name != "loss":
            record[part.name] = value if value is None or isinstance(value, int) else str(value)
    return record


def label_record(problem: MultiLabel) -> dict[str, Any]:
    """A problem with label sets; counts or labels, the other is null."""
    from ncproofs.losses.pick_all_label import pick_all_label

    power = problem.loss.parameters.get("power", 0)
    if not isinstance(power, (int, Fraction)) or problem.loss.phi != pick_all_label(power).phi:
        raise NoCertificate(f"{problem.loss} is not pick-all-label cross-entropy")
    return {
        "loss": "pick_all_label", "parameter": int(power) or None, "K": problem.K, "d": problem.d,
        "counts": None if problem.counts is None else [list(pair) for pair in cast(Any, problem.counts)],
        "labels": None if problem.labels is None else [list(labels) for labels in cast(Any, problem.labels)],
        "weights": [[m, str(v)] for m, v in cast(Any, problem.weights)],
        "lambda_W": str(problem.lambda_W), "lambda_H": str(problem.lambda_H),
        "lambda_b": None if problem.lambda_b is None else str(problem.lambda_b),
    }


def layered_record(problem: Layered) -> dict[str, Any]:
    """A layered problem as statements spell it."""
    return {
        "K": problem.K, "widths": list(problem.widths), "lambdas": [str(weight) for weight in problem.lambdas],
        "n": problem.n if problem.balanced else list(problem.class_sizes), "lambda_H": str(problem.lambda_H),
        "lambda_b": None if problem.lambda_b is None else str(problem.lambda_b), "relu": problem.relu,
    }


def network_record(problem: Network) -> dict[str, Any]:
    """A network, its data as exact strings."""
    data: dict[str, Any] = {}
    for part in dataclasses.fields(problem.data):
        value = getattr(problem.data, part.name)
        data[part.name] = None if value is None else [
            entry if isinstance(entry, int) else list(map(str, entry)) if isinstance(entry, tuple) else str(entry)
            for entry in value
        ]
    return {"kind": problem.kind, "data": data, "beta": None if problem.beta is None else str(problem.beta),
            "layers": problem.layers, "normalisation": problem.normalisation}


def write(claim: Claim, effort: Effort) -> Pair:
    """The statement and the witness of one claim.

    Raises:
        NoCertificate: there is no writer for this type of claim, or it found no witness.
    """
    if isinstance(claim, Axiom):
        return _axiom(claim), {}
    pair: Pair = _writer(claim).write(claim, effort)
    return pair


def _axiom(claim: Axiom) -> dict[str, Any]:
    return stated("axiom/1", claim.uses, name=claim.name)


def _writer(claim: Claim) -> Any:
    room = _WRITERS.get(type(claim).__name__)
    if room is None:
        raise NoCertificate(f"there is no writer for {type(claim).__name__}")
    return importlib.import_module(f"ncproofs.proof.{room}")


def verdict_statement(
    theorem: str, title: str, problem: Problem | Network | None, claims: Iterable[Claim],
    parts: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """What a verdict states; ``parts`` are the statements of its claims, if they are known already.

    A writer with a function ``state(claim)`` gives a statement without looking for a witness.
    """
    claims = tuple(claims)
    if parts is None:
        parts = []
        for claim in claims:
            if not isinstance(claim, (Axiom, Hole)):
                writer = _writer(claim)
                parts.append(writer.state(claim) if hasattr(writer, "state") else writer.write(claim, Effort())[0])
            elif isinstance(claim, Axiom):
                parts.append(_axiom(claim))
    return stated(
        "verdict/1", title, theorem=theorem, parameters=None if problem is None else problem_record(problem),
        claims=parts, holes=[_ascii(claim.step) for claim in claims if isinstance(claim, Hole)],
    )


def seal(statement: dict[str, Any], witness: dict[str, Any], producer: str = PRODUCER) -> bytes:
    """The canonical bytes of a certificate."""
    return canonical({
        "format": checker.FORMAT, "producer": producer, "statement": statement,
        "statement_sha256": digest_of(statement), "witness": witness,
    })


def digest_of(statement: dict[str, Any]) -> str:
    """The identity of a statement."""
    return hashlib.sha256(canonical(statement)).hexdigest()


def verdict_certificate(
    theorem: str, title: str, problem: Problem | Network | None, claims: Iterable[Claim], effort: Effort
) -> tuple[dict[str, Any], bytes]:
    """The statement and the bytes of a certificate for all sizes (``problem`` is None) or at ``problem``.

    ``claims`` are all the claims that the verdict rests on. The checker has accepted what is returned.

    Raises:
        NoCertificate: for one of the claims, or the checker does not accept what was written.
    """
    claims = tuple(claims)
    pairs = [write(claim, effort) for claim in claims if not isinstance(claim, Hole)]
    statement = verdict_statement(theorem, title, problem, claims, [part for part, _ in pairs])
    raw = seal(statement, {"claims": [witness for _, witness in pairs]})
    verdict, reason = checker.check(raw, expected={digest_of(statement)})
    if verdict != "accepted":
        raise NoCertificate(f"the checker says {verdict}: {reason}")
    return statement, raw
