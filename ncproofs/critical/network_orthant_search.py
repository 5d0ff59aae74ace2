"""Approximate minimisers of |HA - Y|^2/2 + (beta/2)(|H|^2 + |A|^2) over H >= 0, in floats; certified elsewhere.

Descent and Newton's method, neurons joined where that costs nothing, and a new one wherever the constraint max |V^T h|
<= beta, h >= 0, |h| = 1, is violated at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from ncproofs.problems.networks import Network

__all__ = ["Atoms", "second_derivative", "supports", "supports_and_start"]

#: Neurons: support, the entries of h on it, output weights.
Atoms = list[tuple[tuple[int, ...], list[float], list[float]]]
_ROUNDS = 12
_NEWTON = 60
#: Factor between the decays of two stages.
_STEP = 8.0


def supports(n: int) -> Iterator[list[int]]:
    """Every nonempty subset of range(n)."""
    for code in range(1, 2**n):
        yield [i for i in range(n) if code >> i & 1]


@lru_cache(maxsize=32)
def supports_and_start(problem: Network) -> Atoms:
    """Neurons of an approximate minimiser: support, the entries of h on it, output weights; |h| = |a|."""
    import numpy as np

    from ncproofs.critical.network_search import as_floats

    table = as_floats(problem.Y)
    size = float(np.linalg.norm(table)) or 1.0
    Y, beta = table / size, float(problem.price) / size
    H, A = np.zeros((len(Y), 0)), np.zeros((0, Y.shape[1]))
    stages = max(1, int(np.ceil(np.log(1 / beta) / np.log(_STEP)))) if beta < 1 else 1
    for stage in reversed(range(stages)):  # from heavy decay down, each from the network before
        H, A = _grown(H, A, Y, beta * _STEP**stage)
    root = np.sqrt(size)
    return [(tuple(map(int, np.nonzero(h)[0])), (h[h > 0] * root).tolist(), (a * root).tolist())
            for h, a in zip(H.T, A, strict=True)]


def _grown(H: Any, A: Any, Y: Any, beta: float) -> tuple[Any, Any]:
    """Descent, with a neuron wherever the constraint is violated at its end."""
    import numpy as np

    if H.shape[1]:
        H, A = _settled(H, A, Y, beta)
    for _ in range(_ROUNDS):
        fresh = _violated(Y - H @ A, beta)
        if not fresh:
            break
        # c h a^T is best at c = <h, V a> - beta; together they share that, which never raises the value.
        roots = [np.sqrt(max(h @ (Y - H @ A) @ a - beta, 0) / len(fresh)) for h, a in fresh]
        more = [h * root for (h, _), root in zip(fresh, roots, strict=True)]
        arms = [a * root for (_, a), root in zip(fresh, roots, strict=True)]
        H, A = _settled(np.column_stack([H, *more]), np.vstack([A, *arms]), Y, beta)
    return H, A


def _settled(H: Any, A: Any, Y: Any, beta: float) -> tuple[Any, Any]:
    """A stationary network nearby, with the fewest neurons of its value.

    Neurons that are to become one approach each other slowly; so close ones are joined at once, and stay so if the
    network that Newton's method finds from there is worth no more.
    """
    H, A = _thinned(*_polished(*_descended(H, A, Y, beta), Y, beta))
    for near in (0.9, 0.99, 0.999, 1 - 1e-5):
        rival = _thinned(H, A, near)
        if rival[0].shape[1] < H.shape[1]:
            rival = _thinned(*_polished(*_descended(*rival, Y, beta), Y, beta))
            least = _value(H, A, Y, beta)
            if _value(*rival, Y, beta) <= least * (1 + 1e-13):
                H, A = rival
    return H, A


def _value(H: Any, A: Any, Y: Any, beta: float) -> float:
    return float(((H @ A - Y) ** 2).sum() / 2 + beta / 2 * ((H**2).sum() + (A**2).sum()))


def _polished(H: Any, A: Any, Y: Any, beta: float) -> tuple[Any, Any]:
    """Newton's method on the entries that are not held at 0, with a step that never raises the value."""
    import numpy as np

    shape, cut = H.shape, H.size
    flat = np.concatenate([H.ravel(), A.ravel()])
    value = _value(H, A, Y, beta)
    for _ in range(_NEWTON):
        P, Q = flat[:cut].reshape(shape), flat[cut:].reshape(A.shape)
        R = P @ Q - Y
        slope = np.concatenate([(R @ Q.T + beta * P).ravel(), (P.T @ R + beta * Q).ravel()])
        free = np.ones(len(flat), dtype=bool)
        free[:cut] = (flat[:cut] > 0) | (slope[:cut] < 0)
        if not free.any() or abs(slope[free]).max() < 1e-15:
            break
        sizes, vectors = np.linalg.eigh(second_derivative(P, Q, R, beta)[np.ix_(free, free)])
        step = np.zeros(len(flat))
        # Rotations among neurons of one support cost nothing: their eigenvalue is 0.
        step[free] = -vectors @ ((vectors.T @ slope[free]) / np.maximum(abs(sizes), 1e-7 * abs(sizes).max()))
        for halving in range(30):
            moved = flat + step / 2**halving
            moved[:cut] = np.maximum(moved[:cut], 0)
            found = _value(moved[:cut].reshape(shape), moved[cut:].reshape(A.shape), Y, beta)
            if found < value:
                break
        else:
            break
        flat, value = moved, found
    return flat[:cut].reshape(shape), flat[cut:].reshape(A.shape)


def second_derivative(H: Any, A: Any, R: Any, beta: float) -> Any:
    """The second derivative in (H, A), each row by row, R = HA - Y."""
    import numpy as np

    (n, r), K = H.shape, A.shape[1]
    whole = np.zeros((n * r + r * K, n * r + r * K))
    whole[: n * r, : n * r] = np.kron(np.eye(n), A @ A.T)
    whole[n * r :, n * r :] = np.kron(H.T @ H, np.eye(K))
    # d^2/dH_ij dA_mk = H_im A_jk + (j = m) R_ik
    cross = np.einsum("im,jk->ijmk", H, A) + np.einsum("ik,jm->ijmk", R, np.eye(r))
    whole[: n * r, n * r :] = cross.reshape(n * r, r * K)
    whole[n * r :, : n * r] = whole[: n * r, n * r :].T
    return whole + beta * np.eye(len(whole))


def _violated(V: Any, beta: float) -> list[tuple[Any, Any]]:
    """Unit (h, a), h >= 0, at local maxima of <h, V a> that exceed beta, the largest first."""
    import numpy as np

    # A multiple eigenvalue hides its positive eigenvector in a space; a small change brings it out.
    moved = V + 1e-10 * np.linalg.norm(V) * np.random.default_rng(0).normal(size=V.shape)
    gram, found = moved @ moved.T, []
    for S in supports(len(V)):
        values, vectors = np.linalg.eigh(gram[np.ix_(S, S)])
        u = vectors[:, -1] * np.sign(vectors[:, -1].sum())
        if values[-1] > beta**2 * (1 + 1e-8) and (u > 0).all():
            h = np.zeros(len(V))
            h[S] = u
            found.append((float(values[-1]), h, V.T @ h / np.linalg.norm(V.T @ h)))
    found.sort(key=lambda entry: -entry[0])
    return [(h, a) for _, h, a in found[:8]]


def _descended(H: Any, A: Any, Y: Any, beta: float) -> tuple[Any, Any]:
    import numpy as np
    from scipy.optimize import minimize

    shape, cut = H.shape, H.size

    def value(flat: Any) -> tuple[float, Any]:
        P, Q = flat[:cut].reshape(shape), flat[cut:].reshape(A.shape)
        error = P @ Q - Y
        slopes = np.concatenate([(error @ Q.T + beta * P).ravel(), (P.T @ error + beta * Q).ravel()])
        return (error**2).sum() / 2 + beta / 2 * (flat**2).sum(), slopes

    bounds = [(0, None)] * cut + [(None, None)] * A.size
    flat = np.concatenate([H.ravel(), A.ravel()])
    for _ in range(2):  # L-BFGS-B may stop early where its active set changes
        flat = minimize(value, flat, jac=True, method="L-BFGS-B", bounds=bounds,
                        options={"maxiter": 3000, "maxfun": 6000, "ftol": 0, "gtol": 1e-13, "maxcor": 30}).x
    return flat[:cut].reshape(shape), flat[cut:].reshape(A.shape)


def _thinned(H: Any, A: Any, near: float = 1 - 1e-9) -> tuple[Any, Any]:
    """Neurons of rounding size dropped, parallel ones joined, and dependent ones h a^T traded away; balanced."""
    import numpy as np

    sizes = np.linalg.norm(H, axis=0) * np.linalg.norm(A, axis=1)
    keep = sizes > 1e-7 * max(float(sizes.max(initial=0)), 1e-300)
    atoms = [(h / np.linalg.norm(h), a / np.linalg.norm(a), c)
             for h, a, c in zip(H.T[keep], A[keep], sizes[keep], strict=True)]
    joined: list[list[Any]] = []
    for h, a, c in sorted(atoms, key=lambda atom: -atom[2]):
        h = np.where(h > 1e-6, h, 0)
        twin = next((other for other in joined if other[0] @ h > near and other[1] @ a > near), None)
        if twin is None:
            joined.append([h, a, c])
        else:
            twin[2] += c
    while len(joined) > 1:
        table = np.array([np.outer(h, a).ravel() for h, a, _ in joined]).T
        _, s, Vt = np.linalg.svd(table)
        if len(joined) <= len(s) and s[-1] > 1e-7 * s[0]:
            break
        weights = np.array([c for _, _, c in joined])
        null = Vt[-1] if Vt[-1].sum() >= 0 else -Vt[-1]  # moving along -null does not raise the cost
        steps = np.where(null > 1e-12, weights / np.maximum(null, 1e-300), np.inf)
        drop = int(np.argmin(steps))
        for atom, moved in zip(joined, weights - steps[drop] * null, strict=True):
            atom[2] = moved
        joined.pop(drop)
    roots = [np.sqrt(c) for _, _, c in joined]
    return (np.array([h * r for (h, _, _), r in zip(joined, roots, strict=True)]).reshape(-1, len(H)).T,
            np.array([a * r for (_, a, _), r in zip(joined, roots, strict=True)]).reshape(-1, A.shape[1]))
