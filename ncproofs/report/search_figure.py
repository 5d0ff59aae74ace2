"""The figure of a search: objective against index, and the least curvature at each point."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ncproofs.errors import InvalidProblem, MissingDependency

if TYPE_CHECKING:
    from ncproofs.critical.random_points import SearchResult

__all__ = ["check_figure", "write_figure"]

_FORMATS = (".svg", ".png", ".pdf")


def check_figure(path: Path) -> None:
    """Refuse before the search what could not be drawn after it.

    Raises:
        InvalidProblem: another extension. MissingDependency: matplotlib is not installed.
    """
    if path.suffix.lower() not in _FORMATS:
        raise InvalidProblem(f"--plot {path} given; the name must end in {', '.join(_FORMATS)}")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise MissingDependency("--plot needs matplotlib; pip install 'ncproofs[plot]'") from None


def write_figure(result: SearchResult, path: Path) -> None:
    """Draw the certified points of ``result`` and write them to ``path`` (SVG, PNG or PDF by its extension).

    Left: the value of the objective against the index of the Hessian, the area growing with how often a point was
    found. Right: the least eigenvalue of the Hessian against the value, coloured by index; a saddle that is not strict
    would lie at 0.

    Raises:
        InvalidProblem, MissingDependency: as ``check_figure``; or the file cannot be written.
    """
    check_figure(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    figure.colorbar(_draw(left, right, result), ax=right, label="index")
    figure.suptitle(f"{result.problem}\n{len(result.certified)} certified critical points", fontsize="medium")
    try:
        # Without a date and with a fixed salt the same search gives the same bytes.
        from matplotlib import rc_context

        with rc_context({"svg.hashsalt": "ncproofs"}):
            figure.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
    except OSError as error:
        raise InvalidProblem(f"{path} cannot be written ({error.strerror}); give a path in a writable folder") from None


def _draw(left: Any, right: Any, result: SearchResult) -> Any:
    points = [point for point in result.certified if point.classified.value and point.classified.smallest]
    values = [float(point.classified.value.lower) for point in points if point.classified.value]
    indices = [point.classified.index for point in points]
    # At a point without negative curvature the least eigenvalue is an exact zero, or positive.
    least = [min(0, float(p.classified.smallest.upper)) if p.classified.index else 0
             for p in points if p.classified.smallest]
    sizes = [12 + 4 * point.hits for point in points]
    left.scatter(indices, values, s=sizes, alpha=_FAINT)
    left.set_xlabel("index of the Hessian")
    left.set_ylabel("objective")
    coloured = right.scatter(values, least, s=sizes, c=indices, alpha=_FAINT)
    right.axhline(0, color="black", linewidth=1)
    right.set_xlabel("objective")
    right.set_ylabel("least eigenvalue of the Hessian")
    return coloured


_FAINT = 7 / 10
