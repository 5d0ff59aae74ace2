r"""The layered optimum for unequal classes with a free bias: singular directions of the centred targets.

With lambda_b = 0 the bias is n_k/N and the features have weighted mean zero at every critical point, so the minimum is
that of (1/2)|Z - T|^2 + (beta/2) sum |A_l|^2 with T T^T = diag(n) - n n^T/N (``layered_groups``): every singular
direction by itself, the largest first.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb, ctx

from ncproofs.critical.layered_groups import Group, compared, groups_of, normalised_sigma, strength_of
from ncproofs.critical.layered_minimiser import energy
from ncproofs.critical.layered_modes import Mode, first_order, power, saddle_node
from ncproofs.critical.layered_optimum import LayeredOptimum, LayeredRegime
from ncproofs.critical.layered_points import value_at
from ncproofs.critical.optimum import climb
from ncproofs.critical.profiles import to_ball
from ncproofs.critical.regimes import Number
from ncproofs.problems.layered import Layered
from ncproofs.truth import Rigor, Truth

__all__ = ["centred_optimum", "centred_regime"]

_AXIOMS = ("a continuous coercive function attains its minimum", "singular value decomposition")


def centred_optimum(problem: Layered, *, digits: int) -> LayeredOptimum:
    """The optimum; every quantity has relative width below 10^-``digits``.

    Raises:
        OutOfScope: lambda_b > 0, more than 12 class sizes, or a threshold that is not decided at 4096 bits.
    """
    details, groups = centred_regime(problem), _groups(problem)
    used, tied = list(details.used), _tied(problem, groups, details.used)
    exact = all(len(group.square.coefficients) == 2 for group in groups)
    return LayeredOptimum(
        problem=problem, truth=Truth.HOLDS, rigor=Rigor.EXACT if exact else Rigor.ENCLOSED, regime=details.name,
        geometry=details.geometry, because=details.because, holes=(), axioms=_AXIOMS, details=details,
        quantities=climb(lambda bits: _quantities(problem, groups, used, bits, shared=not tied), digits),
        notes=_notes(problem, groups, used, tied),
    )


def _groups(problem: Layered) -> tuple[Group, ...]:
    return tuple(group for group in groups_of(problem) if group.share)


def _tied(problem: Layered, groups: tuple[Group, ...], used: tuple[int, ...]) -> Group | None:
    """The group at kappa_c exactly, if there is room for it."""
    if problem.factors == 2 or sum(used) == problem.rank:
        return None
    bound = first_order(problem.factors)
    return next((group for group in groups if compared(problem, group, bound) == 0), None)


def centred_regime(problem: Layered) -> LayeredRegime:
    """Which directions every minimiser uses; ``modes`` where all s^2 are rational, else empty.

    Raises:
        OutOfScope: as ``centred_optimum``.
    """
    groups = _groups(problem)
    bound, room, used, said = first_order(problem.factors), problem.rank, [], []
    for group in groups:
        side = compared(problem, group, bound)
        used.append(min(group.count, room) if side < 0 else 0)
        room -= used[-1]
        said.append(f"{group.name} {'<' if side < 0 else '=' if side == 0 else '>'}")
    tied = _tied(problem, groups, tuple(used))
    name = "tie" if tied else "centred" if any(used) else "trivial"
    because = f"kappa^{problem.factors} of each direction of the centred targets against {bound}: {', '.join(said)}"
    geometry = "singular directions of the centred targets" if any(used) or tied else "zero"
    return LayeredRegime(name=name, geometry=geometry, modes=_modes(problem, groups), used=tuple(used), because=because,
                         axioms=_AXIOMS)


def _modes(problem: Layered, groups: tuple[Group, ...]) -> tuple[Mode, ...]:
    found = []
    for group in groups:
        square, power = group.square.value(), strength_of(problem, group)
        if not isinstance(square, Fraction) or not isinstance(power, Fraction):
            return ()
        found.append(Mode(group.name, square / problem.N, power, group.count, square * problem.weight_product))
    return tuple(found)


def _notes(problem: Layered, groups: tuple[Group, ...], used: list[int], tied: Group | None) -> tuple[str, ...]:
    sizes = ", ".join(f"{group.name} ({group.count})" for group in groups)
    notes = ["b_k = n_k/N, and the features sum to zero",
             f"groups: {sizes}; singular_sq is s^2, an eigenvalue of diag(n) - n n^T/N, and the logits carry s sigma "
             "along that direction"]
    if tied is not None:
        notes.append(f"group {tied.name} is at kappa_c exactly: any number of its directions is globally optimal")
    left = [group.name for group, count in zip(groups, used, strict=True) if count < group.count]
    if left and any(used):
        notes.append(f"directions that vanish or find no room: {', '.join(left)}")
    return tuple(notes)


def _quantities(problem: Layered, groups: tuple[Group, ...], used: list[int], bits: int, *,
                shared: bool) -> dict[str, Number]:
    with ctx.workprec(bits):
        M, total = problem.factors, arb(0)
        found: dict[str, Number] = {"objective": value_at(problem, used, bits)}
        found |= {"kappa_c": power(first_order(M), Fraction(1, M)), "kappa_sn": power(saddle_node(M), Fraction(1, M))}
        for group, count in zip(groups, used, strict=True):
            square = group.square.value()
            found[f"singular_sq_{group.name}"] = square
            if count in (0, group.count) and shared:
                found[f"sigma_{group.name}"] = normalised_sigma(problem, group, upper=True) if count else Fraction(0)
            if count:
                total += count * energy(problem, square, normalised_sigma(problem, group, upper=True))
        if shared:
            weights = {"H_fro_sq": problem.lambda_H} | {
                f"W_fro_sq_{layer}": weight for layer, weight in enumerate(problem.lambdas, start=1)}
            found |= {name: total / to_ball(weight) if any(used) else Fraction(0) for name, weight in weights.items()}
        for size in sorted(set(problem.class_sizes), reverse=True):
            found[f"bias_n{size}"] = Fraction(size, problem.N)
        return found
