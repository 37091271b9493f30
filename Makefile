# Every verb of the project. `make` alone lists them; continuous integration and the image use the same ones.

# the interpreter that makes .venv: found by .ci/find-python when none is given
PYTHON ?=
# more words for pytest, uv, serve or the demo: make test ARGS='-k ticker', make lock ARGS=--upgrade
ARGS ?=
# where the image installs the service, keeps its store, and as whom it runs
PREFIX ?= /opt/silkrate
DATA ?= /data
OWNER ?= 10001

BIN := .venv/bin
PIP := -m pip -qq --disable-pip-version-check install
CODE := $(wildcard app tests bench)

.DEFAULT_GOAL := help
.PHONY: help setup run test check format bench demo fuzz crash cluster crowd contention engines faults corpus \
	year day mementos docs widget words openapi lock clean docker-deps docker-install docker-data docker-serve docker-health

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/dev.stamp ## make .venv with all that run, test and check need; does nothing when it is up to date

run: .venv/runtime.stamp ## serve on port 8000, or PORT, from an embedded store, asking the real sources
	@exec $(BIN)/silkrate serve $(if $(PORT),--port $(PORT)) $(ARGS)

test: check ## check, then run every test; a skip that is not listed with its reason fails
	@.ci/find-chromium
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

check: .venv/dev.stamp ## format, lint, types and layers
	@$(BIN)/ruff format --quiet --check . || { echo "'make format' puts this right."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary $(CODE)
	@$(BIN)/lint-imports --no-logo

format: .venv/dev.stamp ## write the code as 'make check' wants it
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

bench: .venv/dev.stamp ## run every script in bench/: one claim each, with the ratios of this run
	@for claim in $(sort $(wildcard bench/*.py)); do $(BIN)/python $$claim || exit 1; done

demo: .venv/runtime.stamp ## serve beside simulated sources whose rates move slowly, from a store of their own
	@exec $(BIN)/python -m tests.demo $(ARGS)

fuzz: export FUZZ_CASES ?= 10000
fuzz: .venv/dev.stamp ## the tests with generated input, at length: FUZZ_CASES=10000 inputs each
	@$(BIN)/python -m pytest -m fuzz $(ARGS)

crash: export CRASH_RUNS ?= 1000
crash: .venv/dev.stamp ## the tests that kill processes and cut the power, at length: CRASH_RUNS=1000 kills
	@$(BIN)/python -m pytest -m crash --numprocesses 2 --dist load -rP $(ARGS)

cluster: .venv/dev.stamp ## two databases, two pollers, three web processes: each is killed under readers; a table
	@exec $(BIN)/python -m tests.cluster

crowd: .venv/dev.stamp ## two hundred readers of the stream who drop, lag and come back while its process is restarted
	@exec $(BIN)/python -m tests.web.crowd $(ARGS)

contention: .venv/dev.stamp ## every test on each engine in turn, where a fifth of the commits is refused (40001)
	@for engine in sqlite postgresql; do echo "$$engine:"; ENGINE=$$engine \
		$(BIN)/python -m pytest --numprocesses auto --dist loadfile -p tests.contention $(ARGS) || exit 1; done

engines: .venv/dev.stamp ## the tests of the store on PostgreSQL 18, 16, and on Debian's 15 where it is installed
	@for version in 18 16 $(if $(wildcard /usr/lib/postgresql/15),15); do echo "PostgreSQL $$version:"; POSTGRES=$$version \
		$(BIN)/python -m pytest --numprocesses auto --dist loadfile -k "postgres or server" tests/store $(ARGS) || exit 1; done

faults: .venv/dev.stamp ## every source with every fault before, within and after its window, as a table
	@$(BIN)/python -m tests.ingest.fault_matrix

corpus: .venv/dev.stamp ## ten thousand misprints and the great devaluations: what is shown of them, as tables
	@$(BIN)/python -m tests.ingest.corpus

year: .venv/dev.stamp ## a year of the service by a clock that jumps: what was known when, what was alarmed
	@$(BIN)/python -m tests.ingest.year

day: .venv/dev.stamp ## every request that the sources get on a working day, as a list
	@$(BIN)/python -m tests.ingest.year day

mementos: .venv/dev.stamp ## a year with misprints, corrections and a devaluation: every body that was served, asked for again
	@$(BIN)/python -m tests.web.bodies

docs: .venv/dev.stamp ## write the tables in docs/ anew from the code
	@$(BIN)/python -m tests.house.tables

words: .venv/dev.stamp ## bring the catalogues of words in line with what the pages say
	@$(BIN)/python -m tests.web.catalogues $(ARGS)

widget: .venv/dev.stamp ## build the module of the widget from its sources; ARGS=--again, one that was not released yet
	@$(BIN)/python -m tests.web.embed.build $(ARGS)

openapi: .venv/dev.stamp ## accept the API as the code describes it now; ARGS=--breaking, though it breaks readers
	@$(BIN)/python -m tests.web.openapi $(ARGS)

UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header pyproject.toml --group build

lock: .venv/dev.stamp ## write the lock files anew from pyproject.toml; ARGS=--upgrade takes the newest versions
	@$(UV_COMPILE) --output-file requirements.lock $(ARGS)
	@$(UV_COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock $(ARGS)

clean: ## remove .venv and the caches; the store in data/ stays
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist

# Without a third of the wait would go into bytecode that is never run.
.venv/runtime.stamp: requirements.lock pyproject.toml
	@$(BIN)/python -c 'import pip' 2>/dev/null || { \
		python="$(PYTHON)"; python="$${python:-$$(.ci/find-python)}" && [ -n "$$python" ] && "$$python" -m venv --clear .venv; }
	@echo "Installing what the service needs into .venv (once) ..."
	@$(BIN)/python $(PIP) --require-hashes -r requirements.lock
	@$(BIN)/python $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: .venv/runtime.stamp requirements-dev.lock
	@echo "Installing what the tests and checks need into .venv (once) ..."
	@$(BIN)/python $(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
	@echo "Done: .venv has all that run, test and check need; the command is $(BIN)/silkrate."

# The steps of the Dockerfile: tests/house/test_docker.py runs them in an empty directory.

docker-deps:
	@$(or $(PYTHON),python3) -m venv $(PREFIX)
	@$(PREFIX)/bin/python $(PIP) --require-hashes -r requirements.lock

docker-install:
	@$(PREFIX)/bin/python $(PIP) --no-deps --no-build-isolation .

docker-data:
	@install -d -m 0700 -o $(OWNER) $(DATA)

# make hands SIGTERM on to its recipe and waits for it: the service ends its connections and its store in order.
docker-serve:
	@exec $(PREFIX)/bin/silkrate serve

docker-health:
	@exec $(PREFIX)/bin/python -c "from urllib.request import urlopen; \
		urlopen('http://127.0.0.1:$${SILKRATE_PORT:-8000}/livez', timeout=2)"
