"""Theorems about samples that carry a set of labels: pick-all-label cross-entropy with weight decay."""
