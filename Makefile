# Ringback's commands. `make test` does all that must pass before a change is merged; `make help`
# lists the rest. Needed: Rust, Python 3.10 or later, GNU make, bash; Node.js 20 or later for tests.

SHELL := /usr/bin/env bash
PYTHON ?= python3
export PYTHON

.PHONY: help build docs test lint demo bench measure audit clean

help: ## Lists these commands.
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile
	@echo "  make demo ONCE=1  the same, and ends when every callback has arrived"
	@echo '  make bench BENCH="--json --only durable"  with options of ringback bench'

build: ## Builds the command `ringback` (target/debug/ringback).
	@cargo build -p ringback

test: ## Checks everything: format, lints, docs, unit tests, SDK tests, crash test.
	@tests/run/all.sh

bench: ## Measures how much this machine delivers, in less than 15 minutes.
	@cargo build --release -p ringback
	@"$${CARGO_TARGET_DIR:-target}/release/ringback" bench $(BENCH)

lint: ## Checks format, lints and docs only.
	@tests/run/all.sh format lints docs

demo: build ## Shows six types of callbacks: calls, a message, a voicemail, 10DLC.
	@tests/run/demo.sh $(if $(ONCE),once)

docs: build ## Writes docs/callbacks and docs/errors.md anew, from the code.
	@tests/run/pages.sh

measure: ## Measures an idle server: request to callback, memory, size (release build).
	@cargo build --release -p ringback
	@$(PYTHON) tests/measure/measure.py "$${CARGO_TARGET_DIR:-target}/release/ringback"

audit: ## Checks the licences and the origin of what we depend on (needs cargo-deny).
	@tests/run/audit.sh

clean: ## Removes what was built, the environments of the tests included.
	@cargo clean
	@rm -rf .venv
	@rm -rf examples/.venv examples/data
	@find tests examples -name node_modules -type d -prune -exec rm -rf {} +
	@find tests examples -name __pycache__ -type d -prune -exec rm -rf {} +
