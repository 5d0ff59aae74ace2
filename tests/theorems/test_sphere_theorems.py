"""Theorems on spheres: proved for all sizes, certified at instances, and silent or refuted outside."""

import importlib

import pytest

from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.losses.projected_mean_squared import projected_mean_squared
from ncproofs.problems.features import Spheres
from ncproofs.theorems.theorem import verify
from ncproofs.truth import Rigor, Truth

CE, MSE, PMSE = cross_entropy(), mean_squared(), projected_mean_squared()
SMOOTH = label_smoothing("1/10")
MODULES = ("sphere_optimum", "label_smoothing_threshold", "sphere_focal", "sphere_mse", "duality_certificate")


def theorem(module):
    return importlib.import_module(f"ncproofs.theorems.normalised_features.{module}").THEOREM


@pytest.mark.parametrize("module", MODULES)
def test_general_claims_are_exact(module):
    verdict = verify(theorem(module))
    assert verdict.certified and verdict.rigor is Rigor.EXACT, verdict.reason


CERTIFIED = {
    "sphere_optimum": [Spheres(CE, 2, 2, 1, 1), Spheres(CE, 3, 3, 2, 1), Spheres(CE, 4, 3, 1, 20),
                       Spheres(CE, 100, 128, 50, 5)],
    "label_smoothing_threshold": [Spheres(SMOOTH, 3, 2, 1, 2), Spheres(SMOOTH, 3, 3, 1, 3)],
    "sphere_focal": [Spheres(focal(2), 5, 5, 1, "33/10"), Spheres(focal(5), 1000, 1000, 2, 10),
                     Spheres(focal("1/2"), 2, 2, 1, 1)],
    "sphere_mse": [Spheres(MSE, 3, 3, 2, "1/2"), Spheres(MSE, 3, 4, 1, 2), Spheres(PMSE, 4, 3, 1, "3/4"),
                   Spheres(PMSE, 4, 5, 1, 2)],
    "duality_certificate": [Spheres(CE, 4, 3, 1, 20), Spheres(MSE, 3, 3, 2, "1/2"), Spheres(PMSE, 3, 2, 1, "1/2"),
                            Spheres(SMOOTH, 3, 2, 1, 2)],
}


@pytest.mark.parametrize("module, problem", [(m, p) for m, problems in CERTIFIED.items() for p in problems], ids=str)
def test_instances_inside_the_hypotheses_are_certified(module, problem):
    verdict = verify(theorem(module), problem)
    assert verdict.certified, verdict.reason


OUTSIDE = {
    "too few dimensions": ("sphere_optimum", Spheres(CE, 4, 2, 1, 1), Truth.FAILS),
    "smoothed labels, hot": ("sphere_optimum", Spheres(SMOOTH, 3, 3, 1, 3), Truth.FAILS),
    "smoothed labels, d = K-1": ("label_smoothing_threshold", Spheres(SMOOTH, 4, 3, 1, 3), Truth.FAILS),
    "smoothed labels, d = K-1 = 2": ("label_smoothing_threshold", Spheres(SMOOTH, 3, 2, 1, "12/5"), Truth.UNDECIDED),
    "mean squared is no collapse": ("sphere_optimum", Spheres(MSE, 3, 3, 1, "1/2"), Truth.FAILS),
    "mean squared, d < K": ("sphere_mse", Spheres(MSE, 3, 2, 1, "7/10"), Truth.UNDECIDED),
    "focal is not convex": ("duality_certificate", Spheres(focal(2), 3, 3, 1, 1), Truth.UNDECIDED),
    "g < 0": ("duality_certificate", Spheres(SMOOTH, 3, 3, 1, 3), Truth.FAILS),
    "bounded below the frame": ("duality_certificate", Spheres(MSE, 3, 2, 1, "1/2"), Truth.FAILS),
}


@pytest.mark.parametrize("module, problem, truth", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_instances_outside_the_hypotheses(module, problem, truth):
    verdict = verify(theorem(module), problem)
    assert verdict.truth is truth and verdict.unmet and not verdict.certified
