"""Identities between indexed sums for every size at once: what ``sum-identity/1`` means."""

from __future__ import annotations

from itertools import permutations, product
from math import factorial, prod
from typing import Any

from ncproofs.proof.checker_algebra import Field
from ncproofs.proof.checker_arithmetic import Budget, Rejected, evaluate
from ncproofs.proof.checker_reading import definitions, expression, listed, mentions, name, need, whole

Factor = tuple[str, tuple[str, ...]]
_PROPERTIES = {"symmetric": 0, "antisymmetric": 0, "zero_diagonal": 0, "square_one": 0, "zero_sum": 1, "unit": 1,
               "annihilates": 3, "orthogonal_to": 3}


class Sums:
    """Terms of indexed sums, reduced by the declared properties."""

    def __init__(self, statement: list[Any], budget: Budget) -> None:
        symbols, relations, indices, tensors = statement
        self.field, self.budget = Field(budget, proving=False), budget
        if not isinstance(indices, dict) or not isinstance(tensors, dict):
            raise Rejected("indices and tensors are objects")
        self.env = {name(symbol): self.field.generator(0) for symbol in listed(symbols)}
        related = definitions(relations)
        if any(mentions(body, key) for _, body in related for key, _ in related) or len(dict(related)) < len(related):
            raise Rejected("a relation uses a related symbol, or a symbol is related twice")
        self.env |= {key: evaluate(body, self.env, self.field) for key, body in related}
        self.sizes = {name(key): self.value(size) for key, size in indices.items()}
        self.slots: dict[str, list[Any]] = {}
        self.properties: dict[str, list[list[Any]]] = {}
        for key, tensor in tensors.items():
            slots, properties = need(tensor, "slots", "properties")
            self.slots[name(key)] = [self.value(size) for size in listed(slots)]
            self.properties[key] = listed(properties)
        for key, properties in self.properties.items():
            for item in properties:
                self._check_property(key, listed(item))

    def value(self, body: Any) -> Any:
        return evaluate(expression(body), self.env, self.field)

    def _check_property(self, key: str, item: list[Any]) -> None:
        kind, *rest = item or [None]
        if key == "delta" or not isinstance(kind, str) or _PROPERTIES.get(kind) != len(rest):
            raise Rejected("an unknown property of a tensor")
        slots, pair = self.slots[key], kind in ("symmetric", "antisymmetric", "zero_diagonal")
        if pair and (len(slots) < 2 or slots[0] != slots[1]):
            raise Rejected(f"{key} cannot be {kind} in slots of different sizes")
        if rest:
            size = slots[whole(rest[0], 0, len(slots) - 1)]
            if len(rest) == 3:
                other = self.slots.get(rest[1] if isinstance(rest[1], str) else "")
                if other is None or size != other[whole(rest[2], 0, len(other) - 1)]:
                    raise Rejected(f"{key} is {kind} with a slot that does not fit")

    def has(self, tensor: str, *item: Any) -> bool:
        return list(item) in self.properties.get(tensor, [])

    def term(self, value: Any) -> tuple[Any, tuple[str, ...], tuple[Factor, ...]]:
        """(coefficient, summed indices, factors), once every index fits its slot."""
        coefficient, summed, factors = need(value, "coefficient", "sum", "factors")
        names = tuple(map(name, listed(summed)))
        made = []
        for item in listed(factors):
            key, *indices = map(name, listed(item) or [None])
            sizes = [self.sizes.get(index) for index in indices]
            slots = [sizes[0]] * 2 if key == "delta" and len(sizes) == 2 else self.slots.get(key)
            if slots is None or None in sizes or sizes != slots:
                raise Rejected(f"the indices of a factor {key} do not fit its slots")
            made.append((key, tuple(indices)))
        if len(set(names)) < len(names) or not set(names) <= set(self.sizes):
            raise Rejected("a summed index is unknown or occurs twice")
        return self.value(coefficient), names, tuple(made)

    def reduce(self, coefficient: Any, summed: tuple[str, ...], factors: tuple[Factor, ...]) -> Any:
        """(coefficient, key) with the same key for every naming of the summed indices; None for zero."""
        while True:
            step = self._step(list(summed), list(factors))
            if step is None:
                break
            summed, factors, unused = step
            for index in unused:
                coefficient = self.field.mul(coefficient, self.sizes[index])
        if self._vanishes(summed, factors):
            return None
        sign, key = self._least(summed, factors)
        return (coefficient if sign > 0 else self.field.neg(coefficient), key) if sign else None

    def _step(self, summed: list[str], factors: list[Factor]) -> Any:
        """One use of a delta, of a square of one, of a unit vector or of an unused index; None when there is none."""
        for place, (key, indices) in enumerate(factors):
            rest = factors[:place] + factors[place + 1 :]
            if key == "delta":
                left, right = sorted(indices)
                gone, kept = (left, right) if left in summed and right not in summed else (right, left)
                if left == right:
                    return summed, rest, []
                moved = [(k, tuple(kept if i == gone else i for i in old)) for k, old in rest]
                if gone in summed:  # sum_j delta[j, k] x[j] = x[k]
                    return [index for index in summed if index != gone], moved, []
                if moved != rest:  # delta[j, k] x[k] = delta[j, k] x[j] with j and k free
                    return summed, [*moved, ("delta", (kept, gone))], []
            for other, again in enumerate(rest):
                if self._same(again, (key, indices)):
                    others = rest[:other] + rest[other + 1 :]
                    if self.has(key, "square_one") or (key == "delta"):
                        return summed, others + ([(key, indices)] if key == "delta" else []), []
                    used = [i for _, old in others for i in old]
                    for slot, index in enumerate(indices):
                        if (self.has(key, "unit", slot) and index in summed and index not in used
                                and indices.count(index) == 1 and again[1] == indices):
                            return [i for i in summed if i != index], others, []
        used = [index for _, indices in factors for index in indices]
        unused = [index for index in summed if index not in used]
        return ([index for index in summed if index in used], factors, unused) if unused else None

    def _same(self, a: Factor, b: Factor) -> bool:
        swapped = (b[0], (*b[1][1::-1], *b[1][2:]))
        return a == b or (a == swapped and (a[0] == "delta" or self.has(a[0], "symmetric")))

    def _vanishes(self, summed: tuple[str, ...], factors: tuple[Factor, ...]) -> bool:
        for key, indices in factors:
            if len(indices) > 1 and indices[0] == indices[1]:
                if self.has(key, "zero_diagonal") or self.has(key, "antisymmetric"):
                    return True
        for index in summed:
            found = [(p, slot) for p, (_, old) in enumerate(factors) for slot, i in enumerate(old) if i == index]
            (key, one) = factors[found[0][0]]
            if len(found) == 1 and self.has(key, "zero_sum", found[0][1]):
                return True
            if len(found) == 2 and found[0][0] != found[1][0]:
                other, two = factors[found[1][0]]
                s, t = found[0][1], found[1][1]
                agree = [i for i in one if i != index] == [i for i in two if i != index]
                for kind in ("annihilates", "orthogonal_to"):
                    if self.has(key, kind, s, other, t) or self.has(other, kind, t, key, s):
                        if kind == "annihilates" or agree:
                            return True
        return False

    def _size_key(self, index: str) -> str:
        return repr([sorted(poly.items()) for poly in self.sizes[index]])

    def _least(self, summed: tuple[str, ...], factors: tuple[Factor, ...]) -> tuple[int, Any]:
        """The least spelling over all namings, and its sign; sign 0 when a term equals its own negative."""
        groups: dict[str, list[str]] = {}
        for index in sorted(summed, key=self._size_key):
            groups.setdefault(self._size_key(index), []).append(index)
        self.budget.spend(prod(factorial(min(len(group), 12)) for group in groups.values()) * (1 + len(factors)))
        best: Any = None
        signs: set[int] = set()
        for choice in product(*(permutations(group) for group in groups.values())):
            naming = {index: (1, f"{g}", place) for g, order in enumerate(choice) for place, index in enumerate(order)}
            sign, spelled = 1, []
            for key, indices in factors:
                new = [naming.get(index, (0, index, 0)) for index in indices]
                if new[:2] != sorted(new[:2]) and len(new) > 1:
                    if key == "delta" or self.has(key, "symmetric") or self.has(key, "antisymmetric"):
                        new[:2] = new[1::-1]
                        sign = -sign if self.has(key, "antisymmetric") else sign
                spelled.append((key, tuple(new)))
            spelling = tuple(sorted(spelled))
            if best is None or spelling < best:
                best, signs = spelling, set()
            if spelling == best:
                signs.add(sign)
        return (0 if len(signs) == 2 else signs.pop()), (best, tuple((k, len(v)) for k, v in groups.items()))


def sum_identity(statement: list[Any], witness: Any, budget: Budget) -> None:
    *declared, left, right = statement
    need(witness)
    sums = Sums(declared, budget)
    total: dict[Any, Any] = {}
    for terms, direction in ((left, 1), (right, -1)):
        for item in listed(terms):
            reduced = sums.reduce(*sums.term(item))
            if reduced is not None:
                value = reduced[0] if direction > 0 else sums.field.neg(reduced[0])
                before = total.get(reduced[1])
                total[reduced[1]] = value if before is None else sums.field.add(before, value)
    if not all(sums.field.vanishes(value[0]) for value in total.values()):
        raise Rejected("left - right does not reduce to zero")
