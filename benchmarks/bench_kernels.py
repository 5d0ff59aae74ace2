"""Kernels in ratios, one run: against the matrix products alone, against torch double backward, growth with K.

    python benchmarks/bench_kernels.py [--classes 8000] [--dimension 256] [--rounds 3] [--device numpy|cpu|cuda]

``floor`` is the time of the nine products of gradient and Hessian product (Z, two for its derivative, two for the
gradient, four for the Hessian product) as whole matrices. torch is measured where it is installed, as loss ->
autograd.grad(create_graph) -> autograd.grad, on the same arrays; it makes the same nine products, with its own BLAS.
All take turns in each round; every ratio is the median of the ratios within a round. ``numpy`` is NumPy on the
processor; another device is torch's. Value and gradient alone are compared with fused cross-entropies: that of torch,
and on CUDA liger-kernel and cut-cross-entropy in float32, where they are installed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ncproofs.kernels.features import evaluate
from ncproofs.losses import cross_entropy
from ncproofs.problems.features import Ridge

Runs = dict[str, Callable[[], Any]]


def seconds(run: Callable[[], Any], device: str) -> float:
    settle(device)
    start = time.perf_counter()
    run()
    settle(device)
    return time.perf_counter() - start


def settle(device: str) -> None:
    """Kernels of an accelerator run on after the call."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.synchronize()


def arrays(K: int, d: int, device: str, dtype: str) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    parts = [(rng.standard_normal((d, K)) / d**0.5).astype(dtype) for _ in range(4)]
    if device == "numpy":
        return tuple(parts)
    import torch

    return tuple(torch.asarray(part, device=device) for part in parts)


def floor(W: Any, H: Any, V: Any, D: Any) -> None:
    """The nine products; Z stands for G and Q for Y, of the same shapes."""
    Z = W.T @ H
    Q = V.T @ H
    Q += W.T @ D
    H @ Z.T, W @ Z, H @ Q.T, D @ Z.T, W @ Q, V @ Z


def compare(K: int, d: int, rounds: int, device: str, dtype: str) -> None:
    problem, threads = Ridge(cross_entropy(), K, d, 1, "1/100", "1/100"), os.cpu_count() or 1
    W, H, V, D = arrays(K, d, device, dtype)

    def ours(**how: Any) -> Callable[[], Any]:
        return lambda: evaluate(problem, (W, H, None), (V, D, None), **how)

    runs: Runs = {"products": lambda: floor(W, H, V, D), "one call": ours()}
    if device == "numpy":
        runs[f"{threads} threads"] = ours(threads=threads)
    elif device.startswith("cuda"):
        runs["triton passes"] = ours(passes="triton")
    passes = list(runs)[1:]
    runs["gradient alone"] = lambda: evaluate(problem, (W, H, None))
    runs |= double_backward(W, H, V, D) | fused_gradients(W, H)
    evaluate(Ridge(cross_entropy(), 4, d, 1, 1, 1), (W[:, :4], H[:, :4], None))  # the loss is lowered once
    table = [{name: seconds(run, device) for name, run in runs.items()} for _ in range(rounds)]
    least = min(row["products"] for row in table)
    print(f"K = N = {K}, d = {d}, {dtype}, {device}, {rounds} rounds: products alone {least:.3g} s, "
          f"{18 * d * K * K / least / 1e9:.0f} GFLOP/s")
    report(table, passes)


def report(table: list[dict[str, float]], passes: list[str]) -> None:
    """Medians of the ratios within a round."""

    def ratio(over: str, under: str) -> str:
        found = sorted(row[over] / row[under] for row in table)
        return f"{statistics.median(found):.2f} ({found[0]:.2f} to {found[-1]:.2f})"

    for name in passes:
        print(f"  gradient + Hessian product, {name}: {ratio(name, 'products')} times the products")
    if "torch" not in table[0]:
        print("  torch is not installed: no comparison with double backward")
        return
    print(f"  torch's double backward: {ratio('torch', passes[-1])} times ours, "
          f"{ratio('torch', 'torch products')} times its own products")
    print(f"  torch's double backward: {ratio('torch', 'products')} times the products of ours: "
          "what a method without any other work would reach")
    for name in table[0]:
        if name.startswith("fused: "):
            print(f"  value and gradient, {name.removeprefix('fused: ')}: {ratio(name, 'gradient alone')} times ours")


def double_backward(W: Any, H: Any, V: Any, D: Any) -> Runs:
    try:
        import torch
    except ImportError:
        return {}
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    w, h, v, e = (torch.asarray(part) for part in (W, H, V, D))
    labels = torch.arange(W.shape[1], device=w.device)

    def backward() -> Any:
        a, b = w.clone().requires_grad_(), h.clone().requires_grad_()
        loss = torch.nn.functional.cross_entropy(b.T @ a, labels) + (a.square().sum() + b.square().sum()) / 200
        slopes = torch.autograd.grad(loss, (a, b), create_graph=True)
        return torch.autograd.grad(slopes, (a, b), grad_outputs=(v, e))

    return {"torch": backward, "torch products": lambda: floor(w, h, v, e)}


def fused_gradients(W: Any, H: Any) -> Runs:
    """Fused linear cross-entropy with its gradient, by whatever is installed; none of them has a Hessian product."""
    try:
        import torch
    except ImportError:
        return {}
    w, h = torch.asarray(W).T.contiguous(), torch.asarray(H).T.contiguous()
    labels = torch.arange(w.shape[0], device=w.device)

    def gradient(loss_of: Callable[[Any, Any], Any]) -> Callable[[], Any]:
        def run() -> None:
            a, b = w.clone().requires_grad_(), h.clone().requires_grad_()
            (loss_of(a, b) + (a.square().sum() + b.square().sum()) / 200).backward()

        return run

    found: Runs = {}
    options = getattr(torch.nn, "LinearCrossEntropyOptions", None)
    if options is not None:
        linear = torch.nn.functional.linear_cross_entropy
        found["fused: torch linear_cross_entropy, in chunks"] = gradient(
            lambda a, b: linear(b, a, labels, options=options()))
    if w.is_cuda and w.dtype == torch.float32:  # these two have Triton kernels in single precision and below
        with contextlib.suppress(ImportError):
            from liger_kernel.transformers import LigerFusedLinearCrossEntropyLoss

            liger = LigerFusedLinearCrossEntropyLoss()
            found["fused: liger-kernel"] = gradient(lambda a, b: liger(a, b, labels))
        with contextlib.suppress(ImportError):
            from cut_cross_entropy import linear_cross_entropy

            found["fused: cut-cross-entropy"] = gradient(lambda a, b: linear_cross_entropy(b, a, labels))
    return found


def growth(K: int, d: int) -> None:
    """Peak memory of a process that evaluates once, against the size of its four arguments."""
    code = (
        "import numpy as np, time\n"
        "from ncproofs.kernels.features import evaluate\n"
        "from ncproofs.kernels.sweep import TILE\n"
        "from ncproofs.losses import cross_entropy\n"
        "from ncproofs.problems.features import Ridge\n"
        f"K, d = {K}, {d}\n"
        "rng = np.random.default_rng(0)\n"
        "X, D = ((rng.standard_normal((d, K)), rng.standard_normal((d, K)), None) for _ in range(2))\n"
        "small = Ridge(cross_entropy(), 4, 2, 1, 1, 1)\n"
        "evaluate(small, (np.zeros((2, 4)), np.zeros((2, 4)), None))\n"
        "def most():\n"
        "    return int(next(x for x in open('/proc/self/status') if x.startswith('VmHWM')).split()[1]) * 1024\n"
        "before = most()\n"
        "start = time.perf_counter()\n"
        "evaluate(Ridge(cross_entropy(), K, d, 1, '1/100', '1/100'), X, D)\n"
        "print(time.perf_counter() - start, most(), before, 4 * K * d * 8, TILE * 8)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    seconds, peak, before, inputs, tile = map(float, out)
    print(f"K = N = {K}: {seconds:.1f} s, process peak {peak / 2**20:.0f} MiB; beyond the arguments "
          f"{(peak - before) / 2**20:.0f} MiB = {(peak - before) / inputs:.2f} arguments "
          f"({(peak - before - 6 * tile) / inputs:.2f} without six tiles)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classes", type=int, default=8000)
    parser.add_argument("--dimension", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--growth", type=int, nargs="*", default=[2000, 8000])
    parser.add_argument("--device", default="numpy")
    parser.add_argument("--dtype", choices=["float64", "float32"], default="float64")
    given = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors, numpy {np.__version__}")
    compare(given.classes, given.dimension, given.rounds, given.device, given.dtype)
    for K in given.growth if given.device == "numpy" else ():
        growth(K, given.dimension)


if __name__ == "__main__":
    main()
