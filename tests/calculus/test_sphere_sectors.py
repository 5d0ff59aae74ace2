"""The Hessian on the span of the frame against explicit matrices, off the tangent space as well."""

import random
from itertools import product

import pytest
import sympy

from ncproofs.calculus.indexed import Index, Tensor, delta, scalar, total
from ncproofs.calculus.sphere_sectors import (
    K,
    SphereMove,
    _moved_logits,
    _tangent,
    a,
    apply_sphere_hessian,
    b,
    g,
    i,
    j,
    k,
    n,
    p,
    sphere_sectors,
    tau,
)
from ncproofs.proof.sums import _evaluate, _random_tensor

SIZES = [(3, 2), (4, 2), (5, 1)]
#: Columns of sum zero only: w_k and h_k may change their lengths.
X, Y = Tensor("X", (K, K), zero_sum=(0,)), Tensor("Y", (K, K, n), zero_sum=(0,))


def explicit(classes, samples, numbers, entries):
    """(Hess_W[p, j], Hess_H[p, k, i]) from W, H, G and the logit Hessians as matrices; rho^2 = K/(K-1)."""
    one = sympy.ones(classes, 1)
    centred = sympy.eye(classes) - one * one.T / classes
    square = sympy.Rational(classes, classes - 1)
    count = classes * samples
    dW = sympy.Matrix(classes, classes, lambda row, column: entries[X][row, column])
    hess_w, hess_h = sympy.zeros(classes, classes), {}
    for label, sample in product(range(classes), range(samples)):
        unit = sympy.eye(classes)[:, label]
        relative = sympy.eye(classes) - one * unit.T
        bend = relative.T * (numbers[a] * sympy.eye(classes) - numbers[b] * one * one.T) * relative
        dh = sympy.Matrix([entries[Y][row, label, sample] for row in range(classes)])
        # dz and h without their factors rho, which meet again in square
        moved = bend * numbers[tau] * (dW.T * centred[:, label] + centred * dh) / count
        slope = numbers[g] * (one - classes * unit) / count
        hess_w += numbers[tau] * (square * centred[:, label] * moved.T + dh * slope.T)
        hess_h[label, sample] = numbers[tau] * (square * centred * moved + dW * slope), dh
    beta = numbers[tau] * numbers[g] / samples
    tangential = [centred - square * centred[:, label] * centred[:, label].T for label in range(classes)]
    out_w = {(row, label): (tangential[label] * hess_w)[row, label] + numbers[tau] * numbers[g] * dW[row, label]
             for row in range(classes) for label in range(classes)}
    out_h = {(row, *at): (tangential[at[0]] * vector)[row] + beta * dh[row]
             for at, (vector, dh) in hess_h.items() for row in range(classes)}
    return out_w, out_h


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_the_hessian_is_that_of_explicit_matrices(sizes):
    classes, samples = sizes
    numbers = {K: sympy.Integer(classes), n: sympy.Integer(samples), tau: sympy.Rational(7, 3),
               g: sympy.Rational(2, 5), a: sympy.Rational(-3, 4), b: sympy.Rational(5, 7)}
    entries = {tensor: _random_tensor(tensor, numbers, random.Random(classes)) for tensor in (X, Y)}
    found = apply_sphere_hessian(SphereMove.of(dW=X[p, j], dH=Y[p, k, i]))
    hess_w, hess_h = explicit(classes, samples, numbers, entries)
    assert any(value != 0 for value in hess_w.values()) and any(entries[X][c, c] != 0 for c in range(classes))
    for (row, label), value in hess_w.items():
        assert _evaluate(found.dW, numbers, entries, {"p": row, "j": label}) == value
    for (row, label, sample), value in hess_h.items():
        assert _evaluate(found.dH, numbers, entries, {"p": row, "k": label, "i": sample}) == value


def is_zero(expression):
    return all(sympy.cancel(coefficient) == 0 for coefficient in expression.terms.values())


def test_the_projection_takes_what_is_along_1_and_along_the_column():
    column, u = Index("c", K), Tensor("u", (K,))
    classifier = delta(p, column) - scalar(1) / K
    out = _tangent(column, u[p])
    assert is_zero(total(out, p)) and is_zero(out.at({p: column}))
    assert is_zero(_tangent(column, scalar(1))) and is_zero(_tangent(column, classifier))
    assert not is_zero(out) and is_zero(_tangent(column, out) - out)


def test_the_moved_logit_slopes_sum_to_zero():
    """Hess L 1 = 0: the part along e_k, which the projections hide, is what makes the sum vanish."""
    assert is_zero(total(_moved_logits(SphereMove.of(dW=X[p, j], dH=Y[p, k, i])), j))


def test_the_multiplicities_fill_the_span_of_the_frame():
    """K + N columns with K - 2 tangent dimensions each; a sector counts once for each of its directions."""
    filled = sum(sector.multiplicity * len(sector.basis) for sector in sphere_sectors())
    assert sympy.expand(filled - (K + n * K) * (K - 2)) == 0
