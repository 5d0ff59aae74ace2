"""Where the minimisers of the weight-decay model are, and what holds there: kinds ``ridge/...`` about one problem.

Which general theorem each regime rests on is said in docs/certificate-format.md, "Instances". All regimes are decided
here again, with the values and derivatives of the bare loss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from ncproofs.proof.checker_arithmetic import Budget, Intervals, Rejected, Series, evaluate, times, total
from ncproofs.proof.checker_constants import Constants, compared
from ncproofs.proof.checker_hessian import Block, Eigenvalues, Model, Place, has_inertia, has_table
from ncproofs.proof.checker_losses import Loss
from ncproofs.proof.checker_reading import expression, listed, need, rational, whole
from ncproofs.proof.checker_ridge import Problem


@dataclass(frozen=True)
class Minimum:
    """A frame of ``rank`` directions with the margin of its logits, and maybe the mean direction.

    ``bracket``: an interval around the margin, where the margin has no closed form.
    """

    geometry: str
    rank: int
    has_mean: bool = False
    bracket: Any = None


def least(loss: Loss, K: int, slope: Any, balls: Intervals, search: Any) -> tuple[int, int] | None:
    """The only minimiser over all real m of g(m) = L(m e_k, k) + (K - 1) slope |m|, in an interval; None for 0.

    L falls strictly with m and is at least 0, so a minimiser is not negative. ``points`` 0 = x_0 < ... < x_n cut
    [0, x_n]; a piece holds no minimiser, but 0 itself, if g' has a sign there or g > g(best); at most one if g'' > 0.
    """
    points, best, root = need(search, "points", "best", "root")
    cuts, series, price = [rational(point) for point in listed(points)], Series(balls, 2), times(balls, slope, K - 1)
    if loss.name != "focal" or slope[0] <= 0 or cuts[:1] != [0] or sorted(set(cuts)) != cuts:
        raise Rejected("the search needs the focal loss, a slope > 0 and points that increase from 0")

    def g(m: Any, algebra: Any = balls) -> Any:
        lean = series.constant(price) if algebra is series else price
        return algebra.add(loss.at_gap(algebra, K, m), algebra.mul(lean, m))

    bound, found = g(balls.number(rational(best)))[1], []
    for low, high in pairwise(cuts):
        box = balls.number(low)[0], balls.number(high)[1]
        value, rise, bend = g(series.constant(box, 1), series)
        centre = ((box[0] + box[1]) // 2,) * 2
        least_value = max(value[0], balls.add(g(centre), balls.mul(rise, balls.sub(box, centre)))[0])
        if rise[0] > 0 and not low:
            found += [(low, high)] if g(balls.number(low))[0] <= bound else []
        elif not (rise[0] > 0 or rise[1] < 0 or least_value > bound):
            if not low or bend[0] <= 0:
                raise Rejected("a piece of the reduced function is not settled")
            found.append((low, high))
    if rational(best) < 0 or balls.mul(price, balls.number(cuts[-1]))[0] <= bound:
        raise Rejected("the reduced function is not shown to exceed its minimum beyond the last point")
    if len(found) != 1:
        raise Rejected(f"{len(found)} pieces may hold a minimiser")
    if not found[0][0]:
        return None
    ends = [rational(end) for end in listed(root, 2)]
    if not found[0][0] <= ends[0] < ends[1] <= found[0][1]:
        raise Rejected("the bracket is not inside the piece")
    left, right = (g(series.constant(balls.number(end), 1), series)[1] for end in ends)
    if not left[1] < 0 < right[0]:
        raise Rejected("the derivative does not change sign over the bracket")
    return balls.number(ends[0])[0], balls.number(ends[1])[1]


def minimum_of(problem: Problem, balls: Intervals, search: Any) -> Minimum:
    """The kind of every global minimiser."""
    K, d, loss, scaled = problem.K, problem.d, problem.loss, problem.K**2 * problem.c_squared
    if loss.name == "mean_squared":
        kappa = _kappa(problem)
        if scaled >= 1:
            return Minimum("zero", 0)
        if problem.lambda_b is None:
            return Minimum("orthogonal frame" if d >= K else "rank-deficient frame", min(d, K))
        if d >= K and scaled < kappa**2:
            return Minimum("intermediate frame", K - 1, has_mean=True)
        return Minimum("simplex ETF" if d >= K - 1 else "rank-deficient frame", min(d, K - 1))
    bracket: Any = None
    if loss.is_linear:
        collapses = scaled < (1 - loss.parameter) ** 2
    elif loss.name == "focal":
        bracket = least(loss, K, _c(problem, balls), balls, search)
        collapses = bracket is not None
        if problem.lambda_b is not None and (K - 1) ** 2 * problem.c_squared > 1:
            series = Series(balls, 1)
            slope = loss.at_gap(series, K, series.constant(balls.number(Fraction(0)), 1))[1]
            if slope[0] <= -balls.number(Fraction(1))[0]:
                raise Rejected("with a bias c <= 1/(K-1) or psi' <= 1 at the origin is needed")
    else:
        raise Rejected("no theorem gives the optimum of this loss")
    if collapses and d < K - 1:
        raise Rejected("a simplex ETF needs d >= K - 1")
    return Minimum("simplex ETF", K - 1, bracket=bracket) if collapses else Minimum("zero", 0)


def _kappa(problem: Problem) -> Fraction:
    return Fraction(1) if problem.lambda_b is None else problem.lambda_b / (1 + problem.lambda_b)


def _c(problem: Problem, algebra: Any) -> Any:
    return algebra.sqrt(algebra.number(problem.c_squared))


def quantity(problem: Problem, at: Minimum, algebra: Any, name: str) -> Any:
    """A quantity of the minimisers, in any algebra."""
    K, n, number = problem.K, problem.n, algebra.number
    margin, mean, value = _scales(problem, at, algebra)
    energy = algebra.mul(algebra.sqrt(number(n * problem.lambda_H / problem.lambda_W)),
                         algebra.add(times(algebra, margin, at.rank), mean))
    ratio, wide = problem.lambda_W / problem.lambda_H, at.geometry != "rank-deficient frame"
    found = {"objective": value, "margin": margin, "c": _c(problem, algebra), "W_fro_sq": energy,
             "H_fro_sq": times(algebra, energy, ratio)}
    if wide:
        found |= {"logit_gap": margin, "W_row_norm_sq": times(algebra, energy, Fraction(1, K)),
                  "H_col_norm_sq": times(algebra, energy, ratio / (n * K))}
    if problem.loss.name == "mean_squared":
        found["mean_direction"] = mean
        if problem.lambda_b is not None:
            found["bias"] = times(algebra, algebra.sub(number(Fraction(1)), mean), 1 / (K * (1 + problem.lambda_b)))
    elif problem.lambda_b:
        found["bias"] = number(Fraction(0))
    if not isinstance(name, str) or name not in found:
        raise Rejected("not a quantity that is determined here")
    return found[name]


def _scales(problem: Problem, at: Minimum, algebra: Any) -> tuple[Any, Any, Any]:
    """(margin, mean direction, value)."""
    K, loss, number = problem.K, problem.loss, algebra.number
    zero, one, c = number(Fraction(0)), number(Fraction(1)), _c(problem, algebra)
    if loss.name == "mean_squared":
        kappa = _kappa(problem)
        x = algebra.sub(one, times(algebra, c, K)) if at.rank else zero
        y = algebra.sub(one, times(algebra, c, K / kappa)) if at.has_mean else zero
        start = Fraction(1, 2) if problem.lambda_b is None else (K - 1 + kappa) / (2 * K)
        gain = algebra.add(times(algebra, algebra.power(x, 2), at.rank), times(algebra, algebra.power(y, 2), kappa))
        return x, y, algebra.sub(number(start), times(algebra, gain, Fraction(1, 2 * K)))
    if not at.rank:
        return zero, zero, loss.at_gap(algebra, K, zero)
    if at.bracket is not None:
        if isinstance(algebra, Constants):
            raise Rejected("this margin has no closed form")
        m = at.bracket
        return m, zero, algebra.add(loss.at_gap(algebra, K, m), times(algebra, algebra.mul(c, m), K - 1))
    # The probabilities of the conjugate at the dual point -c K P: q for each wrong class, p for the true one.
    q = algebra.add(c, number(loss.parameter / K))
    p = algebra.sub(one, times(algebra, q, K - 1))
    if isinstance(algebra, Constants):
        algebra.name(p, q)
    logs = algebra.log(p), algebra.log(q)
    entropy = algebra.add(algebra.mul(p, logs[0]), times(algebra, algebra.mul(q, logs[1]), K - 1))
    return algebra.sub(*logs), zero, algebra.neg(entropy)


def _opened(
    statement: list[Any], witness: Any, budget: Budget, *more: str
) -> tuple[Problem, Intervals, Any, list[Any]]:
    bits, search, *others = need(witness, "bits", "search", *more)
    return Problem(statement[0]), Intervals(whole(bits, 64, 4096), budget), search, others


def optimum(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, balls, search, _ = _opened(statement, witness, budget)
    at, (name, relation, value) = minimum_of(problem, balls, search), statement[1:]
    compared(budget, balls.p, lambda algebra: quantity(problem, at, algebra, name), relation, expression(value))


def geometry(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, balls, search, _ = _opened(statement, witness, budget)
    at = minimum_of(problem, balls, search)
    if at.geometry != statement[1] or at.geometry == "rank-deficient frame":
        raise Rejected("the minimisers are of another kind")


def argmin(statement: list[Any], witness: Any, budget: Budget) -> None:
    """phi(t) + c |t| has one minimiser, t = -(K - 1) m."""
    name, parameter, K, c = statement
    loss, K, (bits, search) = Loss(name, parameter), whole(K, 2, 10**9), need(witness, "bits", "search")
    balls = Intervals(whole(bits, 64, 4096), budget)
    slope = evaluate(expression(c), {}, balls)
    if slope[0] <= 0:
        raise Rejected("c > 0 is needed")
    if not loss.is_linear and loss.name != "mean_squared":  # those are strictly convex, and nowhere negative
        least(loss, K, slope, balls, search)


def price_is_that_of(c: Any, parameters: Any, budget: Budget) -> None:
    """c^2 = n lambda_W lambda_H for the problem that ``parameters`` spell; c > 0 is known."""
    problem = Problem(parameters)
    square = problem.n * problem.lambda_W * problem.lambda_H
    compared(budget, 128, lambda algebra: algebra.number(square), "==", ["^", expression(c), 2])


def _bracketed(problem: Problem, balls: Intervals, root: Any) -> tuple[int, int]:
    """An interval that holds a margin m > 0 at which the simplex ETF is critical: -dL/dm = (K - 1) c there."""
    K, d = problem.K, problem.d
    # The mean part of the squared error is stationary in the bias or the mean direction, and does not change with m.
    loss = Loss("projected_mean_squared", None) if problem.loss.name == "mean_squared" else problem.loss
    if d < K - 1 or not (loss.is_softmax or loss.name == "projected_mean_squared"):
        raise Rejected("a simplex ETF needs d >= K - 1, and a loss of the list")
    low, high = (rational(end) for end in listed(root, 2))
    series, price, sides = Series(balls, 1), times(balls, _c(problem, balls), K - 1), []
    for end in (low, high):
        slope = loss.at_gap(series, K, series.constant(balls.number(end), 1))[1]
        sides.append(balls.add(slope, price))
    if not 0 < low < high or not (sides[0][1] < 0 < sides[1][0] or sides[1][1] < 0 < sides[0][0]):
        raise Rejected("no margin between the two ends is shown to solve the scale equation")
    return balls.number(low)[0], balls.number(high)[1]


def scale(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, balls, _, (root,) = _opened(statement, witness, budget, "root")
    slope, ratio = statement[1:]
    _bracketed(problem, balls, root)
    compared(budget, balls.p, lambda algebra: _c(problem, algebra), "==", expression(slope))
    if ratio is not None:
        balance = problem.lambda_W / (problem.n * problem.lambda_H)
        compared(budget, balls.p, lambda algebra: algebra.sqrt(algebra.number(balance)), "==", expression(ratio))


def _frame(problem: Problem, at: Minimum, balls: Intervals) -> list[tuple[list[Any], Any]]:
    """Orthonormal rows of R^K, each with the singular value of the logits along it."""
    K, zero = problem.K, balls.number(Fraction(0))
    margin, mean, _ = _scales(problem, at, balls)
    rows = []
    if problem.loss.name == "mean_squared" and problem.lambda_b is None and at.geometry != "simplex ETF":
        rows = [[balls.number(Fraction(int(k == j))) for k in range(K)] for j in range(at.rank)]
    else:
        for j in range(1, at.rank + 1):  # (1, ..., 1, -j, 0, ..., 0)/sqrt(j (j + 1))
            unit = balls.sqrt(balls.number(Fraction(1, j * (j + 1))))
            rows.append([unit] * j + [times(balls, unit, -j)] + [zero] * (K - 1 - j))
    frame = [(row, margin) for row in rows]
    return [*frame, ([balls.sqrt(balls.number(Fraction(1, K)))] * K, mean)] if at.has_mean else frame


def hessian_blocks(problem: Problem, at: Minimum, balls: Intervals) -> tuple[list[Block], int]:
    """The Hessian at the point, in blocks, and the dimension of the orbit of the symmetry group."""
    K, n, d = problem.K, problem.n, problem.d
    if at.rank + at.has_mean > d or K > 40:
        raise Rejected("more directions than dimensions, or more than 40 classes")
    frame, zero, one = _frame(problem, at, balls), balls.number(Fraction(0)), balls.number(Fraction(1))
    rank = len(frame)
    shape = balls.sqrt(balls.number(n * problem.lambda_H / problem.lambda_W))
    ends = [(balls.sqrt(balls.mul(shape, s)), balls.sqrt(balls.div(s, shape))) for _, s in frame]
    columns = [[[*(balls.mul(row[k], end[side]) for (row, _), end in zip(frame, ends, strict=True)), zero]
                for k in range(K)] for side in (0, 1)]
    bias = None
    if problem.lambda_b is not None:
        squared = problem.loss.name == "mean_squared"
        bias = [quantity(problem, at, balls, "bias") if squared else zero] * K
    model = Model(balls, problem.loss, columns[0], [Place(k, n, columns[1][k]) for k in range(K)], bias=bias)
    basis = [[one if a == b else zero for a in range(rank + 1)] for b in range(rank + 1)]
    weights = [balls.number(problem.lambda_W)] * K, [balls.number(problem.lambda_H)] * K
    inside = [basis[:rank]] * K
    lean = None if problem.lambda_b is None else balls.number(problem.lambda_b)
    blocks: list[Block] = [(model.form((inside, inside), weights, lean), 1)]
    if d > rank:
        outside = [basis[rank:]] * K
        blocks.append((model.form((outside, outside), weights), d - rank))
    if n > 1:
        blocks += [(model.within(k, basis[:rank], weights[1][0]), n - 1) for k in range(K)]
        blocks.append(([[weights[1][0]]], (n - 1) * K * (d - rank)))
    return blocks, _orbit(problem, at, rank)


def _orbit(problem: Problem, at: Minimum, rank: int) -> int:
    """O(d) acts on W and H; a shift of all biases if that is free; for the squared error O(K), or what fixes 1, too."""
    turns = rank * problem.d - rank * (rank + 1) // 2
    if problem.loss.name == "mean_squared":
        return turns + at.rank * (problem.K - (problem.lambda_b is not None) - at.rank)
    return turns + (problem.lambda_b == 0)


def _point(problem: Problem, name: Any, balls: Intervals, search: Any, root: Any) -> Minimum:
    if name == "minimum":
        return minimum_of(problem, balls, search)
    if not problem.loss.is_softmax and problem.loss.name != "mean_squared":
        raise Rejected("the point is not known to be critical for this loss")
    if name == "origin":
        return Minimum("zero", 0)
    if name != "collapse":
        raise Rejected("the point is minimum, origin or collapse")
    bracket = _bracketed(problem, balls, root)
    return Minimum("simplex ETF", problem.K - 1, bracket=None if problem.loss.name == "mean_squared" else bracket)


def spectrum(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, balls, search, (root,) = _opened(statement, witness, budget, "root")
    blocks, kernel = hessian_blocks(problem, _point(problem, statement[1], balls, search, root), balls)
    has_table(Eigenvalues(balls, blocks), statement[2], kernel)


def inertia_at(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, balls, search, (root, gap) = _opened(statement, witness, budget, "root", "gap")
    blocks, kernel = hessian_blocks(problem, _point(problem, statement[1], balls, search, root), balls)
    negative, zero = (whole(count, 0, 10**18) for count in statement[2:])
    has_inertia(Eigenvalues(balls, blocks), negative, zero, kernel, rational(gap))


def origin_curvature(statement: list[Any], witness: Any, budget: Budget) -> None:
    """At W = H = 0, along dW = r u a^T and dH = (1/r) a u^T (x) 1_n^T/sqrt n, u = (1, -1, 0, ...)/sqrt 2, |a| = 1."""
    problem, balls, _, _ = _opened(statement, witness, budget)
    K, n = problem.K, problem.n

    def second(algebra: Any) -> Any:
        series = Series(algebra, 1)  # in s^2: logits of class 1 move by s^2 (1, -1, 0, ...)/(2 sqrt n); so do 2's
        zero = algebra.number(Fraction(0))
        z = [[zero, algebra.number(Fraction(slope))] for slope in (1, -1, *[0] * (K - 2))]
        data = algebra.div(problem.loss.at(series, z, 0)[1], algebra.sqrt(algebra.number(Fraction(n))))
        ridge = algebra.sqrt(algebra.number(problem.lambda_W * problem.lambda_H))
        return total(algebra, [times(algebra, data, Fraction(2, K)), ridge, ridge])

    if K > 1000 or problem.loss.name == "expression":
        raise Rejected("at most 1000 classes, and a loss of the list")
    compared(budget, balls.p, second, "==", expression(statement[1]))


def benign(statement: list[Any], witness: Any, budget: Budget) -> None:
    """Every critical point is a global minimiser or a strict saddle."""
    problem = Problem(statement[0])
    need(witness)
    if problem.loss.name != "mean_squared" and not (problem.loss.is_linear and problem.d >= problem.K - 1):
        raise Rejected("no general theorem covers this loss, or d < K - 1")


KINDS: dict[str, tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], None]]] = {
    "ridge/optimum/1": (("problem", "quantity", "relation", "value"), optimum),
    "ridge/geometry/1": (("problem", "geometry"), geometry),
    "ridge/scale/1": (("problem", "slope", "scale"), scale),
    "ridge/argmin/1": (("loss", "parameter", "K", "c"), argmin),
    "ridge/spectrum/1": (("problem", "point", "eigenvalues"), spectrum),
    "ridge/inertia/1": (("problem", "point", "negative", "zero"), inertia_at),
    "ridge/origin-curvature/1": (("problem", "value"), origin_curvature),
    "ridge/benign/1": (("problem",), benign),
}
