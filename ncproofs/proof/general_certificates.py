"""Certificates of identities, signs and unique roots: witnesses are searched for, and the checker is the judge."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import sympy

from ncproofs.proof import checker_signs
from ncproofs.proof.algebra import exact_expression, real_expression
from ncproofs.proof.certificate import NoCertificate, Pair, stated
from ncproofs.proof.certificate_basis import basis_of
from ncproofs.proof.certificate_spelling import Names, Unspeakable
from ncproofs.proof.checker_arithmetic import Budget, Intervals, Limit, Rejected, evaluate
from ncproofs.proof.claims import Claim, Identity, Sign, UniqueRoot
from ncproofs.proof.discharge import Effort
from ncproofs.proof.domain import Domain, Range
from ncproofs.proof.points import completed

__all__ = ["state", "write"]

_STEPS = 10**7
_DEEPEST = 3
_SHIFTS = 3
_BOXES = 2000
_BITS = (64, 128, 256, 512)


def write(claim: Claim, effort: Effort) -> Pair:
    """The statement and the witness of an ``Identity``, ``Sign`` or ``UniqueRoot``.

    Raises:
        NoCertificate: no witness was found, or an operation has no place in certificates.
    """
    statement, question = _asked(claim)
    if isinstance(claim, UniqueRoot):
        return statement, _root_witness(statement, question)
    witness = _by_coefficients(question) if isinstance(claim, Identity) else _deepening(question)
    if witness is None:
        raise NoCertificate(f"no witness was found for: {statement['title']}")
    return statement, witness


def state(claim: Claim) -> dict[str, Any]:
    """The statement alone."""
    return _asked(claim)[0]


def _asked(claim: Claim) -> tuple[dict[str, Any], _Question]:
    rules: dict[type[Claim], Any] = {Identity: _identity, Sign: _sign, UniqueRoot: _unique_root}
    try:
        found: tuple[dict[str, Any], _Question] = rules[type(claim)](claim)
    except Unspeakable as error:
        raise NoCertificate(str(error)) from None
    return found


@dataclasses.dataclass(frozen=True)
class _Question:
    """The checker's goal, the exponentials and logarithms that it meets, and its domain."""

    goal: checker_signs.Goal
    atoms: tuple[sympy.Expr, ...]
    where: Domain
    names: Names

    def settled_by(self, witness: Any) -> bool:
        try:
            checker_signs.prove(dataclasses.replace(self.goal, budget=Budget(_STEPS)), witness)
        except (Rejected, Limit, RecursionError):
            return False
        return True


def _atoms(*expressions: sympy.Expr) -> tuple[sympy.Expr, ...]:
    nodes = (node for expression in expressions for node in sympy.postorder_traversal(expression))
    return tuple(dict.fromkeys(n for n in nodes if isinstance(n, (sympy.exp, sympy.log)) or n.is_Pow or n is sympy.E))


def _identity(claim: Identity) -> tuple[dict[str, Any], _Question]:
    left, right = exact_expression(claim.left), exact_expression(claim.right)
    where, names = completed(claim.where, left, right), Names()
    statement = stated(
        "identity/1", claim.sentence or "identity", domain=names.domain(where), left=names.spell(left),
        right=names.spell(right),
    )
    target = checker_signs.target_of(["-", statement["left"], statement["right"]])
    goal = checker_signs.Goal(checker_signs.domain(statement["domain"]), target, "=", Budget(_STEPS))
    return statement, _Question(goal, _atoms(left, right), where, names)


def _sign(claim: Sign) -> tuple[dict[str, Any], _Question]:
    expression = real_expression(claim.expression)
    where, names = completed(claim.where, expression), Names()
    upright = expression if claim.relation[0] == ">" else -expression
    relation = ">=" if "=" in claim.relation else ">"
    statement = stated(
        "sign/1", claim.sentence or "sign", domain=names.domain(where), expression=names.spell(upright),
        relation=relation,
    )
    target = checker_signs.target_of(statement["expression"])
    goal = checker_signs.Goal(checker_signs.domain(statement["domain"]), target, relation, Budget(_STEPS))
    return statement, _Question(goal, _atoms(upright), where, names)


def _unique_root(claim: UniqueRoot) -> tuple[dict[str, Any], _Question]:
    """The question is about the expression itself; that about its slope is made from it."""
    expression, names = real_expression(claim.expression), Names()
    low, high = (None if end in (sympy.oo, -sympy.oo) else exact_expression(end) for end in (claim.lower, claim.upper))
    where = Domain.of((claim.variable, Range(low, high, lower_open=True, upper_open=True)))
    (span,) = names.domain(where)
    statement = stated(
        "root/1", claim.sentence or "one root", variable=span["name"], lower=span["lower"], upper=span["upper"],
        expression=names.spell(expression),
    )
    target = checker_signs.target_of(statement["expression"])
    goal = checker_signs.Goal(checker_signs.domain([span]), target, ">", Budget(_STEPS))
    return statement, _Question(goal, _atoms(expression), where, names)


def _deepening(question: _Question) -> Any:
    """The shallowest witness: a deep search that starts at the wrong variable takes minutes to come back."""
    found = (_search(question, depth) for depth in range(_DEEPEST + 1))
    return next((witness for witness in found if witness is not None), None)


def _search(question: _Question, depth: int) -> Any:
    """A witness that settles the question, the simplest kind first; None when none was found."""
    plain = (_by_coefficients, _by_cuts, _by_cases) if question.where.ranges else (_by_cuts, _by_coefficients)
    for attempt in plain:
        witness = attempt(question)
        if witness is not None:
            return witness
    return _by_taylor(question, depth) or _by_halves(question, depth)


def _by_coefficients(question: _Question) -> Any:
    for split in (False, True):
        try:
            basis = basis_of(question.atoms, question.where, question.names, split=split)
        except (sympy.PolynomialError, NotImplementedError):
            continue
        witness = {"method": "coefficients", "basis": basis}
        if question.settled_by(witness):
            return witness
    return None


def _by_cases(question: _Question) -> Any:
    """Small values of the first integer variable one by one, the rest by coefficients."""
    for place, (symbol, span) in enumerate(question.where):
        if not span.integer or span.lower is None or not span.lower.is_Integer:
            continue
        for shift in range(1, _SHIFTS + 1):
            points = [span.lower + j for j in range(shift)]
            pieces = [Range(point, point, integer=True) for point in points]
            pieces.append(dataclasses.replace(span, lower=span.lower + shift))
            parts = [_by_coefficients(_piece(question, place, piece)) for piece in pieces]
            if all(parts):
                return {"method": "split", "variable": question.names.of(symbol, symbol.name),
                        "at": [str(point) for point in points], "parts": parts}
        return None
    return None


def _piece(question: _Question, place: int, span: Range) -> _Question:
    """The question on a part of one range."""
    ranges = question.where.ranges
    where = Domain((*ranges[:place], (ranges[place][0], span), *ranges[place + 1 :]))
    goal = dataclasses.replace(question.goal, ranges=checker_signs.domain(question.names.domain(where)))
    return dataclasses.replace(question, where=where, goal=goal)


def _by_halves(question: _Question, depth: int) -> Any:
    """Away from 0 or 1 in both directions."""
    for place, (symbol, span) in enumerate(question.where):
        for point in (sympy.Integer(0), sympy.Integer(1)):
            if span.integer or not _reaches_past(span, point):
                continue
            halves = (dataclasses.replace(span, upper=point, upper_open=False),
                      dataclasses.replace(span, lower=point, lower_open=False))
            parts = [_by_taylor(_piece(question, place, half), depth) for half in halves]
            if all(parts):
                return {"method": "split", "variable": question.names.of(symbol, symbol.name), "at": [str(point)],
                        "parts": parts}
    return None


def _reaches_past(span: Range, point: sympy.Expr) -> bool:
    low = span.lower is None or (span.lower.is_Rational and span.lower < point)
    return bool(low and (span.upper is None or (span.upper.is_Rational and span.upper > point)))


def _by_taylor(question: _Question, depth: int) -> Any:
    if depth == 0:
        return None
    for place, (symbol, span) in enumerate(question.where):
        for side, end in enumerate((span.lower, span.upper)):
            if span.integer or end is None:
                continue
            for order in range(1, 4):
                found = _taylor_of(question, place, symbol, (side, order), depth)
                if found is not None:
                    return found
    return None


def _taylor_of(
    question: _Question, place: int, symbol: sympy.Symbol, ask: tuple[int, int], depth: int
) -> Any:
    (side, order), goal = ask, question.goal
    strict = goal.relation == ">"
    chosen, witnesses = None, []
    for j in range(order + 1):
        part = _coefficient(question, place, j, (side, j < order))
        if part is None:
            return None
        found = None
        if strict and chosen is None and (j == 0 or goal.ranges[place].open[side]):
            found = _search(part, depth - 1)
            chosen = j if found is not None else None
        if found is None:
            weak = dataclasses.replace(part, goal=dataclasses.replace(part.goal, relation=">="))
            found = _search(weak, depth - 1)
        if found is None:
            return None
        witnesses.append(found)
    witness = {"method": "taylor", "variable": question.names.of(symbol, symbol.name), "end": ("lower", "upper")[side],
               "start": witnesses[:-1], "rest": witnesses[-1], "strict": chosen}
    return witness if question.settled_by(witness) else None


def _coefficient(question: _Question, place: int, j: int, ask: tuple[int, bool]) -> _Question | None:
    """The question about the j-th Taylor coefficient, at the end of the range or all over it."""
    (side, at_end), (symbol, span) = ask, question.where.ranges[place]
    ranges, goal, atoms = question.where.ranges, question.goal, question.atoms
    end = goal.ranges[place].ends[side]
    target = checker_signs.derived(goal.target, goal.ranges[place].name, j, end if at_end else None)
    target = checker_signs.negated(target) if side and j % 2 else target
    if at_end:
        atoms = tuple(atom.subs(symbol, (span.lower, span.upper)[side]) for atom in atoms)
        ranges, goal = (*ranges[:place], *ranges[place + 1 :]), goal.over(place)
        if any(atom.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I) for atom in atoms):
            return None
    where = Domain(ranges)
    return dataclasses.replace(
        question, atoms=atoms, where=where, goal=dataclasses.replace(goal, target=target)
    )


def _by_cuts(question: _Question) -> Any:
    """Branch and bound in the checker's intervals, when every range is finite."""
    if any(None in span.ends for span in question.goal.ranges):
        return None
    for bits in _BITS if not question.where.ranges else _BITS[1:2]:
        try:
            tree = list(_tree(question, bits))
        except (Rejected, Limit):
            continue
        witness = {"method": "cuts", "bits": bits, "cuts": tree}
        if question.settled_by(witness):
            return witness
    return None


def _tree(question: _Question, bits: int) -> Iterator[Any]:
    """The cuts in preorder.

    Raises:
        Rejected: too many boxes, or a point at which the sign is wrong.
    """
    balls = Intervals(bits, Budget(_STEPS))
    goal = dataclasses.replace(question.goal, budget=balls.budget)
    ends = [[evaluate(end, {}, balls) for end in span.ends] for span in goal.ranges]
    stack, count = [tuple((low[0], high[1]) for low, high in ends)], 0
    while stack:
        box, count = stack.pop(), count + 1
        for leaf in "nm":
            try:
                if checker_signs._leaf(goal, leaf, balls, box)[0] >= (goal.relation == ">"):
                    yield leaf
                    break
            except Rejected:
                continue
        else:
            axis = max(range(len(box)), key=lambda i: box[i][1] - box[i][0], default=None)
            if axis is None or count > _BOXES or box[axis][1] - box[axis][0] < 2:
                raise Rejected("no sign is found by branch and bound")
            middle = (box[axis][0] + box[axis][1]) // 2
            yield [axis, str(sympy.Rational(middle, 2**bits))]
            for side in ((middle, box[axis][1]), (box[axis][0], middle)):
                stack.append((*box[:axis], side, *box[axis + 1 :]))


def _root_witness(statement: dict[str, Any], question: _Question) -> dict[str, Any]:
    goal = question.goal
    (span,) = goal.ranges
    for rising in (True, False):
        points = _change_of_sign(goal.target, span, rising=rising)
        upright = goal.target if rising else checker_signs.negated(goal.target)
        slope = dataclasses.replace(goal, target=checker_signs.derived(upright, span.name, 1))
        witness = _deepening(dataclasses.replace(question, goal=slope)) if points else None
        if witness is not None:
            return {"bits": _BITS[1], "points": points, "rising": rising, "slope": witness}
    raise NoCertificate(f"no change of sign, or no sign of the derivative: {statement['title']}")


def _change_of_sign(target: Any, span: Any, *, rising: bool) -> list[str]:
    """Two points of the open range between which the target goes from one sign to the other."""
    balls = Intervals(_BITS[1], Budget(_STEPS))
    low, high = (None if end is None else evaluate(end, {}, balls) for end in span.ends)
    powers = [sympy.Integer(2) ** j for j in range(-30, 13)]
    if low and high:
        start, width = sympy.Rational(low[1], 2 ** _BITS[1]), sympy.Rational(high[0] - low[1], 2 ** _BITS[1])
        points = [start + width * share for p in powers if p < 1 for share in (p, 1 - p)]
    elif low or high:
        start = sympy.Rational(low[1] if low else high[0] if high else 0, 2 ** _BITS[1])
        points = [start + (power if low else -power) for power in powers]
    else:
        points = [sympy.Integer(0), *(sign * power for power in powers for sign in (1, -1))]
    before = ""
    for point in sorted(set(points)):
        at = balls.number(Fraction(int(point.p), int(point.q)))
        try:
            value = target(balls, {span.name: at})
        except Rejected:
            continue
        if (value[1] < 0) if rising else (value[0] > 0):
            before = str(point)
        elif before and ((value[0] > 0) if rising else (value[1] < 0)):
            return [before, str(point)]
    return []
