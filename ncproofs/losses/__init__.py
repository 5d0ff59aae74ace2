"""Losses of the form phi(t, class sums), one a file."""

from ncproofs.losses.cross_entropy import cross_entropy
from ncproofs.losses.focal import focal
from ncproofs.losses.label_smoothing import label_smoothing
from ncproofs.losses.loss import Loss
from ncproofs.losses.mean_squared import mean_squared
from ncproofs.losses.pick_all_label import pick_all_label
from ncproofs.losses.spelling import known_loss, loss_from_expression, loss_from_text

__all__ = [
    "Loss",
    "cross_entropy",
    "focal",
    "known_loss",
    "label_smoothing",
    "loss_from_expression",
    "loss_from_text",
    "mean_squared",
    "pick_all_label",
]
