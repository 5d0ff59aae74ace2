"""Writers of certificates for claims about one regularised network (docs/certificate-format.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import flint
from flint import arb, arb_mat

from ncproofs.arithmetic.enclosure import exact_bounds
from ncproofs.arithmetic.exact import exact_number
from ncproofs.critical.network_certificate import Certificate, square
from ncproofs.critical.network_optimum import closed_form, network_answer
from ncproofs.critical.network_spline import solve_spline
from ncproofs.critical.profiles import to_ball
from ncproofs.problems.networks import Network, Points
from ncproofs.proof.certificate import NoCertificate
from ncproofs.proof.discharge import Effort
from ncproofs.proof.network_claims import DualityGap, KinksAtData, MeanGeometry, NetworkQuantity, NetworkValue
from ncproofs.proof.ridge_certificates import Draft, Pair, Rules, about, drafted, settled
from ncproofs.proof.written_losses import constant

__all__ = ["state", "write"]

_BITS = (160, 256, 512, 1024)
_MOST_PATTERNS = 2**12
_ROUNDS = 60


def state(claim: Any) -> dict[str, Any]:
    """The statement of a claim, without a witness.

    Raises:
        NoCertificate: the claim has no place in certificates.
    """
    return drafted(_RULES, claim)[0]


def write(claim: Any, effort: Effort) -> Pair:
    """The statement and the witness of a claim about one network.

    Raises:
        NoCertificate: no witness was found that the checker accepts.
    """
    return settled(_RULES, claim)


def _value(claim: NetworkValue) -> Draft:
    if closed_form(claim.problem) is None and claim.relation != "==":
        level = str(exact_number(claim.value, "value"))
        statement = about(claim, "network/bound/1", relation=claim.relation[0], value=level)
        return statement, (
            {"neurons": found["neurons"]} if claim.relation[0] == "<" else
            {"V": found["V"], "multipliers": found["multipliers"]} for found in _gap_witnesses(claim.problem))
    statement = about(claim, "network/value/1", relation=claim.relation, value=constant(claim.value))
    return statement, ({"bits": bits} for bits in _BITS)


def _quantity(claim: NetworkQuantity) -> Draft:
    if claim.quantity != "rank" or claim.relation != "==":
        raise NoCertificate(f"there is no kind for {claim.quantity} {claim.relation}")
    return about(claim, "network/rank/1", rank=int(exact_number(claim.value, "rank"))), iter([{}])


def _means(claim: MeanGeometry) -> Draft:
    return about(claim, "network/means/1", geometry=claim.geometry, centred=claim.centred), iter([{}])


def _kinks(claim: KinksAtData) -> Draft:
    return about(claim, "network/kinks/1"), iter([{}])


def _gap(claim: DualityGap) -> Draft:
    problem, value = claim.problem, exact_number(claim.value, "value")
    statement = about(claim, "network/gap/1", relation=claim.relation, value=str(value))
    if claim.relation == ">":
        return statement, iter([{}])
    if problem.kind == "spline":
        return statement, iter([_spline_witness(problem)])
    if problem.kind == "batchnorm":
        return statement, ({"bits": bits} for bits in _BITS)
    return statement, _gap_witnesses(problem)


def _spline_witness(problem: Network) -> dict[str, Any]:
    assert isinstance(problem.data, Points)
    found = solve_spline(problem.data)
    neurons = [[str(neuron.w[0]), str(neuron.bias), str(neuron.a[0])] for neuron in found.neurons]
    return {"neurons": neurons, "constant": str(found.constant), "v": [str(entry) for entry in found.v]}


def _gap_witnesses(problem: Network) -> Iterator[dict[str, Any]]:
    """Network and dual point rounded to fractions; V is shrunk by 2^-(bits/2), which pays for all rounding."""
    answer = network_answer(problem)
    for bits in _BITS:
        with flint.ctx.workprec(2 * bits):
            found = answer.attempt(2 * bits)
            margin = 1 - arb(2) ** (-bits // 2)
            V = [_dyadic(to_ball(entry) * margin, bits) for row in found.V for entry in row]
            yield {
                "neurons": _neurons(found, bits), "V": _vector(V, bits),
                "multipliers": _multipliers(problem, V, bits) if _needs_cones(problem) else [],
            }


def _needs_cones(problem: Network) -> bool:
    from ncproofs.critical.network_relu import has_disjoint_columns, rank_of

    if problem.kind != "relu" or problem.layers > 2 or len(problem.Y[0]) > 1:
        return False
    return rank_of(problem.X) > 1 and not (problem.is_whitened and has_disjoint_columns(problem.Y))


def _neurons(found: Certificate, bits: int) -> list[dict[str, Any]]:
    """Balanced: |w| = |a| up to rounding, inner layers 1."""
    written = []
    for neuron in found.neurons:
        w, a = ([to_ball(entry) for entry in part] for part in (neuron.w, neuron.a))
        for factor in neuron.middle:
            a = [entry * to_ball(factor) for entry in a]
        scale = (square(a) / square(w)).root(4)
        written.append({
            "w": _vector([_dyadic(entry * scale, bits) for entry in w], bits),
            "a": _vector([_dyadic(entry / scale, bits) for entry in a], bits),
        })
    return written


def _dyadic(value: arb, bits: int) -> Fraction:
    """The nearest multiple of 2^-bits."""
    low, high = exact_bounds(value)
    return Fraction(round((low + high) / 2 * 2**bits), 2**bits)


def _vector(values: Sequence[Fraction], bits: int) -> dict[str, Any]:
    return {"s": bits, "m": [str(int(value * 2**bits)) for value in values]}


def _multipliers(problem: Network, V: Sequence[Fraction], bits: int) -> list[list[dict[str, Any]]]:
    """For V and -V, for every pattern on the rows with v_i > 0: multipliers of all rows, see ``checker_networks``."""
    covers = []
    for sign in (1, -1):
        v = [sign * entry for entry in V]
        rising = [i for i, entry in enumerate(v) if entry > 0]
        if 2 ** len(rising) > _MOST_PATTERNS:
            raise NoCertificate(f"{len(rising)} samples with multipliers of one sign; certificates have at most 12")
        covers.append([
            _vector(_of_pattern(problem, v, dict(zip(rising, pattern, strict=True)), bits), bits)
            for pattern in product((1, -1), repeat=len(rising))
        ])
    return covers


def _of_pattern(problem: Network, v: Sequence[Fraction], side: dict[int, int], bits: int) -> list[Fraction]:
    """Multipliers with |g| least: bounded least squares in doubles, then on the same bounds at full precision."""
    import numpy as np
    from scipy.optimize import lsq_linear

    n, d = len(problem.X), len(problem.X[0])
    fixed = [sum((v[i] * problem.X[i][j] for i, s in side.items() if s > 0), Fraction(0)) for j in range(d)]
    columns = [[(Fraction(side[i]) if i in side else v[i]) * entry for entry in problem.X[i]] for i in range(n)]
    tops = [None if i in side else 1 for i in range(n)]
    table = np.array([[float(entry) for entry in column] for column in columns]).T
    start = lsq_linear(table, -np.array([float(entry) for entry in fixed]), method="bvls",
                       bounds=(0, [np.inf if top is None else top for top in tops])).x
    rough = [_clipped(Fraction(float(entry)), top) for entry, top in zip(start, tops, strict=True)]
    sharp = _least(columns, fixed, rough, tops)
    return [_clipped(_dyadic(entry, bits), top) for entry, top in zip(sharp, tops, strict=True)]


def _clipped(value: Fraction, top: int | None) -> Fraction:
    return max(value, Fraction(0)) if top is None else min(max(value, Fraction(0)), Fraction(top))


def _least(columns: Sequence[Sequence[Fraction]], fixed: Sequence[Fraction], start: Sequence[Fraction],
           tops: Sequence[int | None]) -> list[arb]:
    """c within its bounds with |fixed + sum c_i columns_i| least, by the active-set method from ``start``."""
    n = len(columns)
    close = Fraction(1, 10**8)
    free = [i for i, top in enumerate(tops) if start[i] > close and (top is None or start[i] < top - close)]
    c = [to_ball(start[i] if i in free else round(start[i]) if tops[i] else 0) for i in range(n)]
    for _ in range(_ROUNDS):
        rest = [to_ball(entry) for entry in fixed]
        for i in set(range(n)) - set(free):
            rest = [r + c[i] * to_ball(entry) for r, entry in zip(rest, columns[i], strict=True)]
        solved = _least_squares([columns[i] for i in free], rest)
        if solved is None:
            free.pop()
            continue
        wrong = {i: x for i, x in zip(free, solved, strict=True) if x < 0 or (tops[i] is not None and x > 1)}
        if wrong:
            worst = max(wrong, key=lambda i: float(-wrong[i] if wrong[i] < 0 else wrong[i] - 1))
            c[worst] = arb(0) if wrong[worst] < 0 else arb(1)
            free.remove(worst)
            continue
        for i, x in zip(free, solved, strict=True):
            c[i] = x
            rest = [r + x * to_ball(entry) for r, entry in zip(rest, columns[i], strict=True)]
        slopes = {i: _slope(rest, columns[i]) * (1 if c[i] == 0 else -1) for i in set(range(n)) - set(free)}
        falling = {i: slope for i, slope in slopes.items() if slope * 2 ** (flint.ctx.prec // 4) < -1}
        if not falling:
            break
        free.append(min(falling, key=lambda i: float(falling[i])))
    return c


def _slope(rest: Sequence[arb], column: Sequence[Fraction]) -> arb:
    return sum((r * to_ball(entry) for r, entry in zip(rest, column, strict=True)), arb(0)).mid()


def _least_squares(columns: Sequence[Sequence[Fraction]], rest: Sequence[arb]) -> list[arb] | None:
    """c with |rest + sum c_i columns_i| least, as midpoints; None when the columns are dependent."""
    if not columns:
        return []
    gram = arb_mat([[to_ball(sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0))) for y in columns]
                    for x in columns])
    right = arb_mat([[-_slope(rest, x)] for x in columns])
    try:
        solved: list[arb] = gram.mid().solve(right.mid(), algorithm="approx").mid().entries()
    except ZeroDivisionError:
        return None
    return solved if all(entry.is_finite() for entry in solved) else None


_RULES: Rules = {
    NetworkValue: _value,
    NetworkQuantity: _quantity,
    DualityGap: _gap,
    MeanGeometry: _means,
    KinksAtData: _kinks,
}
