"""The mean-squared-error Hessian at a point that is diagonal in orthonormal frames, block by block.

The mean squared error does not change under rotations of the class space, so a critical point may be written with
W = diag(omega) and class-mean features diag(eta) in orthonormal frames of class and feature space. The class space
splits into blocks of equal scale (one of them spanned by 1, where the bias acts), the feature space into the same
blocks and a hidden one that is not used. A block is an index range of symbolic size, so that every identity below
holds for all sizes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import sympy

from ncproofs.calculus.indexed import Index, IndexedSum, delta, scalar, total

__all__ = ["Block", "FramePoint", "Move"]

K, n = sympy.symbols("K n", integer=True, positive=True)
N = n * K


@dataclass(frozen=True)
class Block:
    """Part of class and feature space with one scale.

    Arguments:
        name, size: the index range. omega, eta: scales of W and of the class-mean features (0, 0 if unused).
        slope: the diagonal entry of G on this block of classes; None for the hidden block of features.
        is_mean: the block is spanned by the vector 1, so that a bias enters there. It has size 1, and entries
            carry no index for it.
    """

    name: str
    size: sympy.Expr
    omega: sympy.Expr = sympy.S.Zero
    eta: sympy.Expr = sympy.S.Zero
    slope: sympy.Expr | None = None
    is_mean: bool = False


@dataclass(frozen=True)
class Move:
    """A direction, block by block: dW and dH at (feature block, class block), db at the class block.

    Entries carry the free indices ``row(feature)``, ``column(class)``, and ``SAMPLE`` in dH.
    """

    dW: Mapping[tuple[str, str], IndexedSum]
    dH: Mapping[tuple[str, str], IndexedSum]
    db: Mapping[str, IndexedSum]

    @classmethod
    def of(
        cls,
        dW: Mapping[tuple[str, str], object] | None = None,
        dH: Mapping[tuple[str, str], object] | None = None,
        db: Mapping[str, object] | None = None,
    ) -> Move:
        """A direction from its nonzero entries; plain numbers become indexed sums."""
        return cls(
            {key: scalar(entry) for key, entry in (dW or {}).items()},
            {key: scalar(entry) for key, entry in (dH or {}).items()},
            {key: scalar(entry) for key, entry in (db or {}).items()},
        )

    def combined(self, other: Move, factor: sympy.Expr) -> Move:
        return Move(
            _added(self.dW, other.dW, factor), _added(self.dH, other.dH, factor), _added(self.db, other.db, factor)
        )


def _added(left: Mapping, right: Mapping, factor: sympy.Expr) -> dict:  # type: ignore[type-arg]
    return {key: left.get(key, scalar(0)) + right.get(key, scalar(0)) * factor for key in {*left, *right}}


SAMPLE = Index("i", n)


def row(block: Block) -> Index:
    """The free index of a feature coordinate in ``block``."""
    return Index(f"p_{block.name}", block.size)


def column(block: Block) -> Index:
    """The free index of a class direction in ``block``."""
    return Index(f"k_{block.name}", block.size)


@dataclass(frozen=True)
class FramePoint:
    """A point of the mean-squared-error objective, with its weights."""

    classes: tuple[Block, ...]
    hidden: Block
    lambda_W: sympy.Expr
    lambda_H: sympy.Expr
    lambda_b: sympy.Expr

    def in_letters(self) -> tuple[FramePoint, dict[sympy.Symbol, sympy.Expr]]:
        """The same point with a letter for each number that is neither one nor 0; the letters and their values."""
        values: dict[sympy.Symbol, sympy.Expr] = {}

        def letter(name: str, value: sympy.Expr) -> sympy.Expr:
            if sympy.sympify(value, strict=True).is_Atom:
                return value
            symbol = sympy.Symbol(name, real=True)
            values[symbol] = value
            return symbol

        classes = tuple(
            replace(block, omega=letter(f"omega_{block.name}", block.omega), eta=letter(f"eta_{block.name}", block.eta),
                    slope=None if block.slope is None else letter(f"g_{block.name}", block.slope))
            for block in self.classes
        )
        weights = (letter(f"lambda_{x}", getattr(self, f"lambda_{x}")) for x in "WHb")
        return FramePoint(classes, self.hidden, *weights), values

    def _rows(self) -> Iterable[Block]:
        return (*(block for block in self.classes if block.omega != 0), self.hidden)

    def _moved(self, move: Move, out: Block, of: Block) -> IndexedSum:
        """Change of logit ``column(out)`` of the samples in direction ``_primed(of)`` of class space."""
        result = scalar(0)
        if (of.name, out.name) in move.dW:
            result = result + move.dW[of.name, out.name].at({row(of): _primed(of)}) * of.eta
        if (out.name, of.name) in move.dH:
            entry = move.dH[out.name, of.name].at({column(of): _primed(of)})
            result = result + entry.at({row(out): column(out)}) * out.omega
        if of.is_mean and out.name in move.db:
            result = result + move.db[out.name] * sympy.sqrt(K)
        return result

    def apply_hessian(self, move: Move) -> Move:
        """Hess_W = H dG^T + (dH) G^T + lambda_W dW and so on, with dG = (1/N) (change of logits)."""
        hess_w: dict[tuple[str, str], IndexedSum] = {}
        hess_h: dict[tuple[str, str], IndexedSum] = {}
        hess_b: dict[str, IndexedSum] = {}
        for cls in self.classes:
            for feature in self._rows():
                hess_w[feature.name, cls.name] = self._row_w(move, feature, cls)
                hess_h[feature.name, cls.name] = self._row_h(move, feature, cls)
            hess_b[cls.name] = self._row_b(move, cls)
        return Move(hess_w, hess_h, hess_b)

    def _row_w(self, move: Move, feature: Block, cls: Block) -> IndexedSum:
        result = move.dW.get((feature.name, cls.name), scalar(0)) * self.lambda_W
        if feature.name != self.hidden.name:
            moved, inner = self._moved(move, cls, feature), _primed(feature)
            diagonal = scalar(1) if feature.is_mean else delta(inner, row(feature))
            result = result + total(moved * diagonal * feature.eta, inner, SAMPLE) / N
        turned = total(move.dH.get((feature.name, cls.name), scalar(0)), SAMPLE)
        return result + turned * sympy.sympify(cls.slope, strict=True)

    def _row_h(self, move: Move, feature: Block, cls: Block) -> IndexedSum:
        result = move.dH.get((feature.name, cls.name), scalar(0)) * self.lambda_H
        if feature.name != self.hidden.name:
            moved = self._moved(move, feature, cls).at({column(feature): row(feature)})
            result = result + moved.at({_primed(cls): column(cls)}) * feature.omega / N
        return result + move.dW.get((feature.name, cls.name), scalar(0)) * sympy.sympify(cls.slope, strict=True)

    def _row_b(self, move: Move, cls: Block) -> IndexedSum:
        result = move.db.get(cls.name, scalar(0)) * self.lambda_b
        for mean in self.classes:
            if mean.is_mean:
                moved = self._moved(move, cls, mean)
                result = result + total(moved, _primed(mean), SAMPLE) * sympy.sqrt(K) / N
        return result


def _primed(block: Block) -> Index:
    """A second class index of the same block."""
    return Index(f"l_{block.name}", block.size)
