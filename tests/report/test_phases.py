"""Phase diagrams: each cell is the regime at its middle, boundaries lie where the theorems put them, all is escaped."""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree

import pytest

from ncproofs.report.figure_data import figures_of
from ncproofs.report.phase_data import DIAGRAMS, phase_figure
from ncproofs.report.phases import Axis, phase_svg
from ncproofs.theorems.catalogue import CATALOGUE
from tests.report.outcomes import FAILS, HOSTILE, INSTANCE

HALF = Fraction(1, 2)


@pytest.mark.parametrize("theorem", DIAGRAMS)
def test_a_diagram_is_drawn_and_read_out(theorem: str) -> None:
    found = phase_figure(theorem)
    assert theorem in CATALOGUE and found is not None
    svg, caption, rows = found
    element = ElementTree.fromstring(svg)
    words = [part.text for part in element.iter("text")]
    named = {name.split(" up to ")[0] for _, row in rows for name in row.split(", then ")}
    for at in corners(theorem):
        assert DIAGRAMS[theorem].decide(*at) in words
    assert len(named) >= 2 and len(svg) < 6000 and "decided at its middle" in caption
    assert len(rows) == len(DIAGRAMS[theorem].up.values)


def corners(theorem: str) -> list[tuple[Fraction, Fraction]]:
    across, up = DIAGRAMS[theorem].across.values, DIAGRAMS[theorem].up.values
    return [(x, y) for x in (across[0], across[-1]) for y in (up[0], up[-1])]


#: theorem -> a regime and where it is.
BOUNDARIES = {
    "collapse-optimum": ("simplex ETF", lambda x, y: x * y < Fraction(1, 16)),  # c < 1/K, c^2 = lambda_W lambda_H
    "mse-optimum": ("intermediate frame", lambda x, y: x < y / (1 + y)),  # K c < lambda_b/(1 + lambda_b)
}


@pytest.mark.parametrize("theorem", BOUNDARIES)
def test_regimes_change_at_the_exact_boundary(theorem: str) -> None:
    regime, holds = BOUNDARIES[theorem]
    diagram = DIAGRAMS[theorem]
    for x in diagram.across.values:
        for y in diagram.up.values:
            assert (diagram.decide(x, y) == regime) is holds(x, y), (x, y)


def test_two_layers_change_at_kappa_c_and_kappa_sn() -> None:
    diagram = DIAGRAMS["layered-optimum"]
    for x in diagram.across.values:
        found = diagram.decide(x, HALF)
        assert found.startswith("zero") is (x**3 > Fraction(1, 16)), x  # kappa_c^M = (M-2)^(M-2)/(M-1)^(2M-2), M = 3
        assert (found == "zero") is (x**3 > Fraction(27, 256)), x


def test_a_report_draws_it_only_beside_a_certified_outcome() -> None:
    captions = [figure.caption for figure in figures_of("mse-optimum", [INSTANCE])]
    assert any(caption.startswith("Regime of the minimiser over K c and lambda_b") for caption in captions)
    assert not any("Regime" in figure.caption for figure in figures_of("mse-optimum", [FAILS]))
    assert not any("Regime" in figure.caption for figure in figures_of("equality-case", [INSTANCE]))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_names_are_escaped(text: str) -> None:
    axis = Axis(text, (HALF, Fraction(3, 2)), text, text)
    element = ElementTree.fromstring(phase_svg("f-x-phases", text, axis, axis, [[text, "b"], ["b", "b"]]))
    assert {part.tag for part in element.iter()} <= {"svg", "title", "desc", "rect", "text"}


def test_cells_of_one_regime_in_a_row_are_one_rectangle() -> None:
    axis = Axis("x", tuple(map(Fraction, range(4))), "0", "3")
    grid = [["a"] * 4, list("aabb"), ["b"] * 4, list("abab")]
    element = ElementTree.fromstring(phase_svg("f-x-phases", "t", axis, axis, grid))
    assert len([part for part in element.iter("rect") if "frame" not in str(part.get("class"))]) == 1 + 2 + 1 + 4
    assert [part.text for part in element.iter("text")].count("A") == 2  # in the diagram and in the key
    assert "4 by 4 cells: 8 a, 8 b" in (element.findtext("desc") or "")
