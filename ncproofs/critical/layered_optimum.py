r"""The certified optimum of the layered model: regime by comparison of rationals, quantities to any precision.

Quantities (names are those of ``ncproofs optimum layered``) are listed by ``ncproofs show layered``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import flint

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.critical.layered_modes import (
    Mode,
    excess,
    first_order,
    kappa_power,
    modes_of,
    power,
    saddle_node,
    sigma_root,
)
from ncproofs.critical.optimum import climb
from ncproofs.critical.regimes import Number, lift, product
from ncproofs.errors import InvalidProblem
from ncproofs.notebook import optimum_html
from ncproofs.problems.layered import Layered
from ncproofs.truth import Rigor, Truth

__all__ = ["LayeredOptimum", "LayeredRegime", "layered_optimum", "layered_regime", "mode_sigmas", "quantities_at"]

_ATTAINED = "a continuous coercive function attains its minimum"
_NEUMANN = ("von Neumann's trace inequality", "equality case of von Neumann's trace inequality")
_PROJECTED = "singular values do not grow under a projector"


@dataclass(frozen=True, kw_only=True)
class LayeredRegime:
    """Where the global minimisers are.

    ``name``: "orthogonal frame", "collapse" (simplex ETF), "intermediate", "rank-deficient frame", "minority collapse",
    "centred", "trivial", "tie". ``modes`` is empty when unequal classes with a free bias have irrational s^2. ``used``:
    how many directions of each mode (of ``modes``) are in use; for a tie this is one of the
    minimisers, and ``notes`` say which others there are.
    """

    name: str
    geometry: str
    modes: tuple[Mode, ...]
    used: tuple[int, ...]
    because: str
    axioms: tuple[str, ...] = (_ATTAINED, "singular value decomposition")
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LayeredOptimum:
    """Where every global minimiser of ``problem`` is, and what it is worth; the fields are those of ``Optimum``."""

    problem: Layered
    truth: Truth
    rigor: Rigor
    regime: str
    geometry: str
    quantities: Mapping[str, Enclosure]
    because: str
    holes: tuple[str, ...]
    axioms: tuple[str, ...]
    notes: tuple[str, ...]
    details: LayeredRegime

    _repr_html_ = optimum_html


def layered_optimum(problem: Layered, *, digits: int = 30) -> LayeredOptimum:
    """The optimum of ``problem``; every quantity has relative width below 10^-``digits`` (zeros are exact).

    Raises:
        InvalidProblem: not a ``Layered`` problem, or digits < 1. OutOfScope: unequal classes with lambda_b > 0.
    """
    if not isinstance(problem, Layered):
        raise InvalidProblem(f"{problem!r} is not a Layered problem; write for example Layered(layers=2, K=3, ...)")
    if problem.relu:
        from ncproofs.critical.layered_relu import relu_optimum

        return relu_optimum(problem, digits=digits)
    if not problem.balanced and problem.lambda_b == 0:
        from ncproofs.critical.layered_centred import centred_optimum

        return centred_optimum(problem, digits=digits)
    regime = layered_regime(problem)
    return LayeredOptimum(
        problem=problem,
        truth=Truth.HOLDS,
        rigor=Rigor.EXACT,
        regime=regime.name,
        geometry=regime.geometry,
        quantities=climb(lambda bits: quantities_at(problem, regime, bits), digits),
        because=regime.because,
        holes=(),
        axioms=regime.axioms,
        notes=regime.notes + _landscape_notes(problem),
        details=regime,
    )


# --- which regime --------------------------------------------------------------------------------------------


def layered_regime(problem: Layered) -> LayeredRegime:
    """The regime of ``problem``, decided in rationals."""
    if not problem.balanced and problem.lambda_b == 0:
        from ncproofs.critical.layered_centred import centred_regime

        return centred_regime(problem)
    modes = modes_of(problem)
    states = [mode.state(problem.factors) for mode in modes]
    used, room = [], problem.rank
    for mode, state in zip(modes, states, strict=True):
        used.append(min(mode.count, room) if state == "present" else 0)
        room -= used[-1]
    because = _compared(problem, modes)
    tied = next((mode for mode, state in zip(modes, states, strict=True) if state == "tie"), None)
    if tied is not None and room > 0:
        return _tie(problem, modes, tuple(used), tied, min(room, tied.count), because)
    if not any(used):
        return LayeredRegime(name="trivial", geometry="zero", modes=modes, used=tuple(used), because=because,
                             axioms=_axioms(problem))
    name, geometry, notes = _named(problem, modes, used, states)
    return LayeredRegime(name=name, geometry=geometry, modes=modes, used=tuple(used), because=because, notes=notes,
                         axioms=_axioms(problem))


def _axioms(problem: Layered) -> tuple[str, ...]:
    if problem.has_bias:
        return (_ATTAINED, "singular value decomposition", *_NEUMANN, _PROJECTED)
    return (_ATTAINED, "singular value decomposition", *(() if problem.balanced else _NEUMANN))


def _compared(problem: Layered, modes: tuple[Mode, ...]) -> str:
    bound = first_order(problem.factors)
    said = []
    for mode in modes:
        sign = "<" if mode.power < bound else "=" if mode.power == bound else ">"
        said.append(f"{_shown(mode.power)} {sign} {_shown(bound)} ({mode.name})")
    return f"kappa^{problem.factors} against kappa_c^{problem.factors}, exactly: {', '.join(said)}"


def _shown(value: Fraction) -> str:
    text = str(value)
    return text if len(text) < 40 else f"a fraction of {len(text)} characters"


def _named(
    problem: Layered, modes: tuple[Mode, ...], used: list[int], states: Sequence[str]
) -> tuple[str, str, tuple[str, ...]]:
    wanted = sum(mode.count for mode, state in zip(modes, states, strict=True) if state == "present")
    short = sum(used) < wanted
    if not problem.balanced:
        return _unequal(modes, used, states, short=short)
    rank, K = used[0], problem.K
    if not problem.has_bias:
        if rank == K:
            return "orthogonal frame", "orthogonal frame", ()
        note = f"every projector of rank {rank} is optimal, so norms and angles of single features are not determined"
        if rank == K - 1:
            note += "; the simplex ETF is one of them"
        return "rank-deficient frame", f"projector of rank {rank}", (note,)
    if rank < K - 1:
        note = f"every projector of rank {rank} orthogonal to 1 is optimal; norms of single features are not determined"
        return "rank-deficient frame", f"projector of rank {rank} orthogonal to 1", (note,)
    if len(used) > 1 and used[1]:
        return "intermediate", "intermediate frame", ()
    return "collapse", "simplex ETF", ()


def _unequal(
    modes: tuple[Mode, ...], used: list[int], states: Sequence[str], *, short: bool
) -> tuple[str, str, tuple[str, ...]]:
    lost = [mode.name for mode, state in zip(modes, states, strict=True) if state == "absent"]
    notes = [f"classes of size {name[1:]} vanish: logits and features are zero" for name in lost]
    if short:
        notes.append(f"the widths leave room for {sum(used)} directions, the largest classes first")
        partial = next((mode for mode, count in zip(modes, used, strict=True) if 0 < count < mode.count), None)
        if partial is None:
            return "rank-deficient frame", "orthogonal means", tuple(notes)
        notes.append(f"within the {partial.count} classes of size {partial.name[1:]} every projector is optimal")
        return "rank-deficient frame", f"frame of rank {sum(used)}", tuple(notes)
    if lost:
        return "minority collapse", "orthogonal means", tuple(notes)
    return "orthogonal means", "orthogonal means", ()


def _tie(problem: Layered, modes: tuple[Mode, ...], used: tuple[int, ...], tied: Mode, room: int,
         because: str) -> LayeredRegime:
    """kappa = kappa_c exactly: sigma = (M-2)/(M-1) and 0 are worth the same in one mode."""
    M = problem.factors
    sigma = Fraction(M - 2, M - 1)
    note = (f"mode {tied.name} is at kappa_c exactly: every number from 0 to {room} of its directions, each with "
            f"sigma = {sigma}, is globally optimal")
    if tied.name == "mean":
        note += "; so a simplex ETF and an intermediate frame are both global minimisers"
    geometry = f"frames of every rank from {sum(used)} to {sum(used) + room}"
    if tied.name == "mean":
        geometry = "simplex ETF or intermediate frame"
    elif not problem.balanced and tied.count == 1:
        geometry = "orthogonal means"  # the tied class is there or not; within a block any direction would do
    return LayeredRegime(name="tie", geometry=geometry, modes=modes, used=used, because=because, notes=(note,),
                         axioms=_axioms(problem))


def _landscape_notes(problem: Layered) -> tuple[str, ...]:
    if problem.factors == 2 or not problem.balanced or problem.has_bias:
        return ()
    value, M = kappa_power(problem), problem.factors
    if value < first_order(M):
        ranks = f" and the points of rank 1 to {problem.rank - 1} with sigma_plus" if problem.rank > 1 else ""
        return (f"spurious local minima: zero{ranks}",)
    if first_order(M) < value < saddle_node(M):
        return ("metastable: kappa_c < kappa < kappa_sn, so the points with sigma_plus are spurious local minima",)
    return ()


# --- the numbers ---------------------------------------------------------------------------------------------


def mode_sigmas(problem: Layered, regime: LayeredRegime) -> tuple[Number, ...]:
    """sigma of each mode at the optimum, 0 where it is not in use, at the current precision."""
    found: list[Number] = []
    for mode, used in zip(regime.modes, regime.used, strict=True):
        root = sigma_root(problem.factors, mode.power, upper=True) if used else Fraction(0)
        assert root is not None  # a mode in use has kappa < kappa_c <= kappa_sn
        found.append(root)
    return tuple(found)


def quantities_at(problem: Layered, regime: LayeredRegime, bits: int) -> dict[str, Number]:
    """Every quantity at ``bits`` bits; one that the minimisers do not share is left out."""
    with flint.ctx.workprec(bits):
        sigmas = mode_sigmas(problem, regime)
        found: dict[str, Number] = {"objective": _objective(problem, regime, sigmas)}
        found |= _constants(problem)
        found |= _balanced(problem, regime, sigmas) if problem.balanced else _by_class(problem, regime, sigmas)
        if regime.name != "tie":
            found |= _energies(problem, regime, sigmas)
        return found


def _objective(problem: Layered, regime: LayeredRegime, sigmas: tuple[Number, ...]) -> Number:
    """(1/2) sum over modes of weight (count + used e(sigma))."""
    total: Number = Fraction(0)
    for mode, used, sigma in zip(regime.modes, regime.used, sigmas, strict=True):
        count, gain, weight = lift(mode.count, product(used, excess(problem.factors, sigma)), mode.weight / 2)
        total, part = lift(total, weight * (count + gain))
        total = total + part
    return total


def _constants(problem: Layered) -> dict[str, Number]:
    M = problem.factors
    inverse = Fraction(1, M)
    found: dict[str, Number] = {}
    if problem.balanced:
        value = kappa_power(problem)
        found |= {"kappa": power(value, inverse), "kappa_power": value}
    found |= {"kappa_c": power(first_order(M), inverse), "kappa_sn": power(saddle_node(M), inverse)}
    if not problem.balanced:
        return found
    for name, upper in (("sigma_plus", True), ("sigma_minus", False)):
        root = sigma_root(M, value, upper=upper)
        if root is not None:
            found[name] = root
    if "sigma_plus" in found and not problem.has_bias:
        found["hessian_scaled_sym_uniform_eig"] = _uniform(M, found["kappa"], found["sigma_plus"])
    if value < first_order(M):
        kappa, bound = lift(found["kappa"], found["kappa_c"])
        found["lambda_b_threshold"] = kappa / (bound - kappa)
    return found


def _uniform(M: int, kappa: Number, sigma: Number) -> Number:
    """M (x^(2M-2) - kappa) + 2 kappa at x^M = sigma, where x^(2M-2) = kappa sigma/(1 - sigma) by the mode equation."""
    price, s, top, bottom = lift(kappa, sigma, 2 * M - 2, M - 2)
    value: Number = price * (top * s - bottom) / (1 - s)
    return value


def _balanced(problem: Layered, regime: LayeredRegime, sigmas: tuple[Number, ...]) -> dict[str, Number]:
    """alpha, beta, bias, and the Gram matrix of the features (nu/(n lambda_H)) (A P + B 11^T/K)."""
    K, M, name = problem.K, problem.factors, regime.name
    if name == "tie" and not (problem.has_bias and regime.used[0]):
        return {"bias": _bias(problem, Fraction(0))} if problem.has_bias else {}
    alpha = sigmas[0]
    beta = (sigmas[1] if len(sigmas) > 1 else Fraction(0)) if problem.has_bias else alpha
    found: dict[str, Number] = {"alpha": alpha}
    if name == "tie":  # alpha is shared, beta is 0 or (M-2)/(M-1)
        return found
    if name == "rank-deficient frame":
        return found | ({"beta": beta, "bias": _bias(problem, beta)} if problem.has_bias else {})
    found["beta"] = beta
    if problem.has_bias:
        found["bias"] = _bias(problem, beta)
    nu = power(regime.modes[0].scale, Fraction(1, M))
    A, B = _root_squared(alpha, M), _root_squared(beta, M)
    scale = product(nu, 1 / (problem.n * problem.lambda_H))
    norm, inner, cosine = _gram(A, B, K) if problem.has_bias else (A, Fraction(0), Fraction(0))
    found["feature_norm_sq"], found["feature_inner"] = product(scale, norm), product(scale, inner)
    if regime.used[0]:
        found["cosine"] = cosine
    found["W_row_norm_sq"] = product(nu, 1 / problem.lambdas[-1], norm)
    for layer, weight in enumerate(problem.lambdas, start=1):
        found[f"W_singular_values_sq_{layer}"] = product(nu, A, 1 / weight)
        if problem.has_bias:
            found[f"W_mean_singular_value_sq_{layer}"] = product(nu, B, 1 / weight)
    return found


def _gram(A: Number, B: Number, K: int) -> tuple[Number, Number, Number]:
    """Diagonal and other entries of A P + B 11^T/K, and their quotient (0 for the zero matrix)."""
    on, off, size = lift(A, B, K)
    norm, inner = (on * (size - 1) + off) / size, (off - on) / size
    return norm, inner, Fraction(0) if norm == 0 else inner / norm


def _root_squared(sigma: Number, M: int) -> Number:
    """sigma^(2/M), the square of what each factor carries."""
    if isinstance(sigma, Fraction):
        return power(sigma, Fraction(2, M))
    return sigma ** lift(Fraction(2, M), sigma)[0]


def _bias(problem: Layered, beta: Number) -> Number:
    one, size, sigma = lift(1, problem.K * (1 + (problem.lambda_b or Fraction(0))), beta)
    entry: Number = (one - sigma) / size
    return entry


def _by_class(problem: Layered, regime: LayeredRegime, sigmas: tuple[Number, ...]) -> dict[str, Number]:
    """For each class size: kappa, sigma (the class's own logit), |h|^2, squared singular values."""
    M = problem.factors
    found: dict[str, Number] = {}
    for mode, used, sigma in zip(regime.modes, regime.used, sigmas, strict=True):
        size, name = Fraction(mode.name[1:]), mode.name
        found[f"kappa_{name}"], found[f"kappa_power_{name}"] = power(mode.power, Fraction(1, M)), mode.power
        if (regime.name == "tie" and mode.state(M) == "tie") or 0 < used < mode.count:
            continue  # these classes share no single value
        found[f"sigma_{name}"] = sigma
        energy = product(power(mode.scale, Fraction(1, M)), _root_squared(sigma, M))
        found[f"feature_norm_sq_{name}"] = product(energy, 1 / (size * problem.lambda_H))
        for layer, weight in enumerate(problem.lambdas, start=1):
            found[f"W_singular_values_sq_{layer}_{name}"] = product(energy, 1 / weight)
    if regime.name not in ("tie", "rank-deficient frame"):
        found["feature_inner"] = Fraction(0)
    return found


def _energies(problem: Layered, regime: LayeredRegime, sigmas: tuple[Number, ...]) -> dict[str, Number]:
    """|W_l|^2 and |H|^2: every lambda |factor|^2 equals the sum over modes of nu sigma^(2/M)."""
    M = problem.factors
    total: Number = Fraction(0)
    for mode, used, sigma in zip(regime.modes, regime.used, sigmas, strict=True):
        part = product(used, power(mode.scale, Fraction(1, M)), _root_squared(sigma, M))
        total, part = lift(total, part)
        total = total + part
    found = {f"W_fro_sq_{layer}": product(total, 1 / w) for layer, w in enumerate(problem.lambdas, start=1)}
    return found | {"H_fro_sq": product(total, 1 / problem.lambda_H)}
