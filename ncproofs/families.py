"""The families of problems that suites and the command line can spell, one row each.

A problem crosses files, pipes and command lines as exact spellings, key by key. To add a family, add a row to
``FAMILIES``: its keys, what may be left out, and the function that builds the problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ncproofs.errors import InvalidSuite

__all__ = ["FAMILIES", "GRID_KEYS", "Family", "family_named", "family_of_class", "family_of_keys", "problem_of"]


@dataclass(frozen=True, kw_only=True)
class Family:
    """How the problems of one class are spelled.

    Arguments:
        name: as in ``ncproofs optimum NAME``. problem: name of the problem's class.
        keys: every key, in the order in which a grid runs through them. optional: key -> spelling when left out.
        usual: key -> spelling when the command line leaves it out.
        whole: keys whose value may contain commas, so that only a TOML list separates several of them.
        several: sizes that may be one for each layer, with blanks between them: d = "2 K+1".
        build: from the spellings of every key to the problem. needed: for error messages.
    """

    name: str
    problem: str
    keys: tuple[str, ...]
    optional: Mapping[str, str]
    build: Callable[[dict[str, Any]], Any]
    needed: str
    usual: Mapping[str, str] = field(default_factory=dict)
    whole: tuple[str, ...] = ()
    several: tuple[str, ...] = ()


def _loss(value: Any) -> Any:
    """A loss as it is, or by its spelling."""
    from ncproofs.losses.loss import Loss
    from ncproofs.losses.spelling import loss_from_text, own_loss

    return own_loss(value) if isinstance(value, Loss) else loss_from_text(value)


def _ridge(given: dict[str, Any]) -> Any:
    from ncproofs.problems.features import Ridge

    return Ridge(loss=_loss(given.pop("loss")), **given)


def _spheres(given: dict[str, Any]) -> Any:
    from ncproofs.problems.features import Spheres

    return Spheres(loss=_loss(given.pop("loss")), **given)


def _layered(given: dict[str, Any]) -> Any:
    from ncproofs.problems.layered import Layered

    return Layered.from_parameters(given)


def _codes(given: dict[str, Any]) -> Any:
    from ncproofs.problems.codes import Codes

    return Codes(**given)


def _multilabel(given: dict[str, Any]) -> Any:
    from ncproofs.problems.multilabel import MultiLabel

    kept = {key: value for key, value in given.items() if value != "none"}
    return MultiLabel(loss=_loss(kept.pop("loss")), **kept)


def _network(given: dict[str, Any]) -> Any:
    from ncproofs.problems.network_data import network_from_text

    beta = given.pop("beta")
    return network_from_text(given.pop("kind"), given.pop("data"), beta=None if beta == "none" else beta, **given)


_SIZES = {"loss": "cross_entropy", "K": "3:5", "d": "K", "n": "1"}

#: Name -> family. A grid without the key ``family`` is of family sphere when it gives tau, multilabel when it gives
#: counts or labels, else ridge.
FAMILIES = {
    family.name: family
    for family in (
        Family(
            name="ridge", problem="Ridge", keys=("loss", "K", "d", "n", "lambda_W", "lambda_H", "lambda_b"),
            optional={"n": "1", "lambda_b": "none"}, build=_ridge, needed="lambda_W and lambda_H",
            usual={**_SIZES, "lambda_W": "1/100", "lambda_H": "1/100"},
        ),
        Family(
            name="sphere", problem="Spheres", keys=("loss", "K", "d", "n", "tau"), optional={"n": "1"},
            build=_spheres, needed="tau", usual={**_SIZES, "tau": "1"},
        ),
        Family(
            name="layered", problem="Layered",
            keys=("layers", "K", "d", "n", "lambdas", "lambda_H", "lambda_b", "relu", "class_sizes"),
            optional={"d": "K", "n": "1", "lambda_b": "none", "relu": "no", "class_sizes": "none"},
            build=_layered, needed='family = "layered", layers, lambdas and lambda_H',
            usual={"layers": "2", "K": "3:5", "lambdas": "1/100 1/100", "lambda_H": "1/100"},
            whole=("lambdas", "class_sizes"), several=("d",),
        ),
        Family(
            name="code", problem="Codes", keys=("K", "d"), optional={}, build=_codes,
            needed='family = "code", K and d alone', usual={"K": "3:6", "d": "3"},
        ),
        Family(
            name="multilabel", problem="MultiLabel",
            keys=("loss", "K", "d", "counts", "labels", "weights", "lambda_W", "lambda_H", "lambda_b"),
            optional={"loss": "pick_all_label", **dict.fromkeys(("counts", "labels", "weights", "lambda_b"), "none")},
            build=_multilabel, needed='counts = "1:3,2:2" or labels = "1; 1 3"', whole=("counts", "labels", "weights"),
            usual={"K": "3:5", "d": "K", "lambda_W": "1/100", "lambda_H": "1/100"},
        ),
        Family(
            name="network", problem="Network", keys=("kind", "data", "beta", "layers", "normalisation"),
            optional={"beta": "none", "layers": "2", "normalisation": "standard"}, whole=("data",),
            build=_network, needed='family = "network", kind and data',
        ),
    )
}

#: Every key that makes a table of a suite a grid of instances.
GRID_KEYS = tuple(dict.fromkeys(["family", *(key for family in FAMILIES.values() for key in family.keys)]))


def family_named(place: str, name: object) -> Family:
    """The family called ``name``.

    Raises:
        InvalidSuite: there is none.
    """
    if not isinstance(name, str) or name not in FAMILIES:
        raise InvalidSuite(f"{place}: there is no family {name!r}; there are: {', '.join(FAMILIES)}")
    return FAMILIES[name]


def family_of_class(problem: type) -> Family:
    """The family of a problem's class, as a theorem names it."""
    return next(family for family in FAMILIES.values() if family.problem == problem.__name__)


def family_of_keys(place: str, given: Mapping[str, Any]) -> Family:
    """The family that a grid speaks of: the one it names; else by tau; and no key of another family.

    Raises:
        InvalidSuite: an unknown family, or a key that it does not have.
    """
    if "family" in given:
        family = family_named(place, given["family"])
    else:
        sets = "counts" in given or "labels" in given
        family = FAMILIES["sphere" if "tau" in given else "multilabel" if sets else "ridge"]
    foreign = [key for key in given if key not in (*family.keys, "family")]
    if foreign and "family" not in given and family.name == "sphere":
        raise InvalidSuite(
            f"{place} gives tau and {', '.join(foreign)}, but normalised features have no weight decay; "
            "write either tau or the weights"
        )
    if foreign:
        raise InvalidSuite(
            f"{place} gives {', '.join(foreign)}, which problems of family {family.name} do not have; "
            f"they have: {', '.join(family.keys)}"
        )
    return family


def problem_of(parameters: Mapping[str, str]) -> Any:
    """The problem that ``parameters`` spell.

    Raises:
        NcproofsError: an unknown family or loss, or sizes and weights that do not describe a problem.
    """
    family = family_of_keys("the problem", parameters)
    return family.build({**family.optional, **{key: parameters[key] for key in parameters if key != "family"}})
