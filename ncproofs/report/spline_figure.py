"""A figure of a least-norm interpolant: the data, the function, its kinks."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from ncproofs.errors import InvalidProblem, MissingDependency
from ncproofs.problems.networks import Network, Points

__all__ = ["draw_spline"]

_FORMATS = (".png", ".svg", ".pdf")


def draw_spline(problem: Network, path: str) -> None:
    """Write the figure to ``path``; the ending says the format.

    Raises:
        InvalidProblem: not a spline, or another ending than .png, .svg, .pdf, or a place that cannot be written.
        MissingDependency: matplotlib is not installed.
    """
    if not isinstance(problem.data, Points):
        raise InvalidProblem(f"a plot was asked for kind {problem.kind}, but only a spline has one; leave --plot out")
    if Path(path).suffix.lower() not in _FORMATS:
        raise InvalidProblem(f"--plot {path} given; write a name that ends in {', '.join(_FORMATS)}")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependency("a plot needs matplotlib; install ncproofs[plot]") from None
    figure = Figure(figsize=(7, 4))
    _draw(figure.subplots(), problem.data)
    figure.tight_layout()
    try:
        figure.savefig(path)
    except OSError as error:
        raise InvalidProblem(f"{path} cannot be written ({error.strerror}); give another place") from None


def _draw(axes: Any, points: Points) -> None:
    from ncproofs.critical.network_spline import evaluate, solve_spline

    found = solve_spline(points)
    margin = (points.x[-1] - points.x[0]) / 10
    ends = (points.x[0] - margin, points.x[-1] + margin)
    kinks = [place for place, change in found.kinks if change]
    places = sorted({*ends, *points.x, *kinks})

    def height(at: Fraction) -> float:
        return float(evaluate(found.neurons, found.constant, at))

    norm = str(found.value) if len(str(found.value)) < 20 else f"{float(found.value):.6g}"
    axes.plot([float(at) for at in places], [height(at) for at in places], color="tab:blue", label=f"norm {norm}")
    axes.scatter([float(at) for at in points.x], [float(y) for y in points.y], color="black", zorder=3, label="data")
    axes.scatter([float(at) for at in kinks], [height(at) for at in kinks], facecolors="none", edgecolors="tab:red",
                 s=90, zorder=4, label="kinks")
    within = [height(at) for at in places if points.x[0] <= at <= points.x[-1]]
    room = (max(within) - min(within)) / 5 or 1
    axes.set_ylim(min(within) - room, max(within) + room)  # steep ends would flatten the data
    axes.set_xlabel("x")
    axes.set_ylabel("f(x)")
    axes.legend()
