"""Certificates of identities between indexed sums: the identity as it was written, before any rule was applied."""

from __future__ import annotations

from typing import Any

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor
from ncproofs.proof.certificate import Pair, stated
from ncproofs.proof.certificate_spelling import Names
from ncproofs.proof.claims import SumIdentity
from ncproofs.proof.discharge import Effort

__all__ = ["state", "write"]


def write(claim: SumIdentity, effort: Effort) -> Pair:
    """The statement; the witness is empty, the checker reduces by itself."""
    return state(claim), {}


def state(claim: SumIdentity) -> dict[str, Any]:
    """The two sides as expressions in sums."""
    speller = _Speller()
    left, right = speller.spell(claim.left), speller.spell(claim.right)
    relations = [[speller.symbols.of(symbol, symbol.name), speller.scalar(value)] for symbol, value in claim.relations]
    indices = {speller.indices.of(i, i.name): speller.scalar(i.size) for i in list(speller.indices.known)}
    tensors = {speller.tensors.of(t, t.name): speller.tensor(t) for t in list(speller.tensors.known) if t}
    return stated(
        "sum-identity/1", claim.sentence or "identity of indexed sums", symbols=sorted(speller.symbols.known.values()),
        relations=relations, indices=indices, tensors=tensors, left=left, right=right,
    )


class _Speller:
    """Names of the symbols, indices and tensors of one identity, as they come."""

    def __init__(self) -> None:
        self.symbols, self.indices, self.tensors = Names(), Names(), Names()
        self.tensors.of(None, "delta")

    def scalar(self, value: Any) -> Any:
        return self.symbols.spell(sympy.sympify(value, strict=True))

    def spell(self, part: IndexedSum) -> Any:
        """``part`` by its origin; chains of sums and products are written flat."""
        if part.origin is None:
            return self._by_terms(part)
        kind, *rest = part.origin
        if kind == "number":
            return self.scalar(rest[0])
        if kind == "entry":
            return self._entry(*rest)
        if kind == "sum":
            return ["sum", [self.indices.of(i, i.name) for i in rest[0]], self.spell(rest[1])]
        if kind == "at":
            moved = [[self.indices.of(old, old.name), self.indices.of(new, new.name)] for old, new in rest[0].items()]
            return ["at", moved, self.spell(rest[1])]
        flat: list[Any] = []
        for one in rest:
            spelled = self.spell(one)
            flat += spelled[1:] if isinstance(spelled, list) and spelled[0] == kind else [spelled]
        return [kind, *flat]

    def _by_terms(self, part: IndexedSum) -> Any:
        terms = []
        for monomial, coefficient in part.terms.items():
            body = ["*", self.scalar(coefficient), *(self._entry(*factor) for factor in monomial.factors)]
            term = body if len(body) > 2 else body[1]
            names = [self.indices.of(i, i.name.lstrip("_")) for i in monomial.summed]
            terms.append(["sum", names, term] if names else term)
        return ["+", *terms] if len(terms) > 1 else terms[0] if terms else "0"

    def _entry(self, tensor: Tensor | None, indices: tuple[Index, ...]) -> list[Any]:
        key = self.tensors.of(tensor, "delta" if tensor is None else tensor.name)
        return ["entry", key, *(self.indices.of(i, i.name.lstrip("_")) for i in indices)]

    def tensor(self, tensor: Tensor) -> dict[str, Any]:
        flags = ("symmetric", "antisymmetric", "zero_diagonal", "square_one")
        properties: list[list[Any]] = [[flag] for flag in flags if getattr(tensor, flag)]
        properties += [["zero_sum", slot] for slot in tensor.zero_sum]
        properties += [["unit", tensor.unit]] if tensor.unit is not None else []
        known = {other.name: name for other, name in self.tensors.known.items() if other}
        for kind in ("annihilates", "orthogonal_to"):  # one that speaks of a tensor that does not occur is not needed
            properties += [[kind, s, known[name], t] for s, name, t in getattr(tensor, kind) if name in known]
        return {"slots": [self.scalar(size) for size in tensor.sizes], "properties": properties}
