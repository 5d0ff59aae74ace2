r"""What is known about rho*(d, K): ``code_optimum(problem)``; for given points see ``code_points``.

Quantities (names are those of ``ncproofs optimum code``):
    margin: rho*, or bounds of it; code_margin: 1 - c(W) of the code that is shown, a certified lower bound of rho*;
    cosine: c(W), its largest inner product; least_stress: the smallest contact stress when local optimality is proved.

``status``: "proved optimal" (here, exactly); "strict local optimum, bounded between" (the shown code is certified to
be a strict local maximum modulo rotations); "bounded between" (the shown code is only the best that was found).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, ctx

from ncproofs.arithmetic.enclosure import Enclosure, exact_bounds
from ncproofs.critical.code_bounds import CodeBound, lower_bounds, upper_bounds
from ncproofs.critical.code_local import LocalCode, certify_code, polynomial_text
from ncproofs.critical.code_values import ExactValue, exact_value, literature_note, value_ball
from ncproofs.errors import InvalidProblem
from ncproofs.notebook import optimum_html
from ncproofs.problems.codes import Codes
from ncproofs.truth import Rigor, Truth

__all__ = [
    "CodeOptimum", "Decimals", "certified_code", "code_optimum", "optimal_code", "power_of_ten", "precision",
    "shown_code",
]

Decimals = tuple[tuple[str, ...], ...]
Rows = list[list[arb]]
Pairs = tuple[tuple[int, int], ...]

_PROVED, _LOCAL, _BOUNDED = "proved optimal", "strict local optimum, bounded between", "bounded between"
_LARGEST_SHOWN = 1200
#: Points, and coordinates, of the largest codes that are searched for.
_MOST_SEARCHED = (1000, 20_000)


@dataclass(frozen=True, kw_only=True)
class CodeOptimum:
    """What is known, with the code that shows it. ``truth`` HOLDS: the value is proved. UNDECIDED: it is bounded.

    ``contacts`` lists the pairs at the largest inner product and ``rattlers`` the points that carry no stress, both
    counted from 1; ``contacts_within`` is the power of ten up to which the contacts are equal, "0" when they are equal
    exactly. ``coordinates`` are K rows of d decimals; ``exact`` has the quantities that are fractions.
    """

    problem: Codes
    truth: Truth
    rigor: Rigor
    regime: str
    geometry: str
    status: str
    quantities: Mapping[str, Enclosure]
    because: str
    contacts: Pairs | None  # None: too many points to list them
    rattlers: tuple[int, ...] | None
    coordinates: Decimals
    exact: Mapping[str, str]
    holes: tuple[str, ...] = ()
    axioms: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    contacts_within: str = "0"

    _repr_html_ = optimum_html


def code_optimum(
    problem: Codes, *, digits: int = 30, seed: int = 0, starts: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> CodeOptimum:
    """rho*(d, K) exactly where it is proved here, otherwise between certified bounds.

    The lower bound is the margin of a code that a seeded search found and balls evaluate; ``digits`` are those of the
    shown code. The same ``seed`` and ``starts`` give the same answer on one machine with one number of
    BLAS threads. ``progress`` is told, in a line each, what of the search is done.

    Beyond a thousand points, or 20000 coordinates, nothing is searched, and the lower bound is that of covering caps.

    Raises:
        InvalidProblem: digits or starts < 1.
    """
    if digits < 1:
        raise InvalidProblem(f"digits={digits} given, but digits >= 1 is needed")
    if starts is not None and starts < 1:
        raise InvalidProblem(f"starts={starts} given, but starts >= 1 is needed")
    known = exact_value(problem)
    if known is not None:
        return _proved(known, digits)
    if problem.K > _MOST_SEARCHED[0] or problem.K * problem.d > _MOST_SEARCHED[1]:
        return _unsearched(problem, precision(digits))
    return _searched(problem, digits, seed, starts, progress or (lambda line: None))


def precision(digits: int) -> int:
    """Bits that show so many digits."""
    return digits * 10 // 3 + 64


def _proved(found: ExactValue, digits: int) -> CodeOptimum:
    bits = precision(digits)
    with ctx.workprec(bits):
        rows = found.rows(bits)
    contacts, rattlers = _close_pairs(rows, found.cosine(bits), bits)
    return optimal_code(found, rows, contacts, rattlers, digits)


def optimal_code(
    found: ExactValue, rows: Rows, contacts: Pairs | None, rattlers: tuple[int, ...] | None, digits: int, *notes: str
) -> CodeOptimum:
    """The answer that shows unit ``rows`` (balls) with c(W) = c* exactly."""
    bits, rational = precision(digits), found.rational
    if rational is not None:
        margin, level = Enclosure.exact(1 - rational), Enclosure.exact(rational)
        exact = {"margin": str(1 - rational), "cosine": str(rational)}
    else:
        margin, level = Enclosure.of_ball(value_ball(found, bits)), Enclosure.of_ball(found.cosine(bits))
        exact = {}
    alone = ("this code is the only one, up to rotations and relabelling",) if found.unique else ()
    return CodeOptimum(
        problem=found.problem, truth=Truth.HOLDS, rigor=Rigor.EXACT, regime=found.regime, geometry=found.geometry,
        status=_PROVED, quantities={"margin": margin, "cosine": level}, because=found.because, contacts=contacts,
        rattlers=rattlers, coordinates=_decimals(rows, digits), exact=exact, axioms=found.axioms,
        notes=(*alone, *notes),
    )


def _close_pairs(
    rows: Rows, level: arb, bits: int
) -> tuple[Pairs | None, tuple[int, ...] | None]:
    """Pairs whose ball meets c*, and points in none; None for a code too large to list them."""
    if len(rows) > _LARGEST_SHOWN:
        return None, None
    from flint import arb_mat

    with ctx.workprec(bits):
        matrix = arb_mat(rows)
        gram = (matrix * matrix.transpose()).tolist()
        pairs = tuple((i + 1, j + 1) for i in range(len(rows)) for j in range(i + 1, len(rows))
                      if gram[i][j].overlaps(level))
    touched = {k for pair in pairs for k in pair}
    return pairs, tuple(k for k in range(1, len(rows) + 1) if k not in touched)


def _decimals(rows: Rows, digits: int) -> Decimals:
    """Coordinates to ``digits`` digits, nearest; a point set of their own, see ``notes``."""
    return tuple(tuple(_decimal(value, digits) for value in row) for row in rows)


def _decimal(value: arb, digits: int) -> str:
    middle = value.mid()
    mantissa, exponent = middle.man_exp()
    number = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    scaled = round(number * 10**digits)
    sign, text = ("-" if scaled < 0 else ""), str(abs(scaled)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}"


def _searched(
    problem: Codes, digits: int, seed: int, starts: int | None, progress: Callable[[str], None]
) -> CodeOptimum:
    from ncproofs.critical.code_search import search, usual_starts

    found = search(problem.K, problem.d, starts=starts or usual_starts(problem.K, problem.d), seed=seed,
                   progress=progress)
    plural = "" if found.starts == 1 else "s"
    source = f"found by {found.starts} start{plural} from seed {seed}; a search proves no upper bound"
    return certified_code(problem, found.W, digits, settled=found.settled, source=source)


def certified_code(problem: Codes, W: Any, digits: int, *, settled: bool, source: str) -> CodeOptimum:
    """The answer that shows the code near the float unit rows ``W``; ``source`` says where they come from."""
    return shown_code(problem, certify_code(W, precision(digits), settled=settled), digits, source=source)


def shown_code(problem: Codes, local: LocalCode, digits: int, *, source: str) -> CodeOptimum:
    """The answer that shows ``local``, between the bounds."""
    best, bounds = _least_upper(problem)
    shown, level = _margin_of(local, precision(digits))
    quantities = {"margin": Enclosure(shown.lower, best.value.upper, Rigor.ENCLOSED),
                  "code_margin": shown, "cosine": level}
    if local.stress is not None:
        quantities["least_stress"] = Enclosure.of_ball(local.stress.least)
    exact = {"cosine": f"a zero of {polynomial_text(local.polynomial)}"} if local.polynomial is not None else {}
    return CodeOptimum(
        problem=problem, truth=Truth.UNDECIDED, rigor=Rigor.ENCLOSED, regime="bounded",
        geometry="best code found", status=_LOCAL if local.optimal else _BOUNDED, quantities=quantities,
        because=f"lower: the shown code; upper: {best.name} ({bounds})",
        contacts=tuple((i + 1, j + 1) for i, j in local.contacts), rattlers=tuple(k + 1 for k in local.rattlers),
        coordinates=_decimals(local.rows, digits), exact=exact, axioms=best.axioms,
        notes=(*_notes(problem, local), source),
        contacts_within=power_of_ten(local.within) if len(local.contacts) > 1 else "0",
    )


def power_of_ten(bound: Fraction) -> str:
    """The least 10^-k that is not below ``bound``, as text; "0" for 0."""
    if bound <= 0:
        return "0"
    digits = 0
    while Fraction(1, 10 ** (digits + 1)) >= bound:
        digits += 1
    return f"1e-{digits}" if digits else "1"


def _unsearched(problem: Codes, bits: int) -> CodeOptimum:
    best, bounds = _least_upper(problem)
    (low,) = lower_bounds(problem, bits)
    margin = Enclosure(low.value.lower, best.value.upper, Rigor.ENCLOSED)
    return CodeOptimum(
        problem=problem, truth=Truth.UNDECIDED, rigor=Rigor.ENCLOSED, regime="bounded", geometry="no code shown",
        status=_BOUNDED, quantities={"margin": margin}, because=f"lower: {low.name}; upper: {best.name} ({bounds})",
        contacts=None, rattlers=None, coordinates=(), exact={},
        axioms=tuple(dict.fromkeys([*low.axioms, *best.axioms])),
        notes=("a code so large is not searched for",),
    )


def _least_upper(problem: Codes) -> tuple[CodeBound, str]:
    known = exact_value(problem)
    if known is not None:  # the bounds below are for the other sizes
        level = known.rational
        value = Enclosure.of_ball(value_ball(known, 128)) if level is None else Enclosure.exact(1 - level)
        return CodeBound(value, f"rho* itself, {known.geometry}", known.axioms), known.because
    found = sorted(upper_bounds(problem), key=lambda bound: bound.value.upper)
    return found[0], ", ".join(f"{bound.name} {float(bound.value.upper):.6f}" for bound in found)


def _margin_of(local: LocalCode, bits: int) -> tuple[Enclosure, Enclosure]:
    with ctx.workprec(bits + 32):
        return Enclosure.of_ball(1 - local.cosine), Enclosure.of_ball(local.cosine)


def _notes(problem: Codes, local: LocalCode) -> tuple[str, ...]:
    but = " and moves of its rattlers" if local.rattlers else ""
    notes = [f"strict local optimum modulo rotations{but}: {local.optimal}" if local.optimal
             else f"local optimality is not certified: {local.missing}"]
    with ctx.workprec(128):
        proved = literature_note(problem, *exact_bounds(1 - local.cosine))
    if proved:
        notes.append(proved)
    if local.rattlers:
        notes.append("rattlers carry no stress: they can move, and their features are free in an open set")
    if local.within and len(local.contacts) > 1:
        notes.append(f"contacts are equal within {power_of_ten(local.within)}; nobody proved that they are equal")
    return tuple(notes)
