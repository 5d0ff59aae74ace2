"""Saddle boxes of cross-entropy, checked once more inside Coq.

A certificate of kind ``ridge/saddle-box/1`` says that the Hessian form of the objective along one direction D is at
most -margin |D|^2 at every point of a box. ``NCCertificate.saddle`` decides that by interval arithmetic on integers,
and ``saddle_sound`` proves the decision right, so that nothing but this spelling of the integers has to be believed.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

from ncproofs.errors import OutOfScope
from ncproofs.proof.checker_arithmetic import Limit, Rejected
from ncproofs.proof.checker_reading import need, parse, rational, vector, whole
from ncproofs.proof.formal import LOGICAL, TookTooLong, Unaccepted, run_coq

__all__ = ["Box", "box_of", "is_accepted"]

_BITS = 80
_MOST = 50_000


class Box:
    """The integers of one saddle box, in the order that NCCertificate reads them."""

    def __init__(self, statement: Any, direction: Any) -> None:
        problem, self.K, self.d, self.n = statement["problem"], *_sizes(statement["problem"])
        weights = [problem["lambda_W"], problem["lambda_H"], problem["lambda_b"] or "0"]
        self.rationals = [*map(rational, weights), rational(statement["margin"])]
        centre, along = (self._read(part, bias=problem["lambda_b"] is not None)
                         for part in (statement["centre"], direction))
        radius = rational(statement["radius"])
        if radius < 0 or self.rationals[3] <= 0:
            raise Rejected("radius >= 0 and margin > 0 are needed")
        fine = 0 if not radius else max(0, ceil(1 / radius).bit_length() + 10)  # so that rounding it up costs little
        self.shift, self.centre = _integers(centre, fine)
        self.radius = ceil(radius * 2**self.shift)
        self.direction_shift, self.direction = _integers(along, 0)

    def _read(self, point: Any, *, bias: bool) -> list[list[Fraction]]:
        """W by classes, H by samples, b: each vector's coordinates together."""
        W, H, b = need(point, "W", "H", "b")
        if (b is not None) != bias:
            raise Rejected("a bias is missing or superfluous")
        K, d, N = self.K, self.d, self.K * self.n
        rows, features = vector(W, d * K), vector(H, d * N)
        return [[rows[a * K + k] for k in range(K) for a in range(d)],
                [features[a * N + s] for s in range(N) for a in range(d)], vector(b, K) if bias else []]

    def goal(self) -> str:
        """A Coq file that compiles only if the box is what it claims to be."""
        point, along = (" ".join(map(_listed, part)) for part in (self.centre, self.direction))
        fractions = " ".join(f"({q.numerator}) ({q.denominator})" for q in self.rationals)
        return f"""From Coq Require Import ZArith List.
Require Import {LOGICAL}.NCCertificate.
Import ListNotations. Local Open Scope Z_scope.
Theorem box : saddle (F.PtoP {_BITS}) {self.K} {self.d} {self.n} {self.shift} {self.radius}
  {point}
  {self.direction_shift}
  {along}
  {fractions} = true.
Proof. vm_compute. reflexivity. Qed.
Definition curved := saddle_sound {' '.join('_' * 21)} box.
"""


def _sizes(problem: Any) -> tuple[int, int, int]:
    loss, _, K, d, n, *_ = need(problem, "loss", "parameter", "K", "d", "n", "lambda_W", "lambda_H", "lambda_b")
    if loss != "cross_entropy":
        raise OutOfScope("the checker in Coq knows saddle boxes of cross-entropy with weight decay only")
    K, d, n = whole(K, 2, 500), whole(d, 1, 500), whole(n, 1, 500)
    if K * d * (1 + n) > _MOST:
        raise OutOfScope(f"the checker in Coq reads at most {_MOST} coordinates")
    return K, d, n


def _integers(parts: list[list[Fraction]], least: int) -> tuple[int, list[list[int]]]:
    """A shift and all entries as integers in units of 2^-shift."""
    shift = max([least, *(entry.denominator.bit_length() - 1 for part in parts for entry in part)])
    return shift, [[int(entry * 2**shift) for entry in part] for part in parts]


def _listed(entries: list[int]) -> str:
    return f"[{'; '.join(map(str, entries))}]"


def box_of(raw: bytes) -> Box:
    """The saddle box of a certificate.

    Raises:
        Rejected: it is not a well-formed certificate. OutOfScope: it is of another kind, loss or size.
    """
    _, _, statement, _, witness = need(parse(raw), "format", "producer", "statement", "statement_sha256", "witness")
    if not isinstance(statement, dict) or statement.get("kind") != "ridge/saddle-box/1":
        raise OutOfScope("the checker in Coq knows certificates of kind ridge/saddle-box/1 only")
    need(statement, "kind", "title", "problem", "centre", "radius", "margin")
    return Box(statement, need(witness, "bits", "direction")[1])


def is_accepted(raw: bytes, place: Path, seconds: int = 600) -> tuple[str, str]:
    """(verdict, reason) of a certificate, with the library compiled in ``place``."""
    try:
        box = box_of(raw)
        run_coq(box.goal(), place, seconds)
    except OutOfScope as error:
        return "skipped", str(error)
    except (Limit, TookTooLong) as error:
        return "limit", str(error)
    except Rejected as error:
        return "rejected", str(error)
    except Unaccepted as error:
        unequal = "Unable to unify" in str(error)
        return "rejected", "Coq does not find the curvature below -margin in the box" if unequal else str(error)
    return "accepted", f"negative curvature in the whole box at K = {box.K}, d = {box.d}, n = {box.n}, by Coq"
