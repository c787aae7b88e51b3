# What a newcomer types. Needed beforehand: Python >= 3.11 with venv, make, and Docker or Java >= 17 with Maven.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
TEST_ARGS ?=
# Test modules at a time. They share one Keycloak (1.5 GiB of memory); a third one works while two wait for it.
WORKERS ?= 3
# A thousand commands are started: each would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install lock demo test test-containers lint format pages screenshots texts bench bench-large bench-guard bench-ha soak sbom release clean

help:            ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 18

install: $(STAMP)  ## makes .venv with everything

$(STAMP): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --require-hashes -r requirements-uv.txt
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements-uv.txt requirements-dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

lock: ## makes the requirements files anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --all-extras --group dev pyproject.toml -c requirements.txt -o requirements-dev.txt
	echo uv | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 - -o requirements-uv.txt

demo: install    ## the trial run: real accounts, real e-mails (KEEP=1 leaves it up)
	@$(BIN)/provisioner demo $(if $(KEEP),--keep)

test: install    ## all tests, against real parts
	@sh scripts/install-system.sh
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TEST_ARGS)

test-containers: install  ## the images, compose.yml and the sandbox in containers; makes an engine where none answers (root)
	scripts/container-engine.sh run $(BIN)/python -m pytest -v --durations=0 --durations-min=1 tests/containers/flow.py

lint: install    ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install  ## puts the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pages: install   ## writes the pages and the schema that are made from the code anew
	$(BIN)/python scripts/regles.py
	$(BIN)/python scripts/settings.py
	$(BIN)/python scripts/schemas.py

screenshots: install  ## the pictures of docs/console.md, taken anew in a browser
	@sh scripts/install-system.sh
	$(BIN)/python scripts/console_screenshots.py

texts: install   ## build/textes.html: every French text on one page, to be read by a native reader
	$(BIN)/python scripts/texts.py

bench: install   ## one table of ratios: to wrk, a plain script, partialImport; JSON in build/ (FIGURES="opening sync", PERSONS, PAIRS, APART=1)
	$(BIN)/python -m bench $(FIGURES) $(if $(PERSONS),--persons $(PERSONS)) $(if $(PAIRS),--pairs $(PAIRS)) $(if $(APART),--apart)

bench-large: install ## what one wait costs in a realm of 20,000, beside its aim (FIGURES="sync start", PARTNERS, SERVE=200000)
	$(BIN)/python -m bench.large $(FIGURES) $(if $(PARTNERS),--partners $(PARTNERS)) $(if $(SERVE),--serve $(SERVE))

bench-guard: install  ## the small one: fails where we do more than bench/guard.json says; RECORD=1 writes that anew
	$(BIN)/python -m bench.guard $(if $(RECORD),--record)

bench-ha: install  ## how long work rests when the service, PostgreSQL or Keycloak dies, and what is lost (ROUNDS, PERSONS)
	$(BIN)/python bench/ha.py --rounds $(or $(ROUNDS),3) --persons $(or $(PERSONS),100)

soak: install    ## two years of 50 partners and 1,000 persons, with faults (SEED, DAYS, PARTNERS, PERSONS); 10,000 logins (LOGINS)
	$(BIN)/python -m tests.soak $(if $(SEED),--seed $(SEED)) $(if $(DAYS),--days $(DAYS)) \
	  $(if $(PARTNERS),--partners $(PARTNERS)) $(if $(PERSONS),--persons $(PERSONS))
	LOGINS=$(or $(LOGINS),10000) $(BIN)/python -m pytest -q tests/faults/test_connections.py

sbom: install    ## build/release: what the wheel and the images are made of (SBOM, OpenVEX), their licences
	$(BIN)/python scripts/sbom.py build/release

release: install ## VERSION=0.5.0: wheel, sdist, images, SBOM, checksums in dist/, commit, tag (OPTIONS="--dry-run --without-audit")
	$(BIN)/python scripts/release.py $(VERSION) $(OPTIONS)

clean:           ## removes what the commands above made; not data/, which may be a register
	rm -rf build dist .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
