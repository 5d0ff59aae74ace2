"""Which theorems speak of the spectrum or of the optimum, for a family and a loss; and the instance to speak of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ncproofs.errors import InvalidSuite, UnknownName
from ncproofs.families import FAMILIES, Family, family_of_class, problem_of
from ncproofs.suite import Check, Suite, expand, grid_of
from ncproofs.theorems.catalogue import CATALOGUE, load
from ncproofs.theorems.theorem import Theorem
from ncproofs.truth import Truth

__all__ = ["instance_of", "theorems_about"]

#: (subject, family) -> proofs: theorems that build up to the last one, whose hypotheses decide whether it applies.
#: For another family, each theorem with a word for the subject in its name.
_PROOFS: dict[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("optimum", "ridge"): (
        ("contrastive-bound", "reduced-function", "lower-bound-chain", "equality-case", "collapse-optimum"),
        ("mse-optimum",),
    ),
    ("optimum", "sphere"): (
        ("sphere-lower-bound", "sphere-optimum"), ("duality-certificate",), ("label-smoothing-threshold",),
        ("sphere-focal",), ("sphere-mse",),
    ),
    ("spectrum", "ridge"): (("null-sector", "collapse-spectrum"), ("mse-spectrum",)),
    ("spectrum", "sphere"): (("sphere-spectrum",), ("sphere-conditioning",)),
}
_WORDS = {"optimum": ("optimum", "lower-bound", "value"), "spectrum": ("spectrum",)}


def theorems_about(subject: str, family: str, problem: object) -> tuple[Theorem, ...]:
    """The theorems about ``subject`` that apply to ``problem``, in the order of the proof.

    A proof applies if its last theorem does. If none does, what is left are the theorems that speak of ``problem``
    itself; and if there are none of these either, the first proof, with the hypotheses that are not met.

    Raises:
        UnknownName: there is no such family, or no theorem about this subject in it.
    """
    if family not in FAMILIES:
        raise UnknownName(f"there is no family {family!r}; there are: {', '.join(FAMILIES)}")
    proofs = _PROOFS.get((subject, family)) or tuple(
        (name,) for name in CATALOGUE
        if any(word in name for word in _WORDS[subject])
        and (name.startswith(f"{family}-") or family_of_class(load(name).family).name == family)
    )
    if not proofs:
        raise UnknownName(f"no theorem about the {subject} speaks of family {family}; see `ncproofs list theorems`")
    fitting = [proof for proof in proofs if _applies(load(proof[-1]), problem)]
    if not fitting:
        told = dict.fromkeys(name for proof in proofs for name in proof if load(name).instance is not None)
        fitting = [(name,) for name in told if _applies(load(name), problem)]
    return tuple(load(name) for proof in fitting or proofs[:1] for name in proof)


def _applies(theorem: Theorem, problem: object) -> bool:
    return all(hypothesis.met(problem) is Truth.HOLDS for hypothesis in theorem.hypotheses)


def instance_of(family: Family | type, given: Mapping[str, Any]) -> Any:
    """The problem that ``given`` spells, its loss as text or as a ``Loss``.

    What it leaves out is usual in ``family``; d may be an expression in K.

    Raises:
        InvalidSuite: keys that the family does not have, or several instances.
    """
    family = family if isinstance(family, Family) else family_of_class(family)
    usual = {key: value.partition(":")[0] for key, value in family.usual.items()}
    named = {} if family.name in ("ridge", "sphere") else {"family": family.name}
    spelled = {**named, **usual, **given}
    missing = [key for key in family.keys if key not in spelled and key not in family.optional]
    if missing:
        written = " ".join(f"--set {key}=..." for key in missing)
        raise InvalidSuite(
            f"family {family.name} has no usual {' and '.join(missing)}; write {written} (values: `ncproofs show "
            f"{family.name}`; data may be a file)"
        )
    loss = given.get("loss", "")
    # One loss, whatever commas it is written with: a grid would take them as separators.
    spared = {"loss": usual["loss"]} if loss and "loss" in usual else {}
    grid = grid_of("the command line", {**spelled, **spared})
    jobs = expand(Suite("the command line", "", "", (Check(number=1, theorems=("one",), grid=grid),)))
    if len(jobs) != 1:
        raise InvalidSuite(f"a derivation takes one instance; these sizes give {len(jobs)}; write single values")
    parameters = dict(jobs[0].parameters or {})
    return problem_of({**parameters, "loss": loss} if spared else parameters)
