r"""ReLU networks in closed form: whitened data, disjoint supports, rank-one data; else cells of the arrangement.

Whitened (X X^T = I_n): (Xw)_+ runs through {h >= 0, |h| <= 1}, so the dual constraint is max |V^T h| <= beta over
h >= 0, |h| = 1. When the columns of Y have pairwise disjoint supports it is the largest of |(v_k)_+| and |(v_k)_-|, and
every nonzero part (y_k)_+ or (y_k)_- is fitted by one neuron, at cost beta |y| - beta^2/2 or |y|^2/2. Overlapping
supports need more: there the columnwise formula is false, and the bounds shown come from V feasible for the linear
network.
Rank one (X = c a^T): the only features are |a| c_+ and |a| c_-, which are orthogonal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import flint
from flint import arb, fmpq, fmpq_mat

from ncproofs.critical.network_arrangement import arrangement_answer
from ncproofs.critical.network_certificate import (
    ZERO,
    Answer,
    Certificate,
    Neuron,
    counted,
    dot,
    dual_value,
    matrix_product,
    minus,
    norm,
    over,
    primal_value,
    square,
    transposed,
    upper_end,
)
from ncproofs.critical.network_copositive import MOST_SAMPLES, copositive_certificate
from ncproofs.critical.network_deep import chain, mode
from ncproofs.critical.network_linear import operator_norm_squared, zero_certificate
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import Number, product
from ncproofs.errors import OutOfScope
from ncproofs.problems.networks import Matrix, Network

__all__ = ["has_disjoint_columns", "parts_of", "rank_of", "relu_answer", "signed_parts"]

_SHOWN = 100
_AXIOMS = ("Cauchy-Schwarz inequality", "inequality of arithmetic and geometric means")


def relu_answer(problem: Network) -> Answer:
    """The regime of ``problem``: whitened, rank one, or the finite convex program of the arrangement.

    Raises:
        OutOfScope: more than two layers on data that are not whitened; several outputs with overlapping supports on
            data that are neither whitened nor of rank one; too many cells.
    """
    if problem.is_whitened:
        return _whitened(problem)
    if problem.layers > 2:
        raise OutOfScope(f"{problem.not_whitened}, but a deep ReLU network is solved for X X^T = I "
                         "only; whiten the data or write layers 2")
    if rank_of(problem.X) <= 1:
        return _rank_one(problem)
    if len(problem.Y[0]) > 1:
        raise OutOfScope(f"{problem.not_whitened}, but several outputs need X X^T = I, or X of rank "
                         "one; give one output, or whiten the data")
    return arrangement_answer(problem)


def rank_of(X: Matrix) -> int:
    """The rank, exactly."""
    return int(fmpq_mat(len(X), len(X[0]), [fmpq(e.numerator, e.denominator) for row in X for e in row]).rank())


def has_disjoint_columns(Y: Matrix) -> bool:
    """No sample has two nonzero targets."""
    return all(sum(entry != 0 for entry in row) <= 1 for row in Y)


def parts_of(Y: Matrix) -> list[tuple[int, int, tuple[Fraction, ...]]]:
    """(column, sign, part): the positive and negative parts of every column, without zero parts."""
    found = []
    for k, column in enumerate(transposed(Y)):
        for sign in (1, -1):
            part = tuple(max(sign * entry, Fraction(0)) for entry in column)
            if any(part):
                found.append((k, sign, part))
    return found


def _whitened(problem: Network) -> Answer:
    names: dict[str, Any] = {"axioms": _AXIOMS}
    if not has_disjoint_columns(problem.Y):
        return _overlapping(problem, names)
    deep = problem.layers > 2
    if deep and problem.normalisation == "standard":
        if len(problem.Y[0]) > 1:
            raise OutOfScope("a deep ReLU network with weight decay on every layer needs one output; "
                             "write normalisation unit")
        return Answer(
            regime="whitened", geometry="one chain for each sign", attempt=lambda bits: _standard(problem),
            because="X X^T = I exactly: (y)_+ and (y)_- separate, each by its own mode", is_dual=False,
            notes=("the lower bound is the mode equation, not a dual point; the dual value is 0",), **names,
        )
    alive = any(_shrunk(part, problem.price)[1] for _, _, part in parts_of(problem.Y))
    return Answer(
        regime="whitened", geometry="one neuron for each signed column" if alive else ZERO,
        attempt=lambda bits: _disjoint(problem),
        because="X X^T = I exactly and the columns of Y have disjoint supports: every (y_k)_+ and (y_k)_- separately",
        **names,
    )


def _disjoint(problem: Network) -> Certificate:
    beta, Y, outputs = problem.price, problem.Y, len(problem.Y[0])
    neurons = []
    V: list[list[Number]] = [[Fraction(0)] * outputs for _ in Y]
    worst: list[Number] = [Fraction(0)]
    quantities: dict[str, Number] = {
        f"strength_{k}_{side}": Fraction(0) for k in range(1, min(outputs, _SHOWN) + 1) for side in ("pos", "neg")
    }
    for k, sign, part in parts_of(Y):
        length, strength, scale = _shrunk(part, beta)
        if k < _SHOWN:
            quantities[f"strength_{k + 1}_{'pos' if sign > 0 else 'neg'}"] = strength
        for i, entry in enumerate(part):
            if entry:
                V[i][k] = product(sign * entry, scale)
        worst.append(product(length, scale) ** 2)
        if strength:
            neurons.append(_neuron(problem, part, k, sign, length, strength))
    bound = max(map(upper_end, worst))
    quantities["rank"] = Fraction(len(neurons))
    return Certificate(neurons=tuple(neurons), primal=primal_value(problem, neurons), V=tuple(map(tuple, V)),
                       dual=dual_value(problem, V, bound), quantities=quantities)


def _shrunk(part: Sequence[Fraction], beta: Fraction) -> tuple[Number, Number, Number]:
    """|y|, (|y| - beta)_+ and min(1, beta/|y|); the case is decided exactly."""
    length = norm(part)
    if square(part) <= beta**2:
        return length, Fraction(0), Fraction(1)
    return length, minus(length, beta), over(beta, length)


def _neuron(problem: Network, part: Sequence[Fraction], k: int, sign: int, length: Number, strength: Number) -> Neuron:
    """w = X^T part/|part|, of length one; output sign * strength on column k."""
    pulled = [dot(column, part) for column in transposed(problem.X)]
    w = tuple(over(entry, length) for entry in pulled)
    out = tuple(strength * sign if j == k else Fraction(0) for j in range(len(problem.Y[0])))
    return Neuron(w=w, a=out, middle=(Fraction(1),) * (problem.layers - 2))


def _standard(problem: Network) -> Certificate:
    """Each sign by the mode of |y_+-|: min over sigma of (|y_+-| - sigma)^2/2 + (L beta/2) sigma^(2/L)."""
    neurons, total = [], arb(0)
    for _, sign, part in parts_of(problem.Y):
        best = mode(square(part), problem.price, problem.layers)
        total += to_ball(best.value)
        if best.is_active:
            unit = _neuron(problem, part, 0, sign, norm(part), Fraction(1))
            neurons.append(chain(unit.w, unit.a, best.sigma, problem.layers))
    if not parts_of(problem.Y):
        return Certificate(neurons=(), primal=Fraction(0), dual=Fraction(0), quantities={"rank": Fraction(0)})
    return Certificate(neurons=tuple(neurons), primal=total, dual=Fraction(0),
                       quantities={"rank": Fraction(len(neurons))})


def _overlapping(problem: Network, names: dict[str, Any]) -> Answer:
    """Several outputs on the same samples: certified bounds, equal when the linear network's directions are >= 0."""
    if problem.layers > 2:
        raise OutOfScope("a deep ReLU network with overlapping outputs is not solved here; write layers 2")
    attempt, tight = _between(problem)
    if not tight and len(problem.Y) <= MOST_SAMPLES:
        return _by_supports(problem, names, attempt)
    return Answer(
        regime="whitened, overlapping outputs", geometry="bounds" if not tight else "nonnegative singular directions",
        attempt=attempt, is_tight=tight, **names,
        because="(Xw)_+ has length at most 1, so a V feasible for the linear network is feasible here; "
                + ("its directions are nonnegative, so the linear network's neurons serve" if tight
                   else "the upper bound is the better of two explicit networks"),
    )


def _better(one: Certificate, other: Certificate) -> Certificate:
    above = min((one, other), key=lambda found: upper_end(found.primal))
    below = max((one, other), key=lambda found: -upper_end(-found.dual))
    return Certificate(neurons=above.neurons, primal=above.primal, V=below.V, dual=below.dual,
                       quantities=above.quantities)


def _by_supports(problem: Network, names: dict[str, Any], bounds: Callable[[int], Certificate]) -> Answer:
    """Few samples: the dual constraint is copositive, and its maximum is taken over all 2^n supports."""
    from ncproofs.critical.network_orthant_search import supports_and_start

    atoms = supports_and_start(problem)

    def attempt(bits: int) -> Certificate:
        return copositive_certificate(problem, atoms, bits)

    tight = _meets(attempt)
    if not tight:  # the search stalled: the better network and the better dual point of both methods

        def attempt(bits: int) -> Certificate:
            return _better(copositive_certificate(problem, atoms, bits), bounds(bits))

    return Answer(
        regime="whitened, overlapping outputs", geometry=counted(len(atoms)) if tight else "bounds",
        attempt=attempt, is_tight=tight, **names,
        because=f"max |V^T h| over h >= 0, |h| = 1 from the eigenvectors on all {2 ** len(problem.Y) - 1} supports",
        notes=("rank is that of the network shown; the minimum is over networks of every width >= rank",),
    )


def _meets(attempt: Callable[[int], Certificate]) -> bool:
    with flint.ctx.workprec(192):
        first = attempt(192)
    left, right = upper_end(first.primal), upper_end(first.dual)
    return (left - right) * 10**20 <= max(left, Fraction(1))


def _between(problem: Network) -> tuple[Callable[[int], Certificate], bool]:
    from ncproofs.critical.network_linear import linear_answer
    from ncproofs.problems.networks import linear

    below = linear_answer(linear(problem.X, problem.Y, problem.price))

    def attempt(bits: int) -> Certificate:
        linear_network = below.attempt(bits)
        rivals = [_flipped(problem, linear_network.neurons), _columnwise(problem)]
        valued = [(primal_value(problem, rival), rival) for rival in rivals]
        value, neurons = min(valued, key=lambda pair: upper_end(pair[0]))
        bound = operator_norm_squared(matrix_product(transposed(problem.X), linear_network.V))
        return Certificate(neurons=tuple(neurons), primal=value, V=linear_network.V,
                           dual=dual_value(problem, linear_network.V, bound),
                           quantities={"rank": Fraction(len(neurons))})

    return attempt, _meets(attempt)


def _flipped(problem: Network, neurons: Sequence[Neuron]) -> list[Neuron]:
    """(w, a) or (-w, -a), whichever has the larger share of X w positive."""
    found = []
    for neuron in neurons:
        reached = [to_ball(dot(row, neuron.w)) for row in problem.X]
        positive = sum((x.mid() ** 2 for x in reached if x.mid() > 0), arb(0))
        negative = sum((x.mid() ** 2 for x in reached if x.mid() < 0), arb(0))
        sign = 1 if positive > negative else -1
        found.append(Neuron(w=tuple(sign * e for e in neuron.w), a=tuple(sign * e for e in neuron.a)))
    return found


def _columnwise(problem: Network) -> list[Neuron]:
    found = []
    for k, sign, part in parts_of(problem.Y):
        length, strength, _ = _shrunk(part, problem.price)
        if strength:
            found.append(_neuron(problem, part, k, sign, length, strength))
    return found


def _rank_one(problem: Network) -> Answer:
    parts = signed_parts(problem) if any(any(row) for row in problem.X) else []
    alive = any(pulled * size > problem.price**2 for _, _, pulled, size in parts)
    return Answer(
        regime="rank one", geometry="one neuron for each sign of the inputs" if alive else ZERO,
        attempt=lambda bits: _by_sign(problem),
        because="X = c a^T exactly: the features are |a| c_+ and |a| c_-, which are orthogonal", axioms=_AXIOMS,
    )


def signed_parts(problem: Network) -> list[tuple[int, tuple[Fraction, ...], Fraction, Fraction]]:
    """X = c a^T of rank one: (sign, c_+-, |Y^T c_+-|^2, |a|^2) for the nonzero parts; a is the first nonzero row."""
    lead = next(row for row in problem.X if any(row))
    size = square(lead)
    c = [dot(row, lead) / size for row in problem.X]
    found = []
    for sign in (1, -1):
        part = tuple(max(sign * entry, Fraction(0)) for entry in c)
        if any(part):
            found.append((sign, part, square([dot(column, part) for column in transposed(problem.Y)]), size))
    return found


def _by_sign(problem: Network) -> Certificate:
    """p = Y^T c_+-: f = |a| c_+- o^T with o = (|p||a| - beta)_+ p/(|p| |a|^2 |c_+-|^2); V = Y - f."""
    X, Y, beta = problem.X, problem.Y, problem.price
    if not any(any(row) for row in X):
        return zero_certificate(problem)
    lead = next(row for row in X if any(row))
    neurons, worst = [], [Fraction(0)]
    V: list[list[Number]] = [list(row) for row in Y]
    parts = signed_parts(problem)
    for sign, part, pulled, size in parts:
        if pulled * size <= beta**2:
            continue
        pull = [dot(column, part) for column in transposed(Y)]
        reach = product(norm(pull), norm(lead))  # |p||a|
        strength = over(minus(reach, beta), product(reach, norm(lead), square(part)))
        out = tuple(product(strength, entry) for entry in pull)
        neurons.append(Neuron(w=tuple(over(sign * entry, norm(lead)) for entry in lead), a=out))
        V = [[minus(v, product(h, norm(lead), o)) for v, o in zip(row, out, strict=True)]
             for row, h in zip(V, part, strict=True)]
    for _, part, _, size in parts:
        worst.append(upper_end(product(square([dot(column, part) for column in transposed(V)]), size)))
    return Certificate(neurons=tuple(neurons), primal=primal_value(problem, neurons), V=tuple(map(tuple, V)),
                       dual=dual_value(problem, V, max(worst)), quantities={"rank": Fraction(len(neurons))})
