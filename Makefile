# Two commands need nothing else: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Container images often set it. Every start of Python would compile thousands of modules anew: 28 s, not 4 s, until
# the unit tests are collected, and as much again in each process that a test starts.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check fix bench clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Virtual environment with pinned packages, system tools, engines (once: some minutes)
	@$(BIN)/ndcops toolchain build

$(READY): requirements/run.txt requirements/dev.txt requirements/build.txt pyproject.toml tests/install_system_tools.sh
	@echo "setup: system tools, then a virtual environment with pinned packages"
	@bash tests/install_system_tools.sh
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements/dev.txt -r requirements/build.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## The main job on three data centres of this machine; CHAPTER=... for one
	@$(BIN)/python -m tests.demo $(CHAPTER)

test: setup check ## Everything CI runs
	@# Two workers side by side, one lab at a time: tests/side_by_side.py says who shares what.
	@$(BIN)/pytest --numprocesses 2 --dist loadscope tests/contract tests/stacks tests/cli tests/live

check: $(READY) ## Style, types, import contracts, playbooks, unit tests
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@cd playbooks && PATH="$(abspath $(BIN)):$$PATH" ansible-lint --offline -q harden.yml
	@$(BIN)/pytest --quiet --numprocesses auto --dist worksteal tests/unit

fix: $(READY) ## Mend style
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

bench: setup ## One benchmark: make bench NAME=apply (or lab); figures as last line
	@$(BIN)/python -m tests.bench $(NAME)

clean: ## Remove the virtual environment (engines stay in the cache folder)
	rm -rf $(VENV)
