"""pytest plugin: suite files are collected as tests, one test a theorem and instance.

A TOML file is a suite when its name matches the ini option ``ncproofs_suites`` (default ``*suite*.toml``) or when it
is named on the command line. A failure shows the claim, the verdict, the reason and the command that replays it.
Rigor, verdict and what was covered go to the JUnit XML as properties. Nothing of ncproofs beyond this file is
imported before a suite file is met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ncproofs.runner import Outcome
    from ncproofs.suite import Job

__all__ = ["SuiteFile", "SuiteItem"]

_PATTERNS = ["*suite*.toml"]
_DESK: pytest.StashKey[Callable[[Any], Any]] = pytest.StashKey()
_STACK: pytest.StashKey[ExitStack] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ncproofs")
    group.addoption(
        "--ncproofs-allow-imports", action="store_true",
        help="let suite files name package.module:name, which runs its code",
    )
    parser.addini("ncproofs_suites", "names of suite files to collect", type="args", default=_PATTERNS)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SuiteFile | None:
    if file_path.suffix != ".toml":
        return None
    named = any(_same(argument, file_path, parent.config) for argument in parent.config.args)
    if not named and not any(fnmatch(file_path.name, pattern) for pattern in parent.config.getini("ncproofs_suites")):
        return None
    suite: SuiteFile = SuiteFile.from_parent(parent, path=file_path)
    return suite


def _same(argument: str, path: Path, config: pytest.Config) -> bool:
    return (config.invocation_params.dir / argument.split("::")[0]).resolve() == path.resolve()


class SuiteFile(pytest.File):
    """A suite: its jobs in the order of the file."""

    def collect(self) -> Iterator[SuiteItem]:
        from ncproofs.errors import NcproofsError
        from ncproofs.suite import expand, read_suite, validate

        try:
            suite = read_suite(self.path, imports=self.config.getoption("ncproofs_allow_imports"))
            jobs = expand(suite)
            validate(suite, jobs)
        except NcproofsError as error:
            raise self.CollectError(str(error)) from None
        seen: dict[str, int] = {}
        for job in jobs:
            name = _name(job)
            seen[name] = seen.get(name, 0) + 1
            unique = name if seen[name] == 1 else f"{name}#{seen[name]}"
            yield SuiteItem.from_parent(self, name=unique, job=job)


def _name(job: Job) -> str:
    sizes = "all sizes" if job.parameters is None else " ".join(f"{k}={v}" for k, v in job.parameters.items())
    return f"{job.theorem}[{sizes}]"


class _Unexpected(Exception):
    """The verdict is not the one that the suite expects."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.verdict.reason)
        self.outcome = outcome


class SuiteItem(pytest.Item):
    """One theorem, for all sizes or on one instance, settled in a worker under the suite's limits."""

    def __init__(self, *, job: Job, **more: Any) -> None:
        super().__init__(**more)
        self.job = job

    def runtest(self) -> None:
        from ncproofs.runner import Standing

        outcome = _desk(self.config)(self.job)
        verdict = outcome.verdict
        self.user_properties += [
            ("ncproofs_truth", str(verdict.truth)), ("ncproofs_rigor", str(verdict.rigor)),
            ("ncproofs_certified", str(verdict.certified).lower()), ("ncproofs_covers", verdict.covers),
        ]
        if verdict.certified and self.config.getoption("xmlpath", None):
            self.user_properties += _statement(self.job)
        if outcome.standing is not Standing.EXPECTED:
            raise _Unexpected(outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, _Unexpected):
            return "\n".join(_explained(excinfo.value.outcome))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name


def _statement(job: Job) -> list[tuple[str, object]]:
    """The hash of what a certificate of this verdict states, where its claims have a place in certificates."""
    from ncproofs.certificates import statement_of
    from ncproofs.families import problem_of
    from ncproofs.proof.certificate import NoCertificate, digest_of
    from ncproofs.theorems.catalogue import load

    try:
        problem = None if job.parameters is None else problem_of(job.parameters)
        return [("ncproofs_statement", digest_of(statement_of(load(job.theorem), problem)))]
    except NoCertificate:
        return []


def _desk(config: pytest.Config) -> Callable[[Job], Outcome]:
    """One warm worker for the whole session."""
    from ncproofs.runner import settling

    if _DESK not in config.stash:
        stack = ExitStack()
        config.stash[_DESK] = stack.enter_context(settling())
        config.stash[_STACK] = stack
    return config.stash[_DESK]


def pytest_unconfigure(config: pytest.Config) -> None:
    if _STACK in config.stash:
        config.stash[_STACK].close()


def _explained(outcome: Outcome) -> Iterator[str]:
    """What was claimed, what came out and why, and how to see it again."""
    from ncproofs.truth import Truth

    job, verdict = outcome.job, outcome.verdict
    expected = "a negative control that fails" if job.check.control else f"{job.check.expect}"
    yield f"{job.theorem}: {verdict.covers}"
    yield f"  expected  {expected}, {job.check.rigor} or better"
    yield f"  came out  {verdict.truth}, {verdict.rigor}"
    for part in verdict.evidence:
        if part.truth is not Truth.HOLDS:
            yield f"  claim     {part.sentence}"
            yield f"    {part.truth}: {part.witness or part.because}"
    if all(part.truth is Truth.HOLDS for part in verdict.evidence):
        yield f"  because   {verdict.reason}"
    if verdict.unmet:
        yield f"  hypotheses not met here: {'; '.join(verdict.unmet)}"
    yield f"  replay    {_replay(job)}"
    if outcome.error:
        yield outcome.error


def _replay(job: Job) -> str:
    import shlex

    words = ["ncproofs", "verify", job.theorem, "--claims"]
    for key, value in (job.parameters or {}).items():
        if key != "family":
            words += ["--set", f"{key}={value}"]
    return shlex.join(words)
