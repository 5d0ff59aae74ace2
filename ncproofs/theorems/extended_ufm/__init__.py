"""Extended Unconstrained Features Model for Exploring Deep Neural Collapse (arXiv 2202.08087): mean squared error."""
