"""Sphinx: `make docs`."""

project = "ncproofs"
author = "The ncproofs authors"
extensions = ["myst_parser"]
html_theme = "furo"
exclude_patterns = ["_build", "ci-example"]
