"""The exact expressions against the balls of the optimum, and the curvature at the origin against a dense Hessian."""

from fractions import Fraction

import pytest
import sympy
from flint import arb_mat

from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.calculus.objective import dense_hessian
from ncproofs.critical.closed_forms import closed_form, origin_curvature, scale_constant
from ncproofs.critical.optimum import optimum
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.problems.features import Ridge

W = ("1/50", "1/30")
FORMS = {
    "CE": Ridge(cross_entropy(), 4, 3, 3, *W, "1/10"),
    "CE trivial": Ridge(cross_entropy(), 3, 4, 2, "3/5", "4/5", 0),
    "LS": Ridge(label_smoothing("1/10"), 5, 5, 2, *W, 0),
    "focal trivial": Ridge(focal("1/2"), 3, 2, 2, 1, 1, 0),
    "MSE orthogonal frame": Ridge(mean_squared(), 3, 4, 2, *W),
    "MSE intermediate": Ridge(mean_squared(), 3, 4, 2, *W, 1),
    "MSE free bias": Ridge(mean_squared(), 4, 4, 1, *W, 0),
    "MSE rank 2": Ridge(mean_squared(), 5, 2, 2, *W, "1/10"),
    "MSE trivial": Ridge(mean_squared(), 3, 4, 2, "3/5", "4/5", 1),
}


def decimals(expression):
    return Fraction(str(sympy.N(expression, 40)))


@pytest.mark.parametrize("problem", FORMS.values(), ids=FORMS.keys())
def test_every_quantity_is_that_of_the_optimum(problem):
    at = optimum(problem, digits=30)
    for name, enclosure in at.quantities.items():
        form = closed_form(problem, at.details, name)
        assert form is not None, name
        gap = abs(decimals(form) - (enclosure.lower + enclosure.upper) / 2)
        assert gap <= Fraction(1, 10**28) * max(1, abs(enclosure.upper)), name
    assert closed_form(problem, at.details, "bias") is None or problem.has_bias


def test_the_focal_margin_and_a_loss_of_a_users_own_have_no_closed_form():
    problem = Ridge(focal(2), 4, 5, 2, *W)
    at = optimum(problem, digits=5)
    assert closed_form(problem, at.details, "margin") is None
    assert closed_form(problem, at.details, "objective") is None


@pytest.mark.parametrize("loss", [cross_entropy(), label_smoothing("1/10"), focal("1/2"), focal(2), mean_squared()],
                         ids=str)
@pytest.mark.parametrize("K", [2, 3])
def test_the_curvature_at_the_origin_is_twice_the_least_eigenvalue_of_equal_weights(loss, K):
    """The Hessian in (W, H) at 0 is lambda I + [[0, G], [G^T, 0]] for equal weights: its least is lambda - s_1."""
    problem = Ridge(loss, K, 2, 3, "1/7", "1/7")
    at = arb_mat(2, K), arb_mat(2, problem.N), None
    values = eigenvalue_enclosures(dense_hessian(problem, *at, 128), 128)
    least = min(values, key=lambda value: value.mid())
    form = decimals(origin_curvature(problem)) / 2
    middle = Fraction(str(least.mid().str(40, radius=False)))
    assert abs(form - middle) < Fraction(1, 10**15)


def test_the_scale_constant():
    assert scale_constant(Ridge(cross_entropy(), 4, 3, 3, "1/6", "1/8")) == sympy.Rational(1, 4)
