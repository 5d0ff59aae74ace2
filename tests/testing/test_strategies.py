"""Strategies draw what they say, exactly, and shrink to what a person would write first."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from ncproofs.calculus.logit_facts import is_convex, is_shift_invariant
from ncproofs.calculus.objective import objective_value
from ncproofs.calculus.sphere_objective import sphere_value
from ncproofs.critical.search import gradient, pack
from ncproofs.errors import InvalidProblem, OutOfScope, UnknownName
from ncproofs.losses import cross_entropy, focal, mean_squared
from ncproofs.problems.features import Ridge, Spheres
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.testing import strategies
from ncproofs.truth import Truth

SMALL = Ridge(cross_entropy(), 3, 3, 1, "1/100", "1/100")
ROUND = Spheres(cross_entropy(), 3, 3, 1, 2)


def test_problems_shrink_to_the_simplest() -> None:
    assert find(strategies.ridge_problems(), lambda p: True) == Ridge(cross_entropy(), 2, 1, 1, "1/10", "1/10")
    assert find(strategies.sphere_problems(), lambda p: p.K > 2) == Spheres(cross_entropy(), 3, 2, 1, 1)


@given(st.data())
@settings(max_examples=30)
def test_ranges_are_kept(data: st.DataObject) -> None:
    problem = data.draw(strategies.ridge_problems(K=(3, 4), extra=(-1, 0), n=(2, 2), bias=("none",)))
    assert problem.K in (3, 4) and problem.K - 1 <= problem.d <= problem.K
    assert problem.n == 2 and problem.lambda_b is None
    assert 1 < data.draw(strategies.sphere_problems(tau=(1, 2))).tau <= 2


def test_an_empty_range_of_temperatures_is_refused() -> None:
    with pytest.raises(InvalidProblem, match="least < largest"):
        find(strategies.sphere_problems(tau=(3, 3)), lambda problem: True)


@pytest.mark.parametrize(("strategy", "said"), [
    (strategies.ridge_problems(K=(4, 2)), r"K=\(4, 2\) given, but \(least, largest\)"),
    (strategies.sphere_problems(n=(3, 1)), r"n=\(3, 1\)"),
    (strategies.ridge_problems(bias=("free",)), "the modes are none, 0, positive"),
])
def test_what_strategies_cannot_draw_from_is_refused(strategy: st.SearchStrategy[object], said: str) -> None:
    with pytest.raises(InvalidProblem, match=said):
        find(strategy, lambda problem: True)


@given(strategies.losses(convex=True), strategies.losses(shift_invariant=True))
@settings(max_examples=15)
def test_losses_have_the_property_asked_for(convex: object, invariant: object) -> None:
    assert is_convex(convex).truth is Truth.HOLDS  # type: ignore[arg-type]
    assert is_shift_invariant(invariant).truth is Truth.HOLDS  # type: ignore[arg-type]


def test_without_a_property_every_loss_occurs() -> None:
    assert find(strategies.losses(), lambda loss: loss.name.startswith("focal")) == focal(0)
    assert find(strategies.losses(), lambda loss: loss == mean_squared())
    with pytest.raises(NoSuchExample):
        find(strategies.losses(convex=True), lambda loss: loss.name.startswith("focal"))


@given(strategies.unit_vectors(4))
def test_unit_vectors_are_exact(vector: list[Fraction]) -> None:
    assert sum(entry * entry for entry in vector) == 1


def test_a_line_has_no_unit_vectors_to_draw() -> None:
    with pytest.raises(InvalidProblem, match="at least 2"):
        strategies.unit_vectors(1)


@given(st.data())
@settings(max_examples=20)
def test_points_fit_their_problem(data: st.DataObject) -> None:
    problem = data.draw(strategies.ridge_problems())
    W, H, b = data.draw(strategies.points(problem))
    matrices = [[[str(x) for x in row] for row in part] for part in (W, H)]
    column = None if b is None else [[str(x)] for x in b]
    from flint import arb_mat

    made = [arb_mat([[_ball(x) for x in row] for row in part]) for part in matrices]
    at = objective_value(problem, *made, None if column is None else arb_mat([[_ball(r[0])] for r in column]), 64)
    assert at.is_finite() and at >= 0


def _ball(text: str) -> object:
    from ncproofs.arithmetic.ball import ball_of

    return ball_of(Fraction(text), 64)


@given(st.data())
@settings(max_examples=20)
def test_tangent_vectors_are_exactly_tangent(data: st.DataObject) -> None:
    problem = data.draw(strategies.sphere_problems())
    point = data.draw(strategies.points(problem))
    tangent = data.draw(strategies.tangent_vectors(problem, point))
    for X, V in zip(point, tangent, strict=True):
        for x, v in zip(zip(*X, strict=True), zip(*V, strict=True), strict=True):
            assert sum(a * a for a in x) == 1 and sum(a * b for a, b in zip(x, v, strict=True)) == 0
    assert sphere_value(problem, *point, 64).is_finite()


@given(strategies.critical_points(SMALL))
@settings(max_examples=10)
def test_critical_points_are_critical(found: object) -> None:
    x = pack(found.W, found.H, found.b)  # type: ignore[attr-defined]
    assert np.linalg.norm(gradient(SMALL, x)) < 1e-7


def test_critical_points_of_every_kind_occur() -> None:
    saddle = find(strategies.critical_points(SMALL), lambda found: found.index > 0)
    assert saddle.value > find(strategies.critical_points(SMALL), lambda found: found.index == 0).value
    assert find(strategies.critical_points(ROUND), lambda found: found.index > 0).gradient_norm < 1e-8


@given(strategies.near_critical_points(ROUND, within=Fraction(1, 100)))
@settings(max_examples=5)
def test_near_critical_points_stay_on_the_spheres(found: object) -> None:
    assert np.allclose(np.linalg.norm(found.W, axis=0), 1)  # type: ignore[attr-defined]


SETS = MultiLabel(3, 2, "1/60", "1/90", "1/9", labels="1; 2; 1 3; 2")


@given(strategies.near_critical_points(SETS))
@settings(max_examples=5)
def test_near_points_are_moved_in_every_part_and_say_what_they_are_near(found: strategies.NearCriticalPoint) -> None:
    for moved, part in ((found.W, found.near.W), (found.H, found.near.H), (found.b, found.near.b)):
        assert moved.shape == part.shape and 0 < np.abs(moved - part).max() <= 1e-3
    assert not hasattr(found, "value")


@given(st.data())
@settings(max_examples=8)
def test_what_is_printed_finds_the_point_again(data: st.DataObject) -> None:
    for problem in (SMALL, ROUND, SETS):
        near = data.draw(strategies.near_critical_points(problem))
        printed = repr(near).partition("  #")[0].replace(f"<{problem}>", "problem")
        names = {name: getattr(strategies, name) for name in ("critical_point", "near_critical_point")}
        # What is evaluated is the text of this package, as a person would paste it; nothing comes from outside.
        again = eval(printed.replace("1/1000", "within"), names | {"problem": problem, "within": near.within})
        assert np.array_equal(again.W, near.W) and np.array_equal(again.H, near.H)
        assert again.near.value == near.near.value and repr(again) == repr(near)


def test_a_failing_property_names_problem_and_seed() -> None:
    @given(strategies.critical_points(SMALL))
    @settings(max_examples=3, database=None)
    def no_point(found: strategies.CriticalPoint) -> None:
        raise AssertionError(repr(found))

    with pytest.raises(AssertionError, match=r"critical_point\(<cross_entropy K=3 d=3 .*>, 'plain', 0\)") as caught:
        no_point()
    assert any("critical_point(<cross_entropy K=3" in note for note in caught.value.__notes__)


def test_what_the_search_does_not_cover_is_refused_when_the_strategy_is_made() -> None:
    with pytest.raises(OutOfScope, match="too many for critical points"):
        strategies.critical_points(Ridge(cross_entropy(), 20, 20, 5, "1/100", "1/100"))
    with pytest.raises(OutOfScope, match="lower K, d or n"):
        strategies.near_critical_points(Spheres(cross_entropy(), 20, 30, 5, 1))
    with pytest.raises(InvalidProblem, match="is not a problem"):
        strategies.critical_points("cross_entropy")  # type: ignore[arg-type]
    with pytest.raises(UnknownName):
        strategies.critical_point(SMALL, "annealing", 0)
    with pytest.raises(InvalidProblem, match="rng=-1"):
        strategies.critical_point(SMALL, "plain", -1)
