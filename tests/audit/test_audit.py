"""Trained arrays against the optimum: what is enclosed is true, and the measures vanish where they must."""

from __future__ import annotations

import json
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.audit.compare import audit, problem_for
from ncproofs.audit.measures import class_means, distance, measures
from ncproofs.audit.reading import Trained, read_trained, trained
from ncproofs.cli import main
from ncproofs.errors import InvalidProblem
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.loss import Loss
from ncproofs.proof import checker
from ncproofs.scale import known_point
from ncproofs.truth import Rigor, Truth

WEIGHTS = {"lambda_W": "1/100", "lambda_H": "1/50"}


def at_optimum(loss: Loss, K: int, d: int, n: int, turn: int = 0, lambda_b: str | None = None) -> Trained:
    """The certified optimum, rotated, rounded to floats."""
    from ncproofs.problems.features import Ridge

    problem = Ridge(loss, K=K, d=d, n=n, lambda_b=lambda_b, **WEIGHTS)  # type: ignore[arg-type]
    W, H, b = known_point(problem).point
    R, _ = np.linalg.qr(np.random.default_rng(turn).normal(size=(d, d)))
    return trained(R @ W, R @ H, b, layout="columns")


@pytest.mark.parametrize("loss", [cross_entropy(), label_smoothing(Fraction(1, 10)), focal(2)], ids=str)
@pytest.mark.parametrize(("K", "d", "n"), [(2, 1, 1), (3, 2, 4), (5, 7, 2)])
def test_at_the_optimum_everything_vanishes(loss: Loss, K: int, d: int, n: int) -> None:
    given_ = at_optimum(loss, K, d, n)
    found = audit(given_, problem_for(given_, loss, **WEIGHTS))
    excess = found.quantities["excess"]
    assert found.truth is Truth.HOLDS and found.regime == "collapse"
    assert excess.lower <= 0 <= excess.upper < Fraction(1, 10**11) and excess.rigor is Rigor.ENCLOSED
    assert found.quantities["gradient_norm"].upper < Fraction(1, 10**11)
    assert all(abs(found.measures[name]) < 1e-12 for name in ("within_class_share", "NC1", "NC2_angles_W", "distance"))
    assert found.measures["NC3"] < 1e-12 and found.measures["NC4"] == found.measures["accuracy"] == 1


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), K=st.integers(2, 5), extra=st.integers(0, 2), n=st.integers(1, 3),
       near=st.sampled_from(["optimum", "nothing"]))
def test_the_excess_proves_what_it_says(seed: int, K: int, extra: int, n: int, near: str) -> None:
    """e >= (lambda_H/2) sum |h - theta (w_k - w_bar)|^2 + (K lambda_W/2) |w_bar|^2 at every point."""
    rng, d = np.random.default_rng(seed), K - 1 + extra
    point = at_optimum(cross_entropy(), K, d, n) if near == "optimum" else None
    W, H = rng.normal(size=(d, K)), rng.normal(size=(d, K * n))
    if point is not None:
        W, H = point.W + W / 100, point.H + H / 100
    given_ = trained(W, H, layout="columns")
    found = audit(given_, problem_for(given_, cross_entropy(), **WEIGHTS))
    theta = np.sqrt((1 / 100) / (n / 50))
    apart = H - theta * (W - W.mean(axis=1, keepdims=True))[:, given_.classes]
    most = {name: float(value.upper) for name, value in found.quantities.items()}
    assert (apart**2).sum() / given_.N <= most["mean_sq_feature_distance"]
    assert (W.mean(axis=1) ** 2).sum() <= most["classifier_mean_norm_sq"]
    both = (apart**2).sum() / 100 + K / 200 * (W.mean(axis=1) ** 2).sum()
    assert both <= float(found.quantities["excess"].upper)


def test_no_point_is_below_the_minimum_and_a_worse_one_is_further() -> None:
    rng, excesses, distances = np.random.default_rng(1), [], []
    best = at_optimum(cross_entropy(), 4, 5, 2)
    noise = rng.normal(size=best.W.shape), rng.normal(size=best.H.shape)
    for size in (0.001, 0.01, 0.1, 1.0):
        moved = trained(best.W + size * noise[0], best.H + size * noise[1], layout="columns")
        found = audit(moved, problem_for(moved, cross_entropy(), **WEIGHTS))
        assert found.quantities["excess"].lower > 0
        excesses.append(found.quantities["excess"].upper)
        distances.append(found.measures["distance"])
    assert excesses == sorted(excesses) and distances == sorted(distances)


def test_the_distance_is_that_of_procrustes() -> None:
    """At d = K - 1 = 1 the orthogonal maps are +-1."""
    given_ = trained([[1.0, -1.5]], [[2.0, -1.0]], layout="columns")
    rows, samples = np.array([[0.5, -0.5]]), np.array([[1.0, -1.0]])
    apart = [np.sqrt(((given_.W - s * rows) ** 2).sum() + ((given_.H - s * samples) ** 2).sum()) for s in (1, -1)]
    assert distance(given_, rows, samples) == pytest.approx(min(apart) / np.sqrt(0.5 + 2))


def test_unequal_classes_have_bounds_of_the_minimum_and_no_etf() -> None:
    rng = np.random.default_rng(2)
    y = np.array([0, 0, 0, 0, 1, 1, 2])
    given_ = trained(rng.normal(size=(4, 3)), rng.normal(size=(4, 7)), y=y, layout="columns")
    found = audit(given_, problem_for(given_, cross_entropy(), lambda_W="1/20", lambda_H="1/20"))
    assert found.counts == (4, 2, 1) and found.quantities["excess"].lower > 0
    assert "distance" not in found.measures and any("equal ones" in note for note in found.notes)


def test_unequal_classes_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "a.npz", W=np.eye(3), H=np.eye(3)[:, [0, 0, 1, 2]], y=np.array([0, 0, 1, 2]))
    words = ["audit", str(tmp_path / "a.npz"), "--lambda-W", "1/20", "--lambda-H", "1/20"]
    main(words)
    assert " class_sizes=2,1,1 " in capsys.readouterr().out.splitlines()[0]
    main([*words, "--json"])
    record = json.loads(capsys.readouterr().out)
    assert record["class_sizes"] == [2, 1, 1] and "n" not in record["problem"]


def test_where_no_minimum_is_known_it_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    given_ = trained(rng.normal(size=(1, 4)), rng.normal(size=(1, 4)), layout="columns")
    found = audit(given_, problem_for(given_, focal(2), **WEIGHTS))
    assert found.truth is Truth.UNDECIDED and "excess" not in found.quantities and found.notes
    np.savez(tmp_path / "a.npz", W=given_.W, H=given_.H)
    assert main(["audit", str(tmp_path / "a.npz"), "--layout", "columns", "--loss", "focal(2)",
                 "--lambda-W", "1/100", "--lambda-H", "1/100"]) == 4


def test_spheres_are_estimated_and_normalised() -> None:
    K, d = 4, 4
    frame = np.eye(K) - 1 / K
    given_ = trained(3 * frame, np.repeat(frame, 2, axis=1), layout="columns")
    found = audit(given_, problem_for(given_, cross_entropy(), tau="2"))
    assert abs(found.quantities["excess"].upper) < Fraction(1, 10**10) and found.measures["distance"] < 1e-12
    assert found.quantities["excess"].rigor is Rigor.ESTIMATED and any("divided" in note for note in found.notes)
    assert given_.d == d


def test_squared_error_has_no_procrustes_distance_to_a_frame() -> None:
    given_ = trained(np.eye(4), np.repeat(np.eye(4), 2, axis=1), layout="columns")
    found = audit(given_, problem_for(given_, mean_squared(), **WEIGHTS))
    assert found.truth is Truth.HOLDS and found.geometry == "orthogonal frame" and "distance" not in found.measures
    assert found.quantities["excess"].lower > 0


def test_rows_and_labels_in_any_order_say_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    W, H, y = rng.normal(size=(3, 4)), rng.normal(size=(3, 8)), np.repeat(np.arange(4), 2)
    order = rng.permutation(8)
    np.savez(tmp_path / "rows.npz", W=W.T, H=H.T[order], y=y[order])
    one, two = trained(W, H, layout="columns"), read_trained(tmp_path / "rows.npz")
    assert np.allclose(class_means(one), class_means(two))
    for name, value in measures(one).items():
        assert measures(two)[name] == pytest.approx(value)


def test_measures_of_a_random_point_are_those_of_their_definition() -> None:
    rng, K, n, d = np.random.default_rng(5), 3, 4, 5
    W, H = rng.normal(size=(d, K)), rng.normal(size=(d, K * n))
    told = measures(trained(W, H, layout="columns"))
    means = H.reshape(d, K, n).mean(axis=2)
    M = means - means.mean(axis=1, keepdims=True)
    within = (H.reshape(d, K, n) - means[:, :, None]).reshape(d, -1)
    S_W, S_B = within @ within.T / (K * n), M @ M.T / K
    assert told["NC1"] == pytest.approx(np.trace(S_W @ np.linalg.pinv(S_B, rcond=1e-10)) / K)
    units = W / np.linalg.norm(W, axis=0)
    cosines = [units[:, j] @ units[:, k] for j in range(K) for k in range(j)]
    assert told["NC2_angles_W"] == pytest.approx(max(abs(c + 1 / 2) for c in cosines))
    assert told["NC3"] == pytest.approx(np.linalg.norm(W / np.linalg.norm(W) - M / np.linalg.norm(M)))


@pytest.mark.parametrize(("arrays", "needed"), [
    ({"W": np.ones((2, 3))}, "no array H"),
    ({"W": np.ones((2, 3)), "H": np.ones((4, 6))}, "W \\(d, K\\) goes with H"),
    ({"W": np.ones((3, 3)), "H": np.ones((3, 3))}, "--layout"),
    ({"W": np.ones((2, 3)), "H": np.ones((2, 7))}, "store the class"),
    ({"W": np.ones((2, 3)), "H": np.ones((2, 6)), "y": np.full(6, 3)}, "count from 0 to 2"),
    ({"W": np.ones((2, 3)), "H": np.ones((2, 6)), "y": np.zeros(6)}, "whole numbers"),
    ({"W": np.ones((2, 3)), "H": np.full((2, 6), np.nan)}, "not finite"),
    ({"W": np.ones((2, 3)), "H": np.ones((2, 6)), "b": np.ones(2)}, "b has shape"),
    ({"W": np.ones((2, 3)), "H": np.ones((2, 6)) * 1j}, "floats"),
    ({"W": np.ones((2, 1)), "H": np.ones((2, 6))}, "at least 2"),
    ({"W": np.array([["a"]]), "H": np.ones((1, 6))}, "floats"),
    ({"W": np.array([[{}]], dtype=object), "H": np.ones((1, 6))}, "no .npz file"),
])
def test_files_that_do_not_fit_are_refused(tmp_path: Path, arrays: dict, needed: str) -> None:  # type: ignore[type-arg]
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InvalidProblem, match=needed):
        read_trained(tmp_path / "a.npz")


def test_files_that_are_no_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    for content in (b"", b"PK", b"\x80\x04."):
        path.write_bytes(content)
        with pytest.raises(InvalidProblem, match=r"no \.npz file"):
            read_trained(path)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("W.npy", b"not an array")
    with pytest.raises(InvalidProblem):
        read_trained(path)
    with pytest.raises(InvalidProblem, match=r"no \.npz file"):
        read_trained(tmp_path / "nowhere.npz")


def test_a_bias_needs_its_weight() -> None:
    with_bias = trained(np.ones((2, 3)), np.ones((2, 6)), np.ones(3))
    without = trained(np.ones((2, 3)), np.ones((2, 6)))
    for arrays, weight in ((with_bias, None), (without, "0")):
        with pytest.raises(InvalidProblem, match="lambda-b"):
            problem_for(arrays, cross_entropy(), **WEIGHTS, lambda_b=weight)
    with pytest.raises(InvalidProblem, match="temperature"):
        problem_for(without, cross_entropy())
    with pytest.raises(InvalidProblem, match="neither weights"):
        problem_for(with_bias, cross_entropy(), tau="1")


@pytest.mark.parametrize(("words", "said"), [
    (["--lambda-W", "1e400", "--lambda-H", "1"], "larger than any float"), (["--tau", "1e400"], "write a number from"),
])
def test_numbers_beyond_floats_are_one_line(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "a.npz", W=np.eye(3), H=np.eye(3))
    assert main(["audit", str(tmp_path / "a.npz"), "--layout", "columns", *words]) == 2
    assert said in capsys.readouterr().err


def test_the_command_answers_and_its_exit_code_says_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    best = at_optimum(cross_entropy(), 3, 4, 2, lambda_b="0")
    np.savez(tmp_path / "a.npz", W=best.W, H=best.H, b=best.b)
    words = ["audit", str(tmp_path / "a.npz"), "--lambda-W", "1/100", "--lambda-H", "1/50", "--lambda-b", "0"]
    assert main(words) == 0 and "NC3" in capsys.readouterr().out
    assert main([*words, "--within", "1e-9", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["answer"].startswith("holds") and record["class_sizes"] == [2] * 3 and record["regime"] == "collapse"
    assert main([*words, "--within", "1e-40"]) == 4 and "leaves open" in capsys.readouterr().out
    np.savez(tmp_path / "a.npz", W=2 * best.W, H=best.H, b=best.b)
    assert main([*words, "--within", "1e-9"]) == 1 and "fails" in capsys.readouterr().out
    assert main([*words, "--within", "0.1.2"]) == 2


def test_a_certificate_says_how_far_the_minimum_can_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Samples in any order; the checker accepts what is written, and what has no certificate is told in a line."""
    best, path = at_optimum(cross_entropy(), 3, 4, 2), tmp_path / "a.json"
    mixed = [0, 2, 4, 1, 3, 5]
    np.savez(tmp_path / "a.npz", W=best.W, H=best.H[:, mixed], y=best.classes[mixed])
    words = ["audit", str(tmp_path / "a.npz"), "--lambda-W", "1/100", "--lambda-H", "1/50", "--certificate", str(path)]
    assert main(words) == 0 and "certificate written" in capsys.readouterr().err
    raw = path.read_bytes()
    assert checker.check(raw) == ("accepted", "ridge/minimum/1")
    statement = json.loads(raw)["statement"]
    assert 0 < Fraction(statement["upper"]) - Fraction(statement["lower"]) < Fraction(1, 10**12)
    for wrong, said in ((["--loss", "focal(2)"], "no dual bound"), (["--loss", "S1 - t"], "certificate: ")):
        assert main([*words, *wrong]) == 2 and said in capsys.readouterr().err
    np.savez(tmp_path / "a.npz", W=best.W, H=best.H[:, :5], y=best.classes[:5])
    assert main(words) == 2 and "classes of unequal size" in capsys.readouterr().err
    np.savez(tmp_path / "a.npz", W=best.W, H=best.H)
    unit = ["audit", str(tmp_path / "a.npz"), "--tau", "2", "--certificate", str(path)]
    assert main(unit) == 2 and "unit columns have no certificate" in capsys.readouterr().err


def test_zero_is_the_optimum_under_strong_decay() -> None:
    given_ = trained(np.zeros((3, 3)), np.zeros((3, 6)), layout="columns")
    found = audit(given_, problem_for(given_, cross_entropy(), lambda_W="1", lambda_H="1"))
    assert found.regime == "trivial" and abs(found.quantities["excess"].upper) < Fraction(1, 10**12)
    assert np.isnan(found.measures["within_class_share"])


def test_a_value_that_is_not_the_minimum_is_not_called_so() -> None:
    """Label smoothing beyond its threshold at d = K - 1: the ETF is no minimum, and no other is known."""
    K = 4
    frame = np.linalg.svd(np.eye(K) - 1 / K)[0][:, : K - 1].T * np.sqrt(K / (K - 1))
    given_ = trained(frame, frame, layout="columns")
    found = audit(given_, problem_for(given_, label_smoothing(Fraction(1, 10)), tau="42/11"))
    assert found.truth is Truth.UNDECIDED and not {"minimum", "excess"} & set(found.quantities)
    assert any("not the minimum" in note for note in found.notes)


def test_the_excess_is_as_wide_as_what_it_comes_from() -> None:
    """d < K - 1: the minimum has wide bounds, and the excess takes both."""
    given_ = trained(np.ones((1, 4)) * [1, -1, 2, -2], np.ones((1, 4)), layout="columns")
    found = audit(given_, problem_for(given_, cross_entropy(), lambda_W="1/50", lambda_H="1/50"))
    value, least, excess = (found.quantities[name] for name in ("objective", "minimum", "excess"))
    assert least.upper - least.lower > Fraction(1, 100)
    assert (excess.lower, excess.upper) == (value.lower - least.upper, value.upper - least.lower)


@pytest.mark.parametrize(("loss", "weight"), [(cross_entropy(), "1"), (focal(2), "1/100"), (mean_squared(), "1/100")])
def test_the_excess_proves_nothing_outside_its_theorem(loss: Loss, weight: str) -> None:
    """Above the threshold, for a loss whose phi is not that of cross-entropy, and for the squared error."""
    given_ = trained(np.eye(3), np.eye(3), layout="columns")
    found = audit(given_, problem_for(given_, loss, lambda_W=weight, lambda_H=weight))
    assert found.truth is Truth.HOLDS and "excess" in found.quantities
    assert not {"mean_sq_feature_distance", "classifier_mean_norm_sq"} & set(found.quantities)


@pytest.mark.parametrize("size", [1e-300, 1e-170, 1e-120, 1e3])
def test_tiny_arrays_have_an_enclosed_gradient(size: float) -> None:
    """With H = 0 and W small the gradient is (lambda_W W, W G/N): its norm is known to 12 digits."""
    W = size * np.array([[1.0, -1.0, 2.0], [0.5, 0.0, 1.0]])
    here = trained(W, np.zeros((2, 3)), layout="columns")
    found = audit(here, problem_for(here, cross_entropy(), lambda_W="1", lambda_H="1"))
    G = (np.ones((3, 3)) / 3 - np.eye(3)) / 3
    unit = W / size
    norm = Fraction(float(np.sqrt((unit**2).sum() + ((unit @ G) ** 2).sum()))) * Fraction(size)
    gradient = found.quantities["gradient_norm"]
    assert 0 < gradient.lower <= norm * (1 + Fraction(1, 10**12)) and norm * (1 - Fraction(1, 10**12)) <= gradient.upper
    assert gradient.rigor is Rigor.ENCLOSED


def test_a_gradient_that_underflows_is_not_exactly_zero() -> None:
    here = trained(np.full((2, 3), 5e-324), np.zeros((2, 3)), layout="columns")
    found = audit(here, problem_for(here, cross_entropy(), lambda_W="1/100", lambda_H="1"))
    assert 0 < found.quantities["gradient_norm"].upper < Fraction(1, 10**280)


def test_weights_whose_squares_overflow() -> None:
    W = 1e-10 * np.array([[1.0, -1.0, 2.0], [0.5, 0.0, 1.0]])
    here = trained(W, W, layout="columns")
    found = audit(here, problem_for(here, cross_entropy(), lambda_W="1e200", lambda_H="1/100"))
    assert 1e190 < float(found.quantities["gradient_norm"].lower) < 1e191


@pytest.mark.parametrize("size", [1e-310, 1e200])
def test_columns_of_any_size_have_directions(size: float) -> None:
    W = np.array([[1.0, -1.0, 2.0], [0.5, 0.25, 1.0]])
    one, other = (trained(scale * W, scale * W, layout="columns") for scale in (1.0, size))
    values = [float(audit(here, problem_for(here, cross_entropy(), tau="1")).quantities["objective"].lower)
              for here in (one, other)]
    assert values[0] == pytest.approx(values[1], rel=1e-12)


def test_measures_of_what_has_no_direction_are_not_numbers() -> None:
    zero = measures(trained(np.zeros((2, 3)), np.zeros((2, 3)), layout="columns"))
    assert all(np.isnan(zero[name]) for name in ("NC1", "NC2_angles_W", "NC2_angles_means", "NC2_norms_W", "NC3"))


def test_an_estimated_excess_is_called_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    W = np.array([[1.0, -1.0, 2.0], [0.5, 0.25, 1.0]])
    np.savez(tmp_path / "t.npz", W=W, H=W)
    assert main(["audit", str(tmp_path / "t.npz"), "--tau", "1", "--layout", "columns", "--within", "9"]) == 0
    assert "holds, estimated: the excess is at most 9" in capsys.readouterr().out
