"""Numbers of eigenvalues of each sign, exactly: the kind ``matrix/inertia/1``."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any

from ncproofs.proof.checker_arithmetic import Budget, Rejected
from ncproofs.proof.checker_reading import listed, need, rational, whole


def _price(bits: int) -> int:
    """Steps of a product or a quotient of so many bits."""
    return 1 + bits // 512 + (bits // 768) ** 2


def inertia(matrix: list[list[Fraction]], budget: Budget) -> tuple[int, int, int]:
    """(positive, negative, zero) of a symmetric matrix, by exact congruence (Sylvester's law).

    In integers: with d the minor of the pivots so far and S what elimination leaves, A = d S are minors of the
    matrix too (Sylvester's identity), so that the quotient below is exact (Bareiss).
    """
    scale = [1] * len(matrix)
    for i, entries in enumerate(matrix):
        for x in entries:
            scale[i] = lcm(scale[i], x.denominator)
            budget.spend(1 + scale[i].bit_length() // 256)
        budget.spend(len(matrix) * _price(scale[i].bit_length()))
    A = [[int(x * scale[i] * scale[j]) for j, x in enumerate(row)] for i, row in enumerate(matrix)]
    counts, minor = [0, 0], 1
    while A:
        size = len(A)
        pivot = next((i for i in range(size) if A[i][i]), None)
        if pivot is None:
            pair = next(((i, j) for i in range(size) for j in range(i) if A[i][j]), None)
            if pair is None:
                return counts[0], counts[1], size
            pivot, other = pair  # the row and column of `other` are added: the diagonal entry becomes 2 A_ij
            A[pivot] = [x + y for x, y in zip(A[pivot], A[other], strict=True)]
            for row in A:
                row[pivot] += row[other]
        head = A.pop(pivot)
        last, value = minor, head.pop(pivot)
        counts[(value < 0) != (last < 0)] += 1
        budget.spend(size * size * _price(max(x.bit_length() for x in (value, *head))))
        sides = [row.pop(pivot) for row in A]
        A = [[(x * value - side * y) // last for x, y in zip(row, head, strict=True)]
             for row, side in zip(A, sides, strict=True)]
        minor = value
    return counts[0], counts[1], 0


def inertia_of(statement: list[Any], witness: Any, budget: Budget) -> None:
    """The matrix is symmetric and has so many eigenvalues > 0, < 0 and = 0."""
    need(witness)
    size = whole(len(listed(statement[0])), 1, 1000)
    matrix = [[rational(entry) for entry in listed(row, size)] for row in statement[0]]
    if any(matrix[i][j] != matrix[j][i] for i in range(size) for j in range(i)):
        raise Rejected("the matrix is not symmetric")
    if inertia(matrix, budget) != tuple(whole(count, 0, size) for count in statement[1:]):
        raise Rejected("the matrix has another inertia")


KINDS = {"matrix/inertia/1": (("rows", "positive", "negative", "zero"), inertia_of)}
