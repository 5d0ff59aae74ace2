"""Are All Losses Created Equal: A Neural Collapse Perspective (arXiv 2210.02192), and its cross-entropy forerunner."""
