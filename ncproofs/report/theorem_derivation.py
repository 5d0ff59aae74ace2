"""A theorem written out: statement, notation, every claim as a numbered step that is proved again while writing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sympy

from ncproofs.calculus.indexed import Tensor
from ncproofs.errors import NcproofsError
from ncproofs.losses.loss import Loss
from ncproofs.proof.claims import Axiom, Claim, Hole, Identity, Sign, SumIdentity, UniqueRoot
from ncproofs.proof.discharge import Effort, discharge
from ncproofs.proof.wording import printed_as_proved
from ncproofs.report.apart import names_of, printed_apart
from ncproofs.report.claim_formulas import claim_formulas, is_definition, is_empty
from ncproofs.report.index_ranges import where_phrase
from ncproofs.report.labels import theorem_label
from ncproofs.report.prose import sentence
from ncproofs.report.references import references
from ncproofs.report.resting import rested_steps
from ncproofs.report.signs import signs_in
from ncproofs.report.steps import BY_DEFINITION, Derivation, Formula, Preface, Step, Value
from ncproofs.report.sum_typesetting import tensor_latex
from ncproofs.report.trees import ranges_of, sum_sides
from ncproofs.report.typesetting import name_latex, symbolic
from ncproofs.report.written_sums import entries_of
from ncproofs.theorems.theorem import Theorem
from ncproofs.truth import Evidence, Rigor, Truth

__all__ = ["derive_theorem"]

#: Letters with one meaning throughout the package; any other letter has the range that its step gives.
_MEANINGS = {
    "K": "number of classes",
    "n": "samples in each class",
    "d": "feature dimension",
    "N": "number of samples",
    "lambda_W": "weight decay of the classifiers",
    "lambda_H": "weight decay of the features",
    "lambda_b": "weight decay of the bias",
    "tau": "temperature",
}
_KINDS = {Identity: "An identity", Sign: "An inequality", SumIdentity: "An identity of sums", UniqueRoot: "One root"}
_RELATIONS = {
    "equal": "This theorem says what is usually quoted from [1]",
    "stronger": "This theorem says more than is usually quoted from [1]",
    "weaker": "This theorem says less than is usually quoted from [1]",
    "corrected": "This theorem corrects what is usually quoted from [1]",
    "auxiliary": "This theorem is an auxiliary result for what is usually quoted from [1]",
}


def derive_theorem(
    theorem: Theorem, *, problem: object | None = None, loss: Loss | None = None, effort: Effort | None = None
) -> Derivation:
    """Every claim of ``theorem`` as a step, proved now; a step that is not proved carries a box that says so.

    Arguments:
        theorem: any theorem value.
        effort: how hard to try each step.
        problem: also the claims at this instance, whether it meets the hypotheses, and its optimum.
        loss: first derive what the theorem needs to know of this loss (form, gradient, convexity, invariance).

    Raises:
        InvalidClaim: the theorem speaks of instances only and ``problem`` is None, or it is of another family.
    """
    effort = effort or Effort()
    general = tuple(theorem.general()) if theorem.general is not None else ()
    local = _instance_claims(theorem, problem)
    proof = "The proof" if theorem.rests_on else ""
    printed, renamed = printed_apart((*general, *local))
    shown = printed[: len(general)]
    reserved = names_of(printed) | set(dict(theorem.notation))
    pairs = list(zip((*general, *local), printed, strict=True))
    steps = [
        *rested_steps(theorem, effort), *_loss_steps(loss), *_steps(pairs[: len(general)], proof, effort, reserved),
        *_steps(pairs[len(general) :], f"At {problem}", effort, reserved), *_nothing(theorem, len(pairs)),
    ]
    return Derivation(
        title=theorem.title,
        subject=theorem.name,
        notation=(*_letters(shown, dict(theorem.notation)), *signs_in(_said(theorem, shown), reserved),
                  *_tensors(shown), *renamed),
        steps=tuple(dataclasses.replace(step, number=number) for number, step in enumerate(steps, start=1)),
        preface=_preface(theorem),
        values=_values(problem),
        warnings=tuple(_unmet(theorem, problem)),
        label=theorem_label(theorem, problem, loss),
    )


def _said(theorem: Theorem, claims: Iterable[Claim]) -> Iterator[str]:
    """What is printed as sentences."""
    yield from (theorem.statement, theorem.idea, theorem.covers, *(part.sentence for part in theorem.hypotheses))
    yield from (text for claim in claims for text in (claim.sentence, claim.because))


def _nothing(theorem: Theorem, claims: int) -> Iterator[Step]:
    """A theorem without claims is not proved; a document of no steps would read as if it were."""
    if not claims:
        evidence = Evidence(
            truth=Truth.UNDECIDED, rigor=Rigor.SAMPLED, sentence=f"theorem {theorem.name}",
            because="the theorem makes no claim here, so nothing of its statement is proved",
        )
        yield Step(number=0, statement="The statement of the theorem.", formulas=(), reason="", evidence=evidence,
                   checked="nothing was there to check")


def _instance_claims(theorem: Theorem, problem: object | None) -> tuple[Claim, ...]:
    from ncproofs.theorems.theorem import claims_of

    if problem is None:
        return () if theorem.general is not None else claims_of(theorem, None)
    return claims_of(theorem, problem)


def _preface(theorem: Theorem) -> Preface:
    source = theorem.source
    relation = f"{_RELATIONS[source.relation]}: {source.quoted}"
    return Preface(
        name=theorem.name,
        statement=" ".join(theorem.statement.split()),
        idea=" ".join(theorem.idea.split()),
        covers=theorem.covers,
        hypotheses=tuple(part.sentence for part in theorem.hypotheses),
        open_questions=theorem.open_questions,
        references=references(source),
        relation=f"{relation}; {source.note}".rstrip(".; ") + ".",
    )


# --- steps ------------------------------------------------------------------------------------------------


def _steps(
    claims: Iterable[tuple[Claim, Claim]], section: str, effort: Effort, reserved: frozenset[str]
) -> Iterator[Step]:
    """A step for each claim as it was made and as it is printed: the same in other names, see ``printed_apart``."""
    for made, claim in claims:
        evidence = _named_only(claim, _proved(made if isinstance(made, SumIdentity) else claim, effort))
        yield Step(
            number=0,
            statement=_sentence(claim, evidence),
            formulas=claim_formulas(claim, reserved),
            reason=claim.because if claim.because != evidence.because else "",
            checked=_checked(claim, evidence, section),
            evidence=evidence,
            where=where_phrase(claim, reserved),
            section=section,
        )


def _proved(claim: Claim, effort: Effort) -> Evidence:
    """What ``discharge`` finds; an error is a step that is not proved, and the document goes on.

    So is a formula whose printed form is not shown to be the proved one.
    """
    try:
        apart = printed_as_proved(claim) if isinstance(claim, (Identity, SumIdentity)) else None
        return apart or discharge(claim, effort)
    except NcproofsError as error:
        return Evidence(
            truth=Truth.UNDECIDED, rigor=Rigor.SAMPLED, sentence=claim.sentence, because=f"cannot be settled: {error}"
        )


def _named_only(claim: Claim, evidence: Evidence) -> Evidence:
    """A formula whose letters have the other side as their value is a definition, not a step that is proved."""
    named = isinstance(claim, (Identity, SumIdentity)) and evidence.truth is Truth.HOLDS and is_definition(claim)
    return dataclasses.replace(evidence, because=BY_DEFINITION) if named else evidence


def _sentence(claim: Claim, evidence: Evidence) -> str:
    if isinstance(claim, Axiom):
        return f"{claim.name[:1].upper()}{claim.name[1:]}: {claim.uses}."
    if isinstance(claim, Hole):
        return f"{claim.step}."
    spelled = claim.sentence or next((name for kind, name in _KINDS.items() if isinstance(claim, kind)), "")
    return sentence(spelled or evidence.sentence)


def _checked(claim: Claim, evidence: Evidence, section: str) -> str:
    if evidence.because == BY_DEFINITION:
        return "with the values of the letters both sides are the same; a definition, not counted as proved"
    return f"{evidence.because}{_covered(claim, evidence, section)}{_empty(claim)}"


def _covered(claim: Claim, evidence: Evidence, section: str) -> str:
    """What the proof covers, unless the heading or the range of the letters that is printed above says it."""
    said = isinstance(claim, (Identity, Sign)) or not evidence.covers or section.endswith(evidence.covers)
    return "" if said else f"; covers {evidence.covers}"


def _empty(claim: Claim) -> str:
    """A formula X = X shows no step; the document says why."""
    if not isinstance(claim, (Identity, SumIdentity)) or claim.wording is not None or not is_empty(claim):
        return ""
    return (
        "; both sides were the same expression before they were printed, so no step is seen (state the claim with "
        "ncproofs.proof.wording.worded to keep its sides as written)"
    )


def _loss_steps(loss: Loss | None) -> tuple[Step, ...]:
    if loss is None:
        return ()
    from ncproofs.report.derivation import derive_loss

    return tuple(dataclasses.replace(step, section=f"The loss {loss}") for step in derive_loss(loss).steps)


# --- notation ---------------------------------------------------------------------------------------------


def _letters(claims: Sequence[Claim], own: Mapping[str, str]) -> Iterator[tuple[Formula, str]]:
    """Letters with a meaning, of the package and of the theorem, and then the others."""
    symbols = {symbol for claim in claims for symbol, _ in ranges_of(claim)}
    symbols |= {symbol for tensor in _arrays(claims) for size in tensor.sizes for symbol in size.free_symbols}
    names = {symbol.name for symbol in symbols}
    usual = {symbol.name for symbol in symbols if symbol.name in _MEANINGS}
    usual -= {symbol.name for symbol in symbols if not _fits(symbol)}
    for name in sorted(usual - set(own)):
        yield Formula(name, name_latex(name)), _MEANINGS[name]
    for name, meaning in own.items():
        yield Formula(name, tensor_latex(name)), meaning
    others = sorted(names - usual - set(own))
    if others:
        yield (
            Formula(", ".join(others), r",\ ".join(map(name_latex, others))),
            "numbers; each step says where they range",
        )


def _fits(symbol: sympy.Symbol) -> bool:
    """Whether what is assumed of a letter allows its usual meaning: n and d are whole, nothing is negative."""
    if symbol.name in ("n", "d"):
        return bool(symbol.is_integer)
    return bool(symbol.is_nonnegative)


def _arrays(claims: Sequence[Claim]) -> list[Tensor]:
    """Every array of the sums, also one that only cancels."""
    sides = [side for claim in claims if isinstance(claim, SumIdentity) for side in sum_sides(claim)]
    found = {tensor for side in sides for tensor, _ in entries_of(side) if tensor is not None}
    return sorted(found, key=lambda tensor: (tensor.name, str(tensor)))


def _tensors(claims: Sequence[Claim]) -> Iterator[tuple[Formula, str]]:
    found = _arrays(claims)
    for tensor in found:
        sizes = r" \times ".join(symbolic(size) for size in tensor.sizes)
        text = f"{tensor.name} ({', '.join(map(str, tensor.sizes))})"
        yield Formula(text, rf"{tensor_latex(tensor.name)} \in \mathbf{{R}}^{{{sizes}}}"), _properties(tensor)
    if found:
        yield (
            Formula("<x_i, y_j>, |x_i|", r"\langle x_i, y_j \rangle,\ \|x_i\|"),
            "inner product and norm over the last index of both, which is left out",
        )
        yield Formula("delta_{i,j}", r"\delta_{i,j}"), "1 if i = j, else 0"


_PLACES = ("first", "second", "third", "fourth", "fifth")


def _properties(tensor: Tensor) -> str:
    """What is assumed of an array; an array without properties is arbitrary."""
    said = [name for flag, name in (
        ("symmetric", "symmetric in the first two indices"),
        ("antisymmetric", "antisymmetric in the first two indices"),
        ("zero_diagonal", "zero where the first two indices agree"),
        ("square_one", "entries 1 and -1"),
    ) if getattr(tensor, flag)]
    said += [f"sums over the {_PLACES[slot]} index vanish" for slot in tensor.zero_sum]
    said += [
        f"contraction of the {_PLACES[slot]} index with the {_PLACES[place]} of {other} vanishes"
        for slot, other, place in tensor.annihilates
    ]
    said += [
        f"orthogonal to {other} (the {_PLACES[slot]} index) where all other indices agree"
        for slot, other, _ in tensor.orthogonal_to
    ]
    said += [f"vectors of length one over the {_PLACES[tensor.unit]} index"] if tensor.unit is not None else []
    return "; ".join(said) or "any real array"


# --- instances --------------------------------------------------------------------------------------------


def _unmet(theorem: Theorem, problem: object | None) -> Iterator[str]:
    if problem is None:
        return
    for hypothesis in theorem.hypotheses:
        met = hypothesis.met(problem)
        if met is not Truth.HOLDS:
            verdict = "is not met" if met is Truth.FAILS else "is not decided"
            yield f"hypothesis {verdict} by {problem}: {hypothesis.sentence}"


def _values(problem: object | None) -> tuple[Value, ...]:
    """The optimum of a problem whose optimum this package knows, as decimals rounded outwards."""
    from ncproofs.problems.features import Ridge, Spheres

    found: Any
    try:
        if isinstance(problem, Ridge):
            from ncproofs.critical.optimum import optimum

            found = optimum(problem, digits=12)
        elif isinstance(problem, Spheres):
            from ncproofs.critical.sphere_optimum import sphere_optimum

            found = sphere_optimum(problem, digits=12)
        else:
            return ()
    except NcproofsError:
        return ()
    if found.truth is not Truth.HOLDS:
        return ()
    rows = ((name, enclosure, enclosure.decimals(12)) for name, enclosure in found.quantities.items())
    return tuple(Value(name, low, high, e.is_point and low == high) for name, e, (low, high) in rows)
