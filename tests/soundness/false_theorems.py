"""False theorems as whole values: each is mostly true, and none may be certified.

``package.module:name`` on the command line finds them. ``holds`` is their true neighbour.
"""

from __future__ import annotations

from collections.abc import Iterable

from ncproofs.losses import cross_entropy
from ncproofs.problems.features import Ridge
from ncproofs.proof.claims import Axiom, BenignLandscape, Claim, Hole, OptimalValue
from ncproofs.theorems.catalogue import load
from ncproofs.theorems.theorem import Hypothesis, Source, Theorem
from ncproofs.truth import Truth
from tests.soundness.false_general import IDENTITIES, ROOTS, SIGNS, SUMS
from tests.soundness.false_ridge import COUNTS, KINDS, VALUES
from tests.soundness.neighbours import Neighbours

_SOURCE = Source(paper="none", arxiv="", quoted="nothing", relation="auxiliary")
_BENIGN = "every critical point is a global minimiser or a strict saddle, for every d"


def _made(name: str, claims: Iterable[Claim], **parts: object) -> Theorem:
    claims = tuple(claims)
    given: dict[str, object] = {
        "title": name, "statement": name, "idea": "one mistake among true steps", "source": _SOURCE,
        "covers": "all K >= 2", "general": lambda: claims, **parts,
    }
    return Theorem(name=name, **given)  # type: ignore[arg-type]


def _with_one_mistake(name: str, table: dict[str, Neighbours], wrong: str) -> Theorem:
    """All true neighbours of ``table``, but the false one at ``wrong``."""
    return _made(name, [n.false if key == wrong else n.true for key, n in table.items()])


holds = _made("holds", [*(n.true for n in SUMS.values()), *(n.true for n in IDENTITIES.values())])
samples_for_n = _with_one_mistake("samples-for-n", SUMS, "completing the square with N")
margin_of_k = _with_one_mistake("margin-of-k", IDENTITIES, "data term: -log(1 - K q)")
reversed_mean = _with_one_mistake("reversed-mean", SIGNS, "arithmetic below geometric mean")
three_roots = _with_one_mistake("three-roots", ROOTS, "a cubic has three")
swapped_value = _with_one_mistake("swapped-value", VALUES, "value with c = sqrt(N lambda_W lambda_H)")
wrong_threshold = _with_one_mistake("wrong-threshold", KINDS, "an ETF just beyond the threshold")
all_rotations = _with_one_mistake("all-rotations", COUNTS, "zero modes: rotations of R^d")
#: Undecided, because no random tensor with a nonlinear constraint is built: still never certified.
loose_hypothesis = _with_one_mistake("loose-hypothesis", SUMS, "a move that is not tangent")

nothing = _made("nothing", [])
only_classics = _made("only-classics", [Axiom(name="Jensen's inequality", uses="everything follows")])
own_axiom = _made("own-axiom", [
    IDENTITIES["a logarithm of a sum is a sum of logarithms"].true,
    Axiom(name="every critical point is global", uses="the landscape is benign"),
])
hole = _made("hole", [IDENTITIES["true only at K = 2"].true, Hole(step="the general case is similar")])


def _everywhere(problem: Ridge) -> Iterable[Claim]:
    yield BenignLandscape(problem=problem, sentence=_BENIGN)


def _attained(problem: Ridge) -> Iterable[Claim]:
    at = Ridge(cross_entropy(), problem.K, problem.K - 1, problem.n, problem.lambda_W, problem.lambda_H)
    for claim in load("collapse-optimum").instance(at):  # type: ignore[misc]
        if isinstance(claim, OptimalValue):
            yield OptimalValue(problem=problem, value=claim.value, relation="<=")


#: The landscape theorem with its hypothesis on d dropped, and the bound said to be attained in any dimension.
benign_for_every_d = _made("benign-for-every-d", [], general=None, instance=_everywhere)
attained_for_every_d = _made("attained-for-every-d", [], general=None, instance=_attained)
#: True claims under a hypothesis that says yes without a Truth: it counts as unmet.
careless_hypothesis = _made(
    "careless-hypothesis", [], general=None, instance=_everywhere,
    hypotheses=(Hypothesis("anything", lambda problem: True),),  # type: ignore[arg-type,return-value]
)
unmet_hypothesis = _made(
    "unmet-hypothesis", [], general=None, instance=_everywhere,
    hypotheses=(Hypothesis("never", lambda problem: Truth.UNDECIDED),),
)

#: Name -> what a run must come out as; none is certified.
GENERAL: dict[str, Truth] = {
    "samples_for_n": Truth.FAILS,
    "margin_of_k": Truth.FAILS,
    "reversed_mean": Truth.FAILS,
    "three_roots": Truth.FAILS,
    "swapped_value": Truth.FAILS,
    "wrong_threshold": Truth.FAILS,
    "all_rotations": Truth.FAILS,
    "loose_hypothesis": Truth.UNDECIDED,
    "nothing": Truth.UNDECIDED,
    "only_classics": Truth.HOLDS,
    "own_axiom": Truth.HOLDS,
    "hole": Truth.HOLDS,
}
#: Name -> (sizes, what a run must come out as); none is certified.
INSTANCES: dict[str, tuple[Ridge, Truth]] = {
    "benign_for_every_d": (Ridge(cross_entropy(), 4, 1, 1, "1/400", "1/400"), Truth.FAILS),  # type: ignore[arg-type]
    "attained_for_every_d": (Ridge(cross_entropy(), 4, 2, 1, "1/100", "1/100"), Truth.UNDECIDED),  # type: ignore[arg-type]
    "careless_hypothesis": (Ridge(cross_entropy(), 4, 3, 1, "1/100", "1/100"), Truth.HOLDS),  # type: ignore[arg-type]
    "unmet_hypothesis": (Ridge(cross_entropy(), 4, 3, 1, "1/100", "1/100"), Truth.HOLDS),  # type: ignore[arg-type]
}
