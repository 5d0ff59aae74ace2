"""What notebooks show: escaped, bounded, and telling the answer."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
import sympy

from ncproofs import Loss, Ridge, Spheres, cross_entropy, focal, label_smoothing, load, mean_squared, optimum, verify
from ncproofs.critical.code_optimum import code_optimum
from ncproofs.critical.sphere_optimum import sphere_optimum
from ncproofs.losses.loss import S, T, Z
from ncproofs.losses.spelling import loss_from_expression
from ncproofs.notebook import LARGEST, paragraph, shortened, table
from ncproofs.problems.codes import Codes
from ncproofs.proof.claims import Identity
from ncproofs.report.theorem_derivation import derive_theorem
from ncproofs.theorems.theorem import Theorem, Verdict
from ncproofs.truth import Evidence, Rigor, Truth

EVIL = "<script>alert(1)</script>&<img src=x onerror=alert(1)>\"'"


class Tags(HTMLParser):
    """Which tags and attributes there are, and whether every one is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.seen.add(tag)
        self.attributes.update(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def assert_harmless(text: str) -> None:
    parsed = Tags(text)
    assert parsed.seen <= {"div", "p", "strong", "table", "tr", "th", "td"}
    assert parsed.attributes <= {("scope", "col"), ("style", "text-align:left"),
                                 ("class", "tex2jax_ignore mathjax_ignore")}
    assert len(text) <= LARGEST


@pytest.fixture
def problem() -> Ridge:
    return Ridge(cross_entropy(), K=3, d=2, n=2, lambda_W="1/100", lambda_H="1/200")


def verdict_with(evidence: tuple[Evidence, ...]) -> Verdict:
    return Verdict(theorem=EVIL, covers=EVIL, truth=Truth.FAILS, rigor=Rigor.EXACT, evidence=evidence, unmet=(EVIL,),
                   holes=(EVIL,), axioms=(EVIL,) * 1000, seconds=0.0)


def test_an_optimum(problem: Ridge) -> None:
    text = optimum(problem, digits=20)._repr_html_()
    assert_harmless(text)
    assert "simplex ETF" in text and "0.111902056890" in text and "holds (exact)" in text


@pytest.mark.parametrize("found", [
    sphere_optimum(Spheres(cross_entropy(), K=3, d=2, n=1, tau=1), digits=10),
    code_optimum(Codes(K=4, d=3), digits=10),
], ids=["sphere", "code"])
def test_the_other_families_show_the_same(found: Any) -> None:
    assert_harmless(found._repr_html_())
    assert str(found.truth) in found._repr_html_()


def test_a_hole_is_shown_and_escaped(problem: Ridge) -> None:
    found = replace(optimum(problem, digits=5), holes=(EVIL,) * 100, because=EVIL * 1000)
    text = found._repr_html_()
    assert_harmless(text)
    assert "checked by nobody: &lt;script&gt;" in text


def test_theorem_and_verdict() -> None:
    theorem = load("benign-landscape")
    assert_harmless(theorem._repr_html_())
    assert "hypothesis" in theorem._repr_html_() and "(arXiv 2210.02192)" in theorem._repr_html_()
    verdict = verify(load("equality-case"))
    assert_harmless(verdict._repr_html_())
    assert "equality-case: certified (exact)" in verdict._repr_html_()


def test_a_failing_verdict_is_not_called_certified() -> None:
    part = Evidence(truth=Truth.FAILS, rigor=Rigor.EXACT, sentence=EVIL * 100, because=EVIL, witness="at x = 3")
    text = verdict_with((part,) * 3)._repr_html_()
    assert_harmless(text)
    assert "certified" not in text and "fails (exact)" in text and "at x = 3" in text


def test_names_of_theorems_are_escaped() -> None:
    theorem: Theorem = replace(load("equality-case"), name="x", title=EVIL, statement=EVIL * 500,
                               open_questions=(EVIL,) * 100)
    assert_harmless(theorem._repr_html_())


def test_a_dollar_sign_in_a_name_is_no_mathematics() -> None:
    theorem: Theorem = replace(load("equality-case"), title="costs $1 and $2")
    verdict = replace(verdict_with(()), covers="$x$")
    for text in (theorem._repr_html_(), verdict._repr_html_()):
        assert text.startswith('<div class="tex2jax_ignore mathjax_ignore">') and text.endswith("</div>")
        assert "$" in text


def test_many_claims_are_counted_not_listed() -> None:
    part = Evidence(truth=Truth.HOLDS, rigor=Rigor.EXACT, sentence='"' * 10_000, because='"' * 10_000)
    text = verdict_with((part,) * 10_000)._repr_html_()
    assert_harmless(text)
    assert text.count("<tr>") == 21 and "and 9980 more" in text


def test_cells_are_cut_before_they_are_escaped() -> None:
    assert shortened("a < b") == "a &lt; b"
    assert shortened("&" * 400) == "&amp;" * 197 + "..."
    assert paragraph("x\ny") == "<p>x y</p>"
    assert table([("a",)], ("b",)).count("<tr>") == 2


@pytest.mark.parametrize("loss", [cross_entropy(), focal(2), label_smoothing("1/10"), mean_squared(),
                                  loss_from_expression("log(S1) - t", name=EVIL)], ids=str)
def test_losses_are_formulas(loss: Loss) -> None:
    text = loss._repr_latex_()
    assert text is not None
    assert text.startswith(r"$\displaystyle L(z, y) = ") and text.endswith("$") and text.count("$") == 2
    assert "script" not in text and text.count("{") == text.count("}")
    assert not re.search(r"\\(input|write|href|url|def)\b", text)


def test_a_loss_too_long_to_read_is_left_to_its_name() -> None:
    phi = sympy.Add(*(T**k / (k + 1) for k in range(150))) + S(1)
    assert Loss("long", phi, (sympy.exp(Z),), "a test")._repr_latex_() is None
    assert Loss("short", T + S(1), (sympy.exp(Z),), "a test")._repr_latex_() is not None


def test_a_derivation_shows_itself_within_bounds() -> None:
    small = derive_theorem(load("equality-case"))._repr_html_()
    assert "<math" in small and "Step 1." in small and len(small) < LARGEST
    claim = Identity(left=T, right=T, sentence=EVIL * 20)
    theorem = replace(load("equality-case"), title=EVIL, rests_on=(), general=lambda: [claim] * 400)
    text = derive_theorem(theorem)._repr_html_()
    assert len(text) < LARGEST and "<script" not in text and "more steps" in text and "Step 1." in text
