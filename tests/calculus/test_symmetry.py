"""The sector matrices: each entry matters, and a wrong one is refuted."""

import dataclasses

import pytest
import sympy

from ncproofs.calculus.symmetry import C, K, collapse_sectors, determinant, n
from ncproofs.proof.discharge import discharge
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
