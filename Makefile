# What one does here. Needs Python >= 3.11 with venv and pip, and make; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
# More than there are cores: tests wait a third of their time.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) * 3 // 2)')
NODE_BIN := tests/web/node_modules/.bin
NODE_STAMP := tests/web/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help demo test lint secrets audit bench soak mutants clean

help: ## Show this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "consentfeed needs Python 3.11 or newer; try make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(STAMP)

# What checks and tests the pages comes from npm, at test time alone. Without it that part is left out, and said to be.
$(NODE_STAMP): tests/web/package-lock.json
	@command -v npm >/dev/null && node -e 'process.exit(+(parseInt(process.versions.node) < 20))' \
	&& npm ci --silent --prefix tests/web || \
	echo 'No Node 20 or newer, or its npm could not install the tools of the pages: their JavaScript is not checked here.'

demo: $(STAMP) ## Set everything up and run consentfeed dev on http://127.0.0.1:3001
	$(BIN)/consentfeed dev

test: $(STAMP) $(NODE_STAMP) ## Run the whole test suite
	@$(BIN)/python tests/web/browser.py
	$(BIN)/python -m pytest -n $(WORKERS)

lint: $(STAMP) $(NODE_STAMP) secrets ## Run all linters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/squawk sql/migrations/*.sql
	@if [ -d $(NODE_BIN) ]; then set -x; \
	$(NODE_BIN)/eslint -c tests/web/eslint.config.js consentfeed/web tests/web && $(NODE_BIN)/tsc -p tests/web/tsconfig.json; \
	else echo 'The JavaScript was not checked: see above.'; fi

# Its keyword detector is off: it takes every field named password for one. Ruff looks for those, in Python.
secrets: $(STAMP) ## Look for keys in all files that git knows
	git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --no-verify --disable-plugin KeywordDetector

audit: $(STAMP) $(NODE_STAMP) ## Look up known vulnerabilities (needs the network)
	@$(BIN)/python tests/support/audit.py

# CASE, ROUNDS, SECONDS and FULL (=1) may be given: make bench CASE=rest ROUNDS=5
bench: $(STAMP) ## Run the benchmarks (most of an hour; needs gcc; benchmarks/peers.sh installs the others)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python -m benchmarks.run $(if $(CASE),--case $(CASE)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	$(if $(SECONDS),--seconds $(SECONDS)) $(if $(FULL),--full)

# SEED, EVENTS, FAULTS, SECONDS, CUSTOMERS, BULK and STEADY (=1) may be given: make soak SECONDS=300 > report.md
soak: $(STAMP) ## Run the oracle until 1,000,000 events and 200 faults, for an hour at most; prints a report
	@$(BIN)/python -m tests.oracle.soak $(if $(SEED),--seed $(SEED)) $(if $(EVENTS),--events $(EVENTS)) \
	$(if $(FAULTS),--faults $(FAULTS)) $(if $(SECONDS),--seconds $(SECONDS)) \
	$(if $(CUSTOMERS),--customers $(CUSTOMERS)) $(if $(BULK),--bulk $(BULK)) $(if $(STEADY),--steady)

mutants: $(STAMP) ## Break the product in all the ways that the oracle has to see (minutes)
	$(BIN)/python -m pytest -m 'soak or not soak' tests/oracle/test_mutants.py

clean: ## Remove what make has made, and the demo's data
	rm -rf $(VENV) tests/web/node_modules .consentfeed
