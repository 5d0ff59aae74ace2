r"""The certified optimum of pick-all-label cross-entropy on balanced label sets: ``multilabel_optimum(problem)``.

Quantities (names are those of ``ncproofs optimum``; m runs over the numbers of labels below K that occur):
    objective; W_fro_sq and H_fro_sq; y, the unknown of the scalar system, |W|^2 = y (K-1) N lambda_H / K;
    logit_gap[m], z_j - z_k for j in and k outside the label set; feature_scale[m], c_m with
    h_S = c_m sum_{k in S} w_k; tag_sum[m] and tag_average[m], the factors by which h_S is the sum and the average of
    the features h_k of its labels (when samples with one label occur); bias, the common entry of b.

Lists of label sets that are not balanced have bounds of the minimum instead (``ncproofs.critical.multilabel_dual``),
or the optimum 0 (``ncproofs.critical.multilabel_zero``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING, Any

import flint

from ncproofs.arithmetic.enclosure import Enclosure, upwards
from ncproofs.critical.multilabel_scale import (
    MultiLabelScale,
    fraction_text,
    proper,
    scalar_system,
    threshold,
    trivial_system,
)
from ncproofs.critical.multilabel_zero import value_at_zero_weight, zero_is_optimal
from ncproofs.critical.optimum import MOST_DIGITS, climb
from ncproofs.critical.regimes import Number, lift, product
from ncproofs.errors import InvalidProblem
from ncproofs.notebook import optimum_html
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.truth import Rigor, Truth

if TYPE_CHECKING:
    from ncproofs.critical.multilabel_dual import Bounds

__all__ = ["MultiLabelOptimum", "closed_form", "is_trivial", "label_optimum", "multilabel_optimum", "scale_at"]

#: Digits beyond those asked for.
_GUARD = 4
#: The classical results behind the lower bound (theorem ``multilabel-lower-bound``).
_CHAIN = ("tangent line of a convex function", "inequality of arithmetic and geometric means", "Schur's lemma")


@dataclass(frozen=True, kw_only=True)
class MultiLabelOptimum:
    """Where every global minimiser of ``problem`` is, and what it is worth.

    ``truth`` HOLDS: every global minimiser has ``geometry`` and these quantities; or, in the regime "bounded", the
    minimum lies between the bounds of "objective", which agree to the digits asked. UNDECIDED: they are further apart.
    """

    problem: MultiLabel
    truth: Truth
    rigor: Rigor
    regime: str
    geometry: str
    quantities: Mapping[str, Enclosure]
    because: str
    holes: tuple[str, ...] = ()
    axioms: tuple[str, ...] = _CHAIN
    notes: tuple[str, ...] = ()

    _repr_html_ = optimum_html


def is_trivial(problem: MultiLabel) -> bool:
    """Whether W = H = 0 is optimal, for balanced label sets; decided exactly."""
    pull, available = threshold(problem)
    return pull >= available


def scale_at(problem: MultiLabel, bits: int) -> MultiLabelScale:
    """The numbers of the optimal point, trivial or not."""
    return trivial_system(problem, bits) if is_trivial(problem) else scalar_system(problem, bits)


def multilabel_optimum(problem: MultiLabel, *, digits: int = 30) -> MultiLabelOptimum:
    """The optimum of ``problem``; every quantity has relative width below 10^-``digits`` (zeros are exact).

    Raises:
        InvalidProblem: the optimum is a simplex ETF and d < K - 1 leaves no room for one, or digits < 1.
        OutOfScope: another loss, or label sets that are not balanced.
    """
    if not isinstance(problem, MultiLabel):
        raise InvalidProblem(f"{problem!r} is not a MultiLabel problem; write for example MultiLabel(K=3, counts=...)")
    pull, available = threshold(problem)
    sides = f"lambda_W lambda_H N^2 = {fraction_text(pull)}, sum n_m v_m^2 C(K-2, m-1) = {fraction_text(available)}"
    trivial = pull >= available
    if not trivial and problem.d < problem.K - 1:
        raise InvalidProblem(
            f"a simplex ETF needs d >= K - 1; got d={problem.d}, K={problem.K}; for bounds give the label sets as a "
            "list"
        )
    quantities = climb(lambda bits: _quantities(problem, bits), digits)
    return MultiLabelOptimum(
        problem=problem,
        truth=Truth.HOLDS,
        rigor=Rigor.EXACT,
        regime="trivial" if trivial else "collapse",
        geometry="zero" if trivial else "simplex ETF",
        quantities=quantities,
        because=f"{sides}: the first is {'not ' if trivial else ''}the smaller, exactly"
        + ("" if trivial else "; d >= K - 1; the root y is unique and enclosed by certified signs"),
        notes=_notes(problem, trivial=trivial),
    )


def label_optimum(problem: MultiLabel, *, digits: int = 30) -> MultiLabelOptimum:
    """The exact optimum where label sets are balanced and have room, or where it is 0, else bounds of the minimum.

    Raises:
        InvalidProblem: a free bias of a class that is no label, or digits out of range.
        OutOfScope: another loss, or too many label sets to list one by one.
    """
    if not 1 <= digits <= MOST_DIGITS:
        raise InvalidProblem(f"digits={digits} given; write a whole number from 1 to {MOST_DIGITS}")
    if problem.balanced is not None and (problem.d >= problem.K - 1 or is_trivial(problem)):
        return multilabel_optimum(problem, digits=digits)
    return _zero(problem, digits) if zero_is_optimal(problem) else _bounded(problem, digits)


def _zero(problem: MultiLabel, digits: int) -> MultiLabelOptimum:
    """The optimum of any label sets that pull too little at 0."""
    share, zero = value_at_zero_weight(problem), Fraction(0)

    def quantities(bits: int) -> dict[str, Number]:
        with flint.ctx.workprec(bits + 40):
            return {"objective": product(share, flint.arb(problem.K).log()), "W_fro_sq": zero, "H_fro_sq": zero,
                    **({"bias": zero} if problem.has_bias else {})}

    return MultiLabelOptimum(
        problem=problem, truth=Truth.HOLDS, rigor=Rigor.EXACT, regime="trivial", geometry="zero",
        quantities=climb(quantities, digits), axioms=("a convex function lies above its tangents",),
        because="the gradient in W^T H at 0 has spectral norm at most sqrt(lambda_W lambda_H), exactly",
        notes=_free_bias(problem),
    )


def _bounded(problem: MultiLabel, digits: int) -> MultiLabelOptimum:
    bounds = _bounds(problem, digits)
    narrow = bounds.gap * 10**digits <= abs(bounds.lower)
    notes = [f"upper minus lower bound: at most {upwards(bounds.gap)}"]
    if not narrow:
        notes.append(f"{_agreeing(bounds)} of the {digits} digits that were asked for are certified")
    if problem.d < problem.K - 1:
        notes.append(f"d = {problem.d} < K - 1 = {problem.K - 1}: the dual bound need not be attained")
    why = "the label sets are not balanced" if problem.balanced is None else "an ETF has no room"
    return MultiLabelOptimum(
        problem=problem,
        truth=Truth.HOLDS if narrow else Truth.UNDECIDED,
        rigor=Rigor.ENCLOSED,
        regime="bounded",
        geometry="no closed form",
        quantities={"objective": bounds.enclosure()},
        because=f"{why}; a dual point proves the lower bound and a point the upper one"
        + ("" if narrow else ", and they are further apart than asked"),
        axioms=("Jensen's inequality", "Cauchy-Schwarz inequality"),
        notes=tuple(notes),
    )


def _bounds(problem: MultiLabel, digits: int) -> Bounds:
    """Certified bounds to so many digits, or as close as a second try at twice the precision brings them."""
    from ncproofs.critical.multilabel_dual import certified_bounds

    bounds = certified_bounds(problem, digits + _GUARD)
    if problem.d < problem.K - 1 or bounds.gap * 10**digits <= abs(bounds.lower):
        return bounds
    again = certified_bounds(problem, 2 * digits + _GUARD, seed=1)
    return min((bounds, again), key=lambda part: part.gap)


def _agreeing(bounds: Bounds) -> int:
    """How many digits the relative gap leaves."""
    digits = 0
    while bounds.gap * 10 ** (digits + 1) <= abs(bounds.lower):
        digits += 1
    return digits


def _notes(problem: MultiLabel, *, trivial: bool) -> tuple[str, ...]:
    notes = []
    numbers = [part.m for part in proper(problem)]
    if trivial:
        notes.append("all features are 0, so feature_scale, tag_sum and tag_average have no meaning")
    elif 1 not in numbers:
        notes.append("no sample has a single label: W is a simplex ETF all the same, and there are no tag constants")
    if problem.K in problem.multiplicities:
        notes.append("samples with all K labels have feature 0")
    return (*notes, *_free_bias(problem))


def _free_bias(problem: MultiLabel) -> tuple[str, ...]:
    return ("b is any multiple of 1, since lambda_b = 0; the one reported is 0",) if problem.lambda_b == 0 else ()


def _quantities(problem: MultiLabel, bits: int) -> dict[str, Number]:
    with flint.ctx.workprec(bits + 40):
        return _derived(problem, scale_at(problem, bits))


def _derived(problem: MultiLabel, scale: MultiLabelScale) -> dict[str, Number]:
    trivial = isinstance(scale.y, Fraction)
    found: dict[str, Number] = {
        "objective": scale.objective,
        "W_fro_sq": scale.energy,
        "H_fro_sq": product(scale.energy, problem.lambda_W / problem.lambda_H),
        "y": scale.y,
    }
    found |= {f"logit_gap[{m}]": gap for m, gap in scale.gaps.items()}
    if not trivial:
        found |= {f"feature_scale[{m}]": c for m, c in scale.features.items()}
    if not trivial and 1 in scale.gaps:
        for m, c in scale.features.items():
            above, below = lift(c, scale.features[1])
            share: Number = Fraction(1) if m == 1 else above / below
            found[f"tag_sum[{m}]"], found[f"tag_average[{m}]"] = share, product(m, share)
    if problem.has_bias:
        found["bias"] = Fraction(0)
    return found


def closed_form(problem: MultiLabel, quantity: str) -> Any:
    """``quantity`` at the optimum as an exact SymPy expression, or None where none is known.

    There is one for W = H = 0, and for a single multiplicity m < K: t = log(1 + (K/m)(q - 1)) with
    q = v sqrt(n C(K-2, m-1)/(lambda_W lambda_H))/N. Used only to settle equalities, which balls cannot.
    """
    import sympy

    parts = proper(problem)
    full = [part for part in problem.balanced or () if part.m == problem.K]
    K, N, pull, available = _letters(problem)
    base = sum((_rational(part.n * part.v) * K * sympy.log(K) / N for part in full), sympy.Integer(0))
    if is_trivial(problem):
        value = sum(
            (_rational(part.n * comb(problem.K, part.m) * part.v * part.m) / N * sympy.log(K) for part in parts),
            base,
        )
        zeros = {name: sympy.Integer(0) for name in ("W_fro_sq", "H_fro_sq", "y", "bias")}
        zeros |= {f"logit_gap[{part.m}]": sympy.Integer(0) for part in parts}
        return {"objective": value, **zeros}.get(quantity)
    if len(parts) > 1:
        return None
    (part,) = parts
    m, v, q = sympy.Integer(part.m), _rational(part.v), sympy.sqrt(available / pull)
    t = sympy.log(1 + (K / m) * (q - 1))
    energy = t * q * (K - 1) * N * _rational(problem.lambda_H) / v
    share = _rational(part.n * comb(problem.K, part.m)) * v / N
    ratio = _rational(problem.lambda_W / problem.lambda_H)
    # m log(m + (K - m) e^-t) with e^t = 1 + (K/m)(q - 1), m e^t + K - m = K q.
    loss = m * sympy.log(K * q / (1 + (K / m) * (q - 1)))
    forms = {
        "objective": base + share * loss + _rational(problem.lambda_W) * energy,
        "W_fro_sq": energy,
        "H_fro_sq": ratio * energy,
        "y": t * K * q / v,
        f"logit_gap[{m}]": t,
        f"feature_scale[{m}]": v / (q * N * _rational(problem.lambda_H)),
        "bias": sympy.Integer(0),
    }
    if part.m == 1:
        forms |= {"tag_sum[1]": sympy.Integer(1), "tag_average[1]": sympy.Integer(1)}
    return forms.get(quantity)


def _letters(problem: MultiLabel) -> tuple[Any, Any, Any, Any]:
    import sympy

    pull, available = threshold(problem)
    return sympy.Integer(problem.K), sympy.Integer(problem.N), _rational(pull), _rational(available)


def _rational(value: Fraction | int) -> Any:
    import sympy

    value = Fraction(value)
    return sympy.Rational(value.numerator, value.denominator)
