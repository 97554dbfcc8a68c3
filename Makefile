# Each target sets up what it needs, from nothing but Python 3.11 to 3.13 with venv, make and a package index.
.DEFAULT_GOAL := help
.PHONY: help setup system kogpt2 grade grade-the-grader test lint excerpts docs bench fuzz lock clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The first Python that fits; PYTHON=... overrides it.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
# What some tests use and Debian has: each program is named as its package. `make test` skips those tests without it,
# under CI=true it fails.
PROGRAMS := chromium firefox-esr
# What the docs' pictures of Korean pages need: they are installed where no font has Korean letters.
FONTS := fontconfig fonts-noto-cjk
# Three on two cores, as some tests wait; a fourth would only import TensorFlow once more.
TEST_WORKERS := 3
UV := VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 26

setup: $(READY) ## make .venv from the hashed lock

$(READY): requirements/lock.txt requirements/uv.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed / Python 3.11, 3.12, 3.13 가운데 하나가 필요합니다"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	$(UV) pip sync --quiet --require-hashes requirements/lock.txt
	$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

system: ## install what some tests and pictures need, by apt-get and as root; done at once where it is there
	@missing=$$(for p in $(PROGRAMS); do command -v $$p >/dev/null || printf ' %s' $$p; done; \
		fc-list :lang=ko 2>/dev/null | grep -q . || printf ' %s' $(FONTS)); \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
		echo "apt-get이 없거나 root가 아닙니다. 다음을 직접 설치해 주십시오 / There is no apt-get, or you are not root: please install these yourself:$$missing"; exit 2; fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get update -q && apt-get install -q -y --no-install-recommends $$missing

kogpt2: $(READY) ## add torch to .venv, which `lab train --model skt/kogpt2-base-v2` needs once
	$(UV) pip install --require-hashes -r requirements/kogpt2.txt

grade: $(READY) ## grade the reference solution: 100 / 100
	$(BIN)/lab check solution

grade-the-grader: $(READY) ## mutants killed, variants passed, attacks repelled: the table of the docs
	$(BIN)/python -m tests.grade_the_grader

test: $(READY) ## run the tests
	@echo '테스트를 모두 실행합니다. 코어 두 개로 몇 분 걸립니다 / Running all tests: a few minutes on two cores.'
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist worksteal --durations=10

lint: $(READY) ## format, lint, types, import layers, skeleton up to date
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/lab skeleton --check

excerpts: $(READY) ## write anew what the docs show: excerpts, tables, drawings
	$(BIN)/python -m docs.build

docs: $(READY) ## build the site, Korean and English, strict: site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet --config-file mkdocs.yml
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet --config-file mkdocs.en.yml

bench: $(READY) ## measure: from a save to the verdict, and a cold check against the bare import
	$(BIN)/python benchmarks/feedback_latency.py

fuzz: $(READY) ## 100,000 inputs each for the reply decoder and the submission loader
	$(BIN)/python benchmarks/fuzz.py

lock: $(READY) ## resolve the dependencies anew
	$(UV) pip compile --quiet --upgrade --universal --generate-hashes --no-annotate --no-header \
		--python-version 3.11 --group dev --extra cluster --output-file requirements/lock.txt pyproject.toml
	sed -nE 's/^kogpt2 = \["([^"]*)"\].*/\1/p' pyproject.toml | $(UV) pip compile --quiet --upgrade --universal --generate-hashes \
		--no-annotate --no-header --python-version 3.11 --constraint requirements/lock.txt --output-file requirements/kogpt2.txt -
	grep -A99 '^uv==' requirements/lock.txt | awk 'NR > 1 && !/^ / { exit } { print }' > requirements/uv.txt

clean: ## remove what the targets made
	rm -rf $(VENV) site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
