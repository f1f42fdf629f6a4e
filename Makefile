# Everything a developer or a newcomer types. `make help` lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help

BIN := .venv/bin
UV_VERSION := 0.13.9

# The newest Python from 3.12 on: by name, else a pyenv one. Never that of an environment, which may be the one to make anew.
PYTHON := $(shell for p in python3.14 python3.13 python3.12 $$(ls -d $(HOME)/.pyenv/versions/3.1[2-9]*/bin/python 2>/dev/null | sort -rV); do \
	"$$p" -c 'import os, sys; sys.version_info < (3, 12) and sys.exit(1); print(os.path.realpath(sys._base_executable))' 2>/dev/null && break; done)

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: venv
venv: .venv/complete ## install Ansible and the tools into .venv

.venv/complete: tests/requirements.txt
	@[ -n "$(PYTHON)" ] || { echo "Python 3.12 or newer is needed and was not found: install python3.12 and its venv module (Debian, Ubuntu: apt install python3-venv)." >&2; exit 1; }
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	$(BIN)/uv pip sync --quiet --python $(BIN)/python tests/requirements.txt
	touch $@

.PHONY: pins
pins: ## renew the pins of requirements.txt from pyproject.toml
	uv pip compile --quiet --upgrade --python-version 3.12 --no-header pyproject.toml -o requirements.txt
	uv pip compile --quiet --upgrade --python-version 3.12 --no-header --group dev pyproject.toml -o tests/requirements.txt

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg

.PHONY: demo
demo: venv ## start Kubernetes and a JupyterHub on this machine (Linux, root)
	ansible-playbook site.yml -l local
	@printf '\n  JupyterHub: http://127.0.0.1:30080   user: alice   password: %s\n  Stop and remove everything: make demo-down\n\n' "$$(ansible-inventory --host demo.local | python -c 'import json, sys; print(json.load(sys.stdin)["jupyterhub_auth"]["user_password"])')"

.PHONY: demo-down
demo-down: venv ## stop the demo and remove every trace of it
	ansible-playbook playbooks/destroy.yml -l local -e confirm=local

.PHONY: test
test: lint types programs unit sanity molecule ## run every test

.PHONY: lint
lint: venv ## check the style of YAML, roles and Python
	yamllint --strict .
	ansible-lint --strict
	ruff check .
	ruff format --check .

.PHONY: types
types: venv ## check the types of the Python code
	mypy plugins tools

.PHONY: programs
programs: venv ## compile Kubernetes and Helm into the cache (Molecule and some unit tests want them)
	@PYTHONPATH=collections python -c "from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import build; build.ensure_binaries(print)"

.PHONY: unit
unit: venv ## run the unit tests
	pytest

.PHONY: sanity
sanity: venv ## build and install the collection and run ansible-test on what ships
	tests/sanity/run.sh

.PHONY: molecule
molecule: venv /usr/bin/chromium ## run every Molecule scenario
	molecule test --all

# what the browser test drives
/usr/bin/chromium:
	apt-get -qq update
	apt-get -qq install --yes --no-install-recommends chromium

.PHONY: bench
bench: venv ## measure what validating a fleet costs, beside what people use today
	PYTHONPATH=collections python tools/bench.py

.PHONY: generated
generated: venv ## renew what is generated: the catalogue of traits and the reference of checks
	PYTHONPATH=collections python tools/traits.py
	PYTHONPATH=collections python tools/checks.py

.PHONY: pictures
pictures: venv /usr/bin/chromium ## take the README's pictures of the demo's hub
	docs/pictures.sh
