"""A good code found and certified: coordinates in balls, its contacts, and whether it is strictly locally optimal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from flint import arb, ctx, fmpq_poly
from numpy.typing import NDArray

from ncproofs.arithmetic.enclosure import exact_bounds
from ncproofs.critical.code_algebraic import ExactGram, exact_gram, in_frame_of
from ncproofs.critical.code_contacts import ContactGraph, contact_graph
from ncproofs.critical.code_newton import MOST_PROVED, ContactSystem, krawczyk, refined
from ncproofs.critical.code_search import close_pairs, contacts_of
from ncproofs.critical.code_stress import Stress, certified_stress

__all__ = ["LocalCode", "certify_code", "largest_cosine_ball"]

Array = NDArray[np.float64]
Rows = list[list[arb]]
Pairs = list[tuple[int, int]]

#: Bits for recognising algebraic numbers, in turn, and the most unknowns times bits that are tried.
_RECOGNITION, _MOST_BITS = (700, 3000), 600_000
#: Coordinates times contacts: beyond this the linear program for a stress takes minutes.
_LARGEST_PROGRAM = 10_000_000


@dataclass(frozen=True, eq=False)
class LocalCode:
    """K unit vectors in balls, the enclosure of their largest inner product, and what is proved about them.

    ``optimal`` is a sentence when strict local optimality is certified, and empty otherwise; ``missing`` then says why.
    ``polynomial`` has the exact largest inner product as a zero, when it was recognised and verified. ``within`` is a
    certified bound of how far below the largest inner product the contacts are; 0 when they are equal exactly.
    """

    rows: Rows
    cosine: arb
    contacts: Pairs
    rattlers: list[int]
    optimal: str = ""
    missing: str = ""
    stress: Stress | None = None
    polynomial: fmpq_poly | None = field(default=None)
    within: Fraction = Fraction(0)


def largest_cosine_ball(rows: Rows, bits: int) -> arb:
    """c(W) of unit rows, in a ball."""
    with ctx.workprec(bits):
        best = arb(-2)
        for k, row in enumerate(rows):
            for other in rows[:k]:
                best = best.max(sum((a * b for a, b in zip(row, other, strict=True)), arb(0)))
        return best


def certify_code(W: Array, bits: int, *, settled: bool = True) -> LocalCode:
    """Certify the code near the float unit rows ``W`` (K, d), d >= 2, to about ``bits`` bits.

    ``settled``: W is a local optimum to the last digits of a float. Otherwise its contacts are only the pairs that are
    close, and nothing is polished.
    """
    if not settled:
        near = ContactGraph(W, close_pairs(W), np.zeros(0), [], _untouched(W, close_pairs(W)), 0)
        return _plain(near, bits, "no local optimum was reached, so the contacts are not polished")
    pairs = contacts_of(W)
    if W.size * len(pairs) > _LARGEST_PROGRAM:
        return _plain(ContactGraph(W, pairs, np.zeros(0), [], [], 0), bits, "too many contacts to look for a stress")
    graph = contact_graph(W)
    if not graph.contacts:
        close = ContactGraph(graph.W, pairs, graph.stress, [], [], 0)
        return _plain(close, bits, "no positive stress on the contacts was found")
    if graph.slack:
        return _plain(graph, bits, "some contacts carry no stress, so they are equal up to rounding only")
    system = ContactSystem(graph.W[graph.backbone], graph.renumbered())
    if graph.is_square:
        return _square(graph, system, bits)
    return _spare(graph, system, bits)


def _untouched(W: Array, pairs: Pairs) -> list[int]:
    touched = {k for pair in pairs for k in pair}
    return [k for k in range(len(W)) if k not in touched]


def _unit(row: list[float]) -> list[arb]:
    exact = [arb(float(x)) for x in row]
    length = sum((x * x for x in exact), arb(0)).sqrt()
    return [x / length for x in exact]


def _plain(graph: ContactGraph, bits: int, missing: str, backbone: Rows | None = None) -> LocalCode:
    """The code with its digits and margin, without a proof of local optimality."""
    with ctx.workprec(bits + 32):
        rows = [_unit(row) for row in graph.W.tolist()]
        for place, row in zip(graph.backbone, backbone or [], strict=False):
            length = sum((x * x for x in row), arb(0)).sqrt()
            rows[place] = [x / length for x in row]
    return _equal_so_far(rows, graph, bits, missing)


def _equal_so_far(rows: Rows, graph: ContactGraph, bits: int, missing: str) -> LocalCode:
    """Contacts that are equal up to a bound that balls certify."""
    level = largest_cosine_ball(rows, bits + 32)
    with ctx.workprec(bits + 32):
        below = [level - sum((a * b for a, b in zip(rows[i], rows[j], strict=True)), arb(0)) for i, j in graph.contacts]
        widest = max((part.upper() for part in below), default=arb(0))
    within = exact_bounds(widest)[1]
    return LocalCode(rows, level, graph.contacts, graph.rattlers, missing=missing, within=within)


def _square(graph: ContactGraph, system: ContactSystem, bits: int) -> LocalCode:
    """As many equations as unknowns: exact coordinates when they are easily recognised, else Krawczyk's operator."""
    exact = _exact(graph, system, bits, _RECOGNITION[:1])
    if exact is not None:
        return exact
    found = krawczyk(system, bits)
    if found is None:
        large = system.unknowns > MOST_PROVED
        why = f"more than the {MOST_PROVED} unknowns that are tried" if large else "nothing proved"
        return _estimated(graph, system, bits, f"Krawczyk's operator on the contact equations: {why}")
    how = "the contact equations have exactly one solution in a small box (Krawczyk)"
    return _with_stress(graph, found[0], found[1], bits, how, None, _unit)


def _spare(graph: ContactGraph, system: ContactSystem, bits: int) -> LocalCode:
    """More contacts than unknowns: exact algebraic coordinates, if they are recognised."""
    fewest = system.W.size - system.W.shape[1] * (system.W.shape[1] - 1) // 2 - len(system.W) + 1
    if len(system.contacts) < fewest:
        return _plain(graph, bits, "the contacts leave a motion that is no rotation")
    exact = _exact(graph, system, bits, _RECOGNITION)
    return exact or _estimated(graph, system, bits, "its coordinates were not recognised as algebraic numbers")


def _exact(graph: ContactGraph, system: ContactSystem, bits: int, precisions: Sequence[int]) -> LocalCode | None:
    for working in precisions:
        found = refined(system, working) if system.unknowns * working <= _MOST_BITS else None
        if found is None:
            return None
        exact = exact_gram(found[0], found[1], system.contacts, working - 100)
        if exact is not None:
            return _from_gram(graph, system, exact, bits)
    return None


def _from_gram(graph: ContactGraph, system: ContactSystem, exact: ExactGram, bits: int) -> LocalCode:
    x = in_frame_of(exact.rows(bits + 32), system.W, bits + 32)
    how = f"exact coordinates in Q(c), c a zero of {polynomial_text(exact.field.modulus)}"
    return _with_stress(graph, x, exact.cosine(bits + 32), bits, how, exact.field.modulus,
                        lambda row: _in_frame(row, x, system.W, exact.basis))


def _estimated(graph: ContactGraph, system: ContactSystem, bits: int, missing: str) -> LocalCode:
    found = refined(system, bits)
    return _plain(graph, bits, missing, found[0] if found else None)


def _in_frame(row: list[float], x: Rows, W: Array, basis: list[int]) -> list[arb]:
    """The free point with the same coordinates over the basis points, in the new frame, at length one."""
    shares = np.linalg.solve(W[basis].T, np.array(row))
    mixed = [sum((arb(float(s)) * x[b][a] for s, b in zip(shares, basis, strict=True)), arb(0))
             for a in range(len(row))]
    length = sum((a * a for a in mixed), arb(0)).sqrt()
    return [a / length for a in mixed]


def _with_stress(
    graph: ContactGraph, x: Rows, c: arb, bits: int, how: str, polynomial: fmpq_poly | None,
    place: Callable[[list[float]], list[arb]],
) -> LocalCode:
    """All K points in one frame; other pairs below c; rank and stress."""
    pairs = graph.renumbered()
    with ctx.workprec(bits + 32):
        rows: Rows = [[] for _ in graph.W]
        for position, k in enumerate(graph.backbone):
            rows[k] = x[position]
        for k in graph.rattlers:
            rows[k] = place(graph.W[k].tolist())
        joined = set(graph.contacts)
        below = all(
            sum((a * b for a, b in zip(rows[i], rows[j], strict=True)), arb(0)) < c
            for j in range(len(rows)) for i in range(j) if (i, j) not in joined
        )
    if not below:
        return _equal_so_far(rows, graph, bits, "a pair without contact is not certainly below the contacts")
    stress = certified_stress(x, pairs, graph.stress, max(128, bits))
    if stress is None:
        return LocalCode(rows, c, graph.contacts, graph.rattlers, polynomial=polynomial,
                         missing="full rank and a positive stress were not certified")
    return LocalCode(rows, c, graph.contacts, graph.rattlers, stress=stress, polynomial=polynomial,
                     optimal=f"{how}; rank {stress.rank} and a positive stress on all {len(pairs)} contacts")


def polynomial_text(polynomial: fmpq_poly) -> str:
    """A polynomial in c as people write it."""
    parts = []
    for degree in range(polynomial.degree(), -1, -1):
        value = polynomial[degree]
        if value == 0:
            continue
        size = str(abs(value)) if abs(value) != 1 or degree == 0 else ""
        power = "" if degree == 0 else "c" if degree == 1 else f"c^{degree}"
        parts.append(f"{'-' if value < 0 else '+'} {size}{power}")
    text = " ".join(parts)
    return text[2:] if text.startswith("+ ") else f"-{text[2:]}"
