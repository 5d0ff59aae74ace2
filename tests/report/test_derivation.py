"""Derivations: every step checked, holes visible, three renderings."""

import dataclasses
import json
import shutil
import subprocess
import time

import pytest
import sympy
from sympy import Rational, exp, log

from ncproofs.calculus.indexed import Index, Tensor, total
from ncproofs.calculus.logits import logit_gradient, logit_hessian
from ncproofs.losses import Loss, cross_entropy, focal, label_smoothing, loss_from_expression, mean_squared
from ncproofs.losses.loss import K, S, T, Z
from ncproofs.report import checks
from ncproofs.report.derivation import as_json, as_latex, as_text, derive_objective
from ncproofs.report.latex import escaped
from ncproofs.truth import Evidence, Rigor, Truth

LOSSES = {
    "cross_entropy": cross_entropy(),
    "label_smoothing": label_smoothing("1/10"),
    "focal(1/2)": focal("1/2"),
    "focal(2)": focal(2),
    "mean_squared": mean_squared(),
    "poly-1": Loss("poly_1 & 100% #{own}", log(S(1)) - T + Rational(1, 3) * (1 - exp(T) / S(1)), (exp(Z),), "own"),
    "mixed": loss_from_expression("t*S2 + S1**2 + t**3/K", ["z**3", "exp(z)"]),
}


@pytest.fixture(scope="module")
def derivations():
    return {name: derive_objective(loss) for name, loss in LOSSES.items()}


def test_every_step_is_checked(derivations):
    for name, derivation in derivations.items():
        assert derivation.holes == (), name
        assert derivation.conclusion()[0] is Truth.HOLDS
        assert derivation.conclusion()[1] >= Rigor.ENCLOSED
        assert [step.number for step in derivation.steps] == list(range(1, len(derivation.steps) + 1))


def test_what_follows_depends_on_the_loss(derivations):
    texts = {name: as_text(derivation) for name, derivation in derivations.items()}
    assert "W 1 = 0" in texts["focal(2)"] and "not convex" in texts["focal(2)"]
    assert "W 1 = 0" not in texts["mean_squared"] and "no zero sum" in texts["mean_squared"]
    assert "p - e_y" in texts["cross_entropy"] and "p - e_y" not in texts["mean_squared"]
    assert "+ 1/10 (e_y - 1/K)" in texts["label_smoothing"]
    assert "lambda_W W W^T = lambda_H H H^T" in texts["mixed"]


def test_an_unproved_step_shows_a_hole(derivations):
    derivation = derivations["cross_entropy"]
    open_evidence = Evidence(truth=Truth.UNDECIDED, rigor=Rigor.SAMPLED, sentence="s", because="nobody knows")
    spoiled = dataclasses.replace(derivation.steps[3], evidence=open_evidence)
    holed = dataclasses.replace(derivation, steps=(*derivation.steps[:3], spoiled, *derivation.steps[4:]))
    assert len(holed.holes) == 1 and holed.conclusion()[0] is Truth.UNDECIDED
    assert "[!! NOT PROVED: nobody knows !!]" in as_text(holed)
    assert r"\fbox" in as_latex(holed) and r"\fbox" not in as_latex(derivation)
    assert as_json(holed)["truth"] == "undecided" and as_json(holed)["holes"]


def test_json_is_data(derivations):
    data = json.loads(json.dumps(as_json(derivations["focal(2)"])))
    assert data["schema"] == 1 and data["subject"] == "focal(2)" and data["truth"] == "holds"
    assert {"number", "statement", "formulas", "reason", "checked", "rigor"} <= set(data["steps"][0])


# --- the checks reject what is wrong ----------------------------------------------------------------------


def test_a_wrong_logit_gradient_is_refuted():
    right = logit_gradient(focal(2))
    wrong = dataclasses.replace(right, partials=(right.partials[0] * 2, *right.partials[1:]))
    assert checks.identities("g", checks.gradient_patterns(focal(2), right)).truth is Truth.HOLDS
    assert checks.identities("g", checks.gradient_patterns(focal(2), wrong)).truth is not Truth.HOLDS


@pytest.mark.parametrize("part", ["diagonal", "core"])
def test_a_wrong_logit_hessian_is_refuted(part):
    loss = label_smoothing("1/10")
    right = logit_hessian(loss)
    wrong = dataclasses.replace(right, **{part: getattr(right, part) * 2})
    assert checks.identities("h", checks.hessian_patterns(loss, right)).truth is Truth.HOLDS
    assert checks.identities("h", checks.hessian_patterns(loss, wrong)).truth is not Truth.HOLDS


def test_a_wrong_softmax_form_is_refuted():
    loss = focal(2)
    form = loss.softmax_form()
    for wrong in (
        dataclasses.replace(form, tilt=form.tilt + 1),
        dataclasses.replace(form, profile=2 * form.profile),
    ):
        found = checks.identities("g", checks.softmax_gradient_patterns(loss, wrong))
        assert found.truth is not Truth.HOLDS
    wrong = dataclasses.replace(form, profile=2 * form.profile)
    assert checks.identities("h", checks.softmax_hessian_patterns(loss, wrong)).truth is not Truth.HOLDS


def test_wrong_partial_derivatives_are_refuted(monkeypatch):
    right = logit_gradient(focal(2))
    assert checks.partials_against_series(focal(2), "p").truth is Truth.HOLDS
    wrong = dataclasses.replace(right, partials=(right.partials[0], 2 * right.partials[1]))
    monkeypatch.setattr(checks, "logit_gradient", lambda loss: wrong)
    assert checks.partials_against_series(focal(2), "p").truth is Truth.FAILS


def test_an_unwieldy_loss_ends_with_holes_and_does_not_hang():
    start = time.perf_counter()
    derivation = derive_objective(loss_from_expression("((1 + S1)**900 + 1)**900"))
    assert derivation.holes and derivation.conclusion()[0] is Truth.UNDECIDED
    assert time.perf_counter() - start < 10


def test_a_wrong_sum_is_refuted():
    a, k = Index("a", sympy.Symbol("d", integer=True, positive=True)), Index("k", K)
    W = Tensor("W", (a.size, k.size))
    left = total(W[a, k] ** 2, a, k)
    assert checks.sum_identities("s", [(left, left)]).truth is Truth.HOLDS
    assert checks.sum_identities("s", [(left, left), (left, left * 2)]).truth is Truth.FAILS


# --- LaTeX ------------------------------------------------------------------------------------------------


def test_escaping_leaves_no_command():
    assert escaped("a_b & 50% #1 {x} $y$ ^ ~") == (r"a\_b \& 50\% \#1 \{x\} \$y\$ \textasciicircum{} \textasciitilde{}")
    assert escaped("\\input{/etc/passwd}").startswith(r"\textbackslash{}input\{")
    assert escaped("λ\n") == "{[}U+03BB{]}"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("name", ["focal(2)", "poly-1", "mixed"])
def test_the_document_compiles(derivations, name, tmp_path):
    (tmp_path / "derivation.tex").write_text(as_latex(derivations[name], standalone=True), encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "derivation.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-1500:]
    assert (tmp_path / "derivation.pdf").stat().st_size > 1000
