"""Shift invariance and convexity in the logits: proved for every K, refuted at a point, or undecided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from math import lcm

import sympy
from flint import arb
from sympy.polys.polyerrors import CoercionFailed

from ncproofs.arithmetic.ball import Ball
from ncproofs.calculus.logits import LogitExpansion, expand, logit_gradient, logit_hessian
from ncproofs.losses.identities import constant_value, vanishes
from ncproofs.losses.loss import ELL, TOTAL, Loss, T, Z, softmax_sums
from ncproofs.losses.loss import K as CLASSES
from ncproofs.losses.singularities import is_positive_as_written, is_regular
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["ignores_shifts", "is_convex", "is_shift_invariant", "slope_sums"]

_BITS = 256


def slope_sums(loss: Loss) -> tuple[sympy.Expr | None, ...]:
    """``sum_j f_i'(z_j)`` in the class sums and K; None where f_i' is no combination of 1, f_1, ..., f_m."""
    basis = [(sympy.Integer(1), CLASSES), *zip(loss.class_functions, loss.sums, strict=True)]
    return tuple(_combination(column, basis) for column in logit_gradient(loss).columns)


def _combination(function: sympy.Expr, basis: Sequence[tuple[sympy.Expr, sympy.Expr]]) -> sympy.Expr | None:
    vectors = [sympy.expand(member).as_coefficients_dict() for member, _ in basis]
    wanted = sympy.expand(function).as_coefficients_dict()
    atoms = sorted(set(wanted).union(*vectors), key=sympy.default_sort_key)
    unknowns = sympy.symbols(f"c_0:{len(basis)}")
    system = sympy.Matrix([[vector.get(atom, 0) for vector in vectors] for atom in atoms])
    right = sympy.Matrix([wanted.get(atom, 0) for atom in atoms])
    found = list(sympy.linsolve((system, right), *unknowns))
    if not found:
        return None
    weights = [value.subs(dict.fromkeys(unknowns, 0)) for value in found[0]]
    return sympy.Add(*(weight * total for weight, (_, total) in zip(weights, basis, strict=True)))


@lru_cache(maxsize=256)
def ignores_shifts(loss: Loss) -> bool:
    """Whether adding a constant to all logits certainly leaves the loss unchanged, for one label and every K.

    A function of ell and z_y - mean z does not change; any other loss has to be recognised by its gradient.
    """
    return loss.softmax_form() is not None or is_shift_invariant(loss).truth is Truth.HOLDS


def is_shift_invariant(loss: Loss) -> Evidence:
    """Whether L(z + a 1, y) = L(z, y) for all z, a, y and K.

    Exact: the entries of grad L sum to phi_t + sum_i phi_{S_i} sum_j f_i'(z_j), which vanishes identically.
    """
    sentence = f"{loss}: L(z + a 1, y) = L(z, y)"
    gradient = logit_gradient(loss)
    total = gradient.partials[0]
    for index, (partial, slope) in enumerate(zip(gradient.partials[1:], slope_sums(loss), strict=True)):
        total += partial * (sympy.Symbol(f"F_{index}", real=True) if slope is None else slope)
    if vanishes(total) and (loss.softmax_form() is not None or _has_no_jumps(loss)):
        return Evidence(
            truth=Truth.HOLDS,
            rigor=Rigor.EXACT,
            sentence=sentence,
            covers="all K >= 2",
            because="phi_t + sum_i phi_{S_i} sum_j f_i'(z_j) is identically zero",
        )
    for logits, expansion in _points(loss):
        with Ball(_BITS).working():
            shift = sum(expansion.gradient, arb(0))
            if shift != 0:  # for balls a proof that 0 is not in it
                return Evidence(
                    truth=Truth.FAILS,
                    rigor=Rigor.ENCLOSED,
                    sentence=sentence,
                    covers=f"K = {len(logits)}",
                    because="the entries of the gradient do not sum to zero",
                    witness=f"{_at(logits)}: 1^T grad L = {shift.str(10)}",
                )
    return Evidence(
        truth=Truth.UNDECIDED,
        rigor=Rigor.SAMPLED,
        sentence=sentence,
        because="the sum of the gradient was not recognised as zero, and no point was found where it is not",
    )


def _has_no_jumps(loss: Loss) -> bool:
    """True is a proof that the loss is analytic at all logits: its gradient says how it changes."""
    values = {}
    for symbol, function in zip(loss.sums, loss.class_functions, strict=True):
        if not is_regular(function, (Z,)):
            return False
        level = sympy.Dummy(real=True)
        values[symbol] = sympy.exp(level) if is_positive_as_written(function) else level
    levels = [level for value in values.values() for level in value.free_symbols]
    return is_regular(loss.phi.subs(values, simultaneous=True), (T, *levels))


def is_convex(loss: Loss) -> Evidence:
    """Whether z -> L(z, y) is convex for every K; refuted by a direction of certified negative curvature.

    F(ell) + an affine part: with u = log sum_{j != y} exp(z_j - z_y), which is convex in z, and
    ell = log(1 + e^u), convex when dF/du = F' (1 - x) >= 0 and d^2F/du^2 = (1 - x) (F'' (1 - x) + F' x) >= 0,
    x = e^{-ell} in (0, 1). Otherwise diag(...) >= 0 with a constant positive semidefinite phi'' suffices.
    """
    sentence = f"{loss}: L(z, y) is convex in z"
    profile = _profile(loss)
    reason = _softmax_convex(profile) if profile is not None else _quadratic_convex(loss)
    # Without singularities, a loss that is real at one point is real everywhere.
    if reason and next(_points(loss), None) is not None:
        return Evidence(truth=Truth.HOLDS, rigor=Rigor.EXACT, sentence=sentence, because=reason, covers="all K >= 2")
    for logits, expansion in _points(loss):
        for name, direction in _directions(len(logits)):
            curvature = _curvature(expansion, direction)
            if curvature < 0:
                return Evidence(
                    truth=Truth.FAILS,
                    rigor=Rigor.ENCLOSED,
                    sentence=sentence,
                    covers=f"K = {len(logits)}",
                    because="a direction of negative curvature",
                    witness=f"{_at(logits)}, direction {name}: v^T Hess L v = {curvature.str(10)}",
                )
    return Evidence(
        truth=Truth.UNDECIDED,
        rigor=Rigor.SAMPLED,
        sentence=sentence,
        because="no sufficient condition was recognised, and no direction of negative curvature was found",
    )


# --- sufficient conditions --------------------------------------------------------------------------------


def _profile(loss: Loss) -> sympy.Expr | None:
    """F with L = F(ell) + an affine function of the target logit and the sum of the logits, or None."""
    values = softmax_sums(loss)
    if values is None:
        return None
    along = loss.phi.subs(values, simultaneous=True)
    if not is_regular(along, (T, TOTAL)):
        return None
    slopes = (sympy.diff(along, T), CLASSES * sympy.diff(along, TOTAL))
    if any(constant_value(slope) is None for slope in slopes):
        return None
    return along.subs({T: sympy.Integer(0), TOTAL: sympy.Integer(0)}, simultaneous=True)


def _softmax_convex(profile: sympy.Expr) -> str:
    first = sympy.diff(profile, ELL)
    second = sympy.diff(first, ELL)
    x = sympy.exp(-ELL)
    if not is_regular(profile, (ELL,), _is_positive):
        return ""
    if _is_nonnegative(first) and _is_nonnegative(second * (1 - x) + first * x):
        return (
            "L = F(ell) + an affine part, with F' >= 0 and F'' (1 - x) + F' x >= 0 for x = e^-ell in (0, 1): "
            "an increasing convex function of u = log sum_{j != y} exp(z_j - z_y), which is convex"
        )
    return ""


def _is_positive(expression: sympy.Expr) -> bool:
    """True is a proof of ``expression > 0`` for every ell > 0: no zero there, and nonnegative."""
    if is_positive_as_written(expression) or expression == ELL:
        return True
    return _is_nonnegative(expression) and _is_nonnegative(1 / expression)


def _is_nonnegative(expression: sympy.Expr) -> bool:
    """True is a proof of ``expression >= 0`` for every ell > 0."""
    factor, rest = sympy.factor_terms(expression).as_independent(ELL, as_Add=False)
    if is_positive_as_written(factor):  # log(2) too, which the polynomials below do not know
        expression = rest
    if expression.free_symbols - {ELL}:  # such as K
        return False
    scale = lcm(1, *(int(c.q) for e in expression.atoms(sympy.exp) for c in e.args[0].atoms(sympy.Rational)))
    y = sympy.Symbol("y", positive=True)
    powers = {e: y ** (-scale * e.args[0].coeff(ELL)) for e in expression.atoms(sympy.exp)}
    if any(sympy.expand(e.args[0] - e.args[0].coeff(ELL) * ELL) != 0 for e in powers):
        return False
    reduced = sympy.together(expression.subs(powers))
    numerator, denominator = sympy.fraction(reduced)
    try:
        above, below = (sympy.Poly(part, y, ELL, domain="QQ") for part in (numerator, denominator))
    except (sympy.PolynomialError, CoercionFailed):  # the latter for coefficients such as log(2)
        return False
    if below.degree(ELL) > 0 or below.is_zero or _has_root_between(sympy.Poly(below.as_expr(), y, domain="QQ")):
        return False
    parts = [sympy.Poly(c.as_expr() * below.as_expr(), y, domain="QQ") for c in _in_ell(above, y)]
    return all(_nonnegative_between(part) for part in parts)


def _in_ell(polynomial: sympy.Poly, y: sympy.Symbol) -> list[sympy.Poly]:
    """Coefficients of the powers of ell: when all are >= 0 on (0, 1), so is the polynomial for ell > 0."""
    if polynomial.is_zero:
        return []
    return [sympy.Poly(c, y, domain="QQ") for c in sympy.Poly(polynomial.as_expr(), ELL).all_coeffs()]


def _has_root_between(polynomial: sympy.Poly) -> bool:
    """Whether there is a root in the open interval (0, 1), by Sturm."""
    ends = sum(1 for end in (0, 1) if polynomial.eval(end) == 0)
    return bool(polynomial.degree() > 0 and polynomial.sqf_part().count_roots(0, 1) > ends)


def _nonnegative_between(polynomial: sympy.Poly) -> bool:
    """``polynomial >= 0`` on (0, 1): no root of odd multiplicity inside (Sturm), and a sign at one point."""
    if polynomial.is_zero:
        return True
    for factor, multiplicity in polynomial.sqf_list()[1]:
        if multiplicity % 2 and _has_root_between(factor):
            return False
    samples = (polynomial.eval(sympy.Rational(i, polynomial.degree() + 2)) for i in range(1, polynomial.degree() + 2))
    return bool(next(value for value in samples if value != 0) > 0)


def _quadratic_convex(loss: Loss) -> str:
    hessian = logit_hessian(loss)
    constant = all(entry.is_Rational for entry in hessian.core)
    if not constant or not _has_no_jumps(loss) or not _is_semidefinite(hessian.core):
        return ""
    if not _is_nonnegative_in_z(hessian.diagonal):
        return ""
    return f"Hess L = diag({hessian.diagonal}) + U phi'' U^T with a nonnegative diagonal and phi'' >= 0 constant"


def _is_semidefinite(matrix: sympy.ImmutableMatrix) -> bool:
    """Exact, for a symmetric rational matrix: every principal minor is >= 0."""
    from itertools import combinations

    order = matrix.rows
    if order > 6:
        return False
    chosen = (list(rows) for size in range(1, order + 1) for rows in combinations(range(order), size))
    return all(matrix.extract(rows, rows).det() >= 0 for rows in chosen)


def _is_nonnegative_in_z(expression: sympy.Expr) -> bool:
    """Every term has a coefficient > 0 and is an even power of z or an exponential, or a quotient of such sums."""
    if is_positive_as_written(sympy.factor(sympy.together(expression))):
        return True
    for term in sympy.Add.make_args(sympy.expand(expression)):
        coefficient, atom = term.as_coeff_Mul()
        power = atom.is_Pow and atom.args[0] == Z and atom.args[1].is_even and atom.args[1].is_positive
        even = atom == 1 or isinstance(atom, sympy.exp) or power
        if coefficient < 0 or not (even or coefficient == 0):
            return False
    return True


# --- witnesses --------------------------------------------------------------------------------------------


def _points(loss: Loss) -> Iterator[tuple[tuple[Fraction, ...], LogitExpansion]]:
    """Rational logits, target first, and the expansion there in balls; points without a value are skipped."""
    ball = Ball(_BITS)
    levels = [Fraction(u, 2) for u in (0, -1, 1, -3, 3, -5, 5, 8, 12, 18, 28, 44, 70, 120, 240, 480)]
    patterns: list[tuple[Fraction, ...]] = [(Fraction(0), u, u) for u in levels]
    patterns += [(Fraction(1, 3), u, Fraction(-1, 2)) for u in levels[:8]]
    patterns += [(u, Fraction(1, 5)) for u in levels[:8]]
    for logits in patterns:
        expansion = expand(loss, [ball.constant(z) for z in logits], 0, ball)
        if expansion.value.is_finite():
            yield tuple(logits), expansion


def _directions(count: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "e_y", tuple(int(k == 0) for k in range(count))
    yield "e_2", tuple(int(k == 1) for k in range(count))
    yield "1", (1,) * count
    yield "e_y - e_2", tuple(int(k == 0) - int(k == 1) for k in range(count))
    if count > 2:
        yield "e_2 - e_3", tuple(int(k == 1) - int(k == 2) for k in range(count))


def _curvature(expansion: LogitExpansion, direction: tuple[int, ...]) -> arb:
    with Ball(_BITS).working():
        pulled = [sum((u * v for u, v in zip(c, direction, strict=True)), arb(0)) for c in expansion.columns]
        total = sum((e * v * v for e, v in zip(expansion.diagonal, direction, strict=True)), arb(0))
        for row, left in zip(expansion.core, pulled, strict=True):
            total += left * sum((c * right for c, right in zip(row, pulled, strict=True)), arb(0))
        return total


def _at(logits: Sequence[Fraction]) -> str:
    return f"K = {len(logits)}, z = ({', '.join(map(str, logits))}), y = 1"
