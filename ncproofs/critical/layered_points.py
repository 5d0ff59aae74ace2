r"""All critical points of the layered model: how many directions of each group carry sigma_plus and sigma_minus.

Every critical point is a choice of orthonormal singular directions (``layered_groups``), of sigma_plus or sigma_minus
on each, balanced over the factors. Its Hessian splits into blocks of pairs of directions (``layered_blocks``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from flint import arb, arb_mat, ctx

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.layered_blocks import Row, Use, index_and_nullity, spectrum_rows
from ncproofs.critical.layered_groups import Group, compared, frames, groups_of, has_nonzero, normalised_sigma
from ncproofs.critical.layered_minimiser import energy, point_factors
from ncproofs.critical.layered_modes import excess, first_order, saddle_node
from ncproofs.critical.optimum import climb
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import Number, lift, product
from ncproofs.critical.spectrum import SpectrumEntry, merged
from ncproofs.errors import OutOfScope
from ncproofs.problems.layered import Layered

__all__ = [
    "Counts",
    "CriticalPoint",
    "critical_bias",
    "critical_factors",
    "critical_point",
    "critical_points",
    "layered_spectrum",
    "local_minima",
    "spectrum_table",
    "value_at",
]

#: Directions with one root: a number, or one for each group that can be in use, in the order of the list.
Counts = int | Sequence[int]
_MOST_POINTS = 2000
_MOST_GROUPS = 200


@dataclass(frozen=True, kw_only=True)
class CriticalPoint:
    """One orbit of critical points: ``plus`` directions with sigma_plus and ``minus`` with sigma_minus.

    ``modes``: the same for each group, as (name, plus, minus): "class" and "mean" with a bias, "n9" for the classes of
    size 9, "c1", "c2", ... for the other singular directions of unequal classes with a free bias.
    ``negative`` and ``zero`` count eigenvalues of the Hessian, ``dimension`` is that of the manifold of these points.
    ``kind``: "global minimum", "local minimum" (spurious), "strict saddle", or "degenerate saddle" (kappa = kappa_sn).
    """

    plus: int
    minus: int
    value: Enclosure
    negative: int
    zero: int
    dimension: int
    kind: str
    modes: tuple[tuple[str, int, int], ...] = ()

    @property
    def counts(self) -> tuple[Counts, Counts]:
        """As ``critical_point`` takes them."""
        if len(self.modes) == 1:
            return self.plus, self.minus
        return tuple(mode[1] for mode in self.modes), tuple(mode[2] for mode in self.modes)


def critical_points(problem: Layered, *, digits: int = 20) -> tuple[CriticalPoint, ...]:
    """All critical points up to rotations of the class and hidden spaces, by rank.

    Raises:
        OutOfScope: relu, unequal classes with lambda_b > 0, more than 2000 orbits, or signs that are not decided.
    """
    groups = groups_of(problem)
    if len(groups) > _MOST_GROUPS:
        raise OutOfScope(f"{len(groups)} groups of directions given; critical points are listed for {_MOST_GROUPS}")
    choices = [_choices(problem, group) for group in groups]
    found = list(islice(_uses(choices, problem.rank), _MOST_POINTS + 1))
    if len(found) > _MOST_POINTS:
        many = len(choices[0]) if len(groups) == 1 else f"more than {_MOST_POINTS}"
        raise OutOfScope(f"there are {many} orbits of critical points; at most {_MOST_POINTS} are listed")
    found.sort(key=lambda use: (_rank(use), sum(minus for _, minus in use), [(-plus, minus) for plus, minus in use]))
    return tuple(_described(problem, groups, use, digits) for use in found)


def _rank(use: Use) -> int:
    return sum(plus + minus for plus, minus in use)


def _choices(problem: Layered, group: Group) -> list[tuple[int, int]]:
    upper, lower = has_nonzero(problem, group)
    most = min(group.count, problem.rank) if upper else 0
    return [(rank - minus, minus) for rank in range(most + 1) for minus in range(rank + 1 if lower else 1)]


def _uses(choices: Sequence[list[tuple[int, int]]], room: int) -> Iterator[Use]:
    """One choice a group, at most ``room`` directions in all."""
    if not choices:
        yield ()
        return
    for pair in choices[0]:
        if sum(pair) <= room:
            yield from ((pair, *rest) for rest in _uses(choices[1:], room - sum(pair)))


def critical_point(problem: Layered, plus: Counts, minus: Counts = 0, *, digits: int = 20) -> CriticalPoint:
    """The orbit with ``plus`` directions of sigma_plus and ``minus`` of sigma_minus.

    Raises:
        OutOfScope: there is no such critical point, or the model is not covered.
    """
    groups, use = _asked(problem, plus, minus)
    return _described(problem, groups, use, digits)


def _asked(problem: Layered, plus: Counts, minus: Counts) -> tuple[tuple[Group, ...], Use]:
    groups = groups_of(problem)
    usable = [group for group in groups if group.share]
    pairs = []
    for given in (plus, minus):
        if isinstance(given, int) and (given == 0 or len(usable) == 1):
            pairs.append([given] * len(usable))
        elif not isinstance(given, int) and len(given) == len(usable) and all(type(count) is int for count in given):
            pairs.append(list(given))
        else:
            names = ", ".join(group.name for group in usable)
            many = f"{len(usable)} group{'' if len(usable) == 1 else 's'}"
            raise OutOfScope(f"{given} given for {many} of directions; say how many of each: {names}")
    counted = dict(zip((group.name for group in usable), zip(*pairs, strict=True), strict=True))
    use = tuple(counted.get(group.name, (0, 0)) for group in groups)
    for group, pair in zip(groups, use, strict=True):
        upper, lower = has_nonzero(problem, group)
        room = min(pair) >= 0 and sum(pair) <= group.count and _rank(use) <= problem.rank
        if not room or (pair[0] and not upper) or (pair[1] and not lower):
            raise OutOfScope(
                f"there is no critical point with {pair[0]} directions of sigma_plus and {pair[1]} of sigma_minus in "
                f"group {group.name}: it has {group.count}, the rank is at most {problem.rank}, and sigma_plus "
                f"{'exists' if upper else 'does not exist'}, sigma_minus {'too' if lower else 'does not'}"
            )
    return groups, use


def _described(problem: Layered, groups: tuple[Group, ...], use: Use, digits: int) -> CriticalPoint:
    value = climb(lambda bits: {"value": _value(problem, groups, use, bits)}, digits)["value"]
    negative, zero = index_and_nullity(problem, use)
    named = tuple((group.name, *pair) for group, pair in zip(groups, use, strict=True) if group.share)
    return CriticalPoint(
        plus=sum(plus for plus, _ in use), minus=sum(minus for _, minus in use), value=value, negative=negative,
        zero=zero, dimension=_manifold(problem, groups, use), kind=_kind(problem, groups, use, negative), modes=named,
    )


def local_minima(problem: Layered) -> Iterator[tuple[Counts, Counts]]:
    """With two layers or more: every point without negative curvature, as counts for ``critical_point``.

    They use sigma_plus alone and fill the groups in order: a direction in use beside a missing one of larger s, or the
    mean beside a missing class, has negative curvature (theorem layered-critical-points).
    """
    usable = [group for group in groups_of(problem) if group.share]
    filled = [0] * len(usable)
    nothing = tuple(filled) if len(usable) > 1 else 0
    yield nothing, nothing
    for place, group in enumerate(usable):
        if not has_nonzero(problem, group)[0]:
            return  # and the smaller ones have none either
        for _ in range(min(group.count, problem.rank - sum(filled))):
            filled[place] += 1
            yield (tuple(filled) if len(usable) > 1 else filled[0]), nothing


def value_at(problem: Layered, plus: Counts, bits: int) -> Number:
    """The objective with ``plus`` directions of sigma_plus, at ``bits`` bits."""
    groups, use = _asked(problem, plus, 0)
    return _value(problem, groups, use, bits)


def _value(problem: Layered, groups: tuple[Group, ...], use: Use, bits: int) -> Number:
    """(1/2N) sum of share s^2 (1 + e(sigma)) over all directions."""
    with ctx.workprec(bits):
        total: Number = Fraction(0)
        for group, sigmas in zip(groups, _sigmas(problem, groups, use), strict=True):
            gain: Number = Fraction(group.count)
            for sigma in sigmas:
                gain, part = lift(gain, excess(problem.factors, sigma))
                gain = gain + part
            total, part = lift(total, product(group.share, group.square.value(), gain))
            total = total + part
        return total / (2 * problem.N)


def _sigmas(problem: Layered, groups: tuple[Group, ...], use: Use) -> list[list[Number]]:
    """x^M/s of the directions in use, group by group, at the current precision."""
    found = []
    for group, pair in zip(groups, use, strict=True):
        roots = [normalised_sigma(problem, group, upper=upper) if count else Fraction(0)
                 for count, upper in zip(pair, (True, False), strict=True)]
        found.append([root for root, count in zip(roots, pair, strict=True) for _ in range(count)])
    return found


def _kind(problem: Layered, groups: tuple[Group, ...], use: Use, negative: int) -> str:
    if negative:
        return "strict saddle"
    M = problem.factors
    if M > 2 and any(plus and compared(problem, group, saddle_node(M)) == 0
                     for group, (plus, _) in zip(groups, use, strict=True)):
        return "degenerate saddle"
    if M == 2:  # a point of one layer without negative curvature uses the most profitable directions
        return "global minimum"
    room = problem.rank
    for group, (plus, _) in zip(groups, use, strict=True):
        side = compared(problem, group, first_order(M)) if group.share else 1
        wanted = min(group.count, room) if side < 0 else 0
        if plus != wanted and side != 0:
            return "local minimum"
        room -= plus
    return "global minimum"


def _manifold(problem: Layered, groups: tuple[Group, ...], use: Use) -> int:
    """Dimension of the orbit: rotations of every group and of every hidden space, modulo stabilisers."""
    def turns(size: int) -> int:
        return size * (size - 1) // 2

    rank = _rank(use)
    hidden = sum(turns(width) - turns(width - rank) for width in problem.widths)
    classes = sum(turns(group.count) - turns(group.count - plus - minus)
                  for group, (plus, minus) in zip(groups, use, strict=True))
    return hidden + classes - sum(turns(plus) + turns(minus) for plus, minus in use)


def spectrum_table(problem: Layered, plus: Counts, minus: Counts, bits: int) -> list[Row]:
    """The unmerged spectrum of f at a critical point, at ``bits`` bits."""
    return spectrum_rows(problem, _asked(problem, plus, minus)[1], bits)


def layered_spectrum(problem: Layered, plus: Counts, minus: Counts = 0, *,
                     digits: int = 30) -> tuple[SpectrumEntry, ...]:
    """All eigenvalues of the Hessian at a critical point, ascending, equal ones joined; zeros are exact.

    Raises:
        OutOfScope: no such critical point, or the model is not covered.
    """
    use = _asked(problem, plus, minus)[1]
    return merged(problem, lambda bits: spectrum_rows(problem, use, bits), digits)  # type: ignore[arg-type]


def critical_factors(problem: Layered, plus: Counts, minus: Counts, bits: int) -> list[arb_mat]:
    """(H, W_1, ..., W_L) of one such critical point, at ``bits`` bits."""
    groups, use = _asked(problem, plus, minus)
    with ctx.workprec(bits):
        energies = []
        for group, sigmas in zip(groups, _sigmas(problem, groups, use), strict=True):
            own = [energy(problem, group.square.value(), sigma) for sigma in sigmas]
            energies += own + [arb(0)] * (group.count - len(own))
        return point_factors(problem, energies, frames(problem, groups), bits)


def critical_bias(problem: Layered, plus: Counts, minus: Counts, bits: int) -> list[arb] | None:
    """b there: (n_k/N)(1 - sigma)/(1 + lambda_b), sigma that of the mean; None without a bias."""
    if not problem.has_bias:
        return None
    groups, use = _asked(problem, plus, minus)
    with ctx.workprec(bits):
        mean = [to_ball(sigma) for sigma in _sigmas(problem, groups, use)[-1]] or [arb(0)]
        entry = (1 - mean[0]) / to_ball(problem.N * (1 + (problem.lambda_b or Fraction(0))))
        return [size * entry for size in problem.class_sizes]
