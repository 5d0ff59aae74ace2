"""The checker sees by itself, and only where it is true, that a shift of all logits changes nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncproofs.critical.random_points import critical_points
from ncproofs.losses import cross_entropy
from ncproofs.losses.spelling import loss_from_expression
from ncproofs.problems.features import Ridge
from ncproofs.proof import checker
from ncproofs.proof.certificate import NoCertificate, problem_record
from ncproofs.proof.checker_ridge import Problem
from ncproofs.proof.checker_shifts import is_shift_invariant
from ncproofs.proof.point_certificates import point_certificate

WAVE, PLAIN = ["exp", "z"], "z"


def free(loss: Any) -> Ridge:
    return Ridge(loss, 3, 1, 2, "1/9", "1/6", 0)


@pytest.mark.parametrize("text", [
    "S1*exp(-t)", "log(S1) - t", "(log(S1) - t)*(1 - exp(t)/S1)**2", "(S1*exp(-t) - 1)**(3/2)", "sqrt(S1)*exp(-t/2)",
    "log(S1) - (1 - 1/10)*t - S2/(10*K)", "log(S1) - t + log(1 + (K - 1)*exp(t)/S1)",
])
def test_losses_of_ones_own_are_seen_to_be_invariant(text: str) -> None:
    loss = loss_from_expression(text, ["exp(z)", "z"] if "S2" in text else ["exp(z)"])
    assert Problem(problem_record(free(loss))).loss.is_shift_invariant(3)


@pytest.mark.parametrize(("phi", "sums", "invariant"), [
    (["-", ["log", "S1"], "t"], [WAVE], True),
    (["-", ["log", "S1"], ["*", "2", "t"]], [WAVE], False),
    (["-", ["log", "S1"], "t"], [["exp", ["*", "2", "z"]]], False),
    (["-", ["log", "S1"], ["*", "2", "t"]], [["exp", ["*", "2", "z"]]], True),
    (["-", ["/", "S1", "3"], "t"], [PLAIN], True),
    (["-", ["/", "S1", "4"], "t"], [PLAIN], False),
    (["-", ["/", "S1", "K"], "t"], [PLAIN], True),
    (["+", ["/", "S1", ["exp", "t"]], "t"], [WAVE], False),
    (["+", "S1", ["exp", "t"]], [WAVE], False),
    (["log", ["+", "S1", "1"]], [WAVE], False),
    (["-", "t"], [], False),
    (["-", "S1", "S1"], [["^", "z", 2]], False),  # true, but not by its form
    (["^", "t", 0], [], False),
    (["pow", "S1", "t"], [WAVE], False),
    (["*", "0", "t"], [], True),
    (["/", "3", "t"], [], False),
    ("z", [], False),
    ("5", [], True),
])
def test_what_moves_is_not_seen_to_stay(phi: Any, sums: list[Any], *, invariant: bool) -> None:
    assert is_shift_invariant(phi, sums, 3) is invariant


_LEAVES = st.sampled_from(["t", "S1", "S2", "K", "1", "2", "1/2", "-1"])
_EXPRESSIONS = st.recursive(_LEAVES, lambda inner: st.one_of(
    st.tuples(st.sampled_from(["+", "*", "/", "-"]), inner, inner),
    st.tuples(st.sampled_from(["-", "exp", "log"]), inner),
    st.tuples(st.just("^"), inner, st.integers(-2, 2)),
).map(list), max_leaves=8)


def _value(e: Any, z: list[float]) -> float:
    if isinstance(e, str):
        named = {"t": z[0], "K": 3.0, "S1": sum(map(math.exp, z)), "S2": sum(z)}
        return named[e] if e in named else float(eval_fraction(e))
    if e[0] == "^":
        return float(_value(e[1], z) ** e[2])
    x = [_value(part, z) for part in e[1:]]
    if len(x) == 1:
        return {"-": lambda: -x[0], "exp": lambda: math.exp(x[0]), "log": lambda: math.log(x[0])}[e[0]]()
    return {"+": lambda: x[0] + x[1], "-": lambda: x[0] - x[1], "*": lambda: x[0] * x[1],
            "/": lambda: x[0] / x[1]}[e[0]]()


def eval_fraction(text: str) -> float:
    top, _, bottom = text.partition("/")
    return int(top) / int(bottom or 1)


@given(_EXPRESSIONS)
def test_no_expression_that_moves_is_taken_for_one_that_stays(e: Any) -> None:
    """Compared in floats at two places: an answer "unchanged" is never contradicted."""
    if not is_shift_invariant(e, [WAVE, PLAIN], 3):
        return
    z, s = [0.3, -0.4, 0.9], 0.37
    try:
        before, after = _value(e, z), _value(e, [entry + s for entry in z])
    except (ArithmeticError, ValueError):
        return
    if isinstance(before, float) and isinstance(after, float) and abs(before) < 1e6:
        assert math.isclose(before, after, rel_tol=1e-6, abs_tol=1e-6), e


def test_critical_points_of_ones_own_loss_with_a_free_bias_have_certificates() -> None:
    result = critical_points(free(loss_from_expression("S1*exp(-t)", ["exp(z)"])), 8)
    raws = [point_certificate(result.problem, point) for point in result.certified]
    assert len(raws) >= 3
    assert {checker.check(raw)[0] for raw in raws} == {"accepted"}


def test_a_form_that_hides_the_shift_is_named() -> None:
    hidden = loss_from_expression("log(S1)**2 - 2*t*log(S1) + t**2 + log(S1) - t", ["exp(z)"])
    result = critical_points(free(hidden), 2)
    with pytest.raises(NoCertificate, match="must see that a shift of all logits"):
        point_certificate(result.problem, result.certified[0])
    assert Problem(problem_record(free(cross_entropy()))).loss.is_shift_invariant(3)
