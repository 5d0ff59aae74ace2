"""Which slow tests run: none by default, a fixed fifth with ``--slow slice``, all with ``--slow all``."""

from __future__ import annotations

import os
import zlib

import pytest
from hypothesis import HealthCheck, settings

# A loaded machine is slow, which is no failure; under CI the same examples are tried every time.
settings.register_profile(
    "repository",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("repository")

# Threads fight over small matrices when tests share the processors; read when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_SLICES = 5


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--slow", choices=["none", "slice", "all"], default="none", help="which tests marked slow to run"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = config.getoption("--slow")
    skip = pytest.mark.skip(reason="slow; run with --slow all")
    for item in items:
        # A checksum, not hash(): the slice must be the same in every process and every run.
        chosen = wanted == "all" or (wanted == "slice" and zlib.crc32(item.nodeid.encode()) % _SLICES == 0)
        if "slow" in item.keywords and not chosen:
            item.add_marker(skip)
