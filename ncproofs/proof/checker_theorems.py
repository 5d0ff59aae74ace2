"""What the checker knows about theorems: the classical ones it believes, and what others claim at a problem."""

from __future__ import annotations

#: The closed list of classical theorems that may be used by name. Another name is a hole.
AXIOMS = frozenset({
    "Cauchy-Schwarz inequality",
    "Fejes Toth's bound for points on the sphere",
    "Gram realisation",
    "Jensen's inequality",
    "Jensen's inequality for log-sum-exp",
    "KKT conditions of a convex program",
    "Radon's theorem",
    "Schoenberg's theorem on Gegenbauer polynomials",
    "Schur's lemma",
    "a continuous coercive function attains its minimum",
    "a continuous function on a compact set attains its maximum",
    "a function whose derivative is nonnegative does not decrease",
    "a convex function lies above its tangents",
    "a strictly convex coercive function has exactly one minimiser",
    "a strictly convex function is minimised where 0 is a subgradient",
    "a sum of nonnegative terms vanishes only if each does",
    "a variance is nonnegative",
    "area of a triangle is abc/(4R)",
    "area of a union of spherical caps",
    "equality case of von Neumann's trace inequality",
    "inequality of arithmetic and geometric means",
    "inertia",
    "inertia of a bordered matrix",
    "intermediate value theorem",
    "log-sum-exp bounds",
    "minimax theorem",
    "principle of symmetric criticality",
    "rank-nullity",
    "second moment of the uniform distribution on a sphere",
    "singular value decomposition",
    "singular values do not grow under a projector",
    "tangent line of a convex function",
    "tangent plane of a convex function",
    "the gradient of a convex function is monotone",
    "variational form of the nuclear norm",
    "von Neumann's trace inequality",
})

#: Theorem -> the claims about the problem that a verdict at a problem must have: kind and the fields that the theorem
#: fixes. No claims: its own do not name the problem (they are numbers computed from it), so that only a pinned
#: statement is accepted. What a theorem claims only where a closed form or a small Hessian is at hand is not listed.
Fixed = dict[str, object]
_AT_MINIMUM: Fixed = {"point": "minimum"}
_AT_ETF: Fixed = {"point": "etf"}
_NO_DESCENT: Fixed = {"point": "etf", "negative": 0}
_VALUE: Fixed = {"quantity": "objective", "relation": "=="}
_TIGHT: Fixed = {"relation": "<", "value": f"1/{10**40}"}
_CLOSE: Fixed = {"spread": f"1/{10**20}"}
_EQUAL: Fixed = {"relation": "=="}
REQUIRED: dict[str, tuple[tuple[str, Fixed], ...]] = {
    "contrastive-bound": (),
    "reduced-function": (("ridge/argmin/1", {}),),
    "collapse-optimum": (("ridge/geometry/1", {}),),
    "focal-uniqueness": (),
    "focal-bias": (),
    "collapse-spectrum": (("ridge/spectrum/1", _AT_MINIMUM), ("ridge/inertia/1", _AT_MINIMUM)),
    "origin-spectrum": (("ridge/origin-curvature/1", {}),),
    "benign-landscape": (("ridge/benign/1", {}),),
    "mse-optimum": (("ridge/optimum/1", _VALUE),),
    "mse-spectrum": (("ridge/spectrum/1", _AT_MINIMUM),),
    "mse-landscape": (("ridge/benign/1", {}),),
    "layered-reduction": (("layered/attained/1", _CLOSE),),
    "layered-optimum": (("layered/optimum/1", {"quantity": "objective"}), ("layered/attained/1", _CLOSE)),
    "layered-bias": (("layered/optimum/1", {"quantity": "objective"}), ("layered/attained/1", _CLOSE)),
    "layered-spectrum": (("layered/spectrum/1", {}),),
    "layered-critical-points": (("layered/critical/1", {}),),
    "layered-benign": (("layered/benign/1", {}),),
    "layered-spurious-minima": (("layered/critical/1", {"nature": "local minimum"}),),
    "layered-imbalance": (("layered/attained/1", _CLOSE),),
    "layered-relu": (("layered/optimum/1", {"quantity": "objective"}),),
    "sphere-optimum": (("sphere/geometry/1", {}), ("sphere/inertia/1", _NO_DESCENT)),
    "duality-certificate": (("sphere/dual/1", {}),),
    "label-smoothing-threshold": (("sphere/geometry/1", {}),),
    "sphere-focal": (("sphere/contact/1", {}), ("sphere/geometry/1", {}), ("sphere/inertia/1", _NO_DESCENT)),
    "sphere-mse": (("sphere/geometry/1", {}),),
    "sphere-spectrum": (("sphere/spectrum/1", _AT_ETF), ("sphere/inertia/1", _NO_DESCENT)),
    "sphere-conditioning": (("sphere/conditioning/1", {}),),
    "sphere-landscape": (("sphere/benign/1", {}),),
    "code-exact-values": (("code/value/1", _EQUAL),),
    "sharp-codes": (("code/value/1", _EQUAL),),
    "code-bounds": (("code/bracket/1", {}),),
    "code-finite-temperature": (("code/minimises/1", {"tau": "3/10"}),),
    "multilabel-scalar-system": (("label/unique-root/1", {}),),
    "multilabel-equality-case": (("label/geometry/1", {"geometry": "simplex ETF"}),),
    "multilabel-tag-average": (),
    "multilabel-threshold": (("label/geometry/1", {}), ("label/origin-curvature/1", {"value": "0"})),
    "multilabel-spectrum": (("label/stationary/1", {}), ("label/spectrum/1", {}), ("label/nullity/1", {})),
    "multilabel-landscape": (("label/benign/1", {}),),
    "multilabel-dual-bound": (("label/minimum/1", {"gap": "1/1000000000"}),),
    "network-weak-duality": (("network/gap/1", _TIGHT),),
    "linear-network": (("network/gap/1", _TIGHT),),
    "deep-linear-network": (("network/gap/1", {"relation": ">", "value": "0"}),),
    "relu-network": (("network/value/1", _EQUAL), ("network/gap/1", _TIGHT)),
    "relu-program": (("network/gap/1", _TIGHT),),
    "spline-interpolation": (("network/value/1", _EQUAL), ("network/gap/1", {"relation": "==", "value": "0"})),
    "spline-kinks": (("network/kinks/1", {}),),
    "batchnorm-network": (("network/value/1", _EQUAL), ("network/gap/1", _TIGHT), ("network/means/1", {})),
}

#: Theorem -> what its parameters say, where it is about one loss or one kind of network.
_SQUARED: Fixed = {"loss": "mean_squared"}
_RELU: Fixed = {"kind": "relu"}
_SPLINE: Fixed = {"kind": "spline"}
ABOUT: dict[str, Fixed] = {
    "mse-optimum": _SQUARED, "mse-spectrum": _SQUARED, "mse-landscape": _SQUARED, "sphere-mse": _SQUARED,
    "label-smoothing-threshold": {"loss": "label_smoothing"}, "sphere-focal": {"loss": "focal"},
    "layered-relu": {"relu": True}, "linear-network": {"kind": "linear"},
    "deep-linear-network": {"kind": "deep-linear"}, "relu-network": _RELU, "relu-program": _RELU,
    "spline-interpolation": _SPLINE, "spline-kinks": _SPLINE, "batchnorm-network": {"kind": "batchnorm"},
}
