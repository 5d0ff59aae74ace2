"""A genuine certificate of every kind, as (statement, witness), made without the prover."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

Pair = tuple[dict[str, Any], dict[str, Any]]


def stated(kind: str, **parts: Any) -> dict[str, Any]:
    return {"kind": kind, "title": kind, **parts}


def variable(name: str, lower: Any, upper: Any, ends: str = "()", *, integer: bool = False) -> dict[str, Any]:
    return {
        "name": name, "lower": lower, "upper": upper,
        "lower_open": ends[0] == "(", "upper_open": ends[1] == ")", "integer": integer,
    }


def coefficients(*basis: list[Any]) -> dict[str, Any]:
    return {"method": "coefficients", "basis": list(basis)}


def cuts(*tree: Any, bits: int = 128) -> dict[str, Any]:
    return {"method": "cuts", "bits": bits, "cuts": list(tree)}


def taylor(variable: str, end: str, start: list[Any], rest: Any, strict: int | None = None) -> dict[str, Any]:
    return {"method": "taylor", "variable": variable, "end": end, "start": start, "rest": rest, "strict": strict}


def dyadic(values: Any, bits: int = 40) -> dict[str, Any]:
    return {"s": bits, "m": [str(round(Fraction(value) * 2**bits)) for value in values]}


def term(coefficient: Any, summed: list[str], *factors: list[str]) -> Any:
    """coefficient * sum over the indices of the product of the entries."""
    body = ["*", coefficient, *(["entry", *factor] for factor in factors)] if factors else coefficient
    return ["sum", summed, body] if summed else body


def tensor(*slots: Any, properties: Any = ()) -> dict[str, Any]:
    return {"slots": list(slots), "properties": [list(item) for item in properties]}


def ridge(loss: str = "cross_entropy", parameter: Any = None, **sizes: Any) -> dict[str, Any]:
    plain = {"K": 3, "d": 2, "n": 2, "lambda_W": "1/100", "lambda_H": "1/200", "lambda_b": None}
    return {"loss": loss, "parameter": parameter, **plain, **sizes}


def positive(name: str) -> dict[str, Any]:
    return variable(name, "0", None)


def variance() -> Pair:
    """sum_k (x_k - mean)^2 = sum_k x_k^2 - (1/K) (sum_k x_k)^2, as it is written."""
    mean = ["*", ["/", "1", "K"], ["sum", ["j"], ["entry", "x", "j"]]]
    gap = ["+", ["entry", "x", "k"], ["*", "-1", mean]]
    total = ["sum", ["k"], ["entry", "x", "k"]]
    right = ["+", term("1", ["k"], ["x", "k"], ["x", "k"]), ["*", ["/", "-1", "K"], total, total]]
    return stated("sum-identity/1", symbols=["K"], relations=[], indices={"k": "K", "j": "K"},
                  tensors={"x": tensor("K")}, left=["sum", ["k"], ["*", gap, gap]], right=right), {}


def projector() -> Pair:
    """P^2 = P for P = I - 11^T/K; the second factor is the first with its indices renamed."""
    P = ["+", ["entry", "delta", "j", "l"], ["/", "-1", "K"]]
    left = ["sum", ["l"], ["*", P, ["at", [["j", "l"], ["l", "k"]], P]]]
    return stated("sum-identity/1", symbols=["K"], relations=[], indices={"k": "K", "j": "K", "l": "K"}, tensors={},
                  left=left, right=["at", [["l", "k"]], P]), {}


def related() -> Pair:
    """lambda sum h^2 = c^2/n sum h^2 once lambda = c^2/n."""
    left, right = (term(weight, ["i"], ["h", "i"], ["h", "i"]) for weight in ("lam", ["/", ["^", "c", 2], "n"]))
    return stated("sum-identity/1", symbols=["c", "n"], relations=[["lam", ["/", ["^", "c", 2], "n"]]],
                  indices={"i": "n"}, tensors={"h": tensor("n")}, left=left, right=right), {}


def softmax_identity() -> Pair:
    """exp(t/(K-1)) / ((K-1) exp(t/(K-1)) + 1) = 1/(K - 1 + exp(-t/(K-1)))."""
    share = ["/", "t", ["-", "K", "1"]]
    left = ["/", ["exp", share], ["+", ["*", ["-", "K", "1"], ["exp", share]], "1"]]
    right = ["/", "1", ["+", "K", "-1", ["exp", ["-", share]]]]
    where = [variable("K", "2", None, "[)", integer=True), variable("t", None, None)]
    return stated("identity/1", domain=where, left=left, right=right), coefficients(
        ["exp", share], ["product", [[1, -1]]])


def logarithms() -> Pair:
    """log(r + e^t) - t = log(1 + r e^-t)."""
    where, e = [positive("r"), variable("t", None, None)], ["exp", "t"]
    left = ["-", ["log", ["+", "r", e]], "t"]
    right = ["log", ["+", "1", ["/", "r", e]]]
    return stated("identity/1", domain=where, left=left, right=right), coefficients(
        ["exp", "t"], ["log", ["+", "r", e]], ["product", [[2, 1], [1, -1]]])


def eigenvalue() -> Pair:
    """(x - a)(x - b) = s^2 at x = (a + b + sqrt((a - b)^2 + 4 s^2))/2."""
    root = ["sqrt", ["+", ["^", ["-", "a", "b"], 2], ["*", "4", ["^", "s", 2]]]]
    where = [positive("a"), positive("b"), positive("s")]
    x = ["/", ["+", "a", "b", root], "2"]
    return stated("identity/1", domain=where, left=["*", ["-", x, "a"], ["-", x, "b"]],
                  right=["^", "s", 2]), coefficients()


def by_coefficients() -> Pair:
    """1 - s^2/c^2 >= 0 for 0 <= s <= c."""
    where = [positive("c"), variable("s", "0", "c", "[]")]
    return stated("sign/1", domain=where, expression=["-", "1", ["/", ["^", "s", 2], ["^", "c", 2]]],
                  relation=">="), coefficients()


def by_taylor() -> Pair:
    """log p + (1 - p)/p > 0 on (0, 1): zero at 1, and falling."""
    body = ["+", ["log", "p"], ["/", ["-", "1", "p"], "p"]]
    return stated("sign/1", domain=[variable("p", "0", "1")], expression=body, relation=">"), taylor(
        "p", "upper", [coefficients()], coefficients(["log", "p"]), 1)


def by_splitting() -> Pair:
    """w - 1 - log w >= 0 for w > 0, from its zero at 1 in both directions."""
    parts = [taylor("w", end, [coefficients()], coefficients(["log", "w"])) for end in ("upper", "lower")]
    return stated("sign/1", domain=[positive("w")], expression=["-", ["-", "w", "1"], ["log", "w"]],
                  relation=">="), {"method": "split", "variable": "w", "at": ["1"], "parts": parts}


def by_cuts() -> Pair:
    """x - x^2 + y/4 > 0 on (0, 1) x [1/2, 1]: two variables, natural extension and mean value form."""
    where = [variable("x", "0", "1", "[]"), variable("y", "1/2", "1", "[]")]
    body = ["+", ["*", "x", ["-", "1", "x"]], ["/", "y", "4"]]
    return stated("sign/1", domain=where, expression=body, relation=">"), cuts([0, "1/2"], "m", "n")


def by_zeros_at_the_ends() -> Pair:
    """x exp(x) - x > 0 on (0, 1]: a double zero at the lower end, and boxes for the second coefficient."""
    body = ["-", ["*", "x", ["exp", "x"]], "x"]
    return stated("sign/1", domain=[variable("x", "0", "1", "(]")], expression=body,
                  relation=">"), taylor("x", "lower", [coefficients(), coefficients()], cuts([0, "1/2"], "m", "n"), 2)


def constant() -> Pair:
    """log 2 > 0.6931471805599453."""
    return stated("sign/1", domain=[], expression=["-", ["log", "2"], "6931471805599453/10000000000000000"],
                  relation=">"), cuts("n")


def unique_root() -> Pair:
    """exp(x) = 3 - x has exactly one real solution."""
    body = ["-", ["+", ["exp", "x"], "x"], "3"]
    return stated("root/1", variable="x", lower=None, upper=None, expression=body), {
        "bits": 64, "points": ["0", "1"], "rising": True, "slope": coefficients(["exp", "x"])}


def saddle(loss: str = "cross_entropy", parameter: Any = None) -> Pair:
    """Around W = H = 0 the direction dW = dH = e_1 (1, -1, 0)^T goes down."""
    problem = ridge(loss, parameter, n=1, lambda_W="1/400", lambda_H="1/400")
    centre = {"W": dyadic([0] * 6, 0), "H": dyadic([0] * 6, 0), "b": None}
    down = dyadic([1, -1, 0, 0, 0, 0], 0)
    return stated("ridge/saddle-box/1", problem=problem, centre=centre, radius="1/1000", margin="1/25"), {
        "bits": 128, "direction": {"W": down, "H": down, "b": None}}


def collapsed(problem: dict[str, Any], margin: float) -> dict[str, Any]:
    """The simplex ETF of K = 3 in the plane with this margin."""
    n, ratio = problem["n"], math.sqrt(problem["n"] * Fraction(problem["lambda_H"]) / Fraction(problem["lambda_W"]))
    angles = [2 * math.pi * k / 3 for k in range(3)]
    frame = [[math.sqrt(2 / 3) * f(angle) for angle in angles] for f in (math.cos, math.sin)]
    W = [math.sqrt(margin * ratio) * entry for row in frame for entry in row]
    H = [math.sqrt(margin / ratio) * entry for row in frame for entry in row for _ in range(n)]
    bias = None if problem["lambda_b"] is None else dyadic([0] * 3)
    return {"W": dyadic(W), "H": dyadic(H), "b": bias}


def dual(q: Fraction) -> dict[str, Any]:
    """q (J - 3 I), rounded towards zero so that the columns still add up to zero."""
    unit = math.floor(q * 2**60)
    return {"s": 60, "m": [str(-2 * unit if i == j else unit) for i in range(3) for j in range(3)]}


def optimum() -> Pair:
    """Instance S1: the minimum is 0.11190205689093...; c = 1/100 = q."""
    problem = ridge()
    witness = {"bits": 128, "point": collapsed(problem, 4.58496747867057191962793760834453602734967),
               "dual": dual(Fraction(1, 100))}
    return stated("ridge/minimum/1", problem=problem, lower="139877571/1250000000",
                  upper="111902057/1000000000"), witness


def smoothed_optimum() -> Pair:
    """Label smoothing 1/10 with a bias: q = c + alpha/K, but the dual matrix is c (J - K I) again."""
    problem = ridge("label_smoothing", "1/10", lambda_b="0")
    q = 0.01 + 0.1 / 3
    margin = math.log(1 / q - 2)
    value = -math.log(1 - 2 * q) + 2 * q * margin
    low, high = (str(Fraction(math.floor(value * 10**9) + shift, 10**9)) for shift in (0, 1))
    return stated("ridge/minimum/1", problem=problem, lower=low, upper=high), {
        "bits": 128, "point": collapsed(problem, margin), "dual": dual(Fraction(1, 100))}


def squared_optimum() -> Pair:
    """Mean squared error at K = d = 2, no bias: x = 1 - K c, f = 1/2 - x^2/2 with c = 1/10."""
    problem = ridge("mean_squared", K=2, n=1, lambda_W="1/10", lambda_H="1/10")
    frame = dyadic([math.sqrt(0.8), 0, 0, math.sqrt(0.8)])
    return stated("ridge/minimum/1", problem=problem, lower="179999/1000000", upper="180001/1000000"), {
        "bits": 128, "point": {"W": frame, "H": frame, "b": None}, "dual": dyadic(["-1/5", "0", "0", "-1/5"], 40)}


def signature() -> Pair:
    """[[0, 1/3, 0], [1/3, 0, 0], [0, 0, 0]] has one eigenvalue of each sign."""
    rows = [["0", "1/3", "0"], ["1/3", "0", "0"], ["0", "0", "0"]]
    return stated("matrix/inertia/1", rows=rows, positive=1, negative=1, zero=1), {}


def exponential_beyond_its_tangent() -> Pair:
    """exp(x) - x >= 1 for x >= 0, because exp(x) = 1 + x + q."""
    where = [variable("x", "0", None, "[)")]
    body = ["-", ["exp", "x"], ["+", "x", "1"]]
    return stated("sign/1", domain=where, expression=body, relation=">="), coefficients(["exp", "x"])


def integers_one_by_one() -> Pair:
    """(k - 1)(k - 2) >= 0 for integers k >= 1."""
    where = [variable("k", "1", None, "[)", integer=True)]
    return stated("sign/1", domain=where, expression=["*", ["-", "k", "1"], ["-", "k", "2"]], relation=">="), {
        "method": "split", "variable": "k", "at": ["1"], "parts": [coefficients(), coefficients()]}


def verdict() -> Pair:
    """A theorem of our own that rests on a classical one."""
    (one, first), (two, second) = variance(), by_coefficients()
    jensen = stated("axiom/1", name="Jensen's inequality")
    return stated("verdict/1", theorem="my:theorem", parameters=None, claims=[one, jensen, two], holes=[]), {
        "claims": [first, {}, second]}


EXAMPLES = {
    "variance": variance,
    "projector": projector,
    "relation": related,
    "exponentials over K - 1": softmax_identity,
    "logarithm of a sum": logarithms,
    "square root": eigenvalue,
    "sign by coefficients": by_coefficients,
    "sign by Taylor": by_taylor,
    "sign by splitting": by_splitting,
    "sign by cuts": by_cuts,
    "sign with a zero at an end": by_zeros_at_the_ends,
    "sign of a constant": constant,
    "root": unique_root,
    "exponential beyond its tangent": exponential_beyond_its_tangent,
    "integers one by one": integers_one_by_one,
    "saddle, cross-entropy": saddle,
    "saddle, label smoothing": lambda: saddle("label_smoothing", "1/10"),
    "saddle, focal": lambda: saddle("focal", "2"),
    "saddle, mean squared": lambda: saddle("mean_squared"),
    "minimum, cross-entropy": optimum,
    "minimum, label smoothing": smoothed_optimum,
    "minimum, mean squared": squared_optimum,
    "inertia": signature,
}
