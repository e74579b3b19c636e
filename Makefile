# Everything a developer and CI run. `make up` and `make test` need nothing but Python 3.11, Go and root on Linux.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
CORTEX := $(BIN)/cortex

# Where it is set, each start of Python compiles every package again: some seconds, a hundred times in the tests.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup up down check test test-unit test-live test-exhaustive test-live-stack test-live-provider test-live-others conformance bench format lock

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/packages: requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not on PATH: install Python 3.11, or name it: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement requirements.txt
	@touch $@

$(VENV)/installed: $(VENV)/packages pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(VENV)/installed ## Make .venv and get every program that is missing
	$(CORTEX) local tools

up: $(VENV)/installed ## A real cluster, the stack `local` on it, verified
	@local/up.sh

down: $(VENV)/installed ## Stop the cluster; its objects are kept
	$(CORTEX) local down

check: $(VENV)/installed ## Format, lint, types, import rules, dependencies
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry .
	@# The image has these packages without the extra `deploy`; the program runs beside Pulumi only.
	$(BIN)/deptry bridge checks stacks --optional-dependencies-dev-groups dev,deploy \
		--extend-exclude 'stacks/(__main__|program)\.py'

test: test-unit test-live ## All tests, the live ones on a cluster of their own

test-unit: $(VENV)/installed
	@# Three on two cores, because some tests only wait. A worker keeps a run of files, and so imports and shares less.
	@# Each worker would import the files that have live tests only, to use none.
	$(BIN)/pytest -m "not live" --ignore-glob '*_live.py' --numprocesses 3 --dist worksteal

test-live: setup
	@echo "The live tests of the stack, of the plugin and real deployments, and all others run at the same time, each on a cluster of its own; each shows when it has ended."
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target test-live-stack test-live-provider test-live-others

test-exhaustive: ## The live tests with all drifts, more declarations and more interrupts; takes hours
	CORTEX_TEST_EXHAUSTIVE=1 $(MAKE) --no-print-directory test-live

test-live-stack:
	$(BIN)/pytest -m "live and stack" --durations=20 --ignore=tests/real_world

test-live-provider:
	@# And the real deployments, so that the three take about as long: those of the plugin want no stack before them.
	CORTEX_TEST_CLUSTER=provider $(BIN)/pytest -m live --durations=20 tests/provider tests/real_world

test-live-others:
	CORTEX_TEST_CLUSTER=others $(BIN)/pytest -m "live and not stack" --durations=20 --ignore=tests/provider --ignore=tests/real_world

conformance: setup ## The plugin's conformance cases; PLUGIN=FILE: with another plugin than ours
	@test -z "$(PLUGIN)" || test -x "$(PLUGIN)" || { echo "PLUGIN=$(PLUGIN) is not an executable file" >&2; exit 1; }
	CORTEX_TEST_CLUSTER=conformance CORTEX_TEST_PLUGIN="$(if $(PLUGIN),$(abspath $(PLUGIN)))" \
		$(BIN)/pytest -m live tests/provider/conformance $(if $(EXCEPT),-k "not ($(EXCEPT))")

bench: setup ## Measure speed, as ratios within one run
	$(BIN)/python -m bench

format: $(VENV)/installed ## Format the code and mend what the linter can
	$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

LOCK := uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command "make lock"

lock: ## Renew the locked requirements (needs uv and npm)
	$(LOCK) --upgrade --all-extras pyproject.toml --output-file requirements.txt
	@# The image has the versions that are tested; without the constraint, an extra would be older here alone.
	$(LOCK) --upgrade --constraint requirements.txt pyproject.toml --output-file bridge/requirements.txt
	$(LOCK) --upgrade bridge/servers/time/requirements.in --output-file bridge/servers/time/requirements.txt
	npm --prefix tests/bridge/conformance install --package-lock-only --ignore-scripts --no-audit --no-fund
