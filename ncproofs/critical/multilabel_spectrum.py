r"""The whole Hessian spectrum at the optimum for balanced label sets; the cost does not depend on N or d.

Coordinates: W = sqrt(s) E with E an isometry onto the row space, s = |W|^2/(K-1); dW is X (K, K) with X 1 = 0 in that
space, dH_S is y_S orthogonal to 1, and h_S = g_m sqrt(s) a_S, a_S = 1_S/m - 1_{S^c}/(K-m), g_m = v rho_m/(N lH). Then

    dz_S = sqrt(s) (g_m X a_S + y_S) + db,       <G, dW^T dH> = -lH sum_S g_m a_S^T X y_S,

and Hess_S has the eigenvalues m a (on S), m b (off S) and K m a b (along a_S). On H alone the Hessian is therefore
lH + s v eta/N with these eta. Under S_K, X splits into the trivial, standard, symmetric (K-2, 2) and antisymmetric
(K-2, 1, 1) types, b into trivial and standard; each is coupled to one vector of each part of H. What is not coupled
keeps its eigenvalue. Off the row space the blocks are [[lW, -mu], [-mu, lH]] with eigenvalues 0 and lW + lH.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb

import flint
from flint import arb, arb_mat

from ncproofs.arithmetic.linalg import eigenvalue_enclosures
from ncproofs.critical.multilabel import is_trivial
from ncproofs.critical.multilabel_scale import MultiLabelScale, proper, scalar_system, separating_weight
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import Number
from ncproofs.critical.spectrum import SpectrumEntry, merged
from ncproofs.critical.tables import Row
from ncproofs.errors import InvalidProblem
from ncproofs.problems.multilabel import Balanced, MultiLabel

__all__ = ["collapse_rows", "multilabel_rows", "multilabel_spectrum", "origin_rows"]

_TYPES = ("in", "out", "along")
_LARGEST_BLOCK = 80


def multilabel_spectrum(problem: MultiLabel, *, digits: int = 30) -> tuple[SpectrumEntry, ...]:
    """All eigenvalues at the optimum, ascending, each of relative width below 10^-``digits``; zeros are exact.

    Raises:
        InvalidProblem: label sets that are not balanced, or an optimum that is neither an ETF nor zero.
        OutOfScope: another loss.
    """
    if problem.is_pick_all_label and problem.balanced is None:
        raise InvalidProblem("a spectrum needs balanced label sets, for each m every set of m labels equally often; "
                             "these are not, so leave the spectrum out")
    if problem.d < problem.K - 1 and not is_trivial(problem):
        raise InvalidProblem(f"a spectrum needs the optimum to be a simplex ETF or zero, and d={problem.d} < K - 1 = "
                             f"{problem.K - 1} leaves no room for one; leave the spectrum out")
    return merged(problem, lambda bits: multilabel_rows(problem, bits), digits)


def multilabel_rows(problem: MultiLabel, bits: int) -> list[Row]:
    """The unmerged table at the optimum."""
    return origin_rows(problem, bits) if is_trivial(problem) else collapse_rows(problem, bits)


def origin_rows(problem: MultiLabel, bits: int) -> list[Row]:
    """At W = H = 0, b = 0: G G^T = s^2 (I - J/K) with s^2 = sum n_m v_m^2 C(K-2, m-1)/N^2."""
    K, d, N, lW, lH = problem.K, problem.d, problem.N, problem.lambda_W, problem.lambda_H
    square = separating_weight(problem) / N**2
    pull = sum((p.n * comb(K, p.m) * p.v * p.m for p in problem.balanced or ()), Fraction(0)) / (N * K)
    with flint.ctx.workprec(bits + 40):
        low, high = _pair(lW, lH, square)
        rank = (K - 1) * d
        rows: list[Row] = [
            (low, rank, "W and H, descending" if square > lW * lH else "W and H, lower"),
            (high, rank, "W and H, upper"), (lW, d, "W along 1"), (lH, d * (N - K + 1), "H alone"),
        ]
        if not square:  # every sample has all labels: G = 0, and there may be fewer than K - 1 samples
            rows = [(lW, K * d, "W"), (lH, d * N, "H")]
        if problem.lambda_b is not None:
            rows += [(problem.lambda_b, 1, "bias along 1"), (problem.lambda_b + pull, K - 1, "bias")]
    return rows


def _pair(lW: Fraction, lH: Fraction, square: Fraction) -> tuple[Number, Number]:
    """Eigenvalues of [[lW, s], [s, lH]]; exact zeros and diagonals stay exact."""
    if square == lW * lH:
        return Fraction(0), lW + lH
    if square == 0:
        return min(lW, lH), max(lW, lH)
    high = (to_ball(lW + lH) + to_ball((lW - lH) ** 2 + 4 * square).sqrt()) / 2
    return to_ball(lW * lH - square) / high, high


@dataclass(frozen=True)
class _Part:
    """One eigentype of the logit Hessian for one m: its curvature eta, dimension for each label set, and traces.

    ``trivial``, ``symmetric``, ``antisymmetric``, ``standard`` are sum_S |Q X a_S|^2 for a unit X of the type;
    ``bias`` is sum_S |Q u|^2 and ``mixed`` sum_S <Q X_u a_S, Q u> for a unit u and X_u = P diag(u) P (not a unit).
    """

    m: int
    kind: str
    n: int
    sets: int
    eta: arb
    size: int
    coupling: dict[str, Fraction]
    share: arb
    feature: arb

    def value(self, base: Fraction, s: arb) -> arb:
        return to_ball(base) + s * self.share * self.eta


def collapse_rows(problem: MultiLabel, bits: int) -> list[Row]:
    """At the simplex ETF, below the threshold and for d >= K - 1."""
    K, d, N, lW, lH = problem.K, problem.d, problem.N, problem.lambda_W, problem.lambda_H
    if d < K - 1:
        raise InvalidProblem(f"a simplex ETF needs d >= K - 1; got d={d}, K={K}")
    scale = scalar_system(problem, bits + 40)
    spare = d - K + 1
    with flint.ctx.workprec(bits + 40):
        s = to_ball(scale.energy) / (K - 1)
        parts = [part for p in proper(problem) for part in _parts(problem, p, scale)]
        rows: list[Row] = [
            (Fraction(0), (K - 1) * spare, "gauge"), (lW + lH, (K - 1) * spare, "gauge partner"),
            (lW, spare, "W along 1, extra dimensions"), (lH, spare * (N - K + 1), "H, extra dimensions"),
            (lW, K - 1, "mean of the classifiers"),
        ]
        if problem.lambda_b is not None:
            rows.append((problem.lambda_b, 1, "bias along 1"))
        rows += _coupled(problem, parts, s)
        rows += _uncoupled(problem, parts, s)
    return rows


def _parts(problem: MultiLabel, part: Balanced, scale: MultiLabelScale) -> list[_Part]:
    K, m, N = problem.K, part.m, problem.N
    a, b = to_ball(scale.inside[m]), to_ball(scale.outside[m])
    curvature = {"in": m * a, "out": m * b, "along": K * m * a * b}
    size = {"in": m - 1, "out": K - m - 1, "along": 1}
    feature = to_ball(part.v * m * (K - m) / (N * problem.lambda_H)) * b
    return [
        _Part(m, kind, part.n, comb(K, m), curvature[kind], size[kind], _traces(K, m, kind),
              to_ball(part.v / N), feature)
        for kind in _TYPES if size[kind]
    ]


def _traces(K: int, m: int, kind: str) -> dict[str, Fraction]:
    """The numbers described at ``_Part``, times 1/C(K, m): means over all sets of m labels.

    p_i is the probability that i given classes belong to a random set. X has zero row sums, so sums over distinct
    indices reduce to |X|^2: sum_{l != l'} X_kl X_kl' = -sum_l X_kl^2 off the diagonal, and so on.
    """
    p1, p2 = Fraction(m, K), Fraction(m * (m - 1), K * (K - 1))
    p3 = p2 * Fraction(m - 2, K - 2) if K > 2 else Fraction(0)
    p4 = p3 * Fraction(m - 3, K - 3) if K > 3 else Fraction(0)
    r = Fraction(K, m * (K - m))  # a_S = r 1_S - 1/(K-m), |a_S|^2 = r, X a_S = r X 1_S
    pure = {"in": p2 - p3, "out": p1 - 2 * p2 + p3, "along": Fraction(0)}[kind]
    square = 2 * (p2 - 2 * p3 + p4)  # mean of (1_S^T X 1_S)^2 for symmetric X with zero diagonal
    along = {"in": -square / m, "out": -square / (K - m), "along": square * r}[kind]
    part = {"in": Fraction(m - 1, K - 1), "out": Fraction(K - m - 1, K - 1), "along": Fraction(1, K - 1)}[kind]
    # Q X_u a_S = factor * Q u for u orthogonal to 1: (K-m)/K, -m/K and (K-2m)/K times r.
    factor = r * {"in": Fraction(K - m, K), "out": Fraction(-m, K), "along": Fraction(K - 2 * m, K)}[kind]
    return {
        "trivial": r / (K - 1) if kind == "along" else Fraction(0),
        "antisymmetric": r**2 * pure,
        "symmetric": r**2 * (pure + along),
        "standard": factor**2 * part,
        "mixed": factor * part,
        "bias": part,
    }


def _multiplicity(K: int, kind: str) -> int:
    return {
        "trivial": 1, "standard": K - 1, "symmetric": K * (K - 3) // 2, "antisymmetric": (K - 1) * (K - 2) // 2,
    }[kind]


def _coupled(problem: MultiLabel, parts: Sequence[_Part], s: arb) -> list[Row]:
    K = problem.K
    rows: list[Row] = []
    for kind, names in (("trivial", "scale"), ("symmetric", "symmetric"), ("antisymmetric", "antisymmetric")):
        copies = _multiplicity(K, kind)
        if copies <= 0:
            continue
        sign = -1 if kind == "antisymmetric" else 1
        kept = [part for part in parts if part.coupling[kind]]
        matrix, zero = _block(problem, kept, s, kind, sign)
        if zero is not None:
            rows.append((Fraction(0), copies, "rotations"))
            matrix = _deflated(matrix, zero)
        rows += [(value, copies, names) for value in _eigenvalues(matrix)]
    rows += [(value, K - 1, "standard") for value in _eigenvalues(_standard(problem, parts, s))]
    return rows


def _eigenvalues(matrix: arb_mat) -> list[arb]:
    """Every multiplicity adds three rows, and small weight decay spreads the eigenvalues over many magnitudes."""
    return eigenvalue_enclosures(matrix, flint.ctx.prec, small=_LARGEST_BLOCK)


def _drag(problem: MultiLabel, part: _Part, s: arb, sign: int) -> arb:
    """The coupling of X and y per unit of Q X a_S: sqrt(n) g ((v s/N) eta - sign lH)."""
    return arb(part.n).sqrt() * part.feature * (part.share * s * part.eta - sign * to_ball(problem.lambda_H))


def _own(part: _Part, s: arb) -> arb:
    """The curvature of X alone per unit of sum_S |Q X a_S|^2: (n v s g^2/N) eta."""
    return part.n * part.share * s * part.feature * part.feature * part.eta


def _total(part: _Part, name: str) -> arb:
    return to_ball(part.sets * part.coupling[name])


def _block(
    problem: MultiLabel, parts: Sequence[_Part], s: arb, kind: str, sign: int
) -> tuple[arb_mat, list[arb] | None]:
    """The matrix of one type in (X, one vector of each part of H), and its null vector for the antisymmetric one."""
    size = 1 + len(parts)
    matrix = arb_mat(size, size)
    matrix[0, 0] = to_ball(problem.lambda_W) + sum((_own(p, s) * _total(p, kind) for p in parts), arb(0))
    null = [arb(1)]
    for row, part in enumerate(parts, start=1):
        length = _total(part, kind).sqrt()
        matrix[row, row] = part.value(problem.lambda_H, s)
        matrix[0, row] = matrix[row, 0] = _drag(problem, part, s, sign) * length
        # dz = 0: y_S = -g X a_S, in each of n copies.
        null.append(-arb(part.n).sqrt() * part.feature * length)
    return matrix, null if kind == "antisymmetric" else None


def _deflated(matrix: arb_mat, null: Sequence[arb]) -> arb_mat:
    """The matrix on the complement of an exact null vector, by a reflection that maps it to the first axis."""
    size = matrix.nrows()
    length = sum((entry * entry for entry in null), arb(0)).sqrt()
    axis = [entry / length for entry in null]
    axis[0] += 1  # null[0] > 0, so nothing cancels
    half = sum((entry * entry for entry in axis), arb(0)) / 2
    mirror = arb_mat(size, size, [int(i == j) - axis[i] * axis[j] / half for i in range(size) for j in range(size)])
    turned = mirror * matrix * mirror
    return arb_mat(size - 1, size - 1, [turned[i, j] for i in range(1, size) for j in range(1, size)])


def _standard(problem: MultiLabel, parts: Sequence[_Part], s: arb) -> arb_mat:
    """X_u = P diag(u) P (for K >= 3), db = u (with a bias), and one vector of each part of H, all for one unit u."""
    K, N = problem.K, problem.N
    has_x, has_b = K > 2, problem.has_bias
    full = [part for part in problem.balanced or () if part.m == K]
    head = int(has_x) + int(has_b)
    size = head + len(parts) + len(full)
    matrix = arb_mat(size, size)
    length = to_ball(Fraction(K, K - 2)).sqrt() if has_x else arb(0)  # 1/|X_u|, |X_u|^2 = (K-2)/K
    bias = head - 1
    if has_x:
        own = sum((_own(p, s) * _total(p, "standard") for p in parts), arb(0))
        matrix[0, 0] = to_ball(problem.lambda_W) + own * length * length
    if has_b:
        matrix[bias, bias] = to_ball(problem.lambda_b or 0)
    for row, part in enumerate(parts, start=head):
        root = _total(part, "bias").sqrt()
        matrix[row, row] = part.value(problem.lambda_H, s)
        if has_x:
            shared = _drag(problem, part, s, 1) * _total(part, "mixed") / root * length
            matrix[0, row] = matrix[row, 0] = shared
        if has_b:
            slope = part.share * part.eta
            matrix[bias, bias] = matrix[bias, bias] + part.n * slope * _total(part, "bias")
            matrix[bias, row] = matrix[row, bias] = slope * (s * part.n).sqrt() * root
            if has_x:
                mixed = part.n * slope * s.sqrt() * part.feature * _total(part, "mixed") * length
                matrix[0, bias] = matrix[bias, 0] = matrix[0, bias] + mixed
    for row, whole in enumerate(full, start=head + len(parts)):
        slope = to_ball(whole.v / N)  # Hess = I on the complement of 1 when every class is a label
        matrix[row, row] = to_ball(problem.lambda_H) + s * slope
        if has_b:
            matrix[bias, bias] = matrix[bias, bias] + whole.n * slope
            matrix[bias, row] = matrix[row, bias] = slope * (s * whole.n).sqrt()
    return matrix


def _uncoupled(problem: MultiLabel, parts: Sequence[_Part], s: arb) -> list[Row]:
    """What is left of H: features that move against each other, and types that W does not have."""
    K = problem.K
    rows: list[Row] = []
    for part in parts:
        used = sum(
            _multiplicity(K, kind)
            for kind in ("trivial", "symmetric", "antisymmetric")
            if part.coupling[kind] and _multiplicity(K, kind) > 0
        )
        rows.append((part.value(problem.lambda_H, s), part.n * part.sets * part.size - used - (K - 1),
                     f"features with {part.m} labels, {part.kind}"))
    for whole in problem.balanced or ():
        if whole.m == K:
            value = to_ball(problem.lambda_H) + s * to_ball(whole.v / problem.N)
            rows.append((value, (whole.n - 1) * (K - 1), "features with all labels"))
    return rows
