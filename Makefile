# `make help` lists what there is. CI runs the same targets, nothing only it knows.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run install test lint format bench sanitize docs

# What `swift format` looks at.
SWIFT_FILES := Package.swift Sources Tests
# `make run ARGS='--port 9000'` passes flags on to the gateway.
ARGS ?=

help: ## List these targets
	@grep -hE '^[a-z]+: ?.*## ' $(MAKEFILE_LIST) | awk -F ': *.*## ' '{ printf "  %-10s %s\n", $$1, $$2 }'

run: ## Build for release and serve the chat page on http://127.0.0.1:8080/ (ARGS='--port 9000')
	@scripts/run $(ARGS)

install: ## Build with the Swift runtime inside and install it, with a systemd unit (PREFIX, DESTDIR; docs/installing.md)
	@scripts/install

test: ## Lint, every test, Autobahn sections 1 to 10, a real browser, and the container, Kubernetes and proxies
	@scripts/test

lint: ## Format, width of comments, declared imports, and where `unsafe` may stand
	@scripts/install-packages lint
	@scripts/lint $(SWIFT_FILES)

format: ## Rewrite the Swift sources in the house format
	swift format --in-place --recursive --parallel $(SWIFT_FILES)

bench: ## Fan-out, echo, idle and publish benchmarks of the release build (Benchmarks/README.md)
	@Benchmarks/bench

sanitize: ## Every test under the thread sanitizer, then under the address sanitizer
	@scripts/sanitize

docs: ## Write the pages that are printed from the code (docs/configuration.md, docs/atalaya.yaml, docs/events.md, docs/metrics.md)
	@scripts/docs
