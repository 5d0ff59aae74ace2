"""Ways to critical points of any index, in floats, each from its own random start.

Each method takes a terrain and numpy's generator and returns where it ended; whether that is critical is looked at
afterwards. Minimisers alone would tell nothing about saddles: Levenberg-Marquardt and eigenvector following are
drawn to the nearest critical point of whatever index, and the fixed sets of symmetries hold others (Palais).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ncproofs.critical.terrain import Array, Terrain, is_flat, size_of

__all__ = ["METHODS", "Seeker", "eigenvector_following", "levenberg_marquardt", "minimise", "newton"]

Seeker = Callable[[Terrain, np.random.Generator], Array]

_LM_STEPS = 200
_FOLLOWING_STEPS = 150
_TRACKING_STEPS = 40
_STAGES = 6
#: Gradients below this share of the Hessian are left to Newton's method.
_NEAR = 1e-4
_AT_REST = 1e-14


def levenberg_marquardt(terrain: Terrain, x: Array, steps: int = _LM_STEPS) -> Array:
    """Minimise |grad f|^2: steps -(A^2 + mu)^-1 A g with A the Hessian, mu adaptive and proportional to |g|."""
    damping = 1.0
    local = terrain.local(x)
    for _ in range(steps):
        size = float(np.linalg.norm(local.gradient))
        # In the eigenbasis of A there is nothing to invert where A is singular.
        values, vectors = np.linalg.eigh(local.hessian)
        scale = size_of(values)
        if not size > _AT_REST * scale:
            break
        step = -vectors @ (values * (vectors.T @ local.gradient) / (values**2 + damping * size * scale + 1e-300))
        trial = terrain.moved(x, local, _shortened(step, terrain.reach(x)))
        found = terrain.local(trial)
        if np.isfinite(found.hessian).all() and np.linalg.norm(found.gradient) < size:
            x, local, damping = trial, found, max(damping / 5, 1e-14)
        else:
            damping *= 4
            if damping > 1e12:
                break
    return x


def eigenvector_following(terrain: Terrain, x: Array, index: int) -> Array:
    """Uphill along the ``index`` lowest modes of the Hessian, downhill along the others, then Newton."""
    for _ in range(_FOLLOWING_STEPS):
        local = terrain.local(x)
        if not np.isfinite(local.hessian).all():
            return x
        values, vectors = np.linalg.eigh(local.hessian)
        slopes = vectors.T @ local.gradient
        if np.linalg.norm(slopes) < _NEAR * size_of(values):
            break
        lengths = -slopes / np.maximum(np.abs(values), 0.01 * size_of(values))
        lengths[:index] *= -1
        x = terrain.moved(x, local, _shortened(vectors @ lengths, 0.3 * terrain.reach(x)))
    return x


def minimise(terrain: Terrain, x: Array) -> Array:
    """L-BFGS until Newton's method can take over."""
    from scipy.optimize import minimize

    limits = {"maxiter": 1000, "maxfun": 1500, "ftol": 1e-15, "gtol": 1e-8}
    found = minimize(terrain.pulled_back, x, jac=True, method="L-BFGS-B", options=limits)
    return terrain.normal(np.asarray(found.x))


def newton(terrain: Terrain, x: Array, steps: int = 12) -> Array:
    """Newton with an eigen-pseudo-inverse, so flat directions do not move; stops when it stalls."""
    local = terrain.local(x)
    for _ in range(steps):
        if not np.isfinite(local.hessian).all():
            break
        values, vectors = np.linalg.eigh(local.hessian)
        keep = ~is_flat(values)
        step = -vectors[:, keep] @ ((vectors[:, keep].T @ local.gradient) / values[keep])
        if not np.linalg.norm(step) < terrain.reach(x):
            break
        trial = terrain.moved(x, local, step)
        found = terrain.local(trial)
        if not np.linalg.norm(found.gradient) < np.linalg.norm(local.gradient):
            break
        x, local = trial, found
    return x


def _shortened(step: Array, longest: float) -> Array:
    return step * min(1.0, longest / max(1e-300, float(np.linalg.norm(step))))


def _by_squares(terrain: Terrain, rng: np.random.Generator) -> Array:
    small, lift = terrain.view(rng)
    return lift(levenberg_marquardt(small, small.random(rng)))


def _by_following(terrain: Terrain, rng: np.random.Generator) -> Array:
    small, lift = terrain.view(rng)
    index = int(rng.integers(0, max(2, small.dimension // 2)))
    return lift(eigenvector_following(small, small.random(rng), index))


def _by_padding(terrain: Terrain, rng: np.random.Generator) -> Array:
    """A minimiser in fewer dimensions, padded; where there are not fewer, a start with symmetry."""
    found = terrain.lower_rank(rng)
    if found is None:
        return _by_symmetry(terrain, rng)
    small, lift = found
    return lift(newton(small, minimise(small, small.random(rng))))


def _by_symmetry(terrain: Terrain, rng: np.random.Generator) -> Array:
    """The steps respect the symmetry of the start, so the fixed set of its stabiliser is searched."""
    return levenberg_marquardt(terrain, terrain.structured(rng))


def _by_homotopy(terrain: Terrain, rng: np.random.Generator) -> Array:
    """A critical point at another weight decay or temperature, carried to the one that is asked for."""
    small, lift = terrain.view(rng)
    far = float(rng.choice([-1.0, 1.0])) * rng.uniform(0.5, 2.0)
    x = small.random(rng)
    for stage in range(_STAGES + 1):
        strength = 2.0 ** (far * (1 - stage / _STAGES))
        steps = _LM_STEPS if stage == 0 else _TRACKING_STEPS
        x = levenberg_marquardt(small.at_strength(strength) if stage < _STAGES else small, x, steps)
    return lift(x)


def _by_descent(terrain: Terrain, rng: np.random.Generator) -> Array:
    small, lift = terrain.view(rng)
    return lift(minimise(small, small.random(rng)))


def _by_escape(terrain: Terrain, rng: np.random.Generator) -> Array:
    """Down from a saddle along one of its negative modes: minima with small basins lie beside saddles."""
    small, lift = terrain.view(rng)
    x = levenberg_marquardt(small, small.random(rng))
    local = small.local(x)
    values, vectors = np.linalg.eigh(local.hessian)
    down = np.flatnonzero(~is_flat(values) & (values < 0))
    if down.size:
        step = rng.choice([-1.0, 1.0]) * vectors[:, rng.choice(down)]
        x = small.moved(x, local, 0.4 * small.reach(x) * step)
    return lift(minimise(small, x))


#: Name -> method, in the order in which a search takes its turns.
METHODS: dict[str, Seeker] = {
    "squares": _by_squares,
    "following": _by_following,
    "padding": _by_padding,
    "symmetry": _by_symmetry,
    "homotopy": _by_homotopy,
    "descent": _by_descent,
    "escape": _by_escape,
}
