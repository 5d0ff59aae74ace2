"""Inertia of symmetric rational matrices as a claim for theorems of one's own: settled, certified, typeset, refused."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.errors import InvalidClaim
from ncproofs.proof import checker
from ncproofs.proof.certificate import NoCertificate, seal, verdict_certificate, write
from ncproofs.proof.checker_arithmetic import Budget
from ncproofs.proof.checker_inertia import inertia
from ncproofs.proof.claims import MatrixInertia
from ncproofs.proof.discharge import Effort, discharge
from ncproofs.report.claim_formulas import claim_formulas
from ncproofs.truth import Rigor, Truth

HILBERT = [[Fraction(1, i + j + 1) for j in range(5)] for i in range(5)]
CENTRING = [[Fraction(int(i == j)) - Fraction(1, 4) for j in range(4)] for i in range(4)]

#: (rows, positive, negative, zero), all true.
TRUE: dict[str, tuple[Any, int, int, int]] = {
    "one positive number": ([["1/7"]], 1, 0, 0),
    "zero": ([[0, 0], [0, 0]], 0, 0, 2),
    "no pivot on the diagonal": ([[0, 1, 0], [1, 0, 0], [0, 0, 0]], 1, 1, 1),
    "no pivot, after one": ([[1, 1, 1], [1, 1, 2], [1, 2, 1]], 2, 1, 0),
    "Hilbert's matrix": (HILBERT, 5, 0, 0),
    "its negative": ([[-x for x in row] for row in HILBERT], 0, 5, 0),
    "the centring matrix": (CENTRING, 3, 0, 1),
    "decimals": ([["0.1", "-0.2"], ["-0.2", "0.4"]], 1, 0, 1),
    "nearly singular": ([[1, 1], [1, 1 + Fraction(1, 10**40)]], 2, 0, 0),
    "nearly singular below": ([[1, 1], [1, 1 - Fraction(1, 10**40)]], 1, 1, 0),
    "of SymPy": (sympy.Matrix([[2, sympy.Rational(1, 3)], [sympy.Rational(1, 3), -1]]), 1, 1, 0),
    "of integers of NumPy": (np.array([[2, 3], [3, 4]]), 1, 1, 0),
}


def claim(rows: Any, *counts: int, **more: str) -> MatrixInertia:
    return MatrixInertia(rows=rows, positive=counts[0], negative=counts[1], zero=counts[2], **more)


@pytest.mark.parametrize("case", TRUE.values(), ids=TRUE)
def test_true_claims_hold_exactly_and_are_certified(case: tuple[Any, int, int, int]) -> None:
    evidence = discharge(claim(*case))
    assert (evidence.truth, evidence.rigor) == (Truth.HOLDS, Rigor.EXACT)
    assert checker.check(seal(*write(claim(*case), Effort())))[0] == "accepted"


@pytest.mark.parametrize("case", TRUE.values(), ids=TRUE)
def test_other_counts_fail_and_have_no_certificate(case: tuple[Any, int, int, int]) -> None:
    rows, *counts = case
    for place in range(3):
        for other in (counts[place] + 1, counts[place] - 1):
            wrong = [other if i == place else count for i, count in enumerate(counts)]
            if other >= 0:
                evidence = discharge(claim(rows, *wrong))
                assert evidence.truth is Truth.FAILS and f"{counts[0]} of its" in evidence.witness
                with pytest.raises(NoCertificate, match=r"another inertia|an integer from"):
                    write(claim(rows, *wrong), Effort())
    turned = claim(rows, counts[1], counts[0], counts[2])
    assert (discharge(turned).truth is Truth.HOLDS) == (counts[0] == counts[1])


REFUSED: dict[str, tuple[Any, tuple[Any, Any, Any], str]] = {
    "no rows": ([], (0, 0, 0), "square matrix"),
    "not square": ([[1, 2, 3], [2, 1, 3]], (1, 1, 0), "square matrix"),
    "ragged": ([[1, 2], [2]], (1, 1, 0), "square matrix"),
    "a number": (7, (1, 0, 0), "square matrix"),
    "text": ("12", (1, 0, 0), "square matrix"),
    "rows of text": (["12", "21"], (1, 1, 0), "square matrix"),
    "not symmetric": ([[1, 2], [3, 1]], (1, 1, 0), r"rows\[1\]\[0\]=3 but rows\[0\]\[1\]=2"),
    "a float": ([[0.5]], (1, 0, 0), "binary float; write"),
    "floats of NumPy": (np.eye(2), (2, 0, 0), "binary float; write"),
    "irrational": ([[sympy.sqrt(2)]], (1, 0, 0), "not rational"),
    "a symbol": ([[sympy.Symbol("x")]], (1, 0, 0), "symbol"),
    "a count that is no integer": ([[1]], ("1", 0, 0), "positive='1'"),
    "a count that is true": ([[1]], (True, 0, 0), "positive=True"),
    "a negative count": ([[1]], (1, -1, 1), "negative=-1"),
}


@pytest.mark.parametrize(("rows", "counts", "told"), REFUSED.values(), ids=REFUSED)
def test_wrong_shapes_and_numbers_are_refused(rows: Any, counts: tuple[Any, Any, Any], told: str) -> None:
    for use in (discharge, lambda made: write(made, Effort())):
        with pytest.raises(InvalidClaim, match=told):
            use(claim(rows, *counts))


def test_large_matrices_are_undecided_and_said_to_be() -> None:
    wide = [[int(i == j) for j in range(201)] for i in range(201)]
    evidence = discharge(claim(wide, 201, 0, 0))
    assert evidence.truth is Truth.UNDECIDED and "up to 200 rows" in evidence.because
    wider = [[0] * 1001 for _ in range(1001)]
    with pytest.raises(NoCertificate, match="at most 1000 rows"):
        write(claim(wider, 0, 0, 1001), Effort())


def test_the_statement_is_the_matrix_and_a_change_of_it_is_seen() -> None:
    statement, witness = write(claim(CENTRING, 3, 0, 1), Effort())
    assert statement["rows"][0] == ["3/4", "-1/4", "-1/4", "-1/4"] and witness == {}
    spoilt = json.loads(json.dumps(statement).replace("3/4", "4/5"))
    assert checker.check(seal(spoilt, witness)) == ("rejected", "the matrix has another inertia")


def test_a_verdict_of_ones_own_rests_on_it() -> None:
    statement, raw = verdict_certificate("mine", "Mine", None, [claim(CENTRING, 3, 0, 1, sentence="centred")], Effort())
    assert checker.check(raw)[0] == "accepted" and statement["claims"][0]["title"] == "centred"


def test_a_small_matrix_is_typeset_and_a_large_one_only_said() -> None:
    (formula,) = claim_formulas(claim(CENTRING, 3, 0, 1))
    assert r"\frac{3}{4}" in formula.latex and formula.latex.endswith("= (3, 0, 1)")
    large = claim([[0] * 7 for _ in range(7)], 0, 0, 7)
    assert claim_formulas(large) == () and "7 x 7" in discharge(large).sentence


@st.composite
def _built(draw: st.DrawFn) -> tuple[list[list[Fraction]], tuple[int, int, int]]:
    """L D L^T with an invertible L: the signs of D are its inertia."""
    n = draw(st.integers(1, 6))
    entry = st.fractions(-3, 3, max_denominator=5)
    below = [[draw(entry) if j < i else Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    order = draw(st.permutations(range(n)))
    diagonal = [draw(st.sampled_from((-2, -1, 0, 1, 3))) * draw(st.sampled_from((Fraction(1, 7), 1))) for _ in range(n)]
    rows = [[sum((below[i][k] * diagonal[k] * below[j][k] for k in range(n)), Fraction(0)) for j in order]
            for i in order]
    return rows, (sum(x > 0 for x in diagonal), sum(x < 0 for x in diagonal), sum(x == 0 for x in diagonal))


@given(_built())
@settings(max_examples=150, deadline=None)
def test_library_and_checker_count_the_signs_of_a_congruent_diagonal(
    made: tuple[list[list[Fraction]], tuple[int, int, int]]
) -> None:
    rows, counts = made
    assert inertia(rows, Budget(10**7)) == counts
    assert discharge(claim(rows, *counts)).truth is Truth.HOLDS
