# What people type here. Each target prepares what it needs: tools/setup.sh takes a second when all is in place.
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
BENCHES := $(filter-out __init__ denials generate,$(basename $(notdir $(wildcard bench/*.py))))

.PHONY: help setup setup-tests demo test test-all test-matrix lint bench dist sdist deb rpm test-packages lab lab-full

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | column -t -s '|'

setup: ## install the distribution's packages and make .venv
	@tools/setup.sh

setup-tests: ## the same with what tests, linters and builds need
	@tools/setup.sh tests

demo: setup ## explain the keepalived incident
	.venv/bin/avcdoctor explain --exit-zero samples/keepalived/audit.log

lint: setup-tests ## style and types
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

test: lint ## style, types and every test that needs no virtual machine
	$(PYTEST) -q tests
	$(PYTHON) tools/matrix.py

test-matrix: setup-tests ## with the libraries of each distribution, from PyPI, on the Pythons that are installed
	$(PYTHON) tools/matrix.py

test-all: test ## also what needs no bindings, on every Python from 3.9 to 3.13 that is installed
	@tools/test_all.sh

bench: setup-tests ## time and memory beside the tools people use today
	@failed=; for name in $(BENCHES); do echo "== $$name"; $(PYTHON) -m bench.$$name || failed="$$failed $$name"; done; \
	test -z "$$failed" || { echo "beyond its limit:$$failed"; exit 1; }

dist: setup-tests ## build the wheel in dist/, what is compiled included
	$(PYTHON) -m tools.built
	$(PYTHON) -m build --wheel --no-isolation

sdist: setup-tests ## build the source archive in dist/, what is compiled included
	$(PYTHON) -m tools.built
	$(PYTHON) -m build --sdist --no-isolation

deb: ## build the Debian package in dist/ (nothing is fetched meanwhile)
	packaging/build-deb

rpm: ## build the RPM packages in dist/ (nothing is fetched meanwhile)
	packaging/build-rpm

test-packages: deb ## install, use and purge the Debian package in minimal chroots of Debian 12 and 13 (needs root)
	packaging/test-deb bookworm trixie

lab: setup-tests ## the quick part of the laboratory: real SELinux in a virtual machine
	lab/run quick

lab-full: setup-tests ## all of the laboratory
	lab/run full
