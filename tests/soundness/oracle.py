"""A statement of a certificate as a claim of the library: two programs that share no code judge the same words.

``refuted(statement)`` is the witness if the library can refute what the checker accepted. It must never be.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy

from ncproofs.errors import NcproofsError
from ncproofs.losses import known_loss
from ncproofs.losses.projected_mean_squared import projected_mean_squared
from ncproofs.problems.features import FeatureProblem, Ridge, Spheres
from ncproofs.problems.layered import Layered
from ncproofs.problems.networks import Labels, Network, Points, Regression
from ncproofs.proof import claims as on_ridge
from ncproofs.proof import layered_claims as on_layers
from ncproofs.proof import network_claims as on_networks
from ncproofs.proof import sphere_claims as on_spheres
from ncproofs.proof.claims import Claim
from ncproofs.proof.discharge import Effort, discharge
from ncproofs.proof.domain import Domain, Range
from ncproofs.proof.sphere_landscape import BenignSphereLandscape
from ncproofs.truth import Truth

__all__ = ["claim_of", "refuted"]

Names = dict[str, sympy.Symbol]


def refuted(statement: dict[str, Any]) -> str:
    """The library's witness against the statement, or empty."""
    try:
        claim = claim_of(statement)
        if claim is None:
            return ""
        evidence = discharge(claim, Effort(starts=2))
    except NcproofsError:
        return ""
    return evidence.witness or evidence.because if evidence.truth is Truth.FAILS else ""


def claim_of(statement: dict[str, Any]) -> Claim | None:
    """The claim that the statement spells, or None for a kind that the library has no claim for."""
    rule = _RULES.get(statement["kind"])
    return None if rule is None else rule(statement)


def _expression(body: Any, names: Names) -> sympy.Expr:
    if isinstance(body, str):
        return names[body] if body in names else sympy.Rational(*Fraction(body).as_integer_ratio())
    operation, *rest = body
    if operation == "^":
        return _expression(rest[0], names) ** rest[1]
    parts = [_expression(part, names) for part in rest]
    if operation in ("+", "*"):
        return (sympy.Add if operation == "+" else sympy.Mul)(*parts)
    if operation == "-":
        return -parts[0] if len(parts) == 1 else parts[0] - parts[1]
    if operation == "/":
        return parts[0] / parts[1]
    if operation == "pow":
        return sympy.exp(parts[1] * sympy.log(parts[0]))
    made: sympy.Expr = {"exp": sympy.exp, "log": sympy.log, "sqrt": sympy.sqrt}[operation](*parts)
    return made


def _domain(value: list[dict[str, Any]]) -> tuple[Domain, Names]:
    names: Names = {}
    ranges = []
    for item in value:
        ends = [None if item[key] is None else _expression(item[key], names) for key in ("lower", "upper")]
        names[item["name"]] = sympy.Symbol(item["name"], real=True)
        span = Range(*ends, lower_open=item["lower_open"], upper_open=item["upper_open"], integer=item["integer"])
        ranges.append((names[item["name"]], span))
    return Domain(tuple(ranges)), names


def _loss(name: str, parameter: Any) -> Any:
    if name == "projected_mean_squared":
        return projected_mean_squared()
    if name == "expression":
        raise NcproofsError("a loss of one's own")
    return known_loss(name if parameter is None else f"{name}({parameter})")


def _problem(value: dict[str, Any]) -> FeatureProblem:
    sizes = {key: entry for key, entry in value.items() if key not in ("loss", "parameter")}
    loss = _loss(value["loss"], value["parameter"])
    return Spheres(loss, **sizes) if "tau" in value else Ridge(loss, **sizes)


def _identity(s: dict[str, Any]) -> Claim:
    where, names = _domain(s["domain"])
    return on_ridge.Identity(left=_expression(s["left"], names), right=_expression(s["right"], names), where=where)


def _sign(s: dict[str, Any]) -> Claim:
    where, names = _domain(s["domain"])
    return on_ridge.Sign(expression=_expression(s["expression"], names), relation=s["relation"], where=where)


def _root(s: dict[str, Any]) -> Claim:
    variable = sympy.Symbol(s["variable"], real=True)
    ends = [end if given is None else _expression(given, {})
            for given, end in ((s["lower"], -sympy.oo), (s["upper"], sympy.oo))]
    return on_ridge.UniqueRoot(expression=_expression(s["expression"], {s["variable"]: variable}), variable=variable,
                               lower=ends[0], upper=ends[1])


def _ridge_optimum(s: dict[str, Any]) -> Claim | None:
    value = _expression(s["value"], {})
    if s["quantity"] == "objective":
        return on_ridge.OptimalValue(problem=_problem(s["problem"]), value=value, relation=s["relation"])
    if s["relation"] != "==":
        return None
    return on_ridge.OptimumIs(problem=_problem(s["problem"]), quantity=s["quantity"], value=value)


def _sphere_optimum(s: dict[str, Any]) -> Claim:
    value, problem = _expression(s["value"], {}), _problem(s["problem"])
    if s["quantity"] == "objective" and s["point"] == "minimum":
        return on_spheres.SphereValue(problem=problem, value=value, relation=s["relation"])
    point = "antipodal" if s["point"] == "antipodal" else "etf"
    return on_spheres.SphereQuantity(
        problem=problem, quantity=s["quantity"], value=value, relation=s["relation"], point=point)


def _layers(value: dict[str, Any]) -> Layered:
    sizes = {"class_sizes": value["n"]} if isinstance(value["n"], list) else {"n": value["n"]}
    return Layered(layers=len(value["lambdas"]), K=value["K"], lambdas=value["lambdas"], lambda_H=value["lambda_H"],
                   widths=value["widths"], lambda_b=value["lambda_b"], relu=value["relu"], **sizes)


def _network(value: dict[str, Any]) -> Network:
    made = Labels if value["kind"] == "batchnorm" else Points if value["kind"] == "spline" else Regression
    return Network(**{**value, "data": made(**value["data"])})


def _layered_optimum(s: dict[str, Any]) -> Claim:
    problem, value = _layers(s["problem"]), _expression(s["value"], {})
    if s["quantity"] == "objective":
        return on_layers.LayeredValue(problem=problem, value=value, relation=s["relation"])
    return on_layers.LayeredQuantity(problem=problem, quantity=s["quantity"], value=value, relation=s["relation"])


_RULES: dict[str, Callable[[dict[str, Any]], Claim | None]] = {
    "identity/1": _identity,
    "sign/1": _sign,
    "root/1": _root,
    "matrix/inertia/1": lambda s: on_ridge.MatrixInertia(
        rows=s["rows"], positive=s["positive"], negative=s["negative"], zero=s["zero"]),
    "ridge/optimum/1": _ridge_optimum,
    "ridge/geometry/1": lambda s: on_ridge.CollapsedOptimum(problem=_problem(s["problem"]), geometry=s["geometry"]),
    "ridge/benign/1": lambda s: on_ridge.BenignLandscape(problem=_problem(s["problem"])),
    "ridge/argmin/1": lambda s: on_ridge.UniqueArgmin(
        loss=_loss(s["loss"], s["parameter"]), K=s["K"], c=_expression(s["c"], {})),
    "ridge/scale/1": lambda s: on_ridge.ScaleEquation(
        problem=_problem(s["problem"]), slope=_expression(s["slope"], {}),
        scale=None if s["scale"] is None else _expression(s["scale"], {})),
    "ridge/origin-curvature/1": lambda s: on_ridge.Curvature(
        problem=_problem(s["problem"]), value=_expression(s["value"], {})),
    "ridge/inertia/1": lambda s: on_ridge.NullityAtOptimum(
        problem=_problem(s["problem"]), nullity=s["zero"]) if s["point"] == "minimum" else None,
    "sphere/optimum/1": _sphere_optimum,
    "sphere/geometry/1": lambda s: on_spheres.SphereGeometry(problem=_problem(s["problem"]), geometry=s["geometry"]),
    "sphere/contact/1": lambda s: on_spheres.ContactInequality(problem=_problem(s["problem"])),
    "sphere/inertia/1": lambda s: on_spheres.SphereInertia(
        problem=_problem(s["problem"]), zero=s["zero"], negative=s["negative"], point=s["point"]),
    "sphere/dual/1": lambda s: on_spheres.DualCertificate(problem=_problem(s["problem"]), point=s["point"]),
    "sphere/conditioning/1": lambda s: on_spheres.SphereQuantity(
        problem=_problem(s["problem"]), quantity="condition_number", value=_expression(s["value"], {}),
        relation=s["relation"]),
    "sphere/balance/1": lambda s: on_spheres.MultiplierBalance(problem=_problem(s["problem"]), point=s["point"]),
    "layered/optimum/1": _layered_optimum,
    "layered/geometry/1": lambda s: on_layers.LayeredGeometry(problem=_layers(s["problem"]), geometry=s["geometry"]),
    "layered/benign/1": lambda s: on_layers.BenignLayeredLandscape(problem=_layers(s["problem"])),
    "layered/finite/1": lambda s: on_layers.FiniteCriticalPoints(problem=_layers(s["problem"])),
    "layered/attained/1": lambda s: on_layers.LayeredAttained(problem=_layers(s["problem"])),
    "layered/critical/1": lambda s: on_layers.LayeredInertia(
        problem=_layers(s["problem"]), plus=s["plus"], minus=s["minus"], negative=s["negative"], zero=s["zero"]),
    "network/value/1": lambda s: on_networks.NetworkValue(
        problem=_network(s["problem"]), value=_expression(s["value"], {}), relation=s["relation"]),
    "network/gap/1": lambda s: on_networks.DualityGap(
        problem=_network(s["problem"]), value=s["value"], relation=s["relation"]),
    "network/rank/1": lambda s: on_networks.NetworkQuantity(
        problem=_network(s["problem"]), quantity="rank", value=s["rank"]),
    "network/means/1": lambda s: on_networks.MeanGeometry(
        problem=_network(s["problem"]), geometry=s["geometry"], centred=s["centred"]),
    "network/kinks/1": lambda s: on_networks.KinksAtData(problem=_network(s["problem"])),
    "sphere/benign/1": lambda s: BenignSphereLandscape(problem=_problem(s["problem"])),
}
