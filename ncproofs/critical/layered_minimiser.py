"""Balanced points of the layered model as matrices: a minimiser, or any choice of orthonormal directions."""

from __future__ import annotations

from fractions import Fraction

from flint import arb, arb_mat, ctx

from ncproofs.critical.layered_optimum import LayeredRegime, mode_sigmas
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import Number
from ncproofs.problems.layered import Layered

__all__ = ["energy", "helmert", "minimiser", "point_factors"]


def helmert(size: int) -> arb_mat:
    """An orthonormal basis as columns, at the current precision; the last is 1/sqrt(size) times the all-ones vector."""
    rows = [[arb(0)] * size for _ in range(size)]
    for column in range(size - 1):
        count = column + 1  # (1, ..., 1, -count, 0, ...) / sqrt(count (count + 1))
        scale = 1 / arb(count * (count + 1)).sqrt()
        for row in range(count):
            rows[row][column] = scale
        rows[count][column] = -count * scale
    for row in range(size):
        rows[row][size - 1] = 1 / arb(size).sqrt()
    return arb_mat(rows)


def point_factors(problem: Layered, energies: list[arb], frames: tuple[arb_mat, arb_mat], bits: int) -> list[arb_mat]:
    """(H, W_1, ..., W_L) of the balanced point whose factors all have lambda |factor|^2 = ``energies[k]`` along k.

    ``frames``: directions u_k of the logits and v_k of the class means, scaled by the square roots of the class sizes,
    as columns. At most ``problem.rank`` of the energies may be nonzero.
    """
    with ctx.workprec(bits):
        places = [k for k, energy in enumerate(energies) if not energy.is_zero()]  # hidden unit i carries places[i]
        factors = [arb_mat(rows, columns) for rows, columns in problem.shapes]
        owners = [k for k, size in enumerate(problem.class_sizes) for _ in range(size)]
        for unit, k in enumerate(places):
            for sample, cls in enumerate(owners):
                length = (energies[k] / (problem.class_sizes[cls] * to_ball(problem.lambda_H))).sqrt()
                factors[0][unit, sample] = length * frames[1][cls, k]
            for layer, weight in enumerate(problem.lambdas, start=1):
                length = (energies[k] / to_ball(weight)).sqrt()
                if layer < problem.layers:
                    factors[layer][unit, unit] = length
                    continue
                for cls in range(problem.K):
                    factors[layer][cls, unit] = length * frames[0][cls, k]
        return factors


def energy(problem: Layered, square: Number, sigma: Number) -> arb:
    """lambda |factor|^2 = (s^2 lambda_H prod lambda_l)^(1/M) sigma^(2/M) of one direction, sigma = x^M/s."""
    if isinstance(sigma, Fraction) and sigma == 0:
        return arb(0)
    scale = to_ball(square) * to_ball(problem.weight_product)
    M = problem.factors
    value: arb = scale ** to_ball(Fraction(1, M)) * to_ball(sigma) ** to_ball(Fraction(2, M))
    return value


def minimiser(problem: Layered, regime: LayeredRegime, bits: int) -> tuple[list[arb_mat], list[arb] | None]:
    """One global minimiser (of the many that rotations give), and its bias."""
    with ctx.workprec(bits):
        values = dict(zip((mode.name for mode in regime.modes), mode_sigmas(problem, regime), strict=True))
        left = dict(zip((mode.name for mode in regime.modes), regime.used, strict=True))
        nothing: Number = Fraction(0)
        found: list[Number] = []
        for position, size in enumerate(problem.class_sizes):
            name = f"n{size}" if not problem.balanced else "class"
            if problem.has_bias and position == problem.K - 1:
                name = "mean"
            found.append(values[name] if left.get(name, 0) > 0 else nothing)
            left[name] = left.get(name, 0) - 1
        frame = helmert(problem.K) if problem.balanced else _standard(problem.K)
        energies = [energy(problem, Fraction(size), sigma)
                    for size, sigma in zip(problem.class_sizes, found, strict=True)]
        factors = point_factors(problem, energies, (frame, frame), bits)
        if not problem.has_bias:
            return factors, None
        beta = to_ball(found[-1])
        entry = (1 - beta) / to_ball(problem.K * (1 + (problem.lambda_b or Fraction(0))))
        return factors, [entry] * problem.K


def _standard(size: int) -> arb_mat:
    return arb_mat(size, size, [arb(int(i == j)) for i in range(size) for j in range(size)])
