"""Indexed sums: the normal form has the same value as the expression it came from, at concrete sizes."""

import random
from itertools import product

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from ncproofs.calculus.indexed import Index, Tensor, delta, scalar, total
from ncproofs.errors import InvalidClaim
from ncproofs.proof.sums import _evaluate, _random_tensor

K, n = sympy.symbols("K n", integer=True, positive=True)
SIZES = {K: sympy.Integer(4), n: sympy.Integer(2)}
LETTERS = [Index(name, K) for name in "jkl"] + [Index("i", n)]
TENSORS = (
    Tensor("x", (K,)),
    Tensor("v", (K,), zero_sum=(0,)),
    Tensor("A", (K, K)),
    Tensor("E", (K, K), antisymmetric=True, zero_sum=(0, 1)),
    Tensor("F", (K, K), symmetric=True, zero_diagonal=True, zero_sum=(0, 1)),
    Tensor("s", (K, n), square_one=True),
)


def _value(term, place, values):
    """A product of factors at concrete indices; a factor is (tensor or None for delta, indices)."""
    result = sympy.Integer(1)
    for tensor, indices in term:
        cell = tuple(place[index] for index in indices)
        result *= int(cell[0] == cell[1]) if tensor is None else values[tensor][cell]
    return result


@st.composite
def terms(draw):
    """Random products of tensors and deltas, with a random set of summed indices."""
    classes, sample = LETTERS[:3], LETTERS[3]
    factors = []
    for _ in range(draw(st.integers(1, 4))):
        tensor = draw(st.sampled_from((None, *TENSORS)))
        sizes = (K, K) if tensor is None else tensor.sizes
        factors.append((tensor, tuple(sample if size == n else draw(st.sampled_from(classes)) for size in sizes)))
    return factors, draw(st.sets(st.sampled_from(LETTERS)))


@settings(max_examples=60, deadline=None)
@given(st.lists(terms(), min_size=1, max_size=3), st.sets(st.sampled_from(LETTERS)), st.integers(0, 10**6))
def test_normal_form_keeps_the_value(parts, outer, seed):
    values = {tensor: _random_tensor(tensor, SIZES, random.Random(seed)) for tensor in TENSORS}
    expression = scalar(0)
    for factors, summed in parts:
        factor = scalar(1)
        for tensor, indices in factors:
            factor = factor * (delta(*indices) if tensor is None else tensor[indices])
        expression = expression + total(factor, *sorted(summed))
    expression = total(expression, *sorted(outer))
    free = {index: 1 if index.size == K else 0 for index in LETTERS}
    expected = sympy.Integer(0)
    sizes = {index: int(SIZES[index.size]) for index in LETTERS}
    for factors, summed in parts:
        for outside in product(*(range(sizes[index]) for index in sorted(outer))):
            place = free | dict(zip(sorted(outer), outside, strict=True))
            for inside in product(*(range(sizes[index]) for index in sorted(summed))):
                expected += _value(factors, place | dict(zip(sorted(summed), inside, strict=True)), values)
    named = {index.name: value for index, value in free.items()}
    assert _evaluate(expression, SIZES, values, named) == expected


@settings(max_examples=60, deadline=None)
@given(terms(), st.integers(0, 10**6))
def test_renaming_a_free_index_is_evaluation_at_the_new_one(part, seed):
    values = {tensor: _random_tensor(tensor, SIZES, random.Random(seed)) for tensor in TENSORS}
    factors, _ = part
    expression = scalar(0)
    for shift in (1, 2):  # two terms that may become the same monomial after renaming
        factor = scalar(shift)
        for tensor, indices in factors:
            swapped = tuple(LETTERS[1] if shift == 2 and index == LETTERS[0] else index for index in indices)
            factor = factor * (delta(*swapped) if tensor is None else tensor[swapped])
        expression = expression + factor
    renamed = expression.at({LETTERS[0]: LETTERS[1]})
    place = {"j": 2, "k": 2, "l": 1, "i": 0}
    assert _evaluate(renamed, SIZES, values, place) == _evaluate(expression, SIZES, values, place)


j, k, i = LETTERS[0], LETTERS[1], LETTERS[3]


def test_a_sum_without_its_index_counts():
    assert not (total(scalar(1), k) - K).terms
    assert (total(scalar(1), k) - n).terms


def test_powers():
    x = TENSORS[0]
    assert not (x[k] ** 0 - 1).terms and not (x[k] ** 3 - x[k] * x[k] * x[k]).terms
    for power in (-1, True):
        with pytest.raises(InvalidClaim, match="whole number >= 0"):
            x[k] ** power


def test_indices_of_different_ranges_are_different():
    assert not (total(scalar(1), Index("k", n)) - n).terms
    with pytest.raises(InvalidClaim, match="sizes"):
        delta(k, i)
    with pytest.raises(InvalidClaim, match="slots"):
        TENSORS[0][i]


def test_reserved_names_are_refused():
    with pytest.raises(InvalidClaim, match="underscore"):
        TENSORS[0][Index("_K0", K)]


def test_symmetry_needs_equal_slots():
    with pytest.raises(InvalidClaim, match="cannot be symmetric"):
        Tensor("B", (K, n), symmetric=True)


def test_declared_contractions_vanish_and_others_do_not():
    v, w = Tensor("v", (K,), annihilates=((0, "w", 1),)), Tensor("w", (K, K))
    assert not total(v[k] * w[j, k], k).terms
    assert total(v[k] * w[k, j], k).terms
    assert total(v[k] * w[j, k] * v[k], k).terms


@pytest.mark.parametrize("name", ["a", "z"])
def test_tangent_vectors_are_orthogonal_to_their_own_points_only(name):
    """In either order of the two factors, which are sorted by name."""
    d = sympy.Symbol("d", integer=True, positive=True)
    a = Index("a", d)
    w, e = Tensor("w", (K, d), unit=1), Tensor(name, (K, d), orthogonal_to=((1, "w", 1),))
    j, k = LETTERS[:2]
    assert not total(e[k, a] * w[k, a], a).terms and not total(w[k, a] * e[k, a], a).terms
    assert total(e[k, a] * w[j, a], a).terms and total(e[k, a] * e[k, a], a).terms
    assert not (total(w[k, a] * w[k, a], a) - 1).terms and (total(w[k, a] * w[j, a], a) - 1).terms


def test_a_trace_is_no_contraction_of_two_factors():
    nilpotent = Tensor("T", (K, K), annihilates=((0, "T", 1),))
    assert total(nilpotent[k, k], k).terms
    assert not total(nilpotent[k, j] * nilpotent[LETTERS[2], k], k).terms


def test_a_term_that_equals_its_own_negative_is_zero():
    x, E = TENSORS[0], TENSORS[3]
    j, k = LETTERS[:2]
    assert not total(E[j, k] * x[j] * x[k], j, k).terms
    assert not total(E[j, k] * x[j] * x[k] * x[LETTERS[2]], *LETTERS[:3]).terms  # with other namings after it
    assert total(E[j, k] * x[j], j, k).terms == {}  # its rows sum to zero
    assert total(E[j, k] * x[j], j).terms


def _written(expression, place, values):
    """The value of an expression as it was written, by its origin alone."""
    kind, *parts = expression.origin
    if kind == "number":
        return parts[0].subs(SIZES)
    if kind == "entry":
        return _value([parts], place, values)
    if kind == "sum":
        indices, part = parts
        ranges = (range(int(SIZES[index.size])) for index in indices)
        return sum(_written(part, place | dict(zip(indices, cell, strict=True)), values) for cell in product(*ranges))
    if kind == "at":
        replacement, part = parts
        return _written(part, place | {old: place[new] for old, new in replacement.items()}, values)
    left, right = (_written(part, place, values) for part in parts)
    return left + right if kind == "+" else left * right


@settings(max_examples=40)
@given(st.lists(terms(), min_size=2, max_size=2), st.integers(0, 10**6))
def test_how_it_was_written_has_the_same_value(parts, seed):
    """A certificate states the written form, so the origin has to be right as well as the terms."""
    values = {tensor: _random_tensor(tensor, SIZES, random.Random(seed)) for tensor in TENSORS}
    built = []
    for factors, summed in parts:
        factor = scalar(1)
        for tensor, indices in factors:
            factor = factor * (delta(*indices) if tensor is None else tensor[indices])
        built.append(total(factor, *sorted(summed)))
    place = dict(zip(LETTERS, (2, 0, 1, 1), strict=True))
    named = {index.name: value for index, value in place.items()}
    left, right = built
    j, k = LETTERS[:2]
    for expression in (left + right * K, 3 - left, left - right, -left / n, (left * right).at({j: k}), right**2):
        assert _written(expression, place, values) == _evaluate(expression, SIZES, values, named)
