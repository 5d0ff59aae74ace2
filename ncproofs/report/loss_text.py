"""What can be said about a loss before any sizes are given: form, invariance, convexity, lower bound."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import sympy

from ncproofs.calculus import logit_facts
from ncproofs.critical.profiles import Profile, is_mean_squared, profile_of
from ncproofs.critical.reduced import is_convex
from ncproofs.errors import OutOfScope
from ncproofs.losses.identities import constant_value
from ncproofs.losses.loss import Loss, M
from ncproofs.truth import Truth

__all__ = ["Fact", "facts_of", "form_lines"]


@dataclass(frozen=True)
class Fact:
    """One property of a loss, whether it was shown, and how."""

    property: str
    truth: Truth
    because: str


def form_lines(loss: Loss) -> list[str]:
    """The loss as the package sees it."""
    form = loss.softmax_form()
    several = loss.phi.has(M)
    target = "t = the sum of z_k over the m labels k of a sample; below, m = 1" if several else "t = z_y"
    lines = [f"{loss.name}: {loss.source}", "", f"  L(z, y) = {loss.phi}", f"  with {target}"]
    for symbol, function in zip(loss.sums, loss.class_functions, strict=True):
        lines.append(f"  and {symbol} = sum over j of {str(function).replace('z', 'z_j')}")
    if form is not None:
        tilt = f" + ({form.tilt}) (z_y - mean z)" if form.tilt else ""
        lines.append(f"  = {form.profile}{tilt}, ell = log sum_j exp(z_j) - z_y")
    return lines


def facts_of(loss: Loss) -> tuple[Fact, ...]:
    """Shift invariance, convexity in the logits and of the reduced function, contrastive bound; for one label."""
    loss = loss.single_label()
    try:
        profile = None if is_mean_squared(loss) else profile_of(loss)
        outside = ""
    except OutOfScope as error:
        profile, outside = None, str(error)
    return (
        _shift(loss),
        _convex(loss, profile, outside),
        _reduced(loss, profile, outside),
        _bound(loss, profile, outside),
    )


def _shift(loss: Loss) -> Fact:
    name = "unchanged when a constant is added to all logits"
    if loss.softmax_form() is not None:
        return Fact(name, Truth.HOLDS, "it is a function of ell and z_y - mean z, and neither changes")
    proved = logit_facts.is_shift_invariant(loss)
    if proved.truth is Truth.HOLDS:
        return Fact(name, Truth.HOLDS, f"the sum of its gradient: {proved.because}")
    z = sympy.symbols("z_0 z_1", real=True)
    drift = sympy.Add(*(sympy.diff(loss.at(list(z), 0), logit) for logit in z))
    for point in product((0, 1, 2), repeat=2):
        value = constant_value(drift.subs(dict(zip(z, point, strict=True))))
        if value:
            return Fact(
                name, Truth.FAILS, f"at K = 2, z = {point}, y = 1 its derivative along (1, 1) is {value}"
            )
    return Fact(name, proved.truth, proved.witness or proved.because)


def _convex(loss: Loss, profile: Profile | None, outside: str) -> Fact:
    name = "convex in the logits"
    if is_mean_squared(loss):
        return Fact(name, Truth.HOLDS, "its Hessian is the identity")
    if profile is None:
        found = logit_facts.is_convex(loss)
        known = found.truth is not Truth.UNDECIDED
        return Fact(name, found.truth, (found.witness or found.because) if known else outside)
    if profile.kind == "linear":
        return Fact(name, Truth.HOLDS, "log-sum-exp is convex, and the rest is linear")
    if profile.kind == "focal":
        return Fact(
            name,
            Truth.FAILS,
            "not where the true class has a small probability: theorem focal-convexity-region",
        )
    first = profile.total.derivative() if profile.total else None
    if first is not None and first.is_positive_beyond() and first.derivative().is_positive_beyond():
        return Fact(name, Truth.HOLDS, "F' > 0 and F'' > 0, and ell is convex in the logits")
    proved = logit_facts.is_convex(loss)
    if proved.truth is not Truth.UNDECIDED:
        return Fact(name, proved.truth, proved.witness or proved.because)
    return Fact(name, Truth.UNDECIDED, "F' > 0 and F'' > 0 would do, and are not both certified")


def _reduced(loss: Loss, profile: Profile | None, outside: str) -> Fact:
    name = "phi strictly convex along the collapsed points"
    if is_mean_squared(loss):
        return Fact(name, Truth.HOLDS, "it is a quadratic with a positive leading coefficient")
    if profile is None:
        return Fact(name, Truth.UNDECIDED, outside)
    if profile.kind == "focal":
        return Fact(
            name, Truth.UNDECIDED, "depends on K: theorems focal-convexity-region and focal-uniqueness"
        )
    truth = Truth.HOLDS if is_convex(profile) else Truth.UNDECIDED
    return Fact(
        name,
        truth,
        "p F' + (1 - p) F'' > 0 for every ell"
        if truth is Truth.HOLDS
        else "p F' + (1 - p) F'' > 0 is not certified",
    )


def _bound(loss: Loss, profile: Profile | None, outside: str) -> Fact:
    name = "contrastive lower bound: L(z, y) >= phi((z_y - mean z) K/(K-1))"
    if is_mean_squared(loss):
        why = "with the best shift of all logits, by Cauchy-Schwarz: theorem contrastive-bound"
        return Fact(name, Truth.HOLDS, why)
    if profile is None:
        return Fact(name, Truth.UNDECIDED, outside)
    if profile.kind in ("linear", "focal"):
        return Fact(name, Truth.HOLDS, "F is increasing, and Jensen's inequality: theorem contrastive-bound")
    if profile.total is not None and profile.total.derivative().is_positive_beyond():
        return Fact(
            name, Truth.HOLDS, "F' > 0 on (0, oo), and Jensen's inequality: theorem contrastive-bound"
        )
    return Fact(name, Truth.UNDECIDED, "F' > 0 on (0, oo) is not certified")
