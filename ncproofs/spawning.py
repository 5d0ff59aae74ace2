"""How worker processes are started: spawned, deaf to Ctrl-C, and without the caller's script."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

__all__ = ["SPAWN", "start_quietly"]

SPAWN = multiprocessing.get_context("spawn")


def start_quietly(process: Any) -> None:
    """Start a process of ``SPAWN`` whose parent ends it: an interrupt reaches the parent alone."""
    with _interrupts_ignored(), _script_hidden():
        process.start()


@contextmanager
def _script_hidden() -> Iterator[None]:
    """A worker needs nothing of the caller's script, and must not run it again (no ``__main__`` guard is needed)."""
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Inherited by the worker: Ctrl-C reaches the parent, which ends its workers itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
