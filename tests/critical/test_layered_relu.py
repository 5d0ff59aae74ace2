"""Two layers with a ReLU: what is certified, what is open, and points below the linear minimum."""

import dataclasses
from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.calculus.layered_objective import layered_value
from ncproofs.critical.layered_optimum import layered_optimum
from ncproofs.critical.layered_relu import linear_part, relu_status, rival, rival_factors
from ncproofs.errors import InvalidProblem, OutOfScope
from ncproofs.problems.layered import Layered
from ncproofs.truth import Rigor, Truth


def at(K, kappa, **more):
    """n = 1 and equal decays kappa/K."""
    weight = Fraction(kappa) / K
    return Layered(layers=2, K=K, lambdas=(weight, weight), lambda_H=weight, relu=True, **more)


STATUS = {
    "two classes, light decay": (at(2, "1/5"), Truth.HOLDS, "two rows or columns"),
    "two classes, beyond kappa_c": (at(2, "2/5"), Truth.HOLDS, "two rows or columns"),
    "two classes, one feature": (at(2, "1/5", widths="1,2"), Truth.HOLDS, "two rows or columns"),
    "two classes, one hidden unit": (at(2, "1/5", widths="2,1"), Truth.HOLDS, "two rows or columns"),
    "two hidden units": (at(5, "2/5", widths="5,2"), Truth.HOLDS, "two rows or columns"),
    "three hidden units": (at(5, "1/5", widths="5,3"), Truth.UNDECIDED, "hypothesis NN"),
    "three classes, two features": (at(3, "3/10", widths="2,3"), Truth.UNDECIDED, "hypothesis NN"),
    "three classes, one feature": (at(3, "3/10", widths="1,3"), Truth.HOLDS, "of rank one"),
    "four classes, two features": (at(4, "1/5", widths="2,4"), Truth.UNDECIDED, "hypothesis NN"),
    "seven classes, two features": (at(7, "1/5", widths="2,7"), Truth.UNDECIDED, "serve 4 directions only"),
    "three classes": (at(3, "3/10"), Truth.UNDECIDED, "hypothesis NN"),
    "four classes at kappa_c": (at(4, "2/5"), Truth.UNDECIDED, "hypothesis NN"),
    "five classes below the interval": (at(5, "37/100"), Truth.UNDECIDED, "hypothesis NN"),
    "five classes inside it": (at(5, "371/1000"), Truth.FAILS, "circ(1,1,0,-1/phi,0)"),
    "five classes near its end": (at(5, "404/1000"), Truth.FAILS, "circ(1,1,0,-1/phi,0)"),
    "five classes beyond it": (at(5, "405/1000"), Truth.UNDECIDED, "hypothesis NN"),
    "six classes below the interval": (at(6, "364/1000"), Truth.UNDECIDED, "hypothesis NN"),
    "six classes inside it": (at(6, "365/1000"), Truth.FAILS, "circ(1,1,0,-1,-1,0)"),
    "six classes near its end": (at(6, "407/1000"), Truth.FAILS, "circ(1,1,0,-1,-1,0)"),
    "six classes beyond it": (at(6, "408/1000"), Truth.UNDECIDED, "hypothesis NN"),
    "eleven classes, both blocks": (at(11, "2/5"), Truth.FAILS, "1 x 213"),
    "a thousand classes": (at(1000, "2/5"), Truth.FAILS, "circ"),
    "strong decay": (at(6, "73/100"), Truth.HOLDS, ">= K: zero"),
    "strong decay, one hidden unit": (at(9, 1, widths=1), Truth.HOLDS, ">= K: zero"),
    "almost strong decay": (at(6, "72/100"), Truth.UNDECIDED, "hypothesis NN"),
}


@pytest.mark.parametrize(("problem", "truth", "said"), STATUS.values(), ids=STATUS)
def test_status(problem, truth, said):
    found, because, better = relu_status(problem)
    assert found is truth and (said in because or truth is Truth.FAILS)
    assert (better is not None) == (truth is Truth.FAILS)
    optimum = layered_optimum(problem, digits=15)
    assert optimum.truth is truth
    assert bool(optimum.holes) == ("hypothesis NN" in because)  # elsewhere (NN) would not settle it
    assert ("better_value" in optimum.quantities) == (truth is Truth.FAILS)
    assert optimum.rigor >= Rigor.ENCLOSED
    # Only where the linear minimum is the minimum is it called the objective.
    name = "objective" if truth is Truth.HOLDS else "linear_objective"
    assert optimum.quantities[name] == layered_optimum(linear_part(problem), digits=15).quantities["objective"]
    assert ("objective" in optimum.quantities) == (truth is Truth.HOLDS)
    assert not any("optimal" in note for note in optimum.notes) or optimum.regime == "tie"
    assert not {"cosine", "feature_norm_sq", "W_singular_values_sq_1"} & set(optimum.quantities)


def relu_descent(K, features, hidden, weight, starts):
    """The least value that L-BFGS reaches, from the objective as it is written."""
    import numpy as np
    from scipy.optimize import minimize

    sizes = (hidden * features, features * K, K * hidden)

    def value(x):
        first, H, second = np.split(x, np.cumsum(sizes)[:2])
        logits = second.reshape(K, hidden) @ np.maximum(first.reshape(hidden, features) @ H.reshape(features, K), 0)
        return ((logits - np.eye(K)) ** 2).sum() / (2 * K) + weight / 2 * (x**2).sum()

    rng = np.random.default_rng(0)
    return min(minimize(value, rng.standard_normal(sum(sizes)), method="L-BFGS-B").fun for _ in range(starts))


@pytest.mark.parametrize(("K", "features", "hidden", "weight"), [
    (2, 1, 2, "1/15"), (2, 2, 1, "1/15"), (2, 1, 1, "1/15"), (3, 2, 3, "1/20"), (3, 1, 3, "1/15"), (3, 3, 2, "1/15"),
    (4, 2, 4, "1/20"),
])
def test_two_classes_share_a_feature_at_no_cost(K, features, hidden, weight):
    """min(K, 2 d_1, d_2) directions: the shown value is reached and not beaten."""
    problem = Layered(layers=2, K=K, widths=(features, hidden), lambdas=(weight, weight), lambda_H=weight, relu=True)
    quantities = layered_optimum(problem, digits=15).quantities
    shown = quantities.get("objective", quantities.get("linear_objective")).ball()
    reached = relu_descent(K, features, hidden, float(Fraction(weight)), 40)
    assert abs(reached - float(shown.mid())) < 1e-6


BEATEN = [(5, "2/5"), (6, "2/5"), (7, "39/100"), (11, "2/5"), (13, "39/100")]


@pytest.mark.parametrize(("K", "kappa"), BEATEN)
def test_the_better_point_written_out(K, kappa):
    """The objective itself at explicit matrices: nothing of the reduction is used."""
    problem = at(K, kappa)
    found = rival(problem)
    value = layered_value(problem, rival_factors(problem, found, 160), None, 160)
    assert value.overlaps(found.value) and value.rad() < 1e-20
    assert value < found.linear
    linear = layered_optimum(linear_part(problem), digits=20).quantities["objective"]
    assert found.linear.overlaps(linear.ball())


def test_the_reference_counterexample():
    """K = 6, kappa = a = 2/5: 621/2002 + 8 sqrt 3/75; the point found is at least as good."""
    with ctx.workprec(128):
        reference = arb(fmpq(621, 2002)) + 8 * arb(3).sqrt() / 75
        problem = at(6, "2/5")
        exact = dataclasses.replace(rival(problem), a6=Fraction(2, 5))
        value = layered_value(problem, rival_factors(problem, exact, 128), None, 128)
        assert value.overlaps(reference) and value.rad() < 1e-20
        assert rival(problem).value < reference < arb(1) / 2


@given(st.integers(5, 40), st.fractions(Fraction(1, 100), Fraction(1, 2), max_denominator=200), st.integers(1, 4))
@settings(max_examples=30)
def test_a_rival_is_always_certified(K, kappa, n):
    weight = kappa / K
    problem = Layered(layers=2, K=K, n=n, lambdas=(weight, weight), lambda_H=weight / n, relu=True)
    found = rival(problem)
    if found is not None:
        assert found.value < found.linear
        assert 5 * found.five + 6 * found.six <= K and found.five + found.six > 0
    assert (found is None) == (rival(dataclasses.replace(problem, n=1, lambda_H=weight, class_sizes=())) is None)


def test_no_rival_among_few_classes_or_hidden_units():
    assert rival(at(4, "2/5")) is None
    assert rival(at(6, "2/5", widths=5)) is None


def test_many_samples_are_written_out_by_reduction():
    weight = Fraction(1, 15)
    problem = Layered(layers=2, K=6, n=2, lambdas=(weight, weight), lambda_H=weight / 2, relu=True)
    with pytest.raises(OutOfScope, match="n lambda_H in place of lambda_H"):
        rival_factors(problem, rival(problem), 64)


def test_every_a_of_the_family_is_worth_the_linear_minimum():
    """T = p ((1+a) I - a 11^T), K = 3: the first features are no orthogonal frame, the value is the same."""
    from flint import arb_mat

    from ncproofs.critical.layered_minimiser import energy, point_factors
    from ncproofs.critical.profiles import to_ball

    problem = at(3, "3/10")
    linear = layered_optimum(linear_part(problem), digits=30).quantities
    with ctx.workprec(160):
        sigma = linear["sigma_plus"].ball()
        frame = arb_mat(3, 3, [arb(int(i == j)) for i in range(3) for j in range(3)])
        energies = [energy(problem, Fraction(1), sigma)] * 3
        _, _, last = point_factors(linear_part(problem), energies, (frame, frame), 160)
        scale = (to_ball(Fraction(1, 10)) / to_ball(problem.lambda_H)).sqrt()  # nu = kappa/K = 1/10
        p = sigma ** to_ball(Fraction(2, 3))
        for a in (Fraction(1, 10), Fraction(1, 3), Fraction(1, 2)):
            # the root of T: sqrt(p (1+a)) off 1 and sqrt(p (1 - 2a)) on it
            off, on = (p * to_ball(1 + a)).sqrt(), (p * to_ball(1 - 2 * a)).sqrt()
            root = arb_mat(3, 3, [(off if i == j else arb(0)) + (on - off) / 3 for i in range(3) for j in range(3)])
            value = layered_value(problem, [root * scale, root * scale, last], None, 160)
            assert value.overlaps(linear["objective"].ball()) and value.rad() < 1e-20
            gram = (root.transpose() * root).tolist()
            assert gram[0][1] < 0


def test_relu_needs_two_layers():
    with pytest.raises(InvalidProblem, match="write layers=2"):
        Layered(layers=3, K=6, lambdas=("1/15",) * 3, lambda_H="1/15", relu=True)
