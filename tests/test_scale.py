"""``ncproofs scale``: agreement at known points, what is refused before it starts, and a disagreement that is seen."""

from __future__ import annotations

import dataclasses
import json

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


def test_a_loss_without_a_known_point_is_out_of_scope() -> None:
    with pytest.raises(OutOfScope):
        scale.known_point(Ridge(mean_squared(), 50, 5, 1, "1/100", "1/100"))
