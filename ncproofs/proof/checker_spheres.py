"""The model with unit classifiers and features, and its minimisers: kinds ``sphere/...`` about one problem.

f(W, H) = (1/N) sum_{k,i} L(tau W^T h_{k,i}, k), every column of length one. With the logit gap g = tau K/(K-1) of the
simplex ETF with h = w, every loss of the list satisfies L >= Phi(r) = L(g r e_k, k), r = <w_k - mean w, h>.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

from ncproofs.proof.checker_arithmetic import Budget, Intervals, Rejected, Series, times, total
from ncproofs.proof.checker_constants import Constants, compared
from ncproofs.proof.checker_hessian import Block, Eigenvalues, Exact, Model, Place, has_inertia, has_table
from ncproofs.proof.checker_inertia import inertia
from ncproofs.proof.checker_losses import Loss
from ncproofs.proof.checker_reading import expression, listed, need, rational, vector, whole
from ncproofs.proof.checker_sectors import etf_blocks, transverse_blocks


class Spheres:
    def __init__(self, value: Any) -> None:
        loss, parameter, K, d, n, tau = need(value, "loss", "parameter", "K", "d", "n", "tau")
        self.loss, self.tau = Loss(loss, parameter), rational(tau)
        self.K, self.d, self.n = (whole(size, low, 10**9) for size, low in ((K, 2), (d, 2), (n, 1)))
        self.N, self.gap = self.K * self.n, self.tau * Fraction(self.K, self.K - 1)
        if self.tau <= 0:
            raise Rejected("tau > 0 is needed")

    @property
    def centred(self) -> Loss:
        """The loss without what does not change at an ETF: there the mean of z - e_k is the constant -1/K."""
        return Loss("projected_mean_squared", None) if self.loss.name == "mean_squared" else self.loss


    def curvature(self, balls: Intervals, centre: Any, direction: Any, spread: Fraction) -> tuple[Any, Fraction]:
        """The s^2 coefficient of f along normalise(X + s D) for unit columns X within ``spread``, and |D|^2.

        The velocity is P D, and where the gradient vanishes the coefficient is Hess[P D, P D]/2.
        """
        K, d, N = self.K, self.d, self.N
        series, columns, squared = Series(balls, 2), [], Fraction(0)
        balls.budget.spend(20 * d * (K + N + K * N))
        for place, count in enumerate((K, N)):
            X, D = (vector(need(part, "W", "H")[place], d * count) for part in (centre, direction))
            squared += sum(entry * entry for entry in D)
            for i in range(count):
                column = [[(balls.number(X[a * count + i] - spread)[0], balls.number(X[a * count + i] + spread)[1]),
                           balls.number(D[a * count + i]), series.zero] for a in range(d)]
                length = series.sqrt(total(series, [series.power(entry, 2) for entry in column]))
                columns.append([series.div(entry, length) for entry in column])
        losses = []
        for s, h in enumerate(columns[K:]):
            z = [times(series, total(series, [series.mul(x, y) for x, y in zip(w, h, strict=True)]), self.tau)
                 for w in columns[:K]]
            losses.append(self.loss.at(series, z, s // self.n))
        return times(series, total(series, losses), Fraction(1, N))[2], squared


def regime(problem: Spheres, balls: Intervals, points: Any) -> str:
    """The kind of every global minimiser, once d is large enough for it."""
    loss, K, d = problem.loss, problem.K, problem.d
    if loss.name == "mean_squared":
        if d < K and problem.tau * K > d:
            raise Rejected("for the mean squared error d >= K or tau K <= d is needed")
        if d < K:
            return "unit-norm tight frame"
        return "orthogonal frame" if problem.tau <= 1 else "exact fit"
    if loss.name == "projected_mean_squared":
        falls = problem.gap <= 1
    elif loss.is_linear:
        series = Series(balls, 1)
        slope = loss.at_gap(series, K, series.constant(balls.number(problem.gap), 1))[1]
        if slope[0] <= 0 <= slope[1]:
            raise Rejected("the slope of the loss at the simplex ETF is not settled")
        falls = slope[1] < 0
    else:
        contact_holds(problem, balls, points)
        falls = True
    if not falls and d < K:
        raise Rejected("beyond the threshold d >= K is needed")
    return "simplex ETF" if falls else "equal logit gaps"


def contact_holds(problem: Spheres, balls: Intervals, points: Any, *, complete: bool = True) -> None:
    """Phi'(1) < 0, and J(r) = Phi(r) - Phi(1) - Phi'(1)(r^2 - 1)/2 > 0 for 1 != |r| <= 2(K-1)/K.

    J and J' vanish at 1. A piece that contains 1 needs J'' > 0, another one J > 0 by itself or from its middle.
    """
    K, loss, cuts = problem.K, problem.loss, [rational(point) for point in listed(points)]
    if not loss.is_softmax or sorted(set(cuts)) != cuts:
        raise Rejected("a loss of softmax form, and points that increase, are needed")
    series, rate, one = Series(balls, 2), balls.number(problem.gap), balls.number(Fraction(1))

    def phi(r: Any) -> list[Any]:
        value: list[Any] = loss.at_gap(series, K, series.mul(series.constant(rate), series.constant(r, 1)))
        return value

    touch = phi(one)
    reach = Fraction(2 * (K - 1), K)
    short = len(cuts) < 2 or cuts[0] > -reach or cuts[-1] < reach
    if touch[1][1] >= 0 or (complete and short):
        raise Rejected("Phi'(1) < 0 is not shown, or the points do not reach the ends")

    def height(r: Any, value: Any) -> Any:
        bent = times(balls, balls.mul(touch[1], balls.sub(balls.power(r, 2), one)), Fraction(1, 2))
        return balls.sub(balls.sub(value, touch[0]), bent)

    for low, high in pairwise(cuts):
        box = balls.number(low)[0], balls.number(high)[1]
        value, slope, bend = phi(box)
        if low <= 1 <= high:
            if balls.sub(times(balls, bend, 2), touch[1])[0] <= 0:
                raise Rejected("J is not shown to be convex next to 1")
            continue
        middle = (box[0] + box[1]) // 2
        centre = middle, middle
        rise = balls.mul(balls.sub(slope, balls.mul(touch[1], box)), balls.sub(box, centre))
        if height(box, value)[0] <= 0 and balls.add(height(centre, phi(centre)[0]), rise)[0] <= 0:
            raise Rejected("a piece on which J > 0 is not shown")


def _opened(
    statement: list[Any], witness: Any, budget: Budget, *more: str
) -> tuple[Spheres, Intervals, Any, list[Any]]:
    bits, points, *others = need(witness, "bits", "points", *more)
    problem = Spheres(statement[0])
    if problem.loss.name == "expression":
        raise Rejected("a loss of the list is needed")
    return problem, Intervals(whole(bits, 64, 4096), budget), points, others


def quantity(problem: Spheres, point: str, name: Any, algebra: Any) -> Any:
    """``objective``, ``multiplier_W`` or ``multiplier_H`` at a kind of point, in any algebra."""
    K, tau, loss, number = problem.K, problem.tau, problem.loss, algebra.number
    share = {"multiplier_W": Fraction(1, K), "multiplier_H": Fraction(1, problem.N)}
    if not isinstance(name, str) or (name != "objective" and name not in share):
        raise Rejected("not a quantity that is determined here")
    if point == "unit-norm tight frame":
        load = tau * Fraction(K, problem.d)
        return number((1 - 2 * tau + tau * load) / 2 if name == "objective" else tau * (load - 1) * share[name])
    if point == "orthogonal frame":
        return number((1 - tau) ** 2 / 2 if name == "objective" else tau * (tau - 1) * share[name])
    if point in ("exact fit", "equal logit gaps"):
        if name != "objective" or not loss.is_linear:
            return number(Fraction(0))
        alpha, q = loss.parameter, loss.parameter / K  # the least value is the entropy of the smoothed label
        p = 1 - alpha + q
        parts = [times(algebra, algebra.log(number(x)), -x * count) for x, count in ((p, 1), (q, K - 1))]
        return algebra.add(*parts)
    gap = problem.gap if point == "simplex ETF" else -problem.gap
    if name == "objective":
        return loss.at_groups(algebra, number(gap * Fraction(K - 1, K)), [(number(-gap / K), K - 1)])
    series = Series(algebra, 1)
    slope = problem.centred.at_gap(series, K, series.constant(number(gap), 1))[1]  # dL/dz_k = -(K-1) dL/dz_j
    return times(algebra, slope, (tau if gap > 0 else -tau) / (K - 1) * K * share[name])


def optimum(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, balls, points, _ = _opened(statement, witness, budget)
    place, name, relation, value = statement[1:]
    K, d = problem.K, problem.d
    if place == "antipodal" and d >= K - 1:
        kind = "antipodal"
    elif place == "minimum":
        kind = regime(problem, balls, points)
        if kind == "simplex ETF" and d < K - 1 and not (name == "objective" and relation in (">", ">=")):
            raise Rejected("for d < K - 1 only a lower bound is known")
    else:
        raise Rejected("the point is minimum or antipodal, and needs d >= K - 1")
    compared(budget, balls.p, lambda algebra: quantity(problem, kind, name, algebra), relation, expression(value),
             problem.gap / 2)


def geometry(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, balls, points, _ = _opened(statement, witness, budget)
    kind = regime(problem, balls, points)
    if kind != statement[1] or (kind == "simplex ETF" and problem.d < problem.K - 1):
        raise Rejected("the minimisers are of another kind")


def contact(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, balls, points, _ = _opened(statement, witness, budget)
    contact_holds(problem, balls, points)


def _frame(problem: Spheres, algebra: Any) -> tuple[list[Block], Any]:
    """The Hessian of the squared error at w_k = h_{k,i} = e_k, and its part in one dimension outside."""
    K, zero, one = problem.K, algebra.number(Fraction(0)), algebra.number(Fraction(1))
    if problem.loss.name != "mean_squared" or problem.d < K or K > 40:
        raise Rejected("an orthonormal frame is treated for the mean squared error, d >= K and at most 40 classes")
    basis = [[one if a == b else zero for a in range(K + 1)] for b in range(K + 1)]
    model = Model(algebra, problem.loss, basis[:K], [Place(k, problem.n, basis[k]) for k in range(K)],
                  tau=algebra.number(problem.tau))
    # The gradient at e_k along e_k: tau G_kk for the classifiers, and for each sample.
    pull = algebra.mul(model.tau, model.expansions[0][0][0])
    weights = [[times(algebra, pull, -Fraction(1, K))] * K, [times(algebra, pull, -Fraction(1, problem.N))] * K]
    tangent = [[basis[a] for a in range(K) if a != k] for k in range(K)]
    outside = model.form(([basis[K:]] * K,) * 2, (weights[0], weights[1]))
    blocks: list[Block] = [(model.form((tangent, tangent), (weights[0], weights[1])), 1), (outside, problem.d - K)]
    if problem.n > 1:
        blocks += [(model.within(k, tangent[k], weights[1][k]), problem.n - 1) for k in range(K)]
        blocks.append(([[weights[1][0]]], (problem.n - 1) * K * (problem.d - K)))
    return blocks, outside


def _blocks(problem: Spheres, point: Any, algebra: Any) -> list[Block]:
    """The Hessian at a named critical point."""
    K, d, n = problem.K, problem.d, problem.n
    if point == "frame":
        return _frame(problem, algebra)[0]
    if point not in ("etf", "antipodal") or d < K - 1:
        raise Rejected("the point is etf, antipodal or frame, and has room")
    sign = 1 if point == "etf" else -1
    blocks = etf_blocks(problem.loss, K, n, problem.tau, sign, algebra)
    return blocks + transverse_blocks(problem.loss, K, n, problem.tau, sign, d - K + 1, algebra)


def _kernel(problem: Spheres, point: Any, claimed: int, budget: Budget) -> int:
    """How many eigenvalues are certainly 0: the orbit of the rotations, or by exact algebra if more are claimed."""
    K, d = problem.K, problem.d
    rank = K if point == "frame" else K - 1
    orbit = rank * d - rank * (rank + 1) // 2
    if claimed <= orbit:
        return orbit
    if point == "frame":  # rational if n is a square
        return sum(inertia(matrix, budget)[2] * copies for matrix, copies in _blocks(problem, point, Exact(budget)))
    field, found = Constants(budget, problem.gap / 2), 0
    for matrix, copies in _blocks(problem, point, field):
        flat = [field.vanishes(entry) for row in matrix for entry in row]
        if all(flat):
            found += len(matrix) * copies
        elif len(matrix) == 2:
            (p, q), (r, s) = matrix
            found += copies * field.vanishes(field.sub(field.mul(p, s), field.mul(q, r)))
    return found


def spectrum(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, balls, _, _ = _opened(statement, witness, budget)
    point, table = statement[1:]
    claimed = sum(whole(row[2], 1, 10**18) for row in listed(table) if listed(row, 3)[:2] == ["0", "0"])
    has_table(Eigenvalues(balls, _blocks(problem, point, balls)), table, _kernel(problem, point, claimed, budget))


def inertia_at(statement: list[Any], witness: Any, budget: Budget) -> None:
    problem, balls, _, (gap,) = _opened(statement, witness, budget, "gap")
    negative, zero = (whole(count, 0, 10**18) for count in statement[2:])
    kernel = _kernel(problem, statement[1], zero, budget)
    has_inertia(Eigenvalues(balls, _blocks(problem, statement[1], balls)), negative, zero, kernel, rational(gap))


def conditioning(statement: list[Any], witness: Any, budget: Budget) -> None:
    """The largest over the least nonzero eigenvalue at a minimiser stands in this relation to a rational."""
    problem, balls, points, (gap, ends) = _opened(statement, witness, budget, "gap", "ends")
    relation, value = statement[1], rational(statement[2])
    kind = regime(problem, balls, points)
    point = {"simplex ETF": "etf", "orthogonal frame": "frame"}.get(kind)
    blocks, kernel = _blocks(problem, point, balls), _kernel(problem, point, 0, budget)
    eigenvalues, (low, high) = Eigenvalues(balls, blocks), map(rational, listed(ends, 2))
    has_inertia(eigenvalues, 0, kernel, kernel, rational(gap))
    if relation in (">", ">=") and low > 0:
        shown = eigenvalues.at_least_below(low) > kernel and eigenvalues.at_most_below(high) < eigenvalues.size
        shown = shown and (high / low >= value)  # one of them is below low, so even the strict relation holds
    else:
        shown = relation in ("<", "<=") and low > 0 and eigenvalues.at_most_below(low) <= kernel
        shown = shown and eigenvalues.at_least_below(high) == eigenvalues.size and high / low <= value
    if not shown:
        raise Rejected("the ends do not show the relation")


def dual(statement: list[Any], witness: Any, budget: Budget) -> None:
    """T = [[-D_alpha, tau G], [tau G^T, -D_beta]] >= 0 at the critical point, and the loss is convex."""
    problem, balls, _, (gap,) = _opened(statement, witness, budget, "gap")
    K, point, loss = problem.K, statement[1], problem.loss
    if not loss.is_linear and not loss.name.endswith("mean_squared"):
        raise Rejected("the loss is not known to be convex")
    if point == "frame":
        blocks: list[Block] = [(_frame(problem, balls)[1], 1)]
        blocks.append((blocks[0][0][-1:] and [[blocks[0][0][-1][-1]]], (problem.n - 1) * K))
    elif point in ("etf", "antipodal") and problem.d >= K - 1:
        blocks = transverse_blocks(loss, K, problem.n, problem.tau, 1 if point == "etf" else -1, 1, balls)
    else:
        raise Rejected("the point is etf, antipodal or frame, and has room")
    if any(entry != (0, 0) for matrix, copies in blocks if copies for row in matrix for entry in row):
        # The rows of [W H] are in the kernel.
        has_inertia(Eigenvalues(balls, blocks), 0, K - (point != "frame"), K - (point != "frame"), rational(gap))


def balance(statement: list[Any], witness: Any, budget: Budget) -> None:
    """sum_k alpha_k w_k = 0: at an ETF all alpha_k are equal, by symmetry, and the classifiers add up to zero."""
    problem, point = Spheres(statement[0]), statement[1]
    need(witness)
    if point not in ("etf", "antipodal") or problem.d < problem.K - 1:
        raise Rejected("the point is etf or antipodal, and has room")


def benign(statement: list[Any], witness: Any, budget: Budget) -> None:
    """Every critical point is a global minimiser or has a direction of negative curvature."""
    problem = Spheres(statement[0])
    need(witness)
    if problem.loss.name != "cross_entropy" or problem.d < max(problem.K, 3):
        raise Rejected("the general theorem needs cross-entropy and d >= max(K, 3)")


KINDS: dict[str, tuple[tuple[str, ...], Callable[[list[Any], Any, Budget], None]]] = {
    "sphere/optimum/1": (("problem", "point", "quantity", "relation", "value"), optimum),
    "sphere/geometry/1": (("problem", "geometry"), geometry),
    "sphere/contact/1": (("problem",), contact),
    "sphere/spectrum/1": (("problem", "point", "eigenvalues"), spectrum),
    "sphere/inertia/1": (("problem", "point", "negative", "zero"), inertia_at),
    "sphere/conditioning/1": (("problem", "relation", "value"), conditioning),
    "sphere/dual/1": (("problem", "point"), dual),
    "sphere/balance/1": (("problem", "point"), balance),
    "sphere/benign/1": (("problem",), benign),
}
