"""Who wrote the papers that the theorems render, and where they appeared."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PAPERS", "Paper"]


@dataclass(frozen=True)
class Paper:
    """Title, authors in order, where and when."""

    title: str
    authors: tuple[str, ...]
    venue: str
    year: int


#: arXiv number -> paper.
PAPERS = {
    "2002.09773": Paper(
        "Revealing the Structure of Deep Neural Networks via Convex Duality", ("Tolga Ergen", "Mert Pilanci"),
        "International Conference on Machine Learning", 2021,
    ),
    "2002.10553": Paper(
        "Neural Networks are Convex Regularizers: Exact Polynomial-time Convex Optimization Formulations for "
        "Two-layer Networks", ("Mert Pilanci", "Tolga Ergen"), "International Conference on Machine Learning", 2020,
    ),
    "2202.08087": Paper(
        "Extended Unconstrained Features Model for Exploring Deep Neural Collapse", ("Tom Tirer", "Joan Bruna"),
        "International Conference on Machine Learning", 2022,
    ),
    "2209.09211": Paper(
        "Neural Collapse with Normalized Features: A Geometric Analysis over the Riemannian Manifold",
        ("Can Yaras", "Peng Wang", "Zhihui Zhu", "Laura Balzano", "Qing Qu"),
        "Advances in Neural Information Processing Systems 35", 2022,
    ),
    "2210.02192": Paper(
        "Are All Losses Created Equal: A Neural Collapse Perspective",
        ("Jinxin Zhou", "Chong You", "Xiao Li", "Kangning Liu", "Sheng Liu", "Qing Qu", "Zhihui Zhu"),
        "Advances in Neural Information Processing Systems 35", 2022,
    ),
    "2310.05351": Paper(
        "Generalized Neural Collapse for a Large Number of Classes",
        ("Jiachen Jiang", "Jinxin Zhou", "Peng Wang", "Qing Qu", "Dustin G. Mixon", "Chong You", "Zhihui Zhu"),
        "International Conference on Machine Learning", 2024,
    ),
    "2310.15903": Paper(
        "Neural Collapse in Multi-label Learning with Pick-all-label Loss",
        ("Pengyu Li", "Xiao Li", "Yutong Wang", "Qing Qu"), "International Conference on Machine Learning", 2024,
    ),
}
