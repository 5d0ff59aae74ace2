r"""The usual measures of neural collapse, in floats: NC1 to NC4, and the distance to the set of optima.

With class means m_k, their mean m, and centred means M = [m_k - m]:

    NC1  tr(S_W S_B^+)/K with the within-class covariance S_W and the between-class covariance S_B
    NC2  spread of the lengths, and the largest |cos + 1/(K-1)|, of classifiers and of centred means
    NC3  |W/|W| - M/|M||, Frobenius norms
    NC4  how often the nearest class mean and the largest logit name the same class
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ncproofs.audit.reading import Trained

__all__ = ["class_means", "distance", "measures"]

Array = NDArray[np.float64]
_TILE = 2**22


def class_means(given: Trained) -> Array:
    """(d, K); a class without samples has mean 0."""
    sums = np.zeros((given.K, given.d))
    np.add.at(sums, given.classes, given.H.T)
    return (sums / np.maximum(given.counts, 1)[:, None]).T


def measures(given: Trained) -> dict[str, float]:
    """Name -> value; NaN where a measure is not defined (a zero vector, one sample a class for NC1 is 0)."""
    means = class_means(given)
    centred = means - means.mean(axis=1, keepdims=True)
    within = given.H - means[:, given.classes]
    with np.errstate(all="ignore"):
        found = {
            "within_class_share": float(np.float64(_square(within)) / np.float64(_square(given.H))),
            "NC1": _nc1(within, centred),
            "NC2_norms_W": _spread(given.W),
            "NC2_norms_means": _spread(centred),
            "NC2_angles_W": _angles(given.W),
            "NC2_angles_means": _angles(centred),
            "NC3": float(np.linalg.norm(given.W / np.linalg.norm(given.W) - centred / np.linalg.norm(centred))),
        }
        agree, right = _decisions(given, means)
    found |= {"NC4": agree, "accuracy": right}
    if given.b is not None:
        found["bias_spread"] = float(given.b.max() - given.b.min())
    return found


def _square(array: Array) -> float:
    return float((array * array).sum())


def _nc1(within: Array, centred: Array) -> float:
    """With S_B = M M^T/K and S_W the mean of x x^T, tr(S_W S_B^+)/K is the mean of |M^+ x|^2; NaN for equal means."""
    if not centred.any():
        return np.nan
    return _square(np.linalg.pinv(centred, rcond=2.0**-40) @ within) / within.shape[1]


def _spread(columns: Array) -> float:
    lengths = np.linalg.norm(columns, axis=0)
    return float(lengths.std() / lengths.mean())


def _tiles(count: int, width: int) -> Iterator[slice]:
    step = max(1, _TILE // width)
    return (slice(start, start + step) for start in range(0, count, step))


def _angles(columns: Array) -> float:
    """The largest |cos(x_j, x_k) + 1/(K-1)| over j != k, a few rows of the Gram matrix at a time."""
    K, worst = columns.shape[1], 0.0
    units = columns / np.linalg.norm(columns, axis=0)
    for rows in _tiles(K, K):
        off = np.abs(units[:, rows].T @ units + 1 / (K - 1))
        off[np.arange(len(off)), np.arange(K)[rows]] = 0.0
        worst = float(np.maximum(worst, off.max()))  # NaN, of a zero vector, stays
    return worst


def _decisions(given: Trained, means: Array) -> tuple[float, float]:
    """Shares of the samples: nearest class mean agrees with the largest logit, and that names the class."""
    agree = right = 0
    shift = np.zeros(given.K) if given.b is None else given.b
    for some in _tiles(given.N, given.K):
        H = given.H[:, some]
        logits = given.W.T @ H + shift[:, None]
        near = (means.T @ H) - (means * means).sum(axis=0)[:, None] / 2
        chosen = logits.argmax(axis=0)
        agree += int((chosen == near.argmax(axis=0)).sum())
        right += int((chosen == given.classes[some]).sum())
    return agree / given.N, right / given.N


def distance(given: Trained, rows: Array, samples: Array) -> float:
    """|(W, H) - R (A, B)| at the best R with orthonormal columns, relative to |(A, B)|.

    A is (r, K), B one feature for each class, (r, K). The best R is the orthogonal polar factor of W A^T + H B^T
    (Procrustes), so that the square of the distance is |W|^2 + |H|^2 + |A|^2 + |B|^2 - 2 |W A^T + H B^T|_*.
    """
    B = samples[:, given.classes]
    cross = given.W @ rows.T + given.H @ B.T
    left, _, right = np.linalg.svd(cross, full_matrices=False)
    turn = left @ right
    gap = _square(given.W - turn @ rows) + _square(given.H - turn @ B)
    return float(np.sqrt(gap / (_square(rows) + _square(B))))
