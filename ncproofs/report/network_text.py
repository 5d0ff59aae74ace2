"""The optimum of a network as text and as JSON, and what ``ncproofs show network`` says."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from ncproofs.report.optimum_text import optimum_record

if TYPE_CHECKING:
    from ncproofs.critical.network_certificate import NetworkOptimum, Neuron
    from ncproofs.problems.networks import Network

__all__ = ["NETWORK", "network_lines", "network_record", "network_spelled"]

_MOST_SHOWN = 40

NETWORK: tuple[str, str, dict[str, str], dict[str, str]] = (
    "regularised networks with convex duals: linear, deep linear, ReLU, splines, batch normalisation",
    "linear, deep-linear, relu: minimise (1/2)|f(X) - Y|^2 + (beta/2) (weight decay) over networks of every width,\n"
    "    X (n, d), Y (n, K), samples are rows, no factor 1/n, no biases.\n"
    "    deep-linear and relu take --layers L and --normalisation: standard (weight decay on every layer) or unit\n"
    "    (inner layers of norm at most one, weight decay on the last two; f a sum of parallel chains).\n"
    "    relu: any small data with one output; X X^T = I or X of rank one: several outputs too.\n"
    "spline: minimise sum |a_j||w_j| over f(x) = c + sum_j a_j (w_j x + b_j)_+ with f(x_i) = y_i; no beta.\n"
    "batchnorm: (1/2)|f - Y|^2 + (beta/2) (gamma^2 + alpha^2 + output), h = (gamma z + alpha/sqrt N)_+, one-hot Y.\n"
    "\n"
    "--data FILE is JSON or CSV of exact numbers: whole numbers, or strings such as \"1/3\" and \"0.25\".\n"
    "A JSON float such as 0.25 without quotes is refused; a CSV cell 0.25 is read as 1/4.\n"
    '    JSON  {"X": [["1", "0"], ["0", "1"]], "Y": ["2", "-1/2"]}       linear, deep-linear, relu (Y also as rows)\n'
    '          {"x": [0, 1, 3], "y": ["1/2", 0, 2]}                      spline\n'
    '          {"counts": [4, 3, 1]}, {"labels": [0, 0, 1], "A": [...]} or {"Y": one-hot rows, "A": [...]}\n'
    "                                                                    batchnorm; A: inputs of the last layer\n"
    "    CSV   header x1,x2,y or x1,x2,y1,y2; x,y; label,a1,a2; then one sample a line",
    {
        "objective": "the minimum: between the dual value and the value of the network shown",
        "dual": "the value of the dual point (deep, standard: of the dual problem)",
        "gap": "primal minus dual value",
        "rank": "neurons, or directions of a linear network, of the network shown",
        "strength_k_pos, strength_k_neg": "relu, whitened: |w||a| of the neuron that fits (y_k)_+ or (y_k)_-",
        "critical_points": "deep, one output: number of values of |u| at critical points, 0 included",
        "T0, S0": "spline: sum of |changes of slope|, |first + last slope|; the minimum is max(T0, (T0 + S0)/2)",
        "output_bias": "spline: c",
        "dual_m, dual_v_i": "spline: the dual point",
        "prediction_scale_k": "batchnorm: f = scale y_k on class k",
        "gamma_k, alpha_k, out_weight_k": "batchnorm: balanced weights of the neuron of class k",
        "activation_k": "batchnorm: its activation on class k; 0 on all others",
        "mean_norm_sq_k": "batchnorm: |class mean|^2",
        "neurons": "w, inner layers, bias and output weights of each neuron; in JSON a list beside `quantities`",
    },
    {
        "trivial": "no neurons: beta is at least the dual norm of the targets",
        "whitened": "X X^T = I: closed form",
        "whitened, overlapping outputs": "relu: the minimum, from all supports of the activations; n > 10: bounds",
        "rank one": "linear: one output. relu: X = c a^T",
        "low rank": "linear, several outputs, any X",
        "no strong duality": "deep-linear with weight decay on every layer: least of all critical points",
        "finite convex program": "relu, one output: every activation pattern listed exactly",
        "flat ends, sloped ends": "spline: T0 >= S0, or not",
        "collapse, minority collapse": "batchnorm: all classes active, or only those with n_k > beta^2",
        "bounds only": "batchnorm with inputs A whose centred range misses a label vector",
    },
)


def network_spelled(problem: Network) -> dict[str, Any]:
    """The problem under the names of the command line, data as exact strings."""
    from ncproofs.problems.networks import Labels, Points

    def rows(matrix: Sequence[Sequence[Any]]) -> list[list[str]]:
        return [[str(entry) for entry in row] for row in matrix]

    if isinstance(problem.data, Points):
        data: dict[str, Any] = {"x": list(map(str, problem.data.x)), "y": list(map(str, problem.data.y))}
    elif isinstance(problem.data, Labels):
        data = {"counts": list(problem.data.counts)}
        if problem.data.A is not None:
            data["A"] = rows(problem.data.A)
    else:
        data = {"X": rows(problem.X), "Y": rows(problem.Y)}
    beta = "none" if problem.beta is None else str(problem.beta)
    return {"family": "network", "kind": problem.kind, "beta": beta, "layers": str(problem.layers),
            "normalisation": problem.normalisation, "data": data}


def network_record(found: NetworkOptimum, digits: int) -> dict[str, Any]:
    """One object, schema 1, as for every family, with ``neurons`` and ``dual_point`` beside the quantities."""
    from ncproofs.critical.network_certificate import enclosed

    def bounds(values: Sequence[Any]) -> list[dict[str, str]]:
        return [enclosed(value).as_json(digits) for value in values]

    record = optimum_record(network_spelled(found.problem), found, digits, None)
    record["neurons"] = [
        {"w": bounds(neuron.w), "middle": bounds(neuron.middle), "bias": bounds([neuron.bias])[0],
         "out": bounds(neuron.a)}
        for neuron in found.neurons
    ]
    record["dual_point"] = [bounds(row) for row in found.dual_point]
    return record


def network_lines(found: NetworkOptimum, digits: int) -> list[str]:
    """For people: the answer, each quantity, each neuron, what it rests on."""
    from ncproofs.report.optimum_text import optimum_lines

    lines = optimum_lines(found, found.problem, digits, None)
    cut = lines.index("", 2) + 1 if "" in lines[2:] else len(lines)
    end = next((i for i in range(cut, len(lines)) if not lines[i]), len(lines))
    shown = [line for number, neuron in enumerate(found.neurons[:_MOST_SHOWN], start=1)
             for line in _neuron(number, neuron, min(digits, 15))]
    if len(found.neurons) > _MOST_SHOWN:
        shown.append(f"  and {len(found.neurons) - _MOST_SHOWN} more; --json has them all")
    return [*lines[:end], *(["", *shown] if shown else []), *lines[end:]]


def _neuron(number: int, neuron: Neuron, digits: int) -> list[str]:
    from ncproofs.critical.network_certificate import enclosed

    def number_of(value: Any) -> str:
        lower, upper = enclosed(value).decimals(digits)
        if lower == upper:
            return lower
        # The ends of a thin enclosure differ in their last digits; the ones before those stand for both.
        pairs = zip(lower, upper, strict=False)
        common = "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        return f"{common}.." if len(common) > 6 else f"[{lower}, {upper}]"

    parts = [f"w = ({', '.join(map(number_of, neuron.w))})"]
    if neuron.middle:
        parts.append(f"inner = ({', '.join(map(number_of, neuron.middle))})")
    if neuron.bias:
        parts.append(f"bias = {number_of(neuron.bias)}")
    parts.append(f"out = ({', '.join(map(number_of, neuron.a))})")
    return [f"  neuron {number}: {', '.join(parts)}"]
