"""Hypothesis profiles ``ncproofs-dev``, ``ncproofs-ci`` and ``ncproofs-nightly``.

They are registered when Hypothesis is imported (entry point ``hypothesis``) and never loaded by ncproofs: choose one
with ``pytest --hypothesis-profile ncproofs-ci`` or ``settings.load_profile``. A profile of the same name that exists
already is left as it is.
"""

from __future__ import annotations

from typing import Any

__all__ = ["PROFILES", "register"]

#: Balls are slow at first use and on loaded machines, so no profile has a deadline or minds slow draws. In CI the
#: same examples are tried every time, at night other ones each time.
_CALM = {"deadline": None, "suppress_health_check": ["too_slow"]}
PROFILES: dict[str, dict[str, Any]] = {
    "ncproofs-dev": {"max_examples": 25, **_CALM},
    "ncproofs-ci": {"max_examples": 100, **_CALM, "derandomize": True, "print_blob": True},
    "ncproofs-nightly": {"max_examples": 2000, **_CALM, "print_blob": True},
}


def register() -> None:
    """Register every profile whose name is free."""
    from hypothesis import HealthCheck, settings
    from hypothesis.errors import InvalidArgument

    for name, profile in PROFILES.items():
        values = {**profile, "suppress_health_check": [HealthCheck[c] for c in profile["suppress_health_check"]]}
        try:
            settings.get_profile(name)
        except InvalidArgument:
            settings.register_profile(name, **values)
