"""Hypothesis profiles ``ncproofs-dev``, ``ncproofs-ci`` and ``ncproofs-nightly``.

They are registered when Hypothesis is imported (entry point ``hypothesis``) and never loaded by ncproofs: choose one
with ``pytest --hypothesis-profile ncproofs-ci`` or ``settings.load_profile``. A profile of the same name that exists
already is left as it is.
"""

from __future__ import annotations

from typing import Any

__all__ = ["PROFILES", "register"]

#: Balls are slow at first use and on loaded machines, so no profile has a deadline; in CI the same examples are tried
#: every time, at night other ones each time.
PROFILES: dict[str, dict[str, Any]] = {
    "ncproofs-dev": {"max_examples": 25, "deadline": None},
    "ncproofs-ci": {"max_examples": 100, "deadline": None, "derandomize": True, "print_blob": True},
    "ncproofs-nightly": {"max_examples": 2000, "deadline": None, "print_blob": True},
}


def register() -> None:
    """Register every profile whose name is free."""
    from hypothesis import settings
    from hypothesis.errors import InvalidArgument

    for name, values in PROFILES.items():
        try:
            settings.get_profile(name)
        except InvalidArgument:
            settings.register_profile(name, **values)
