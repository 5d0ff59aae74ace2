"""Claims about label sets both ways: false theorems are refuted with a witness, beside true neighbours."""

import pytest
import sympy
from sympy import Rational, log, sqrt

from ncproofs.critical.multilabel_dual import certified_bounds
from ncproofs.errors import InvalidClaim
from ncproofs.losses import mean_squared, pick_all_label
from ncproofs.problems.multilabel import MultiLabel
from ncproofs.proof.claims import Identity, Sign
from ncproofs.proof.discharge import discharge
from ncproofs.proof.domain import Domain, Range, at_least, between, integers_from, positive
from ncproofs.proof.multilabel_claims import (
    BenignLabelLandscape,
    DualGap,
    LabelGeometry,
    LabelNullity,
    LabelOriginCurvature,
    LabelQuantity,
    LabelSpectrum,
    LabelStationary,
    LabelValue,
    ScalarRoot,
)
from ncproofs.truth import Rigor, Truth


def counted(K, counts, lW="1/100", lH="1/100", lb=None, d=None, **more):
    return MultiLabel(K=K, d=d or K - 1, lambda_W=lW, lambda_H=lH, lambda_b=lb, counts=counts, **more)


R1, R3 = counted(3, "1:2,2:1"), counted(4, "2:3", "1/200", "1/100")
R2 = counted(5, "1:2,2:1,3:3", "1/250", "3/1000")
ZERO = counted(3, "1:2,2:1", "1/2", "1/2")
BROKEN = MultiLabel(
    K=3, d=2, lambda_W="1/100", lambda_H="1/100", lambda_b="1/100", labels="1; 2; 3; 1 3; 2 3; 1 2; 1 2"
)
LINE = MultiLabel(K=3, d=1, lambda_W="1/100", lambda_H="8/1000", lambda_b="1/50", labels="1; 1; 1; 2; 3; 1 2; 1 2; 2 3")
UNEVEN_SINGLES = MultiLabel(K=3, d=2, lambda_W="1/100", lambda_H="1/100", labels="1; 1; 2; 3; 1 2; 1 3; 2 3")
WEIGHTED = counted(4, "1:2,2:1", "1/1000", "1/1000", weights="2:1/100")
FREE = counted(3, "1:2,2:1", lb=0)

m, p, t, v = sympy.symbols("m p t v", positive=True)
K = sympy.Symbol("K", integer=True, positive=True)
_LOSS = m * log(m + p * sympy.exp(-t))
_ANY = Domain.of((m, at_least(1)), (p, at_least(1)), (t, positive()))
#: R3 has one multiplicity, so everything there is a closed form: q = sqrt(6/(1/20000))/18.
Q3 = sqrt(120000) / 18
T3 = log(1 + 2 * (Q3 - 1))

FALSE = {
    # The section's list.
    "1 features are the exact average": LabelQuantity(problem=R1, quantity="tag_average[2]", value=1),
    "1 with three multiplicities": LabelQuantity(problem=R2, quantity="tag_average[3]", value=1, relation="<="),
    "2 the loss falls below log 2": Sign(
        expression=_LOSS.subs({m: 2, p: 1}) - log(2), relation="<", where=Domain.of((t, at_least(100)))
    ),
    "2 the infimum is 0": Sign(
        expression=_LOSS - Rational(1, 10) * m,
        relation="<",
        where=Domain.of((m, at_least(2)), (p, at_least(1)), (t, at_least(9))),
    ),
    "3 without single labels the minimiser is zero": LabelGeometry(problem=R3, geometry="zero"),
    "4 balance is needed among single labels only": LabelGeometry(problem=BROKEN, geometry="simplex ETF"),
    "4 its value is that of the nearest ETF": LabelValue(problem=BROKEN, value=Rational(9377, 10**4), relation=">"),
    "5a benign in every dimension": BenignLabelLandscape(problem=LINE),
    # Neighbours.
    "features are the exact sum": LabelQuantity(problem=R1, quantity="tag_sum[2]", value=1),
    "C_avg(m) = m": LabelQuantity(problem=R2, quantity="tag_average[3]", value=3, relation=">="),
    "C_sum >= 1/m for any weights": LabelQuantity(
        problem=WEIGHTED, quantity="tag_sum[2]", value=Rational(1, 2), relation=">="
    ),
    "all gaps agree": LabelQuantity(problem=R1, quantity="logit_gap[2]", value="3.9757857461497560316740341328344957"),
    "y off by 10^-35": LabelQuantity(
        problem=R1, quantity="y", value=Rational("219.8290437858744474863066205100340895660") + Rational(1, 10**35)
    ),
    "the scale of m = 2 is that of m = 1": LabelStationary(
        problem=R1, scales=((1, "0.6028602465623831964602"), (2, "0.6028602465623831964602"))
    ),
    "|W|^2 without (K-1)/K": LabelStationary(problem=R1, energy="6.5948713"),
    "always a root": ScalarRoot(problem=ZERO),
    "the minimiser is never zero": LabelGeometry(problem=ZERO, geometry="simplex ETF"),
    "0 is a saddle above the threshold too": LabelOriginCurvature(problem=ZERO, value=0, relation="<"),
    "0 is a minimum below the threshold": LabelOriginCurvature(problem=R1, value=0, relation=">="),
    "the threshold has N instead of N^2": LabelOriginCurvature(
        problem=R1, value=Rational(1, 100) - sqrt(Rational(3, 9)), relation="=="
    ),
    "nullity d(d-1)/2": LabelNullity(problem=counted(3, "1:1,2:1", d=4), nullity=6),
    "a free bias adds no zero mode": LabelNullity(problem=FREE, nullity=1),
    "an ETF in K - 2 dimensions": LabelGeometry(problem=counted(4, "1:1", d=2), geometry="simplex ETF"),
    "the minimum counts lambda_W |W|^2 half": LabelValue(
        problem=R3,
        value=(2 * log(2 * Q3 * 2 / (1 + 2 * (Q3 - 1))) + T3 * Q3 * 3 * 18 / Rational(100) / 400),
        relation="==",
    ),
    "uneven single labels keep the ETF": LabelGeometry(problem=UNEVEN_SINGLES, geometry="simplex ETF"),
    "kappa^2 = K/(m (K-m))": Identity(
        left=(m + p) / (m * p) * (m + p - 1),
        right=(m + p) / (m * p),
        where=Domain.of((m, at_least(1)), (p, at_least(1))),
    ),
    "rho_m = m b_m": Identity(left=sympy.diff(_LOSS, t), right=-m / (m * sympy.exp(t) + p), where=_ANY),
    "t_m increases in m": Sign(
        expression=sympy.diff(t * (m * sympy.exp(t) + K - m), m),
        relation="<",
        where=Domain.of((K, integers_from(3)), (m, Range(sympy.Integer(1), K - 1)), (t, positive())),
    ),
    "m t_m decreases in m": Sign(
        expression=sympy.diff((t / m) * (m * sympy.exp(t / m) + p), m),
        relation=">",
        where=Domain.of((m, at_least(1)), (p, at_least(3)), (t, between(0, 1))),
    ),
}


@pytest.mark.parametrize("claim", FALSE.values(), ids=FALSE)
def test_false_claims_fail_with_a_witness(claim):
    evidence = discharge(claim)
    assert evidence.truth is Truth.FAILS, evidence.because
    assert evidence.witness and evidence.rigor >= Rigor.ENCLOSED


WITNESSES = {
    "1 features are the exact average": "1.73376145071358667",
    "4 balance is needed among single labels only": "0.937741474686361",
    "5a benign in every dimension": "1.02602713",
    "always a root": "81/4",
    "an ETF in K - 2 dimensions": "rank 3 > d = 2",
}


@pytest.mark.parametrize("name", WITNESSES)
def test_witnesses_show_the_numbers(name):
    assert WITNESSES[name] in discharge(FALSE[name]).witness


TRUE = {
    "1 between 1 and 2": LabelQuantity(
        problem=R1, quantity="tag_average[2]", value="1.7337614507135866790", relation=">"
    ),
    "2 above 2 log 2": Sign(expression=(2 + sympy.exp(-t)) / 2 - 1, relation=">", where=Domain.of((t, positive()))),
    "3 an ETF from pairs alone": LabelGeometry(problem=R3, geometry="simplex ETF"),
    "3 its gap in closed form": LabelQuantity(problem=R3, quantity="logit_gap[2]", value=T3),
    "3 its scale in closed form": LabelQuantity(problem=R3, quantity="feature_scale[2]", value=1 / (2 * sqrt(3))),
    "4 the unbalanced minimum": LabelValue(problem=BROKEN, value=Rational(93743082348, 10**11), relation=">"),
    "4 is certified by duality": DualGap(problem=BROKEN, gap="1e-30"),
    "5c zero alone": BenignLabelLandscape(problem=MultiLabel(3, 1, 1, 1, labels="1; 2; 1 2")),
    "5b d = K - 1 is enough": BenignLabelLandscape(problem=BROKEN),
    "a root": ScalarRoot(problem=R2),
    "the point is critical": LabelStationary(problem=R2),
    "zero above the threshold": LabelGeometry(problem=ZERO, geometry="zero"),
    "zero at the threshold": LabelGeometry(problem=counted(5, "1:2,2:1,3:3", "14/2500", 1), geometry="zero"),
    "its value": LabelValue(problem=ZERO, value=Rational(4, 3) * log(3)),
    "m = K alone": LabelValue(problem=counted(3, "3:5"), value=3 * log(3)),
    "a saddle below": LabelOriginCurvature(problem=R1, value=Rational(1, 100) - sqrt(3) / 9),
    "a penalised bias limits the curvature": LabelOriginCurvature(
        problem=counted(3, "1:2,2:1", "1/2", "1/2", "1/1000"), value=Rational(1, 1000)
    ),
    "nullity 5": LabelNullity(problem=counted(3, "1:1,2:1", d=4), nullity=5),
    "one more for a free bias": LabelNullity(problem=FREE, nullity=2),
    "the spectrum": LabelSpectrum(problem=R1),
    "the spectrum at zero": LabelSpectrum(problem=ZERO),
    "no bias": LabelQuantity(problem=counted(3, "1:1", lb=1), quantity="bias", value=0),
    "the average loss": LabelGeometry(problem=counted(4, "1:1,2:1", loss=pick_all_label(1)), geometry="simplex ETF"),
    "K = 100": LabelQuantity(
        problem=counted(100, "1:3,2:2,3:1", "1e-10", "1e-10"), quantity="tag_sum[3]", value=Rational(1, 3), relation=">"
    ),
    "a line bounded": LabelValue(problem=LINE, value=Rational(1, 2), relation=">"),
}


@pytest.mark.parametrize("claim", TRUE.values(), ids=TRUE)
def test_true_claims_hold(claim):
    evidence = discharge(claim)
    assert evidence.truth is Truth.HOLDS, evidence.because + evidence.witness
    assert evidence.rigor >= Rigor.ENCLOSED and not evidence.holes


_INSIDE = certified_bounds(BROKEN, 45)
OPEN = {
    "an equality for an unbalanced list": LabelValue(problem=BROKEN, value=(_INSIDE.lower + _INSIDE.upper) / 2),
    "a free bias": LabelQuantity(problem=FREE, quantity="bias", value=0),
    "tag constants without single labels": LabelQuantity(problem=R3, quantity="tag_sum[2]", value=0, relation=">"),
    "the unbalanced geometry is not zero or ETF": LabelGeometry(
        problem=MultiLabel(K=3, d=2, lambda_W=2, lambda_H=2, lambda_b=1, labels="1; 1; 2"), geometry="zero"
    ),
    "few dimensions, nothing found": BenignLabelLandscape(problem=counted(4, "1:1", "1/5", "1/4", d=2)),
    "too many unknowns to search": BenignLabelLandscape(problem=counted(9, "1:9,2:3", d=7)),
    "a dense Hessian too large": LabelSpectrum(problem=counted(8, "2:2")),
    "a gap below what duality gives for d < K - 1": DualGap(problem=LINE, gap="1/100"),
    "another loss": ScalarRoot(problem=counted(3, "1:1", loss=mean_squared())),
    "another loss, landscape": BenignLabelLandscape(problem=counted(3, "1:1", loss=mean_squared())),
    "numbers next to the right ones": LabelStationary(problem=R3, energy=T3 * Q3 * 3 * Rational(18, 100)),
}


@pytest.mark.parametrize("claim", OPEN.values(), ids=OPEN)
def test_what_is_open_stays_undecided(claim):
    evidence = discharge(claim)
    assert evidence.truth is Truth.UNDECIDED and evidence.because


MALFORMED = {
    "a float": LabelValue(problem=R1, value=0.5),
    "a symbol": LabelValue(problem=R1, value=sympy.Symbol("x")),
    "a relation": LabelValue(problem=R1, value=1, relation="~"),
    "an unknown quantity": LabelQuantity(problem=R1, quantity="margin", value=1),
    "an unknown geometry": LabelGeometry(problem=R1, geometry="orthogonal frame"),
    "half a nullity": LabelNullity(problem=R1, nullity=0.5),
    "no gap": DualGap(problem=R1, gap=0),
    "no energy": LabelStationary(problem=R1, energy=0),
}


@pytest.mark.parametrize("claim", MALFORMED.values(), ids=MALFORMED)
def test_malformed_claims_raise(claim):
    with pytest.raises(InvalidClaim):
        discharge(claim)
