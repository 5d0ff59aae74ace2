"""The same formulas on arrays, for large K: any array namespace, tiled, with rounding bounds."""
