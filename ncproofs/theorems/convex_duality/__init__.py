"""Convex duality of regularised networks: closed forms for linear and ReLU networks, splines, batch normalisation."""
