# make demo    set up and show the whole loop: labels, network, predictions
# make test    set up and pass the tests
SHELL := /bin/bash
VENV := .venv
STAMP := $(VENV)/.installed
BIN := $(CURDIR)/$(VENV)/bin
# the first of these that is there, new enough and able to make an environment
PYTHON ?= $(shell for each in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	$$each -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$each && break; done)
# DATA=folder in the common layout, PORT=8000, HOME_DIR=.demo, JOBS=2, ARGS=more for pytest,
# SECONDS and SEED of the history test, OUT=folder of the screenshots
PORT ?= 8000
HOME_DIR ?= .demo
JOBS ?= 2
ARGS ?=
OUT ?= .screenshots
SECONDS ?= 1800
SEED ?= 0

.PHONY: help setup demo test lint types messages screenshots bench journey history history-mutants audit image-secrets \
	check-release clean
.DEFAULT_GOAL := help

help:
	@echo "make demo [DATA=folder] [PORT=8000]   set up and show the whole loop"
	@echo "make test [JOBS=2] [ARGS='-k name']   set up and pass the tests"
	@echo "make lint | types | bench | setup | clean"
	@echo "make audit                            look for known vulnerabilities of the pinned packages"
	@echo "make image-secrets                    look for secrets in the built image"
	@echo "make screenshots [OUT=.screenshots]   every page at three sizes, light and dark, in both languages"
	@echo "make messages                         bring the translations up to date with the sources"
	@echo "make journey                          walk docker compose up, killing each container once"
	@echo "make history [SECONDS=1800] [SEED=0]  label while everything is broken, and count what is lost"
	@echo "make history-mutants                  see that the history test finds broken promises"
	@echo "make check-release                    history, its mutants, audit, journey, image-secrets: 1.5 hours"

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@if [ -z "$(PYTHON)" ]; then \
		echo "Equimark needs Python 3.11 or newer with the venv module; none was found."; exit 1; fi
	@if ! $(BIN)/python -c '' 2>/dev/null; then \
		echo "==> 1/2 Making the environment $(VENV) with $(PYTHON)"; \
		$(PYTHON) -m venv --clear $(VENV); fi
	@echo "==> 2/2 Installing the pinned packages; PyTorch is the large one (some minutes the first time)"
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e ".[train,postgres,celery,s3,oidc,pretrained,dev]"
	@touch $@

demo: setup
	@$(BIN)/equimark demo --home $(HOME_DIR) --port $(PORT) $(if $(DATA),--data "$(DATA)")

test: setup
	$(BIN)/pytest -n $(JOBS) --dist loadfile --durations 15 $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

messages: setup
	$(BIN)/python -m tests.catalogues

# every page at three sizes, light and dark, in both languages, in the folder OUT
screenshots: setup
	EQUIMARK_SCREENSHOTS=$(abspath $(OUT)) $(BIN)/pytest tests/browser/test_accessibility.py -k no_violation $(ARGS)

bench: setup
	$(BIN)/python bench/label_loop.py
	$(BIN)/python bench/load.py --seconds 120 --warm-up 30
	$(BIN)/python bench/scale.py
	$(BIN)/python bench/throughput.py
	$(BIN)/python bench/browser.py
	$(BIN)/python bench/train_step.py
	$(BIN)/python bench/train_memory.py

# fails, too, where the advisories of a package could not be read
audit: setup
	$(BIN)/pip-audit --strict --disable-pip --no-deps --progress-spinner off -r constraints.txt

image-secrets: setup
	$(BIN)/python -m tests.compose.secrets_in_image equimark-web

journey: setup
	$(BIN)/python -m tests.compose.journey $(ARGS)

history: setup
	EQUIMARK_HISTORY_SECONDS=$(SECONDS) EQUIMARK_HISTORY_SEED=$(SEED) \
		$(BIN)/pytest tests/faults/history/test_history.py -s $(ARGS)

history-mutants: setup
	$(BIN)/pytest tests/faults/history/test_mutants.py -m mutants -s $(ARGS)

# one after the other whatever -j says: each of them wants the whole machine
check-release: setup
	$(MAKE) history
	$(MAKE) history-mutants
	$(MAKE) audit
	$(MAKE) journey
	$(MAKE) image-secrets

clean:
	rm -rf $(VENV) .demo .screenshots build dist .ruff_cache .mypy_cache .hypothesis
