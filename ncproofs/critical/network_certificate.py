r"""Weak duality of a regularised network, instance by instance.

An answer is an explicit network (its value is an upper bound of the minimum) and a matrix V (a lower bound). With
c(V) = max |V^T phi(Xw)| over unit w, and t = min(1, beta/c(V)),

    P = (1/2)|f(X) - Y|^2 + beta sum_j |w_j||a_j|,     D = t <V, Y> - t^2 |V|^2/2,     D <= min <= P.

Everything is evaluated in fractions where all numbers are rational, else in balls; the approximations that found the
network and V are not trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import flint
from flint import arb

from ncproofs.arithmetic.enclosure import Enclosure, exact_bounds
from ncproofs.critical.optimum import MOST_DIGITS
from ncproofs.critical.profiles import root, to_ball
from ncproofs.critical.regimes import Number, lift, product
from ncproofs.errors import InvalidProblem
from ncproofs.notebook import optimum_html
from ncproofs.problems.networks import Network, Regression
from ncproofs.truth import Rigor, Truth

__all__ = [
    "ZERO", "Answer", "Certificate", "NetworkOptimum", "Neuron", "certify", "counted", "dot", "dual_value", "enclosed",
    "matrix_product", "minus", "norm", "over", "plus", "predicted", "primal_value", "square", "transposed", "upper_end",
]

Rows = Sequence[Sequence[Any]]
_MOST_BITS = 2**15


@dataclass(frozen=True, kw_only=True)
class Neuron:
    """One path through the network: x -> phi(<w, x> + bias) * (product of ``middle``) * a.

    ``middle`` are the inner layers of a deep chain, each of width one.
    """

    w: tuple[Number, ...]
    a: tuple[Number, ...]
    bias: Number = Fraction(0)
    middle: tuple[Number, ...] = ()


def counted(neurons: int) -> str:
    """"no neurons", "1 neuron", "2 neurons", ..."""
    return f"{neurons or 'no'} neuron{'' if neurons == 1 else 's'}"


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """Bounds at one precision: ``primal`` is the value of ``neurons``, ``dual`` that of t V.

    ``quantities``: further numbers, by name.
    """

    neurons: tuple[Neuron, ...]
    primal: Number
    dual: Number
    V: tuple[tuple[Number, ...], ...] = ()
    quantities: Mapping[str, Number] = field(default_factory=dict)

#: The geometry of a minimiser without neurons.
ZERO = "zero network"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a problem is solved: its regime in words, and the certificate at any precision.

    ``is_dual`` False: the lower bound does not come from a dual point, and ``dual`` in the certificate is the value of
    the dual problem, which is less than the minimum.
    """

    regime: str
    geometry: str
    because: str
    attempt: Callable[[int], Certificate]
    axioms: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    holes: tuple[str, ...] = ()
    is_dual: bool = True
    #: False: bounds are shown, and they are not expected to meet.
    is_tight: bool = True


@dataclass(frozen=True, kw_only=True)
class NetworkOptimum:
    """Certified bounds of the minimum of ``problem``, and the network that attains the upper one.

    ``truth`` HOLDS: the bounds agree to the digits asked for. UNDECIDED: both bounds are certified, but they are
    further apart. Quantities: objective, dual, gap, rank and those of the kind.
    """

    problem: Network
    truth: Truth
    rigor: Rigor
    regime: str
    geometry: str
    quantities: Mapping[str, Enclosure]
    neurons: tuple[Neuron, ...]
    dual_point: tuple[tuple[Number, ...], ...]
    because: str
    holes: tuple[str, ...]
    axioms: tuple[str, ...]
    notes: tuple[str, ...]

    _repr_html_ = optimum_html


def certify(problem: Network, answer: Answer, digits: int) -> NetworkOptimum:
    """Raise the precision until objective, dual and the other quantities are thinner than 10^-``digits``, relatively.

    Raises:
        InvalidProblem: digits is not a whole number from 1 to 1000.
    """
    if not isinstance(digits, int) or isinstance(digits, bool) or not 1 <= digits <= MOST_DIGITS:
        raise InvalidProblem(f"digits={digits} given; write a whole number from 1 to {MOST_DIGITS}")
    bits, found, thin, last = 96 + 4 * digits + _magnitude(problem), None, False, None
    while bits <= _MOST_BITS:
        with flint.ctx.workprec(bits):
            found = answer.attempt(bits)
            quantities = _quantities(found, answer)
        thin = all(_is_thin(name, value, digits) for name, value in quantities.items())
        gap = quantities["gap"].upper
        # A gap that more bits do not narrow comes from the method: an inactive Newton, or no strong duality.
        if thin or not answer.is_tight or (last is not None and gap * 2 > last):
            break
        bits, last = bits * 2, gap
    assert found is not None
    exact = all(value.rigor >= Rigor.EXACT for value in quantities.values())
    shortfall = () if thin or not answer.is_tight else ("the bounds do not agree to the digits asked for",)
    return NetworkOptimum(
        problem=problem,
        truth=Truth.HOLDS if thin and answer.is_tight and not answer.holes else Truth.UNDECIDED,
        rigor=Rigor.EXACT if exact else Rigor.ENCLOSED,
        regime=answer.regime, geometry=answer.geometry, quantities=quantities, neurons=found.neurons,
        dual_point=found.V, because=answer.because, holes=answer.holes, axioms=answer.axioms,
        notes=(*answer.notes, *shortfall),
    )


def _magnitude(problem: Network) -> int:
    """Bits that the sizes of the numbers take: a weight decay of 10^-100 needs them before its digits count."""
    numbers = [problem.beta or Fraction(1)]
    if isinstance(problem.data, Regression):
        numbers += [entry for row in (*problem.X, *problem.Y) for entry in row]
    largest = max(max(abs(value.numerator), value.denominator).bit_length() for value in numbers)
    return min(2 * largest, _MOST_BITS // 4)


def _quantities(found: Certificate, answer: Answer) -> dict[str, Enclosure]:
    quantities = {name: enclosed(value) for name, value in found.quantities.items()}
    upper, lower = enclosed(found.primal), enclosed(found.dual)
    gap = upper.upper - lower.lower
    if answer.is_dual and gap < 0:
        raise ArithmeticError(f"the dual value exceeds the primal value by {-gap}")
    if not answer.is_dual:
        return {"objective": upper, "dual": lower,
                "gap": Enclosure(upper.lower - lower.upper, gap, min(upper.rigor, lower.rigor)), **quantities}
    if gap == 0:
        return {"objective": upper, "dual": lower, "gap": Enclosure.exact(0), **quantities}
    between = Enclosure(lower.lower, upper.upper, Rigor.ENCLOSED)
    return {"objective": between, "dual": lower, "gap": Enclosure(Fraction(0), gap, Rigor.ENCLOSED), **quantities}


def _is_thin(name: str, value: Enclosure, digits: int) -> bool:
    """The gap is a bound, not a number to be known to many digits; the objective says how large it is."""
    if name == "gap":
        return True
    width = value.relative_width()
    return (width is not None and width * 10 ** (digits + 2) < 1) or value.upper - value.lower == 0


def enclosed(value: Number) -> Enclosure:
    """A fraction exactly, a ball by its ends."""
    return Enclosure.of_ball(value) if isinstance(value, arb) else Enclosure.exact(value)


def upper_end(value: Number) -> Fraction:
    """An upper bound as an exact fraction."""
    return exact_bounds(value)[1] if isinstance(value, arb) else Fraction(value)


def plus(left: Number, right: Number) -> Any:
    """The sum, exact if both are."""
    a, b = lift(left, right)
    return a + b


def minus(left: Number, right: Number) -> Any:
    """The difference, exact if both are."""
    a, b = lift(left, right)
    return a - b


def over(left: Number, right: Number) -> Any:
    """The quotient, exact if both are."""
    a, b = lift(left, right)
    return a / b


def dot(left: Sequence[Number], right: Sequence[Number]) -> Any:
    """The inner product; exact if both are."""
    total: Number = Fraction(0)
    for x, y in zip(left, right, strict=True):
        total = plus(total, product(x, y))
    return total


def square(vector: Sequence[Any]) -> Any:
    """|v|^2."""
    total: Number = Fraction(0)
    for entry in vector:
        total = plus(total, entry * entry)
    return total


def norm(vector: Sequence[Number]) -> Any:
    """|v|, exact when rational."""
    total = square(vector)
    return total.sqrt() if isinstance(total, arb) else root(total)


def transposed(rows: Rows) -> list[tuple[Any, ...]]:
    """The columns."""
    return list(zip(*rows, strict=True))


def matrix_product(left: Rows, right: Rows) -> list[list[Any]]:
    """left times right, exact if both are."""
    columns = transposed(right)
    return [[dot(row, column) for column in columns] for row in left]


def predicted(X: Rows, neurons: Sequence[Neuron], *, has_relu: bool) -> list[list[Number]]:
    """f(X), one row a sample; the zero network has no neurons, and then no row has entries."""
    width = len(neurons[0].a) if neurons else 0
    rows = []
    for x in X:
        total: list[Number] = [Fraction(0)] * width
        for neuron in neurons:
            hidden = plus(dot(x, neuron.w), neuron.bias)
            reached = product(_positive(hidden) if has_relu else hidden, *neuron.middle)
            total = [plus(t, product(reached, a)) for t, a in zip(total, neuron.a, strict=True)]
        rows.append(total)
    return rows


def _positive(value: Number) -> Number:
    return value.max(arb(0)) if isinstance(value, arb) else max(value, Fraction(0))


def primal_value(problem: Network, neurons: Sequence[Neuron]) -> Number:
    """The objective at ``neurons``, after the rescaling of each that costs least and does not change f.

    Two layers, or unit normalisation: beta |w||a| times inner norms. Standard: (L beta/2)(product of norms)^(2/L).
    """
    Y = problem.Y
    found: Rows = [(Fraction(0),) * len(Y[0])] * len(Y)
    if neurons:
        found = predicted(problem.X, neurons, has_relu=problem.kind == "relu")
    total: Number = Fraction(0)
    for row, target in zip(found, Y, strict=True):
        total = plus(total, square([minus(f, y) for f, y in zip(row, target, strict=True)]) / 2)
    for neuron in neurons:
        total = plus(total, _cost(problem, neuron))
    return total


def _cost(problem: Network, neuron: Neuron) -> Number:
    size = product(norm(neuron.w), norm(neuron.a), *(norm((m,)) for m in neuron.middle))
    if problem.layers == 2 or problem.normalisation == "unit":
        return product(problem.price, size)
    if isinstance(size, Fraction) and size == 0:
        return Fraction(0)
    L = problem.layers
    return to_ball(problem.price) * L / 2 * (to_ball(size) * to_ball(size)).root(L)


def dual_value(problem: Network, V: Rows, bound_squared: Number) -> Number:
    """D at t V with t = min(1, beta/c), where c^2 <= ``bound_squared``."""
    beta = problem.price
    if not V:
        return Fraction(0)
    inner, size = (_pairing(V, problem.Y), _pairing(V, V))
    worst = upper_end(bound_squared)
    scale: Number = Fraction(1)
    if worst > beta**2:
        exact = root(beta**2 / worst)
        scale = exact if isinstance(exact, Fraction) else exact_bounds(exact)[0]
    t, i, s = lift(scale, inner, size)
    value: Number = t * i - t * t * s / 2
    return value


def _pairing(left: Rows, right: Rows) -> Number:
    total: Number = Fraction(0)
    for row, other in zip(left, right, strict=True):
        total = plus(total, dot(row, other))
    return total
