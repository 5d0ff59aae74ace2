"""Labels of documents: two documents that differ in theorem, kind, loss or instance never share one.

A name of letters and single underscores, with a number in brackets if need be, is its own label; any other gets a hash.
"""

from __future__ import annotations

import hashlib
import re

from ncproofs.losses.loss import Loss
from ncproofs.theorems.theorem import Theorem

__all__ = ["loss_label", "theorem_label"]

#: Such names stay different when all that is not a letter or a digit becomes a dash.
_CLEAR = re.compile(r"[A-Za-z]+(?:_[A-Za-z]+)*(?:\(\d+\))?")
_LONGEST = 30
#: What the labels of documents about a loss begin with.
_KINDS = ("loss-", "objective-", "riemannian-")


def loss_label(kind: str, loss: Loss) -> str:
    """The label of a document of this kind about ``loss``."""
    return f"{kind}-{_slug(loss.name, clear=_CLEAR.fullmatch(loss.name) is not None)}"


def theorem_label(theorem: Theorem, problem: object | None, loss: Loss | None) -> str:
    """The label of a document about ``theorem``, with its instance and its loss if it has them."""
    from ncproofs.theorems.catalogue import CATALOGUE, load

    own = load(theorem.name) is not theorem if theorem.name in CATALOGUE else theorem.name.startswith(_KINDS)
    label = _slug(theorem.name, clear=re.fullmatch(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*", theorem.name) is not None)
    label += f"-own-{_hash(theorem.statement)}" if own else ""
    label += f"-at-{_hash(str(problem))}" if problem is not None else ""
    return label if loss is None else f"{label}-{loss_label('for', loss)}"


def _slug(name: str, *, clear: bool) -> str:
    slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")
    return slug if clear and len(slug) <= _LONGEST else f"{slug[:_LONGEST].rstrip('-')}-{_hash(name)}".lstrip("-")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
