"""The derivation on products of spheres: every step checked, what depends on the loss, broken identities seen."""

import json
import re
import shutil
import subprocess

import pytest
from click.testing import CliRunner
from sympy import Rational, exp, log

from ncproofs.cli.derive import derive_command
from ncproofs.losses import (
    Loss,
    cross_entropy,
    focal,
    label_smoothing,
    loss_from_expression,
    mean_squared,
)
from ncproofs.losses.loss import S, T, Z
from ncproofs.report import derivation as derivation_module
from ncproofs.report import riemannian_identities, riemannian_steps
from ncproofs.report.derivation import as_json, as_latex, as_text, derive_riemannian
from ncproofs.theorems.normalised_features import letters
from ncproofs.truth import Evidence, Rigor, Truth

LOSSES = {
    "cross_entropy": cross_entropy(),
    "label_smoothing": label_smoothing("1/10"),
    "focal": focal(2),
    "focal(7/3)": focal("7/3"),
    "mean_squared": mean_squared(),
    "own": Loss("poly_1 & own", log(S(1)) - T + Rational(1, 3) * (1 - exp(T) / S(1)), (exp(Z),), "own"),
    "mixed": loss_from_expression("t*S2 + S1**2 + t**3/K", ["z**3", "exp(z)"]),
}


@pytest.fixture(scope="module")
def derivations():
    return {name: derive_riemannian(loss) for name, loss in LOSSES.items()}


@pytest.mark.parametrize("name", list(LOSSES))
def test_every_step_is_checked(derivations, name):
    derivation = derivations[name]
    assert derivation.holes == ()
    truth, rigor = derivation.conclusion()
    assert truth is Truth.HOLDS and rigor >= Rigor.ENCLOSED
    assert [step.number for step in derivation.steps] == list(range(1, len(derivation.steps) + 1))
    assert all(step.checked for step in derivation.steps)


@pytest.mark.parametrize(
    ("name", "invariant", "convex"),
    [
        ("cross_entropy", True, True),
        ("label_smoothing", True, True),
        ("focal", True, False),
        ("mean_squared", False, True),
        ("mixed", False, False),
    ],
)
def test_I4_and_I6_are_derived_only_where_they_hold(derivations, name, invariant, convex):
    text = as_text(derivations[name])
    assert ("sum_k alpha_k w_k = 0" in text) is invariant
    assert ("I4 is not derived" in text) is not invariant
    assert ("the only minimiser" in text) is convex
    assert ("I6 is not derived" in text) is not convex
    for always in ("W D_alpha W^T = H D_beta H^T", "I3:", "I5:", "copies of spec(T)", "tau H G^T = W D_alpha"):
        assert always in text


def statements_open(derivation):
    return [hole.split(": ", 1)[1] for hole in derivation.holes]


def test_a_fact_about_the_loss_that_is_not_decided_is_a_hole(monkeypatch):
    unknown = Evidence(truth=Truth.UNDECIDED, rigor=Rigor.SAMPLED, sentence="s", because="nobody knows")
    monkeypatch.setattr(derivation_module, "is_convex", lambda loss: unknown)
    derivation = derive_riemannian(cross_entropy())
    (statement,) = statements_open(derivation)
    assert statement.startswith("I6") and derivation.conclusion()[0] is Truth.UNDECIDED
    assert "[!! NOT PROVED: nobody knows !!]" in as_text(derivation)
    assert r"\fbox" in as_latex(derivation)


#: What is broken, in which module, and words of every step that must open.
BROKEN = [
    (riemannian_steps, "multiplier_w", {"as a form", "Critical points"}),
    (riemannian_steps, "multiplier_h", {"as a form", "Critical points"}),
    (riemannian_steps, "gradient_w", {"Riemannian gradient;"}),
    (riemannian_steps, "gradient_h", {"Riemannian gradient;"}),
    (riemannian_steps, "_moved", {"logits along the retraction", "Riemannian gradient;"}),
    (riemannian_steps, "_bent", {"logits along the retraction", "as a form"}),
    (riemannian_steps, "_slope_h", {"Riemannian gradient;", "Critical points"}),
    (riemannian_steps, "_block", {"transverse block"}),
    (riemannian_steps, "_form", {"as a form", "transverse block"}),
    (riemannian_steps, "_acceleration", set()),  # twice a normal vector is normal
    (riemannian_identities, "multiplier_w", {"I1", "I2", "I3", "I4"}),
    (riemannian_identities, "multiplier_h", {"I1", "I2", "I3", "I5"}),
    (riemannian_identities, "gradient_w", {"I1", "I2", "I4"}),
    (riemannian_identities, "gradient_h", {"I1", "I2", "I5"}),
    (letters, "multiplier_w", {"Riemannian gradient;", "I1", "I4"}),
    (letters, "multiplier_h", {"Riemannian gradient;", "I1", "I5"}),
]


@pytest.mark.parametrize(("module", "name", "words"), BROKEN, ids=[f"{m.__name__[-10:]}.{n}" for m, n, _ in BROKEN])
def test_a_broken_identity_is_not_proved(monkeypatch, module, name, words):
    right = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *given: 2 * right(*given))
    derivation = derive_riemannian(cross_entropy())
    opened = statements_open(derivation)
    assert words <= {word for word in words for statement in opened if word in statement}
    assert bool(opened) is bool(words)
    assert (derivation.conclusion()[0] is Truth.HOLDS) is not bool(words)
    if words:
        assert "[!! " in as_text(derivation) and r"\textbf{Hole.}" in as_latex(derivation)


def test_a_tangential_acceleration_or_a_wrong_jet_is_seen(monkeypatch):
    monkeypatch.setattr(riemannian_steps, "_acceleration", lambda at: letters.dw[letters.k, at])
    (statement,) = statements_open(derive_riemannian(cross_entropy()))
    assert "retraction of second order" in statement
    monkeypatch.undo()
    jets = riemannian_steps._jets()
    monkeypatch.setattr(riemannian_steps, "_jets", lambda: [(jets[2][0], 2 * jets[2][1])])
    derivation = derive_riemannian(cross_entropy())
    assert "retraction of second order" in statements_open(derivation)[0]
    assert derivation.conclusion()[0] is Truth.FAILS


def test_the_command_prints_three_formats():
    def run(*arguments):
        return CliRunner().invoke(derive_command, ["riemannian", "--loss", "focal(2)", *arguments])

    data = json.loads(run("--format", "json").output)
    assert data["truth"] == "holds" and data["subject"] == "focal(2)" and data["holes"] == []
    assert data == json.loads(json.dumps(as_json(derive_riemannian(focal(2)))))
    assert "I6 is not derived" in run().output
    fragment = run("--format", "latex").output
    assert r"\documentclass" not in fragment and r"\documentclass" in run("--format", "latex", "--standalone").output
    assert run("--standalone").exit_code == 2


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("name", list(LOSSES))
def test_the_document_compiles_without_wide_lines(derivations, name, tmp_path):
    source = as_latex(derivations[name], standalone=True)
    assert re.findall(r"\\usepackage\{([^}]*)\}", source) == ["amsmath,amsthm"]
    (tmp_path / "derivation.tex").write_text(source, encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "derivation.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-1500:]
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", done.stdout)]
    assert max(wide, default=0) <= 5, done.stdout[-3000:]
