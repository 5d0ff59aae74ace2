"""Which point is optimal on spheres, and what it is worth."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from scipy.optimize import minimize

from ncproofs.calculus.sphere_objective import sphere_multipliers, sphere_value
from ncproofs.critical.sphere_optimum import closed_form, sphere_optimum, sphere_regime
from ncproofs.critical.sphere_points import named_point
from ncproofs.errors import InexactInput, InvalidProblem, OutOfScope
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import Loss, S, T, Z
from ncproofs.losses.projected_mean_squared import projected_mean_squared
from ncproofs.problems.features import Spheres
from ncproofs.truth import Rigor, Truth

CE, MSE, PMSE = cross_entropy(), mean_squared(), projected_mean_squared()
HOLDS, FAILS, UNDECIDED = Truth.HOLDS, Truth.FAILS, Truth.UNDECIDED

REGIMES = {
    "cross-entropy, tiny tau": (Spheres(CE, 5, 4, 2, "1/100"), "collapse", HOLDS),
    "cross-entropy, large tau": (Spheres(CE, 5, 9, 2, 60), "collapse", HOLDS),
    "label smoothing below": (Spheres(label_smoothing("1/10"), 3, 2, 1, "2.22"), "collapse", HOLDS),
    "label smoothing beyond": (Spheres(label_smoothing("1/10"), 3, 3, 1, "2.23"), "tilted collapse", HOLDS),
    "label smoothing beyond, d = K-1 = 2": (Spheres(label_smoothing("1/10"), 3, 2, 1, "2.4"), "collapse", UNDECIDED),
    "label smoothing far beyond, d = K-1 = 2": (Spheres(label_smoothing("1/10"), 3, 2, 1, "2.5"), "collapse", FAILS),
    "label smoothing beyond, d = K-1 = 3": (Spheres(label_smoothing("1/10"), 4, 3, 1, 3), "collapse", FAILS),
    "focal": (Spheres(focal(2), 5, 4, 1, "33/10"), "collapse", HOLDS),
    "focal, many classes": (Spheres(focal(5), 1000, 2048, 50, 10), "collapse", HOLDS),
    "mean squared": (Spheres(MSE, 3, 3, 2, "1/2"), "orthogonal frame", HOLDS),
    "mean squared, tau = 1": (Spheres(MSE, 3, 4, 2, 1), "orthogonal frame", HOLDS),
    "mean squared, tau > 1": (Spheres(MSE, 3, 3, 2, "3/2"), "exact fit", HOLDS),
    "mean squared, d = K-1, small tau": (Spheres(MSE, 3, 2, 1, "1/10"), "tight frame", HOLDS),
    "mean squared, d = K-1, tau K > d": (Spheres(MSE, 3, 2, 1, "7/10"), "collapse", UNDECIDED),
    "projected": (Spheres(PMSE, 4, 3, 1, "3/4"), "collapse", HOLDS),
    "projected, tau beyond": (Spheres(PMSE, 4, 4, 1, "76/100"), "tilted collapse", HOLDS),
}


@pytest.mark.parametrize("problem, regime, truth", REGIMES.values(), ids=REGIMES.keys())
def test_regimes(problem, regime, truth):
    found = sphere_optimum(problem, digits=20)
    assert (found.regime, found.truth) == (regime, truth)
    assert (found.truth is HOLDS) == (found.rigor >= Rigor.ENCLOSED) or truth is FAILS
    assert bool(found.holes) == (truth is UNDECIDED)
    for value in found.quantities.values():
        assert value.relative_width() < Fraction(1, 10**20)


@pytest.mark.parametrize(
    "problem, point",
    [(Spheres(loss, 3, 3, 2, "3/5"), point) for loss in (CE, label_smoothing("1/5"), focal(2), MSE, PMSE)
     for point in ("etf", "antipodal")],
)
def test_quantities_are_those_of_the_point(problem, point):
    """Objective and multipliers against the point itself, in balls."""
    found = sphere_optimum(problem, point=point)
    at = named_point(problem, found.point, 128)
    assert sphere_value(problem, *at, 128).overlaps(found.quantities["objective"].ball())
    for name, values in zip(("multiplier_W", "multiplier_H"), sphere_multipliers(problem, *at, 128), strict=True):
        assert all(value.overlaps(found.quantities[name].ball()) for value in values)


def test_mean_squared_errors_have_exact_values():
    assert sphere_optimum(Spheres(MSE, 3, 3, 2, "1/2")).quantities["objective"].lower == Fraction(1, 8)
    assert sphere_optimum(Spheres(PMSE, 4, 5, 1, "1/2")).quantities["objective"].lower == Fraction(1, 24)
    etf = sphere_optimum(Spheres(MSE, 3, 2, 1, "1/10")).quantities["objective"]
    assert etf.lower == (Fraction(81, 100) + Fraction(1, 200)) / 2


def test_label_smoothing_beyond_its_threshold_is_worth_the_entropy():
    found = sphere_optimum(Spheres(label_smoothing("1/10"), 3, 3, 1, 3))
    lower, _ = found.quantities["objective"].decimals(9)
    assert lower.startswith("0.291139838")
    assert found.geometry == "equal logit gaps" and found.point is None
    assert found.quantities["multiplier_W"].is_point and "condition_number" not in found.quantities


def test_conditioning_is_best_at_a_finite_temperature():
    condition = [sphere_optimum(Spheres(CE, 4, 4, 1, tau)).quantities["condition_number"].ball()
                 for tau in ("1/10", "3/2", 20)]
    assert condition[1].contains(3) and condition[0] > 30 and condition[2] > 15


def test_the_antipodal_point_is_not_called_optimal():
    found = sphere_optimum(Spheres(CE, 3, 3, 1, 1), point="antipodal")
    assert found.regime == "antipodal critical point, not the optimum"
    assert found.quantities["objective"].lower > sphere_optimum(Spheres(CE, 3, 3, 1, 1)).quantities["objective"].upper


FORMS = [Spheres(loss, 4, 4, 2, tau) for loss in (CE, label_smoothing("1/5"), focal(2), focal("1/2"), MSE, PMSE)
         for tau in ("3/5", "7/2")]


@pytest.mark.parametrize("problem", FORMS, ids=str)
def test_closed_forms_are_those_of_the_optimum(problem):
    at, regime = sphere_optimum(problem, digits=30), sphere_regime(problem)
    known = 0
    for name, enclosure in at.quantities.items():
        form = closed_form(problem, regime, name)
        if form is not None:
            known += 1
            value = Fraction(str(sympy.N(form, 45)))
            assert abs(value - enclosure.lower) <= Fraction(1, 10**29) * max(1, abs(enclosure.upper)), name
    assert known >= 3


@pytest.mark.parametrize(
    "problem, above", [(Spheres(CE, 3, 2, 1, 2), True), (Spheres(label_smoothing("9/10"), 3, 2, 1, 10), False)]
)
def test_the_antipodal_value_is_said_to_be_higher_where_it_is(problem, above):
    """With much smoothing the loss of a sample prefers h = -w: K/(K-1) < 2 alpha."""
    values = [sphere_value(problem, *named_point(problem, point, 128), 128) for point in ("antipodal", "etf")]
    assert values[0] > values[1] if above else values[0] < values[1]
    assert ("its value exceeds" in sphere_optimum(problem, point="antipodal", digits=5).because) is above


def test_refusals():
    with pytest.raises(InvalidProblem, match="d >= K - 1; got d=2, K=4"):
        sphere_optimum(Spheres(CE, 4, 2, 1, 1))
    with pytest.raises(InvalidProblem, match="'etf' or 'antipodal'"):
        sphere_optimum(Spheres(CE, 4, 4, 1, 1), point="summit")
    with pytest.raises(InvalidProblem, match="digits"):
        sphere_optimum(Spheres(CE, 4, 4, 1, 1), digits=0)
    with pytest.raises(OutOfScope):
        sphere_optimum(Spheres(Loss("quartic", S(1) - T, (Z**4,), "a test"), 3, 3, 1, 1))
    with pytest.raises(InvalidProblem, match="tau > 0"):
        Spheres(CE, 3, 3, 1, 0)
    with pytest.raises(InexactInput):
        Spheres(CE, 3, 3, 1, 0.5)


@pytest.mark.parametrize(("K", "d", "n", "tau"), [
    (3, 2, 1, "1/2"), (3, 2, 1, "2/3"), (4, 2, 2, "1/2"), (5, 3, 1, "1/3"), (6, 5, 1, "5/6"), (7, 2, 1, "1/10")])
def test_squared_error_in_few_dimensions_has_tight_frames(K: int, d: int, n: int, tau: str) -> None:
    """Descent reaches (1 - 2 tau + tau^2 K/d)/2 and does not pass it; the frame it finds is tight, with h = w."""
    problem = Spheres(mean_squared(), K, d, n, tau)
    found = sphere_optimum(problem, digits=15)
    assert (found.truth, found.rigor, found.geometry) == (Truth.HOLDS, Rigor.EXACT, "unit-norm tight frame")
    t, value = float(Fraction(tau)), float(found.quantities["objective"].lower)
    assert value == pytest.approx((1 - 2 * t + t * t * K / d) / 2, abs=1e-12)
    targets = np.repeat(np.eye(K), n, axis=1)

    def objective(x: np.ndarray) -> float:
        X = x.reshape(d, K + K * n)
        X = X / np.linalg.norm(X, axis=0)
        return float(((t * X[:, :K].T @ X[:, K:] - targets) ** 2).sum()) / (2 * K * n)

    rng = np.random.default_rng(0)
    ends = [minimize(objective, rng.standard_normal(d * (K + K * n)), options={"gtol": 1e-9}) for _ in range(6)]
    best = min(ends, key=lambda end: float(end.fun))
    assert min(float(end.fun) for end in ends) == pytest.approx(value, abs=1e-8)
    X = best.x.reshape(d, -1)
    X = X / np.linalg.norm(X, axis=0)
    W, H = X[:, :K], X[:, K:]
    near = 2e-2 if t * K == d else 1e-3  # flat where the bound stops falling
    assert np.abs(W @ W.T - K / d * np.eye(d)).max() < near and np.abs(np.repeat(W, n, axis=1) - H).max() < near


def test_squared_error_beyond_tight_frames_is_open() -> None:
    assert sphere_optimum(Spheres(mean_squared(), 3, 2, 1, "667/1000")).truth is not Truth.HOLDS
    with pytest.raises(InvalidProblem):
        sphere_optimum(Spheres(mean_squared(), 4, 2, 1, "501/1000"))
    with pytest.raises(InvalidProblem):
        sphere_optimum(Spheres(mean_squared(), 4, 2, 1, "1/2"), point="antipodal")
