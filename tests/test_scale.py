"""``ncproofs scale``: agreement at known points, what is refused before it starts, and a disagreement that is seen."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction

import numpy as np
import pytest

from ncproofs import scale
from ncproofs.cli import main
from ncproofs.errors import OutOfScope
from ncproofs.losses import cross_entropy, mean_squared
from ncproofs.problems.features import Ridge
from ncproofs.truth import Truth

AGREEING = {
    "merged classes": ["-K", "60", "-d", "13"],
    "merged classes, single precision": ["-K", "60", "-d", "13", "--dtype", "float32"],
    "the optimum": ["-K", "12", "-d", "11", "-n", "3", "--loss", "label_smoothing(1/10)"],
    "the optimum with a bias": ["-K", "6", "-d", "9", "--loss", "focal(2)", "--lambda-b", "1/100"],
    "a loss of one's own": ["-K", "30", "-d", "5", "-n", "2", "--loss", "log(S1) - t + S1/50 + 1 - exp(t)/S1"],
    "squared errors": ["-K", "30", "-d", "50", "--loss", "mean_squared"],
    "a target that repels": ["-K", "30", "-d", "5", "--loss", "t - log(S1)"],
    "spheres, cross-polytope": ["-K", "40", "-d", "7", "-n", "3", "--tau", "5"],
    "spheres, simplex in groups": ["-K", "27", "-d", "5", "--tau", "2", "--loss", "focal(5/2)"],
    "spheres, one vertex": ["-K", "23", "-d", "3", "-n", "2", "--tau", "3/2", "--loss", "mean_squared"],
    "spheres, a loss of one's own": ["-K", "24", "-d", "4", "--tau", "2", "--loss", "t - log(S1) + S1/9", "-n", "5"],
    "the origin": ["-K", "97", "-d", "5", "--loss", "focal(2)"],
}


@pytest.mark.parametrize("arguments", AGREEING.values(), ids=AGREEING)
def test_kernels_agree_with_closed_forms(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scale", *arguments, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["schema"] == 1 and {check["truth"] for check in record["checks"]} == {"holds"}
    assert any(check["rigor"] == "enclosed" for check in record["checks"])


REFUSED = {
    "too large": (["-K", "1000000", "-d", "100000"], "are free on cpu"),
    "no such device": (["-K", "10", "-d", "5", "--device", "nonsense"], "device 'nonsense'"),
    "a float": (["-K", "10", "-d", "5", "--lambda-W", "x"], "is not an exact number"),
    "weights and a temperature": (
        ["-K", "10", "-d", "5", "--tau", "1", "--lambda-b", "0"], "write --tau or the weights"),
    "no critical point at 0": (["-K", "9", "-d", "5", "--loss", "mean_squared", "--lambda-b", "1"], "is not critical"),
    "no value at 0": (["-K", "9", "-d", "5", "--loss", "log(t)"], "not defined at W = H = 0"),
    "no value on the code": (["-K", "9", "-d", "5", "--tau", "1", "--loss", "log(-t)"], "not defined at the symmetric"),
    "one class": (["-K", "1", "-d", "5"], "not in the range"),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_refusals(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scale", *arguments]) == 2
    assert said in capsys.readouterr().err.replace("\n", " ")


def checks(known: scale.Known, monkeypatch: pytest.MonkeyPatch, problem: Ridge) -> list[Truth]:
    monkeypatch.setattr(scale, "known_point", lambda _: known)
    return [part.truth for part in scale.scale_checks(problem, scale.Where(np, {}, "float64"))]


def test_a_point_that_is_not_critical_or_a_wrong_value_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Ridge(cross_entropy(), 12, 5, 1, "1/48", "1/48")
    known = scale.known_point(problem)
    off = dataclasses.replace(known, point=(known.point[0] * 1.01, *known.point[1:]))
    assert checks(off, monkeypatch, problem)[:2] == [Truth.FAILS, Truth.FAILS]
    assert known.curvature is not None
    twice = dataclasses.replace(known, curvature=scale.Enclosure.exact(2 * known.curvature.lower))
    assert checks(twice, monkeypatch, problem)[2] is Truth.FAILS
    assert set(checks(known, monkeypatch, problem)) == {Truth.HOLDS}


WHOLE = {"simplex": ["-K", "8", "-d", "9"], "cross-polytope": ["-K", "18", "-d", "9"]}


@pytest.mark.parametrize("arguments", WHOLE.values(), ids=WHOLE)
def test_a_code_with_one_class_a_vertex_has_value_and_gradient(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scale", *arguments, "-n", "2", "--tau", "3", "--loss", "log(S1) - t + 1 - exp(t)/S1", "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert [check["truth"] for check in checks] == ["holds", "holds"]


def test_heavy_weight_decay_makes_no_saddle_of_the_origin(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scale", "-K", "30", "-d", "4", "--loss", "mean_squared", "--lambda-W", "10", "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert len(checks) == 3 and "kernel 19.9" in checks[2]["because"]


def test_the_origin_of_any_loss_agrees_with_that_of_softmax_losses() -> None:
    from ncproofs.critical.saddles import origin_of, origin_saddle
    from ncproofs.losses import focal, label_smoothing

    for loss in (cross_entropy(), focal("3/2"), label_smoothing("1/5")):
        problem = Ridge(loss, 7, 3, 4, "1/90", "1/200", 0)
        plain, known = origin_of(problem), origin_saddle(problem)
        for left, right in ((plain.value, known.value), (plain.curvature, known.curvature)):
            assert left.lower <= right.upper and right.lower <= left.upper and left.upper - left.lower < 1e-30


def test_the_origin_is_critical_for_a_free_bias_and_every_loss_that_ignores_shifts() -> None:
    from ncproofs.critical.saddles import origin_of
    from ncproofs.losses.spelling import loss_from_expression

    loss = loss_from_expression("log(S1) - t + (1/K)*(1 - exp(t)/S1)**2")
    pull = origin_of(Ridge(loss, 7, 3, 4, "1/90", "1/200", 0)).pull
    exact = -1 - Fraction(2, 7) * Fraction(6, 7) * Fraction(1, 7)
    assert pull.lower <= exact <= pull.upper and pull.upper - pull.lower < 1e-30


def test_a_loss_without_a_known_point_is_out_of_scope() -> None:
    with pytest.raises(OutOfScope, match="write --lambda-b none"):
        scale.known_point(Ridge(mean_squared(), 50, 5, 1, "1/100", "1/100", 0))


def test_a_bound_that_says_nothing_is_undecided(capsys: pytest.CaptureFixture[str]) -> None:
    """Infinite bounds counted as holds, and NaN as fails."""
    large = ["scale", "-K", "300", "-d", "100", "--dtype", "float32", "--threads", "1"]
    assert main([*large, "--tau", "100000"]) == 4
    out = capsys.readouterr().out
    assert "fails" not in out and out.count("undecided") >= 2 and "nan" not in out
    small = ["scale", "-K", "8", "-d", "8", "--loss", "focal(1/2)", "--lambda-W", "1/100000000", "--dtype", "float32"]
    assert main(small) == 4 and "undecided" in capsys.readouterr().out


def test_weights_far_apart_are_refused_and_heavy_ones_have_the_origin(capsys: pytest.CaptureFixture[str]) -> None:
    for first, second in (("1e400", "1"), ("1", "1e400"), ("1e300", "1e-300")):
        assert main(["scale", "-K", "8", "-d", "9", "--lambda-W", first, "--lambda-H", second]) == 2
        assert "internal" not in capsys.readouterr().err
    assert main(["scale", "-K", "8", "-d", "5", "-n", "3", "--lambda-W", "1/3", "--lambda-H", "1/10"]) == 0
    assert "W = H = 0" in capsys.readouterr().out
