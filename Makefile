.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests wait for databases and servers as long as they compute; three workers suit two cores.
WORKERS ?= 3
# With a Prefect server of its own: what is asked of it must not wait behind other tests' nights.
APART := tests/flows/test_doors_of_the_orchestrator.py
OPPORTUNITIES ?= 20000
PAYOUTS ?= 5000
CLAIMS ?= 200000
SEEDS ?= 2000
HISTORY ?= 1000000
REWARDS ?= 200000
KILLS ?= 200

.PHONY: help setup night serve test check crash bench bench-payouts bench-registrations bench-matching bench-rules bench-console screenshots mutate requirements clean

help: ## Show what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.run ## Make the virtual environment with the pinned packages

night: $(VENV)/.run ## Run the whole night on the sample company, everything it needs included
	@$(BIN)/goodword sample

test: $(VENV)/.test ## Run every test
	@mkdir -p build
	@$(BIN)/pytest $(APART) > build/apart.log 2>&1 & apart=$$!; \
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --ignore $(APART); said=$$?; \
	wait $$apart || said=1; cat build/apart.log; exit $$said

check: $(VENV)/.test ## Check format, lint, types, contracts and figures, then run every test
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python docs/fill_money.py --check
	@$(MAKE) --no-print-directory test

crash: $(VENV)/.test ## Try to make money move twice, or not at all (SEEDS=10000 KILLS=1000)
	@$(BIN)/python -m tests.crash.simulate --seeds $(SEEDS) --kills $(KILLS)

serve: $(VENV)/.run ## Serve the web application: the console, and the payment provider's webhooks
	@$(BIN)/goodword serve

bench: $(VENV)/.test ## Measure a night against its floor (OPPORTUNITIES=100000 for a large one)
	@$(BIN)/python -m benchmarks.night --opportunities $(OPPORTUNITIES)

bench-payouts: $(VENV)/.test ## Measure the pay stage against bare calls at the same pace (PAYOUTS=500)
	@$(BIN)/python -m benchmarks.payouts --payouts $(PAYOUTS)

bench-matching: $(VENV)/.test ## Measure who is found to be the same company, and how fast
	@$(BIN)/python -m benchmarks.matching

bench-registrations: $(VENV)/.test ## Measure the review of live claims against its floor (CLAIMS=50000)
	@$(BIN)/python -m benchmarks.registrations --claims $(CLAIMS)

bench-rules: $(VENV)/.test ## Measure crediting, rewarding and simulating a long history (HISTORY=100000)
	@$(BIN)/python -m benchmarks.rules --opportunities $(HISTORY)

bench-console: $(VENV)/.test ## Measure every page of the console in a large company (REWARDS=20000)
	@$(BIN)/python -m benchmarks.console --rewards $(REWARDS)

screenshots: $(VENV)/.test ## See every page of the console, desktop and phone, light and dark (build/console)
	@$(BIN)/python -m docs.img.screenshots

mutate: $(VENV)/.mutate ## Break the rules one expression at a time; tests must notice (an hour, no CI)
	@$(BIN)/python -m benchmarks.mutants

requirements: ## Pin the packages anew from pyproject.toml (UPGRADE=1 takes the newest)
	$(PYTHON) -m venv build/pins
	build/pins/bin/pip install --quiet "pip-tools==7.6.2"
	CUSTOM_COMPILE_COMMAND="make requirements" build/pins/bin/$(COMPILE) \
		--extra pins --output-file requirements.txt pyproject.toml
	CUSTOM_COMPILE_COMMAND="make requirements" build/pins/bin/$(COMPILE) \
		--extra pins --extra dev --constraint requirements.txt \
		--output-file requirements-dev.txt pyproject.toml
	CUSTOM_COMPILE_COMMAND="make requirements" build/pins/bin/$(COMPILE) \
		--extra pins --extra dev --extra mutate --constraint requirements-dev.txt \
		--output-file requirements-mutate.txt pyproject.toml

# No address and no path of the machine that made them gets into the files.
COMPILE = pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links $(if $(UPGRADE),--upgrade)

clean: ## Stop the local servers and remove what was made; the data in .goodword stays
	@if [ -x $(BIN)/goodword ]; then $(BIN)/goodword stop; fi
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache
	rm -rf .import_linter_cache .hypothesis mutants
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The pins are constraints as well: else a pip before 23.3 looks for sqlalchemy[asyncio], which Prefect
# asks for, among versions without a hash.
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes

# Each stamp is newer than the files it was made from, or is made again.

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than Python 3.11: make PYTHON=python3.12 …"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements.txt pyproject.toml
	@echo "Installing the pinned packages (a minute or two, the first time)"
	@$(INSTALL) -r requirements.txt -c requirements.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements-dev.txt
	@echo "Installing what the tests need"
	@$(INSTALL) -r requirements-dev.txt -c requirements-dev.txt
	@touch $@

$(VENV)/.mutate: $(VENV)/.test requirements-mutate.txt
	@echo "Installing mutmut"
	@$(INSTALL) -r requirements-mutate.txt -c requirements-mutate.txt
	@touch $@
