"""Made-up outcomes, for what only reads them: every standing, and names that try to break out."""

from __future__ import annotations

from dataclasses import replace

from ncproofs.report.results import Results
from ncproofs.runner import Outcome
from ncproofs.suite import Check, Job
from ncproofs.theorems.theorem import Verdict
from ncproofs.truth import Evidence, Rigor, Truth, conclude

HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "an attribute": '" onmouseover="alert(1)',
    "an entity": "&lt;b&gt; &amp;",
    "a comment": "<!-- --><!--[if IE]>",
    "the end of the style": "</style></script><img src=x onerror=alert(1)>",
    "a template": "{{ 7*7 }}{% raw %}",
    "reversed text": "abc‮def\x00\x1b[31m",
    "a link": "[x](javascript:alert(1)) https://evil.example www.evil.example | a",
}
ABOUT = {"when": "2025-01-02T03:04:05Z", "command": ["ncproofs", "verify", "a b.toml"], "versions": {"ncproofs": "1"}}
RIDGE = {"loss": "cross_entropy", "K": "4", "d": "4", "n": "1", "lambda_W": "1/100", "lambda_H": "1/100"}


def evidence(truth: Truth = Truth.HOLDS, rigor: Rigor = Rigor.EXACT, **more: object) -> Evidence:
    given: dict[str, object] = {"sentence": "a claim", "because": "so", **more}
    return Evidence(truth=truth, rigor=rigor, **given)  # type: ignore[arg-type]


def outcome(
    theorem: str = "benign-landscape",
    parts: tuple[Evidence, ...] = (),
    parameters: dict[str, str] | None = None,
    *,
    expect: Truth = Truth.HOLDS,
    breaks: str = "",
    error: str = "",
    covers: str = "everything",
    seconds: float = 0.5,
) -> Outcome:
    parts = parts or (evidence(),)
    truth, rigor = conclude(parts)
    verdict = Verdict(
        theorem=theorem, covers=covers, truth=truth, rigor=rigor, evidence=parts, unmet=(),
        holes=tuple(hole for part in parts for hole in part.holes),
        axioms=tuple(dict.fromkeys(axiom for part in parts for axiom in part.axioms)), seconds=seconds,
    )
    check = Check(number=1, theorems=(theorem,), expect=expect, control=bool(breaks), breaks=breaks)
    return Outcome(Job(0, theorem, parameters, check), verdict, error)


def results(*outcomes: Outcome, title: str = "a suite") -> Results:
    numbered = tuple(replace(o, job=replace(o.job, index=index)) for index, o in enumerate(outcomes))
    return Results(title=title, outcomes=numbered, asked=len(numbered), seconds=1.5, about=ABOUT)


CERTIFIED = outcome()
FAILS = outcome(parts=(evidence(Truth.FAILS, witness="x = 1"),))
UNDECIDED = outcome(parts=(evidence(Truth.UNDECIDED, Rigor.SAMPLED, because="over the budget of 60 s"),))
HOLE = outcome(parts=(evidence(holes=("nobody looked",), axioms=("Jensen's inequality",)),))
BROKEN = outcome(parts=(evidence(Truth.UNDECIDED, Rigor.SAMPLED),), error="Traceback: ZeroDivisionError")
CONTROL = outcome(parts=(evidence(Truth.FAILS),), expect=Truth.FAILS, breaks="d >= K - 1")
INSTANCE = outcome(parameters=RIDGE, covers="cross_entropy K=4 d=4")
EVERY = (CERTIFIED, FAILS, UNDECIDED, HOLE, BROKEN, CONTROL, INSTANCE)
