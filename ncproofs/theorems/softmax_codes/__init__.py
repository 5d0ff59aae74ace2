"""Generalised neural collapse: more classes than dimensions, softmax codes and Tammes codes."""
