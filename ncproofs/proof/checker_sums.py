"""Identities between indexed sums for every size at once: what ``sum-identity/1`` means."""

from __future__ import annotations

from itertools import permutations, product
from math import factorial, prod
from typing import Any

from ncproofs.proof.checker_algebra import ONE, Field, Ratio
from ncproofs.proof.checker_arithmetic import Budget, Rejected, evaluate
from ncproofs.proof.checker_reading import expression, listed, name, need, whole

Index = tuple[str, int]  # (name, 0) of a free index, ("", number) of a summed one
Factor = tuple[str, tuple[Index, ...]]
Monomial = tuple[tuple[int, ...], tuple[Factor, ...]]  # the sizes of the summed indices, and the factors
Sum = dict[Monomial, Ratio]
_PROPERTIES = {"symmetric": 0, "antisymmetric": 0, "zero_diagonal": 0, "square_one": 0, "zero_sum": 1, "unit": 1,
               "annihilates": 3, "orthogonal_to": 3}


class Sums:
    """Expressions in indexed sums as combinations of monomials, reduced by the declared properties."""

    def __init__(self, symbols: Any, relations: Any, indices: Any, tensors: Any, budget: Budget) -> None:
        self.field, self.budget = Field(budget, proving=False), budget
        self.sizes: list[Ratio] = []
        if not isinstance(indices, dict) or not isinstance(tensors, dict):
            raise Rejected("indices and tensors are objects")
        self.env = {name(symbol): self.field.generator(0) for symbol in listed(symbols)}
        related = [(name(key), expression(body)) for key, body in (listed(pair, 2) for pair in listed(relations))]
        self.env |= {key: evaluate(body, self.env, self.field) for key, body in related}
        self.indices = {name(key): self._size(size) for key, size in indices.items()}
        self.slots: dict[str, list[int]] = {}
        self.properties: dict[str, list[list[Any]]] = {}
        if "delta" in tensors:
            raise Rejected("delta is Kronecker's; a tensor needs another name")
        for key, tensor in tensors.items():
            slots, properties = need(tensor, "slots", "properties")
            self.slots[name(key)] = [self._size(size) for size in listed(slots)]
            self.properties[key] = listed(properties)
        for key, properties in self.properties.items():
            for item in properties:
                self._check_property(key, listed(item))

    def _size(self, body: Any) -> int:
        """The number of a size; equal sizes have one number."""
        value = evaluate(expression(body), self.env, self.field)
        for number, known in enumerate(self.sizes):
            if self.field.vanishes(self.field.sub(value, known)):
                return number
        self.sizes.append(value)
        return len(self.sizes) - 1

    def _check_property(self, key: str, item: list[Any]) -> None:
        kind, *rest = item or [None]
        if key == "delta" or not isinstance(kind, str) or _PROPERTIES.get(kind) != len(rest):
            raise Rejected("an unknown property of a tensor")
        slots = self.slots[key]
        if kind in ("symmetric", "antisymmetric", "zero_diagonal") and (len(slots) < 2 or slots[0] != slots[1]):
            raise Rejected(f"{key} cannot be {kind} in slots of different sizes")
        if rest:
            size = slots[whole(rest[0], 0, len(slots) - 1)]
            if len(rest) == 3:
                other = self.slots.get(rest[1] if isinstance(rest[1], str) else "")
                if other is None or size != other[whole(rest[2], 0, len(other) - 1)]:
                    raise Rejected(f"{key} is {kind} with a slot that does not fit")

    def has(self, tensor: str, *item: Any) -> bool:
        return list(item) in self.properties.get(tensor, [])

    def value(self, body: Any) -> Sum:
        """An expression in sums; whatever is not made of the operations below is a scalar."""
        operation, *rest = body if isinstance(body, list) and body else [None]
        if operation == "entry":
            return self._entry(*map(name, rest))
        if operation == "sum" and len(rest) == 2:
            return self._summed([name(index) for index in listed(rest[0])], self.value(rest[1]))
        if operation == "at" and len(rest) == 2:
            return self._renamed(rest[0], self.value(rest[1]))
        if operation in ("+", "*") and rest:
            total = self.value(rest[0])
            for part in rest[1:]:
                total = self._add(total, self.value(part)) if operation == "+" else self._mul(total, self.value(part))
            return total
        return self._collected([(((), ()), evaluate(expression(body), self.env, self.field))])

    def _entry(self, key: str = "", *indices: str) -> Sum:
        sizes = [self.indices.get(index) for index in indices]
        slots = [sizes[0]] * 2 if key == "delta" and len(sizes) == 2 else self.slots.get(key)
        if slots is None or None in sizes or sizes != slots:
            raise Rejected(f"the indices of an entry of {key} do not fit its slots")
        return self._collected([(((), ((key, tuple((index, 0) for index in indices)),)), (ONE, {}))])

    def _add(self, a: Sum, b: Sum) -> Sum:
        return self._collected([*a.items(), *b.items()])

    def _mul(self, a: Sum, b: Sum) -> Sum:
        made = []
        for ((sizes, factors), c), ((others, right), d) in product(a.items(), b.items()):
            moved = {("", number): ("", len(sizes) + number) for number in range(len(others))}
            made.append(((sizes + others, factors + _moved(right, moved)), self.field.mul(c, d)))
        return self._collected(made)

    def _summed(self, names: list[str], part: Sum) -> Sum:
        if len(set(names)) < len(names) or not set(names) <= set(self.indices):
            raise Rejected("a summed index is unknown or occurs twice")
        made = []
        for (sizes, factors), c in part.items():
            moved = {(index, 0): ("", len(sizes) + place) for place, index in enumerate(names)}
            made.append(((sizes + tuple(self.indices[index] for index in names), _moved(factors, moved)), c))
        return self._collected(made)

    def _renamed(self, names: Any, part: Sum) -> Sum:
        moved = {(name(old), 0): (name(new), 0) for old, new in (listed(pair, 2) for pair in listed(names))}
        sizes = [[self.indices.get(index) for index, _ in pair] for pair in moved.items()]
        if any(None in pair or pair[0] != pair[1] for pair in sizes):
            raise Rejected("an index is renamed to one of another size")
        return self._collected([((s, _moved(factors, moved)), c) for (s, factors), c in part.items()])

    def _collected(self, terms: list[tuple[Monomial, Ratio]]) -> Sum:
        total: Sum = {}
        for (sizes, factors), coefficient in terms:
            summed = {("", number): size for number, size in enumerate(sizes)}
            while step := self._step(summed, list(factors)):
                gone, factors = step
                for index, counts in gone:
                    size = summed.pop(index)
                    coefficient = self.field.mul(coefficient, self.sizes[size]) if counts else coefficient
            sign, key = (0, ((), ())) if self._vanishes(summed, factors) else self._least(summed, factors)
            if sign:
                coefficient = coefficient if sign > 0 else self.field.neg(coefficient)
                total[key] = self.field.add(total[key], coefficient) if key in total else coefficient
        return total

    def _step(self, summed: dict[Index, int], factors: list[Factor]) -> Any:
        """One use of a delta, a square of one, a unit vector or an unused index: ([(summed index that goes, whether
        its size is a factor)], factors); None when there is none."""
        for place, (key, indices) in enumerate(factors):
            rest = factors[:place] + factors[place + 1 :]
            if key == "delta":
                left, right = sorted(indices)
                if left == right:
                    return [], tuple(rest)
                gone, kept = (left, right) if left in summed else (right, left)
                moved = _moved(rest, {gone: kept})
                if gone in summed:  # sum_j delta[j, k] x[j] = x[k]
                    return [(gone, False)], moved
                if list(moved) != rest:  # delta[j, k] x[k] = delta[j, k] x[j] with j and k free
                    return [], (*moved, ("delta", (kept, gone)))
            for other, again in enumerate(rest):
                others = tuple(rest[:other] + rest[other + 1 :])
                used = [i for _, old in others for i in old]
                if self.has(key, "square_one") and self._same(again, (key, indices)):
                    return [], others
                for slot, index in enumerate(indices):
                    alone = index in summed and index not in used and indices.count(index) == 1
                    if alone and self.has(key, "unit", slot) and again == (key, indices):
                        return [(index, False)], others
        unused = set(summed) - {index for _, indices in factors for index in indices}
        return ([(index, True) for index in unused], tuple(factors)) if unused else None

    def _same(self, a: Factor, b: Factor) -> bool:
        return a == b or (self.has(a[0], "symmetric") and a == (b[0], (*b[1][1::-1], *b[1][2:])))

    def _vanishes(self, summed: dict[Index, int], factors: tuple[Factor, ...]) -> bool:
        for key, indices in factors:
            if indices[:1] == indices[1:2] and (self.has(key, "zero_diagonal") or self.has(key, "antisymmetric")):
                return True
        for index in summed:
            found = [(p, slot) for p, (_, old) in enumerate(factors) for slot, i in enumerate(old) if i == index]
            (key, one), s = factors[found[0][0]], found[0][1]
            if len(found) == 1 and self.has(key, "zero_sum", s):
                return True
            if len(found) == 2 and found[0][0] != found[1][0]:
                (other, two), t = factors[found[1][0]], found[1][1]
                agree = [i for i in one if i != index] == [i for i in two if i != index]
                for kind in ("annihilates", "orthogonal_to") if agree else ("annihilates",):
                    if self.has(key, kind, s, other, t) or self.has(other, kind, t, key, s):
                        return True
        return False

    def _least(self, summed: dict[Index, int], factors: tuple[Factor, ...]) -> tuple[int, Monomial]:
        """The least spelling over all namings, and its sign; sign 0 when a term equals its own negative."""
        groups: dict[int, list[Index]] = {}
        for index, size in sorted(summed.items(), key=lambda item: item[1]):
            groups.setdefault(size, []).append(index)
        self.budget.spend(prod(factorial(min(len(group), 12)) for group in groups.values()) * (1 + len(factors)))
        best: Any = None
        signs: set[int] = set()
        for choice in product(*(permutations(group) for group in groups.values())):
            naming = {index: ("", place) for place, index in enumerate(i for order in choice for i in order)}
            sign, spelled = 1, []
            for key, indices in _moved(factors, naming):
                swapped = (*indices[1::-1], *indices[2:])
                if swapped < indices and (key == "delta" or self.has(key, "symmetric")):
                    indices = swapped
                elif swapped < indices and self.has(key, "antisymmetric"):
                    indices, sign = swapped, -sign
                spelled.append((key, indices))
            spelling = tuple(sorted(spelled))
            if best is None or spelling < best:
                best, signs = spelling, set()
            if spelling == best:
                signs.add(sign)
        sizes = tuple(size for size, group in groups.items() for _ in group)
        return (0 if len(signs) == 2 else signs.pop()), (sizes, best)


def _moved(factors: Any, naming: dict[Index, Index]) -> tuple[Factor, ...]:
    return tuple((key, tuple(naming.get(index, index) for index in indices)) for key, indices in factors)


def sum_identity(statement: list[Any], witness: Any, budget: Budget) -> None:
    symbols, relations, indices, tensors, left, right = statement
    need(witness)
    sums = Sums(symbols, relations, indices, tensors, budget)
    difference = sums.value(["+", left, ["*", "-1", right]])
    if not all(sums.field.vanishes(coefficient) for coefficient in difference.values()):
        raise Rejected("left - right does not reduce to zero")


KINDS = {"sum-identity/1": (("symbols", "relations", "indices", "tensors", "left", "right"), sum_identity)}
