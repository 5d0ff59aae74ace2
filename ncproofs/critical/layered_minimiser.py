"""Balanced points of the layered model as matrices: a minimiser, or any choice of orthonormal directions."""

from __future__ import annotations

from fractions import Fraction

from flint import arb, arb_mat, ctx

from ncproofs.critical.layered_modes import power
from ncproofs.critical.layered_optimum import LayeredRegime, mode_sigmas
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import Number
from ncproofs.problems.layered import Layered

__all__ = ["helmert", "minimiser", "point_factors"]


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


def point_factors(problem: Layered, sigmas: list[Number], frame: arb_mat, bits: int) -> list[arb_mat]:
    """(H, W_1, ..., W_L) of the balanced point with W_L ... W_1 H_bar = sum_k sigma_k u_k u_k^T.

    The u_k are the columns of ``frame``. Unequal classes need u_k = e_k: then H has the columns
    sqrt(nu_k sigma_k^(2/M) / (n_k lambda_H)) e_k. At most ``problem.rank`` of the sigma may be nonzero.
    """
    M = problem.factors
    with ctx.workprec(bits):
        energies = []
        for sigma, size in zip(sigmas, problem.class_sizes, strict=True):
            used = not (isinstance(sigma, Fraction) and sigma == 0)
            scale = to_ball(power(size * problem.weight_product, Fraction(1, M)))
            energies.append(scale * to_ball(sigma) ** to_ball(Fraction(2, M)) if used else arb(0))
        places = [k for k, energy in enumerate(energies) if not energy.is_zero()]  # hidden unit i carries places[i]
        factors = [arb_mat(rows, columns) for rows, columns in problem.shapes]
        owners = [k for k, size in enumerate(problem.class_sizes) for _ in range(size)]
        for unit, k in enumerate(places):
            for sample, cls in enumerate(owners):
                length = (energies[k] / (problem.class_sizes[cls] * to_ball(problem.lambda_H))).sqrt()
                factors[0][unit, sample] = length * frame[cls, k]
            for layer, weight in enumerate(problem.lambdas, start=1):
                length = (energies[k] / to_ball(weight)).sqrt()
                if layer < problem.layers:
                    factors[layer][unit, unit] = length
                    continue
                for cls in range(problem.K):
                    factors[layer][cls, unit] = length * frame[cls, k]
        return factors


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
        factors = point_factors(problem, found, frame, bits)
        if not problem.has_bias:
            return factors, None
        beta = to_ball(found[-1])
        entry = (1 - beta) / to_ball(problem.K * (1 + (problem.lambda_b or Fraction(0))))
        return factors, [entry] * problem.K


def _standard(size: int) -> arb_mat:
    return arb_mat(size, size, [arb(int(i == j)) for i in range(size) for j in range(size)])
