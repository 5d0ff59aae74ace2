"""Random critical points in double precision: where to look before anything is proved.

Floats live here on purpose; a point found by ``spurious_candidates`` proves nothing until
``ncproofs.critical.krawczyk`` has certified it. The samples of one class start together (n = 1 with lambda_H
replaced by n lambda_H, which leaves the objective unchanged), so that the search costs no power of n.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncproofs.arithmetic.floating import FloatArrays
from ncproofs.arithmetic.program import Program, lower
from ncproofs.calculus.logit_facts import ignores_shifts
from ncproofs.errors import OutOfScope
from ncproofs.losses.loss import K as CLASSES
from ncproofs.losses.loss import Loss, S, T, Z
from ncproofs.problems.features import Ridge
from ncproofs.problems.multilabel import WeightDecay

__all__ = [
    "FoundPoint",
    "gradient",
    "grouped_start",
    "hessian",
    "local_minima",
    "numerical_rank",
    "objective",
    "pack",
    "polish",
    "random_start",
    "reduced",
    "refuse_extreme",
    "spurious_candidates",
    "starts",
    "unpack",
    "value_and_gradient",
]

Array = NDArray[np.float64]

#: A Hessian eigenvalue below this share of the largest one counts as zero when a point is classified in
#: floats.
_FLAT = 1e-9
#: Two local minima whose values differ by less are reported once.
_SAME_VALUE = 1e-9
#: A start whose gradient stays above this did not converge.
_CONVERGED = 1e-8
#: Singular values of W below this count as zero when its rank is guessed.
_RANK_FLOOR = 1e-7
_HEAVIEST = Fraction(10**100)


@dataclass(frozen=True, kw_only=True)
class FoundPoint:
    """A point where the float gradient nearly vanishes, with its float index and nullity."""

    W: Array
    H: Array
    b: Array | None
    value: float
    gradient_norm: float
    index: int
    nullity: int


@dataclass(frozen=True)
class _LossPrograms:
    """phi with its first and second derivatives in (t, S_1, ..., S_m), and f_i, f_i', f_i''."""

    phi: Program
    functions: Program
    sums: int
    is_shift_invariant: bool


@lru_cache(maxsize=64)
def _programs(loss: Loss) -> _LossPrograms:
    slots = (T, *loss.sums)
    first = [loss.phi.diff(slot) for slot in slots]
    second = [derivative.diff(slot) for derivative in first for slot in slots]
    waves = [function.diff(Z, order) for order in (0, 1, 2) for function in loss.class_functions]
    return _LossPrograms(
        lower([loss.phi, *first, *second], [*slots, CLASSES]),
        lower(waves, [Z]),
        len(loss.sums),
        ignores_shifts(loss),
    )


def _logit_terms(problem: Ridge, logits: Array) -> tuple[Any, ...]:
    """(loss values (N,), phi' (m+1, N), phi'' (m+1, m+1, N), [f, f', f''] (3, m, K, N)) at logits (K, N)."""
    programs = _programs(problem.loss)
    if programs.is_shift_invariant:
        logits = logits - logits.max(axis=0, keepdims=True)
    N, m = logits.shape[1], programs.sums
    labels = np.repeat(np.arange(problem.K), N // problem.K)
    waves = programs.functions.run(FloatArrays(), {"z": logits})
    f = np.stack([np.broadcast_to(wave, logits.shape) for wave in waves]).reshape(3, m, *logits.shape)
    values = {"t": logits[labels, np.arange(N)], "K": np.float64(problem.K)}
    values |= {S(index + 1).name: f[0, index].sum(axis=0) for index in range(m)}
    parts = np.stack([np.broadcast_to(part, (N,)) for part in programs.phi.run(FloatArrays(), values)])
    return parts[0], parts[1 : m + 2], parts[m + 2 :].reshape(m + 1, m + 1, N), f


def _directions(f: Any, samples: int) -> Array:
    """U = [e_y, f_1'(z), ..., f_m'(z)] for every sample: shape (m+1, K, N)."""
    classes = f.shape[2]
    target = np.zeros((1, classes, samples))
    target[0, np.repeat(np.arange(classes), samples // classes), np.arange(samples)] = 1.0
    return np.concatenate([target, f[1]])


def pack(W: Array, H: Array, b: Array | None) -> Array:
    """W row-major (d, K), then H row-major (d, N), then b."""
    parts = [W.ravel(), H.ravel()] + ([] if b is None else [b])
    return np.concatenate(parts)


def unpack(problem: Ridge, x: Array) -> tuple[Array, Array, Array | None]:
    d, K, N = problem.d, problem.K, problem.N
    W, H = x[: d * K].reshape(d, K), x[d * K : d * (K + N)].reshape(d, N)
    return W, H, x[d * (K + N) :] if problem.has_bias else None


def refuse_extreme(problem: WeightDecay) -> None:
    """Weights, and the scale of a point, which is a fourth root of their ratio, must have room among floats.

    Raises:
        OutOfScope: they have none.
    """
    for name in ("lambda_W", "lambda_H", "lambda_b"):
        weight = getattr(problem, name)
        if weight and not 1 / _HEAVIEST <= weight <= _HEAVIEST:
            raise OutOfScope(f"{name}={weight} given; a search in floats needs weights from 1e-100 to 1e100")


def _weights(problem: Ridge) -> tuple[float, float, float]:
    return float(problem.lambda_W), float(problem.lambda_H), float(problem.lambda_b or 0)


def _logits(W: Array, H: Array, b: Array | None) -> Array:
    logits: Array = W.T @ H
    return logits if b is None else logits + b[:, None]


def objective(problem: Ridge, x: Array) -> float:
    return value_and_gradient(problem, x)[0]


def gradient(problem: Ridge, x: Array) -> Array:
    return value_and_gradient(problem, x)[1]


def value_and_gradient(problem: Ridge, x: Array) -> tuple[float, Array]:
    """Both at once; coordinates as in ``pack``."""
    W, H, b = unpack(problem, x)
    lW, lH, lb = _weights(problem)
    losses, first, _, f = _logit_terms(problem, _logits(W, H, b))
    G = np.einsum("is,iks->ks", first, _directions(f, problem.N)) / problem.N
    decay = lW * (W**2).sum() + lH * (H**2).sum() + (0.0 if b is None else lb * (b**2).sum())
    slopes = pack(H @ G.T + lW * W, W @ G + lH * H, None if b is None else G.sum(axis=1) + lb * b)
    return float(losses.mean() + decay / 2), slopes


def hessian(problem: Ridge, x: Array) -> Array:
    """The dense Hessian; coordinates as in ``pack``."""
    W, H, b = unpack(problem, x)
    lW, lH, lb = _weights(problem)
    d, K, N = problem.d, problem.K, problem.N
    _, first, second, f = _logit_terms(problem, _logits(W, H, b))
    U = _directions(f, N)
    G = np.einsum("is,iks->ks", first, U) / N
    M = np.einsum("iks,ijs,jls->skl", U, second, U)
    M[:, np.arange(K), np.arange(K)] += np.einsum("is,iks->sk", first[1:], f[2])
    M /= N
    WM = np.einsum("ck,skl->scl", W, M)
    out = np.zeros((problem.dimension, problem.dimension))
    w, h = slice(0, d * K), slice(d * K, d * (K + N))
    out[w, w] = np.einsum("skl,as,cs->akcl", M, H, H, optimize=True).reshape(d * K, d * K) + lW * np.eye(
        d * K
    )
    mixed = np.einsum("as,sck->akcs", H, WM) + np.einsum("ac,ks->akcs", np.eye(d), G)
    out[w, h] = mixed.reshape(d * K, d * N)
    blocks = np.zeros((d, N, d, N))
    blocks[:, np.arange(N), :, np.arange(N)] = np.einsum("sak,ck->sac", WM, W)
    out[h, h] = blocks.reshape(d * N, d * N) + lH * np.eye(d * N)
    if b is not None:
        s = slice(d * (K + N), None)
        out[w, s] = np.einsum("as,skl->akl", H, M).reshape(d * K, K)
        out[h, s] = np.einsum("sal->asl", WM).reshape(d * N, K)
        out[s, s] = M.sum(axis=0) + lb * np.eye(K)
    upper = np.triu(out)
    return upper + np.triu(out, 1).T


def numerical_rank(singular_values: NDArray[np.floating[Any]]) -> int:
    """How many singular values are not tiny: a guess, which a certificate confirms or refuses."""
    return int((singular_values > _RANK_FLOOR * max(1.0, float(singular_values.max(initial=0.0)))).sum())


def reduced(problem: Ridge) -> Ridge:
    """One sample a class with n lambda_H: the same objective on features that are equal within each class."""
    return replace(problem, n=1, lambda_H=problem.n * problem.lambda_H)


def _group_vectors(groups: list[list[int]], classes: int) -> Array:
    """Centred indicators of the groups as columns of a (G, K) matrix: collapse with the groups merged."""
    out = np.zeros((len(groups), classes))
    for row, group in enumerate(groups):
        out[row, group] = 1.0
    return out - 1.0 / len(groups)


def grouped_start(problem: Ridge, rng: np.random.Generator, noise: float = 0.1) -> Array:
    """Merged groups, sacrificed classes, or a low-rank point padded with zeros; perturbed by ``noise``. n = 1."""
    K, d = problem.K, problem.d
    kept = rng.permutation(K)[int(rng.integers(0, max(1, K // 2))) :]
    wanted = int(rng.integers(1, min(len(kept), d + 1) + 1))
    groups = [list(map(int, part)) for part in np.array_split(kept, wanted)]
    vectors = _group_vectors(groups, K)
    vectors[:, [k for k in range(K) if k not in set(kept.tolist())]] = 0.0
    basis, _, _ = np.linalg.svd(vectors, full_matrices=False)
    rank = min(d, wanted)
    W = np.zeros((d, K))
    W[:rank] = basis[:, :rank].T @ vectors
    W = W * rng.uniform(0.5, 4.0) + noise * rng.standard_normal((d, K))
    return pack(W, W * rng.uniform(0.5, 2.0), np.zeros(K) if problem.has_bias else None)


def random_start(problem: Ridge, rng: np.random.Generator) -> Array:
    """Normal W, H and b at a random scale, W and H balanced."""
    scale = 10.0 ** rng.uniform(-1.0, 1.0)
    ratio = float(problem.lambda_W / problem.lambda_H) ** 0.25
    W = scale * rng.standard_normal((problem.d, problem.K))
    H = scale * ratio * rng.standard_normal((problem.d, problem.N))
    return pack(W / ratio, H, rng.standard_normal(problem.K) if problem.has_bias else None)


def _tied(problem: Ridge, rng: np.random.Generator) -> Array:
    """Random, with the classes of each group exactly equal: minimising stays in that fixed set (Palais)."""
    K, d = problem.K, problem.d
    labels = rng.permutation(np.arange(K) % int(rng.integers(2, max(3, K))))
    scale = 2.0 ** rng.uniform(0.0, 2.0)
    W = scale * rng.standard_normal((d, K))[:, labels]
    H = scale * rng.standard_normal((d, K))[:, labels]
    return pack(W, H, np.zeros(K) if problem.has_bias else None)


_KINDS = (_tied, random_start, _tied, grouped_start)


def starts(problem: Ridge, count: int, seed: int) -> Iterator[Array]:
    """``count`` starting points for a problem with n = 1, the same for the same seed.

    In turn: classes tied in random groups, random at random scale, merged groups or sacrificed classes.
    """
    rng = np.random.default_rng(seed)
    for number in range(count):
        yield _KINDS[number % len(_KINDS)](problem, rng)


def polish(problem: Ridge, x: Array, steps: int = 12) -> Array:
    """Newton with an eigen-pseudo-inverse, so flat directions do not move; stops when it stalls."""
    best, size = x, float(np.linalg.norm(gradient(problem, x)))
    for _ in range(steps):
        matrix = hessian(problem, best)
        if not np.isfinite(matrix).all():
            break
        values, vectors = np.linalg.eigh(matrix)
        keep = np.abs(values) > _FLAT * np.abs(values).max()
        step = vectors[:, keep] @ ((vectors[:, keep].T @ gradient(problem, best)) / values[keep])
        trial = best - step
        trial_size = float(np.linalg.norm(gradient(problem, trial)))
        if not trial_size < size:
            break
        best, size = trial, trial_size
    return best


def _minimise(problem: Ridge, x: Array) -> Array:
    """L-BFGS until Newton can take over."""
    from scipy.optimize import minimize

    limits = {"maxiter": 1000, "maxfun": 1500, "ftol": 1e-13, "gtol": 1e-6}
    found = minimize(
        lambda v: value_and_gradient(problem, v), x, jac=True, method="L-BFGS-B", options=limits
    )
    return polish(problem, np.asarray(found.x))


def _lift(problem: Ridge, x: Array) -> Array:
    """A point of the reduced problem with the feature of each class repeated n times."""
    W, H, b = unpack(reduced(problem), x)
    return pack(W, np.repeat(H, problem.n, axis=1), b)


def _describe(problem: Ridge, x: Array) -> FoundPoint:
    values = np.linalg.eigvalsh(hessian(problem, x))
    flat = 10 * _FLAT * max(1e-300, float(np.abs(values).max()))
    W, H, b = unpack(problem, x)
    return FoundPoint(
        W=W,
        H=H,
        b=b,
        value=objective(problem, x),
        gradient_norm=float(np.linalg.norm(gradient(problem, x))),
        index=int((values < -flat).sum()),
        nullity=int((np.abs(values) <= flat).sum()),
    )


def _settled(problem: Ridge, small: Ridge, start: Array) -> FoundPoint | None:
    """Where ``start`` leads; None where the loss overflows, is undefined or decreases without end."""
    with np.errstate(all="ignore"):
        try:
            x = _minimise(small, start)
            return _describe(problem, _lift(problem, x)) if np.isfinite(x).all() else None
        except np.linalg.LinAlgError:
            return None


def local_minima(problem: Ridge, count: int, seed: int) -> Iterator[FoundPoint]:
    """Local minima of distinct values as ``count`` starts find them, in order, reproducible from ``seed``.

    Points that a float Hessian shows to be saddles are left out, and so are starts that did not converge.

    Raises:
        OutOfScope: weights that are too small or too large for floats.
    """
    refuse_extreme(problem)
    small = reduced(problem)
    values: list[float] = []
    for start in starts(small, count, seed):
        point = _settled(problem, small, start)
        if point is None or not point.gradient_norm <= _CONVERGED or point.index:
            continue
        if all(abs(point.value - value) > _SAME_VALUE * (1 + abs(point.value)) for value in values):
            values.append(point.value)
            yield point


def spurious_candidates(problem: Ridge, count: int, seed: int) -> tuple[FoundPoint, ...]:
    """Distinct local minima by rising value: the first is the best known, the others may be spurious."""
    return tuple(sorted(local_minima(problem, count, seed), key=lambda point: point.value))
