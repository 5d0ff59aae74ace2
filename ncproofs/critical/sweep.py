"""A fixed grid of instances on which closed-form spectra are compared with dense Hessians in balls."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, product

from ncproofs.arithmetic.linalg import contains_spectrum
from ncproofs.calculus.objective import dense_hessian
from ncproofs.critical.collapse import collapse_point
from ncproofs.critical.optimum import optimum
from ncproofs.critical.spectrum import spectrum
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import Loss
from ncproofs.problems.features import Ridge
from ncproofs.truth import Truth

__all__ = ["dense_agreement", "dense_sweep", "grid"]

_LARGEST = 130
_WEIGHTS = (
    (Fraction(1, 100), Fraction(1, 200)),
    (Fraction(1, 20), Fraction(1, 50)),
    (Fraction(3, 5), Fraction(4, 5)),
    (Fraction(1, 30), Fraction(1, 30)),
)


def grid() -> Iterator[Ridge]:
    """Every loss, bias mode and regime (MSE: d < K - 1 too), dimension at most 130, in a fixed order."""
    losses: tuple[Loss, ...] = (
        cross_entropy(),
        label_smoothing("1/10"),
        focal("1/2"),
        focal(2),
        mean_squared(),
    )
    biases = (None, Fraction(0), Fraction(1, 50), Fraction(1))
    for (lW, lH), n, K, extra, lb, loss in product(
        _WEIGHTS, (1, 2, 3), (2, 3, 4, 5), (-1, 0, 2, -2), biases, losses
    ):
        d = K + extra
        if d < 1 or (extra == -2 and loss.name != "mean_squared"):
            continue
        problem = Ridge(loss, K, d, n, lW, lH, lb)
        if problem.dimension <= _LARGEST:
            yield problem


def dense_agreement(problem: Ridge, ladder: tuple[int, ...] = (64, 128, 200)) -> tuple[Truth, str]:
    """Whether the dense Hessian at the optimum has the closed-form spectrum, to the width of its enclosures.

    The first precision that decides is the answer. The Hessian is assembled by ``calculus.objective``, which
    shares no formula with the tables.
    """
    at = optimum(problem, digits=12)
    table = [(entry.enclosure.ball(), entry.multiplicity) for entry in spectrum(problem, at, digits=20)]
    because = "no precision given"
    for bits in ladder:
        dense = dense_hessian(problem, *collapse_point(problem, bits + 32, at), bits)
        match = contains_spectrum(dense, table, bits)
        because = f"{match.because}, at {bits} bits"
        if match.truth is not Truth.UNDECIDED:
            return match.truth, because
    return Truth.UNDECIDED, because


def dense_sweep(count: int) -> dict[str, tuple[Truth, str]]:
    """``dense_agreement`` on ``count`` instances spread evenly over the grid, by instance."""
    problems = list(grid())
    step = max(1, len(problems) // count)
    return {str(problem): dense_agreement(problem) for problem in islice(problems[::step], count)}
