"""A loss as a function of the target logit and of class sums: L(z, y) = phi(t, S_1, ..., S_m).

``t = z_y`` is the target logit and ``S_i = sum_j f_i(z_j)`` runs over all K classes. One closed form then
serves every K at once: with ``U = [e_y, f_1'(z), ..., f_m'(z)]``,

    grad L = U phi',      Hess L = diag(sum_i phi_{S_i} f_i''(z)) + U phi'' U^T.

No loss carries derivative code of its own. A sample with several labels S has t = sum_{k in S} z_k, and e_y becomes the
indicator of S; phi may then also use m = |S|, which is 1 for a single label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import prod

import sympy

from ncproofs.errors import InvalidLoss
from ncproofs.losses.identities import constant_value
from ncproofs.losses.singularities import is_regular

__all__ = ["ELL", "TOTAL", "K", "Loss", "M", "S", "SoftmaxForm", "T", "Z", "softmax_sums"]

#: Target logit, running logit, number of classes, number of labels, cross-entropy value, sum of all logits.
T = sympy.Symbol("t", real=True)
Z = sympy.Symbol("z", real=True)
K = sympy.Symbol("K", integer=True, positive=True)
M = sympy.Symbol("m", integer=True, positive=True)
ELL = sympy.Symbol("ell", positive=True)
TOTAL = sympy.Symbol("total", real=True)
#: In a notebook a formula with more operations, or more LaTeX, is shown by its name.
_LONGEST_SHOWN, _LONGEST_LATEX = 200, 2000


def S(index: int) -> sympy.Symbol:
    """The class sum ``S_index = sum_j f_index(z_j)``, counted from 1."""
    return sympy.Symbol(f"S_{index}", real=True)


@dataclass(frozen=True)
class SoftmaxForm:
    """``L(z, y) = profile(ell) + tilt * (z_y - mean z)`` with ``ell = log sum_j exp(z_j) - z_y``.

    ``profile`` is written in ``ELL``. Cross-entropy is (ell, 0), label smoothing (ell, alpha), focal loss
    ((1 - exp(-ell))**gamma * ell, 0).
    """

    profile: sympy.Expr
    tilt: Fraction


@dataclass(frozen=True)
class Loss:
    """One loss for any K at once.

    Arguments:
        name: how it is spelled on the command line, parameters included, e.g. ``focal(2)``.
        phi: expression in ``T``, ``S(1)``, ..., ``S(m)`` and possibly ``K`` and the number of labels ``M``.
        class_functions: ``f_1, ..., f_m``, expressions in ``Z``.
        source: where the loss comes from, in words.
        parameters: exact parameters, for reports.

    Raises:
        InvalidLoss: a part does not fit the form; the message says which and why.
    """

    name: str
    phi: sympy.Expr
    class_functions: tuple[sympy.Expr, ...]
    source: str
    parameters: Mapping[str, Fraction] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not self.name.isprintable():
            raise InvalidLoss(f"name={self.name[:80]!r} has characters that are not printed; write one line of text")
        if not self.name or not self.source:
            raise InvalidLoss(f"a loss needs a name and a source; got name={self.name!r}, source={self.source!r}")
        object.__setattr__(self, "phi", _expression("phi", self.phi))
        functions = tuple(_expression(f"f_{i}", f) for i, f in enumerate(self.class_functions, start=1))
        object.__setattr__(self, "class_functions", functions)
        object.__setattr__(self, "parameters", dict(self.parameters))
        _check("phi", self.phi, {T, K, M, *self.sums})
        for index, function in enumerate(self.class_functions, start=1):
            _check(f"f_{index}", function, {Z})

    @property
    def sums(self) -> tuple[sympy.Symbol, ...]:
        """The symbols S_1, ..., S_m."""
        return tuple(S(index) for index in range(1, len(self.class_functions) + 1))

    def __str__(self) -> str:
        return self.name

    def _repr_latex_(self) -> str | None:
        """The formula for notebooks; None, which means plain text, when it would be unreadably long."""
        if len(self.class_functions) > 4 or sympy.count_ops(self.phi) > _LONGEST_SHOWN:
            return None
        parts = [f"L(z, y) = {sympy.latex(self.phi)}", r"t = \sum_{k \in y} z_k" if self.phi.has(M) else "t = z_y"]
        for symbol, function in zip(self.sums, self.class_functions, strict=True):
            inside = sympy.latex(function.subs(Z, sympy.Symbol("z_j", real=True)))
            parts.append(rf"{sympy.latex(symbol)} = \sum_j {inside}")
        text = r",\quad ".join(parts)
        return rf"$\displaystyle {text}$" if len(text) <= _LONGEST_LATEX else None

    def at(self, logits: list[sympy.Expr], target: int | Sequence[int]) -> sympy.Expr:
        """``L(z, target)`` for a concrete list of logits and a label or a set of labels, counted from 0."""
        labels = (target,) if isinstance(target, int) else tuple(target)
        own = sympy.Add(*(logits[k] for k in labels))
        values = {T: own, K: sympy.Integer(len(logits)), M: sympy.Integer(len(labels))}
        for symbol, function in zip(self.sums, self.class_functions, strict=True):
            values[symbol] = sympy.Add(*(function.subs(Z, logit) for logit in logits))
        return self.phi.subs(values, simultaneous=True)

    def single_label(self) -> Loss:
        """The loss for one label: m = 1."""
        if not self.phi.has(M):
            return self
        return Loss(self.name, self.phi.subs(M, 1), self.class_functions, self.source, self.parameters)

    def for_classes(self, classes: int) -> Loss:
        """The loss at so many classes, where a factor with K keeps it from being F(ell) + tilt (z_y - mean z)."""
        if K not in self.phi.free_symbols or self.softmax_form() is not None:
            return self
        fixed = Loss(self.name, self.phi.subs(K, classes), self.class_functions, self.source, self.parameters)
        return self if fixed.softmax_form() is None else fixed

    def softmax_form(self) -> SoftmaxForm | None:
        """The loss as profile(ell) + tilt * (z_y - mean z), or None when that was not recognised.

        An answer is proved: with S_1 = exp(ell + t), phi at fixed ell is defined for all t and sums of logits or for
        none, its derivatives are exactly ``tilt`` in t and ``-tilt / K`` in the sum of all logits, and phi is
        ``profile`` where both are zero.
        """
        return _softmax_form(self)


def softmax_sums(loss: Loss) -> dict[sympy.Symbol, sympy.Expr] | None:
    """The class sums in softmax letters: sum_j (a exp(z_j) + b z_j + c) = a exp(ell + t) + b TOTAL + c K.

    None when a class function is not such a combination with rational a, b, c.
    """
    values: dict[sympy.Symbol, sympy.Expr] = {}
    for symbol, function in zip(loss.sums, loss.class_functions, strict=True):
        parts = _exponential_and_linear(function)
        if parts is None:
            return None
        values[symbol] = parts[0] * sympy.exp(ELL + T) + parts[1] * TOTAL + parts[2] * K
    return values


@lru_cache(maxsize=256)
def _softmax_form(loss: Loss) -> SoftmaxForm | None:
    values = softmax_sums(loss)
    if values is None:
        return None
    along = loss.phi.subs({**values, M: sympy.Integer(1)}, simultaneous=True)
    if not is_regular(along, (T, TOTAL)):
        return None
    tilt = constant_value(-K * sympy.diff(along, TOTAL))
    if tilt is None or constant_value(sympy.diff(along, T)) != tilt:
        return None
    profile = along.subs({T: sympy.Integer(0), TOTAL: sympy.Integer(0)}, simultaneous=True)
    if profile.free_symbols - {ELL} or profile.has(sympy.nan, sympy.zoo, sympy.oo):
        return None
    return SoftmaxForm(profile, tilt)


def _exponential_and_linear(function: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr, sympy.Expr] | None:
    """(a, b, c) with ``function == a exp(z) + b z + c``, rational; None for another function."""
    if _expanded_size(function) > _MOST_TERMS:
        return None
    rest = sympy.expand(function)
    exponential, linear = rest.coeff(sympy.exp(Z)), rest.coeff(Z, 1)
    constant = sympy.expand(rest - exponential * sympy.exp(Z) - linear * Z)
    parts = (exponential, linear, constant)
    return parts if all(part.is_Rational for part in parts) else None


#: Beyond this many terms a class function is not multiplied out, and so not recognised.
_MOST_TERMS = 2000


def _expanded_size(expression: sympy.Expr) -> int:
    """A bound on the number of terms once everything is multiplied out; ``_MOST_TERMS + 1`` for any beyond."""
    if not expression.args:
        return 1
    sizes = [_expanded_size(part) for part in expression.args]
    exponent = expression.args[1] if expression.is_Pow else None
    if exponent is not None and exponent.is_Integer and exponent > 0:
        size = sizes[0] ** min(int(exponent), 12) if sizes[0] > 1 else 1  # 2^12 is beyond already
    else:
        size = prod(sizes) if expression.is_Mul else sum(sizes)
    return min(size, _MOST_TERMS + 1)


def _expression(part: str, value: object) -> sympy.Expr:
    """``value`` if it is an expression or an exact number; text is refused, since reading it would run it."""
    if isinstance(value, sympy.Expr):
        return value
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return sympy.Rational(value.numerator, value.denominator)
    hint = "; for text write loss_from_expression" if isinstance(value, str) else ""
    raise InvalidLoss(f"{part}={value!r} is not a SymPy expression{hint}")


def _check(part: str, expression: sympy.Expr, allowed: set[sympy.Symbol]) -> None:
    if expression.has(sympy.Float):
        raise InvalidLoss(f"{part}={expression} contains a binary float; write rationals such as Rational(1, 10)")
    foreign = {symbol for symbol in expression.free_symbols if symbol not in allowed}
    if foreign:
        names = ", ".join(sorted(map(str, foreign)))
        known = ", ".join(sorted(map(str, allowed)))
        raise InvalidLoss(f"{part}={expression} uses {names}, but a class-symmetric loss may use only {known}")
    for node in sympy.preorder_traversal(expression):
        if not (
            node.is_Symbol
            or node.is_Rational
            or node.is_Add
            or node.is_Mul
            or node.is_Pow
            or isinstance(node, sympy.exp | sympy.log)
            or node is sympy.E
        ):
            raise InvalidLoss(
                f"{part}={expression} uses {type(node).__name__}; only + * / powers, exp and log are covered"
            )
        if node.is_Pow and node.args[0].is_negative and node.args[1].is_integer is False:
            raise InvalidLoss(f"{part}={expression} contains {node}, which is not real")
