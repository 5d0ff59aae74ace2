"""How far trained classifiers and features are from the theorem's optimum."""
