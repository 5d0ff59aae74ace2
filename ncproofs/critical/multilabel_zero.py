r"""Whether W = H = 0 is optimal for any list of label sets, decided exactly where the best bias is 0.

With Z = W^T H, L(Z, b) = (1/N) sum_s v_s L(z_s + b, S_s) and G the gradient of L in Z at 0, so that N times its column
of s is v_s (m_s/K 1 - 1_S) and G^T 1 = 0:

    f - f(0) = [L(Z, b) - L(0, 0) - <G, Z + b 1^T>] + [<G, Z> + (lambda_W |W|^2 + lambda_H |H|^2)/2]
               + [<G 1, b> + lambda_b |b|^2/2].

The first bracket is nonnegative by convexity, the second at least (mu - |G|_2) |Z|_* with mu^2 = lambda_W lambda_H, the
third is lambda_b |b|^2/2 when G 1 = 0, as without a bias. So 0 is optimal when |G|_2 <= mu, and then it is the only
minimiser (up to a free bias): where the first bracket vanishes all columns of Z + b 1^T are multiples of 1, so that
<G, Z> = 0, and W = H = 0. When |G|_2 > mu, the second order term along a top singular pair is negative: no minimiser.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb_mat, ctx, fmpq, fmpq_mat

from ncproofs.arithmetic.inertia import exact_inertia
from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.problems.multilabel import MultiLabel

__all__ = ["value_at_zero_weight", "zero_is_optimal"]

_BITS = 128
#: Beyond so many classes the matrix takes longer than the bounds of ``multilabel_dual``.
_MOST = 400
#: Up to so many classes an equality |G|_2 = mu is settled by a characteristic polynomial.
_MOST_EXACT = 120


def zero_is_optimal(problem: MultiLabel) -> bool | None:
    """Whether W = H = 0, b = 0 is the only global minimiser, up to a free bias; None where the best bias is not 0.

    Exact: a yes or no is proved by signs of rational or enclosed numbers. Also None for a loss that is not
    pick-all-label cross-entropy, for more than 400 classes, and where more than 120 leave the two sides equal to
    30 digits.
    """
    if not problem.is_pick_all_label or problem.K > _MOST:
        return None
    columns = _columns(problem)
    if problem.has_bias and any(sum(n * column[k] for n, column in columns) for k in range(problem.K)):
        return None
    gap = _gap(problem, columns)
    with ctx.workprec(_BITS):
        least = eigenvalue_enclosures(arb_mat(gap), _BITS)[0]
    if least > 0 or least < 0:
        return bool(least > 0)
    if problem.K > _MOST_EXACT:
        return None
    return exact_inertia(gap).negative == 0


def value_at_zero_weight(problem: MultiLabel) -> Fraction:
    """f(0)/log K = (1/N) sum_s v_s m_s."""
    total = sum((n * problem.weight_of(len(labels)) * len(labels) for labels, n in problem.label_counts.items()),
                Fraction(0))
    return total / problem.N


def _columns(problem: MultiLabel) -> list[tuple[int, list[Fraction]]]:
    """How often, and N times the column of G, for each distinct label set."""
    found = []
    for labels, n in problem.label_counts.items():
        weight, inside = problem.weight_of(len(labels)), set(labels)
        share = Fraction(len(labels), problem.K)
        found.append((n, [weight * (share - (k + 1 in inside)) for k in range(problem.K)]))
    return found


def _gap(problem: MultiLabel, columns: list[tuple[int, list[Fraction]]]) -> fmpq_mat:
    """N^2 (mu^2 - G G^T), from the distinct label sets."""
    K = problem.K
    rows = fmpq_mat(K, len(columns), [_fmpq(column[k]) for k in range(K) for _, column in columns])
    counted = fmpq_mat(K, len(columns), [_fmpq(n * column[k]) for k in range(K) for n, column in columns])
    level = _fmpq(problem.lambda_W * problem.lambda_H * problem.N**2)
    limit = fmpq_mat(K, K, [level if i == j else fmpq(0) for i in range(K) for j in range(K)])
    return limit - counted * rows.transpose()


def _fmpq(value: Fraction | int) -> fmpq:
    value = Fraction(value)
    return fmpq(value.numerator, value.denominator)
