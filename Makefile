# Everything a fresh machine needs: Python 3.11-3.13, make, and the package registries.

PYTHON ?= $(shell command -v python3.12 || command -v python3.13 || command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
OUT ?= out/demo
UV_VERSION := 0.13.9

.PHONY: install demo test lint evaluate lock clean help

help:  ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.installed  ## .venv with the pinned dependencies

# uv only speeds pip up; the versions and their hashes come from requirements.lock.
$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(not (3, 11) <= v < (3, 14) and f"Python 3.11-3.13 is needed, {sys.executable} is {v.major}.{v.minor}. Try: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --no-deps -e .
	@touch $@

demo: install  ## build the wardrobe of sample_photos/ and print where to look
	@$(BIN)/wardrobe build sample_photos --out $(OUT)
	@echo "catalogue: $$($(BIN)/wardrobe export --format html --out $(OUT))"

test: install  ## the default suite, under ten minutes on two cores
	$(BIN)/python -m pytest

lint: install  ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: install  ## pin again what pyproject.toml asks for: versions and hashes, no addresses
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock

clean:  ## away with everything that can be made again
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache
