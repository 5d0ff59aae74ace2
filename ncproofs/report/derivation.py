r"""The calculus of an objective for any loss phi(t, class sums), checked step by step; all sizes stay symbols.

``derive_objective``: weight decay, W is (d, K), H is (d, N), Z = W^T H + b 1^T, a mean over N = nK samples.
``derive_riemannian``: unit columns, Z = tau W^T H, a weighted sum over N samples with any labels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import sympy

from ncproofs.calculus.logit_facts import is_convex, is_shift_invariant
from ncproofs.calculus.logits import logit_gradient, logit_hessian
from ncproofs.losses.loss import ELL, Loss, SoftmaxForm, T
from ncproofs.losses.spelling import with_own_name
from ncproofs.report import checks
from ncproofs.report.claim_formulas import equation_latex
from ncproofs.report.labels import loss_label
from ncproofs.report.latex import as_latex
from ncproofs.report.objective_steps import balance, matrix_steps, zero_sum
from ncproofs.report.riemannian_identities import identity_steps
from ncproofs.report.riemannian_steps import calculus_steps, setting_steps, transverse_steps
from ncproofs.report.steps import Derivation, Formula, Step, as_json, as_text, definition
from ncproofs.report.steps import unnumbered as _step
from ncproofs.report.typesetting import symbolic
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["Derivation", "Formula", "Step", "as_json", "as_latex", "as_text", "derive_loss",
           "derive_objective", "derive_riemannian"]


def derive_objective(loss: Loss) -> Derivation:
    """Loss, logit gradient and Hessian, gradients, Hessian form, critical points and what follows from them.

    A step that could not be checked is kept, with a hole that every rendering shows.
    """
    loss = with_own_name(loss).single_label()
    form = loss.softmax_form()
    steps = [*_loss_steps(loss, form), *_logit_steps(loss, form), *matrix_steps(), *_consequences(loss)]
    title = f"The weight-decay objective with {loss}: gradient, Hessian, critical points"
    return Derivation(title, loss.name, (*_objective_letters(), *_loss_letters(loss, form)), _numbered(steps),
                      label=loss_label("objective", loss))


def derive_riemannian(loss: Loss) -> Derivation:
    """The same on unit classifiers and features with logits tau W^T H: identities I1-I6 and the transverse block.

    I4 is derived only for a loss that is invariant under constant shifts of the logits, I6 only for one that is
    convex in them; which of these hold is decided here. Open steps are kept with their hole.
    """
    loss = with_own_name(loss).single_label()
    form = loss.softmax_form()
    steps = [
        *setting_steps(),
        *_loss_steps(loss, form),
        *_logit_steps(loss, form),
        *calculus_steps(),
        *identity_steps(is_shift_invariant(loss), is_convex(loss)),
        *transverse_steps(),
    ]
    title = f"Unit classifiers and features with {loss}: Riemannian gradient, Hessian, critical points"
    return Derivation(title, loss.name, (*_sphere_letters(), *_loss_letters(loss, form)), _numbered(steps),
                      label=loss_label("riemannian", loss))


def _numbered(steps: list[Step]) -> tuple[Step, ...]:
    return tuple(dataclasses.replace(step, number=index) for index, step in enumerate(steps, start=1))


def derive_loss(loss: Loss) -> Derivation:
    """What a theorem needs to know of a loss: its form, its derivatives in the logits, whether it is convex."""
    form = with_own_name(loss).softmax_form()
    steps = [*_loss_steps(loss, form), *_logit_steps(loss, form), _convexity_step(loss)]
    return Derivation(f"The loss {loss}", loss.name, tuple(_loss_letters(loss, form)), _numbered(steps),
                      label=loss_label("loss", loss))


def _tex(expression: sympy.Expr) -> str:
    return symbolic(expression)


def _equation(text: str, latex: str, expression: sympy.Expr) -> tuple[str, str]:
    return f"{text} = {expression}", equation_latex(latex, expression)


def _objective_letters() -> Iterator[tuple[Formula, str]]:
    yield (
        Formula("K, n, d, N = nK", r"K,\ n,\ d,\ N = nK"),
        "classes, samples per class, feature dimension, samples",
    )
    yield (
        Formula(
            "W (d,K), H (d,N), b (K)",
            r"W \in \mathbf{R}^{d \times K},\ H \in \mathbf{R}^{d \times N},\ b \in \mathbf{R}^K",
        ),
        ("classifiers as columns, features as columns class by class, bias (none: drop the terms with b)"),
    )


def _sphere_letters() -> Iterator[tuple[Formula, str]]:
    yield (Formula("K, N, d", r"K,\ N,\ d"), "classes, samples (any number in each class), feature dimension")
    yield (
        Formula("W (d,K), H (d,N)", r"W \in \mathbf{R}^{d \times K},\ H \in \mathbf{R}^{d \times N}"),
        "classifiers w_k and features h_i as columns, all of length one",
    )
    yield (Formula("tau > 0", r"\tau > 0"), "temperature")
    yield (Formula("c_i > 0", r"c_i > 0"), "weights of the samples; 1/N for the mean loss")
    yield (
        Formula("D = (D_W, D_H)", r"D = (D_W, D_H)"),
        "a tangent direction, with columns D_{w_k} orthogonal to w_k and D_{h_i} orthogonal to h_i",
    )


def _loss_letters(loss: Loss, form: SoftmaxForm | None) -> Iterator[tuple[Formula, str]]:
    yield (
        Formula("z, y, t = z_y", r"z,\ y,\ t = z_y"),
        "the logits of one sample, its class, its target logit",
    )
    for symbol, function in zip(loss.sums, loss.class_functions, strict=True):
        inside = function.subs(sympy.Symbol("z", real=True), sympy.Symbol("z_j", real=True))
        yield (
            Formula(f"{symbol} = sum_j {inside}", rf"{_tex(symbol)} = \sum_{{j=1}}^{{K}} {_tex(inside)}"),
            "class sum",
        )
    yield (
        Formula("phi, phi_t, phi_{S_i}, g_i", r"\phi,\ \phi_t,\ \phi_{S_i},\ g_i"),
        "the loss as a function of t and the class sums, its partial derivatives, and the summand of S_i",
    )
    yield (
        Formula("phi', phi'', e_y", r"\phi',\ \phi'',\ e_y"),
        "gradient and Hessian of phi in t and the class sums; the unit vector of class y",
    )
    if form is not None:
        yield (
            Formula("ell = log sum_j exp(z_j) - z_y", r"\ell = \log \sum_j e^{z_j} - z_y"),
            "the cross-entropy value",
        )
        yield (
            Formula("p_k = exp(z_k)/sum_j exp(z_j)", r"p_k = e^{z_k} / \sum_j e^{z_j}"),
            "softmax, so p_y = exp(-ell)",
        )


# --- the loss ---------------------------------------------------------------------------------------------


def _loss_steps(loss: Loss, form: SoftmaxForm | None) -> Iterator[Step]:
    yield _step(
        "The loss of one sample is a function of the target logit and of class sums.",
        [_equation("L(z, y) = phi", r"L(z, y) = \phi", loss.phi)],
        "definition of the loss",
        "it uses no other letter than t, the class sums and K",
        definition("the loss"),
    )
    if form is not None:
        yield _softmax_step(loss, form)
    gradient, hessian = logit_gradient(loss), logit_hessian(loss)
    letters = [T, *loss.sums]
    first = [
        _equation(f"phi_{x}", rf"\phi_{{{_tex(x)}}}", p) for x, p in zip(letters, gradient.partials, strict=True)
    ]
    second = [
        _equation(f"phi_{{{x},{y}}}", rf"\phi_{{{_tex(x)},{_tex(y)}}}", hessian.core[i, j])
        for i, x in enumerate(letters)
        for j, y in enumerate(letters)
        if i <= j
    ]
    evidence = checks.partials_against_series(loss, "partial derivatives of phi")
    yield _step("First partial derivatives of phi.", first, "rules of differentiation", evidence.because, evidence)
    yield _step(
        "Second partial derivatives of phi, a symmetric matrix phi''.",
        second,
        "rules of differentiation",
        evidence.because,
        evidence,
    )


def _softmax_step(loss: Loss, form: SoftmaxForm) -> Step:
    tilt = sympy.Rational(form.tilt.numerator, form.tilt.denominator)
    text, tex = f"L = F(ell), F(ell) = {form.profile}", rf"L = F(\ell), \quad F(\ell) = {_tex(form.profile)}"
    if tilt:
        text = f"L = F(ell) + {tilt} (z_y - mean z), F(ell) = {form.profile}"
        linear = rf"{_tex(tilt)} \Bigl(z_y - \tfrac1K \sum_j z_j\Bigr)"
        tex = rf"L = F(\ell) + {linear}, \quad F(\ell) = {_tex(form.profile)}"
    evidence = Evidence(
        truth=Truth.HOLDS,
        rigor=Rigor.EXACT,
        sentence=text,
        covers="all K >= 2",
        because="constant derivatives at fixed ell, equal where t and the sum of the logits are zero",
    )
    part = ", up to a linear part" if tilt else ""
    return _step(
        f"In softmax letters the loss is a function of ell{part}.",
        [(text, tex)],
        "put the sum of exponentials equal to exp(ell + t)",
        "the derivatives of phi in t and in the sum of the logits, at fixed ell, are exactly these constants",
        evidence,
    )


# --- derivatives in the logits ----------------------------------------------------------------------------


def _logit_steps(loss: Loss, form: SoftmaxForm | None) -> Iterator[Step]:
    m = len(loss.sums)
    gradient, hessian = logit_gradient(loss), logit_hessian(loss)
    columns = [_equation(f"g_{i}'(z)", rf"g_{{{i}}}'(z)", f) for i, f in enumerate(gradient.columns, start=1)]
    names = "".join(rf",\ g_{{{i}}}'(z)" for i in range(1, m + 1))
    listed = "".join(f", g_{i}'(z)" for i in range(1, m + 1))
    yield _step(
        "The gradient in the logits is U phi', with one column for the target and one for each class sum.",
        [
            ("grad L = U phi'", r"\nabla L = U \phi'"),
            (f"U = [e_y{listed}]", rf"U = [\,e_y{names}\,]"),
            *columns,
        ],
        "chain rule: logit k moves t only if k = y, and each class sum by its own term",
        "entries k = y and k != y, the other logits kept in the rest of each sum, so for every K",
        checks.identities("logit gradient", checks.gradient_patterns(loss, gradient)),
    )
    yield _step(
        "The Hessian in the logits is a diagonal plus a matrix whose rank is at most one more than the number of sums.",
        [
            (
                "Hess L = diag(Lambda(z)) + U phi'' U^T",
                r"\nabla^2 L = \operatorname{diag}(\Lambda(z)) + U \phi'' U^{\top}",
            ),
            _equation(
                "Lambda(z) = sum_i phi_{S_i} g_i''(z)", r"\Lambda(z) = \sum_i \phi_{S_i} g_i''(z)", hessian.diagonal
            ),
        ],
        "differentiate U phi' once more; only class k's own columns move with logit k",
        "the four patterns of entries (k, l): equal or not, target or not; so for every K",
        checks.identities("logit Hessian", checks.hessian_patterns(loss, hessian)),
    )
    if form is not None:
        yield from _softmax_steps(loss, form)


def _softmax_steps(loss: Loss, form: SoftmaxForm) -> Iterator[Step]:
    first = sympy.diff(form.profile, ELL)
    second = sympy.diff(first, ELL)
    text, tex = "grad L = F'(ell) (p - e_y)", r"\nabla L = F'(\ell)\,(p - e_y)"
    if form.tilt:
        tilt = sympy.Rational(form.tilt.numerator, form.tilt.denominator)
        text += f" + {tilt} (e_y - 1/K)"
        tex += rf" + {_tex(tilt)} \bigl(e_y - \tfrac1K \mathbf{{1}}\bigr)"
    yield _step(
        "The gradient in softmax letters.",
        [(text, tex), _equation("F'(ell)", r"F'(\ell)", first)],
        "the sum of exponentials is exp(ell + t)",
        "entries k = y and k != y, for every K",
        checks.identities("softmax gradient", checks.softmax_gradient_patterns(loss, form)),
    )
    text = "Hess L = F'(ell) (diag p - p p^T) + F''(ell) (p - e_y)(p - e_y)^T"
    tex = (
        r"\nabla^2 L = F'(\ell)\,(\operatorname{diag} p - p p^{\top}) "
        r"+ F''(\ell)\,(p - e_y)(p - e_y)^{\top}"
    )
    yield _step(
        "The Hessian in softmax letters.",
        [(text, tex), _equation("F''(ell)", r"F''(\ell)", second)],
        "the sum of exponentials is exp(ell + t)",
        "the four patterns of entries (k, l), for every K",
        checks.identities("softmax Hessian", checks.softmax_hessian_patterns(loss, form)),
    )


# --- critical points --------------------------------------------------------------------------------------


def _consequences(loss: Loss) -> Iterator[Step]:
    yield _step(
        "Critical points.",
        [
            ("H G^T = -lambda_W W", r"H G^{\top} = -\lambda_W W"),
            ("W G = -lambda_H H", r"W G = -\lambda_H H"),
            ("G 1 = -lambda_b b", r"G\,\mathbf{1} = -\lambda_b b"),
        ],
        "the gradient is zero",
        "the gradient step, with the left-hand sides zero",
        definition("critical points"),
    )
    yield _step(
        "Balance: at every critical point the two Gram matrices agree up to the weights.",
        [("lambda_W W W^T = lambda_H H H^T", r"\lambda_W W W^{\top} = \lambda_H H H^{\top}")],
        "(grad_W f) W^T - H (grad_H f)^T = lambda_W W W^T - lambda_H H H^T: the loss terms cancel",
        "identity of sums for every K, N, d",
        balance(),
    )
    yield _shift_step(loss)
    yield _convexity_step(loss)


def _shift_step(loss: Loss) -> Step:
    invariant = is_shift_invariant(loss)
    if invariant.truth is Truth.FAILS:
        return _step(
            "The loss changes when a constant is added to all logits: no zero sum follows.",
            [("1^T grad L != 0 at some z", r"\mathbf{1}^{\top} \nabla L \neq 0 \text{ at some } z")],
            "an explicit point",
            invariant.witness,
            checks.turned(invariant),
        )
    return _step(
        "The loss does not change when a constant is added to all logits, so the classifiers sum to zero.",
        [
            (
                "1^T grad L = 0, so 1^T G = 0",
                r"\mathbf{1}^{\top} \nabla L = 0, \text{ so } \mathbf{1}^{\top} G = 0",
            ),
            (
                "W 1 = 0 and lambda_b 1^T b = 0",
                r"W \mathbf{1} = 0 \quad\text{and}\quad \lambda_b\, \mathbf{1}^{\top} b = 0",
            ),
        ],
        "(grad_W f) 1 = lambda_W W 1 and 1^T grad_b f = lambda_b 1^T b when 1^T G = 0",
        "phi_t + sum_i phi_{S_i} sum_j g_i'(z_j) is identically zero; then identities of sums",
        zero_sum(invariant),
    )


def _convexity_step(loss: Loss) -> Step:
    convex = is_convex(loss)
    if convex.truth is Truth.FAILS:
        return _step(
            "The loss is not convex in the logits.",
            [],
            "an explicit direction",
            convex.witness,
            checks.turned(convex),
        )
    return _step(
        "The loss is convex in the logits.",
        [("Hess L >= 0", r"\nabla^2 L \succeq 0")],
        convex.because,
        "exact sign conditions" if convex.truth is Truth.HOLDS else "no proof and no counterexample was found",
        convex,
    )
