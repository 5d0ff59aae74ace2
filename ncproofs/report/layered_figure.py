"""The phase diagram of the layered model: the minimiser's regime over (kappa, lambda_b), decided in rationals."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from ncproofs.errors import MissingDependency, NcproofsError

__all__ = ["PHASES", "phase", "phase_diagram"]

#: Regime -> colour.
PHASES = {
    "collapse": "#7fb3d5",
    "intermediate": "#a9dfbf",
    "trivial": "#d5d8dc",
    "trivial below kappa_sn": "#f5cba7",
}
_CELLS = 120


def phase(layers: int, kappa: Fraction, lambda_b: Fraction) -> str:
    """The regime at one exact point (K = 3; it depends on K through kappa alone); between boundaries never a tie.

    "trivial below kappa_sn": zero is global, and there are nonzero critical points too (with a bias: sigma_plus times a
    projector orthogonal to 1).
    """
    from ncproofs.critical.layered_modes import saddle_node
    from ncproofs.critical.layered_optimum import layered_regime
    from ncproofs.problems.layered import Layered

    # kappa^M = K^M lambda_H prod lambda: all decays equal to kappa/K.
    weight = kappa / 3
    problem = Layered(layers=layers, K=3, lambdas=(weight,) * layers, lambda_H=weight, lambda_b=lambda_b)
    name = layered_regime(problem).name
    below = kappa**problem.factors < saddle_node(problem.factors)
    return "trivial below kappa_sn" if name == "trivial" and below else name


def _grid(layers: int, cells: int) -> tuple[list[Fraction], list[Fraction], list[list[str]]]:
    """kappa in (0, 1.2) times the largest threshold, lambda_b in (0, 3), at the middles of the cells."""
    widest = Fraction(6, 5) if layers == 1 else Fraction(3, 5)
    kappas = [widest * Fraction(2 * i + 1, 2 * cells) for i in range(cells)]
    weights = [3 * Fraction(2 * j + 1, 2 * cells) for j in range(cells)]
    return kappas, weights, [[phase(layers, kappa, weight) for kappa in kappas] for weight in weights]


def phase_diagram(path: Path, layers: Sequence[int] = (1, 2, 3), cells: int = _CELLS) -> None:
    """Draw one panel for each number of layers and write it to ``path`` (its ending says the format).

    Every cell has the regime of its middle, decided exactly; the lines are lambda_b = kappa/(kappa_c - kappa), kappa_c
    and kappa_sn.

    Raises:
        MissingDependency: matplotlib is not installed. NcproofsError: the file cannot be written.
    """
    try:
        import matplotlib
        import matplotlib.pyplot
    except ImportError:
        raise MissingDependency("a figure needs matplotlib; write pip install 'ncproofs[plot]'") from None
    matplotlib.use("Agg")
    pyplot: Any = matplotlib.pyplot
    figure, axes = pyplot.subplots(1, len(layers), figsize=(5 * len(layers), 4), squeeze=False)
    for axis, count in zip(axes[0], layers, strict=True):
        _panel(axis, count, cells)
    axes[0][0].set_ylabel("lambda_b")
    handles = [pyplot.Rectangle((0, 0), 1, 1, color=colour) for colour in PHASES.values()]
    figure.legend(handles, PHASES, loc="lower center", ncol=len(PHASES), frameon=False)
    figure.subplots_adjust(bottom=float(Fraction(1, 4)))
    # The same drawing gives the same SVG file: no date, and names of its parts that do not change.
    still = {"metadata": {"Date": None}} if path.suffix == ".svg" else {}
    try:
        with matplotlib.rc_context({"svg.hashsalt": "ncproofs", "svg.fonttype": "none"}):
            figure.savefig(path, dpi=150, **still)
    except (OSError, ValueError) as error:
        raise NcproofsError(f"{path} cannot be written ({error}); give a file such as phases.png") from None
    finally:
        pyplot.close(figure)


def _panel(axis: Any, layers: int, cells: int) -> None:
    import numpy as np
    from matplotlib.colors import ListedColormap

    from ncproofs.critical.layered_modes import first_order, saddle_node

    kappas, weights, names = _grid(layers, cells)
    order = list(PHASES)
    table = np.array([[order.index(name) for name in row] for row in names])
    right, top = float(kappas[-1] + kappas[0]), float(weights[-1] + weights[0])
    axis.imshow(table, origin="lower", extent=(0, right, 0, top), aspect="auto", interpolation="nearest",
                cmap=ListedColormap(list(PHASES.values())), vmin=0, vmax=len(order) - 1)
    M = layers + 1
    critical, last = float(first_order(M)) ** (1 / M), float(saddle_node(M)) ** (1 / M)
    line = np.linspace(0, critical * top / (1 + top), 200)
    axis.plot(line, line / (critical - line), color="black")
    axis.axvline(critical, color="black")
    if layers > 1:
        axis.axvline(last, color="black", linestyle="--")
    axis.set_xlim(0, right)
    axis.set_ylim(0, top)
    axis.set_xlabel("kappa")
    axis.set_title(f"{layers} layer{'s' if layers > 1 else ''}")
