# make help lists the targets. Everything needs only python3 and make; all else is set up in .venv.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready
DATA   ?= build/demo
PACKAGES := rules tests/realdata/completejourney/rules
EXTRAS := train warehouse postgres webhooks lsp dev
ADDRESS ?= $(or $(DEARLY_ADDRESS),127.0.0.1:50051)

.DEFAULT_GOAL := help
.PHONY: help setup run test check fmt bench proof crash realdata protos docs lock clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 18

setup: $(STAMP)  ## create .venv with everything pinned and hash-checked
$(STAMP): .ci/requirements.lock pyproject.toml protos/build_hook.py
	@echo "==> setting up $(VENV) (first time: a minute or two)"
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("Dearly needs Python 3.11 or newer, found %d.%d (set PYTHON=...)" % v[:2])'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --require-hashes -r .ci/requirements.lock 2> >(sed -u '/^WARNING/d' >&2) | sed -unE '/^(Collecting|Installing|Successfully|ERROR)/s/^(.{1,100}).*/\1/p'
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@

PROTO_STAMP := src/dearly/v1/.generated
$(PROTO_STAMP): $(STAMP) $(wildcard protos/dearly/v1/*.proto) protos/build_hook.py
	@$(BIN)/python protos/build_hook.py
	@touch $@

protos: $(PROTO_STAMP)  ## generate the Python modules of the API

run: $(PROTO_STAMP)  ## demo shop, index, server on loopback, one rendered block; Ctrl-C ends it
	@$(BIN)/dearly quickstart --data $(DATA) --address $(ADDRESS)

test: $(PROTO_STAMP)  ## the whole test suite
	@echo "==> tests"
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(PROTO_STAMP)  ## formatting, lint, types, layers, proto lint, the rules packages
	@echo "==> ruff"; $(BIN)/ruff format --check . && $(BIN)/ruff check --no-cache .
	@echo "==> mypy --strict"; $(BIN)/mypy
	@echo "==> import-linter"; $(BIN)/lint-imports
	@echo "==> buf lint"; .ci/lint-protos
	@for rules in $(PACKAGES); do echo "==> dearly check, fmt, test $$rules"; \
		$(BIN)/dearly check $$rules && $(BIN)/dearly fmt --check $$rules && $(BIN)/dearly test $$rules --min-coverage 100 | tail -2 || exit 1; done

fmt: $(STAMP)  ## format the Python code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: $(PROTO_STAMP)  ## measure; writes build/bench.json
	@$(BIN)/python benchmarks/bench.py

proof: $(PROTO_STAMP)  ## all evaluators agree on a million pairs of program and customer; writes build/proof.json
	@$(BIN)/python -W ignore -m tests.evaluation.proof

realdata: $(PROTO_STAMP)  ## the Complete Journey data end to end; writes build/realdata.json
	@$(BIN)/python -m tests.realdata.run

crash: $(PROTO_STAMP)  ## servers killed while events come in, on both stores; writes build/crash.json
	@$(BIN)/python -m tests.crash.run

docs: $(PROTO_STAMP)  ## check that every link and every make target named in the docs exists
	@$(BIN)/python -m pytest -q tests/docs

lock: $(STAMP)  ## resolve the pinned versions anew
	@echo "==> resolving the newest versions that fit pyproject.toml into .ci/requirements.lock"
	@$(BIN)/uv pip compile pyproject.toml $(EXTRAS:%=--extra %) --generate-hashes --no-header --no-annotate --python-version 3.11 --upgrade -q -o .ci/requirements.lock
	@sed -n 's/^spark = \["\(.*\)"\]/\1/p' pyproject.toml | $(BIN)/uv pip compile - --generate-hashes --no-header --no-annotate --python-version 3.11 --upgrade -q -o .ci/spark.lock -c .ci/requirements.lock

clean:  ## remove everything that the other targets made
	@rm -rf $(VENV) build dist src/dearly/v1 .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "clean"
