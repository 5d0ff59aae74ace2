r"""The steps on products of spheres that do not depend on the loss: identities of sums for every K, N, d and tau.

w[k, a], h[i, a] are unit vectors; G[k, i] is the derivative of the weighted loss in logit k of sample i, and
S[k, l, i] its second derivative. Letters and multipliers are those of the theorem ``riemannian-calculus``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor, scalar, total
from ncproofs.report import checks
from ncproofs.report.steps import Step, definition
from ncproofs.report.steps import unnumbered as _step
from ncproofs.theorems.normalised_features.letters import (
    G,
    K,
    N,
    a,
    d,
    dh,
    dw,
    gradient_h,
    gradient_w,
    h,
    k,
    l,
    multiplier_h,
    multiplier_w,
    p,
    s,
    t,
    tau,
    w,
)
from ncproofs.truth import Evidence

__all__ = ["calculus_steps", "setting_steps", "transverse_steps"]

COVERS = "all K >= 2, N >= 1, d >= 2, tau > 0, any labels and weights"

_x = sympy.Symbol("x", real=True)  # the parameter s of the curves in the text
_S = Tensor("S", (K, K, N), symmetric=True)
_ew, _eh = (
    Tensor("ew", (K, d), orthogonal_to=((1, "w", 1),)),
    Tensor("eh", (N, d), orthogonal_to=((1, "h", 1),)),
)


Vector = Callable[[Index], IndexedSum]


@dataclass(frozen=True)
class _Direction:
    """Entries of a direction (D_W, D_H): ``w(class, coordinate)`` and ``h(sample, coordinate)``."""

    w: Callable[[Index, Index], IndexedSum]
    h: Callable[[Index, Index], IndexedSum]


def _entries(tensor: Tensor) -> Callable[[Index, Index], IndexedSum]:
    return lambda row, at: tensor[row, at]


def _row(tensor: Tensor, row: Index) -> Vector:
    return lambda at: tensor[row, at]


_D = _Direction(_entries(dw), _entries(dh))
_E = _Direction(_entries(_ew), _entries(_eh))


def _holds(sentence: str, *pairs: tuple[IndexedSum, IndexedSum], axioms: tuple[str, ...] = ()) -> Evidence:
    return checks.sum_identities(sentence, pairs, axioms=axioms, covers=COVERS)


def _projected(vector: Vector, point: Vector, at: Index) -> IndexedSum:
    """Entry ``at`` of x - <x, u> u."""
    result: IndexedSum = vector(at) - total(vector(p) * point(p), p) * point(at)
    return result


def _slope_w(cls: Index, at: Index) -> IndexedSum:
    """Euclidean gradient at w_k: tau H G^T."""
    result: IndexedSum = tau * total(G[cls, t] * h[t, at], t)
    return result


def _slope_h(sample: Index, at: Index) -> IndexedSum:
    """Euclidean gradient at h_i: tau W G."""
    result: IndexedSum = tau * total(G[l, sample] * w[l, at], l)
    return result


def _moved(along: _Direction, cls: Index) -> IndexedSum:
    """Entry of dM = tau (D_W^T H + W^T D_H)."""
    result: IndexedSum = tau * total(along.w(cls, a) * h[s, a] + w[cls, a] * along.h(s, a), a)
    return result


def _bent(cls: Index) -> IndexedSum:
    """Entry of C = tau D_W^T D_H - Z_ki (|D_w_k|^2 + |D_h_i|^2) / 2."""
    lengths = total(dw[cls, p] ** 2, p) + total(dh[s, p] ** 2, p)
    result: IndexedSum = tau * (total(dw[cls, a] * dh[s, a], a) - total(w[cls, a] * h[s, a], a) * lengths / 2)
    return result


def _form(first: _Direction, second: _Direction) -> IndexedSum:
    """The symmetric bilinear form of the Hessian."""
    turned = first.w(k, a) * second.h(s, a) + second.w(k, a) * first.h(s, a)
    result: IndexedSum = (
        total(_S[k, l, s] * _moved(first, k) * _moved(second, l), k, l, s)
        + tau * total(G[k, s] * turned, k, s, a)
        - total(multiplier_w(k) * first.w(k, a) * second.w(k, a), k, a)
        - total(multiplier_h(s) * first.h(s, a) * second.h(s, a), s, a)
    )
    return result


# --- the manifold -----------------------------------------------------------------------------------------


def setting_steps() -> Iterator[Step]:
    """Objective, tangent space, projection, retraction."""
    yield _step(
        "The objective on two products of spheres, with temperature tau.",
        [
            ("diag(W^T W) = 1, diag(H^T H) = 1", r"\operatorname{diag}(W^{\top} W) = \mathbf{1},"
             r"\quad \operatorname{diag}(H^{\top} H) = \mathbf{1}"),
            ("Z = [z_1, ..., z_N] = tau W^T H", r"Z = [z_1, \dots, z_N] = \tau\, W^{\top} H"),
            ("f(W, H) = sum_i c_i L(z_i, y_i)", r"f(W, H) = \sum_{i=1}^N c_i\, L(z_i, y_i)"),
            ("G = [c_1 grad L(z_1, y_1), ..., c_N grad L(z_N, y_N)]",
             r"G = [\,c_1 \nabla L(z_1, y_1), \dots, c_N \nabla L(z_N, y_N)\,]"),
            ("S_i = c_i Hess L(z_i, y_i)", r"S_i = c_i \nabla^2 L(z_i, y_i)"),
        ],
        "definition",
        "definition",
        definition("the objective on products of spheres"),
    )
    yield _tangent_step()
    yield _retraction_step()


def _tangent_step() -> Step:
    X = Tensor("X", (K, d))

    def once(at: Index) -> IndexedSum:
        return _projected(_row(X, k), _row(w, k), at)

    return _step(
        "Tangent space and orthogonal projection, shown for W; the same holds for H.",
        [
            ("D_W is tangent when diag(W^T D_W) = 0", r"\operatorname{diag}(W^{\top} D_W) = 0"),
            ("P_W(X) = X - W diag(W^T X)", r"P_W(X) = X - W \operatorname{diag}(W^{\top} X)"),
        ],
        "the derivative of |w_k|^2 = 1; P_W takes the normal part <w_k, x_k> w_k away",
        "P_W(X) is tangent, P_W P_W = P_W, and <X - P_W(X), D_W> = 0 for tangent D_W, as sums",
        _holds(
            "projection",
            (total(once(a) * w[k, a], a), scalar(0)),
            (_projected(once, _row(w, k), a), once(a)),
            (total((X[k, a] - once(a)) * dw[k, a], a), scalar(0)),
        ),
    )


def _retraction_step() -> Step:
    length = total((w[k, a] + dw[k, a] * _x) ** 2, a)
    lengths = _holds("length along the line", (length, total(dw[k, a] ** 2, a) * _x**2 + 1))
    normal = _holds("the acceleration is normal", (_projected(_acceleration, _row(w, k), a), scalar(0)))
    parts = [lengths, checks.identities("derivatives at s = 0", _jets(), covers=COVERS), normal]
    return _step(
        "Normalising w + s D is a retraction of second order: its acceleration at s = 0 is normal.",
        [
            ("|w + s D|^2 = 1 + s^2 |D|^2", r"\|w + s D\|^2 = 1 + s^2 \|D\|^2"),
            ("R(s) = (w + s D)/|w + s D| = w + s D - (s^2/2) |D|^2 w + O(s^3)",
             r"R(s) = \frac{w + s D}{\|w + s D\|} = w + s D - \tfrac{s^2}{2} \|D\|^2 w + O(s^3)"),
            ("cos(s|D|) w + sin(s|D|) D/|D| has the same terms up to s^2",
             r"\cos(s\|D\|)\, w + \sin(s\|D\|)\, \tfrac{D}{\|D\|} = R(s) + O(s^3)"),
        ],
        "<w, D> = 0 and |w| = 1; so R agrees with the great circle up to second order",
        "derivatives 0, 1, 2 at s = 0 of (1 + s^2 q)^(-1/2), cos and sin, q = |D|^2; lengths as sums",
        checks.conjunction("second-order retraction", parts, covers=COVERS),
    )


def _acceleration(at: Index) -> IndexedSum:
    result: IndexedSum = -total(dw[k, p] ** 2, p) * w[k, at]
    return result


def _jets() -> list[checks.Pair]:
    q = sympy.Symbol("q", positive=True)
    root = sympy.sqrt(q)
    along_w = (sympy.Integer(1), sympy.Integer(0), -q)  # of the factor of w
    along_D = (sympy.Integer(0), sympy.Integer(1), sympy.Integer(0))
    shrink = (1 + _x**2 * q) ** sympy.Rational(-1, 2)
    curves = [
        (shrink, along_w), (_x * shrink, along_D), (sympy.cos(_x * root), along_w),
        (sympy.sin(_x * root) / root, along_D),
    ]
    return [
        (sympy.diff(curve, _x, order).subs(_x, 0), value)
        for curve, values in curves
        for order, value in enumerate(values)
    ]


# --- gradient and Hessian ---------------------------------------------------------------------------------


def calculus_steps() -> Iterator[Step]:
    """Logits along the retraction, gradient, Hessian as a form and as an operator, critical points."""
    yield _line_step()
    yield _gradient_step()
    yield _form_step()
    yield _operator_step()
    yield _critical_step()


def _line_step() -> Step:
    half = sympy.Rational(1, 2)
    along_w = w[k, a] + dw[k, a] * _x - total(dw[k, p] ** 2, p) * w[k, a] * _x**2 * half
    along_h = h[s, a] + dh[s, a] * _x - total(dh[s, p] ** 2, p) * h[s, a] * _x**2 * half
    logit = tau * total(along_w * along_h, a)
    expected = (tau * total(w[k, a] * h[s, a], a), _moved(_D, k), _bent(k))
    return _step(
        "The logits along the retraction in a tangent direction D = (D_W, D_H).",
        [
            ("Z(s) = Z + s dM + s^2 C + O(s^3)", r"Z(s) = Z + s\,dM + s^2 C + O(s^3)"),
            ("dM = tau (D_W^T H + W^T D_H)", r"dM = \tau\,(D_W^{\top} H + W^{\top} D_H)"),
            ("C_ki = tau <D_w_k, D_h_i> - Z_ki (|D_w_k|^2 + |D_h_i|^2)/2",
             r"C_{ki} = \tau\,\langle D_{w_k}, D_{h_i}\rangle"
             r" - \tfrac12 Z_{ki}\,\bigl(\|D_{w_k}\|^2 + \|D_{h_i}\|^2\bigr)"),
        ],
        "multiply the expansions of the two retractions",
        "coefficients of 1, s and s^2 as sums, for every K, N, d and tau",
        _holds("logits along the retraction",
               *((checks.coefficient_of(logit, _x, order), value) for order, value in enumerate(expected))),
    )


def _gradient_step() -> Step:
    slope = total(G[k, s] * _moved(_D, k), k, s)
    paired = total(gradient_w(k, a) * dw[k, a], k, a) + total(gradient_h(s, a) * dh[s, a], s, a)
    return _step(
        "The Riemannian gradient; alpha and beta are the normal parts of the Euclidean one.",
        [
            ("alpha = diag(tau W^T H G^T), beta = diag(tau H^T W G)",
             r"\alpha = \operatorname{diag}(\tau W^{\top} H G^{\top}),"
             r"\quad \beta = \operatorname{diag}(\tau H^{\top} W G)"),
            ("D_alpha = diag(alpha), D_beta = diag(beta)",
             r"D_\alpha = \operatorname{diag}(\alpha), \quad D_\beta = \operatorname{diag}(\beta)"),
            ("grad_W f = tau H G^T - W D_alpha", r"\operatorname{grad}_W f = \tau H G^{\top} - W D_\alpha"),
            ("grad_H f = tau W G - H D_beta", r"\operatorname{grad}_H f = \tau W G - H D_\beta"),
        ],
        "project the Euclidean gradient; the coefficient of s of f along the retraction is <G, dM>",
        "it is P_W and P_H of tau H G^T and tau W G, it is tangent, and <G, dM> = <grad f, D> for tangent D, as sums",
        _holds(
            "Riemannian gradient",
            (_projected(lambda at: _slope_w(k, at), _row(w, k), a), gradient_w(k, a)),
            (_projected(lambda at: _slope_h(s, at), _row(h, s), a), gradient_h(s, a)),
            (total(gradient_w(k, a) * w[k, a], a), scalar(0)),
            (total(gradient_h(s, a) * h[s, a], a), scalar(0)),
            (slope, paired),
            axioms=("chain rule",),
        ),
    )


def _form_step() -> Step:
    # L(z + E) = L(z) + <grad, E> + E^T Hess E / 2 + o(|E|^2) with E = s dM + s^2 C + O(s^3).
    change, other = (_moved(_D, cls) * _x + _bent(cls) * _x**2 for cls in (k, l))
    taylor = total(G[k, s] * change, k, s) + total(_S[k, l, s] * change * other, k, l, s) / 2
    second = checks.coefficient_of(taylor, _x, 2) * 2
    return _step(
        "The Riemannian Hessian as a form; dM_i are the columns of dM.",
        [
            ("Hess f[D, D] = sum_i dM_i^T S_i dM_i + 2 tau <G, D_W^T D_H>"
             " - sum_k alpha_k |D_w_k|^2 - sum_i beta_i |D_h_i|^2",
             r"\begin{aligned} \operatorname{Hess} f[D, D] ={}& \sum_{i=1}^N dM_i^{\top} S_i\, dM_i"
             r" + 2\tau\,\langle G,\, D_W^{\top} D_H\rangle \\ &- \sum_{k=1}^K \alpha_k \|D_{w_k}\|^2"
             r" - \sum_{i=1}^N \beta_i \|D_{h_i}\|^2 \end{aligned}"),
        ],
        "twice the coefficient of s^2 of f along the retraction, which agrees with the geodesic up to second order",
        "that coefficient, multiplied out, equals the form as sums, for every K, N, d and tau",
        _holds("Hessian form", (second, _form(_D, _D)),
               axioms=("Taylor's formula", "great circles are the geodesics of the sphere")),
    )


def _operator_step() -> Step:
    Q = total(_S[k, l, s] * _moved(_D, l), l)
    image_w = _projected(lambda at: tau * total(G[k, s] * dh[s, at] + Q * h[s, at], s), _row(w, k), a)
    image_h = _projected(lambda at: tau * total(G[k, s] * dw[k, at] + Q * w[k, at], k), _row(h, s), a)
    image_w, image_h = image_w - multiplier_w(k) * dw[k, a], image_h - multiplier_h(s) * dh[s, a]
    paired = total(image_w * _ew[k, a], k, a) + total(image_h * _eh[s, a], s, a)
    return _step(
        "The Riemannian Hessian as a symmetric operator on tangent directions.",
        [
            ("Q = [S_1 dM_1, ..., S_N dM_N]", r"Q = [\,S_1\,dM_1, \dots, S_N\,dM_N\,]"),
            ("(Hess f[D])_W = P_W(tau D_H G^T + tau H Q^T) - D_W D_alpha",
             r"(\operatorname{Hess} f[D])_W = P_W(\tau D_H G^{\top} + \tau H Q^{\top}) - D_W D_\alpha"),
            ("(Hess f[D])_H = P_H(tau D_W G + tau W Q) - D_H D_beta",
             r"(\operatorname{Hess} f[D])_H = P_H(\tau D_W G + \tau W Q) - D_H D_\beta"),
        ],
        "polarise the form and read off the factor of the second direction",
        "<Hess f[D], E> equals the polarised form for tangent D and E, as sums; the form is symmetric in D and E",
        _holds("Hessian operator", (paired, _form(_D, _E)), (_form(_D, _E), _form(_E, _D))),
    )


def _critical_step() -> Step:
    x, y = Tensor("x", (K,)), Tensor("y", (N,))
    return _step(
        "Critical points; any diagonal matrices that satisfy the two equations are D_alpha and D_beta.",
        [
            ("tau H G^T = W D_alpha", r"\tau H G^{\top} = W D_\alpha"),
            ("tau W G = H D_beta", r"\tau W G = H D_\beta"),
        ],
        "the Riemannian gradient is zero; multiply column k by w_k, column i by h_i",
        "the right-hand sides give back the diagonal, the left-hand sides alpha and beta, as sums",
        _holds(
            "critical points",
            (total(x[k] * w[k, a] ** 2, a), x[k]),
            (total(_slope_w(k, a) * w[k, a], a), multiplier_w(k)),
            (total(y[s] * h[s, a] ** 2, a), y[s]),
            (total(_slope_h(s, a) * h[s, a], a), multiplier_h(s)),
        ),
    )


# --- outside the span of the columns ----------------------------------------------------------------------


def transverse_steps() -> Iterator[Step]:
    """The Hessian along directions orthogonal to every column is the form of T."""
    v = Tensor("v", (d,), unit=0, annihilates=((0, "w", 1), (0, "h", 1)))
    x, y = Tensor("x", (K,)), Tensor("y", (N,))
    across = _Direction(lambda cls, at: x[cls] * v[at], lambda sample, at: y[sample] * v[at])
    shadow_w, shadow_h = total(_ew[k, a] * v[a], a), total(_eh[s, a] * v[a], a)
    yield _step(
        "The transverse block: v a unit vector orthogonal to all columns of W and H; r = rank [W H] < d.",
        [
            ("dM = 0 along D = (v x^T, v y^T)", r"dM = 0 \quad\text{along } D = (v x^{\top}, v y^{\top})"),
            ("Hess f[D, D] = (x, y) T (x, y)^T",
             r"\operatorname{Hess} f[D, D] = (x^{\top}, y^{\top})\, T \begin{pmatrix} x \\ y \end{pmatrix}"),
            ("Hess f[D, E] = (x, y) T (E_W^T v, E_H^T v)^T",
             r"\operatorname{Hess} f[D, E] = (x^{\top}, y^{\top})\, T"
             r" \begin{pmatrix} E_W^{\top} v \\ E_H^{\top} v \end{pmatrix}"),
            ("spec(Hess f) = spec(Hess f in R^r) + (d - r) copies of spec(T)",
             r"\operatorname{spec}(\operatorname{Hess} f) = \operatorname{spec}(\operatorname{Hess} f|_{\mathbf{R}^r})"
             r" \cup (d - r)\,\operatorname{spec}(T)"),
        ],
        "the terms with S_i drop out; D is orthogonal in the form to every E whose columns are orthogonal to v",
        "dM, the form and the mixed form as sums, for any tangent E; T as in I1",
        _holds(
            "transverse block",
            (_moved(across, k), scalar(0)),
            (_form(across, across), _block(lambda cls: x[cls], lambda sample: y[sample], x[k], y[s])),
            (_form(across, _E), _block(lambda cls: x[cls], lambda sample: y[sample], shadow_w, shadow_h)),
        ),
    )


def _block(left_w: Vector, left_h: Vector, right_w: IndexedSum, right_h: IndexedSum) -> IndexedSum:
    """``left^T T right`` with T = [[-D_alpha, tau G], [tau G^T, -D_beta]]; entries in k and s."""
    result: IndexedSum = (
        tau * total(G[k, s] * (left_w(k) * right_h + left_h(s) * right_w), k, s)
        - total(multiplier_w(k) * left_w(k) * right_w, k)
        - total(multiplier_h(s) * left_h(s) * right_h, s)
    )
    return result
