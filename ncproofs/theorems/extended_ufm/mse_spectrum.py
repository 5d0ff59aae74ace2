"""The Hessian spectrum of the mean-squared-error model at every kind of optimum and at its lower-rank saddles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import sympy

from ncproofs.calculus.blocks import SAMPLE, Block, FramePoint, Move, column, row
from ncproofs.calculus.indexed import IndexedSum, Tensor, scalar
from ncproofs.calculus.symmetry import determinant
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Claim, Identity, SpectrumAtOptimum, SumIdentity
from ncproofs.proof.domain import Domain, integers_from, positive, real
from ncproofs.proof.wording import wording_of
from ncproofs.theorems.extended_ufm.mse_optimum import is_mean_squared_error
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem

K, n, d = sympy.symbols("K n d", integer=True, positive=True)
r = sympy.Symbol("r", integer=True, nonnegative=True)
N = n * K
c, lH, lb, x, y, kappa_b = sympy.symbols("c lambda_H lambda_b x y kappa_b", positive=True)
omega, omega_e = sympy.symbols("omega omega_e", positive=True)  # scales of W on the frame and on the mean
lW = c**2 / (n * lH)
eta, eta_e = omega * c / (n * lH), omega_e * c / (n * lH)
mu, mu_e = omega**2 / (N * lH), omega_e**2 / (N * lH)
S = lW + lH


@dataclass(frozen=True)
class Sector:
    """Directions, the matrix of the Hessian on them (by columns), and how often it occurs."""

    name: str
    basis: tuple[Move, ...]
    matrix: sympy.Matrix
    multiplicity: sympy.Expr


def _check(point: FramePoint, sector: Sector, regime: str) -> Iterator[Claim]:
    """Every entry of the image of every basis direction, as an identity in the sizes."""
    spelled, letters = point.in_letters()
    entries, numbers = _in_letters(sector.matrix)
    for position, start in enumerate(sector.basis):
        image, expected = point.apply_hessian(start), _image(sector.matrix, position, sector.basis)
        written, meant = spelled.apply_hessian(start), _image(entries, position, sector.basis)
        for part in ("dW", "dH", "db"):
            found, wanted = getattr(image, part), getattr(expected, part)
            for key in sorted({*found, *wanted}, key=str):
                left, right = found.get(key, scalar(0)), wanted.get(key, scalar(0))
                if left.terms or right.terms:
                    shown, entry = (getattr(move, part).get(key, scalar(0)) for move in (written, meant))
                    yield SumIdentity(
                        left=left, right=right, wording=wording_of(shown, entry, {**numbers, **letters}),
                        sentence=f"{regime}, {sector.name}: {_place(part, key)} in the Hessian's image of the "
                        f"direction {_words(start)}",
                        because="direct substitution in the Hessian",
                    )


def _place(part: str, key: tuple[str, str] | str) -> str:
    """``the block (z, u) of dW``: feature block, class block; db has class blocks only."""
    return f"the block {key} of {part}" if isinstance(key, str) else f"the block ({', '.join(key)}) of {part}"


def _words(move: Move) -> str:
    """``dW = E[p_u,k_v] in the block (u, v)``: the only block of a basis direction that is not zero."""
    found = [(part, *block) for part in ("dW", "dH", "db") for block in getattr(move, part).items()]
    ((part, key, entry),) = found
    return f"{part} = {_spelled(entry)} in {_place('', key).removesuffix(' of ')}"


def _spelled(entry: IndexedSum) -> str:
    """A product of entries, as it was written."""
    assert entry.origin is not None  # a basis direction is written by this file
    kind, *rest = entry.origin
    if kind == "*":
        return " ".join(word for word in map(_spelled, rest) if word != "1") or "1"
    return f"{rest[0].name}[{','.join(map(str, rest[1]))}]" if kind == "entry" else str(rest[0])


def _image(matrix: sympy.Matrix, position: int, basis: tuple[Move, ...]) -> Move:
    """Column ``position`` of the matrix, as a direction."""
    image = Move.of()
    for row_, target in enumerate(basis):
        image = image.combined(target, matrix[row_, position])
    return image


def _in_letters(matrix: sympy.Matrix) -> tuple[sympy.Matrix, dict[sympy.Symbol, sympy.Expr]]:
    """The matrix with a letter for every entry but 0, and the entries."""
    names = {place: sympy.Symbol(f"M_{place[0] + 1}{place[1] + 1}") for place in product(*map(range, matrix.shape))}
    kept = {place: name for place, name in names.items() if matrix[place] != 0}
    spelled = sympy.Matrix(*matrix.shape, lambda i, j: kept.get((i, j), sympy.S.Zero))
    return spelled, {name: matrix[place] for place, name in kept.items()}


def _entry(name: str, feature: Block, cls: Block) -> IndexedSum:
    """A free tensor over (feature block, class block); the mean block carries no index."""
    indices = ([] if feature.is_mean else [row(feature)]) + ([] if cls.is_mean else [column(cls)])
    return Tensor(name, tuple(index.size for index in indices))[tuple(indices)] if indices else scalar(1)


def _pair(sign: int) -> sympy.Matrix:
    """Both indices in the frame: matrix on (E in dW, E in dH), E symmetric (1) or antisymmetric (-1)."""
    return sympy.Matrix([[lW + eta**2 / K, sign * eta * omega / K - c],
                         [sign * eta * omega / N - c / n, lH + omega**2 / N]])


def _two(name: str, feature: Block, cls: Block, matrix: sympy.Matrix, multiplicity: sympy.Expr) -> Sector:
    """dW and dH on one (feature block, class block), with free entries."""
    entry = _entry("E", feature, cls)
    key = (feature.name, cls.name)
    return Sector(name, (Move.of(dW={key: entry}), Move.of(dH={key: entry})), matrix, multiplicity)


def _one_dh(name: str, feature: Block, cls: Block, value: sympy.Expr, multiplicity: sympy.Expr) -> Sector:
    spread = Tensor("y", (n,), zero_sum=(0,))[SAMPLE]  # a product of entries spans all of them
    entry = _entry("E", feature, cls) * spread
    return Sector(name, (Move.of(dH={(feature.name, cls.name): entry}),), sympy.Matrix([[value]]), multiplicity)


def _within_frame(frame: Block) -> Iterator[Sector]:
    for sign, name in ((1, "symmetric"), (-1, "antisymmetric")):
        tensor = Tensor("F" if sign > 0 else "A", (frame.size, frame.size), symmetric=sign > 0, antisymmetric=sign < 0)
        entry = tensor[row(frame), column(frame)]
        key = (frame.name, frame.name)
        yield Sector(f"frame x frame, {name}", (Move.of(dW={key: entry}), Move.of(dH={key: entry})), _pair(sign),
                     frame.size * (frame.size + sign) / 2)


def _hidden(value: sympy.Expr) -> sympy.Matrix:
    """Feature direction not in use, class block with slope ``value`` of G."""
    return sympy.Matrix([[lW, n * value], [value, lH]])


FREE = -sympy.Integer(1) / N  # slope of G on a class direction that is not fitted
FITTED = -c / n  # slope of G on a fitted one


def no_bias() -> tuple[FramePoint, tuple[Sector, ...]]:
    """Rank r critical point without bias: Z = x Pi, r <= min(K, d)."""
    frame = Block("u", r, omega, eta, FITTED)
    rest = Block("v", K - r, slope=FREE)
    hidden = Block("z", d - r)
    turn = sympy.Matrix([[lW + eta**2 / K, n * FREE], [FREE, lH + omega**2 / N]])
    sectors = (
        *_within_frame(frame),
        _two("hidden x frame", hidden, frame, _hidden(FITTED), r * (d - r)),
        _two("frame x missing class", frame, rest, turn, r * (K - r)),
        _two("hidden x missing class", hidden, rest, _hidden(FREE), (K - r) * (d - r)),
        *_spread((frame, rest), ((frame, lH * (1 + mu)), (hidden, lH))),
    )
    return FramePoint((frame, rest), hidden, lW, lH, sympy.Integer(0)), sectors


def _spread(classes: tuple[Block, ...], features: tuple[tuple[Block, sympy.Expr], ...]) -> Iterator[Sector]:
    """Within-class directions: lambda_H (1 + mu) on used features, lambda_H on hidden ones."""
    for feature, value in features:
        for cls in classes:
            yield _one_dh(f"within class, {feature.name} x {cls.name}", feature, cls, value,
                          feature.size * cls.size * (n - 1))


def _mean_block(slope: sympy.Expr, omega_mean: sympy.Expr = sympy.S.Zero,
                eta_mean: sympy.Expr = sympy.S.Zero) -> Block:
    return Block("e", sympy.Integer(1), omega_mean, eta_mean, slope, is_mean=True)


def free_bias() -> tuple[FramePoint, tuple[Sector, ...]]:
    """Rank r <= K-1 critical point with lambda_b = 0: Z = x Pi + 11^T/K, Pi below P."""
    return _with_silent_mean(sympy.Integer(0), sympy.Integer(0))


def simplex() -> tuple[FramePoint, tuple[Sector, ...]]:
    """The same with lambda_b > 0 and the mean direction unused: G = -kappa_b/N there."""
    return _with_silent_mean(-kappa_b / N, kappa_b / (1 - kappa_b))


def _with_silent_mean(slope: sympy.Expr, bias_weight: sympy.Expr) -> tuple[FramePoint, tuple[Sector, ...]]:
    frame, rest = Block("u", r, omega, eta, FITTED), Block("v", K - 1 - r, slope=FREE)
    mean, hidden = _mean_block(slope), Block("z", d - r)
    turn = sympy.Matrix([[lW + eta**2 / K, n * FREE], [FREE, lH + omega**2 / N]])
    v = Tensor("v", (r,))
    root = sympy.sqrt(K)
    coupled = sympy.Matrix([
        [lW + eta**2 / K, n * slope, 0],
        [slope, lH + omega**2 / N, omega * root / N],
        [0, omega / root, 1 + bias_weight],
    ])
    sectors = (
        *_within_frame(frame),
        _two("hidden x frame", hidden, frame, _hidden(FITTED), r * (d - r)),
        _two("frame x missing class", frame, rest, turn, r * (K - 1 - r)),
        _two("hidden x missing class", hidden, rest, _hidden(FREE), (K - 1 - r) * (d - r)),
        _two("hidden x mean", hidden, mean, _hidden(slope), d - r),
        Sector("frame x mean and bias", (
            Move.of(dW={("u", "e"): v[row(frame)]}), Move.of(dH={("u", "e"): v[row(frame)]}),
            Move.of(db={"u": v[column(frame)]}),
        ), coupled, r),
        _bias_only("bias, missing class", rest, 1 + bias_weight, K - 1 - r),
        _bias_only("bias along 1", mean, 1 + bias_weight, sympy.Integer(1)),
        *_spread((frame, rest, mean), ((frame, lH * (1 + mu)), (hidden, lH))),
    )
    return FramePoint((frame, rest, mean), hidden, lW, lH, bias_weight), sectors


def _bias_only(name: str, block: Block, value: sympy.Expr, multiplicity: sympy.Expr) -> Sector:
    entry = scalar(1) if block.is_mean else Tensor("w", (block.size,))[column(block)]
    return Sector(name, (Move.of(db={block.name: entry}),), sympy.Matrix([[value]]), multiplicity)


def with_mean() -> tuple[FramePoint, tuple[Sector, ...]]:
    """lambda_b > 0, mean direction in use: Z = x Pi + y 11^T/K, Pi below P of rank r <= K-1; G = -c/n where used."""
    frame, rest = Block("u", r, omega, eta, FITTED), Block("v", K - 1 - r, slope=FREE)
    mean, hidden = _mean_block(FITTED, omega_e, eta_e), Block("z", d - 1 - r)
    v, u = Tensor("v", (r,)), Tensor("v", (K - 1 - r,))
    in_row, in_column, missing, one = v[row(frame)], v[column(frame)], u[column(rest)], sympy.Integer(1)
    turn = sympy.Matrix([[lW + eta**2 / K, n * FREE], [FREE, lH + omega**2 / N]])
    mixed, lost, alone = _mean_matrices()
    sectors = (
        *_within_frame(frame),
        _two("hidden x frame", hidden, frame, _hidden(FITTED), r * (d - 1 - r)),
        _two("hidden x mean", hidden, mean, _hidden(FITTED), d - 1 - r),
        _two("hidden x missing class", hidden, rest, _hidden(FREE), (K - 1 - r) * (d - 1 - r)),
        _two("frame x missing class", frame, rest, turn, r * (K - 1 - r)),
        Sector("mean x missing class and bias", (
            Move.of(dW={("e", "v"): missing}), Move.of(dH={("e", "v"): missing}), Move.of(db={"v": missing}),
        ), lost, K - 1 - r),
        Sector("frame x mean and bias", (
            Move.of(dW={("e", "u"): in_column}), Move.of(dW={("u", "e"): in_row}),
            Move.of(dH={("e", "u"): in_column}), Move.of(dH={("u", "e"): in_row}),
            Move.of(db={"u": in_column}),
        ), mixed, r),
        Sector("mean x mean and bias", (
            Move.of(dW={("e", "e"): one}), Move.of(dH={("e", "e"): one}), Move.of(db={"e": one}),
        ), alone, one),
        *_spread((frame, rest, mean), ((frame, lH * (1 + mu)), (mean, lH * (1 + mu_e)), (hidden, lH))),
    )
    return FramePoint((frame, rest, mean), hidden, lW, lH, lb), sectors


def _mean_matrices() -> tuple[sympy.Matrix, sympy.Matrix, sympy.Matrix]:
    """The blocks in which the mean direction meets the frame, a missing class, and itself."""
    root = sympy.sqrt(K)
    mixed = sympy.Matrix([
        [lW + eta_e**2 / K, 0, -c, eta_e * omega / K, eta_e / root],
        [0, lW + eta**2 / K, eta * omega_e / K, -c, 0],
        [-c / n, omega_e * eta / N, lH + omega_e**2 / N, 0, 0],
        [omega * eta_e / N, -c / n, 0, lH + omega**2 / N, omega * root / N],
        [eta_e / root, 0, 0, omega / root, 1 + lb],
    ])
    lost = sympy.Matrix([
        [lW + eta_e**2 / K, n * FREE, eta_e / root],
        [FREE, lH + omega_e**2 / N, 0],
        [eta_e / root, 0, 1 + lb],
    ])
    alone = sympy.Matrix([
        [lW + eta_e**2 / K, eta_e * omega_e / K - c, eta_e / root],
        [eta_e * omega_e / N - c / n, lH + omega_e**2 / N, omega_e * root / N],
        [eta_e / root, omega_e / root, 1 + lb],
    ])
    return mixed, lost, alone


REGIMES = {
    "no bias, rank r": (no_bias, 0),
    "free bias, rank r": (free_bias, 1),
    "lambda_b > 0, mean unused, rank r": (simplex, 1),
    "lambda_b > 0, mean used, rank r + 1": (with_mean, 1),
}


def _completeness(regime: str, sectors: tuple[Sector, ...], has_bias: int) -> Claim:
    counted = sum((sector.multiplicity * len(sector.basis) for sector in sectors), sympy.Integer(0))
    return Identity(
        left=counted, right=K * d + d * N + has_bias * K,
        where=Domain.of((K, integers_from(2)), (n, integers_from(1)), (d, integers_from(1)), (r, integers_from(0))),
        sentence=f"{regime}: the multiplicities sum to the dimension",
        because="every entry of dW, dH, db lies in exactly one sector",
    )


def _eigenvalues() -> Iterator[Claim]:
    z = sympy.Symbol("x", real=True)
    where = Domain.of((K, integers_from(2)), (n, integers_from(1)), (c, positive()), (lH, positive()),
                      (omega, positive()), (z, real()))
    scale = N * lH * (1 - K * c) / (K * c)  # omega^2 at a critical point, where 1 + mu = 1/(Kc)
    fitted = {sector.name: sector.matrix for sector in no_bias()[1]}
    table = {
        "frame x frame, symmetric": z**2 - S * (1 + mu) * z + 4 * mu * lW * lH,
        "frame x frame, antisymmetric": z * (z - S * (1 + mu)),
        "hidden x frame": z * (z - S),
        "frame x missing class": z * (z - S * (1 + mu)),
        "hidden x missing class": (z - lW) * (z - lH) - 1 / (K**2 * n),
    }
    for name, polynomial in table.items():
        left = determinant(z * sympy.eye(2) - fitted[name])
        yield Identity(
            left=left.subs(omega, sympy.sqrt(scale)), right=polynomial.subs(omega, sympy.sqrt(scale)), where=where,
            sentence=f"{name}: characteristic polynomial {sympy.sstr(polynomial)}",
            because="with omega^2 = N lambda_H (1 - Kc)/(Kc) at a critical point, so 1 + mu = 1/(Kc)",
        )


def claims() -> Iterator[Claim]:
    for regime, (build, has_bias) in REGIMES.items():
        point, sectors = build()
        for sector in sectors:
            yield from _check(point, sector, regime)
        yield _completeness(regime, sectors, has_bias)
    yield from _eigenvalues()


def instance(problem: Ridge) -> Iterator[Claim]:
    yield SpectrumAtOptimum(problem=problem, sentence=f"closed-form spectrum agrees with the dense Hessian: {problem}")


THEOREM = Theorem(
    name="mse-spectrum",
    title="The Hessian spectrum of the mean-squared-error model in every regime",
    statement=(
        "At every critical point of the mean-squared-error model (rank r without bias or with a free bias; with "
        "lambda_b > 0 rank r without the mean direction or r + 1 with it) the Hessian splits into blocks of size at "
        "most 5, listed with multiplicities in K, n, d, r that sum to the dimension. With mu = x/(cK), "
        "1 + mu = 1/(Kc), the frame contributes the roots of x^2 - S(1+mu)x + 4 mu lambda_W lambda_H, and 0, S(1+mu), "
        "0, S; a missing class direction with a free feature direction contributes "
        "[S +- sqrt((lambda_W - lambda_H)^2 + 4/(K^2 n))]/2."
    ),
    idea="The loss is invariant under rotations of the class space, so the critical point is diagonal in suitable\n"
    "frames and the Hessian acts on one pair (feature block, class block) at a time.",
    source=Source(
        paper="Extended Unconstrained Features Model for Exploring Deep Neural Collapse",
        arxiv="2202.08087",
        quoted="structure of the minimisers of the regularised mean-squared-error model",
        relation="stronger",
        note="the full spectrum, also at lower-rank saddles",
    ),
    covers="all K >= 2, n >= 1, d >= 1, all ranks, every bias mode",
    notation=(
        ("u", "block of the r class directions in use (the frame), and of the feature directions that belong to them; "
              "further class blocks are v, directions that are not fitted, and e, the direction of the vector 1; the "
              "feature block z is not used (hidden)"),
        ("p_u", "coordinate of feature space in block u; k_u is a class direction in it; likewise for other blocks"),
        ("c", "sqrt(n lambda_W lambda_H), so that lambda_W = c^2/(n lambda_H)"),
        ("omega", "scale of W on the frame: in bases of class and feature space W is omega times the identity from "
                  "block u to block u"),
        ("omega_e", "the same on block e, the direction of 1"),
        ("eta_u", "omega c/(n lambda_H), the same for the mean features of the classes; on block e it is eta_e, "
                  "with omega_e"),
        ("g_u", "slope of the gradient in the logits, which is diagonal: -c/n on directions that are fitted and "
                "g_v = -1/N on those that are not; g_e on the direction of 1"),
        ("kappa_b", "lambda_b/(1 + lambda_b), where the mean direction is not used"),
        ("r", "rank of the point without the direction of 1"),
        ("dW", "part of a direction, as dH and db: its block (z, u) has entries for feature coordinates in z and "
               "class directions in u; parts and blocks that a step does not name are zero"),
        ("M_11", "with M_12 and so on the matrix of the Hessian on the directions of a sector: column j holds the "
                 "image of direction j"),
    ),
    hypotheses=(
        Hypothesis("the loss is the mean squared error", is_mean_squared_error),
    ),
    general=claims,
    instance=instance,
)
