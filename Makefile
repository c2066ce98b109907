# Everything one can do here. `make` alone lists it.

PYTHON ?= python3
BIN := .venv/bin
# a stamp for each set of packages, named by what was asked for: a changed file installs again
RUN_READY := .venv/ready-$(shell cat requirements.txt | cksum | tr ' ' '-')
TEST_READY := .venv/ready-$(shell cat requirements.txt requirements-dev.txt | cksum | tr ' ' '-')
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes
LOCAL_CLUSTER := deploy/local-cluster
PYTEST := $(BIN)/pytest
BESIDE_SAID := .venv/beside.log
CHAOS_SECONDS := 1200
CHAOS := tests/chaos tests/stories
# where the database decides what happens; `make postgresql`, and so CI, runs all the rest there too
BY_DATABASE := tests/audit tests/upgrade tests/fleet tests/portal/test_connections.py \
  $(addprefix tests/onboarding/, calendar changes engine figures running)

.DEFAULT_GOAL := help
.PHONY: help run demo setup test check fix lint types contracts unit postgresql e2e cluster test-cluster bench chaos lock mutants

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUN_READY) ## Run the whole portal on this machine, with demonstration data, until Ctrl-C
	@exec $(BIN)/python -m portal.launch

demo: $(RUN_READY) ## Put the demonstration data back where it is missing
	@$(BIN)/python manage.py migrate --verbosity 0 && $(BIN)/python manage.py demo

setup: $(TEST_READY) ## Make the virtual environment with everything for run and test

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Berth needs Python 3.11 or newer; $(PYTHON) is older. Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "Python's venv is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Making the virtual environment .venv"
	@$(PYTHON) -m venv .venv && touch $@

$(RUN_READY): | .venv/made
	@echo "Installing the pinned packages into .venv (about half a minute)"
	@$(INSTALL) -r requirements.txt
	@touch $@

$(TEST_READY): | $(RUN_READY)
	@echo "Installing the packages for tests into .venv"
	@$(INSTALL) -r requirements.txt -r requirements-dev.txt
	@touch $@

test: setup ## Check everything that needs no control plane: lint, then all tests (under 10 minutes)
	@deploy/prepare-tests
	@echo "Lint and the tests in a browser run beside the others; what they say comes last."
	@{ $(MAKE) --no-print-directory lint && $(PYTEST) tests/e2e; } > $(BESIDE_SAID) 2>&1 & beside=$$!; failed=0; \
	  tests/on-postgresql $(PYTEST) -n 2 --only-database -m "not browser and not chaos" $(BY_DATABASE) || failed=1; \
	  $(PYTEST) -n 2 -m "not cluster and not postgresql and not image and not browser and not chaos" || failed=1; \
	  wait $$beside || failed=1; cat $(BESIDE_SAID); exit $$failed

unit: setup ## Only the tests, without browser and without lint (SQLite)
	@$(PYTEST) -n 2 -m "not cluster and not postgresql and not browser and not chaos"

postgresql: setup ## All tests that touch the database, on PostgreSQL
	@tests/on-postgresql $(PYTEST) -n 2 --only-database -m "not cluster and not image and not browser and not chaos"

e2e: setup ## Only the tests in a real browser
	@deploy/prepare-tests
	@$(PYTEST) tests/e2e

lint: setup types contracts ## Style, types, arrows, templates, migrations and house rules
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/djlint --quiet --lint templates
	@$(BIN)/python manage.py makemigrations --check --dry-run --skip-checks --verbosity 0 \
	  || { echo "A model has changed without a migration: manage.py makemigrations"; exit 1; }
	@$(PYTEST) --quiet --no-header -p no:randomly tests/test_house_rules.py

types: setup
	@$(BIN)/mypy --no-error-summary .

contracts: setup
	@$(BIN)/lint-imports --no-logo --cache-dir var/import-linter

fix: setup ## Let ruff mend what it can, and format
	@$(BIN)/ruff check --quiet --fix-only . && $(BIN)/ruff format --quiet .

cluster: $(RUN_READY) ## Build etcd, Kubernetes and Flux for a local control plane (Go, about 20 minutes, once)
	@$(BIN)/python $(LOCAL_CLUSTER)/build.py

test-cluster: setup cluster ## Prove priming, tenancy and delivery on the local control plane
	@$(PYTEST) -m cluster

bench: setup cluster ## Measure how fast everything is, and write docs/benchmarks.md
	@tests/on-postgresql $(PYTEST) tests/bench -o python_files='bench_*.py' -p no:randomly --quiet

test-image: setup ## Build and run the container image, without a container engine (as root, on Linux)
	@deploy/prepare-tests
	@tests/on-postgresql $(PYTEST) -m image

chaos: setup ## Kill, stop and starve everything, on PostgreSQL and a real queue (at most 20 minutes)
	@timeout --kill-after 15 $(CHAOS_SECONDS) tests/on-postgresql $(PYTEST) -n 2 -m chaos --quiet $(CHAOS) \
	  || { echo "make chaos: a case ended wrong, or the time ($(CHAOS_SECONDS) s) was over."; exit 1; }

mutants: setup ## See that each guard, error kind and undo matters: break each, and tests have to fail (20 minutes)
	@$(BIN)/python -m tests.mutations $(OPTIONS)

lock: setup ## Pin again what requirements*.in ask for; newer versions with OPTIONS=--upgrade
	@$(BIN)/python deploy/lock.py $(OPTIONS)
