"""Claims and how they are settled."""
