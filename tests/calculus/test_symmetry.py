"""The sector matrices: each entry matters, and a wrong one is refuted."""

import dataclasses
import random
from itertools import product

import pytest
import sympy

from ncproofs.calculus.indexed import Tensor
from ncproofs.calculus.symmetry import (
    A,
    B,
    C,
    Direction,
    K,
    apply_hessian,
    c,
    collapse_sectors,
    determinant,
    eta,
    i,
    j,
    k,
    lb,
    lH,
    lW,
    n,
    omega,
    p,
)
from ncproofs.proof.discharge import discharge
from ncproofs.proof.sums import _evaluate, _random_tensor
from ncproofs.theorems.all_losses.collapse_spectrum import sector_claims
from ncproofs.truth import Truth

SECTORS = {sector.name: sector for sector in collapse_sectors()}


@pytest.mark.parametrize("name", SECTORS)
def test_every_entry_is_needed(name):
    sector = SECTORS[name]
    for row in range(sector.matrix.rows):
        wrong = sector.matrix.copy()
        wrong[row, 0] += 1
        claims = sector_claims(dataclasses.replace(sector, matrix=wrong))
        answers = {discharge(claim).truth for claim in claims}
        assert Truth.FAILS in answers
        assert Truth.UNDECIDED not in answers


def test_the_table_needs_shift_invariance():
    """With C = 1 (mean squared error) the mean of the classifiers is no longer an eigenvector for lambda_W."""
    claims = [dataclasses.replace(claim, relations=((C, sympy.Integer(1)),))
              for claim in sector_claims(SECTORS["mean of the classifiers"])]
    assert Truth.FAILS in {discharge(claim).truth for claim in claims}


@pytest.mark.parametrize("sizes", [(3, 1), (4, 2), (5, 3)])
def test_multiplicities_are_whole_and_nonnegative(sizes):
    for sector in collapse_sectors():
        count = sector.multiplicity.subs({K: sizes[0], n: sizes[1]})
        assert count.is_integer
        assert count >= 0


def test_determinant_is_in_lowest_terms():
    a, b = sympy.symbols("a b")
    assert determinant(sympy.Matrix([[1 / a, b], [b, a]])) == 1 - b**2


X, Y, Z = Tensor("X", (K, K), zero_sum=(0,)), Tensor("Y", (K, K, n), zero_sum=(0,)), Tensor("z", (K,))


def explicit(classes, samples, numbers, entries):
    """(Hess_W, Hess_H, Hess_b) from W, H, G and the logit Hessians M_k as matrices."""
    eye, one = sympy.eye(classes), sympy.ones(classes, 1)
    frame = eye - one * one.T / classes
    dW = sympy.Matrix(classes, classes, lambda row, column: entries[X][row, column])
    db = sympy.Matrix([entries[Z][row,] for row in range(classes)])
    W, slopes = numbers[omega] * frame, -numbers[c] / samples * frame
    length, ridge = (value.subs(numbers) for value in (eta, lW))
    hess_w, hess_h, hess_b = ridge * dW, {}, numbers[lb] * db
    for label, sample in product(range(classes), range(samples)):
        h, dh = length * frame[:, label], sympy.Matrix([entries[Y][row, label, sample] for row in range(classes)])
        along = frame[:, label] * frame[:, label].T * sympy.Rational(classes, classes - 1)
        bend = numbers[A] * along + numbers[B] * (frame - along) + numbers[C] * one * one.T / classes
        moved = bend * (dW.T * h + W.T * dh + db) / (classes * samples)
        hess_w += h * moved.T + dh * slopes[:, label].T
        hess_h[label, sample] = W * moved + dW * slopes[:, label] + numbers[lH] * dh
        hess_b += moved
    return hess_w, hess_h, hess_b


@pytest.mark.parametrize("sizes", [(2, 2), (3, 1), (4, 2)], ids=str)
def test_the_hessian_is_that_of_explicit_matrices(sizes):
    """With C = 2/3 as well, which no theorem needs."""
    classes, samples = sizes
    letters = {A: "5/3", B: "-7/2", C: "2/3", lH: "3/5", lb: "4/7", c: "6/5", omega: "9/4"}
    numbers = {K: sympy.Integer(classes), n: sympy.Integer(samples)}
    numbers |= {letter: sympy.Rational(value) for letter, value in letters.items()}
    entries = {tensor: _random_tensor(tensor, numbers, random.Random(classes)) for tensor in (X, Y, Z)}
    found = apply_hessian(Direction.of(dW=X[p, j], dH=Y[p, k, i], db=Z[j]))
    hess_w, hess_h, hess_b = explicit(classes, samples, numbers, entries)
    for label, row in product(range(classes), range(classes)):
        assert _evaluate(found.dW, numbers, entries, {"p": row, "j": label}) == hess_w[row, label]
        for sample in range(samples):
            place = {"p": row, "k": label, "i": sample}
            assert _evaluate(found.dH, numbers, entries, place) == hess_h[label, sample][row]
    for label in range(classes):
        assert _evaluate(found.db, numbers, entries, {"j": label}) == hess_b[label]
    assert any(hess_b) and any(hess_w)
