"""What the checks of ``ncproofs.testing.conformance`` say when a law is broken."""

from __future__ import annotations

__all__ = ["Unlawful", "hold"]


class Unlawful(AssertionError):
    """A law is broken; the message says which, and where."""


def hold(law: str, example: str, yes: object) -> None:
    """Raises Unlawful unless ``yes``."""
    if not yes:
        raise Unlawful(f"{law}: broken at {example}")
