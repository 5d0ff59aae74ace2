"""Closed forms: logit calculus, the objective, indexed sums, symmetry sectors."""
