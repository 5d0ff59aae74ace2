"""What an answer may say: truth in three values, rigor in five ranks, and evidence that carries both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum

__all__ = ["BY_AXIOM", "Evidence", "Rigor", "Truth", "conclude"]


class Truth(Enum):
    """Holds, fails or undecided. There is no fourth value and no coercion to ``bool``."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"

    def __bool__(self) -> bool:
        raise TypeError(
            f"{self} is not a bool: undecided is neither true nor false; "
            "write `truth is Truth.HOLDS` (or FAILS, UNDECIDED)"
        )

    def __str__(self) -> str:
        return self.value


class Rigor(IntEnum):
    """How an answer was reached, weakest first.

    ``SAMPLED`` can refute and never certifies; ``ESTIMATED`` is floats or mpmath digits; ``ENCLOSED`` is
    ball arithmetic or floats with a proved rounding bound; ``EXACT`` is algebra or a named classical
    theorem whose hypotheses were checked; ``KERNEL`` is a statement accepted by coqc.
    """

    SAMPLED = 1
    ESTIMATED = 2
    ENCLOSED = 3
    EXACT = 4
    KERNEL = 5

    def __str__(self) -> str:
        return self.name.lower()


#: Why a named classical theorem holds; a verdict that rests on nothing else is not certified.
BY_AXIOM = "named classical theorem"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was found out about one claim.

    ``sentence`` is the claim in words, ``because`` how it was settled (or why it was not), ``covers`` the
    range that the answer speaks of, ``witness`` a refuting instance when it fails. ``axioms`` are the named
    classical results used, ``holes`` the steps that nobody checked.
    """

    truth: Truth
    rigor: Rigor
    sentence: str
    because: str
    covers: str = ""
    witness: str = ""
    axioms: tuple[str, ...] = ()
    holes: tuple[str, ...] = ()
    seconds: float = 0.0


def conclude(parts: Iterable[Evidence]) -> tuple[Truth, Rigor]:
    """The conjunction of the parts: its truth, and the rigor of its weakest premise.

    One failing part refutes the whole, with the rigor of the refutation. No parts conclude nothing.
    """
    parts = tuple(parts)
    if not parts:
        return Truth.UNDECIDED, Rigor.SAMPLED
    failing = [part.rigor for part in parts if part.truth is Truth.FAILS]
    if failing:
        return Truth.FAILS, max(failing)
    weakest = min(part.rigor for part in parts)
    if any(part.truth is Truth.UNDECIDED for part in parts):
        return Truth.UNDECIDED, weakest
    return Truth.HOLDS, weakest
