# What people type here. Each target prepares what it needs: tools/setup.sh takes a second when all is in place.
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
BENCHES := $(filter-out __init__ denials generate,$(basename $(notdir $(wildcard bench/*.py))))

.PHONY: help setup demo test test-all test-matrix lint bench dist lab lab-full

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | column -t -s '|'

setup: ## install the distribution's packages and make .venv
	@tools/setup.sh

demo: setup ## explain the keepalived incident
	.venv/bin/avcdoctor explain --exit-zero samples/keepalived/audit.log

lint: setup ## style and types
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

test: lint ## style, types and every test that needs no virtual machine
	$(PYTEST) -q tests
	$(PYTHON) tools/matrix.py

test-matrix: setup ## with the libraries of each distribution, from PyPI, on the Pythons that are installed
	$(PYTHON) tools/matrix.py

test-all: test ## also what needs no bindings, on every Python from 3.9 to 3.13 that is installed
	@tools/test_all.sh

bench: setup ## time and memory beside the tools people use today
	@failed=; for name in $(BENCHES); do echo "== $$name"; $(PYTHON) -m bench.$$name || failed="$$failed $$name"; done; \
	test -z "$$failed" || { echo "beyond its limit:$$failed"; exit 1; }

dist: setup ## build the wheel in dist/, the compiled reference policy included
	rm -f policies/reference/*.policy
	cp "$$($(PYTHON) -c 'from avcdoctor.host.reference import compiled; print(compiled())')" policies/reference/
	$(PYTHON) -m build --wheel --no-isolation

lab: setup ## the quick part of the laboratory: real SELinux in a virtual machine
	lab/run quick

lab-full: setup ## all of the laboratory
	lab/run full
