"""Claims about Hessians: nullity and spectrum at the optimum, curvature and stability of named points."""

from __future__ import annotations

import flint

from ncproofs.critical.closed_forms import origin_curvature
from ncproofs.critical.optimum import optimum
from ncproofs.critical.profiles import is_mean_squared
from ncproofs.critical.spectrum import family_spectrum, negative_count, spectrum, zero_count
from ncproofs.critical.sweep import dense_agreement
from ncproofs.errors import InvalidClaim
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import CriticalValue, Curvature, NullityAtOptimum, SpectrumAtOptimum
from ncproofs.proof.constants import answer, as_expression, refuse, same_constant, value_ball
from ncproofs.proof.discharge import Effort
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["settle_curvature", "settle_nullity", "settle_spectrum", "settle_stability"]


def settle_nullity(claim: NullityAtOptimum, effort: Effort) -> Evidence:
    if not isinstance(claim.nullity, int) or isinstance(claim.nullity, bool):
        raise InvalidClaim(f"nullity={claim.nullity!r} given; write a whole number")
    sentence = f"the Hessian at the optimum of {claim.problem} has exactly {claim.nullity} zero eigenvalues"
    at = optimum(claim.problem, digits=6)
    if at.truth is not Truth.HOLDS:
        return refuse(sentence, f"the optimum itself is not certified: {at.because}")
    found = zero_count(spectrum(claim.problem, at, digits=10))
    because = f"{found} eigenvalues of the closed form are exactly 0, all others are enclosed away from 0"
    return answer(at, sentence, because, f"the nullity is {found}", holds=found == claim.nullity)


_LARGEST_DENSE = 300


def settle_spectrum(claim: SpectrumAtOptimum, effort: Effort) -> Evidence:
    sentence = f"the closed-form spectrum at the optimum of {claim.problem} is that of the dense Hessian"
    if claim.problem.dimension > _LARGEST_DENSE:
        return refuse(
            sentence, f"dimension {claim.problem.dimension}; dense Hessians are built up to {_LARGEST_DENSE}"
        )
    truth, because = dense_agreement(claim.problem, tuple(bits for bits in effort.ladder if bits <= 256))
    witness = because if truth is Truth.FAILS else ""
    return Evidence(
        truth=truth,
        rigor=Rigor.ENCLOSED,
        sentence=sentence,
        because=because,
        witness=witness,
        covers=str(claim.problem),
    )


def settle_curvature(claim: Curvature, effort: Effort) -> Evidence:
    """2 (lam - s1) exactly, for dW = (lambda_H/lambda_W)^(1/4) u a^T and its partner, at W = H = 0."""
    sentence = f"at W = H = 0 of {claim.problem} the explicit direction has second derivative {claim.value}"
    exact = origin_curvature(claim.problem)
    if exact is None:
        return refuse(sentence, "phi'(0) has no closed form for this loss")
    covers = str(claim.problem)
    for bits in effort.ladder:
        with flint.ctx.workprec(bits):
            gap = value_ball(exact, bits) - value_ball(claim.value, bits)
            if gap > 0 or gap < 0:
                shown = value_ball(exact, bits).str(20, radius=False)
                return Evidence(
                    truth=Truth.FAILS,
                    rigor=Rigor.ENCLOSED,
                    sentence=sentence,
                    covers=covers,
                    because="the curvature is 2 (lam - s1)",
                    witness=f"it is {exact} = {shown}",
                )
    if same_constant(exact, as_expression(claim.value), effort):
        return Evidence(
            truth=Truth.HOLDS,
            rigor=Rigor.EXACT,
            sentence=sentence,
            covers=covers,
            because=f"2 (lam - s1) = {exact}, the same constant by exact algebra",
        )
    return refuse(sentence, f"2 (lam - s1) = {exact} is not separated from the value, nor proved equal to it")


def settle_stability(claim: CriticalValue, effort: Effort) -> Evidence:
    problem = claim.problem
    sentence = f"the {claim.family} point of {problem} is a strict local minimum modulo symmetry"
    if claim.family not in ("origin", "collapse"):
        raise InvalidClaim(f"family={claim.family!r} given, but 'origin' or 'collapse' is needed")
    entries = family_spectrum(problem, claim.family, digits=10)
    covers, negative = str(problem), negative_count(entries)
    if negative:
        low = ", ".join(entries[0].enclosure.decimals(12))
        return Evidence(
            truth=Truth.FAILS,
            rigor=Rigor.ENCLOSED,
            sentence=sentence,
            covers=covers,
            because="the point is a strict saddle",
            witness=f"{negative} eigenvalues are negative, from [{low}]",
        )
    found, orbit = zero_count(entries), _orbit_dimension(problem, claim.family)
    if found > orbit:
        return refuse(
            sentence, f"{found} zero eigenvalues, {orbit} of them from symmetry; second order does not decide"
        )
    least = next(entry.enclosure for entry in entries if entry.enclosure.lower > 0)
    return Evidence(
        truth=Truth.HOLDS,
        rigor=Rigor.ENCLOSED,
        sentence=sentence,
        covers=covers,
        because=f"{found} zero modes, all of them symmetry; "
        f"least positive eigenvalue {least.decimals(12)[0]}",
    )


def _orbit_dimension(problem: Ridge, family: str) -> int:
    """Dimension of the orbit under rotations of the features, and b + s 1 for a free softmax bias."""
    K, d = problem.K, problem.d
    shift = int(problem.lambda_b == 0 and not is_mean_squared(problem.loss))
    if family == "origin":
        return shift
    orbit = (K - 1) * (d - K + 1) + (K - 1) * (K - 2) // 2 + shift
    if is_mean_squared(problem.loss) and not problem.has_bias:
        orbit += K - 1  # rotations of the classes move the projector
    return orbit
