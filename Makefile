# Everything lives in .venv; nothing is installed outside it. `make help` lists the targets.
# A stamp file marks each finished step, so that a second run does only what changed.

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=
N      ?= 200
BIN    := $(VENV)/bin

# Images often forbid Python to keep compiled modules. Here they are wanted: without them, and without the parsed rules
# and facts that are kept in the same way, every start reads and compiles everything anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test lint format docs charts oracle oracle-fuzz bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

# An old pip writes console scripts that import `re` before anything else: a tenth of what a check costs.
$(VENV)/.python: | check-python
	$(PYTHON) -m venv --clear $(VENV) || { \
	  echo "error: $(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@touch $@

.PHONY: check-python
check-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: valuelint needs Python 3.11 or later; name one with: make PYTHON=python3.12 ..." >&2; exit 1; }

$(VENV)/.installed: $(VENV)/.python pyproject.toml setup.py
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.tools: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

setup: $(VENV)/.tools ## set up .venv with everything the other targets need

demo: $(VENV)/.installed ## check the example: two values files that look right and are not
	@echo '$$ valuelint check examples/guide'
	@$(BIN)/valuelint check examples/guide; code=$$?; \
	if [ $$code -ne 1 ]; then echo "error: the example has findings, so exit code 1 was expected, not $$code" >&2; exit 1; fi; \
	echo; echo 'The findings are expected: the example shows what valuelint is for.'

test: $(VENV)/.tools ## run all tests; ARGS="-m 'not slow'" for the quick ones
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.tools ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.tools ## put the code into the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed ## write anew what the documents quote: docs/rules.md, output in README.md
	$(BIN)/python docs/refresh.py

# A chart is a folder with a Chart.yaml, or an archive as Helm downloads it.
FOUND = $(strip $(wildcard $(CHARTS)/*.tgz) $(patsubst %/Chart.yaml,%,$(wildcard $(CHARTS)/*/Chart.yaml)))

charts: $(VENV)/.installed ## add released charts to schemas/*/defaults.json; CHARTS=FOLDER says where they are
	$(BIN)/python -m valuelint.charts.compiler \
	  $(or $(if $(CHARTS),$(FOUND)),$(error no charts in '$(CHARTS)'; name their folder: make charts CHARTS=FOLDER))

$(VENV)/.oracle: $(VENV)/.tools
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[oracle]'
	@touch $@

NAMED = $(or $(CHARTS),$(error name the folder of the charts: make $@ CHARTS=FOLDER))

oracle: $(VENV)/.oracle ## ask the real Helm for the expectations of tests/golden anew; CHARTS=FOLDER
	$(BIN)/python -m tests.golden.oracle $(NAMED) $(if $(CHART),--only $(CHART))

oracle-fuzz: $(VENV)/.oracle ## compare N random values with what the real Helm renders; CHARTS=FOLDER N=200
	$(BIN)/python -m tests.golden.oracle $(NAMED) --fuzz $(N) $(if $(CHART),--only $(CHART))

bench: $(VENV)/.tools ## measure speed; ARGS=--quick for a rough look
	$(BIN)/python benchmarks/run.py $(ARGS)

clean: ## remove .venv, builds and caches
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
