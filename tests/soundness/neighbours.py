"""A false claim beside its true neighbour: what a verifier must never certify, and what it must."""

from __future__ import annotations

from dataclasses import dataclass

from ncproofs.proof.claims import Claim

__all__ = ["Neighbours"]


@dataclass(frozen=True)
class Neighbours:
    """``false`` differs from ``true`` by one mistake of the kind named in ``mistake``."""

    mistake: str
    false: Claim
    true: Claim
