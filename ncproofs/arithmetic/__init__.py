"""Number systems as values: exact rationals, Arb balls, mpmath digits. Precision is always an argument."""
