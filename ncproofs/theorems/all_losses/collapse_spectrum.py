"""The full Hessian spectrum at neural collapse, for symbolic K, n, d."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from ncproofs.calculus.indexed import Tensor, delta, scalar, total
from ncproofs.calculus.symmetry import (
    A,
    B,
    C,
    Direction,
    K,
    N,
    Sector,
    apply_hessian,
    c,
    collapse_sectors,
    d,
    determinant,
    i,
    j,
    k,
    l,
    lb,
    lH,
    lW,
    n,
    omega,
    p,
    standard_block,
)
from ncproofs.critical.optimum import optimum
from ncproofs.errors import NcproofsError
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Axiom, Claim, Identity, NullityAtOptimum, SpectrumAtOptimum, SumIdentity
from ncproofs.proof.domain import Domain, integers_from, positive, real
from ncproofs.proof.wording import worded
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth

SIZES = Domain.of((K, integers_from(2)), (n, integers_from(1)), (d, integers_from(1)))


def sector_claims(sector: Sector) -> Iterator[Claim]:
    """The Hessian maps each basis direction to the combination given by its column of the sector's matrix."""
    for column, start in enumerate(sector.basis):
        image = apply_hessian(start)
        expected = Direction.of()
        for row, target in enumerate(sector.basis):
            expected = expected.combined(target, sector.matrix[row, column])
        for part in ("dW", "dH", "db"):
            yield SumIdentity(
                left=getattr(image, part), right=getattr(expected, part), relations=((C, sympy.Integer(0)),),
                sentence=f"{sector.name}: {part} of the Hessian's image of the direction {sector.words[column]}",
                because="direct substitution in the Hessian; C = 0 for losses invariant under constant shifts",
            )


S, M, L, MU, NU = sympy.symbols("S m lambda_W mu nu", positive=True)
THETA = sympy.Symbol("theta", real=True)
#: The letters of the statement.
LETTERS = {
    THETA: (A / B - 1) / (K - 1), S: L + lH, MU: B * M / (c * K), NU: A * M / (c * K), M: omega**2 * c / (n * lH),
    L: c**2 / (n * lH),
}


def _entries(matrix: sympy.Matrix) -> tuple[sympy.Matrix, dict[sympy.Symbol, sympy.Expr]]:
    """A letter for each entry of a 2 x 2 matrix, and the entries."""
    letters = sympy.Matrix(2, 2, sympy.symbols("M_11 M_12 M_21 M_22", real=True))
    return letters, dict(zip(letters, matrix, strict=True))


def _eigenvalues() -> Iterator[Claim]:
    """The small matrices have the characteristic polynomials of the table."""
    x = sympy.Symbol("x", real=True)
    where = Domain.of((K, integers_from(2)), (n, integers_from(1)), (c, positive()), (lH, positive()),
                      (omega, positive()), (A, real()), (B, real()), (x, real()))
    table = {
        "trivial": (x**2 - S * (1 + NU) * x + 4 * NU * L * lH, "roots of x^2 - S(1+nu) x + 4 nu lambda_W lambda_H"),
        "antisymmetric": (x * (x - S * (1 + MU)), "0 and S(1+mu)"),
        "symmetric": (x**2 - S * (1 + MU) * x + 4 * MU * L * lH, "roots of x^2 - S(1+mu) x + 4 mu lambda_W lambda_H"),
    }
    for sector in collapse_sectors():
        if sector.name in table:
            polynomial, words = table[sector.name]
            letters, entries = _entries(sector.matrix)
            yield worded(
                (x - letters[0, 0]) * (x - letters[1, 1]) - letters[0, 1] * letters[1, 0], polynomial,
                {**entries, **LETTERS}, where=where, sentence=f"{sector.name}: {words}",
                because="characteristic polynomial of the 2 x 2 matrix M of the sector",
            )
    block = standard_block()
    bend = 1 + NU + (K - 2) * THETA
    yield worded(
        determinant(block[:3, :3]), 4 * lH**2 * L * MU * bend, LETTERS, where=where,
        sentence="standard, no bias: determinant 4 lambda_H^2 lambda_W mu (1 + nu + (K-2) theta)",
        because="the 3 x 3 matrix without db",
    )
    yield worded(
        determinant(block), 4 * lH**2 * L * MU * (A + lb * bend), LETTERS,
        where=Domain.of(*where.ranges, (lb, positive())),
        sentence="standard, with bias: determinant 4 lambda_H^2 lambda_W mu (A + lambda_b (1 + nu + (K-2) theta))",
        because="expansion of the 4 x 4 matrix",
    )


def _completeness() -> Iterator[Claim]:
    extra = d - K + 1
    inside = sum((sector.multiplicity * len(sector.basis) for sector in collapse_sectors()), sympy.Integer(0))
    outside = 2 * (K - 1) * extra + extra + (N - K + 1) * extra
    yield Identity(
        left=inside + outside, right=K * d + d * N + K, where=SIZES,
        sentence="the multiplicities of all sectors sum to K d + d N + K",
        because="with r = d - K + 1 extra dimensions: (K-1)r + (K-1)r + r + (N-K+1)r from the null sector",
    )
    rotations = d * (d - 1) / 2 - extra * (extra - 1) / 2
    yield Identity(
        left=(K - 1) * extra + (K - 1) * (K - 2) / 2, right=rotations, where=SIZES,
        sentence="the zero modes number dim O(d) - dim O(d-K+1), the dimension of the rotation orbit (+1 when "
        "lambda_b = 0, for b -> b + s 1)",
        because="rotations of R^d that move the frame; not d(d-1)/2 once d > K",
    )
    v = Tensor("v", (K,), zero_sum=(0,))
    yield SumIdentity(
        left=v[p] * delta(p, p) - 2 * v[p] / K, right=(K - 2) / K * v[p],
        sentence="T_v = P diag(v) P has diagonal (K-2)/K v, so symmetric zero-sum matrices are trivial + standard + "
        "zero-diagonal ones",
        because="the diagonal map splits the symmetric part; for K = 2 the T_v vanish",
    )
    yield _outside()


def _outside() -> SumIdentity:
    slope = -c / n * (delta(j, k) - scalar(1) / K)
    other = -c / n * (delta(l, k) - scalar(1) / K)
    return SumIdentity(
        left=total(slope * other, k, i), right=lW * lH * (delta(j, l) - scalar(1) / K),
        sentence="G G^T = lambda_W lambda_H P: singular values lambda (K-1 times) and 0",
        because="null-sector then gives 0 and S with multiplicity (K-1)r each, lambda_W (r), lambda_H ((N-K+1) r)",
    )


def _nonnegative() -> Iterator[Claim]:
    X, Y = Tensor("X", (K, K)), Tensor("Z", (K, K, n))
    centre = lambda left, right: delta(left, right) - scalar(1) / K  # noqa: E731
    summed = total(total(Y[p, k, i], i) * centre(j, k), k)
    projected = total(X[p, k] * centre(j, k), k)
    mixed = -2 * c / n * total(X[p, j] * centre(j, k) * Y[p, k, i], p, j, k, i)
    other_y = Y[p, j, i] - summed / n
    yield SumIdentity(
        left=lW * total(X[p, j] ** 2, p, j) + lH * total(Y[p, k, i] ** 2, p, k, i) + mixed,
        right=lW * total((projected - lH / c * summed) ** 2, p, j) + lW / K * total(total(X[p, j], j) ** 2, p)
        + lH * total(other_y**2, p, j, i),
        sentence="weight decay + 2 <G, dW^T dH> is a sum of squares at neural collapse",
        because="so the Hessian is positive semidefinite whenever M_k is, and with A, B > 0 nonzero determinants "
        "make every eigenvalue of the table positive except the zero modes",
    )
    yield Axiom(name="Schur's lemma", uses="inequivalent sectors do not mix; each identity above shows it "
                                           "for its sector")


def claims() -> Iterator[Claim]:
    for sector in collapse_sectors():
        yield from sector_claims(sector)
    yield from _eigenvalues()
    yield from _completeness()
    yield from _nonnegative()


def is_collapsed(problem: Ridge) -> Truth:
    """Whether the optimum is a simplex ETF and not W = H = 0."""
    try:
        found = optimum(problem, digits=5)
    except NcproofsError:
        return Truth.UNDECIDED
    return found.truth if found.geometry == "simplex ETF" else Truth.FAILS


def instance(problem: Ridge) -> Iterator[Claim]:
    yield SpectrumAtOptimum(problem=problem, sentence=f"closed-form spectrum agrees with the dense Hessian: {problem}")
    extra = problem.d - problem.K + 1
    nullity = (problem.K - 1) * extra + (problem.K - 1) * (problem.K - 2) // 2 + int(problem.lambda_b == 0)
    yield NullityAtOptimum(problem=problem, nullity=nullity,
                           sentence=f"exactly {nullity} zero eigenvalues, all from the symmetry group: {problem}")


THEOREM = Theorem(
    name="collapse-spectrum",
    title="The Hessian spectrum at neural collapse, with multiplicities",
    statement=(
        "For any loss invariant under constant shifts whose logit Hessian at collapse is A e e^T + B (P - e e^T), all "
        "eigenvalues of the Hessian at neural collapse are: 0 and S = lambda_W + lambda_H ((K-1)(d-K+1) each); "
        "lambda_W (d-K+1, and K-1 more); lambda_H ((N-K+1)(d-K+1)); lambda_H (1+nu) (K(n-1)); lambda_H (1+mu) "
        "(K(K-2)(n-1)); roots of x^2 - S(1+nu)x + 4 nu lambda_W lambda_H (once); 0 and S(1+mu) ((K-1)(K-2)/2 each); "
        "roots of x^2 - S(1+mu)x + 4 mu lambda_W lambda_H (K(K-3)/2); the standard block (K-1); and lambda_b. Here "
        "mu = B m/(cK), nu = A m/(cK). The zero modes are exactly the rotations (and b -> b + s1 when lambda_b = 0)."
    ),
    idea=(
        "The Hessian commutes with relabelling classes and samples and with rotations, so it is a small matrix on\n"
        "each irreducible sector. Substituting one direction per sector, with entries left as symbols, gives it."
    ),
    source=Source(
        paper="Are All Losses Created Equal: A Neural Collapse Perspective",
        arxiv="2210.02192",
        quoted="the Hessian at the global minimisers is positive semidefinite",
        relation="stronger",
        note="every eigenvalue with its multiplicity, as functions of K, n, d",
    ),
    rests_on=("collapse-optimum", "null-sector"),
    notation=(
        ("P", "I - 11^T/K, with entries delta[p,j] - 1/K"),
        ("c", "sqrt(n lambda_W lambda_H), so that lambda_W = c^2/(n lambda_H)"),
        ("omega", "scale of the classifiers: W = omega P in coordinates of R^d of which the first K hold the features"),
        ("eta", "omega c/(n lambda_H), scale of the features: h_{k,i} is eta times column k of P"),
        ("m", "omega eta, so that W^T H = m P; the gradient in the logits of a sample of class k is -c/n times "
              "column k of P"),
        ("A", "curvature of the loss: the logit Hessian of a sample of class k is A e e^T + B (P - e e^T) + C 11^T/K, "
              "where e is the unit vector along column k of P"),
        ("B", "curvature across, see A"),
        ("C", "curvature along 1, see A; 0 for losses invariant under constant shifts"),
        ("S", "lambda_W + lambda_H"),
        ("theta", "(A/B - 1)/(K - 1)"),
        ("dW", "part of a direction: dW[p,j] is coordinate p of the change of classifier j, dH[p,k,i] that of feature "
               "i of class k, db[j] the change of the bias; parts that a step does not name are zero"),
        ("M", "matrix of the Hessian on the directions of a sector, in the order in which the steps take them: "
              "column j holds the image of direction j"),
    ),
    covers="all K >= 2, n >= 1, d >= K-1, all weights below the threshold; CE, label smoothing, focal",
    hypotheses=(
        Hypothesis("d >= K - 1", lambda problem: Truth.HOLDS if problem.d >= problem.K - 1 else Truth.FAILS),
        Hypothesis("the optimum is a simplex ETF (c below the threshold of collapse-optimum)", is_collapsed),
        Hypothesis("the loss is a function of cross-entropy plus a linear term",
                   lambda problem: Truth.FAILS if problem.loss.softmax_form() is None else Truth.HOLDS),
    ),
    general=claims,
    instance=instance,
)
