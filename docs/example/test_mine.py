from hypothesis import HealthCheck, given, settings

from ncproofs.losses.spelling import loss_from_expression
from ncproofs.testing import strategies
from ncproofs.testing.conformance import check_loss


def test_my_loss_is_lawful():
    check_loss(loss_from_expression("log(S1) - t + (1 - exp(t)/S1)/3"))

@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a search for each
@given(strategies.ridge_problems(n=(1, 1)).flatmap(strategies.critical_points))
def test_features_are_shorter_than_one_hundred(found):
    assert (found.H**2).sum(axis=0).max() < 100**2
