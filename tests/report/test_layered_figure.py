"""The phase diagram: every cell is decided exactly, the boundaries are the certified ones, the file is written."""

import sys
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ncproofs.cli import main
from ncproofs.critical.layered_modes import first_order, saddle_node
from ncproofs.errors import MissingDependency, NcproofsError
from ncproofs.report.layered_figure import PHASES, phase, phase_diagram


@given(st.integers(1, 3), st.fractions(Fraction(1, 1000), Fraction(6, 5), max_denominator=1000),
       st.fractions(Fraction(1, 1000), 3, max_denominator=1000))
@settings(max_examples=60)
def test_phases_are_cut_by_the_certified_curves(layers, kappa, lambda_b):
    M = layers + 1
    # lambda_b < kappa/(kappa_c - kappa) is kappa/kappa_b > kappa_c
    share = lambda_b / (1 + lambda_b)
    assume((kappa / share) ** M != first_order(M) and kappa**M != first_order(M))
    if kappa**M > first_order(M):
        expected = "trivial below kappa_sn" if kappa**M < saddle_node(M) else "trivial"
    else:
        expected = "collapse" if (kappa / share) ** M > first_order(M) else "intermediate"
    assert phase(layers, kappa, lambda_b) == expected
    assert expected in PHASES


def test_the_file_is_written(tmp_path):
    pytest.importorskip("matplotlib", reason="the extra ncproofs[plot] is not installed")
    path = tmp_path / "phases.png"
    phase_diagram(path, layers=(1, 2), cells=12)
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(NcproofsError, match="cannot be written"):
        phase_diagram(tmp_path / "no" / "phases.png", layers=(1,), cells=4)
    with pytest.raises(NcproofsError, match="cannot be written"):
        phase_diagram(tmp_path / "phases.nothing", layers=(1,), cells=4)


def test_the_command_line_draws(tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="the extra ncproofs[plot] is not installed")
    path = tmp_path / "phases.svg"
    assert main(["optimum", "layered", "--phase-diagram", str(path)]) == 0
    assert "regimes over (kappa, lambda_b)" in capsys.readouterr().out
    assert b"<svg" in path.read_bytes()


def test_without_matplotlib_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependency, match=r"pip install 'ncproofs\[plot\]'"):
        phase_diagram(tmp_path / "phases.png")
