"""False statements about one weight-decay problem, each beside the true one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy
from sympy import Integer, Rational, log, sqrt

from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import (
    BenignLandscape,
    CollapsedOptimum,
    CriticalValue,
    Curvature,
    NullityAtOptimum,
    OptimalValue,
    OptimumIs,
    ScaleEquation,
    UniqueArgmin,
)
from tests.soundness.neighbours import Neighbours

__all__ = ["RIDGE"]

CE, MSE, LS = cross_entropy(), mean_squared(), label_smoothing("1/10")
#: Odd weights, so that n for N and lambda_W for lambda_H can be told apart.
UNEVEN = Ridge(CE, 3, 4, 2, "1/100", "1/200")
SMOOTH = Ridge(LS, 5, 6, 3, "1/200", "1/600", 0)
SQUARE = Ridge(MSE, 3, 4, 2, "1/20", "1/50")
WIDE = Ridge(MSE, 4, 5, 1, "1/20", "1/40", 1)
FOCAL = Ridge(focal(2), 4, 3, 2, "1/100", "1/100")


def _value(K: int, c: sympy.Expr, alpha: sympy.Expr = sympy.S.Zero, *, share: sympy.Expr | None = None) -> sympy.Expr:
    """The minimum -log(1 - (K-1) q) + q (K-1) m at q = c + share, share = alpha/K when it is right."""
    q = c + (alpha / K if share is None else share)
    return -log(1 - (K - 1) * q) + q * (K - 1) * log(1 / q - (K - 1))


def _minimum(mistake: str, problem: Ridge, false: Any, true: Any) -> Neighbours:
    return Neighbours(mistake, *(OptimalValue(problem=problem, value=value) for value in (false, true)))


def _bound(mistake: str, problem: Ridge, value: sympy.Expr, false: Any, true: Any) -> Neighbours:
    made = [OptimalValue(problem=problem, value=value, relation=relation) for relation in (false, true)]
    return Neighbours(mistake, *made)


def _is(mistake: str, problem: Ridge, quantity: str, false: sympy.Expr, true: sympy.Expr) -> Neighbours:
    return Neighbours(mistake, *(OptimumIs(problem=problem, quantity=quantity, value=v) for v in (false, true)))


def _kind(mistake: str, problem: Ridge, false: str, true: str) -> Neighbours:
    return Neighbours(mistake, *(CollapsedOptimum(problem=problem, geometry=kind) for kind in (false, true)))


def _regime(mistake: str, geometry: str, false: Ridge, true: Ridge) -> Neighbours:
    return Neighbours(mistake, *(CollapsedOptimum(problem=problem, geometry=geometry) for problem in (false, true)))


def _zeros(mistake: str, problem: Ridge, false: int, true: int) -> Neighbours:
    return Neighbours(mistake, *(NullityAtOptimum(problem=problem, nullity=count) for count in (false, true)))


def _bends(mistake: str, problem: Ridge, false: sympy.Expr, true: sympy.Expr) -> Neighbours:
    return Neighbours(mistake, *(Curvature(problem=problem, value=value) for value in (false, true)))


def _benign(mistake: str, false: Ridge, true: Ridge) -> Neighbours:
    return Neighbours(mistake, BenignLandscape(problem=false), BenignLandscape(problem=true))


_c = Rational(1, 100)  # sqrt(n lambda_W lambda_H) of UNEVEN
_m = log(100 - 2)  # its margin log(1/c - (K - 1))
_cs = sqrt(3 * Rational(1, 200) * Rational(1, 600))
_ms = log(1 / (_cs + Rational(1, 50)) - 4)
_SHAPE = sqrt(Integer(2) * Rational(1, 200) * 100)  # sqrt(n lambda_H / lambda_W) = 1
_lam = sqrt(Rational(1, 20) * Rational(3, 1000))
_ORIGIN = Ridge(CE, 4, 4, 3, "1/20", "3/1000")

VALUES = {
    "value with c = sqrt(N lambda_W lambda_H)": _minimum(
        "N for n", UNEVEN, _value(3, sqrt(6 * Rational(1, 20000))), _value(3, _c)),
    "value with c = n sqrt(lambda_W lambda_H)": _minimum(
        "n for sqrt n", UNEVEN, _value(3, 2 * sqrt(Rational(1, 20000))), _value(3, _c)),
    "value with c = sqrt(lambda_W lambda_H)": _minimum(
        "missing n", UNEVEN, _value(3, sqrt(Rational(1, 20000))), _value(3, _c)),
    "value of K = 4 for K = 3": _minimum("off by one in K", UNEVEN, _value(4, _c), _value(3, _c)),
    "value without the weight decay": _minimum(
        "a dropped term", UNEVEN, -log(1 - 2 * _c), _value(3, _c)),
    "label smoothing: q = c + alpha": _minimum(
        "missing 1/K", SMOOTH, _value(5, _cs, share=Rational(1, 10)), _value(5, _cs, Rational(1, 10))),
    "label smoothing: q = c + alpha/(K-1)": _minimum(
        "K - 1 for K", SMOOTH, _value(5, _cs, share=Rational(1, 40)), _value(5, _cs, Rational(1, 10))),
    "label smoothing ignored": _minimum(
        "a dropped term", SMOOTH, _value(5, _cs), _value(5, _cs, Rational(1, 10))),
    "MSE: x = 1 - c": _minimum(
        "missing K", SQUARE, Rational(1, 2) - (1 - sqrt(Rational(2, 1000))) ** 2 / 2,
        Rational(1, 2) - (1 - 3 * sqrt(Rational(2, 1000))) ** 2 / 2),
    "MSE: the mean direction counted in full": _minimum(
        "missing kappa", WIDE,
        (3 + Rational(1, 2)) / 8 - (3 * (1 - 4 * sqrt(Rational(1, 800))) ** 2
                                    + (1 - 8 * sqrt(Rational(1, 800))) ** 2) / 8,
        (3 + Rational(1, 2)) / 8 - (3 * (1 - 4 * sqrt(Rational(1, 800))) ** 2
                                    + (1 - 8 * sqrt(Rational(1, 800))) ** 2 / 2) / 8),
    "MSE: the rank of an ETF for the frame": _minimum(
        "K - 1 for K", SQUARE, Rational(1, 2) - 2 * (1 - 3 * sqrt(Rational(2, 1000))) ** 2 / 6,
        Rational(1, 2) - 3 * (1 - 3 * sqrt(Rational(2, 1000))) ** 2 / 6),
    "the minimum above itself by 10^-50": _minimum(
        "last digit", UNEVEN, _value(3, _c) + Rational(1, 10**50), _value(3, _c)),
    "a strict bound at the minimum": _bound("strict at equality", UNEVEN, _value(3, _c), "<", "<="),
    "the bound reversed": _bound("reversed inequality", SMOOTH, Rational(46, 100), "<", ">"),
    "S4 in its 20th digit": _bound(
        "last digit", FOCAL, Rational(11120031893812684629, 10**20), "<", ">"),
    "attained for every d": Neighbours(
        "dropped hypothesis d >= K - 1",
        OptimalValue(problem=Ridge(CE, 4, 2, 1, "1/100", "1/100"), value=_value(4, Rational(1, 100))),
        OptimalValue(problem=Ridge(CE, 4, 3, 1, "1/100", "1/100"), value=_value(4, Rational(1, 100)))),
}

QUANTITIES = {
    "margin log(1/c - K)": _is("K for K - 1", UNEVEN, "margin", log(97), _m),
    "margin without the shift": _is("a dropped term", UNEVEN, "margin", log(100), _m),
    "margin of label smoothing without alpha": _is(
        "a dropped term", SMOOTH, "margin", log(1 / _cs - 4), _ms),
    "|w|^2 with K/(K-1)": _is(
        "inverted factor", UNEVEN, "W_row_norm_sq", _SHAPE * _m * Rational(3, 2), _SHAPE * _m * Rational(2, 3)),
    "|W|^2 = K m": _is("K for K - 1", UNEVEN, "W_fro_sq", 3 * _m, 2 * _m),
    "|H|^2 with lambda_H/lambda_W": _is(
        "swapped lambda_W and lambda_H", UNEVEN, "H_fro_sq", _m, 4 * _m),
    "|h|^2 without n": _is("missing n", UNEVEN, "H_col_norm_sq", 4 * _m / 3, 2 * _m / 3),
    "|W|^2 with lambda_W and lambda_H swapped": _is(
        "swapped lambda_W and lambda_H", SMOOTH, "W_fro_sq", 4 * _ms * 3, 4 * _ms),
    "logit gap K/(K-1) m": _is("spurious factor", UNEVEN, "logit_gap", _m * Rational(3, 2), _m),
    "c of N": _is("N for n", UNEVEN, "c", sqrt(Rational(6, 20000)), _c),
    "c of n squared": _is("n^2 for n", SMOOTH, "c", 3 * sqrt(Rational(1, 120000)), _cs),
    "MSE bias with the wrong sign": _is("wrong sign", WIDE, "bias", -sqrt(2) / 40, sqrt(2) / 40),
    "MSE mean direction without kappa": _is(
        "missing kappa", WIDE, "mean_direction", 1 - 4 * sqrt(Rational(1, 800)), 1 - 8 * sqrt(Rational(1, 800))),
    "MSE margin 1 - c": _is("missing K", WIDE, "margin", 1 - sqrt(Rational(1, 800)), 1 - 4 * sqrt(Rational(1, 800))),
    "scale equation with lambda_W lambda_H": Neighbours(
        "missing n", *(ScaleEquation(problem=UNEVEN, slope=slope) for slope in (sqrt(Rational(1, 20000)), _c))),
    "scale equation with c/(K-1)": Neighbours(
        "spurious factor", *(ScaleEquation(problem=UNEVEN, slope=slope) for slope in (_c / 2, _c))),
    "|h|/|w| = lambda_W/lambda_H": Neighbours(
        "a dropped root", *(ScaleEquation(problem=UNEVEN, slope=_c, scale=s) for s in (Integer(2), Integer(1)))),
    "|h|/|w| inverted": Neighbours(
        "inverted ratio",
        *(ScaleEquation(problem=SMOOTH, slope=_cs, scale=s) for s in (Integer(1) / 2, Integer(1)))),
}

KINDS = {
    "an ETF at c = 1/K exactly": _kind(
        "strict threshold", Ridge(CE, 4, 4, 1, "1/4", "1/4"), "simplex ETF", "zero"),
    "an ETF just beyond the threshold": _regime(
        "last digit of the threshold", "simplex ETF",
        Ridge(CE, 4, 4, 1, "1/4", "250001/1000000"), Ridge(CE, 4, 4, 1, "1/4", "249999/1000000")),
    "zero just below the threshold": _regime(
        "last digit of the threshold", "zero",
        Ridge(CE, 4, 4, 1, "1/4", "249999/1000000"), Ridge(CE, 4, 4, 1, "1/4", "250001/1000000")),
    "threshold c < 1/K for label smoothing": _regime(
        "a dropped 1 - alpha", "simplex ETF",
        Ridge(LS, 4, 4, 1, "23/100", "23/100"), Ridge(LS, 4, 4, 1, "22/100", "22/100")),
    "threshold on lambda_W lambda_H without n": _regime(
        "missing n", "simplex ETF", Ridge(CE, 4, 4, 4, "1/5", "1/5"), Ridge(CE, 4, 4, 1, "1/5", "1/5")),
    "threshold with N": _regime(
        "N for n", "zero", Ridge(CE, 4, 4, 1, "1/5", "1/5"), Ridge(CE, 4, 4, 2, "1/5", "1/5")),
    "threshold c < 1/(K-1)": _regime(
        "K - 1 for K", "simplex ETF", Ridge(CE, 3, 3, 1, "2/5", "2/5"), Ridge(CE, 3, 3, 1, "3/10", "3/10")),
    "MSE without a bias: an ETF": _kind("a bias for none", SQUARE, "simplex ETF", "orthogonal frame"),
    "MSE with a free bias: a frame": _kind(
        "none for a bias", replace(SQUARE, lambda_b=0), "orthogonal frame", "simplex ETF"),
    "MSE with a heavy bias: a frame": _kind(
        "the limit for the value", WIDE, "orthogonal frame", "intermediate frame"),
    "MSE with a light bias: a frame in between": _regime(
        "wrong regime threshold", "intermediate frame", Ridge(MSE, 4, 5, 1, "1/20", "1/40", "1/20"), WIDE),
    "MSE: lambda_b = Kc/(1-Kc) is not yet intermediate": _kind(
        "strict threshold", Ridge(MSE, 4, 5, 1, "1/16", "1/16", "1/3"), "intermediate frame", "simplex ETF"),
    "MSE: zero below the threshold": _regime(
        "wrong regime threshold", "zero", Ridge(MSE, 3, 3, 1, "33/100", "33/100"),
        Ridge(MSE, 3, 3, 1, "34/100", "34/100")),
    "an ETF of K = 5 in three dimensions": _regime(
        "dropped hypothesis d >= K - 1", "simplex ETF", Ridge(CE, 5, 3, 1, "1/100", "1/100"),
        Ridge(CE, 5, 4, 1, "1/100", "1/100")),
    "a frame of K = 5 in four dimensions": _regime(
        "d >= K - 1 for d >= K", "orthogonal frame", Ridge(MSE, 5, 4, 1, "1/100", "1/100"),
        Ridge(MSE, 5, 5, 1, "1/100", "1/100")),
    "focal: zero once phi'(0) <= c, K = 1000": _regime(
        "phi'(0) for c_tie", "zero", Ridge(focal(2), 1000, 999, 1, "1065/1000000", "1065/1000000"),
        Ridge(focal(2), 1000, 999, 1, "1075/1000000", "1075/1000000")),
}

COUNTS = {
    "zero modes: rotations of R^d": _zeros("wrong multiplicity", Ridge(CE, 4, 6, 1, "1/50", "1/50"), 15, 12),
    "zero modes without the extra dimensions": _zeros(
        "a dropped term", Ridge(CE, 4, 6, 1, "1/50", "1/50"), 3, 12),
    "zero modes: K for K - 1": _zeros("K for K - 1", Ridge(CE, 4, 4, 1, "1/50", "1/50"), 8, 6),
    "zero modes: a free bias adds none": _zeros("off by one", Ridge(CE, 3, 2, 2, "1/100", "1/200", 0), 1, 2),
    "zero modes: a penalised bias adds one": _zeros("off by one", Ridge(CE, 3, 2, 2, "1/100", "1/200", "1/9"), 2, 1),
    "zero modes: n enters": _zeros("N for n", Ridge(LS, 3, 2, 5, "1/100", "1/200"), 5, 1),
    "zero modes of the MSE frame like those of an ETF": _zeros("K - 1 for K", SQUARE, 5, 6),
    "zero modes are none": _zeros("dropped symmetry", FOCAL, 0, 3),
    "curvature at the origin with N": _bends(
        "N for n", _ORIGIN, 2 * _lam - 2 * Rational(1, 4) / sqrt(12), 2 * _lam - 2 * Rational(1, 4) / sqrt(3)),
    "curvature at the origin without n": _bends(
        "missing n", _ORIGIN, 2 * _lam - Rational(1, 2), 2 * _lam - Rational(1, 2) / sqrt(3)),
    "curvature at the origin with 1/(K-1)": _bends(
        "K - 1 for K", _ORIGIN, 2 * _lam - 2 * Rational(1, 3) / sqrt(3), 2 * _lam - 2 * Rational(1, 4) / sqrt(3)),
    "curvature with the mean of the weights": _bends(
        "arithmetic for geometric mean", _ORIGIN, Rational(53, 1000) - Rational(1, 2) / sqrt(3),
        2 * _lam - Rational(1, 2) / sqrt(3)),
    "curvature of label smoothing without 1 - alpha": _bends(
        "a dropped factor", replace(_ORIGIN, loss=LS), 2 * _lam - Rational(1, 2) / sqrt(3),
        2 * _lam - Rational(9, 20) / sqrt(3)),
    "curvature with the wrong sign": _bends(
        "wrong sign", _ORIGIN, Rational(1, 2) / sqrt(3) - 2 * _lam, 2 * _lam - Rational(1, 2) / sqrt(3)),
}

ARGMINS = {
    f"focal({gamma}) has one minimiser at K = {K}": Neighbours(
        "off by one in K", UniqueArgmin(loss=focal(gamma), K=K), UniqueArgmin(loss=focal(gamma), K=K - 1))
    for gamma, K in (("1/2", 57), (1, 24), (2, 18), ("2.38", 18), (3, 18), (5, 20))
}

LANDSCAPES = {
    "the origin is a strict minimum below phi'(0)": Neighbours(
        "wrong regime threshold",
        CriticalValue(problem=Ridge(focal(2), 100, 99, 1, "107/10000", "107/10000", 0), family="origin"),
        CriticalValue(problem=Ridge(focal(2), 100, 99, 1, "108/10000", "108/10000", 0), family="origin")),
    "the origin is a strict minimum of cross-entropy": Neighbours(
        "wrong regime threshold", CriticalValue(problem=Ridge(CE, 4, 4, 1, "1/10", "1/10", 0), family="origin"),
        CriticalValue(problem=Ridge(CE, 4, 4, 1, "1/3", "1/3", 0), family="origin")),
    "benign in one dimension": _benign(
        "dropped hypothesis d >= K - 1", Ridge(CE, 4, 1, 1, "1/400", "1/400"),
        Ridge(CE, 4, 3, 1, "1/400", "1/400")),
    "benign in one dimension with two samples": _benign(
        "dropped hypothesis d >= K - 1", Ridge(CE, 4, 1, 2, "1/400", "1/800"),
        Ridge(MSE, 4, 1, 2, "1/400", "1/800")),
    "focal loss is benign above c_tie": _benign(
        "dropped hypothesis p >= p*", Ridge(focal(2), 100, 99, 1, "112/10000", "112/10000", 0),
        Ridge(CE, 100, 99, 1, "112/10000", "112/10000", 0)),
}

RIDGE: dict[str, Neighbours] = {**VALUES, **QUANTITIES, **KINDS, **COUNTS, **ARGMINS, **LANDSCAPES}
