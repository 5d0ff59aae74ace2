"""The fused CUDA passes in Triton's interpreter, which runs them on the processor, against the array path."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import numpy as np, torch
from ncproofs.errors import InvalidProblem
from ncproofs.kernels.features import evaluate
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.problems.features import Ridge
rng = np.random.default_rng(0)
def drawn():
    return tuple(torch.asarray(rng.standard_normal(shape)) for shape in ((3, 70), (3, 140), (70,)))
for loss in (cross_entropy(), label_smoothing("1/10"), focal(2)):
    problem = Ridge(loss, 70, 3, 2, "1/30", "1/50", "1/7")
    X, D = drawn(), drawn()
    for tile in (3000, 10**6):
        a, b = evaluate(problem, X, D, tile=tile), evaluate(problem, X, D, tile=tile, passes="triton")
        assert abs(a.value - b.value) < 1e-13
        for left, right in zip(a.gradient + a.product, b.gradient + b.product):
            assert float(abs(left - right).max()) < 1e-13
    assert abs(evaluate(problem, X, passes="triton").value - a.value) < 1e-13
try:
    evaluate(Ridge(mean_squared(), 70, 3, 2, "1/30", "1/50", "1/7"), X, passes="triton")
except InvalidProblem:
    print("as it should be")
"""


def test_fused_passes_agree_with_the_array_path() -> None:
    pytest.importorskip("torch", reason="torch is not installed; pip install torch")
    pytest.importorskip("triton", reason="triton is not installed; pip install triton")
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300,
                         env={**os.environ, "TRITON_INTERPRET": "1"})
    assert ran.stdout.strip() == "as it should be", ran.stderr
