"""The result of a search as text and as JSON: by index, the most suspicious points first, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ncproofs.errors import with_short_numbers

if TYPE_CHECKING:
    from ncproofs.arithmetic.enclosure import Enclosure
    from ncproofs.critical.random_points import Found, SearchResult
    from ncproofs.proof.search_verdict import Counterexample, Judgement

__all__ = ["search_lines", "search_record"]

_DIGITS = 20
_BAR = 24
_SHOWN = 5


def search_lines(result: SearchResult, judged: Judgement, replay: Mapping[int, str]) -> list[str]:
    """For people. ``replay`` maps the place of a counterexample to the command that finds it again."""
    lines = [f"{result.problem}", *_counts(result), "", *_by_index(result)]
    lines += _suspicious(result) + _undecided(result)
    lines += ["", *_methods(result), "", *_verdict(result, judged)]
    for place, found in enumerate(judged.against[:_SHOWN]):
        lines += ["", f"counterexample: {found}", f"  {_certificate(found)}"]
        lines.append(f"  again: {replay[place]}")
    if len(judged.against) > _SHOWN:
        lines.append(f"and {len(judged.against) - _SHOWN} more")
    return lines


def _counts(result: SearchResult) -> list[str]:
    return [
        f"{result.candidates} starts (seed {result.seed}): {result.converged} converged to {len(result.points)} "
        "critical points modulo symmetry",
        f"certified {len(result.certified)} ({len(result.saddles)} with negative curvature), "
        f"undecided {len(result.undecided)}",
    ]


def _by_index(result: SearchResult) -> list[str]:
    rows = [("index", "points", "starts", "value from", "to", "least curvature", "")]
    counts = result.by_index
    most = max(counts.values(), default=1)
    for index, count in counts.items():
        here = [point for point in result.certified if point.classified.index == index]
        values = sorted(float(point.classified.value.lower) for point in here if point.classified.value)
        curvature = max((_curvature(point) for point in here), default=0)
        rows.append((
            str(index), str(count), str(sum(point.hits for point in here)), f"{values[0]:.8g}", f"{values[-1]:.8g}",
            f"{curvature:.4g}" if index else "0", "#" * max(1, round(_BAR * count / most)),
        ))
    return _aligned(rows)


def _curvature(point: Found) -> float:
    smallest = point.classified.smallest
    return float(smallest.upper) if smallest is not None else 0


def _suspicious(result: SearchResult) -> list[str]:
    """The saddles whose negative curvature is smallest: the ones nearest to breaking the statement."""
    saddles = result.saddles[:_SHOWN]
    if not saddles:
        return []
    rows = [("least curvature", "index", "nullity", "value", "found by", "start", "seen")]
    for point in saddles:
        found = point.classified
        flat = f"{found.nullity}" + (f" ({found.excess_nullity} beyond symmetry)" if found.excess_nullity else "")
        rows.append((
            _short(found.smallest), str(found.index), flat, _short(found.value), point.candidate.method,
            str(point.candidate.number), str(point.hits),
        ))
    return ["", "least negative curvature first:", *_aligned(rows)]


def _undecided(result: SearchResult) -> list[str]:
    reasons: dict[tuple[str, str], list[int]] = {}
    for point in result.undecided:
        reasons.setdefault((point.classified.kind, point.classified.reason), []).append(point.candidate.number)
    lines = [f"undecided, {kind}: {reason} ({_places(starts)})" for (kind, reason), starts in sorted(reasons.items())]
    return ["", *lines] if lines else []


def _places(starts: list[int]) -> str:
    shown = ", ".join(map(str, starts[:6]))
    more = f" and {len(starts) - 6} more" if len(starts) > 6 else ""
    return f"start{'s' if len(starts) > 1 else ''} {shown}{more}"


def _methods(result: SearchResult) -> list[str]:
    rows = [("method", "starts", "converged", "not minimal", "new points")]
    for name, (starts, converged, saddles, new) in result.success.items():
        share = f"{100 * converged // starts} %" if starts else "-"
        rows.append((name, str(starts), share, str(saddles), str(new)))
    return _aligned(rows)


def _verdict(result: SearchResult, judged: Judgement) -> list[str]:
    settled, because = len(result.certified), with_short_numbers(judged.theorem.because)
    if judged.is_inside:
        words = "0 violations" if not judged.against else f"{len(judged.against)} VIOLATIONS"
        return [because, f"{words} among {settled} certified critical points"]
    if judged.against:
        found = f"{len(judged.against)} certified counterexample{'s' if len(judged.against) > 1 else ''}"
    else:
        found = f"no counterexample among {settled} certified critical points, which proves nothing"
    return [because, found]


def _certificate(found: Counterexample) -> str:
    answer = found.point.classified
    positive = answer.minimum_positive
    words = f"certified by {answer.how}" + (f" at {answer.bits} bits" if answer.bits else "")
    return words + (f"; smallest positive eigenvalue {_short(positive)}" if positive is not None else "")


def _short(value: Enclosure | None) -> str:
    """About ten digits of the midpoint; a width that shows is shown."""
    if value is None:
        return "-"
    lower, upper = float(value.lower), float(value.upper)
    return f"{lower:.10g}" if f"{lower:.10g}" == f"{upper:.10g}" else f"[{lower:.4g}, {upper:.4g}]"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row[:-1], widths, strict=False))
            + ("  " + row[-1].ljust(widths[-1]) if row[-1] else "") for row in rows]


def search_record(
    parameters: Mapping[str, str], result: SearchResult, judged: Judgement, replay: Mapping[int, str]
) -> dict[str, Any]:
    """One object, schema 1; bounds are decimal strings rounded outwards."""
    return {
        "schema": 1,
        "problem": dict(parameters),
        "seed": result.seed,
        "candidates": result.candidates,
        "converged": result.converged,
        "distinct": len(result.points),
        "certified": len(result.certified),
        "undecided": len(result.undecided),
        "by_index": {str(index): count for index, count in result.by_index.items()},
        "methods": {
            name: {"starts": a, "converged": b, "not_minimal": c, "new_points": e}
            for name, (a, b, c, e) in result.success.items()
        },
        "theorem": {"truth": str(judged.theorem.truth), "because": judged.theorem.because},
        "counterexamples": [_against(found, replay[i]) for i, found in enumerate(judged.against)],
        "points": [_point(point) for point in result.points],
    }


def _against(found: Counterexample, command: str) -> dict[str, Any]:
    return {
        "start": found.point.candidate.number,
        "better_start": found.better.number,
        "better_value": found.better.value.as_json(_DIGITS),
        "sentence": str(found),
        "replay": command,
    }


def _point(point: Found) -> dict[str, Any]:
    from ncproofs.campaign_file import point_record

    record = {key: value for key, value in point_record(point).items() if key != "kind"}
    return {**record, "method": point.candidate.method, "seen": point.hits, "float_value": point.candidate.value}
