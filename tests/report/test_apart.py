"""Different symbols of one document never look alike, whatever they are called; and each is still what was proved."""

from __future__ import annotations

import json
import re

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.calculus.indexed import Index, Tensor, delta, total
from ncproofs.proof.claims import Identity, Sign, SumIdentity, UniqueRoot
from ncproofs.proof.discharge import discharge
from ncproofs.proof.domain import Domain, positive, real
from ncproofs.proof.wording import worded
from ncproofs.report.apart import printed_apart
from ncproofs.report.derivation_html import as_html, mathml
from ncproofs.report.latex import as_latex
from ncproofs.report.spelling import is_plain, spelled
from ncproofs.report.steps import as_json, as_text
from ncproofs.report.theorem_derivation import derive_theorem
from ncproofs.report.typesetting import name_latex
from ncproofs.theorems.theorem import Source, Theorem
from ncproofs.truth import Truth

K, d = sympy.symbols("K d", integer=True, positive=True)
ALPHA = "\u03b1"
NAMES = st.one_of(
    st.text(min_size=1, max_size=4),
    st.text("sS1_',$%^*+-|{} λΓς₁²é\\" + ALPHA, min_size=1, max_size=5),
    st.sampled_from(
        ["s1", "s_1", "s_{1}", "s₁", "alpha", ALPHA, "u$", "u%", "e", "E", "pi", "log", "s'", "s_1'", "delta"]
    ),
)


def derived(*claims):
    return derive_theorem(Theorem(
        name="mine", title="Mine", statement="A statement.", idea="An idea.",
        source=Source("A paper", "1234.56789", "something", "equal"), general=lambda: claims,
    ))


def shown(derivation, step=0, formula=0):
    return derivation.steps[step].formulas[formula]


@settings(max_examples=120, deadline=None)
@given(st.sets(NAMES, min_size=2, max_size=6))
def test_symbols_of_different_names_look_different_in_every_format(names):
    symbols = [sympy.Symbol(name, positive=True) for name in sorted(names)]
    claims = [Sign(expression=symbol, relation=">", where=Domain.of((symbol, positive()))) for symbol in symbols]
    claims.append(Sign(expression=sympy.pi + sympy.E, relation=">", where=Domain()))
    printed, _ = printed_apart(claims)
    names = [claim.expression.name for claim in printed[:-1]]
    latex = [name_latex(name) for name in names]
    for seen in (names, latex, list(map(mathml, latex))):
        assert len(set(seen)) == len(seen)
    assert all(map(is_plain, names)) and not {"pi", "e", "E"} & set(names)
    assert not any(element.startswith("<code>") for element in map(mathml, latex))
    for before, after in zip(claims, printed[:-1], strict=False):
        assert before.expression.assumptions0 == after.expression.assumptions0
        assert after.where.ranges[0][0] == after.expression


@given(NAMES)
def test_every_name_has_a_plain_spelling_that_stays(name):
    plain = spelled(name)
    assert is_plain(plain) and plain.isascii() and spelled(plain) == plain
    assert re.fullmatch(r"[A-Za-z0-9\\{}_,'+| -]+", name_latex(name)) and not name_latex(name).endswith("_{}")


@pytest.mark.parametrize(("name", "plain"), [
    (ALPHA, "alpha"), ("Γ", "Gamma"), ("λ_W", "lambda_W"), ("x_{1}", "x_1"), ("x₁", "x_1"), ("a_1'", "a'_1"),
    ("u$", "u_dollarsign"), ("2", "x_2"), ("", "empty"), ("lambda_W", "lambda_W"), ("|t|", "|t|"), ("D_+", "D_+"),
])
def test_spellings(name, plain):
    assert spelled(name) == plain


def test_two_spellings_of_one_index_are_numbered_apart_and_said():
    one, other = sympy.symbols("s1 s_1", real=True)
    derivation = derived(Identity(left=(one + other) ** 2, right=one**2 + 2 * one * other + other**2))
    formula = shown(derivation)
    assert formula.text == "(s1_2 + s_1)**2 = s1_2**2 + 2*s1_2*s_1 + s_1**2"
    assert formula.latex.startswith(r"\left(s_{1,2} + s_{1}\right)^{2}")
    assert "s1_2: called 's1' by the theorem" in as_text(derivation)
    assert "s_{1,2}" in as_latex(derivation) and "called" in as_html(derivation)
    names = [variable["name"] for variable in formula.tree["domain"]]
    assert names == ["s1_2", "s_1"] and json.dumps(as_json(derivation))


def test_symbols_of_one_name_are_told_apart_by_what_is_assumed_of_them():
    loose, positive_ = sympy.Symbol("s", real=True), sympy.Symbol("s", positive=True)
    claim = Identity(left=loose - positive_, right=sympy.Integer(0),
                     where=Domain.of((loose, real()), (positive_, positive())))
    step = derived(claim).steps[0]
    assert step.formulas[0].text in ("s - s_2 = 0", "-s + s_2 = 0") and step.is_open
    assert step.where.text.count("s") >= 2 and "s_2" in step.where.text
    assert step.evidence.truth is Truth.FAILS and "s_2 = " in step.evidence.witness


def test_dummies_are_symbols_like_others():
    one, other = sympy.Dummy("q", real=True), sympy.Dummy("q", real=True)
    claim = Identity(left=one - other, right=sympy.Integer(0), where=Domain.of((one, real()), (other, real())))
    step = derived(claim).steps[0]
    assert step.formulas[0].text in ("q - q_2 = 0", "-q + q_2 = 0") and step.is_open


def test_parts_of_one_step_have_one_meaning():
    """A wide side and a wide value of a letter: X_1 and X_2, not X_1 twice."""
    x, u, v = sympy.symbols("x u v", real=True)
    wide, other = (sum(sympy.Symbol(f"{a}{i}", real=True) * x**i for i in range(60)) for a in "ab")
    step = derived(worded(x * wide + u, u + x * wide, {u: x * other * v, v: x})).steps[0]
    defined = [formula.text.split(" = ")[0] for formula in step.formulas[1:]]
    assert not step.is_open and defined == ["X_1", "where u", "X_2"]


def test_names_of_different_steps_are_told_apart_too():
    claims = [Sign(expression=1 + sympy.Symbol(name, real=True) ** 2, relation=">",
                   where=Domain.of((sympy.Symbol(name, real=True), real()))) for name in ("a_1", "a1", "a_1", ALPHA)]
    derivation = derived(*claims)
    assert [shown(derivation, step).text for step in range(4)] == [
        "a_1**2 + 1 > 0", "a1_2**2 + 1 > 0", "a_1**2 + 1 > 0", "alpha**2 + 1 > 0"]
    assert "?" not in as_latex(derivation)


def test_a_symbol_does_not_look_like_a_constant_or_a_function():
    pi, log, e = sympy.symbols("pi log e", positive=True)
    derivation = derived(
        Identity(left=pi + sympy.pi + log, right=sympy.pi + pi + log),
        Identity(left=e * sympy.exp(e), right=sympy.exp(e) * e),
    )
    assert shown(derivation).text == "log_2 + pi_2 + pi = log_2 + pi_2 + pi"
    assert shown(derivation, 1).latex == r"e_{2} e^{e_{2}} = e_{2} e^{e_{2}}"


def test_a_name_cannot_pass_for_an_expression():
    odd = sympy.Symbol("a + b", real=True)
    a, b = sympy.symbols("a b", real=True)
    step = derived(Identity(left=odd, right=a + b, where=Domain.of(*((s, real()) for s in (odd, a, b))))).steps[0]
    assert step.formulas[0].text == "a_space_plussign_space_b = a + b" and step.is_open


def test_letters_and_functions_of_a_wording():
    x, letter = sympy.Symbol("x", real=True), sympy.Symbol("x", positive=True)
    f = sympy.Function("f$")
    claim = worded(f(x) - letter, 0, {f(x): x, letter: x})
    derivation = derived(claim)
    assert not derivation.holes
    texts = [formula.text for formula in derivation.steps[0].formulas]
    assert texts[0] in ("-x_2 + f_dollarsign(x) = 0", "-x + f_dollarsign(x_2) = 0")
    assert set(re.findall(r"(x(?:_2)?) = (x(?:_2)?)", texts[1])) in ({("x_2", "x")}, {("x", "x_2")})


def test_arrays_and_indices_of_a_sum():
    """The entries of an array v1, an array v_1 and a number v1, with a free index that is called as a number is."""
    k, free = Index("k", K), Index("i", d)
    one, other, scalar = Tensor("v1", (K,)), Tensor("v_1", (K,), zero_sum=(0,)), sympy.Symbol("v1", real=True)
    number, u = sympy.Symbol("i", real=True), Tensor("u", (d,))
    claim = SumIdentity(
        left=total(one[k] + other[k] + number * u[free] + scalar * delta(k, k), k),
        right=total(one[k], k) + K * number * u[free] + scalar * K,
    )
    assert discharge(claim).truth is Truth.HOLDS
    derivation = derived(claim)
    assert not derivation.holes
    text, latex = shown(derivation).text, shown(derivation).latex
    tree = shown(derivation).tree
    assert len(tree["tensors"]) == 3 and tree["tensors"]["v_1"]["properties"] == [["zero_sum", 0]]
    names = {*tree["tensors"], *(variable["name"] for variable in tree["domain"])}
    assert {"v_1", "u"} <= names and len({name_latex(name) for name in names}) == len(names)
    assert {"i", "i_2"} <= set(re.findall(r"i(?:_2)?(?![a-z_])", text)) and "i_{2}" in latex


def test_arrays_of_one_name_with_different_properties():
    k = Index("k", K)
    plain, centred, longer = Tensor("v", (K,)), Tensor("v", (K,), zero_sum=(0,)), Tensor("v", (d,))
    other = Index("a", d)
    derivation = derived(
        SumIdentity(left=total(plain[k] + 1, k), right=total(plain[k], k) + K),
        SumIdentity(left=total(centred[k] + 1, k), right=K),
        SumIdentity(left=total(longer[other] + 1, other), right=total(longer[other], other) + d),
    )
    assert not derivation.holes
    assert [shown(derivation, step).text.split(" = ")[0] for step in range(3)] == [
        "sum_{k} (v[k] + 1)", "sum_{k} (v_2[k] + 1)", "sum_{a} (v[a] + 1)"]
    told = {formula.text: meaning for formula, meaning in derivation.notation}
    assert told["v (K)"] == "any real array" and told["v_2 (K)"] == "sums over the first index vanish"
    assert told["v_2"] == "called 'v' by the theorem"


def test_a_summed_index_does_not_look_like_a_number():
    index, number, v = Index("s1", K), sympy.Symbol("s_1", real=True), Tensor("v", (K,))
    derivation = derived(SumIdentity(left=total(number * v[index], index), right=number * total(v[index], index)))
    assert not derivation.holes
    assert shown(derivation).latex == r"\sum_{k} s_{1} v_{k} = s_{1} \sum_{k} v_{k}"


def test_the_place_of_a_root():
    odd = sympy.Symbol("ξ%", positive=True)
    claim = UniqueRoot(expression=odd - 1, variable=odd, lower=sympy.Integer(0), upper=sympy.oo)
    assert "for exactly one xi_percentsign in (0, oo)" in as_text(derived(claim))


def test_plain_names_stay_as_they_are():
    x, y = (sympy.Symbol(name, real=True) for name in ("lambda_W", "x_k,i"))
    claims = (Identity(left=x * y, right=y * x, where=Domain.of((x, real()), (y, real()))),)
    printed, notes = printed_apart(claims)
    assert printed == claims and printed[0] is claims[0] and notes == ()
