"""The classical theorems that a proof may use by name. Whatever is not on this list is a step nobody checked."""

from __future__ import annotations

__all__ = ["KNOWN_AXIOMS"]

KNOWN_AXIOMS = frozenset(
    {
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
    }
)
