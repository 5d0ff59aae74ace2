"""Approximate minimisers of network problems in floats. Nothing here is trusted; it is certified elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ncproofs.errors import OutOfScope

__all__ = ["as_floats", "atoms_of_dual", "atoms_of_relu", "lasso", "nonnegative_multipliers",
           "nuclear_norm_factors"]

_ROUNDS = 20_000
_LARGEST = 1e100
_MOST_ATOM_ROUNDS = 400


def as_floats(rows: Sequence[Sequence[Any]]) -> Any:
    """A matrix of fractions or balls as doubles.

    Raises:
        OutOfScope: an entry beyond the range in which squares of doubles are finite.
    """
    try:
        table = np.array([[float(entry) for entry in row] for row in rows], dtype=float)
    except OverflowError:
        table = np.array([[np.inf]])
    if not (np.abs(table) < _LARGEST).all():
        raise OutOfScope("entries beyond 10^100 given; scale X and Y, this kind is solved from doubles")
    return table


def nuclear_norm_factors(X: Any, Y: Any, beta: float) -> tuple[Any, Any]:
    """Factors A (d, r) and B (r, K) of an approximate minimiser of |XZ - Y|^2/2 + beta |Z|_*, balanced.

    Accelerated proximal gradient with restarts.
    """
    step = 1 / max(float(np.linalg.norm(X, 2)) ** 2, 1e-300)
    Z = np.zeros((X.shape[1], Y.shape[1]))
    ahead, weight = Z, 1.0
    for _ in range(_ROUNDS):
        U, s, Vt = np.linalg.svd(ahead - step * X.T @ (X @ ahead - Y), full_matrices=False)
        new = (U * np.maximum(s - step * beta, 0)) @ Vt
        if np.sum((ahead - new) * (new - Z)) > 0:  # the momentum points uphill
            weight = 1.0
        following = (1 + np.sqrt(1 + 4 * weight**2)) / 2
        moved = np.linalg.norm(new - Z)
        ahead, Z, weight = new + (weight - 1) / following * (new - Z), new, following
        if moved <= 1e-15 * (1 + np.linalg.norm(Z)):
            break
    U, s, Vt = np.linalg.svd(Z, full_matrices=False)
    keep = s > 1e-7 * (1 + s[0])
    roots = np.sqrt(s[keep])
    return U[:, keep] * roots, roots[:, None] * Vt[keep]


def nonnegative_multipliers(columns: Any, target: Any) -> Any:
    """lambda >= 0 with |columns lambda + target| least."""
    from scipy.optimize import nnls

    return nnls(columns, -target, maxiter=50 * max(columns.shape[1], 10))[0]


def lasso(features: Any, y: Any, beta: float) -> Any:
    """Coefficients c >= 0 with |F c - y|^2/2 + beta sum c least.

    The dual is the projection of y on {v: F^T v <= beta}; Lawson and Hanson's least-distance form turns it into one
    problem of nonnegative least squares, whose multipliers are c.
    """
    from scipy.optimize import nnls

    table = np.vstack([-features, (features.T @ y - beta)[None, :]])
    aim = np.zeros(len(y) + 1)
    aim[-1] = 1.0
    multipliers = nnls(table, aim, maxiter=100 * max(table.shape))[0]
    rest = table @ multipliers - aim
    return -multipliers / rest[-1]


def atoms_of_relu(X: Any, y: Any, beta: float, patterns: Sequence[Any]) -> list[tuple[int, Any, float]]:
    """Atoms (sign, unit w, weight) of an approximate minimiser of |sum sign weight (Xw)_+ - y|^2/2 + beta sum weight.

    Fully corrective conditional gradients: every round adds, for each activation pattern, the best direction of its
    closed cone, solves the lasso over the atoms at hand, and adds up the atoms of one sign in one closed cone, which
    costs no more because the network is linear there.
    """
    atoms: list[tuple[int, Any]] = []
    weights = np.zeros(0)
    for _ in range(_MOST_ATOM_ROUNDS):
        residual = y - _features(X, atoms) @ weights if atoms else y.copy()
        fresh = [
            (sign, w) for pattern in patterns for sign in (1, -1)
            if (w := _best_direction(X, pattern, sign * residual)) is not None
            and sign * residual @ np.maximum(X @ w, 0) > beta * (1 + 1e-13)
        ]
        if not fresh:
            break
        gain = max(sign * residual @ np.maximum(X @ w, 0) for sign, w in fresh) / beta - 1
        atoms = atoms + fresh
        atoms, weights = _added_up(X, atoms, lasso(_features(X, atoms), y, beta))
        if gain < 1e-11:
            break
    return independent_atoms(X, atoms, weights) if len(weights) else []


def independent_atoms(X: Any, atoms: list[tuple[int, Any]], weights: Any) -> list[tuple[int, Any, float]]:
    """Atoms with weights, fewer where their features are dependent; weights of rounding size are dropped."""
    atoms, weights = _independent(X, atoms, weights)
    return [(sign, w, float(c)) for (sign, w), c in zip(atoms, weights, strict=True) if c > 1e-9 * weights.max()]


def atoms_of_dual(X: Any, y: Any, beta: float, v: Any, patterns: Sequence[Any]) -> list[tuple[int, Any, float]]:
    """Atoms at which the constraint of a nearly optimal ``v`` binds, with the weights of the lasso over them.

    Where conditional gradients stall, the multipliers of v say better than its atoms on which walls these lie.
    """
    found: list[tuple[int, Any]] = []
    for pattern in patterns:
        for sign in (1, -1):
            w = _best_direction(X, pattern, sign * v)
            if w is not None and sign * v @ np.maximum(X @ w, 0) > beta * (1 - 1e-4):
                found.append((sign, w))
    if not found:
        return []
    atoms, _ = _added_up(X, found, np.ones(len(found)))
    weights = lasso(_features(X, atoms), y, beta)
    keep = weights > 0
    chosen = [atom for atom, used in zip(atoms, keep, strict=True) if used]
    return independent_atoms(X, chosen, weights[keep]) if chosen else []


def _features(X: Any, atoms: Sequence[tuple[int, Any]]) -> Any:
    return np.array([sign * np.maximum(X @ w, 0) for sign, w in atoms]).T


def _best_direction(X: Any, pattern: Any, pull: Any) -> Any:
    """The projection of X^T D pull on the closed cone of ``pattern`` (signs 1 and -1), of length one; None for 0."""
    gradient = X.T @ (pull * (pattern > 0))
    walls = (X * pattern[:, None]).T
    direction = gradient + walls @ nonnegative_multipliers(walls, gradient)
    length = np.linalg.norm(direction)
    return None if length < 1e-12 else direction / length


def _added_up(X: Any, atoms: Sequence[tuple[int, Any]], weights: Any) -> tuple[list[tuple[int, Any]], Any]:
    """Atoms of one sign in one closed cone (no sample on which they disagree) become one."""
    groups: list[tuple[int, Any]] = []
    for (sign, w), c in sorted(zip(atoms, weights, strict=True), key=lambda pair: -pair[1]):
        if c <= 0:
            continue
        for place, (other, total) in enumerate(groups):
            if other == sign and ((X @ w) * (X @ total)).min() >= -1e-11 * np.linalg.norm(total):
                groups[place] = (sign, total + c * w)
                break
        else:
            groups.append((sign, c * w))
    sizes = [float(np.linalg.norm(total)) for _, total in groups]
    return [(s, total / size) for (s, total), size in zip(groups, sizes, strict=True)], np.array(sizes)


def _independent(X: Any, atoms: list[tuple[int, Any]], weights: Any) -> tuple[list[tuple[int, Any]], Any]:
    """Fewer atoms with the same sum of features: where these are dependent, one weight can be moved to 0."""
    while len(atoms) > 1:
        _, s, Vt = np.linalg.svd(_features(X, atoms))
        if len(atoms) <= len(s) and s[-1] > 1e-7 * s[0]:
            break
        null = Vt[-1] if Vt[-1].max() > 0 else -Vt[-1]
        steps = np.where(null > 1e-12, weights / np.maximum(null, 1e-300), np.inf)
        drop = int(np.argmin(steps))
        weights = weights - steps[drop] * null
        atoms = [atom for place, atom in enumerate(atoms) if place != drop]
        weights = np.delete(weights, drop)
    return atoms, weights
