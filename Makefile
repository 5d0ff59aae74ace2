# Needs only Python >= 3.11 and make. Everything is installed into $(VENV), once for each state of pyproject.toml.
PYTHON ?= python3
VENV ?= .venv
JOBS ?= auto
BIN = $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: verify formal test test-all lint docs bench clean

verify: $(VENV)/.core
	$(BIN)/ncproofs verify

formal: $(VENV)/.core
	$(BIN)/ncproofs formal

test: $(VENV)/.test
	$(BIN)/python -m pytest -q -n $(JOBS) --slow slice

test-all: $(VENV)/.test
	$(BIN)/python -m pytest -q -n $(JOBS) --slow all

lint: $(VENV)/.test $(VENV)/.lint
	$(BIN)/ruff check --output-format concise .
	$(BIN)/mypy

docs: $(VENV)/.test $(VENV)/.docs
	$(BIN)/sphinx-build -q -E -W -b html docs docs/_build/html

bench: $(VENV)/.test
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is older than Python 3.11; write make PYTHON=python3.12 (or a path) instead"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml | $(VENV)/bin/python
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.%: pyproject.toml $(VENV)/.core
	$(INSTALL) --editable '.[$*]'
	@touch $@

clean:
	rm -rf $(VENV) docs/_build .pytest_cache .mypy_cache .ruff_cache
