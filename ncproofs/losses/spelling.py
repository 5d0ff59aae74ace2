"""Losses from text: ``focal(2)``, ``pkg.module:name``, or an expression in t, S1, S2, ... and K with its functions.

Text is never evaluated. Names are looked up in a table; expressions go through a whitelist of syntax nodes,
with limits on length, depth, digits and exponents.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from ncproofs.errors import InvalidLoss, NcproofsError, UnknownName
from ncproofs.losses.cross_entropy import cross_entropy
from ncproofs.losses.expressions import expression_from_text
from ncproofs.losses.focal import focal
from ncproofs.losses.identities import vanishes
from ncproofs.losses.label_smoothing import label_smoothing
from ncproofs.losses.loss import K, Loss, S, T, Z
from ncproofs.losses.mean_squared import mean_squared
from ncproofs.losses.pick_all_label import pick_all_label
from ncproofs.losses.twins import as_known

__all__ = ["KNOWN", "known_loss", "loss_from_expression", "loss_from_text", "own_loss", "with_own_name"]

#: Name -> (constructor, its parameters in order, an example that can be typed).
KNOWN: dict[str, tuple[Callable[..., Loss], tuple[str, ...], str]] = {
    "cross_entropy": (cross_entropy, (), "cross_entropy"),
    "focal": (focal, ("gamma",), "focal(2)"),
    "label_smoothing": (label_smoothing, ("alpha",), "label_smoothing(1/10)"),
    "mean_squared": (mean_squared, (), "mean_squared"),
    "pick_all_label": (pick_all_label, ("power",), "pick_all_label"),
}
#: Losses that may be spelled without their arguments.
_DEFAULTED = ("pick_all_label",)

_LONGEST = 2000
_CALL = re.compile(r"([A-Za-z_]\w*)\s*(?:\((.*)\))?", re.ASCII | re.DOTALL)
_LETTER = re.compile(r"\b(?:t|S_?\d+)\b", re.ASCII)
_PATH = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)", re.ASCII)


def loss_from_text(text: str) -> Loss:
    """``cross_entropy``, ``focal(2)``, ... or ``pkg.module:name``.

    The latter imports that module, and so runs its code; the value is a ``Loss`` or a Python function without
    required arguments that returns one. For text from outside (suites, certificates) use ``known_loss``.

    Raises:
        UnknownName: no such loss, module or attribute.
        InvalidLoss, InvalidProblem, InexactInput: arguments that do not fit.
    """
    spelled = _trimmed(text)
    path = _PATH.fullmatch(spelled)
    return _imported(path[1], path[2]) if path else known_loss(spelled)


def known_loss(text: str) -> Loss:
    """A loss of this package by its spelling, or an expression; imports nothing.

    An expression is phi, and its class functions after semicolons where they are not exp(z): ``S1/2 - t + 1/2; z**2``.

    Raises:
        UnknownName: no such loss.
        InvalidLoss, InvalidProblem, InexactInput: arguments that do not fit.
    """
    spelled = _trimmed(text)
    call = _CALL.fullmatch(spelled)
    if _is_expression(spelled):
        phi, *functions = spelled.split(";")
        return loss_from_expression(phi, functions or ("exp(z)",))
    if call is None or call[1] not in KNOWN:
        near = get_close_matches(call[1] if call else spelled[:80], KNOWN, n=1)
        examples = ", ".join(example for _, _, example in KNOWN.values())
        hint = f"did you mean {KNOWN[near[0]][2]}? there are" if near else "there are"
        raise UnknownName(f"no loss {_shown(spelled)}; {hint} {examples}, or your own: an expression such as "
                          "log(S1) - t, or pkg.module:name")
    make, parameters, example = KNOWN[call[1]]
    inside = (call[2] or "").strip()
    arguments = [part.strip() for part in inside.split(",")] if inside else []
    if len(arguments) != len(parameters) and (arguments or call[1] not in _DEFAULTED):
        needs = ", ".join(parameters) or "no argument"
        raise InvalidLoss(
            f"{_shown(spelled)} has {len(arguments)} arguments, but {call[1]} takes {needs}; write {example}"
        )
    return make(*(_positional(part, name, example) for part, name in zip(arguments, parameters, strict=False)))


def loss_from_expression(
    phi: str,
    functions: Sequence[str] = ("exp(z)",),
    *,
    name: str = "",
    source: str = "given as an expression",
) -> Loss:
    """A loss from the text of phi (in t, S1, S2, ..., K) and of the class functions f_1, f_2, ... (in z).

    Its name is the text, with the class functions after semicolons where they are not exp(z): ``known_loss`` reads it.

    >>> loss_from_expression("log(S1) - t").softmax_form().profile
    ell

    Raises:
        InvalidLoss: the text is not such an expression; the message says what to write.
    """
    if isinstance(functions, str) or not 0 < len(functions) <= 8:
        raise InvalidLoss(f"functions={functions!r} given, but a list of 1 to 8 texts is needed, such as ['exp(z)']")
    letters = {"t": T, "K": K}
    for index in range(1, len(functions) + 1):
        letters |= {f"S{index}": S(index), f"S_{index}": S(index)}
    expression = expression_from_text(phi, letters, "phi")
    parts = [expression_from_text(text, {"z": Z}, f"f_{i}") for i, text in enumerate(functions, start=1)]
    usual = tuple(functions) == ("exp(z)",)
    spelled = " ".join((phi if usual else "; ".join([phi, *functions])).split())
    return as_known(with_own_name(Loss(name or spelled, expression, tuple(parts), source)))


def with_own_name(loss: Loss) -> Loss:
    """``loss``, unless it goes by the name of a shipped loss that it is not: documents would speak of the other one.

    Raises:
        InvalidLoss: it has such a name.
    """
    call = _CALL.fullmatch(loss.name)
    if call is None or call[1] not in KNOWN:
        return loss
    try:
        shipped = known_loss(loss.name)
    except NcproofsError:
        shipped = None
    if shipped is None or (shipped.phi, shipped.class_functions) != (loss.phi, loss.class_functions):
        raise InvalidLoss(
            f"the loss is named {_shown(loss.name)}, which is a loss of ncproofs with another expression; give it "
            "another name"
        )
    return loss


def own_loss(loss: Loss) -> Loss:
    """A loss that somebody built, once its name is known to speak of no other one.

    Raises:
        InvalidLoss: its name is that of a shipped loss, or an expression, and it is another.
    """
    loss = as_known(with_own_name(loss))
    if _is_expression(loss.name):
        try:
            named = known_loss(loss.name)
        except NcproofsError:
            return loss
        if named.class_functions != loss.class_functions or not vanishes(named.phi - loss.phi):
            raise InvalidLoss(f"the loss is named {_shown(loss.name)}, which is another expression; give it another "
                              "name")
    return loss


def _is_expression(spelled: str) -> bool:
    """Whether it is meant as one: it has a t or an S1, and is more than a name or a call of another name."""
    call = _CALL.fullmatch(spelled)
    named = call is not None and (call[1] in KNOWN or (call[2] is None and not _LETTER.fullmatch(call[1])))
    other = call is not None and call[2] is not None and call[1] not in ("exp", "log", "sqrt")
    return not named and not other and _LETTER.search(spelled) is not None


def _trimmed(text: object) -> str:
    if not isinstance(text, str):
        raise InvalidLoss(f"loss={text!r} is not text; write for example 'cross_entropy' or 'focal(2)'")
    if len(text) > _LONGEST:
        raise InvalidLoss(f"a loss of {len(text)} characters given; write at most {_LONGEST}, such as focal(2)")
    return text.strip()


def _positional(part: str, name: str, example: str) -> str:
    """The argument without a leading ``name=``."""
    key, equals, value = part.partition("=")
    if not equals:
        return part
    if key.strip() != name:
        raise InvalidLoss(f"the argument {_shown(part)} is not {name}; write {example}")
    return value.strip()


def _imported(module: str, attribute: str) -> Loss:
    spelled = f"{module}:{attribute}"
    if module.partition(".")[0] in sys.stdlib_module_names:
        raise UnknownName(f"{spelled} names a module of the standard library, which has no losses; write your own")
    try:
        value = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise UnknownName(
            f"{spelled}: no module {error.name!r} can be imported; write python -m ncproofs instead of ncproofs if it "
            "is in the current folder, else put its folder on PYTHONPATH or install it"
        ) from None
    except AttributeError:
        raise UnknownName(f"{spelled}: the module {module} has no {attribute!r}; write the name of a Loss") from None
    except Exception as error:
        raise InvalidLoss(f"{spelled}: importing {module} raised {_one_line(error)}; mend the module") from error
    return _as_loss(value, spelled)


def _as_loss(value: object, spelled: str) -> Loss:
    if inspect.isfunction(value):
        needed = [
            p.name
            for p in inspect.signature(value).parameters.values()
            if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        ]
        if needed:
            raise InvalidLoss(f"{spelled} needs {', '.join(needed)}; name a Loss or a function without arguments")
        try:
            value = value()
        except NcproofsError:
            raise
        except Exception as error:
            raise InvalidLoss(f"{spelled}() raised {_one_line(error)}; mend the function") from error
    if not isinstance(value, Loss):
        raise InvalidLoss(f"{spelled} is of type {type(value).__name__}; name a Loss or a function that returns one")
    return own_loss(value)


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
