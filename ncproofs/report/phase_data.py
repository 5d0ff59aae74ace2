"""Phase diagrams: which regime the minimiser is in, over two parameters, decided cell by cell at the cell's middle.

Nothing of a results file enters them. A middle is a rational point, and its regime is decided as ``ncproofs optimum``
decides it: in rationals, or in balls for the tilted regimes of label smoothing; what is not decided says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ncproofs.report.phases import Axis, phase_svg

__all__ = ["DIAGRAMS", "Diagram", "phase_figure"]

Decide = Callable[[Fraction, Fraction], str]


@dataclass(frozen=True)
class Diagram:
    """``decide`` gives the regime at a point (across, up); ``of`` says of what."""

    of: str
    across: Axis
    up: Axis
    decide: Decide


def _middles(high: Fraction | int, cells: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(high) * Fraction(2 * i + 1, 2 * cells) for i in range(cells))


def _linear(name: str, high: Fraction | int, cells: int) -> Axis:
    return Axis(name, _middles(high, cells), "0", str(high))


def _powers(name: str, least: int, cells: int) -> Axis:
    """2^least, 2^(least+1), ..."""
    values = tuple(Fraction(2) ** (least + i) for i in range(cells))
    return Axis(name, values, str(values[0]), str(values[-1]))


def _weights(weight_w: Fraction, weight_h: Fraction) -> str:
    from ncproofs.critical.optimum import optimum
    from ncproofs.losses.cross_entropy import cross_entropy
    from ncproofs.problems.features import Ridge
    from ncproofs.truth import Truth

    found = optimum(Ridge(cross_entropy(), 4, 4, 1, weight_w, weight_h), digits=3)
    return found.geometry if found.truth is Truth.HOLDS else "undecided"


def _squared(scaled: Fraction, bias: Fraction) -> str:
    """K c and lambda_b, K = 4: with one sample a class and equal weights c is the weight."""
    from ncproofs.critical.mse import mse_regime
    from ncproofs.losses.mean_squared import mean_squared
    from ncproofs.problems.features import Ridge

    return mse_regime(Ridge(mean_squared(), 4, 4, 1, scaled / 4, scaled / 4, bias)).geometry


def _layered(strength: Fraction, bias: Fraction) -> str:
    from ncproofs.report.layered_figure import phase

    return {"collapse": "simplex ETF", "intermediate": "intermediate frame", "trivial": "zero",
            "trivial below kappa_sn": "zero, with other critical points"}[phase(2, strength, bias)]


def _smoothed(alpha: Fraction, tau: Fraction) -> str:
    from ncproofs.critical.sphere_optimum import sphere_regime
    from ncproofs.losses.label_smoothing import label_smoothing
    from ncproofs.problems.features import Spheres
    from ncproofs.truth import Truth

    found = sphere_regime(Spheres(label_smoothing(alpha), 3, 3, 1, tau))
    return found.name if found.truth is Truth.HOLDS else "undecided"


#: Theorem -> its diagram.
DIAGRAMS = {
    "collapse-optimum": Diagram(
        "cross-entropy, K = 4, d = 4, n = 1, no bias", _powers("lambda_W", -9, 14), _powers("lambda_H", -8, 12),
        _weights,
    ),
    "mse-optimum": Diagram(
        "the mean squared error, K = 4, d = 4, n = 1, lambda_W = lambda_H", _linear("K c", Fraction(6, 5), 24),
        _linear("lambda_b", 3, 12), _squared,
    ),
    "layered-optimum": Diagram(
        "two layers and a bias, any K", _linear("kappa", Fraction(3, 5), 24), _linear("lambda_b", 3, 12), _layered,
    ),
    "label-smoothing-threshold": Diagram(
        "label smoothing on spheres, K = 3, d = 3", _linear("alpha", 1, 20), _linear("tau", 6, 12), _smoothed,
    ),
}


def phase_figure(theorem: str) -> tuple[str, str, tuple[tuple[str, str], ...]] | None:
    """The svg of the theorem's diagram, its caption, and its rows from the top as text; None without a diagram."""
    diagram = DIAGRAMS.get(theorem)
    if diagram is None:
        return None
    across, up = diagram.across, diagram.up
    grid = [[diagram.decide(x, y) for x in across.values] for y in up.values]
    title = f"Regime of the minimiser over {across.name} and {up.name}: {diagram.of}"
    caption = f"{title}. Each cell is decided at its middle; a grid shows no boundary exactly."
    rows = tuple(
        (str(y), _in_words(across, row)) for y, row in reversed(list(zip(up.values, grid, strict=True)))
    )
    return phase_svg(f"f-{theorem}-phases", title, across, up, grid), caption, rows


def _in_words(across: Axis, row: Sequence[str]) -> str:
    """``simplex ETF up to 1/2, then zero``."""
    changes = [i for i in range(len(row) - 1) if row[i] != row[i + 1]]
    said = [f"{row[i]} up to {across.values[i]}" for i in changes]
    return ", then ".join([*said, row[-1]])
