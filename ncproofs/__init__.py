"""Symbolic-numeric verification of the theorems of Neural Collapse.

    >>> from ncproofs import Ridge, cross_entropy, optimum
    >>> problem = Ridge(cross_entropy(), K=3, d=3, n=2, lambda_W="1/100", lambda_H="1/200")
    >>> problem.dimension
    27

Names are imported when they are first used: ``import ncproofs`` loads neither SymPy nor FLINT.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ncproofs.critical.optimum import optimum
    from ncproofs.critical.spectrum import spectrum
    from ncproofs.derivative_check import check_gradient, check_hessian
    from ncproofs.losses.cross_entropy import cross_entropy
    from ncproofs.losses.focal import focal
    from ncproofs.losses.label_smoothing import label_smoothing
    from ncproofs.losses.loss import Loss
    from ncproofs.losses.mean_squared import mean_squared
    from ncproofs.problems.features import Ridge, Spheres
    from ncproofs.proof import claims
    from ncproofs.proof.discharge import Effort, discharge
    from ncproofs.theorems.catalogue import load
    from ncproofs.theorems.theorem import Theorem, Verdict, verify
    from ncproofs.truth import Evidence, Rigor, Truth

__all__ = [
    "Effort",
    "Evidence",
    "Loss",
    "Ridge",
    "Rigor",
    "Spheres",
    "Theorem",
    "Truth",
    "Verdict",
    "check_gradient",
    "check_hessian",
    "claims",
    "cross_entropy",
    "discharge",
    "focal",
    "label_smoothing",
    "load",
    "mean_squared",
    "optimum",
    "spectrum",
    "verify",
]

_HOMES = {
    "Effort": "proof.discharge",
    "Evidence": "truth",
    "Loss": "losses.loss",
    "Ridge": "problems.features",
    "Rigor": "truth",
    "Spheres": "problems.features",
    "Theorem": "theorems.theorem",
    "Truth": "truth",
    "Verdict": "theorems.theorem",
    "check_gradient": "derivative_check",
    "check_hessian": "derivative_check",
    "claims": "proof",
    "cross_entropy": "losses.cross_entropy",
    "discharge": "proof.discharge",
    "focal": "losses.focal",
    "label_smoothing": "losses.label_smoothing",
    "load": "theorems.catalogue",
    "mean_squared": "losses.mean_squared",
    "optimum": "critical.optimum",
    "spectrum": "critical.spectrum",
    "verify": "theorems.theorem",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ncproofs' has no attribute {name!r}")
    if name == "claims":  # a module, not a value in one
        value: Any = importlib.import_module("ncproofs.proof.claims")
    else:
        value = getattr(importlib.import_module(f"ncproofs.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
