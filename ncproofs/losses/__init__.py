"""Losses of the form phi(t, class sums), one a file."""

from ncproofs.losses.cross_entropy import cross_entropy
from ncproofs.losses.focal import focal
from ncproofs.losses.label_smoothing import label_smoothing
from ncproofs.losses.loss import Loss
from ncproofs.losses.mean_squared import mean_squared

__all__ = ["Loss", "cross_entropy", "focal", "label_smoothing", "mean_squared"]
