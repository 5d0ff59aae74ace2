"""A theorem as a value: statement, source, hypotheses and claims; and the one verb, ``verify``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from ncproofs.errors import InvalidClaim
from ncproofs.notebook import page, paragraph, table
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Claim
from ncproofs.proof.discharge import Effort, discharge
from ncproofs.truth import BY_AXIOM, Evidence, Rigor, Truth, conclude

__all__ = ["Hypothesis", "Source", "Theorem", "Verdict", "verify"]


@dataclass(frozen=True)
class Source:
    """Which paper, what is usually quoted from it, and how this theorem stands to that.

    ``authors`` are for the bibliography; those of the papers of the catalogue are known.
    """

    paper: str
    arxiv: str
    quoted: str
    relation: Literal["equal", "stronger", "weaker", "corrected", "auxiliary"]
    note: str = ""
    authors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.paper or not self.quoted:
            raise InvalidClaim("a source needs the paper's title and what is usually quoted from it")
        if isinstance(self.authors, str):
            raise InvalidClaim(f'authors={self.authors!r} is one text; write a tuple such as ("Ada Lovelace",)')


@dataclass(frozen=True)
class Hypothesis:
    """A condition on an instance; ``met`` answers for a concrete problem."""

    sentence: str
    met: Callable[[Any], Truth]


@dataclass(frozen=True)
class Theorem:
    """One result.

    Arguments:
        name: a slug, e.g. ``lower-bound-chain``. title, statement: for people; ``idea``: at most six lines.
        source: ``Source``. hypotheses: checked on instances.
        general: claims for all sizes at once (symbolic K, n, d), or None.
        instance: function from a problem of class ``family`` to the claims there, or None.
        covers: what the general claims quantify over, e.g. "all K >= 2, n >= 1, d >= K - 1".
        open_questions: what is not known; printed with the theorem.
        rests_on: theorems that its claims use, by name; a derivation proves them again.
        notation: letters of the statement and of the claims with their meanings, as a derivation prints them.

    Raises:
        InvalidClaim: an empty statement, or neither general nor instance claims.
    """

    name: str
    title: str
    statement: str
    idea: str
    source: Source
    covers: str = ""
    hypotheses: tuple[Hypothesis, ...] = ()
    general: Callable[[], Iterable[Claim]] | None = None
    instance: Callable[[Any], Iterable[Claim]] | None = None
    family: type = Ridge
    open_questions: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    notation: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for part in ("name", "title", "statement", "idea"):
            if not getattr(self, part).strip():
                raise InvalidClaim(f"theorem {self.name!r} has an empty {part}; a reader needs it")
        if self.general is None and self.instance is None:
            raise InvalidClaim(f"theorem {self.name!r} claims nothing; give `general` or `instance` claims")
        if isinstance(self.rests_on, str):
            raise InvalidClaim(f'rests_on={self.rests_on!r} is one text; write a tuple such as ("equality-case",)')

    def _repr_html_(self) -> str:
        arxiv = f" (arXiv {self.source.arxiv})" if self.source.arxiv else ""
        rows = [("covers", self.covers or "the instance asked for"), ("source", f"{self.source.paper}{arxiv}"),
                ("usually quoted", self.source.quoted), ("this theorem is", self.source.relation)]
        rows += [("hypothesis", part.sentence) for part in self.hypotheses]
        rows += [("open", question) for question in self.open_questions]
        return page([paragraph(f"{self.name}: {self.title}", strong=True), paragraph(self.statement), table(rows)])


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer about one theorem, on all sizes (``problem`` is None) or on one instance."""

    theorem: str
    covers: str
    truth: Truth
    rigor: Rigor
    evidence: tuple[Evidence, ...]
    unmet: tuple[str, ...]
    holes: tuple[str, ...]
    axioms: tuple[str, ...]
    seconds: float

    @property
    def certified(self) -> bool:
        """Holds, by exact or enclosed means, every hypothesis met, no hole, and something was checked."""
        rigorous = self.truth is Truth.HOLDS and self.rigor >= Rigor.ENCLOSED
        return rigorous and not self._only_axioms and not self.unmet and not self.holes

    @property
    def _only_axioms(self) -> bool:
        return bool(self.evidence) and all(part.because == BY_AXIOM for part in self.evidence)

    @property
    def reason(self) -> str:
        """One line: the witness of a failure, what is undecided, or how it was settled."""
        for truth in (Truth.FAILS, Truth.UNDECIDED):
            for part in self.evidence:
                if part.truth is truth:
                    return f"{part.sentence}: {part.witness or part.because}"
        if not self.evidence:
            return "no claim of the theorem can be formed here, so nothing was checked"
        if self.unmet:
            return f"conclusion holds here, but outside the hypotheses: {'; '.join(self.unmet)}"
        if self.holes:
            return f"rests on {len(self.holes)} unchecked step(s): {self.holes[0]}"
        if self._only_axioms:
            return "nothing but named classical theorems was claimed, so nothing was checked"
        return f"{len(self.evidence)} claims settled"

    def _repr_html_(self) -> str:
        said = f"{self.theorem}: {'certified' if self.certified else self.truth} ({self.rigor})"
        parts = [paragraph(said, strong=True), paragraph(f"covers {self.covers}"), paragraph(self.reason)]
        rows = ((part.truth, part.rigor, part.sentence, part.witness or part.because) for part in self.evidence)
        parts.append(table(rows, ("truth", "rigor", "claim", "because")))
        if self.axioms:
            parts.append(paragraph(f"classical results used as axioms: {'; '.join(self.axioms)}"))
        return page(parts)


def verify(theorem: Theorem, problem: object | None = None, effort: Effort | None = None) -> Verdict:
    """Settle every claim of ``theorem``: for all sizes at once, or at ``problem``.

    A hypothesis that ``problem`` does not meet is listed in ``unmet``; the conclusion is still tried there, so
    that an instance outside the hypotheses can come out as fails, with its witness.

    Raises:
        InvalidClaim: the theorem has no claims of the kind asked for.
    """
    if not isinstance(theorem, Theorem):
        raise InvalidClaim(f"{theorem!r} is not a Theorem; write for example verify(load('lower-bound-chain'))")
    effort = effort or Effort()
    started = time.perf_counter()
    evidence = tuple(discharge(claim, effort) for claim in claims_of(theorem, problem))
    unmet: list[str] = []
    if problem is not None:
        unmet = [h.sentence for h in theorem.hypotheses if h.met(problem) is not Truth.HOLDS]
    truth, rigor = conclude(evidence)
    return Verdict(
        theorem=theorem.name,
        covers=theorem.covers if problem is None else str(problem),
        truth=truth,
        rigor=rigor,
        evidence=evidence,
        unmet=tuple(unmet),
        holes=_distinct(hole for part in evidence for hole in part.holes),
        axioms=_distinct(axiom for part in evidence for axiom in part.axioms),
        seconds=time.perf_counter() - started,
    )


def claims_of(theorem: Theorem, problem: object | None) -> tuple[Claim, ...]:
    """The claims that ``verify`` would settle."""
    if problem is None:
        if theorem.general is None:
            raise InvalidClaim(f"{theorem.name} speaks of instances; give sizes, for example -K 3 -d 3 -n 1")
        return tuple(theorem.general())
    if theorem.instance is None:
        raise InvalidClaim(f"{theorem.name} is proved for {theorem.covers} at once; it takes no sizes")
    if not isinstance(problem, theorem.family):
        raise InvalidClaim(f"{theorem.name} speaks of {theorem.family.__name__} problems; got {problem}")
    return tuple(theorem.instance(problem))


def _distinct(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
