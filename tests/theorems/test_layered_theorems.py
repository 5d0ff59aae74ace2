"""The layered theorems on instances: hypotheses met and broken, and what they must not certify."""

import pytest

from ncproofs.errors import InvalidClaim
from ncproofs.losses import mean_squared
from ncproofs.problems.features import Ridge
from ncproofs.problems.layered import Layered
from ncproofs.theorems.catalogue import load
from ncproofs.theorems.theorem import claims_of, verify
from ncproofs.truth import Truth

ONE = Layered(layers=1, K=3, n=2, widths=4, lambdas="1/30", lambda_H="1/40")
TWO = Layered(layers=2, K=3, n=2, lambdas="3/100,1/20", lambda_H="1/50")
HEAVY = Layered(layers=2, K=3, lambdas="1,1", lambda_H=1)
BIASED = Layered(layers=2, K=3, lambdas="1/50,1/40", lambda_H="1/30", lambda_b="1/10")
UNEQUAL = Layered(layers=2, K=3, lambdas="1/30,1/30", lambda_H="1/30", class_sizes="9,4,1")
CENTRED = Layered(layers=1, K=3, lambdas="1/30", lambda_H="1/30", class_sizes="4,2,1", lambda_b=0)
LIGHT = Layered(layers=1, K=3, lambdas="1/30", lambda_H="1/30", class_sizes="4,2,1", lambda_b="1/10")
RELU = Layered(layers=2, K=2, lambdas="1/10,1/10", lambda_H="1/10", relu=True)
BEATEN = Layered(layers=2, K=6, lambdas="1/15,1/15", lambda_H="1/15", relu=True)
OPEN = Layered(layers=2, K=3, lambdas="1/10,1/10", lambda_H="1/10", relu=True)

CERTIFIED = {
    "layered-reduction": (ONE, TWO, HEAVY, BIASED, UNEQUAL),
    "layered-optimum": (ONE, TWO, HEAVY),
    "layered-bias": (BIASED,),
    "layered-spectrum": (ONE, TWO, HEAVY),
    "layered-critical-points": (TWO, BIASED, UNEQUAL, CENTRED),
    "layered-benign": (ONE,),
    "layered-spurious-minima": (TWO,),
    "layered-imbalance": (ONE, UNEQUAL),
    "layered-relu": (RELU,),
}
PAIRS = [(name, problem) for name, problems in CERTIFIED.items() for problem in problems]


@pytest.mark.parametrize(("name", "problem"), PAIRS, ids=lambda value: str(value)[:40])
def test_instances_are_certified(name, problem):
    verdict = verify(load(name), problem)
    assert verdict.certified, verdict.reason
    assert len(verdict.evidence) >= 1


BROKEN = {
    "a bias": ("layered-optimum", BIASED, "there is no bias"),
    "unequal classes": ("layered-optimum", UNEQUAL, "equally many samples"),
    "a regularised bias and unequal classes": ("layered-critical-points", LIGHT, "or lambda_b = 0"),
    "a free bias and unequal classes": ("layered-bias", CENTRED, "equally many samples"),
    "orthogonal means with a free bias": ("layered-imbalance", CENTRED, "there is no bias"),
    "no bias": ("layered-bias", TWO, "there is a bias"),
    "two layers": ("layered-benign", TWO, "there is one layer"),
    "one layer": ("layered-spurious-minima", ONE, "two layers or more"),
    "heavy decay": ("layered-spurious-minima", HEAVY, "kappa < kappa_sn"),
    "a ReLU": ("layered-optimum", BEATEN, "there is no ReLU"),
    "a ReLU, many classes": ("layered-relu", BEATEN, "(NN) at the minimiser"),
    "a ReLU, three classes": ("layered-relu", OPEN, "(NN) at the minimiser"),
    "no ReLU": ("layered-relu", TWO, "(NN) at the minimiser"),
}


@pytest.mark.parametrize(("name", "problem", "unmet"), BROKEN.values(), ids=BROKEN)
def test_outside_the_hypotheses_nothing_is_certified(name, problem, unmet):
    verdict = verify(load(name), problem)
    assert not verdict.certified
    assert any(unmet in sentence for sentence in verdict.unmet)


@pytest.mark.parametrize("name", [
    "two layers", "one layer", "a ReLU", "a ReLU, many classes", "a free bias and unequal classes",
    "orthogonal means with a free bias",
])
def test_where_the_conclusion_is_false_it_is_refuted(name):
    theorem, problem, _ = BROKEN[name]
    verdict = verify(load(theorem), problem)
    assert verdict.truth is Truth.FAILS
    assert any(word in verdict.reason for word in ("value", "strict saddle", "sum n_k h_k = 0"))


def test_another_family_is_refused():
    with pytest.raises(InvalidClaim, match="speaks of Layered problems"):
        claims_of(load("layered-optimum"), Ridge(mean_squared(), 3, 3, 1, 1, 1))
