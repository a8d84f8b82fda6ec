# SPDX-License-Identifier: GPL-3.0-or-later
# The front door. `make demo` as anybody, `make test` as root; each target prepares what it needs.
# All paths are relative: the checkout may lie in a directory with a space in its name.

SHELL := /bin/sh
export LC_ALL := C.UTF-8
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections

BIN := .venv/bin
LINK := .cache/collections/ansible_collections/koshin/tls
SHOPS := $(sort $(wildcard tests/integration/test_portal_*.py)) tests/integration/test_placing_playbooks.py \
	tests/integration/test_api_authorities.py
PIP := -m pip --disable-pip-version-check --quiet install

.PHONY: help demo test lint sanity unit contract integration hosts shops pytest bench endurance build clean root debian-packages
.DELETE_ON_ERROR:

help:
	@echo 'make demo         the whole procedure on the embedded authority, as an ordinary user'
	@echo 'make test         everything below down to integration, as root'
	@echo 'make lint         ruff, mypy, yamllint, ansible-lint, changelog fragments'
	@echo 'make sanity       ansible-test sanity, on a copy of the checkout'
	@echo 'make unit         tests/unit'
	@echo 'make contract     tests/contract, real mail servers, as root'
	@echo 'make integration  tests/integration, real hosts, as root'
	@echo 'make pytest ARGS="tests/unit/test_house.py -x"'
	@echo 'make bench        speed beside the peers, as a table; as root'
	@echo 'make endurance    100,000 damaged mails, archives, PEM texts, PKCS#7, and each kill at shops and CAs; as root'
	@echo 'make build        the collection as a tarball, in dist/'
	@echo 'make clean        removes all that make made'

demo: .venv/runtime.stamp $(LINK)
	@"$(BIN)/ansible-playbook" koshin.tls.demo

test: root debian-packages .venv/tests.stamp $(LINK)
	@$(BIN)/python tests/run/everything.py

lint: .venv/tests.stamp $(LINK)
	@PATH="$(CURDIR)/$(BIN):$$PATH" tests/run/lint

sanity: .venv/tests.stamp
	@PATH="$(CURDIR)/$(BIN):$$PATH" tests/run/sanity

unit: .venv/tests.stamp $(LINK)
	@$(BIN)/python -m pytest tests/unit

contract: root debian-packages .venv/tests.stamp $(LINK)
	@$(BIN)/python -m pytest tests/contract

integration: root debian-packages .venv/tests.stamp $(LINK)
	@$(BIN)/python -m pytest tests/integration

# The two halves of it, which `make test` runs beside each other.
hosts: root debian-packages .venv/tests.stamp $(LINK)
	@$(BIN)/python -m pytest tests/integration $(addprefix --ignore=,$(SHOPS))

shops: root debian-packages .venv/tests.stamp $(LINK)
	@$(BIN)/python -m pytest $(SHOPS)

pytest: .venv/tests.stamp $(LINK)
	@$(BIN)/python -m pytest $(ARGS)

bench: root debian-packages .venv/tests.stamp .venv-peers/peers.stamp $(LINK)
	@tests/run/debian-packages tests/bench/debian-packages.txt
	@$(BIN)/python tests/bench/bench.py

endurance: root debian-packages .venv/tests.stamp $(LINK)
	@$(BIN)/python tests/endurance/mails.py $(ARGS)
	@KOSHIN_ENDURANCE=1 $(BIN)/python -m pytest tests/contract/test_portal_killed.py tests/contract/test_api_killed.py $(SHOPS)

build: .venv/runtime.stamp
	@PATH="$(CURDIR)/$(BIN):$$PATH" tests/run/build

clean:
	rm -rf .venv .venv-peers .cache dist koshin-demo .mypy_cache .pytest_cache .ruff_cache .hypothesis .ansible tests/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

root:
	@test "$$(id -u)" = 0 || { echo 'This needs root: it installs Debian packages and starts hosts with file systems of their own. Try: sudo make test' >&2; exit 1; }

debian-packages:
	@tests/run/debian-packages
	@tests/run/newer-debian-packages

$(LINK):
	@mkdir -p "$(@D)"
	@ln -sn ../../../.. "$@"

.venv/runtime.stamp: requirements.txt
	@tests/run/virtual-environment .venv
	@echo 'Installing requirements.txt from PyPI ...'
	@$(BIN)/python $(PIP) -r requirements.txt
	@touch $@

.venv/tests.stamp: .venv/runtime.stamp tests/requirements.txt
	@echo 'Installing tests/requirements.txt from PyPI ...'
	@$(BIN)/python $(PIP) -r tests/requirements.txt
	@touch $@

# The peers of the benchmark stay apart: the wheel `ansible` brings a hundred collections.
.venv-peers/peers.stamp:
	@tests/run/virtual-environment .venv-peers
	@echo 'Installing the peer collections from PyPI ...'
	@.venv-peers/bin/python $(PIP) ansible cryptography dnspython
	@touch $@
