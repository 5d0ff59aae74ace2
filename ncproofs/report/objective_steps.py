"""The steps that do not depend on the loss: identities of sums for every K, n and d.

W[a, k], H[a, i], b[k]; G[k, i] is the derivative of the mean loss in logit k of sample i, M[k, l, i] the
logit Hessian of sample i. G0 is G for a loss that does not change when a constant is added to all logits.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, Tensor, total
from ncproofs.report import checks
from ncproofs.report.steps import Step, definition
from ncproofs.report.steps import unnumbered as _step
from ncproofs.truth import Evidence

__all__ = ["balance", "matrix_steps", "zero_sum"]

_K, _d, _N = sympy.symbols("K d N", integer=True, positive=True)
_lW, _lH, _lb = sympy.symbols("lambda_W lambda_H lambda_b", positive=True)
_s = sympy.Symbol("s", real=True)
_a, _p, _k, _l, _i = Index("a", _d), Index("p", _d), Index("k", _K), Index("l", _K), Index("i", _N)
_W, _H, _b = Tensor("W", (_d, _K)), Tensor("H", (_d, _N)), Tensor("b", (_K,))
_dW, _dH, _db = Tensor("dW", (_d, _K)), Tensor("dH", (_d, _N)), Tensor("db", (_K,))
_G, _G0 = Tensor("G", (_K, _N)), Tensor("G0", (_K, _N), zero_sum=(0,))
_M = Tensor("M", (_K, _K, _N), symmetric=True)


def _moved_logit() -> IndexedSum:
    moved = total((_W[_a, _k] + _dW[_a, _k] * _s) * (_H[_a, _i] + _dH[_a, _i] * _s), _a)
    result: IndexedSum = moved + _b[_k] + _db[_k] * _s
    return result


def _q(cls: Index = _k) -> IndexedSum:
    """Entry of q = dW^T H + W^T dH + db 1^T."""
    result: IndexedSum = total(_dW[_a, cls] * _H[_a, _i] + _W[_a, cls] * _dH[_a, _i], _a) + _db[cls]
    return result


def _cross() -> IndexedSum:
    result: IndexedSum = total(_dW[_a, _k] * _dH[_a, _i], _a)
    return result


def _ridge() -> IndexedSum:
    """The weight-decay terms along the line X + s D."""
    parts = (
        total((_W[_a, _k] + _dW[_a, _k] * _s) ** 2, _a, _k) * (_lW / 2),
        total((_H[_a, _i] + _dH[_a, _i] * _s) ** 2, _a, _i) * (_lH / 2),
        total((_b[_k] + _db[_k] * _s) ** 2, _k) * (_lb / 2),
    )
    result: IndexedSum = parts[0] + parts[1] + parts[2]
    return result


def _gradient_W(slope: Tensor) -> IndexedSum:
    result: IndexedSum = total(_H[_a, _i] * slope[_k, _i], _i) + _W[_a, _k] * _lW
    return result


def _gradient_H() -> IndexedSum:
    result: IndexedSum = total(_W[_a, _k] * _G[_k, _i], _k) + _H[_a, _i] * _lH
    return result


def _gradient_b() -> IndexedSum:
    result: IndexedSum = total(_G[_k, _i], _i) + _b[_k] * _lb
    return result


def matrix_steps() -> Iterator[Step]:
    """The objective, the logits along a line, the gradient and the Hessian form."""
    yield _step(
        "The objective is the mean loss plus weight decay.",
        [
            (
                "f(W, H, b) = (1/N) sum_i L(z_i, y_i) + lambda_W/2 |W|^2 + lambda_H/2 |H|^2 + lambda_b/2 |b|^2",
                r"f(W, H, b) = \frac1N \sum_{i=1}^N L(z_i, y_i) + \frac{\lambda_W}{2}\|W\|^2"
                r" + \frac{\lambda_H}{2}\|H\|^2 + \frac{\lambda_b}{2}\|b\|^2",
            ),
            (
                "Z = [z_1, ..., z_N] = W^T H + b 1^T",
                r"Z = [z_1, \dots, z_N] = W^{\top} H + b\,\mathbf{1}^{\top}",
            ),
            (
                "G = (1/N) [grad L(z_1, y_1), ..., grad L(z_N, y_N)]",
                r"G = \tfrac1N\,[\,\nabla L(z_1, y_1), \dots, \nabla L(z_N, y_N)\,]",
            ),
            ("M_i = Hess L(z_i, y_i)", r"M_i = \nabla^2 L(z_i, y_i)"),
        ],
        "definition",
        "definition",
        definition("the objective"),
    )
    yield _line_step()
    yield _gradient_step()
    yield _hessian_step()


def _line_step() -> Step:
    expansion = _W_H_logit() + _q() * _s + _cross() * _s**2
    return _step(
        "Along a direction (dW, dH, db) the logits are quadratic in s.",
        [
            (
                "Z(s) = Z + s q + s^2 dW^T dH, q = dW^T H + W^T dH + db 1^T",
                r"Z(s) = Z + s\,q + s^2\, dW^{\top} dH,"
                r" \quad q = dW^{\top} H + W^{\top} dH + db\,\mathbf{1}^{\top}",
            )
        ],
        "multiply out",
        "identity of sums for every K, N, d",
        checks.sum_identities("logits along a line", [(_moved_logit(), expansion)]),
    )


def _W_H_logit() -> IndexedSum:
    result: IndexedSum = total(_W[_a, _k] * _H[_a, _i], _a) + _b[_k]
    return result


def _gradient_step() -> Step:
    slope = total(_G[_k, _i] * _q(), _k, _i) + checks.coefficient_of(_ridge(), _s, 1)
    paired = (
        total(_gradient_W(_G) * _dW[_a, _k], _a, _k)
        + total(_gradient_H() * _dH[_a, _i], _a, _i)
        + total(_gradient_b() * _db[_k], _k)
    )
    return _step(
        "The gradient of the objective.",
        [
            ("grad_W f = H G^T + lambda_W W", r"\nabla_W f = H G^{\top} + \lambda_W W"),
            ("grad_H f = W G + lambda_H H", r"\nabla_H f = W G + \lambda_H H"),
            ("grad_b f = G 1 + lambda_b b", r"\nabla_b f = G\,\mathbf{1} + \lambda_b b"),
        ],
        "the coefficient of s of f along the line is <G, q> plus that of the weight decay, by the chain rule",
        "it equals <grad_W, dW> + <grad_H, dH> + <grad_b, db> as sums, for every K, N, d",
        checks.sum_identities("gradient", [(slope, paired)], axioms=("chain rule",)),
    )


def _hessian_step() -> Step:
    # g(Z + E) = g(Z) + <G, E> + (1/2N) sum_i E_i^T M_i E_i + o(|E|^2) with E = s q + s^2 dW^T dH.
    change, other = (_q(cls) * _s + _cross().at({_k: cls}) * _s**2 for cls in (_k, _l))
    bend = total(_M[_k, _l, _i] * change * other, _k, _l, _i) / (2 * _N)
    taylor = total(_G[_k, _i] * change, _k, _i) + bend
    second = (checks.coefficient_of(taylor, _s, 2) + checks.coefficient_of(_ridge(), _s, 2)) * 2
    closed = (
        total(_M[_k, _l, _i] * _q() * _q(_l), _k, _l, _i) / _N
        + total(_G[_k, _i] * _cross(), _k, _i) * 2
        + total(_dW[_a, _k] ** 2, _a, _k) * _lW
        + total(_dH[_a, _i] ** 2, _a, _i) * _lH
        + total(_db[_k] ** 2, _k) * _lb
    )
    return _step(
        "The Hessian form of the objective along D = (dW, dH, db); q_i are the columns of q.",
        [
            (
                "D^2 f[D, D] = (1/N) sum_i q_i^T M_i q_i + 2 <G, dW^T dH>"
                " + lambda_W |dW|^2 + lambda_H |dH|^2 + lambda_b |db|^2",
                r"\begin{aligned} D^2 f[D, D] ={}& \frac1N \sum_{i=1}^N q_i^{\top} M_i\, q_i"
                r" + 2\,\langle G,\, dW^{\top} dH\rangle \\ &+ \lambda_W \|dW\|^2 + \lambda_H \|dH\|^2"
                r" + \lambda_b \|db\|^2 \end{aligned}",
            )
        ],
        "twice the coefficient of s^2 of f along the line, by Taylor's formula in the logits",
        "that coefficient, multiplied out, equals the form as sums, for every K, N, d",
        checks.sum_identities("Hessian form", [(second, closed)], axioms=("Taylor's formula",)),
    )


def balance() -> Evidence:
    """(grad_W f) W^T - H (grad_H f)^T = lambda_W W W^T - lambda_H H H^T."""
    left = total(_gradient_W(_G) * _W[_p, _k], _k) - total(_H[_a, _i] * _gradient_H().at({_a: _p}), _i)
    right = total(_W[_a, _k] * _W[_p, _k], _k) * _lW - total(_H[_a, _i] * _H[_p, _i], _i) * _lH
    return checks.sum_identities("balance", [(left, right)])


def zero_sum(invariant: Evidence) -> Evidence:
    """(grad_W f) 1 = lambda_W W 1 and 1^T grad_b f = lambda_b 1^T b, given that the loss is ``invariant``."""
    classifiers = (total(_gradient_W(_G0), _k), total(_W[_a, _k], _k) * _lW)
    bias = (total(_G0[_k, _i], _k, _i) + total(_b[_k], _k) * _lb, total(_b[_k], _k) * _lb)
    return checks.sum_identities("zero sum", [classifiers, bias], invariant)
