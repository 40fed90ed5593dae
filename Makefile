# What one does here. Needs Python >= 3.11 with venv and pip, and make; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
# A quarter of it, for who only wants to look.
DEMO_STAMP := $(VENV)/installed-demo
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# What pip takes: these versions and hashes alone. `make lock` writes them.
LOCKS := $(addprefix requirements/,dev.txt service.txt demo.txt bench.txt build.txt)
# The lock knows nothing that was published after this day: what is bad in a release is mostly found within a week.
BEFORE ?= $(shell $(PYTHON) -c 'from datetime import date, timedelta; print(date.today() - timedelta(7))')
# More than there are cores: tests wait a third of their time.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) * 3 // 2)')
NODE_BIN := tests/web/node_modules/.bin
NODE_STAMP := tests/web/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help demo test alone lint secrets audit lock bench soak mutants clean

help: ## Show this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(STAMP): FILE = dev.txt
$(DEMO_STAMP): FILE = demo.txt
$(STAMP) $(DEMO_STAMP): pyproject.toml $(LOCKS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "consentfeed needs Python 3.11 or newer; try make PYTHON=python3.11")'
	@echo 'Installing into $(VENV), which takes about a minute.'
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --require-hashes -r requirements/$(FILE) -r requirements/build.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# What checks and tests the pages comes from npm, at test time alone. Without it that part is left out, and said to be.
$(NODE_STAMP): tests/web/package-lock.json
	@command -v npm >/dev/null && node -e 'process.exit(+(parseInt(process.versions.node) < 20))' \
	&& npm ci --silent --prefix tests/web || \
	echo 'No Node 20 or newer, or its npm could not install the tools of the pages: their JavaScript is not checked here.'

demo: $(if $(wildcard $(STAMP)),$(STAMP),$(DEMO_STAMP)) ## Set everything up and run consentfeed dev on http://127.0.0.1:3001, or on PORT=
	$(BIN)/consentfeed dev $(if $(PORT),--port $(PORT))

test: $(STAMP) $(NODE_STAMP) ## Run the whole test suite
	@$(BIN)/python tests/web/browser.py
	$(BIN)/python -m pytest -n $(WORKERS)

alone: $(STAMP) ## Run the few tests that have just failed once more, alone
	$(BIN)/python -m tests.support.second_try

lint: $(STAMP) $(NODE_STAMP) secrets ## Run all linters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/squawk sql/migrations/*.sql
	@if [ -d $(NODE_BIN) ]; then set -x; \
	$(NODE_BIN)/eslint -c tests/web/eslint.config.js consentfeed/web tests/web && $(NODE_BIN)/tsc -p tests/web/tsconfig.json; \
	else echo 'The JavaScript was not checked: see above.'; fi

# Its keyword detector is off: it takes every field named password for one. Ruff looks for those, in Python. The hashes of
# packages look like keys, line by line, and so do the vectors by which proofs are tested.
secrets: $(STAMP) ## Look for keys in all files that git knows
	git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --no-verify --disable-plugin KeywordDetector \
	--exclude-files '^(docs/proof[.]md|tests/log/test_(merkle|note)[.]py)$$' \
	--exclude-lines '[-]-hash=sha256:[0-9a-f]{64}( \\)?"?$$'

audit: $(STAMP) $(NODE_STAMP) ## Look up known vulnerabilities (needs the network)
	@$(BIN)/python tests/support/audit.py

# One version of each package: the others follow dev.txt, which has nearly everything.
lock: | $(BIN)/uv ## Take the newest of everything that pyproject.toml and tests/web/package.json allow (needs the network)
	$(COMPILE) --extra dev pyproject.toml --output-file requirements/dev.txt
	$(COMPILE) --extra nats pyproject.toml --constraints requirements/dev.txt --output-file requirements/service.txt
	$(COMPILE) --extra embedded --extra nats pyproject.toml --constraints requirements/dev.txt --output-file requirements/demo.txt
	$(COMPILE) --extra bench pyproject.toml --constraints requirements/dev.txt --output-file requirements/bench.txt
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	| $(COMPILE) - --constraints requirements/dev.txt --output-file requirements/build.txt
	npm update --package-lock-only --silent --before=$(BEFORE) --prefix tests/web
	npm update --package-lock-only --silent --before=$(BEFORE) --prefix benchmarks/servers

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	--exclude-newer $(BEFORE)T00:00:00Z --annotation-style line --custom-compile-command 'make lock BEFORE=$(BEFORE)'

$(BIN)/uv:
	$(MAKE) $(STAMP)

# CASE, ROUNDS, SECONDS and FULL (=1) may be given: make bench CASE=rest ROUNDS=5
bench: $(STAMP) ## Run the benchmarks (most of an hour; needs gcc; benchmarks/peers.sh installs the others)
	$(INSTALL) --require-hashes -r requirements/bench.txt
	$(BIN)/python -m benchmarks.run $(if $(CASE),--case $(CASE)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	$(if $(SECONDS),--seconds $(SECONDS)) $(if $(FULL),--full)

# SEED, EVENTS, FAULTS, SECONDS, CUSTOMERS, BULK, NODES, NATS (=1) and STEADY (=1) may be given: make soak SECONDS=300 > report.md
soak: $(STAMP) ## Run the oracle until 1,000,000 events and 200 faults, for an hour at most; prints a report
	@$(BIN)/python -m tests.oracle.soak $(if $(SEED),--seed $(SEED)) $(if $(EVENTS),--events $(EVENTS)) \
	$(if $(FAULTS),--faults $(FAULTS)) $(if $(SECONDS),--seconds $(SECONDS)) \
	$(if $(CUSTOMERS),--customers $(CUSTOMERS)) $(if $(BULK),--bulk $(BULK)) $(if $(STEADY),--steady) \
	$(if $(NODES),--nodes $(NODES)) $(if $(NATS),--nats)

mutants: $(STAMP) ## Break the product in all the ways that the oracle has to see (minutes)
	$(BIN)/python -m pytest -m 'soak or not soak' tests/oracle/test_mutants.py

clean: ## Remove what make has made, and the demo's data
	rm -rf $(VENV) tests/web/node_modules .consentfeed
