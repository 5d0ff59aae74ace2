"""How the steps of a derivation are checked: exact identities, entry patterns, ball series, indexed sums."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import sympy
from flint import arb

from ncproofs.arithmetic.ball import Ball
from ncproofs.arithmetic.duals import Duals
from ncproofs.arithmetic.program import lower
from ncproofs.arithmetic.series import BallSeries
from ncproofs.calculus.indexed import IndexedSum
from ncproofs.calculus.logits import LogitGradient, LogitHessian, expand, logit_gradient, logit_hessian
from ncproofs.losses.identities import vanishes
from ncproofs.losses.loss import ELL, Loss, S, SoftmaxForm, T, Z, softmax_sums
from ncproofs.losses.loss import K as CLASSES
from ncproofs.proof.claims import Identity, SumIdentity
from ncproofs.proof.discharge import discharge
from ncproofs.truth import Evidence, Rigor, Truth, conclude

__all__ = [
    "Pair",
    "coefficient_of",
    "conjunction",
    "gradient_patterns",
    "hessian_patterns",
    "identities",
    "partials_against_series",
    "softmax_gradient_patterns",
    "softmax_hessian_patterns",
    "sum_identities",
    "turned",
]

_BITS = 192
_SERIES_POINTS = (
    (Fraction(1, 2), Fraction(-1, 3), Fraction(1, 5)),
    (Fraction(-2), Fraction(3, 2), Fraction(1, 7)),
)

COVERS = "all K >= 2, n >= 1, d >= 1"

Pair = tuple[sympy.Expr, sympy.Expr]


def identities(sentence: str, pairs: Iterable[Pair], covers: str = "all K >= 2") -> Evidence:
    """Holds when every pair is proved equal; else the evidence about the first pair that is not."""
    for left, right in pairs:
        if vanishes(left - right):
            continue
        if _has_high_powers(left - right):
            reason = "a high power of a sum is not expanded"
            return Evidence(
                truth=Truth.UNDECIDED, rigor=Rigor.SAMPLED, sentence=sentence, because=reason, covers=covers
            )
        found = discharge(Identity(left=left, right=right))
        if found.truth is not Truth.HOLDS:
            return Evidence(
                truth=found.truth,
                rigor=found.rigor,
                sentence=sentence,
                because=found.because,
                witness=found.witness,
                covers=covers,
            )
    return Evidence(
        truth=Truth.HOLDS,
        rigor=Rigor.EXACT,
        sentence=sentence,
        covers=covers,
        because="both sides have the same normal form",
    )


def _has_high_powers(expression: sympy.Expr) -> bool:
    powers = (node.args for node in expression.atoms(sympy.Pow) if node.args[1].is_Integer)
    return any(base.has(sympy.Add) and abs(int(exponent)) > 8 for base, exponent in powers)


def sum_identities(
    sentence: str,
    pairs: Iterable[tuple[IndexedSum, IndexedSum]],
    *more: Evidence,
    axioms: tuple[str, ...] = (),
    covers: str = COVERS,
) -> Evidence:
    """The conjunction of identities of indexed sums, for all sizes, and of ``more``; ``axioms`` are named."""
    parts = [discharge(SumIdentity(left=left, right=right)) for left, right in pairs]
    return conjunction(sentence, [*parts, *more], axioms=axioms, covers=covers)


def conjunction(
    sentence: str, parts: Sequence[Evidence], *, axioms: tuple[str, ...] = (), covers: str = COVERS
) -> Evidence:
    """All of ``parts`` as one: the reason is that of the first one not proved, ``axioms`` are named besides theirs."""
    truth, rigor = conclude(parts)
    worst = next((part for part in parts if part.truth is truth), parts[0])
    return Evidence(
        truth=truth,
        rigor=rigor,
        sentence=sentence,
        because=worst.because,
        witness=worst.witness,
        covers=covers,
        holes=tuple(h for part in parts for h in part.holes),
        axioms=tuple(dict.fromkeys((*axioms, *(name for part in parts for name in part.axioms)))),
    )


def turned(refutation: Evidence) -> Evidence:
    """The refutation of a fact as evidence for its negation."""
    return dataclasses.replace(refutation, truth=Truth.HOLDS, sentence=f"not: {refutation.sentence}")


def coefficient_of(expression: IndexedSum, letter: sympy.Symbol, power: int) -> IndexedSum:
    """The coefficient of ``letter**power`` in an indexed sum that is a polynomial in ``letter``."""
    found = {m: sympy.expand(c).coeff(letter, power) for m, c in expression.terms.items()}
    return IndexedSum({m: c for m, c in found.items() if c != 0})


def _with_rest(loss: Loss, logits: list[sympy.Symbol], target: sympy.Expr) -> dict[sympy.Symbol, sympy.Expr]:
    """phi's letters when only ``logits`` move: S_i = sum_k f_i(z_k) + R_i, R_i the rest of the sum."""
    values = {T: target}
    for index, (symbol, function) in enumerate(zip(loss.sums, loss.class_functions, strict=True), start=1):
        rest = sympy.Symbol(f"R_{index}", real=True)
        values[symbol] = sympy.Add(rest, *(function.subs(Z, logit) for logit in logits))
    return values


def gradient_patterns(loss: Loss, closed: LogitGradient) -> list[Pair]:
    """Entry k of grad L for k = y and k != y; the other logits enter only through t and the rests R_i."""
    z = sympy.Symbol("z_k", real=True)
    pairs = []
    for is_target in (True, False):
        values = _with_rest(loss, [z], z if is_target else T)
        direct = sympy.diff(loss.phi.subs(values, simultaneous=True), z)
        pairs.append((direct, closed.entry(z, target=is_target).subs(values, simultaneous=True)))
    return pairs


def hessian_patterns(loss: Loss, closed: LogitHessian) -> list[Pair]:
    """Entry (k, l) of Hess L for k = l = y, k = l != y, k = y != l, and k, l, y distinct."""
    z, w = sympy.symbols("z_k z_l", real=True)
    pairs = []
    for is_target in (True, False):
        values = _with_rest(loss, [z], z if is_target else T)
        direct = sympy.diff(loss.phi.subs(values, simultaneous=True), z, 2)
        entry = closed.entry(z, z, left_target=is_target, right_target=is_target, same=True)
        pairs.append((direct, entry.subs(values, simultaneous=True)))
        values = _with_rest(loss, [z, w], z if is_target else T)
        direct = sympy.diff(loss.phi.subs(values, simultaneous=True), z, w)
        entry = closed.entry(z, w, left_target=is_target, right_target=False, same=False)
        pairs.append((direct, entry.subs(values, simultaneous=True)))
    return pairs


def softmax_gradient_patterns(loss: Loss, form: SoftmaxForm) -> list[Pair]:
    """Entries of ``F'(ell) (p - e_y) + tilt (e_y - 1/K)`` against the closed form."""
    z, closed, values = sympy.Symbol("z_k", real=True), logit_gradient(loss), softmax_sums(loss) or {}
    first = sympy.diff(form.profile, ELL)
    tilt = sympy.Rational(form.tilt.numerator, form.tilt.denominator)
    p_y, p_k = sympy.exp(-ELL), sympy.exp(z - T - ELL)
    return [
        (
            closed.entry(T, target=True).subs(values, simultaneous=True),
            first * (p_y - 1) + tilt * (1 - 1 / CLASSES),
        ),
        (closed.entry(z, target=False).subs(values, simultaneous=True), first * p_k - tilt / CLASSES),
    ]


def softmax_hessian_patterns(loss: Loss, form: SoftmaxForm) -> list[Pair]:
    """Entries of ``F'' (p - e_y)(p - e_y)^T + F' (diag p - p p^T)`` against the closed form."""
    z, w = sympy.symbols("z_k z_l", real=True)
    closed, values = logit_hessian(loss), softmax_sums(loss) or {}
    first = sympy.diff(form.profile, ELL)
    second = sympy.diff(first, ELL)
    p_y, p_k, p_l = sympy.exp(-ELL), sympy.exp(z - T - ELL), sympy.exp(w - T - ELL)
    cases = [
        (T, T, True, True, True, second * (p_y - 1) ** 2 + first * (p_y - p_y**2)),
        (T, z, True, False, False, second * (p_y - 1) * p_k - first * p_y * p_k),
        (z, z, False, False, True, second * p_k**2 + first * (p_k - p_k**2)),
        (z, w, False, False, False, second * p_k * p_l - first * p_k * p_l),
    ]
    return [
        (closed.entry(a, b, left_target=x, right_target=y, same=s).subs(values, simultaneous=True), expected)
        for a, b, x, y, s, expected in cases
    ]


def partials_against_series(loss: Loss, sentence: str) -> Evidence:
    """phi' and phi'' against a forward differentiation of the program, and against ball power series along lines.

    The first is an exact identity for all K; the second knows no rule of differentiation and can refute.
    """
    ball = Ball(_BITS)
    seen = 0
    for logits in _SERIES_POINTS:
        expansion = expand(loss, [ball.constant(z) for z in logits], 0, ball)
        if not expansion.value.is_finite():
            continue
        seen += 1
        direction = _disagreeing(loss, _phi_letters(loss, logits, ball), expansion.core)
        if direction is not None:
            return Evidence(
                truth=Truth.FAILS,
                rigor=Rigor.ENCLOSED,
                sentence=sentence,
                because="a ball series disagrees",
                witness=f"z = ({', '.join(map(str, logits))}), y = 1, direction {direction}",
            )
    exact = _forward_agrees(loss)
    how = "the program of phi differentiated forwards gives the same expressions; " if exact else ""
    return Evidence(
        truth=Truth.HOLDS,
        rigor=Rigor.EXACT if exact else Rigor.SAMPLED,
        sentence=sentence,
        covers="all K >= 2",
        because=f"{how}ball power series agree along lines at {seen} points",
    )


def _forward_agrees(loss: Loss) -> bool:
    """phi' is the forward derivative of phi, and phi'' that of phi', identically. False says nothing."""
    letters, partials, core = [T, *loss.sums], logit_gradient(loss).partials, logit_hessian(loss).core
    pairs: list[sympy.Expr] = []
    for place, letter in enumerate(letters):
        slopes = _forward([loss.phi, *partials], letters, letter)
        pairs += [slopes[0] - partials[place]]
        pairs += [slope - core[row, place] for row, slope in enumerate(slopes[1:])]
    return all(vanishes(difference) for difference in pairs)


def _forward(expressions: list[sympy.Expr], letters: list[sympy.Symbol], moving: sympy.Symbol) -> list[sympy.Expr]:
    duals, slots = Duals(), [*letters, CLASSES]
    values = {letter.name: duals.argument(letter, moving=letter == moving) for letter in slots}
    return [slope for _, slope in lower(expressions, slots).run(duals, values)]


def _disagreeing(loss: Loss, place: dict[str, arb], core: tuple[tuple[arb, ...], ...]) -> tuple[int, ...] | None:
    """The first direction along which the series refutes phi' or phi'' at ``place``."""
    directions = _phi_directions(len(loss.sums) + 1)
    return next((v for v in directions if not _series_agrees(loss, place, core, v)), None)


def _phi_directions(count: int) -> Iterator[tuple[int, ...]]:
    """Along each letter, and along all of them at once."""
    for pick in range(count):
        yield tuple(int(pick == i) for i in range(count))
    yield (1,) * count


def _series_agrees(
    loss: Loss, place: dict[str, arb], core: tuple[tuple[arb, ...], ...], direction: tuple[int, ...]
) -> bool:
    """Whether phi along ``place + s direction`` may have slope phi' v and curvature v^T phi'' v."""
    series, ball = BallSeries(_BITS, 2), Ball(_BITS)
    letters = [T, *loss.sums]
    slopes = lower(list(logit_gradient(loss).partials), [*letters, CLASSES]).run(ball, place)
    with ball.working():
        lines = {x.name: series.line(place[x.name], arb(v)) for x, v in zip(letters, direction, strict=True)}
        lines[CLASSES.name] = series.line(place[CLASSES.name], arb(0))
        found = lower([loss.phi], [*letters, CLASSES]).run(series, lines)[0]
        slope = sum((p * v for p, v in zip(slopes, direction, strict=True)), arb(0))
        rows = [sum((c * v for c, v in zip(row, direction, strict=True)), arb(0)) for row in core]
        bend = sum((r * v for r, v in zip(rows, direction, strict=True)), arb(0))
        return bool(found[1].overlaps(slope) and (2 * found[2]).overlaps(bend))


def _phi_letters(loss: Loss, logits: tuple[Fraction, ...], ball: Ball) -> dict[str, arb]:
    values = [ball.constant(z) for z in logits]
    program = lower(list(loss.class_functions), [Z])
    rows = [program.run(ball, {Z.name: z}) for z in values]
    with ball.working():
        sums = {S(i + 1).name: sum((row[i] for row in rows), arb(0)) for i in range(len(loss.sums))}
    return {T.name: values[0], CLASSES.name: ball.constant(len(logits)), **sums}
