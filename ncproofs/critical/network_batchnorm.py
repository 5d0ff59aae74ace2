r"""Batch normalisation and ReLU before the last layer, one-hot labels with class sizes n_k, N = sum n_k.

h = (gamma z + alpha 1/sqrt N)_+ with z a centred unit vector in the range of the inputs; weight decay on gamma, alpha
and the output weights. With r = sqrt n_k, p = n_k/N and z along the centred label of class k, the unit vector
(gamma, alpha) = (sqrt(1 - p), sqrt p) has h = 1/r on class k and 0 elsewhere. So class k is fitted by

    (1 - beta/r)_+ y_k   at cost   beta r - beta^2/2 (active, beta < r) or n_k/2,

and V = Y diag(min(1, beta/r)) is dual feasible: its columns have disjoint supports and length at most beta.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from math import isqrt

from flint import fmpq, fmpq_mat

from ncproofs.critical.network_certificate import Answer, Certificate, Neuron, minus, over, plus, square
from ncproofs.critical.profiles import root, to_ball
from ncproofs.critical.regimes import Number, lift, product
from ncproofs.problems.networks import Labels, Matrix, Network

__all__ = ["batchnorm_answer", "has_range", "mean_geometry", "strengths"]

_SHOWN = 100
_AXIOMS = ("Cauchy-Schwarz inequality", "inequality of arithmetic and geometric means")


def strengths(problem: Network) -> tuple[Number, ...]:
    """(sqrt n_k - beta)_+ for every class, at the current precision; zeros are exact."""
    found: list[Number] = []
    for count in _labels(problem).counts:
        if count <= problem.price**2:
            found.append(Fraction(0))
        else:
            found.append(minus(root(Fraction(count)), problem.price))
    return tuple(found)


def mean_geometry(problem: Network, *, centred: bool) -> str:
    """What the class means of every minimiser form: nonzero means are orthogonal, of squared length (r - beta)_+/r^2.

    Centred at the mean of all samples they are a simplex ETF when all classes have one size and are active.
    """
    counts = _labels(problem).counts
    active = sum(count > problem.price**2 for count in counts)
    if active == 0:
        return "zero"
    if not centred:
        frame = active == len(counts) and all(_one_length(m, n, problem.price) for m, n in combinations(set(counts), 2))
        return "orthogonal frame" if frame else "orthogonal means"
    return "simplex ETF" if active == len(counts) and len(set(counts)) == 1 else "centred orthogonal means"


def _one_length(m: int, n: int, beta: Fraction) -> bool:
    """(sqrt m - beta)/m = (sqrt n - beta)/n, m != n: sqrt(m n) = beta (sqrt m + sqrt n), so sqrt(m n) is rational."""
    s = isqrt(m * n)
    return s * s == m * n and m * n == beta**2 * (m + n + 2 * s)


def has_range(labels: Labels) -> bool:
    """Whether every centred label vector lies in the range of the centred inputs; taken for granted without inputs."""
    if labels.A is None:
        return True
    A = _centred(labels.A)
    one_hot = tuple(
        tuple(Fraction(int(k == j)) for j in range(len(labels.counts)))
        for k, count in enumerate(labels.counts) for _ in range(count)
    )
    both = [left + right for left, right in zip(A, _centred(one_hot), strict=True)]
    return _rank(A) == _rank(both)


def _centred(rows: Matrix) -> list[tuple[Fraction, ...]]:
    means = [sum(column, Fraction(0)) / len(rows) for column in zip(*rows, strict=True)]
    return [tuple(entry - mean for entry, mean in zip(row, means, strict=True)) for row in rows]


def _rank(rows: list[tuple[Fraction, ...]]) -> int:
    entries = [fmpq(entry.numerator, entry.denominator) for row in rows for entry in row]
    return int(fmpq_mat(len(rows), len(rows[0]), entries).rank())


def _labels(problem: Network) -> Labels:
    assert isinstance(problem.data, Labels)
    return problem.data


def batchnorm_answer(problem: Network) -> Answer:
    """The minimum in closed form; without the range condition only bounds."""
    active = sum(count > problem.price**2 for count in _labels(problem).counts)
    if active and not has_range(_labels(problem)):  # without active classes the network is zero
        return Answer(
            regime="bounds only", geometry="unknown", attempt=lambda bits: _bounds(problem), axioms=_AXIOMS,
            because="a centred label vector is not in the range of the centred inputs, decided exactly: the dual bound "
                    "holds, but the network that attains it is not available",
            notes=("the upper bound is that of the constant network",), is_tight=False,
        )
    assumed = () if _labels(problem).A is not None or not active else (
        "no inputs given: every centred label vector is taken to lie in the range of the centred inputs",)
    return Answer(
        regime="trivial" if active == 0 else "collapse" if active == len(_labels(problem).counts) else (
            "minority collapse"),
        geometry=f"{mean_geometry(problem, centred=False)}; centred: {mean_geometry(problem, centred=True)}",
        attempt=lambda bits: _closed_form(problem), axioms=_AXIOMS, notes=assumed,
        because="class k is active iff beta^2 < n_k, decided exactly; network and V are explicit",
    )


def _closed_form(problem: Network) -> Certificate:
    counts, beta = _labels(problem).counts, problem.price
    N = sum(counts)
    primal: Number = Fraction(0)
    dual: Number = Fraction(0)
    quantities: dict[str, Number] = {"rank": Fraction(sum(count > beta**2 for count in counts))}
    neurons = []
    for k, (count, sigma) in enumerate(zip(counts, strengths(problem), strict=True)):
        p = Fraction(count, N)
        r, s, price, share, rest = lift(root(Fraction(count)), sigma, beta, p, 1 - p)
        # The activation of the unit (gamma, alpha) on class k and off it: 1/r and 0, because r^2 = n_k.
        on, off = rest / r + r / N, r / N - share / r
        hit = square((1 - s * on,)) * count / 2 + square((s * off,)) * (N - count) / 2 + price * s
        least = price * r - price**2 / 2 if count > beta**2 else Fraction(count, 2)
        primal, dual = plus(primal, hit), plus(dual, least)
        if len(counts) <= _SHOWN:
            shown = dict(_of_class(k + 1, sigma, r, p))
            quantities |= shown
            out = tuple(shown[f"out_weight_{k + 1}"] if j == k else Fraction(0) for j in range(len(counts)))
            if sigma:
                neurons.append(Neuron(w=(shown[f"gamma_{k + 1}"], shown[f"alpha_{k + 1}"]), a=out))
    return Certificate(neurons=tuple(neurons), primal=primal, dual=dual, quantities=quantities)


def _of_class(k: int, sigma: Number, r: Number, p: Fraction) -> Iterator[tuple[str, Number]]:
    """Balanced weights: (gamma, alpha) and the output weight have length g = sqrt(sigma)."""
    names = ("prediction_scale", "gamma", "alpha", "activation", "out_weight", "mean_norm_sq")
    if isinstance(sigma, Fraction) and sigma == 0:
        yield from ((f"{name}_{k}", Fraction(0)) for name in names)
        return
    g = _root(sigma)
    values = (over(sigma, r), product(g, root(1 - p)), product(g, root(p)), over(g, r), g, over(sigma, product(r, r)))
    yield from ((f"{name}_{k}", value) for name, value in zip(names, values, strict=True))


def _root(value: Number) -> Number:
    return root(value) if isinstance(value, Fraction) else value.sqrt()


def _bounds(problem: Network) -> Certificate:
    """The dual value above, and the constant network: |Y|^2/2 - (|Y^T 1|/sqrt N - beta)_+^2/2."""
    counts, beta = _labels(problem).counts, problem.price
    N = sum(counts)
    lower = _closed_form(problem).dual
    pull = Fraction(sum(count * count for count in counts), N)  # |Y^T 1|^2/N
    upper: Number = Fraction(N, 2)
    if pull > beta**2:
        upper = minus(upper, square((minus(root(pull), beta),)) / 2)
    return Certificate(neurons=(), primal=to_ball(upper) if not isinstance(lower, Fraction) else upper, dual=lower)
