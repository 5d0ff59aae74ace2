"""Settle ``BenignLandscape``: by a theorem whose hypotheses are checked, or by a certified spurious minimum.

Holds: theorem ``benign-landscape`` (a loss convex in the logits and shift invariant, d >= K - 1) or
``mse-landscape`` (mean squared error, every d). Fails: a critical point without negative curvature whose
certified value lies above the certified value of another point. Otherwise undecided: not to have found such
a point proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb

from ncproofs.arithmetic.enclosure import Enclosure
from ncproofs.calculus.logit_facts import is_convex, is_shift_invariant
from ncproofs.critical.krawczyk import CertifiedPoint, certify_critical_point, value_at
from ncproofs.critical.optimum import enclose
from ncproofs.critical.profiles import Profile, is_mean_squared, profile_of
from ncproofs.critical.search import FoundPoint, local_minima, reduced
from ncproofs.critical.softmax import collapse_scale, trivial_scale
from ncproofs.critical.spectrum import SpectrumEntry, family_spectrum, negative_count, zero_count
from ncproofs.errors import NcproofsError, OutOfScope
from ncproofs.losses.loss import ELL, Loss, SoftmaxForm
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import BenignLandscape, Sign
from ncproofs.proof.discharge import Effort, discharge
from ncproofs.proof.domain import Domain, positive
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["by_theorem", "convexity", "settle"]

#: Unknowns of the problem with one sample a class up to which random critical points are searched.
_SEARCHABLE = 160
_BITS = (128, 256)
_VALUE_BITS = 160

_CONVEX_AXIOMS = ("tangent plane of a convex function", "rank-nullity", "Cauchy-Schwarz")
_ALONE = "the spectral norm of the gradient in W^T H at 0 is compared with sqrt(lambda_W lambda_H), exactly"
_MSE_AXIOMS = ("singular value decomposition", "rank-nullity")
_HOLE = (
    "critical points at which the loss is not convex in the logits (focal loss: some p_{k,i} < p*(gamma)) "
    "are not covered by any proof"
)


@dataclass(frozen=True, kw_only=True)
class _Spurious:
    """A critical point without negative curvature, certified to lie above another point."""

    what: str
    value: Enclosure
    better: Enclosure
    elsewhere: str
    nullity: int
    orbit_dimension: int | None = None
    W: str = ""

    def __str__(self) -> str:
        orbit = self.orbit_dimension
        strict = "strict modulo symmetry, " if orbit == self.nullity else ""
        value, better = self.value.decimals(20)[0], self.better.decimals(20)[1]
        place = f", near W = {self.W}" if self.W else ""
        return (
            f"spurious local minimum ({strict}index 0, nullity {self.nullity}): {self.what} has value >= "
            f"{value}, but {self.elsewhere} has value <= {better}{place}"
        )


def settle(claim: BenignLandscape, effort: Effort) -> Evidence:
    """Holds, fails (with the spurious minimum as witness), or undecided with what is open."""
    problem = claim.problem
    sentence = claim.sentence or f"every critical point is a global minimiser or a strict saddle: {problem}"

    def answer(truth: Truth, rigor: Rigor, because: str, **more: object) -> Evidence:
        return Evidence(
            truth=truth,
            rigor=rigor,
            sentence=sentence,
            because=because,
            covers=str(problem),
            **more,  # type: ignore[arg-type]
        )

    proof = by_theorem(problem, effort)
    if proof.truth is Truth.HOLDS:
        return answer(Truth.HOLDS, proof.rigor, proof.because, axioms=proof.axioms)
    roomy = problem.d >= problem.K - 1
    spurious = (_closed_form(problem) if roomy else None) or _searched(problem, effort)
    if spurious is not None:
        because = "a critical point without negative curvature lies above another point, both in balls"
        return answer(Truth.FAILS, Rigor.ENCLOSED, because, witness=str(spurious))
    return answer(
        Truth.UNDECIDED,
        Rigor.SAMPLED,
        f"{proof.because}; {_effort_of_search(problem, effort)}",
        holes=(_HOLE,) if roomy else (),
    )


def by_theorem(problem: Ridge, effort: Effort) -> Evidence:
    """Whether a theorem whose hypotheses are checked says that the landscape is benign; never fails."""
    sentence = f"every critical point is a global minimiser or a strict saddle: {problem}"

    def answer(truth: Truth, rigor: Rigor, because: str, axioms: tuple[str, ...] = ()) -> Evidence:
        return Evidence(truth=truth, rigor=rigor, sentence=sentence, because=because, axioms=axioms,
                        covers=str(problem))

    if is_mean_squared(problem.loss):
        because = "theorem mse-landscape: mean squared error, every d >= 1 and every bias mode"
        return answer(Truth.HOLDS, Rigor.EXACT, because, _MSE_AXIOMS)
    convex, rigor, why = _hypotheses(problem.loss, effort)
    if problem.d < problem.K - 1:
        if convex is Truth.HOLDS and _is_alone_at_zero(problem):
            because = f"{why}, and zero is the only critical point (up to a free bias): {_ALONE}"
            return answer(Truth.HOLDS, rigor, because, ("the gradient of a convex function is monotone",))
        because = f"no theorem applies (d = {problem.d} < K - 1 = {problem.K - 1})"
        return answer(Truth.UNDECIDED, Rigor.SAMPLED, because)
    if convex is not Truth.HOLDS:
        return answer(Truth.UNDECIDED, Rigor.SAMPLED, f"no theorem applies ({why})")
    because = f"theorem benign-landscape: {why}, and d = {problem.d} >= K - 1 = {problem.K - 1}"
    return answer(Truth.HOLDS, rigor, because, _CONVEX_AXIOMS)


def _is_alone_at_zero(problem: Ridge) -> bool:
    """Whether the gradient G in the logits at 0 has |G|_2^2 = phi'(0)^2/n < lambda_W lambda_H, exactly; or = for CE.

    At a critical point <grad L, (Z, b)> = -(lambda_W |W|^2 + lambda_H |H|^2)/2 - lambda_b |b|^2; a monotone gradient
    makes that at least <G, Z> >= -|G|_2 (lambda_W |W|^2 + lambda_H |H|^2)/(2 sqrt(lambda_W lambda_H)), as G 1 = 0.
    Equality leaves grad L as at 0; for log-sum-exp all logits of a sample are then equal, and <G, Z> = 0.
    """
    try:
        profile = profile_of(problem.loss)
    except OutOfScope:
        return False
    slope = profile.origin_slope(problem.K)
    if slope is None:
        return False
    return slope**2 < problem.c_squared or (slope**2 == problem.c_squared and profile.kind == "linear")


def _hypotheses(loss: Loss, effort: Effort) -> tuple[Truth, Rigor, str]:
    """Whether the loss is convex in the logits and shift invariant, for every K."""
    invariant = is_shift_invariant(loss)
    if invariant.truth is Truth.HOLDS:
        convex = is_convex(loss)
        if convex.truth is Truth.HOLDS:
            because = f"the loss is convex in the logits ({convex.because}) and shift invariant"
            return Truth.HOLDS, min(convex.rigor, invariant.rigor), because
        if convex.truth is Truth.FAILS:
            return Truth.FAILS, convex.rigor, f"the loss is not convex in the logits: {convex.witness}"
    if invariant.truth is Truth.FAILS:
        return Truth.FAILS, invariant.rigor, f"the loss is not shift invariant: {invariant.witness}"
    return convexity(loss.softmax_form(), effort)


def convexity(form: SoftmaxForm | None, effort: Effort) -> tuple[Truth, Rigor, str]:
    """Whether F(ell) + tilt (z_y - mean z) is convex in the logits because F' >= 0 and F'' >= 0 on ell > 0.

    ell is convex in z and the tilt is linear. Not convex profiles are undecided here, never refuted: the
    answer is only used as a hypothesis.
    """
    if form is None:
        return Truth.UNDECIDED, Rigor.SAMPLED, "the loss is not of the form F(ell) + tilt (z_y - mean z)"
    if form.profile == ELL:
        return (
            Truth.HOLDS,
            Rigor.EXACT,
            "the loss is log-sum-exp plus a linear function, convex and shift invariant",
        )
    rigor = Rigor.EXACT
    for order, name in ((2, "F''"), (1, "F'")):
        slope = form.profile.diff(ELL, order)
        found = discharge(Sign(expression=slope, relation=">=", where=Domain.of((ELL, positive()))), effort)
        if found.truth is not Truth.HOLDS:
            return (
                Truth.UNDECIDED,
                Rigor.SAMPLED,
                f"{name} >= 0 on ell > 0 is not certified, F = {form.profile}",
            )
        rigor = min(rigor, found.rigor)
    return Truth.HOLDS, rigor, "F' >= 0 and F'' >= 0, so the loss is convex, and it is shift invariant"


def _closed_form(problem: Ridge) -> _Spurious | None:
    """W = H = 0 above the simplex ETF, or the simplex ETF above W = H = 0; no power of K."""
    try:
        profile = profile_of(problem.loss)
        values = {family: _family_value(problem, profile, family) for family in ("origin", "collapse")}
        for family, other in (("origin", "collapse"), ("collapse", "origin")):
            if values[family].lower > values[other].upper:
                entries = family_spectrum(problem, family, digits=12)
                if _has_no_descent(problem, entries):
                    names = {"origin": "W = H = 0", "collapse": "the simplex ETF"}
                    return _Spurious(
                        what=names[family],
                        value=values[family],
                        better=values[other],
                        elsewhere=names[other],
                        nullity=zero_count(entries),
                        orbit_dimension=_orbit_dimension(problem, family),
                    )
    except NcproofsError:
        return None  # one of the two points does not exist, or is not covered: nothing to compare
    return None


def _family_value(problem: Ridge, profile: Profile, family: str) -> Enclosure:
    scale = trivial_scale if family == "origin" else collapse_scale
    return enclose(scale(problem, profile, _VALUE_BITS).objective)


def _has_no_descent(problem: Ridge, entries: tuple[SpectrumEntry, ...]) -> bool:
    """Every eigenvalue certified >= 0, and all of them counted."""
    counted = sum(entry.multiplicity for entry in entries)
    return (
        negative_count(entries) == 0
        and counted == problem.dimension
        and all(entry.enclosure.lower >= 0 for entry in entries)
    )


def _orbit_dimension(problem: Ridge, family: str) -> int:
    """dim O(d)/O(d - r) at rank r, plus 1 for a free bias."""
    rank = problem.K - 1 if family == "collapse" else 0
    return rank * problem.d - rank * (rank + 1) // 2 + (1 if problem.lambda_b == 0 else 0)


def _searched(problem: Ridge, effort: Effort) -> _Spurious | None:
    """The first local minimum found that is certified above another point."""
    if reduced(problem).dimension > _SEARCHABLE:
        return None
    best: FoundPoint | None = None
    for point in local_minima(problem, effort.starts, effort.seed):
        if best is not None:
            low, high = sorted((best, point), key=lambda found: found.value)
            spurious = _compared(problem, high, value_at(problem, low.W, low.H, low.b))
            if spurious is not None:
                return spurious
        best = point if best is None or point.value < best.value else best
    return None


def _compared(problem: Ridge, point: FoundPoint, better: Enclosure) -> _Spurious | None:
    certified = _certified(problem, point)
    if certified is None or certified.index or not certified.value.lower > better.upper:
        return None
    return _Spurious(
        what="a point certified by Krawczyk's operator",
        value=certified.value,
        better=better,
        elsewhere="another point",
        nullity=certified.nullity,
        orbit_dimension=certified.orbit_dimension,
        W=_rows(certified),
    )


def _certified(problem: Ridge, point: FoundPoint) -> CertifiedPoint | None:
    for bits in _BITS:
        found = certify_critical_point(problem, point.W, point.H, point.b, bits)
        if isinstance(found, CertifiedPoint):
            return found
    return None


def _rows(point: CertifiedPoint) -> str:
    def written(entry: arb) -> str:
        return f"{float(entry.mid()):.15g}"

    return "; ".join(" ".join(written(entry) for entry in row) for row in point.W.tolist())


def _effort_of_search(problem: Ridge, effort: Effort) -> str:
    unknowns = reduced(problem).dimension
    if unknowns > _SEARCHABLE:
        return f"{unknowns} unknowns are too many for a search for a spurious minimum (at most {_SEARCHABLE})"
    return f"no spurious minimum was found from {effort.starts} starts (seed {effort.seed})"
