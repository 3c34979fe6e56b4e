# The two commands of a newcomer are `make run` and `make test`; CONTRIBUTING.md has the others.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run demo test check fmt clippy shell deny publiccode pki readme bench fuzz deps deb container packaging

SCRIPTS := $(wildcard .ci/run scripts/*.sh certs/*.sh softhsm/*.sh packaging/*.sh tests/support/*.sh tests/peers/*.sh tests/peers/dss/*.sh tests/peers/verapdf/*.sh)

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: demo ## builds, makes a demonstration PKI and signed files, verifies each, then starts the service
	@scripts/serve-demo.sh

demo:
	@scripts/deps.sh run
	cargo build --release --locked
	@scripts/demo.sh

test: deps fmt clippy deny shell publiccode pki ## every check, with the real parts; ends with the test runner's summary
	cargo build --locked
	VARCO=target/debug/varco scripts/readme-example.sh --check
	scripts/api-check.sh
	scripts/html-check.sh
	packaging/check.sh
	scripts/fetch-vectors.sh
	scripts/fetch-npm.sh axe
	VARCO_REQUIRE_SUITES=1 cargo test --locked

check: fmt clippy ## the fast loop: format, lints, unit tests
	cargo test --locked --lib

fmt:
	cargo fmt --check

clippy:
	cargo clippy --locked --all-targets -- -D warnings

deny: ## licences, forbidden and doubled crates, sources, known vulnerabilities
	scripts/deny.sh

shell:
	shellcheck $(SCRIPTS)

publiccode:
	scripts/check-publiccode.py

pki:
	certs/check.sh certs/pki
	certs/make-demo.sh certs/pki var/demo-of-tests
	certs/check-demo.sh certs/pki var/demo-of-tests
	softhsm/init.sh var/softhsm certs/pki
	softhsm/check.sh var/softhsm

readme: ## renews the example in the README from real output
	cargo build --release --locked
	scripts/readme-example.sh

bench: ## benchmarks: the table of docs/PERFORMANCE.md
	@scripts/deps.sh test
	cargo bench --locked --bench '*'

fuzz: ## runs the fuzz targets for a while (SECONDS_EACH=60)
	scripts/fuzz.sh

packaging: ## the quick checks of what is packaged (part of `make test`)
	cargo build --locked
	packaging/check.sh

deb: ## builds the Debian package, installs it in a system of its own and uses it there (as root)
	@scripts/deps.sh deb
	packaging/build-deb.sh
	packaging/check-deb.sh

container: ## builds the container file and uses what comes of it (as root)
	@scripts/deps.sh container
	packaging/check-container.sh

deps: ## installs the Debian packages that the tests need
	@scripts/deps.sh test
