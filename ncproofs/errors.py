"""Every exception that ncproofs raises on purpose.

Each message names what was given, what is needed and what to write instead, in one line.
"""

import re

__all__ = [
    "InexactInput", "InvalidClaim", "InvalidLoss", "InvalidProblem", "InvalidSuite", "MissingDependency",
    "NcproofsError", "OutOfScope", "UnknownName", "with_short_numbers",
]

_LONGEST = 2000
_LONG_NUMBER = re.compile(r"[0-9]{61,}")


def with_short_numbers(text: str) -> str:
    """``text`` for people: of a run of more than 60 digits, the ends and how many there are."""
    return _LONG_NUMBER.sub(lambda run: f"{run[0][:12]}...{run[0][-3:]} ({len(run[0])} digits)", text)


class NcproofsError(Exception):
    """Base of all deliberate errors; the command line prints it as one line and exits with 2.

    A message quotes what was given; of a number or a text longer than a screen the middle is left out.
    """

    def __str__(self) -> str:
        text = with_short_numbers(super().__str__())
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 300]} ... {text[-300:]}"


class InexactInput(NcproofsError):
    """A binary float (or another inexact number) was given where a proof needs an exact one."""


class InvalidProblem(NcproofsError):
    """Sizes, weights or shapes that do not describe a problem."""


class InvalidLoss(NcproofsError):
    """A loss that is not of the form phi(t, S_1, ..., S_m), or parameters outside its range."""


class InvalidClaim(NcproofsError):
    """A claim, theorem or domain that is not well formed."""


class InvalidSuite(NcproofsError):
    """A suite file that cannot be read, or that names something that does not exist."""


class UnknownName(NcproofsError):
    """A theorem, loss, family or suite that is not there."""


class MissingDependency(NcproofsError):
    """An optional part is not installed; the message says what to install."""


class OutOfScope(NcproofsError):
    """A well-formed question that no theorem of this package answers."""
