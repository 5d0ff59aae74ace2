"""Training problems of the unconstrained features model, as values."""
