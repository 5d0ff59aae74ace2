"""The mean-squared-error blocks: every entry of every small matrix matters."""

import dataclasses

import pytest

from ncproofs.proof.discharge import discharge
from ncproofs.theorems.extended_ufm.mse_spectrum import REGIMES, _check, _completeness
from ncproofs.truth import Truth

CASES = [(regime, position) for regime, (build, _) in REGIMES.items() for position in range(len(build()[1]))]


@pytest.mark.parametrize(("regime", "position"), CASES, ids=str)
def test_a_wrong_entry_is_refuted(regime, position):
    point, sectors = REGIMES[regime][0]()
    sector = sectors[position]
    wrong = sector.matrix.copy()
    wrong[wrong.rows - 1, 0] += 1
    answers = {discharge(claim).truth for claim in _check(point, dataclasses.replace(sector, matrix=wrong), regime)}
    assert Truth.FAILS in answers


@pytest.mark.parametrize("regime", REGIMES)
def test_a_lost_sector_is_noticed(regime):
    build, has_bias = REGIMES[regime]
    _, sectors = build()
    assert discharge(_completeness(regime, sectors, has_bias)).truth is Truth.HOLDS
    assert discharge(_completeness(regime, sectors[1:], has_bias)).truth is Truth.FAILS


def test_the_mean_squared_error_hessian_needs_its_slope():
    point, sectors = REGIMES["no bias, rank r"][0]()
    frame, rest = point.classes
    tilted = dataclasses.replace(point, classes=(frame, dataclasses.replace(rest, slope=2 * rest.slope)))
    answers = {discharge(claim).truth for sector in sectors for claim in _check(tilted, sector, "tilted")}
    assert Truth.FAILS in answers


def test_rows_are_the_used_blocks_and_the_hidden_one():
    unused = 0
    for build, _ in REGIMES.values():
        point, _ = build()
        used = [block.name for block in point.classes if (block.omega, block.eta) != (0, 0)]
        assert [block.name for block in point._rows()] == [*used, point.hidden.name]
        unused += len(point.classes) - len(used)
    assert unused > 0
