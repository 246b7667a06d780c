# make demo    the whole journey on this machine, nothing to configure
# make test    the whole test suite
# make check   style, types, import contracts, and the tests with branch coverage
# make bench   the benchmark table

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
# Most tests wait for something most of the time, so that one worker more than there are processors keeps all busy.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

SOURCES := $(shell find newsletter subscribers templates tests docs -type f -not -name "*.pyc") pyproject.toml README.md

.PHONY: demo test check lint bench clean
.DELETE_ON_ERROR:

demo: $(VENV)/.runs
	@$(BIN)/newsletter demo $(DEMO)

test:
	@rm -f .coverage
	@$(MAKE) --no-print-directory .coverage

# Running the suite leaves .coverage behind, so that `make check` after `make test` runs no test twice.
.coverage: $(VENV)/.develops $(SOURCES)
	$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal --cov --cov-report=

check: lint .coverage
	$(BIN)/coverage report --fail-under=90

lint: $(VENV)/.develops
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.develops
	$(BIN)/python -m tests.benchmark

# Versions are pinned in constraints.txt; what is compatible stands in pyproject.toml.
$(VENV)/.runs: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (once) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "newsletter needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.develops: $(VENV)/.runs
	@echo "Adding what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) $(DEMO) dist .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
