"""What the checker knows about theorems: the classical ones it believes, and what others claim at a problem."""

from __future__ import annotations

#: The closed list of classical theorems that may be used by name. Another name is a hole.
AXIOMS = frozenset({
    "Cauchy-Schwarz inequality",
    "Gram realisation",
    "Jensen's inequality",
    "Jensen's inequality for log-sum-exp",
    "KKT conditions of a convex program",
    "Radon's theorem",
    "Schur's lemma",
    "a continuous coercive function attains its minimum",
    "a convex function lies above its tangents",
    "a strictly convex coercive function has exactly one minimiser",
    "a strictly convex function is minimised where 0 is a subgradient",
    "a sum of nonnegative terms vanishes only if each does",
    "a variance is nonnegative",
    "area of a triangle is abc/(4R)",
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

#: Theorem -> the kinds of claims about the problem that a verdict at a problem must have. No kinds: its claims do
#: not name the problem (they are numbers computed from it), so that only a pinned statement is accepted.
REQUIRED: dict[str, tuple[str, ...]] = {
    "contrastive-bound": (),
    "reduced-function": ("ridge/argmin/1",),
    "collapse-optimum": ("ridge/geometry/1",),
    "focal-uniqueness": (),
    "focal-bias": (),
    "collapse-spectrum": ("ridge/spectrum/1", "ridge/inertia/1"),
    "origin-spectrum": ("ridge/origin-curvature/1",),
    "benign-landscape": ("ridge/benign/1",),
    "mse-optimum": ("ridge/optimum/1",),
    "mse-spectrum": ("ridge/spectrum/1",),
    "mse-landscape": ("ridge/benign/1",),
    "sphere-optimum": ("sphere/geometry/1", "sphere/optimum/1", "sphere/inertia/1"),
    "duality-certificate": ("sphere/dual/1",),
    "label-smoothing-threshold": ("sphere/geometry/1", "sphere/optimum/1"),
    "sphere-focal": ("sphere/contact/1", "sphere/geometry/1", "sphere/optimum/1", "sphere/inertia/1"),
    "sphere-mse": ("sphere/geometry/1", "sphere/optimum/1", "sphere/dual/1", "sphere/spectrum/1"),
    "sphere-spectrum": ("sphere/spectrum/1", "sphere/inertia/1"),
    "sphere-conditioning": ("sphere/conditioning/1",),
    "sphere-landscape": ("sphere/benign/1",),
}
