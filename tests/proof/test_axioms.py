"""A proof may name classical theorems, but not invent them, and not consist of nothing else."""

import pytest
import sympy

from ncproofs.proof.axioms import KNOWN_AXIOMS
from ncproofs.proof.claims import Axiom, Claim, Identity
from ncproofs.proof.discharge import discharge
from ncproofs.theorems.catalogue import CATALOGUE, load
from ncproofs.theorems.theorem import Source, Theorem, verify

x = sympy.Symbol("x", real=True)
TRUE = Identity(left=(x + 1) ** 2, right=x**2 + 2 * x + 1)
KNOWN = Axiom(name="Jensen's inequality", uses="the mean of log-sum-exp")
INVENTED = Axiom(name="the law of collapse", uses="every minimiser is an ETF")


def theorem(*claims: Claim) -> Theorem:
    source = Source("a paper", "", "a claim", "auxiliary")
    return Theorem(name="t", title="t", statement="t", idea="t", source=source, covers="all", general=lambda: claims)


TABLE = {
    "an identity": ((TRUE,), True),
    "an identity and a classical theorem": ((TRUE, KNOWN), True),
    "a classical theorem alone": ((KNOWN,), False),
    "an invented one": ((INVENTED,), False),
    "an invented one beside an identity": ((TRUE, INVENTED), False),
}


@pytest.mark.parametrize(("claims", "certified"), TABLE.values(), ids=TABLE)
def test_what_is_certified(claims, certified):
    assert verify(theorem(*claims)).certified is certified


def test_an_invented_axiom_is_a_hole_that_is_printed():
    evidence = discharge(INVENTED)
    assert evidence.holes and not evidence.axioms
    assert "law of collapse" in verify(theorem(TRUE, INVENTED)).reason


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_catalogue_uses_known_ones(name):
    general = load(name).general
    used = {claim.name for claim in general() if isinstance(claim, Axiom)} if general else set()
    assert used <= KNOWN_AXIOMS
