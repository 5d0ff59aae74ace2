"""Neural Collapse with Normalized Features: A Geometric Analysis over the Riemannian Manifold (arXiv 2209.09211)."""
