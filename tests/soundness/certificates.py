"""Mutation of genuine certificates: whatever no longer proves its statement must be rejected.

    python -m tests.soundness.certificates [--most N] [--claims N] [--json FILE]

Every verdict of the default suite is written as a certificate and taken apart into its claims. In each claim one
entry is changed by a little, statement and witness separately; verdicts are changed as a whole too (another theorem,
other parameters, a claim dropped, doubled or exchanged, a hole or an axiom added, dropped or renamed). A changed
statement is offered three ways: with the old seal, sealed again where the old statement is expected, and sealed again
on its own. The first two must be rejected. The third may be true of something else: those that are accepted are
counted by kind and entry, ``WHY`` says for each why the changed statement still holds, and ``oracle`` lets the
library try to refute it.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import hashlib
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from ncproofs.proof import checker

__all__ = ["Change", "Pair", "claim_changes", "claims_of_default_suite", "sealed", "verdict_changes", "written"]

Pair = tuple[dict[str, Any], Any]
Path_ = tuple[Any, ...]


def canonical(value: Any) -> bytes:
    """The canonical bytes, by the documentation and not by the checker's code."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def digest(statement: Any) -> str:
    return hashlib.sha256(canonical(statement)).hexdigest()


def sealed(statement: Any, witness: Any, *, seal: str | None = None, **envelope: Any) -> bytes:
    """A certificate of ``statement``; ``seal`` in place of its hash, and other entries of the envelope."""
    return canonical({"format": "ncproofs-certificate/1", "producer": "test", "statement": statement,
                      "statement_sha256": digest(statement) if seal is None else seal, "witness": witness, **envelope})


# --- changes ----------------------------------------------------------------------------------------------

#: Words that mean something, with what they may be taken for.
_WORDS = [
    (">", "<", ">=", "<=", "=="), ("minimum", "origin", "collapse"), ("etf", "antipodal", "frame"),
    ("simplex ETF", "zero", "orthogonal frame", "intermediate frame", "equal logit gaps", "exact fit"),
    ("cross_entropy", "mean_squared", "label_smoothing", "focal", "projected_mean_squared"),
    ("objective", "margin", "W_fro_sq", "H_fro_sq", "bias", "c", "mean_direction", "W_row_norm_sq", "H_col_norm_sq"),
    ("multiplier_W", "multiplier_H"), ("n", "m"), ("coefficients", "cuts", "taylor", "split"), ("lower", "upper"),
    ("exp", "log", "sqrt"), ("+", "*", "-", "/", "^"), ("symmetric", "antisymmetric", "zero_diagonal"),
    ("zero_sum", "unit"), ("annihilates", "orthogonal_to"), ("product", "exp", "log"),
]


@dataclass(frozen=True)
class Change:
    """``value`` differs from the original at ``path`` by ``how``."""

    value: Any
    path: Path_
    how: str

    @property
    def entry(self) -> str:
        """The path without numbers: which entry was changed."""
        return "/".join(str(step) for step in self.path if not isinstance(step, int)) or "all"


def _rational(text: str) -> Fraction | None:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None


def _spoilt(value: Any) -> Iterator[tuple[str, Any]]:
    """(how, a value close to this one)."""
    if isinstance(value, bool):
        yield "flipped", not value
    elif isinstance(value, int):
        yield from (("one more", value + 1), ("one less", value - 1))
    elif isinstance(value, str) and (number := _rational(value)) is not None:
        yield "last digit", str(number + Fraction(1, number.denominator))
        if number:
            yield from (("sign", str(-number)), ("doubled", str(2 * number)), ("coarser", str(round(number, 1))))
    elif isinstance(value, str):
        for family in _WORDS:
            if value in family:
                yield from (("another word", word) for word in family if word != value)
        yield "renamed", value + "x"
    elif value is None:
        yield "given", "1"
    elif isinstance(value, list) and value:
        yield from (("first dropped", value[1:]), ("last dropped", value[:-1]), ("last doubled", [*value, value[-1]]))
        if len(value) > 1 and value[0] != value[1]:
            yield "exchanged", [value[1], value[0], *value[2:]]
        if len(value) > 2 and value[-1] != value[-2]:
            yield "last exchanged", [*value[:-2], value[-1], value[-2]]
    elif isinstance(value, dict):
        if set(value) == {"s", "m"} and value["s"] >= 8:
            yield "truncated", {"s": value["s"] - 8, "m": [str(int(m) >> 8) for m in value["m"]]}
        yield from ((f"without {key}", {k: v for k, v in value.items() if k != key}) for key in value)
        yield "with another key", {**value, "extra": "1"}


def changes(value: Any, path: Path_ = ()) -> Iterator[Change]:
    """``value`` with one place inside changed, every place in turn."""
    for how, changed in _spoilt(value):
        if changed != value or type(changed) is not type(value):
            yield Change(changed, path, how)
    if isinstance(value, (list, dict)):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            for inner in changes(value[key], (*path, key)):
                made = copy.copy(value)
                made[key] = inner.value
                yield Change(made, inner.path, inner.how)


def claim_changes(pair: Pair, most: int, seed: int = 0) -> tuple[list[Change], list[Change]]:
    """Changes of the statement and of the witness of one claim, at most so many of each."""
    picked = []
    for value in pair:
        found = list(changes(value))
        picked.append(found if len(found) <= most else random.Random(seed).sample(found, most))
    return picked[0], picked[1]


def verdict_changes(statement: dict[str, Any], witness: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """(how, statement, witness) of a verdict changed as a whole."""
    parts, shown = statement["claims"], witness["claims"]

    def made(**changed: Any) -> dict[str, Any]:
        return {**statement, **changed}

    for other in ("benign-landscape", "sphere-landscape", "collapse-optimum", "no-such-theorem", ""):
        if other != statement["theorem"]:
            yield f"theorem renamed: {other or 'nothing'}", made(theorem=other), witness
    for place in range(len(parts)):
        fewer = [*parts[:place], *parts[place + 1 :]], [*shown[:place], *shown[place + 1 :]]
        yield "claim dropped", made(claims=fewer[0]), {"claims": fewer[1]}
        yield "claim dropped, its witness kept", made(claims=fewer[0]), witness
        yield "claim doubled", made(claims=[*parts, parts[place]]), {"claims": [*shown, shown[place]]}
        if parts[place]["kind"] == "axiom/1":
            renamed = [*parts[:place], {**parts[place], "name": parts[place]["name"] + "s"}, *parts[place + 1 :]]
            yield "axiom renamed", made(claims=renamed), witness
    if len(parts) > 1:
        yield "claims exchanged, not their witnesses", made(claims=[parts[1], parts[0], *parts[2:]]), witness
        yield "witnesses exchanged", statement, {"claims": [shown[1], shown[0], *shown[2:]]}
    yield "no claims", made(claims=[]), {"claims": []}
    yield "a hole", made(holes=["the rest is clear"]), witness
    yield "holes that are no list", made(holes="none"), witness
    yield "an axiom of its own", made(claims=[*parts, {"kind": "axiom/1", "title": "so", "name": "it is true"}]), {
        "claims": [*shown, {}]}
    yield "a verdict inside", made(claims=[*parts, statement]), {"claims": [*shown, witness]}
    yield "a title", made(title=statement["title"] + " "), witness
    if statement["parameters"] is None:
        yield "parameters given", made(parameters={"K": 3}), witness
        return
    yield "parameters taken away", made(parameters=None), witness
    for key, value in statement["parameters"].items():
        for how, changed in _spoilt(value):
            yield f"parameter {key} {how}", made(parameters={**statement["parameters"], key: changed}), witness
            yield f"parameter {key} {how}, everywhere", _everywhere(statement, key, changed), witness


def _everywhere(statement: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    made = copy.deepcopy(statement)
    made["parameters"][key] = value
    for part in made["claims"]:
        for place in (part, part.get("problem", {})):
            if isinstance(place, dict) and key in place:
                place[key] = value
    return made


#: Pattern of "kind entry" -> why a changed certificate that is accepted on its own still proves what it says.
WHY: dict[str, str] = {
    r".* title$": "a title is for people and not checked; a pin covers it too",
    r".* witness .*": "the statement is unchanged: another witness for it, which the checker has checked",
    r"identity/1 domain.*": "the identity holds beyond its domain; or a name that occurs nowhere else was changed",
    r"sign/1 domain.*": "a range in which the sign is shown too",
    r"(sign|root|identity)/1 (expression|left|right).*": "another expression, for which the witness works as well",
    r"(sign|root)/1 (relation|lower|upper|variable).*": "a weaker statement: >= for >, or wider or narrower ends",
    r"sum-identity/1 (symbols|indices|tensors|relations).*": "names or properties that the two sides do not need",
    r"sum-identity/1 (left|right).*": "another spelling of the same sum: factors exchanged, or both zero",
    r"(ridge|sphere)/[a-z-]+/1 problem.*": "the theorem holds at the other problem, which the statement names",
    r"ridge/argmin/1 (K|c|loss|parameter).*": "another K, c or loss with one minimiser",
    r"ridge/scale/1 (scale|slope|problem).*": "null stands for the balanced ratio; or the same number",
    r"(ridge|sphere)/optimum/1 (quantity|relation|value|point).*": "a weaker relation, or a quantity of the same value",
    r"ridge/origin-curvature/1 value.*": "the same number, factors exchanged",
    r"(ridge|sphere)/spectrum/1 eigenvalues.*": "an enclosure that still holds the eigenvalue, and is told",
    r"(ridge|sphere)/inertia/1 (point|negative|zero).*": "the same counts at another point",
    r"sphere/conditioning/1 (relation|value).*": "a weaker bound",
    r"sphere/(dual|balance|geometry)/1 (point|geometry).*": "it holds at the other point too",
    r"(ridge|sphere|label)/critical-point/1 .*": "another box, value or rival that is certified as well",
    r"(ridge|sphere)/saddle-box/1 .*": "another box, or a smaller margin, with negative curvature",
    r"ridge/minimum/1 (lower|upper).*": "wider bounds",
    r"matrix/inertia/1 .*": "another matrix with this inertia",
    r"(layered|network|label|code)/[a-z-]+/1 problem.*": "it holds at the other problem too, which the statement names",
    r"(layered|network|label|code)/(optimum|value)/1 (quantity|relation|value).*":
        "a weaker relation, or a quantity of the same value",
    r"code/bracket/1 (lower|upper).*": "a wider bracket",
    r"code/minimises/1 tau.*": "the code minimises the loss at the other temperature too",
    r"label/minimum/1 (gap|lower|upper).*": "wider bounds, or a larger gap between them",
    r"label/origin-curvature/1 (relation|value).*": "a weaker relation, or == where the value is 0",
    r"label/spectrum/1 eigenvalues.*": "an enclosure that still holds the eigenvalue, and is told",
    r"layered/upper/1 value.*": "a higher value, which the point is below as well",
    r"layered/attained/1 spread.*": "a wider spread",
    r"layered/spectrum/1 eigenvalues.*": "an enclosure that still holds the eigenvalue, and is told",
    r"layered/critical/1 (value|plus|minus).*": "wider ends of the value",
    r"layered/geometry/1 geometry.*": "orthogonal means, which may be all equal in length or zero",
    r"network/gap/1 (relation|value).*": "a larger bound, or < for ==",
    r"network/bound/1 value.*": "a weaker bound, which the same point shows",
    r"verdict/1 (a title|claim doubled)": "nothing else is claimed",
    r"verdict/1 claim dropped": "a verdict without a pin says itself what was checked",
    r"verdict/1 claims exchanged.*": "two claims with the same witness",
    r"verdict/1 theorem renamed": "a theorem outside the catalogue is told to be one",
    r"verdict/1 parameters? .*": "every claim names the changed problem too, or none names a problem",
}

# --- genuine ones -----------------------------------------------------------------------------------------


def written(theorem: str, parameters: dict[str, str] | None) -> bytes:
    """The certificate of one verdict."""
    from ncproofs.proof.certificate import verdict_certificate
    from ncproofs.proof.discharge import Effort
    from ncproofs.suite import problem_of
    from ncproofs.theorems.catalogue import load
    from ncproofs.theorems.theorem import claims_of

    found = load(theorem)
    problem = None if parameters is None else problem_of(parameters)
    return verdict_certificate(found.name, found.title, problem, claims_of(found, problem), Effort())[1]


def default_suite() -> Iterator[tuple[str, dict[str, str] | None]]:
    """Theorem and parameters of every verdict of the default suite that is no control."""
    from ncproofs.suite import expand, read_suite, suite_path

    for job in expand(read_suite(suite_path("default"))):
        if not job.check.control:
            yield job.theorem, None if job.parameters is None else dict(job.parameters)


def claims_of_default_suite(verdicts: Iterable[bytes], each: int) -> dict[str, list[Pair]]:
    """Kind -> its distinct claims, the small ones first, at most ``each``."""
    found: dict[str, dict[str, Pair]] = defaultdict(dict)
    for raw in verdicts:
        certificate = json.loads(raw)
        for pair in zip(certificate["statement"]["claims"], certificate["witness"]["claims"], strict=True):
            found[pair[0]["kind"]].setdefault(digest(pair[0]), pair)
    return {kind: sorted(pairs.values(), key=lambda pair: len(canonical(pair)))[:each]
            for kind, pairs in found.items() if kind != "axiom/1"}


def why(told: tuple[str, str, str]) -> str:
    """The reason of ``WHY`` for this change, or empty."""
    spelled = f"{told[0]} {'witness ' if told[2].startswith('witness') else ''}{told[1]}"
    return next((reason for pattern, reason in WHY.items() if re.fullmatch(pattern, spelled)), "")


_PINS = checker.pinned()
#: About how long the changes of one claim may take.
_SECONDS = 20.0

# --- the table --------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """How many changes were tried in each way, and what was accepted."""

    tried: Counter[str]
    accepted: Counter[str]
    entries: Counter[tuple[str, str, str]]
    wrong: list[str]
    judged: int = 0

    @classmethod
    def empty(cls) -> Tally:
        return cls(Counter(), Counter(), Counter(), [])

    def offer(self, way: str, raw: bytes, told: tuple[str, str, str], expected: set[str] | None = None, *,
              must_reject: bool = False) -> None:
        verdict, _ = checker.check(raw, _PINS, expected)
        self.tried[way] += 1
        if verdict == "accepted":
            self.accepted[way] += 1
            self.entries[told if way != "witness" else (told[0], told[1], f"witness {told[2]}")] += 1
            if must_reject:
                self.wrong.append(f"{way}: {' '.join(told)}: {raw[:300]!r}")
            elif way == "statement, sealed, alone":
                self._judge(json.loads(raw)["statement"], told)

    def _judge(self, statement: dict[str, Any], told: tuple[str, str, str]) -> None:
        """Let the library try to refute what was accepted."""
        from tests.soundness.oracle import claim_of, refuted

        if why(told) == "" or (against := refuted(statement)):
            self.wrong.append(f"accepted, {against if why(told) else 'unexplained'}: {' '.join(told)}: {statement!r}")
        with contextlib.suppress(Exception):
            self.judged += claim_of(statement) is not None


def examine_claim(kind: str, pair: Pair, most: int, tally: Tally) -> None:
    """Every change of one claim, in every way; fewer of a claim that takes long to check."""
    statement, witness = pair
    mark, started = digest(statement), time.perf_counter()
    tally.offer("genuine", sealed(*pair), (kind, "genuine", ""), {mark})
    most = max(10, min(most, int(_SECONDS / (4 * (time.perf_counter() - started)))))
    statements, witnesses = claim_changes(pair, most)
    for change in statements:
        told, again = (kind, change.entry, change.how), sealed(change.value, witness)
        tally.offer("statement, old seal", sealed(change.value, witness, seal=mark), told, must_reject=True)
        tally.offer("statement, sealed, pinned", again, told, {mark}, must_reject=True)
        tally.offer("statement, sealed, alone", again, told)
    for change in witnesses:
        tally.offer("witness", sealed(statement, change.value), (kind, change.entry, change.how), {mark})


def examine_verdict(raw: bytes, tally: Tally) -> None:
    """A verdict changed as a whole, and its envelope."""
    certificate = json.loads(raw)
    statement, witness = certificate["statement"], certificate["witness"]
    mark = digest(statement)
    for how, changed, shown in verdict_changes(statement, witness):
        told, again = ("verdict/1", how.split(":")[0], ""), sealed(changed, shown)
        if changed == statement:
            tally.offer("witness", again, told, {mark})
            continue
        tally.offer("verdict, old seal", sealed(changed, shown, seal=mark), told, must_reject=True)
        tally.offer("verdict, sealed, pinned", again, told, {mark}, must_reject=True)
        tally.offer("verdict, sealed, alone", again, told)
    for key, value in (("format", "ncproofs-certificate/2"), ("statement_sha256", "0" * 64), ("extra", 1)):
        tally.offer("envelope", canonical({**certificate, key: value}), ("envelope", key, ""), must_reject=True)


def main(arguments: list[str]) -> int:
    """Write, change, check, and print what was accepted; 1 when something was that must not be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--most", type=int, default=150, help="changes of each statement and witness")
    parser.add_argument("--claims", type=int, default=12, help="claims of each kind")
    parser.add_argument("--verdicts", type=int, default=40, help="verdicts changed as a whole")
    parser.add_argument("--quick", action="store_true", help="the certificates of genuine.py: every kind, in minutes")
    parser.add_argument("--from", dest="folder", type=Path, help="certificates already written")
    options = parser.parse_args(arguments)
    if options.quick:
        from tests.soundness.genuine import VERDICTS, claims, verdict

        verdicts, chosen = [verdict(name) for name in VERDICTS], defaultdict(list)
        for pair in claims().values():
            chosen[pair[0]["kind"]] += [pair] if len(chosen[pair[0]["kind"]]) < options.claims else []
    elif options.folder:
        verdicts = [path.read_bytes() for path in sorted(options.folder.rglob("*.json"))]
    else:
        verdicts = [written(*job) for job in default_suite()]
    tally = Tally.empty()
    for kind, pairs in sorted((chosen if options.quick else claims_of_default_suite(verdicts, options.claims)).items()):
        before = tally.tried.total()
        for pair in pairs:
            examine_claim(kind, pair, options.most, tally)
        sys.stdout.write(f"{kind:24} {len(pairs):4} claims  {tally.tried.total() - before:6} changed certificates\n")
        sys.stdout.flush()
    by_theorem: dict[str, bytes] = {}
    for raw in sorted(verdicts, key=len):
        found = json.loads(raw)["statement"]
        by_theorem.setdefault(f"{found['theorem']} {found['parameters'] is None}", raw)
    for raw in list(by_theorem.values())[: options.verdicts]:
        examine_verdict(raw, tally)
    sys.stdout.write(f"\n{'way':28} {'tried':>7} {'rejected':>9} {'accepted':>9}\n")
    for way, count in tally.tried.items():
        sys.stdout.write(f"{way:28} {count:7} {count - tally.accepted[way]:9} {tally.accepted[way]:9}\n")
    sys.stdout.write("\naccepted, by kind, entry and change:\n")
    for told, count in sorted(tally.entries.items()):
        if told[1] != "genuine":
            sys.stdout.write(f"{count:6}  {' | '.join(told)}: {why(told) or 'NOT EXPLAINED'}\n")
    sys.stdout.write(f"{tally.judged} changed statements were accepted alone and judged by the library\n")
    for line in tally.wrong:
        sys.stdout.write(f"WRONG {line}\n")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
