# make run     install headroom into .venv and start its proxy
# make quick   what to run before every commit: under three minutes
# make test    everything that continuous integration runs
# make clean   remove what these have made

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: help run quick test lint clean

PYTHON ?= python3
PORT ?= 8787
EXTRAS := proxy,langgraph,openai,anthropic,agno,mcp,code,html,plot
CLAUDE_CODE := 2.1.197
TYPESCRIPT := 5.9.3

# Slow networks are no reason to fail, and nothing may wait for an answer.
export PIP_DEFAULT_TIMEOUT ?= 120
export PIP_RETRIES ?= 10
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
# Some containers set it; every start would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

PIP_INSTALL := -m pip install --quiet
APT_INSTALL := apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends
QUICK := -n 2 -m "not slow and not e2e"

help:
	@grep -E '^# make' Makefile | cut -c 3-

run: .venv/.run
	.venv/bin/headroom proxy --host 127.0.0.1 --port $(PORT)

quick: lint
	HYPOTHESIS_PROFILE=quick .venv/bin/pytest $(QUICK)

test: lint .venv-lowest/.stamp .cache/.compilers .cache/npm/.claude-code-$(CLAUDE_CODE) .cache/npm/.typescript-$(TYPESCRIPT)
	HYPOTHESIS_PROFILE=ci .venv/bin/pytest -n 2 -m "not e2e" --ignore tests/test_wheel.py
	HEADROOM_CLAUDE="$(CURDIR)/.cache/npm/node_modules/.bin/claude" .venv/bin/pytest -m e2e
	@echo "With the oldest dependencies that pyproject.toml allows:"
	HYPOTHESIS_PROFILE=quick .venv-lowest/bin/pytest $(QUICK)
	@echo "With nothing but the built wheel:"
	.venv/bin/pytest tests/test_wheel.py

lint: .venv/.dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy headroom $(patsubst %/,%,$(sort $(dir $(wildcard benchmarks/*.py))))

clean:
	rm -rf .venv .venv-lowest .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist

# A folder is usable when its stamp is newer than what says what belongs in it.

.venv/.run: pyproject.toml constraints/current.txt
	$(call venv,.venv)
	.venv/bin/python $(PIP_INSTALL) -e '.[proxy,code,html]' -c constraints/current.txt
	touch $@

.venv/.dev: .venv/.run
	.venv/bin/python $(PIP_INSTALL) -e '.[$(EXTRAS)]' --group dev -c constraints/current.txt
	touch $@

.venv-lowest/.stamp: pyproject.toml constraints/lowest.txt
	$(call venv,.venv-lowest)
	.venv-lowest/bin/python $(PIP_INSTALL) -e '.[$(EXTRAS)]' --group test -c constraints/lowest.txt
	touch $@

.cache/npm/.claude-code-$(CLAUDE_CODE):
	command -v npm >/dev/null || { $(APT_INSTALL) nodejs npm; }
	mkdir -p $(@D)
	npm install --prefix $(@D) --no-audit --no-fund --no-update-notifier --loglevel error \
		--fetch-retries 5 @anthropic-ai/claude-code@$(CLAUDE_CODE) </dev/null
	$(@D)/node_modules/.bin/claude --version
	touch $@

.cache/npm/.typescript-$(TYPESCRIPT): .cache/npm/.claude-code-$(CLAUDE_CODE)
	npm install --prefix $(@D) --no-audit --no-fund --no-update-notifier --loglevel error \
		--fetch-retries 5 typescript@$(TYPESCRIPT) </dev/null
	touch $@

# Real failures of real tools (tests/red); cargo is used where there is one.
.cache/.compilers:
	mkdir -p $(@D)
	for tool in gcc make clang go; do command -v $$tool >/dev/null || \
		{ $(APT_INSTALL) gcc make clang golang-go; break; }; done
	touch $@

# $(call venv,FOLDER): a virtual environment, whose pip knows dependency groups.
define venv
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("headroom needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@echo "Installing into $(1) ..."
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { $(APT_INSTALL) python3-venv; }
	$(PYTHON) -m venv $(1)
	$(1)/bin/python $(PIP_INSTALL) 'pip>=25.1'
endef
