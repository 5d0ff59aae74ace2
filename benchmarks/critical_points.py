"""Random critical points in twelve settings: how many are found, certified, by index, and what is undecided.

Run from the repository: OPENBLAS_NUM_THREADS=1 python benchmarks/critical_points.py [STARTS]
Both geometries, four losses, K = 3..6, d = K-1..K+2, n = 1..3; two processes.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from ncproofs.campaign import Campaign, run
from ncproofs.campaign_file import Heading
from ncproofs.critical.random_points import Candidate, SearchResult, chosen
from ncproofs.losses import cross_entropy, focal, label_smoothing, mean_squared
from ncproofs.problems.features import FeatureProblem, Ridge, Spheres
from ncproofs.proof.search_verdict import judge

SETTINGS: tuple[FeatureProblem, ...] = (
    Ridge(cross_entropy(), 3, 2, 1, "1/100", "1/200"),
    Ridge(cross_entropy(), 5, 6, 2, "1/300", "1/400", "1/10"),
    Ridge(label_smoothing("1/10"), 4, 4, 2, "1/200", "1/100", 0),
    Ridge(focal(2), 6, 5, 1, "1/200", "1/200"),
    Ridge(mean_squared(), 5, 7, 3, "1/60", "1/100", 1),
    Ridge(cross_entropy(), 6, 8, 3, "1/400", "1/400"),
    Spheres(cross_entropy(), 4, 4, 1, 3),
    Spheres(cross_entropy(), 5, 6, 2, 4),
    Spheres(label_smoothing("1/10"), 3, 4, 3, 1),
    Spheres(focal(2), 6, 7, 1, 2),
    Spheres(mean_squared(), 4, 6, 1, "1/2"),
    Spheres(cross_entropy(), 6, 8, 3, 2),
)


def searched(problem: FeatureProblem, starts: int) -> SearchResult:
    heading = Heading(problem, 0, chosen(None), problem.loss.name)
    campaign, candidates, points = Campaign(heading, tuple(range(starts))), [], {}
    for event in run(campaign, jobs=2):
        if isinstance(event, Candidate):
            candidates.append(event)
        else:
            points[event.candidate.number] = event.classified
    return campaign.result(candidates, points)


def main() -> int:
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    total: Counter[str] = Counter()
    sys.stdout.write(f"{starts} starts a setting, seed 0, two processes\n")
    for problem in SETTINGS:
        began = time.perf_counter()
        result = searched(problem, starts)
        judged, seconds = judge(result), time.perf_counter() - began
        inside = judged.is_inside
        against = len(judged.against)
        where = f"{against} violations" if inside else f"no theorem, {against} counterexamples"
        sys.stdout.write(
            f"{problem}: {result.converged} converged, {len(result.points)} distinct, "
            f"{len(result.certified)} certified, {len(result.saddles)} not minimal, {where}, {seconds:.1f} s\n"
            "  by index: "
            f"{' '.join(f'{index}:{count}' for index, count in result.by_index.items())}\n"
        )
        reasons = Counter((point.classified.kind, point.classified.reason) for point in result.undecided)
        for (kind, reason), count in sorted(reasons.items()):
            sys.stdout.write(f"  undecided {count}, {kind}: {reason}\n")
        total.update(distinct=len(result.points), certified=len(result.certified), saddles=len(result.saddles),
                     undecided=len(result.undecided), violations=against if inside else 0,
                     inside=len(result.saddles) if inside else 0)
        for name, (tried, converged, saddles, new) in result.success.items():
            total.update({f"{name} starts": tried, f"{name} converged": converged, f"{name} not minimal": saddles,
                          f"{name} new": new})
        sys.stdout.flush()
    sys.stdout.write(
        f"\ndistinct {total['distinct']}, certified {total['certified']} ({total['saddles']} of them not minimal), "
        f"undecided {total['undecided']}\ninside the hypotheses: {total['inside']} not minimal, "
        f"{total['violations']} violations\n"
    )
    for name in chosen(None):
        sys.stdout.write(f"{name:>10}: {total[f'{name} converged']} of {total[f'{name} starts']} converged, "
                         f"{total[f'{name} not minimal']} not minimal, {total[f'{name} new']} new\n")
    return 1 if total["violations"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
