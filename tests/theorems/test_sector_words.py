"""The theorems about spectra say which directions they take, and what their letters mean."""

from __future__ import annotations

import re

import pytest

from ncproofs.calculus.sphere_sectors import sphere_sectors
from ncproofs.calculus.symmetry import collapse_sectors
from ncproofs.report.steps import as_json, as_text
from ncproofs.report.sum_typesetting import TEXT
from ncproofs.report.theorem_derivation import derive_theorem
from ncproofs.report.written_sums import chunks, written
from ncproofs.theorems.catalogue import load

SPECTRA = ("collapse-spectrum", "mse-spectrum", "sphere-spectrum", "layered-spectrum")
SLOTS = {"dW": "[p,j]", "dH": "[p,k,i]", "db": "[j]"}


@pytest.fixture(scope="module")
def documents():
    return {name: derive_theorem(load(name)) for name in SPECTRA}


@pytest.mark.parametrize("sector", [*collapse_sectors(), *sphere_sectors()], ids=lambda sector: sector.name)
def test_the_words_of_a_direction_are_the_direction(sector):
    assert len(sector.words) == len(sector.basis) == sector.matrix.shape[0]
    for words, direction in zip(sector.words, sector.basis, strict=True):
        parts = {part: getattr(direction, part) for part in SLOTS if hasattr(direction, part)}
        ((part, entry),) = ((part, entry) for part, entry in parts.items() if entry.terms)
        spelled = " ".join(piece for term in chunks(written([entry])[0], TEXT) for piece in term)
        assert words == f"{part}{SLOTS[part]} = {spelled}"


def bound_twice(tree, scope=()):
    if not isinstance(tree, list):
        return []
    if tree[0] != "sum":
        return [letter for part in tree for letter in bound_twice(part, scope)]
    letters = [letter for letter, _ in tree[1:-1]]
    again = [letter for letter in letters if letter in scope or letters.count(letter) > 1]
    return again + bound_twice(tree[-1], (*scope, *letters))


def test_no_letter_is_bound_twice_in_one_scope(documents):
    seen = 0
    for name, derivation in documents.items():
        for step in as_json(derivation)["steps"]:
            for tree in (f["tree"]["written"] for f in step["formulas"] if "written" in f.get("tree", {})):
                assert not bound_twice(tree["left"]) and not bound_twice(tree["right"]), (name, step["number"])
                seen += 1
    assert seen > 200
    assert bound_twice(["sum", ["j", "K"], ["*", ["sum", ["l", "K"], ["j", "K"], ["entry", "v", "j"]]]]) == ["j"]


def test_a_document_says_what_its_directions_and_letters_are(documents):
    for name in ("collapse-spectrum", "mse-spectrum", "sphere-spectrum"):
        text = as_text(documents[name])
        steps = [step for step in documents[name].steps if "image of" in step.statement]
        assert len(steps) > 10 and "basis direction" not in text
        assert all(re.search(r"direction d[WHb](\[[a-z,]+\])? = \S", step.statement) for step in steps)
        letters = {variable["name"] for step in as_json(documents[name])["steps"] for formula in step["formulas"]
                   for variable in formula.get("tree", {}).get("domain", [])}
        told = " ".join(f"{formula.text}: {meaning}" for formula, meaning in documents[name].notation
                        if "each step says" not in meaning)
        assert [letter for letter in letters if not re.search(rf"(?<![\w]){letter}(?![\w])", told)] in (
            [], ["x"], ["q", "x"], ["x", "q"])  # the variable of a polynomial, and a probability


def test_omega_has_one_meaning(documents):
    """It is the scale of the classifiers; what bends the standard block is called theta."""
    text = as_text(documents["collapse-spectrum"])
    assert "omega = (A/B" not in text and "(K-2) omega" not in text
    assert "1 + nu + (K-2) theta" in text and "theta = (A/B - 1)/(K - 1)" in text


def test_arrays_with_different_properties_have_different_names(documents):
    for name, derivation in documents.items():
        arrays = [formula.text for formula, _ in derivation.notation if re.search(r" \(.*\)$", formula.text)]
        assert len(set(arrays)) == len(arrays) and not any("_2 (" in array for array in arrays), name
