"""Whether x^T M x >= 0 for every x >= 0, exactly."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations

from ncproofs.proof.checker_arithmetic import Budget

_MOST = 10


def is_copositive(M: list[list[Fraction]], budget: Budget, cost: Callable[..., int]) -> bool:
    """Up to 10 rows. A symmetric matrix whose proper principal submatrices are copositive is not copositive only if its
    inverse exists and has no positive entry (Cottle, Habetler and Lemke 1970): Gauss and Jordan on every set of rows.
    """
    if len(M) > _MOST:
        return False
    for S in (S for size in range(len(M)) for S in combinations(range(len(M)), size + 1)):
        rows = [[M[i][j] for j in S] + [Fraction(int(i == j)) for j in S] for i in S]
        for j in range(len(S)):
            found = next((row for row in rows[j:] if row[j]), None)
            if found is None:
                break  # singular
            rows.remove(found)
            pivot = [x / found[j] for x in found]
            budget.spend(len(S) ** 2 * cost([pivot]))
            rows = [[x - row[j] * y for x, y in zip(row, pivot, strict=True)] for row in rows]
            rows.insert(j, pivot)
        else:
            if all(x <= 0 for row in rows for x in row[len(S) :]):
                return False
    return True
