"""Writers of certificates: what they write is accepted, what is false gets none, statements say what was claimed."""

from __future__ import annotations

import json

import pytest
import sympy
from sympy import Integer, Rational, exp, log, sqrt

from ncproofs.calculus.indexed import Index, Tensor, delta, total
from ncproofs.proof import checker
from ncproofs.proof.axioms import KNOWN_AXIOMS
from ncproofs.proof.certificate import NoCertificate, digest_of, seal, verdict_certificate, write
from ncproofs.proof.claims import Axiom, Hole, Identity, Sign, SumIdentity, UniqueArgmin, UniqueRoot
from ncproofs.proof.discharge import Effort
from ncproofs.proof.domain import Domain, Range, at_least, between, integers_from, positive, real

x = sympy.Symbol("x", real=True)
y = sympy.Symbol("y", positive=True)
K = sympy.Symbol("K", integer=True, positive=True)
d = sympy.Symbol("d", integer=True, positive=True)
k, j, a = Index("k", K), Index("j", K), Index("a", d)
w = Tensor("w", (K, d))
LINE, RAY = Domain.of((x, real())), Domain.of((y, positive()))
UNIT = Domain.of((x, between(0, 1, closed=True)))
SQUARE = Domain.of((x, between(0, 1, closed=True)), (y, Range(Rational(1, 2), Integer(1))))
SIZES = Domain.of((K, integers_from(2)), (x, real()))
mean = total(w[j, a], j) / K

TRUE = {
    "a polynomial identity": Identity(left=(x + 1) ** 2, right=x**2 + 2 * x + 1, where=LINE),
    "exponentials over K - 1": Identity(left=exp(x / (K - 1)) ** 2, right=exp(2 * x / (K - 1)), where=SIZES),
    "exponents with different denominators": Identity(
        left=exp(K * x / (K - 1)), right=exp(x) * exp(x / (K - 1)), where=SIZES),
    "halves of an exponent": Identity(left=exp(x / 2) * exp(x / 3), right=exp(5 * x / 6), where=LINE),
    "a symbolic power": Identity(left=y**x * y, right=y ** (x + 1), where=Domain.of((y, positive()), (x, real()))),
    "split logarithms": Identity(left=log(6 * y), right=log(2) + log(3) + log(y), where=RAY),
    "logarithm of a sum": Identity(left=log(1 + exp(x)) - x, right=log(1 + exp(-x)), where=LINE),
    "a square root": Identity(left=(sqrt(y + 1) + 1) * (sqrt(y + 1) - 1), right=y, where=RAY),
    "positive coefficients": Sign(expression=y / (1 + y), relation=">", where=RAY),
    "an upper bound": Sign(expression=-y - 1, relation="<", where=RAY),
    "weakly": Sign(expression=x**2, relation=">=", where=LINE),
    "exp above its tangent": Sign(expression=exp(y) - 1 - y, relation=">", where=RAY),
    "from an end": Sign(expression=y - log(1 + y), relation=">", where=RAY),
    "from a point inside": Sign(expression=y - 1 - log(y), relation=">=", where=RAY),
    "small integers apart": Sign(expression=(K - 2) * (K - 3), relation=">=", where=Domain.of((K, integers_from(2)))),
    "branch and bound": Sign(expression=x * (1 - x) + y / 4 - exp(-4 - x), relation=">", where=SQUARE),
    "a constant": Sign(expression=log(2) - Rational(69314718, 10**8), relation=">", where=Domain()),
    "a root on the line": UniqueRoot(expression=exp(x) + x - 3, variable=x, lower=-sympy.oo, upper=sympy.oo),
    "a falling root": UniqueRoot(expression=2 - y**2, variable=y, lower=Integer(0), upper=sympy.oo),
    "a root in an interval": UniqueRoot(expression=x**3 - 2, variable=x, lower=Integer(1), upper=Integer(2)),
    "a variance": SumIdentity(
        left=total((w[k, a] - mean) ** 2, k, a), right=total(w[k, a] ** 2, k, a) - K * total(mean**2, a)),
    "a projector": SumIdentity(
        left=total((delta(k, j) - 1 / K) * w[j, a], j), right=w[k, a] - mean),
}


@pytest.mark.parametrize("claim", TRUE.values(), ids=TRUE)
def test_true_claims_have_certificates_that_are_accepted(claim):
    assert checker.check(seal(*write(claim, Effort())))[0] == "accepted"


FALSE = {
    "another coefficient": Identity(left=(x + 1) ** 2, right=x**2 + 3 * x + 1, where=LINE),
    "another exponent": Identity(left=exp(x) ** 2, right=exp(3 * x), where=LINE),
    "a root of the other sign": Identity(left=sqrt(y**2 + 1), right=-sqrt(y**2 + 1), where=RAY),
    "negative somewhere": Sign(expression=y - 1, relation=">", where=RAY),
    "strict where zero": Sign(expression=x**2, relation=">", where=LINE),
    "below the tangent": Sign(expression=exp(y) - 1 - 2 * y, relation=">", where=RAY),
    "negative between boxes": Sign(expression=(x - Rational(1, 3)) ** 2 - Rational(1, 10**6), relation=">", where=UNIT),
    "an integer that spoils it": Sign(expression=(2 * K - 5) ** 2 - 2, relation=">", where=Domain.of(
        (K, Range(Integer(2), None, integer=True)))),
    "three roots": UniqueRoot(expression=x**3 - x, variable=x, lower=-sympy.oo, upper=sympy.oo),
    "no root": UniqueRoot(expression=exp(x), variable=x, lower=-sympy.oo, upper=sympy.oo),
}


@pytest.mark.parametrize("claim", FALSE.values(), ids=FALSE)
def test_false_claims_have_none(claim):
    with pytest.raises(NoCertificate):
        write(claim, Effort())


def test_a_false_sum_is_rejected_by_the_checker():
    wrong = SumIdentity(left=total((w[k, a] - mean) ** 2, k, a), right=total(w[k, a] ** 2, k, a) - total(mean**2, a))
    with pytest.raises(NoCertificate, match="does not reduce"):
        verdict_certificate("wrong", "wrong", None, [wrong], Effort())


def test_a_sum_is_stated_as_it_was_written():
    statement, _ = write(TRUE["a variance"], Effort())
    assert statement["left"][:2] == ["sum", ["k", "a"]]
    assert json.dumps(statement["left"]).count('["sum", ["j"]') == 2  # the mean, in both factors of the square


def test_a_statement_that_sums_change_by_a_sign_is_rejected():
    statement, witness = write(TRUE["a variance"], Effort())
    spoilt = json.loads(json.dumps(statement["right"]).replace('"-1"', '"1"'))
    assert spoilt != statement["right"]
    assert checker.check(seal({**statement, "right": spoilt}, witness))[0] == "rejected"


def test_verdicts_with_axioms_and_holes():
    good = TRUE["a variance"]
    jensen = Axiom(name=sorted(KNOWN_AXIOMS)[0], uses="something")
    statement, raw = verdict_certificate("mine", "Mine", None, [good, jensen], Effort())
    assert json.loads(raw)["statement_sha256"] == digest_of(statement)
    assert checker.check(raw)[0] == "accepted"
    with pytest.raises(NoCertificate, match="holey"):
        verdict_certificate("mine", "Mine", None, [good, Hole(step="nobody knows")], Effort())
    with pytest.raises(NoCertificate, match="holey"):
        verdict_certificate("mine", "Mine", None, [good, Axiom(name="my lemma", uses="x")], Effort())
    with pytest.raises(NoCertificate, match="classical"):
        verdict_certificate("mine", "Mine", None, [jensen], Effort())


def test_what_has_no_place_in_a_certificate_is_said():
    claim = Identity(left=sympy.sin(y), right=sympy.sin(y), where=RAY)
    with pytest.raises(NoCertificate, match="sin"):
        write(claim, Effort())


def test_names_outside_the_alphabet_stay_apart():
    one, two = sympy.symbols("a' a_prime", nonnegative=True)
    claim = Sign(expression=one + 2 * two, relation=">=", where=Domain.of((one, at_least(0)), (two, at_least(0))))
    statement, witness = write(claim, Effort())
    assert len({item["name"] for item in statement["domain"]}) == 2
    assert checker.check(seal(statement, witness))[0] == "accepted"


def test_writers_cover_every_claim_that_can_be_settled():
    from ncproofs.proof import certificate, discharge

    # No theorem rests on these: they speak of points or of a network that the user writes down, of a code that a search
    # finds, or compare two problems.
    assert set(discharge._RULES) - set(certificate._WRITERS) == {
        "CodeEverywhereActive", "CodeQuantity", "CostsAtLeast", "HardMaxValue", "LocalCodeValue", "LossAtCode",
        "SoftmaxCode", "SphereComparison",
    }
    assert UniqueArgmin.__name__ in certificate._WRITERS
