# The two commands: `make demo` and `make test`. Needs Python 3.11 or newer; everything else is fetched into .venv.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PY := .venv/bin/python
READY := .venv/.ready
PYTHON ?=
JOBS ?= auto
ARGS ?=

# Settings like those of a real site, for checks that touch no server.
PRODUCTION := SECRET_KEY=0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ \
	RECORDS_KEYS=bWFrZS1saW50LW9ubHktMDAwMDAwMDAwMDAwMDAwMDA= ALLOWED_HOSTS=international.example.org \
	DATABASE_URL=postgres://cedars@db.example.org/cedars REDIS_URL=redis://redis.example.org/0

.PHONY: help demo test lint chaos bench lighthouse services messages schema pictures clean

help: ## Show this help
	@echo "Cedars-Sinai International"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

demo: $(READY) ## Run the product here with demo data, at http://127.0.0.1:8000 (PORT=9001 make demo)
	@exec $(PY) manage.py demo

test: $(READY) ## Run all tests, in parallel, on servers of their own (ARGS="-k health" for some)
	@exec $(PY) -m pytest -n $(JOBS) $(ARGS)

lint: $(READY) ## Check style, imports between floors, migrations, translations and settings
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/lint-imports --no-logo --cache-dir var/import-linter
	@$(PRODUCTION) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(PY) manage.py messages check
	@$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

chaos: $(READY) ## Kill the worker and Redis again and again, and count the mails (CHAOS_ROUNDS=30)
	@CHAOS_ROUNDS=$${CHAOS_ROUNDS:-30} $(PY) -m pytest tests/journeys/test_chaos.py -s -q $(ARGS)

bench: $(READY) ## Measure the partner API as a share of a bare view's speed (BENCH_SECONDS=20)
	@$(PY) -m bench.api

lighthouse: $(READY) ## Hold the public pages against Lighthouse: 95 or more in all (URL=https://... for a running site)
	@$(PY) -m bench.lighthouse

services: $(READY) ## Run only Postgres and Redis, and print where they are
	@exec $(PY) manage.py services

messages: $(READY) ## Bring the message catalogues in step with the code, and compile them
	@$(PRODUCTION) $(PY) manage.py messages extract
	@$(PRODUCTION) $(PY) manage.py messages compile

schema: $(READY) ## Write the partner API's OpenAPI file, docs/openapi.yaml
	@$(PRODUCTION) $(PY) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

pictures: $(READY) ## Take the README's pictures from the running demo, with an installed Chromium
	@$(PY) docs/pictures/take.py

clean: ## Remove .venv and all local data
	@if [ -x $(PY) ]; then $(PY) -m cedars_intl.embedded.clean; fi
	rm -rf .venv var

$(READY): requirements.txt constraints.txt
	@.ci/venv "$(PYTHON)"
	@touch $@
