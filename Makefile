# Everything a person runs. `make help` lists it; nothing but Python ≥ 3.11, git and make is needed beforehand.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

WORKLOAD ?= car_evaluation
# `local` talks to the local cloud; `aws` uses the AWS account of your own environment.
CLOUD ?= local
# 1: what changes something on AWS, or deletes the local cloud's state, does not ask first.
YES ?=
PYTHON3 ?= python3
export LOCALCLOUD_HOME ?= $(CURDIR)/.localcloud
# Without bytecode, a synthesis takes three times as long: it would compile the CDK anew each time.
unexport PYTHONDONTWRITEBYTECODE

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/gatehouse
UV_VERSION := $(shell sed -n 's/.*"uv==\([^"]*\)".*/\1/p' pyproject.toml)
UV := $(CACHE)/uv-$(UV_VERSION)/bin/uv
# Relative, so that the folder may have a space in its path.
PY := .venv/bin/python
# This message comes before anything is installed.
SUITABLE = command -v $(PYTHON3) >/dev/null || { echo "There is no $(PYTHON3): Gatehouse needs Python 3.11 or later." >&2; exit 1; }; \
	$(PYTHON3) scripts/check_python.py
NODE = $$($(PY) -m localcloud node)
TOOLS = export PATH="$(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(NODE):$$PATH" &&
# A make that a test starts is no part of the one that runs the test.
TEST = $(TOOLS) env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL
# The one way to a cloud: it refuses unless the cloud answers, and builds the command's environment (scripts/on_cloud.py).
ON = $(TOOLS) $(PY) -m scripts.on_cloud '$(CLOUD)' --workload '$(WORKLOAD)'
TO_CHANGE = --changes $@ $(if $(filter 1,$(YES)),--yes)
ON_NONE = $(TOOLS) $(PY) -m scripts.on_cloud none --

# An address in S3 is one on the decided cloud.
ON_THE_CLOUD_OF_DATA = $(if $(filter s3://%,$(firstword $(DATA))),$(ON) --,$(ON_NONE))

# What a user gives as one word of the shell, whatever it holds; nothing if they give nothing.
quoted = $(if $(1),'$(subst ','\'',$(1))')
# The same, and an empty word for nothing.
given = '$(subst ','\'',$(1))'

# The program's own environment plus the gate's statistics.
WITH_GATE = "$(UV)" run --quiet --frozen --no-sync --with-requirements ml_test/requirements.lock
# The program's own environment plus the training step's SDK.
WITH_TRAINING = "$(UV)" run --quiet --frozen --no-sync --with-requirements ml_training/requirements.lock

.PHONY: help demo test check synth diff deploy bootstrap up down status env logs data train-here push follow approve reject ask open user call load \
        releases rollback score tune compare end-experiment verify-report new-workload try-data try-gate clean \
        quick format lint types walls unit templates browser local local-odd local-even large e2e e2e-releases e2e-workloads faults coverage-doc reference iam iam-mutations bench gate-power gate-rates conformance

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

# ---- for users ----------------------------------------------------------------------------------------------------

demo: node_modules/installed ## everything: environment, local cloud, deploy, push, to PROD, and an answer
	@$(ON) --start -- $(PY) -m scripts.demo $(WORKLOAD)

up: .venv/installed ## start the local cloud in the background
	@$(TOOLS) $(PY) -m scripts.on_cloud local --start -- true

down: .venv/installed ## end the local cloud and everything it started
	@$(PY) -m localcloud down

status: .venv/installed ## what runs, and each pipeline's latest execution
	@$(if $(filter local,$(CLOUD)),$(PY) -m localcloud status &&) $(ON) -- $(PY) -m scripts.status

env: .venv/installed ## variables for your own aws, cdk and boto3: eval "$(make -s env)"
	@$(if $(filter-out local,$(CLOUD)),echo "make env sets the variables of the local cloud: CLOUD=$(CLOUD) has none." >&2; exit 1;) \
		found=$$($(PY) -m localcloud env) && \
		echo "export PATH=\"$(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(NODE):\$$PATH\"" && echo "$$found"

synth: .venv/installed node_modules/installed ## all templates to cdk.out/
	@$(ON_NONE) cdk synth --quiet && ls cdk.out/*.template.json

diff: node_modules/installed ## what a deploy would change
	@$(ON) --start -- $(PY) -m scripts.diff $(WORKLOAD)

bootstrap: node_modules/installed ## prepare the account and region of gatehouse.toml for the CDK, once
	@$(ON) --start $(TO_CHANGE) -- $(PY) -m scripts.bootstrap

deploy: node_modules/installed ## deploy the pipeline of WORKLOAD
	@$(ON) --start $(TO_CHANGE) -- $(PY) -m scripts.deploy $(WORKLOAD)

data: .venv/installed ## store a data file that may not be shipped in the data bucket, from GATEHOUSE_DATASETS or its address
	@$(ON) $(TO_CHANGE) -- $(PY) -m scripts.datasets $(WORKLOAD)

train-here: .venv/installed ## WORKLOAD's training script on this machine, without a cloud: out/<workload>/model.tar.gz
	@$(ON_NONE) $(PY) -m scripts.train_here $(WORKLOAD) $(if $(PYTHON),--python $(PYTHON)) $(if $(ARCHIVE),--archive $(ARCHIVE))

push: .venv/installed ## push what is committed, follow it to PROD: make push [FROM=branch] [FORCE=1] [AGAIN=1]
	@$(ON) --start -- $(PY) -m scripts.push $(WORKLOAD) $(if $(FROM),--from $(FROM)) $(if $(FORCE),--force) $(if $(AGAIN),--again)

follow: .venv/installed ## follow the latest execution to its end
	@$(ON) -- $(PY) -m scripts.push $(WORKLOAD) --latest

approve: .venv/installed ## let the release go on that waits for a person: make approve COMMENT='why'
	@$(ON) $(TO_CHANGE) -- $(PY) -m scripts.answer approve $(WORKLOAD) $(call quoted,$(COMMENT))

reject: .venv/installed ## end the release that waits for a person: make reject COMMENT='why'
	@$(ON) $(TO_CHANGE) -- $(PY) -m scripts.answer reject $(WORKLOAD) $(call quoted,$(COMMENT))

ask: .venv/installed ## one request to PROD: make ask ROW=low,low,5more,more,big,high, or a picture: FILE=picture.png
	@$(ON) -- $(PY) -m scripts.ask $(WORKLOAD) $(call quoted,$(ROW)) $(if $(FILE),--file $(FILE))

open: .venv/installed ## the page of WORKLOAD, in a browser: sign in, ask, see
	@$(ON) -- $(PY) -m scripts.open $(WORKLOAD)

user: .venv/installed ## admit a person to the page; a temporary password is shown once: make user NAME=ada
	@$(ON) $(TO_CHANGE) -- $(PY) -m scripts.user $(WORKLOAD) $(NAME)

call: .venv/installed ## one request to PROD through the API: make call ROW=low,low,5more,more,big,high, or a picture: FILE=picture.png
	@$(ON) -- $(PY) -m scripts.call $(WORKLOAD) $(call quoted,$(ROW)) $(if $(FILE),--file $(FILE))

load: .venv/installed ## drive PROD through the API, and draw what it does: make load RATE=50 SECONDS=120, or RATE=50,2 SECONDS=30,60
	@$(ON) -- $(PY) -m scripts.load $(WORKLOAD) $(if $(RATE),--rate $(RATE)) $(if $(SECONDS),--seconds $(SECONDS))

releases: .venv/installed ## what was released: version, commit, verdict, what PROD serves and since when
	@$(ON) -- $(PY) -m scripts.releases $(WORKLOAD) $(if $(LAST),--last $(LAST))

rollback: .venv/installed ## an earlier approved release back into PROD: make rollback [TO=version] [NOW=1]
	@$(ON) $(TO_CHANGE) -- $(PY) -m scripts.rollback $(WORKLOAD) $(if $(TO),--to $(TO)) $(if $(NOW),--now)

score: .venv/installed ## answers to all rows of a file, without an endpoint: make score FILE=rows.csv
	@$(ON) $(TO_CHANGE) -- $(PY) -m scripts.score $(WORKLOAD) $(FILE)

tune: .venv/installed ## search better hyperparameters on the validation rows, once; releases nothing
	@$(ON) $(TO_CHANGE) -- $(WITH_TRAINING) python -m scripts.tune $(WORKLOAD)

compare: .venv/installed ## the two models that compete in PROD, on real traffic: make compare [TRUTHS=file.csv|s3://…]
	@$(ON) -- $(WITH_GATE) python -m scripts.compare $(WORKLOAD) $(if $(TRUTHS),--truths $(TRUTHS))

end-experiment: .venv/installed ## all traffic to one of them: make end-experiment KEEP=champion|challenger
	@$(ON) $(TO_CHANGE) -- $(PY) -m scripts.end_experiment $(WORKLOAD) $(KEEP)

logs: .venv/installed ## the log of an action: make logs ACTION=Train [EXECUTION=…]
	@$(ON) -- $(PY) -m scripts.logs $(WORKLOAD) $(ACTION) $(if $(EXECUTION),--execution $(EXECUTION))

verify-report: .venv/installed ## fetch a gate report, check signature and hashes: make verify-report EXECUTION=…
	@$(ON) -- $(PY) -m scripts.verify_report $(WORKLOAD) $(EXECUTION)

clean: ## end the local cloud, delete its state (it asks; YES=1: it does not), and environments and caches of this checkout
	@if [ -x "$(PY)" ]; then "$(PY)" -m localcloud reset $(if $(filter 1,$(YES)),,--ask) || \
		{ echo "make clean YES=1 does not ask." >&2; exit 1; }; \
	elif [ -d "$(LOCALCLOUD_HOME)" ]; then \
		echo "The local cloud's state stays in $(LOCALCLOUD_HOME): without an environment, nothing can end what runs there. make up makes one." >&2; fi
	@rm -rf cdk.out node_modules tests/browser/node_modules .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

new-workload: .venv/installed ## a workload of your own from a CSV file: make new-workload NAME=wine DATA=wine.csv|https://…|s3://… [LABEL=…] [LIKE=credit_default]
	@$(ON_THE_CLOUD_OF_DATA) $(WITH_GATE) python -m scripts.new_workload $(call given,$(NAME)) $(call given,$(DATA)) \
		--label $(call given,$(LABEL)) --like $(call given,$(LIKE)) --licence $(call given,$(LICENCE))

try-data: .venv/installed ## WORKLOAD's data contract and split, without a cloud
	@$(ON_NONE) $(PY) -m scripts.try_data $(WORKLOAD)

try-gate: .venv/installed ## training and the gate on this machine, without a cloud: out/<workload>/gate.html
	@$(ON_NONE) $(WITH_GATE) python -m scripts.try_gate $(WORKLOAD)

# ---- for contributors ---------------------------------------------------------------------------------------------

test: check ## everything again, as tests

# Tests wait for processes much of the time: three parts at a time fill two processors. The longest begin first.
PARTS = format lint types walls e2e-releases e2e-workloads local-odd local-even templates unit browser

check: .venv/installed-dev node_modules/installed tests/browser/node_modules/installed ## what CI runs: quick, browser, local and e2e
	@$(MAKE) --jobs 3 --output-sync=target $(PARTS)

quick: format lint types walls unit templates ## everything that needs no local cloud

format: .venv/installed-dev ## formatting, checked (fix: .venv/bin/ruff format)
	@.venv/bin/ruff format --check .

lint: .venv/installed-dev ## ruff, every rule
	@.venv/bin/ruff check .

# Standalone programs: their modules are in no package, and two programs have modules of the same name.
PROGRAMS = $(wildcard lambda/*/) $(filter-out %/codebuild_standard/ %/script_mode/, $(sort $(dir $(wildcard localcloud/images/*/*.py bench/backbone/*.py ml_training/dog_breeds/code/*.py))))

types: .venv/installed-dev ## mypy, strict
	@.venv/bin/mypy
	@for program in $(PROGRAMS); do \
		MYPYPATH=$$program:$$program/library:localcloud/images/container_library:ml_training/dog_breeds/code .venv/bin/mypy --explicit-package-bases $$(find $$program -name '*.py'); done

walls: .venv/installed-dev ## who may import whom
	@.venv/bin/lint-imports

unit: .venv/installed-dev ## milliseconds each
	@$(TEST) pytest -q tests/unit

templates: .venv/installed-dev node_modules/installed ## promises on the synthesized templates
	@$(TEST) pytest -q tests/templates

browser: .venv/installed-dev tests/browser/node_modules/installed ## the page in a real browser; SCREENSHOTS=docs/images takes its pictures anew
	@$(TEST) $(if $(SCREENSHOTS),GATEHOUSE_SCREENSHOTS=$(SCREENSHOTS)) pytest -q tests/browser

local: local-odd local-even ## boto3 against the local cloud

# Every other file of tests/local: files about the same service, which take as long, are shared out evenly.
local-odd: .venv/installed-dev node_modules/installed
	@$(TEST) pytest -q -m 'not large' $$(ls tests/local/test_*.py | sed -n 'p;n')

local-even: .venv/installed-dev node_modules/installed
	@$(TEST) pytest -q -m 'not large' $$(ls tests/local/test_*.py | sed -n 'n;p')

large: .venv/installed-dev node_modules/installed ## what CI leaves to you: PyTorch, 5.5 GB on the first run
	@$(TEST) pytest -q -m large tests/local tests/e2e

e2e: e2e-releases e2e-workloads ## from git push to PROD, and the faults on the way

# The chapters that have clouds of their own: first stages, and single workloads.
CHAPTERS_APART = $(patsubst %,tests/e2e/test_%.py,pythons cdk credit_default dog_breeds iris movie_recommender nyt_comments own_workload tuning)

e2e-releases: .venv/installed-dev node_modules/installed tests/browser/node_modules/installed ## one workload from git push to PROD, and all that happens on the way
	@$(TEST) pytest -q $(addprefix --ignore=,$(CHAPTERS_APART)) tests/e2e

e2e-workloads: .venv/installed-dev node_modules/installed ## the other workloads from git push to PROD, each Python, and the life of a stack
	@$(TEST) pytest -q -m 'not large' $(CHAPTERS_APART)

faults: .venv/installed-dev node_modules/installed ## cause every fault on purpose, and write docs/faults.md
	@seen=$$(mktemp -u) && $(TEST) GATEHOUSE_FAULTS=$$seen pytest -q -m fault tests/local tests/e2e \
		&& $(PY) -m tests.faults $$seen && rm $$seen

coverage-doc: .venv/installed-dev ## write localcloud/COVERAGE.md anew
	@$(PY) -m localcloud.coverage

reference: .venv/installed-dev ## write docs/reference/ anew: the keys of gate.toml, training.toml and dataset.toml
	@$(ON_NONE) $(PY) -m scripts.reference

conformance: .venv/installed-dev ## calls spoilt against AWS's models, each of them refused: docs/conformance.md; a minute
	@$(PY) -m bench.conformance --write

gate-power: .venv/installed-dev ## which difference a test set of a given size can detect
	@$(PY) -m bench.gate_power

gate-rates: .venv/installed-dev ## how often the gate is wrong, by simulation; minutes
	@$(PY) -m bench.gate_rates

iam: .venv/installed ## what each role is granted and what of it the last run used: docs/reference/iam.md
	@$(ON) --start -- $(PY) -m scripts.iam $(WORKLOAD)

iam-mutations: .venv/installed ## remove each permission and see the pipeline fail: docs/reference/iam-mutations.md
	@$(ON) --start -- $(PY) -m scripts.iam_mutations $(WORKLOAD)

bench: .venv/installed-dev node_modules/installed ## ratios and tables; not a test
	@$(TOOLS) for name in $(filter-out __init__,$(basename $(notdir $(wildcard bench/*.py)))); do \
		echo "== bench.$$name"; $(PY) -m scripts.on_cloud local --start -- $(PY) -m bench.$$name; done

# ---- prerequisites ------------------------------------------------------------------------------------------------

# No target of its own name: make splits names at spaces, and the path of a home may have one.
.PHONY: uv
uv:
	@[ -x "$(UV)" ] || { $(SUITABLE) && echo "fetching uv $(UV_VERSION)" && mkdir -p "$(CACHE)" && \
	if $(PYTHON3) -c 'import ensurepip, venv' 2>/dev/null; then \
		$(PYTHON3) -m venv "$(CACHE)/uv-$(UV_VERSION)" && \
		"$(CACHE)/uv-$(UV_VERSION)/bin/python" -m pip install --quiet "uv==$(UV_VERSION)"; \
	else $(PYTHON3) scripts/bring_uv.py "$(UV)"; fi; }

.venv/installed: uv.lock pyproject.toml | uv
	@$(SUITABLE)
	@echo "installing the environment (uv.lock)"
	@"$(UV)" sync --quiet --frozen --no-dev --inexact --python "$$($(PYTHON3) -c 'import sys; print(sys.executable)')"
	@touch $@

.venv/installed-dev: .venv/installed
	@"$(UV)" sync --quiet --frozen --python "$$($(PYTHON3) -c 'import sys; print(sys.executable)')"
	@touch .venv/installed $@

# If the user names another Python than the environment has, the environment is made anew.
ifneq ($(filter command environment,$(origin PYTHON3)),)
ifneq ($(shell { $(PYTHON3) -V; } 2>&1),$(shell $(PY) -V 2>/dev/null))
.PHONY: .venv/installed
endif
endif

tests/browser/node_modules/installed: tests/browser/package.json tests/browser/package-lock.json | .venv/installed
	@echo "installing the browser of the tests (tests/browser/package-lock.json)"
	@export PATH="$(NODE):$$PATH" && cd tests/browser && npm ci --silent --no-fund --no-audit \
		&& node driver.mjs </dev/null >/dev/null  # unpacks it, once for all who start it
	@touch $@

node_modules/installed: package.json package-lock.json | .venv/installed
	@echo "installing the cdk command line (package-lock.json)"
	@PATH="$(NODE):$$PATH" npm ci --silent --no-fund --no-audit
	@touch $@
