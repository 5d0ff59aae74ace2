"""Theorems written out: every claim a step, every rendering whole, what is not proved in a box, nothing injected."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from xml.etree import ElementTree

import pytest
import sympy

from ncproofs.calculus.indexed import Index, Tensor, scalar, total
from ncproofs.errors import InvalidClaim
from ncproofs.families import problem_of
from ncproofs.losses import focal, loss_from_expression
from ncproofs.losses.spelling import known_loss
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.proof.claims import Axiom, Hole, Identity, Sign, SumIdentity, UniqueRoot, Wording
from ncproofs.proof.domain import Domain, real
from ncproofs.proof.wording import value_at, worded
from ncproofs.report.collection import documents
from ncproofs.report.derivation import derive_loss, derive_objective, derive_riemannian
from ncproofs.report.derivation_html import as_html, mathml
from ncproofs.report.labels import loss_label, theorem_label
from ncproofs.report.latex import as_latex
from ncproofs.report.pdf import PdfFailed, pdf_of
from ncproofs.report.printing import exit_code, rendered
from ncproofs.report.prose import prose, sentence
from ncproofs.report.references import bibtex, references
from ncproofs.report.resting import SECTION
from ncproofs.report.steps import BY_DEFINITION, as_json, as_text
from ncproofs.report.theorem_derivation import derive_theorem
from ncproofs.report.typesetting import LIMIT, Names, aligned, fitted, name_latex, symbolic, terms_of, width
from ncproofs.theorems.catalogue import CATALOGUE, load
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

x, y = sympy.symbols("x y", real=True)
K, d = sympy.symbols("K d", integer=True, positive=True)
SOURCE = Source("A paper", "1234.56789", "something", "equal")
PDFLATEX = pytest.mark.skipif(
    shutil.which("pdflatex") is None,
    reason="pdflatex is not installed (Debian: texlive-latex-base texlive-latex-recommended)",
)


def theorem_of(*claims, **given):
    values = {"name": "mine", "title": "Mine", "statement": "A statement.", "idea": "An idea.", "source": SOURCE}
    return Theorem(**{**values, "general": lambda: claims, **given})


@pytest.fixture(scope="module")
def catalogue():
    """Every theorem, written out once."""
    return {name: derive_theorem(load(name)) for name in CATALOGUE if load(name).general is not None}


def test_every_claim_of_the_catalogue_is_a_proved_step(catalogue):
    for name, derivation in catalogue.items():
        claims, used = list(load(name).general()), len(load(name).rests_on)
        assert [step.number for step in derivation.steps] == list(range(1, used + len(claims) + 1)), name
        assert derivation.holes == () and exit_code([derivation]) == 0, name
        for claim, step in zip(claims, derivation.steps[used:], strict=True):
            shown = isinstance(claim, (Identity, Sign, SumIdentity, UniqueRoot))
            assert bool(step.formulas) is shown and (not shown or step.formulas[0].tree), (name, step.number)
            assert not isinstance(claim, Axiom) or claim.name in step.evidence.axioms


def sides(formula):
    """The sides of a displayed equation, as text and as LaTeX."""
    for spelled, sign in ((formula.text, " = "), (formula.latex.replace("={}&", " = "), " = ")):
        left, equals, right = spelled.partition(sign)
        if equals:
            yield left.strip(), right.strip()


def empty(derivation):
    """Steps with a formula X = X, as it is printed or with the values of its letters, unless they are definitions."""
    return [
        step.number for step in derivation.steps for formula in step.formulas
        if any(left == right for left, right in sides(formula))
        or (same_in_letters(formula.tree) and not step.evidence.because == BY_DEFINITION)
    ]


def same_in_letters(tree):
    """Whether the printed sides are the same once the letters have their values; read from the JSON form."""
    if not (tree and tree.get("letters")):
        return False
    left, right = (with_values(tree["written"][side], dict(tree["letters"])) for side in ("left", "right"))
    return left == right


def with_values(tree, letters):
    """The tree with the values of its letters, products and sums flattened, nothing worked out."""
    if isinstance(tree, str):
        return with_values(letters[tree], letters) if tree in letters else tree
    if not isinstance(tree, list) or tree[0] in ("entry", "delta"):
        return tree
    parts = [with_values(part, letters) for part in tree[1:]]
    if tree[0] in ("+", "*"):
        parts = [inner for part in parts for inner in (part[1:] if part[0] == tree[0] else [part])]
        parts.sort(key=json.dumps)
    return [tree[0], *parts]


def test_no_formula_of_the_catalogue_is_empty(catalogue):
    """SymPy works a side out before it is printed; what is printed is the side as it was written."""
    assert {name: found for name, derivation in catalogue.items() if (found := empty(derivation))} == {}
    calculus = [build() for name, build in documents().items() if name.endswith(("-focal", "-mean_squared"))]
    assert [derivation.title for derivation in calculus if empty(derivation)] == []


def test_entries_that_are_only_named_are_not_counted_as_proved(catalogue):
    """lambda_H E = M_22 E where M_22 = lambda_H is no step of a proof."""
    named = {
        name for name, derivation in catalogue.items() for step in derivation.steps
        if step.formulas and same_in_letters(step.formulas[0].tree)
    }
    assert named == {"mse-spectrum"}
    text = as_text(catalogue["mse-spectrum"])
    assert "115 of 173 steps proved, 58 definitions." in text
    assert text.count("a definition, not counted as proved") == 58
    u, v = sympy.symbols("u v")
    derivation = derive_theorem(theorem_of(
        worded(u, x + y, {u: x + y}), worded(u + v, x + y, {u: x, v: y}), worded(u * v, x**2, {u: x, v: x}),
        worded(u, sympy.Integer(0), {u: sympy.Integer(0)}), worded(u, x, {u: y}),
    ))
    assert [step.evidence.because == BY_DEFINITION for step in derivation.steps] == [True, True, False, True, False]
    assert "1 of 5 steps proved, 3 definitions." in as_text(derivation)  # u = x is refuted
    assert exit_code([derivation]) == 1


def test_an_empty_formula_is_seen_and_says_why():
    derivation = derive_theorem(theorem_of(Identity(left=x - x, right=sympy.Integer(0)), Identity(left=x, right=x)))
    assert empty(derivation) == [1, 2]
    assert all("same expression before they were printed" in step.checked for step in derivation.steps)
    letters = sympy.symbols("u v")
    kept = derive_theorem(theorem_of(worded(letters[0] - letters[1], 0, dict.fromkeys(letters, x))))
    assert empty(kept) == [] and "same expression" not in kept.steps[0].checked
    assert [formula.text for formula in kept.steps[0].formulas] == ["u - v = 0", "where u = x, v = x"]


def test_a_wording_that_is_not_the_claim_is_boxed():
    claim = Identity(left=x + 1, right=x + 1, wording=Wording(x + y, x + 1, ((y, sympy.Integer(2)),)))
    derivation = derive_theorem(theorem_of(claim))
    assert derivation.holes and exit_code([derivation]) == 4
    assert "NOT PROVED: the formula as printed" in as_text(derivation)


def test_a_theorem_without_claims_is_boxed():
    """0 of 0 steps would read as if all were proved."""
    derivation = derive_theorem(theorem_of())
    assert exit_code([derivation]) == 4 and len(derivation.holes) == 1
    assert derivation.conclusion()[0] is Truth.UNDECIDED and as_json(derivation)["truth"] == "undecided"
    text = as_text(derivation)
    assert "[!! NOT PROVED: the theorem makes no claim here" in text and "0 of 1 steps proved" in text
    assert r"\fbox" in as_latex(derivation) and 'class="hole"' in as_html(derivation)
    problem = Ridge(focal(2), 3, 3, 1, "1/100", "1/100")
    local = derive_theorem(theorem_of(general=None, instance=lambda problem: (), family=Ridge), problem=problem)
    assert exit_code([local]) == 4 and len(local.holes) == 1
    resting = theorem_of(rests_on=("equality-case",))
    assert [step.is_open for step in derive_theorem(resting).steps] == [False, True]


# --- theorems that are used -------------------------------------------------------------------------------


def test_a_theorem_that_is_used_is_a_step_with_its_own_status(catalogue):
    for name, derivation in catalogue.items():
        used = load(name).rests_on
        steps = [step for step in derivation.steps if step.section == SECTION]
        assert [step.statement.split(":")[0] for step in steps] == [f"Theorem {other}" for other in used], name
        for other, step in zip(used, steps, strict=True):
            assert f"all {len(list(load(other).general()))} claims" in step.checked and not step.is_open
            assert set(step.evidence.axioms) >= {
                claim.name for claim in load(other).general() if isinstance(claim, Axiom)
            }


def test_names_of_theorems_are_a_tuple():
    with pytest.raises(InvalidClaim, match="rests_on='equality-case' is one text"):
        theorem_of(Identity(left=x, right=x), rests_on="equality-case")


def test_what_a_claim_names_is_what_the_theorem_rests_on():
    """A theorem that the claims of another one mention is proved again in its derivation."""
    for name in CATALOGUE:
        theorem = load(name)
        claims = list(theorem.general()) if theorem.general is not None else []
        said = " ".join(f"{claim.because} {getattr(claim, 'uses', '')} {claim.sentence}" for claim in claims)
        named = {other for other in CATALOGUE if re.search(rf"(?<![\w-]){other}(?![\w-])", said)} - {name}
        assert named <= set(theorem.rests_on), name
        assert set(theorem.rests_on) <= set(CATALOGUE) and name not in theorem.rests_on


BROKEN = theorem_of(Identity(left=x, right=y), name="broken", statement="x = y.")
OPEN = theorem_of(Hole(step="nobody looked"), name="open")
LOOP = theorem_of(Axiom(name="Jensen's inequality", uses="a step"), name="loop", rests_on=(f"{__name__}:LOOP",))
NOTHING = theorem_of(name="nothing")
INSTANCES = theorem_of(name="instances", general=None, instance=lambda problem: (), family=Ridge)


@pytest.mark.parametrize(("other", "code", "said"), [
    ("BROKEN", 1, "REFUTED"), ("OPEN", 4, "nobody looked"), ("LOOP", 4, "rests on itself"),
    ("INSTANCES", 4, "speaks of instances only"), ("NOTHING", 4, "makes no claim"), ("MISSING", 4, "cannot be settled"),
])
def test_a_theorem_that_is_used_and_not_proved_is_boxed(other, code, said):
    claim = Identity(left=(x + y) ** 2, right=x**2 + 2 * x * y + y**2)
    derivation = derive_theorem(theorem_of(claim, rests_on=(f"{__name__}:{other}",)))
    assert [step.is_open for step in derivation.steps] == [True, False]
    assert said in as_text(derivation) and exit_code([derivation]) == code
    for text in (as_latex(derivation), as_html(derivation)):
        assert derivation.steps[1].statement in text or "PROVED" in text or "REFUTED" in text or "HOLE" in text


def test_every_rendering_of_the_catalogue_is_whole(catalogue):
    for name, derivation in catalogue.items():
        latex = as_latex(derivation, standalone=True)
        assert latex.isascii() and re.findall(r"\\usepackage\{([^}]*)\}", latex) == ["amsmath,amsthm"]
        assert latex.count(r"\begin{ncpstep}") == len(derivation.steps)
        text = as_text(derivation)
        assert load(name).source.paper in text and "References" in text and "ncproofs authors" in text
        assert json.loads(json.dumps(as_json(derivation)))["theorem"] == name


@pytest.mark.parametrize("name", ["riemannian-calculus", "focal-uniqueness", "mse-optimum"])
def test_html_is_xml_without_script_or_network(catalogue, name):
    html = as_html(catalogue[name])
    root = ElementTree.fromstring(html.removeprefix("<!DOCTYPE html>").replace("<meta charset=\"utf-8\">", "")
                                  .replace('initial-scale=1">', 'initial-scale=1"/>')
                                  .replace("'unsafe-inline'\">", "'unsafe-inline'\"/>"))
    tags = {element.tag for element in root.iter()}
    assert "script" not in tags and "<code>" not in html
    assert not re.search(r'(?:src|href)\s*=', html) and any(tag.endswith("math") for tag in tags)


def test_building_twice_gives_the_same_bytes():
    for format_ in ("text", "latex", "json", "html"):
        first, second = (rendered([derive_theorem(load("focal-bias"))], format_) for _ in range(2))
        assert first == second


def test_no_line_is_wider_than_a_line(catalogue):
    for name, derivation in catalogue.items():
        for step in derivation.steps:
            for formula in step.formulas:
                for row in formula.latex.replace(r"\begin{aligned}", "").split(r" \\ "):
                    assert width(row) <= LIMIT + 60, (name, step.number, row)


# --- what is not proved -----------------------------------------------------------------------------------


def test_a_step_that_is_not_proved_has_a_box_in_every_format():
    where = Domain.of((x, real()))
    derivation = derive_theorem(theorem_of(
        Identity(left=x**2, right=x, where=where, sentence="false"),
        Hole(step="nobody looked"),
        Axiom(name="a theorem of mine", uses="everything"),
        Identity(left=(x + 1) ** 2, right=x**2 + 2 * x + 1, where=where, sentence="true"),
    ))
    assert [step.is_open for step in derivation.steps] == [True, True, True, False]
    assert exit_code([derivation]) == 1 and derivation.conclusion()[0] is Truth.FAILS
    assert as_text(derivation).count("[!! ") == 3 and "REFUTED" in as_text(derivation)
    assert as_latex(derivation).count(r"\fbox") == 3 and as_html(derivation).count('class="hole"') == 3
    assert len(as_json(derivation)["holes"]) == 3
    assert "1 of 4 steps proved" in as_text(derivation)
    assert exit_code([derive_theorem(theorem_of(Hole(step="nobody looked")))]) == 4


def test_open_questions_and_unmet_hypotheses_are_boxed():
    theorem = theorem_of(
        Sign(expression=x**2 + 1, relation=">", where=Domain.of((x, real()))),
        open_questions=("What if?",),
        hypotheses=(Hypothesis("never", lambda problem: Truth.FAILS),),
        instance=lambda problem: [Sign(expression=sympy.Integer(problem.K), relation=">", where=Domain())],
    )
    problem = Ridge(focal(2), 3, 3, 1, "1/100", "1/100")
    for text in (as_text(derive_theorem(theorem, problem=problem)), as_latex(derive_theorem(theorem, problem=problem))):
        assert "What if?" in text and "is not met" in text and "never" in text
    assert "never" in as_html(derive_theorem(theorem, problem=problem))


def test_classical_theorems_are_cited_and_not_counted_as_checked():
    derivation = derive_theorem(theorem_of(Axiom(name="Jensen's inequality", uses="a step")))
    assert "0 of 1 steps proved, 1 cited as classical. Classical theorems used: 1." in as_text(derivation)
    twice = derive_theorem(theorem_of(*2 * [Axiom(name="Jensen's inequality", uses="a step")]))
    assert "0 of 2 steps proved, 2 cited as classical. Classical theorems used: 1." in as_text(twice)
    assert "Jensen's inequality" in as_text(derivation)


# --- instances and losses ---------------------------------------------------------------------------------


def test_an_instance_adds_its_claims_and_outward_values():
    problem = Ridge(focal(2), 3, 3, 1, "1/100", "1/100")
    derivation = derive_theorem(load("collapse-optimum"), problem=problem)
    assert any(step.section == f"At {problem}" for step in derivation.steps)
    values = {value.name: value for value in derivation.values}
    from ncproofs.critical.optimum import optimum

    exact = optimum(problem, digits=30).quantities["objective"]
    low, high = (sympy.Rational(bound) for bound in (values["objective"].lower, values["objective"].upper))
    assert low <= exact.lower <= exact.upper <= high and high - low < sympy.Rational(1, 10**9)
    assert values["objective"].lower in as_latex(derivation) and values["objective"].lower in as_html(derivation)


def test_sphere_values_and_a_loss_of_ones_own():
    sphere = derive_theorem(load("sphere-optimum"), problem=Spheres(loss_from_expression("log(S1) - t"), 3, 3, 1, 1))
    assert {value.name for value in sphere.values} >= {"objective", "multiplier_W"}
    own = loss_from_expression("log(S1) - t + (1 - exp(t)/S1)/3")
    derivation = derive_theorem(load("critical-point-structure"), loss=own)
    assert derivation.steps[0].section == f"The loss {own}" and derivation.holes == ()
    assert [step.statement for step in derive_loss(own).steps] == [
        step.statement for step in derivation.steps if step.section
    ]


# --- typesetting ------------------------------------------------------------------------------------------


def test_long_expressions_are_named_and_broken():
    wide = sum((sympy.Symbol(f"a_{i}") * x**i for i in range(40)), sympy.Integer(0))
    names = Names(["x"])
    short = fitted(wide * sympy.exp(wide) + 1, 300, names)
    assert names.definitions and all(width(symbolic(term)) <= 300 for term in sympy.Add.make_args(short))
    assert sympy.expand(short.subs(names.definitions).subs(names.definitions) - wide * sympy.exp(wide) - 1) == 0
    block = aligned(["y"], "=", terms_of(wide))
    assert block.startswith(r"\begin{aligned}") and block.count(r"\\") >= 2
    assert all(width(row) <= LIMIT for row in block.split(r" \\ "))


def test_sums_are_shown_as_written():
    k, a = Index("k", K), Index("a", d)
    w, h = Tensor("w", (K, d)), Tensor("h", (d,))
    claim = SumIdentity(
        left=total((w[k, a] - h[a]) ** 2, k, a),
        right=total(w[k, a] ** 2, k, a) - 2 * total(w[k, a] * h[a], k, a) + K * total(h[a] ** 2, a),
    )
    (formula,) = derive_theorem(theorem_of(claim)).steps[0].formulas
    assert formula.latex == (
        r"\sum_{k, a} \bigl(w_{k,a} - h_{a}\bigr)^{2} = \sum_{k} \|w_{k}\|^{2} - 2 \sum_{k} \langle w_{k}, h \rangle "
        r"+ K \|h\|^{2}"
    )
    assert formula.text == "sum_{k,a} (w[k,a] - h[a])^2 = sum_{k} |w[k]|^2 - 2 sum_{k} <w[k], h> + K |h|^2"


def test_a_side_may_be_a_plain_expression():
    k = Index("k", K)
    claim = SumIdentity(left=total(scalar(2), k), right=2 * K)
    assert derive_theorem(theorem_of(claim)).steps[0].formulas[0].text == "sum_{k} 2 = 2*K"
    zero = derive_theorem(theorem_of(Identity(left=x - x, right=0))).steps[0].formulas[0]
    assert zero.text == "0 = 0" and zero.tree["right"] == "0"


def test_bound_letters_do_not_capture():
    """sum_k (sum_k x_k) x_k is written with two letters, and the free k keeps its own."""
    k = Index("k", K)
    v = Tensor("v", (K,))
    inner = total(v[k], k)
    claim = SumIdentity(left=total(inner * v[k], k) + v[k], right=inner**2 + v[k])
    text = derive_theorem(theorem_of(claim)).steps[0].formulas[0].text
    assert text == "sum_{l} v[l] (sum_{j} v[j]) + v[k] = (sum_{l} v[l])^2 + v[k]"


def test_a_bound_index_is_no_letter_of_another_step():
    m, c, n = sympy.Symbol("m", real=True), sympy.Symbol("c", real=True), sympy.Symbol("n", integer=True, positive=True)
    a, i, j = Tensor("k", (n, K)), Index("m", n), Index("c", K)
    sums = SumIdentity(left=total(total(a[i, j], j), i) * 2, right=total(2 * a[i, j], i, j))
    worded_sum = SumIdentity(
        left=total(a[i, j] * 2, i), right=2 * total(a[i, j], i), wording=Wording(
            left=total(a[i, j] * m, i), right=m * total(a[i, j], i), letters=((m, sympy.Integer(2)),)
        ),
    )
    own = theorem_of(sums, worded_sum, Identity(left=m + c, right=c + m), notation=(("i", "an angle"),))
    derivation = derive_theorem(own)
    assert not derivation.holes
    for step in derivation.steps[:2]:
        (formula,) = step.formulas[:1]
        under = {letter for found in re.findall(r"sum_{([^}]*)}", formula.text) for letter in found.split(",")}
        assert under and not under & {"m", "k", "i", "c", "n", "K"}
        bound = set(re.findall(r'\["(\w+)", "[nK]"\]', json.dumps(formula.tree["written"])))
        assert bound and not bound & {"m", "k", "i", "c"}
    # The free index keeps its name, and its range is said; alone in its document, a bound index keeps its own too.
    assert "k[" in derivation.steps[1].formulas[0].text and " from 1 to K" in derivation.steps[1].where.text
    assert "sum_{m,c}" in derive_theorem(theorem_of(sums)).steps[0].formulas[0].text


def test_every_formula_says_where_its_letters_range(catalogue):
    """Every number and index that is printed, in the document of each theorem, stands in the range below."""
    seen = 0
    for name, derivation in catalogue.items():
        for step in (step for step in derivation.steps if step.formulas and step.formulas[0].tree):
            tree = step.formulas[0].tree
            if tree["kind"] != "sum identity":
                continue
            said = set(re.findall(r"[A-Za-z][\w']*", step.where.text)) if step.where else set()
            known = {row["name"] for row in tree["domain"]} | {pair[0] for pair in tree["relations"]}
            known |= {letter for letter, _ in tree.get("letters", ())} | set(tree["tensors"])
            text = step.formulas[0].text
            under = {letter for found in re.findall(r"sum_{([^}]*)}", text) for letter in found.split(",")}
            assert under <= said, (name, step.number, under)
            assert {row["name"] for row in tree["domain"]} <= said | {"pi"}, (name, step.number)
            places = {part for found in re.findall(r"\[([^\]]*)\]", text) for part in found.split(",")}
            assert places <= said, (name, step.number, places - said)
            rest = re.sub(r"\[[^\]]*\]|sum_{[^}]*}|both sides reduce to", " ", text)
            words = set(re.findall(r"[A-Za-z][\w']*", rest))
            assert words <= known | said | {"delta", "sqrt", "exp", "log", "pi"}, (name, step.number, words - known)
            seen += 1
    assert seen > 100


def test_a_sum_too_long_to_read_is_shown_reduced():
    k = Index("k", K)
    part = total(Tensor("v", (K,))[k], k)
    for _ in range(40):  # written out it has more than 2^40 parts
        part = part + part
    step = derive_theorem(theorem_of(SumIdentity(left=part, right=part))).steps[0]
    assert step.formulas[0].text == f"both sides reduce to {2**40} sum_{{k}} v[k]"
    assert "written" not in step.formulas[0].tree


def test_ranges_say_what_sympy_assumes():
    p = sympy.Symbol("p", positive=True)
    step = derive_theorem(theorem_of(Identity(left=sympy.sqrt(p**2), right=p))).steps[0]
    assert step.where.text == "for real p > 0" and step.formulas[0].tree["domain"][0]["lower"] == "0"
    step = derive_theorem(theorem_of(UniqueRoot(expression=p - 1, variable=p, lower=sympy.Integer(0), upper=sympy.oo)))
    assert "exactly one p" in as_text(step)


@pytest.mark.parametrize(("name", "latex"), [
    ("lambda_W", r"\lambda_{W}"), ("x", "x"), ("u_0", "u_{0}"), ("S1", "S_{1}"),
    ("p*", r"p_{\mathrm{asterisk}}"), ("x_k,i", "x_{k,i}"), ("omega_star", r"\omega_{\mathrm{star}}"),
    (r"\a", r"\mathrm{reversesolidus}_{a}"), ("$", r"\mathrm{dollarsign}"), ("\u03b1_W", r"\alpha_{W}"),
])
def test_names(name, latex):
    assert name_latex(name) == latex


def test_prose_sets_names_and_leaves_words():
    assert prose("w_k and lambda_W >= 0") == r"$w_{k}$ and $\lambda_{W}$ $\ge$ 0"
    assert prose("a cross_entropy_loss is A thing") == r"a cross\_entropy\_loss is A thing"
    assert prose("|dw_k|^2") == r"\ensuremath{|}$\mathrm{d}w_{k}$$|^{2}$"
    assert prose("8c^2 +/- 4.05e-14") == r"8$c^{2}$ +/{-} 4.05e{-}14"
    assert prose("exp(-tau) and K-1") == r"exp($-$$\tau$) and $K$$-$1"
    assert prose("q_+ > a_- and (x - y)_+ = +-u") == (
        r"$q_{+}$ \ensuremath{>} $a_{-}$ and ($x$ $-$ $y$$)_{+}$ = $\pm$$u$"
    )
    assert prose("a 2 x 2 block, a_-b, 3 x") == r"a 2 $\times$ 2 block, a\_{-}$b$, 3 $x$"
    assert sentence("the end") == "The end." and sentence("log x") == "log x."


# --- injection --------------------------------------------------------------------------------------------

NASTY = r"""\input{/etc/passwd} $x$ %& #1 {} ~^_ <script>alert("1")</script> é \end{document} ]"""


@pytest.mark.parametrize(("text", "latex"), [
    ("(x Pi + y J/K) (x) 1_n^T", r"($x$ $\Pi$ + $y$ $J$/$K$) $\otimes$ $\mathbf{1}_{n}^{\top}$"),
    ("F (x) at x", r"$F$ ($x$) at $x$"), ("W (x) I", r"$W$ $\otimes$ I"),
    ("-> oo, too", r"$\to$ $\infty$, too"), ("11^T/K", r"$\mathbf{1}\mathbf{1}^{\top}$/$K$"),
    ("11 of 1_n", r"11 of $\mathbf{1}_{n}$"), ("xi_i = x^(2-M)", r"$\xi_{i}$ = $x^{2-M}$"),
    ("phi_{S_i} + sum_{j != y} e^-ell", r"$\phi_{S_{i}}$ + $\textstyle\sum_{j \ne y}$ $e^{-\ell}$"),
    ("(1 + q)^(-1/2) (1 - s)^M", r"(1 + $q$$)^{-1/2}$ (1 $-$ $s$$)^{M}$"),
])
def test_prose_sets_signs(text, latex):
    assert prose(text) == latex


@pytest.mark.parametrize(("name", "letters"), [
    ("mse-optimum", {"(x)": "Kronecker product", "oo": "infinity", "1_n": "column of n ones", "I": "identity",
                     "P": "I - J/K", "J": "matrix of ones", "Pi": "projector"}),
    ("lower-bound-chain", {"phi_star": "t*", "t_star": "t*"}),
    ("multilabel-lower-bound", {"kappa": "kappa_m^2", "C": "C(K,m)", "C_2": "C(K-2, m-1)", "p": "K - m",
                                "lH": None}),
    ("multilabel-spectrum", {"q": "probabilities"}), ("riemannian-calculus", {"x": "curve"}),
    ("relu-network", {"tau": "output weights", "n": "number of samples"}), ("relu-program", {"n": "number of samples"}),
    ("layered-imbalance", {"tau": "n_k"}), ("multilabel-dual-bound", {"tau": "classifiers"}),
    ("multilabel-threshold", {"n": "n_m"}), ("code-exact-values", {"n": "K = d + n"}),
    ("layered-spectrum", {"X": "y - kappa", "y": "x^(M-2)"}), ("softmax-code-value", {"p": "phi_k"}),
    ("code-bounds", {"S": "sin^2"}), ("sphere-large-temperature", {"X": "|x|^2"}),
    ("spline-interpolation", {"|t|": "absolute value"}), ("spline-kinks", {"d": None}),
    ("collapse-spectrum", {"P": "I - 11^T/K", "I": None}),
])
def test_notation_says_what_letters_are(catalogue, name, letters):
    said = {formula.text: meaning for formula, meaning in catalogue[name].notation}
    for letter, meaning in letters.items():
        assert (letter not in said) if meaning is None else meaning in said[letter], (letter, said.get(letter))


def notation_of(*claims, **given):
    return {formula.text: meaning for formula, meaning in derive_theorem(theorem_of(*claims, **given)).notation}


def test_a_letter_has_its_usual_meaning_only_where_it_may():
    n, tau = sympy.Symbol("n", positive=True), sympy.Symbol("tau", real=True)
    said = notation_of(Identity(left=n + tau, right=tau + n))
    assert said == {"n, tau": "numbers; each step says where they range"}
    n, tau = sympy.Symbol("n", positive=True, integer=True), sympy.Symbol("tau", positive=True)
    said = notation_of(Identity(left=n + tau, right=tau + n))
    assert said == {"n": "samples in each class", "tau": "temperature"}


def test_signs_are_not_explained_where_they_are_letters():
    claim = Identity(left=sympy.Symbol("I") + sympy.Symbol("J"), right=sympy.Symbol("J") + sympy.Symbol("I"))
    said = notation_of(claim, statement="W^T W = I - J/K.", notation=(("J", "a flux"),))
    assert said == {"I": "numbers; each step says where they range", "J": "a flux"}
    assert set(notation_of(Identity(left=x, right=x), statement="I say J, F (x) is.")) == {"x"}


def test_letters_of_the_objective_have_one_meaning():
    text = as_text(derive_objective(focal(2)))
    assert "f_1" not in text and "D(z)" not in text and "m + 1" not in text and "g_1'(z)" in text
    printed = as_latex(derive_objective(focal(2))) + as_latex(derive_riemannian(focal(2)))
    assert "varphi" not in printed and "\\textasciicircum" not in printed and "\\_" not in printed


def test_the_bibliography_names_who_is_known():
    """Authors of the catalogue's papers; those that a source gives; nobody where nobody is known."""
    for name in CATALOGUE:
        entry = references(load(name).source)[0]
        fields = dict(entry.fields)
        assert " and " in fields["author"] and re.fullmatch("20[12][0-9]", fields["year"]), name
        assert entry.text.startswith(fields["author"].split(" and ")[0])
    given = Source("A paper", "1234.56789", "something", "equal", authors=("Ada Lovelace", "Emmy Noether"))
    assert dict(references(given)[0].fields)["author"] == "Ada Lovelace and Emmy Noether"
    assert references(given)[0].text == "Ada Lovelace and Emmy Noether. A paper. arXiv:1234.56789."
    for unknown in (SOURCE, Source("Another title", "2210.02192", "something", "equal")):
        assert "author" not in dict(references(unknown)[0].fields)
    with pytest.raises(InvalidClaim, match="is one text"):
        Source("A paper", "", "something", "equal", authors="Ada Lovelace")


def nasty_theorem():
    symbol, function = sympy.Symbol(NASTY, real=True), sympy.Function(NASTY)
    tensor, index = Tensor(NASTY, (K,)), Index(NASTY, K)
    return theorem_of(
        Identity(left=symbol + function(symbol), right=function(symbol) + symbol, sentence=NASTY, because=NASTY),
        SumIdentity(left=total(tensor[index], index), right=total(tensor[index], index) + scalar(0), sentence=NASTY),
        worded(
            sympy.Symbol(f"l{NASTY}") + value_at(sympy.Derivative(function(x), x), x, 0), y,
            {sympy.Symbol(f"l{NASTY}"): y, function(x): symbol * x**2}, sentence=NASTY,
        ),
        Hole(step=NASTY), rests_on=(NASTY, f"{NASTY}:{NASTY}"),
        name=NASTY, title=NASTY, statement=NASTY, idea=NASTY, covers=NASTY, open_questions=(NASTY,),
        hypotheses=(Hypothesis(NASTY, lambda problem: Truth.HOLDS),),
        source=Source(NASTY, NASTY, NASTY, "equal", NASTY, (NASTY, NASTY)),
    )


def test_nothing_can_be_injected():
    derivation = derive_theorem(nasty_theorem())
    lines = [line for line in as_latex(derivation).splitlines() if not line.startswith("%")]
    assert not any(r"\input" in line or r"\end{document}" in line for line in lines)
    assert as_latex(derivation).isascii() and r"\'{e}" in as_latex(derivation)
    html = as_html(derivation)
    assert "<script" not in html and "&lt;script&gt;" in html
    entries = bibtex(references(nasty_theorem().source))
    assert all(line.count("{") == line.count("}") for line in entries[1:-1] if "=" in line)
    assert all(line.startswith("%") for line in as_latex(derivation).splitlines() if "@misc" in line)


def test_mathml_is_only_mathml():
    assert mathml(r"x < y").startswith("<math")
    for source in (r"\text{<script>alert(1)</script>}", r"\href{javascript:x}{y}", r"\undefinedthing{"):
        assert "<script" not in mathml(source) and "href=" not in mathml(source)


@PDFLATEX
def test_a_nasty_document_compiles():
    loss = loss_from_expression("log(S1) - t")
    object.__setattr__(loss, "name", NASTY)
    document = rendered([derive_theorem(nasty_theorem()), derive_objective(loss)], "latex", standalone=True)
    printed = pdf_of(document)
    assert printed.pdf.startswith(b"%PDF") and printed.undefined == 0


# --- PDF --------------------------------------------------------------------------------------------------

QUICK = ("lower-bound-chain", "riemannian-calculus", "objective-focal")


def check_print(name):
    printed = pdf_of(as_latex(documents()[name](), standalone=True))
    assert printed.pdf.startswith(b"%PDF")
    assert printed.overfull <= 500 and printed.undefined == 0


@PDFLATEX
@pytest.mark.parametrize("name", QUICK)
def test_documents_compile_without_wide_lines(name):
    check_print(name)


@PDFLATEX
@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in documents() if name not in QUICK])
def test_every_document_compiles_without_wide_lines(name):
    check_print(name)


@PDFLATEX
def test_the_log_is_read():
    head = "\\documentclass{article}\\begin{document}"
    printed = pdf_of(f"{head}\\noindent\\rule{{400pt}}{{1pt}} \\ref{{nowhere}}\\end{{document}}")
    assert printed.overfull >= 5000 and printed.undefined >= 1
    with pytest.raises(PdfFailed, match="Undefined control sequence"):
        pdf_of(f"{head}\\nosuchthing\\end{{document}}")


@PDFLATEX
@pytest.mark.parametrize("packages", ["amsmath,amsthm", "amsmath,amsthm,hyperref"])
@pytest.mark.parametrize("kind", ["[11pt]{article}", "{amsart}"])
def test_fragments_go_into_a_document_together(kind, packages):
    focal = known_loss("focal(2)")
    derivations = [
        derive_theorem(load("sphere-mse")), derive_theorem(load("sphere-mse"), loss=focal),
        derive_objective(focal), derive_riemannian(focal),
    ]
    body = "\n".join(map(as_latex, derivations))
    head = f"\\documentclass{kind}\\usepackage{{{packages}}}\\begin{{document}}"
    printed = pdf_of(f"{head}{body}\\end{{document}}")
    assert (printed.undefined, printed.twice) == (0, 0) and printed.overfull <= 500


def test_labels_tell_documents_apart():
    theorem, other = load("sphere-mse"), theorem_of(name="sphere-mse")
    names = ("log(S1) - t + 1", "log(S1) + t + 1", "focal(2)", "focal_2", "focal-2", "focal(1/2)", "focal(1, 2)")
    losses = [dataclasses.replace(known_loss("cross_entropy"), name=name) for name in names]
    spheres = [problem_of({"K": "3", "d": "3", "n": "1", "tau": tau, "loss": "mean_squared"}) for tau in ("1", "2")]
    labels = [loss_label(kind, loss) for kind in ("objective", "riemannian") for loss in losses]
    labels += [theorem_label(theorem, None, loss) for loss in (None, *losses)]
    labels += [theorem_label(value, problem, None) for value in (theorem, other) for problem in spheres]
    labels += [theorem_label(other, None, None), theorem_label(theorem_of(name="a b"), None, None)]
    odd = ("a-b", "a--b", "objective-focal-2", "\ud800")
    labels += [theorem_label(theorem_of(name=name), None, None) for name in odd]
    assert len(set(labels)) == len(labels) and labels[2] == "objective-focal-2"
    assert theorem_label(theorem, None, None) == "sphere-mse"
    assert all(re.fullmatch(r"[A-Za-z0-9-]{1,90}", label) for label in labels)
