# Everything a fresh machine needs: Python 3.11-3.13, make, and the package registries.

# The first that runs and is of the right version: a name on the path may be an empty shim.
PYTHON ?= $(shell for p in python3.12 python3.13 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1 && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
OUT ?= out/demo
UV_VERSION := 0.13.9

.PHONY: install demo journeys test lint evaluate gpu-check lock clean help

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.installed  ## .venv with the pinned dependencies

# uv only speeds pip up; the versions and their hashes come from requirements.lock.
$(VENV)/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and none runs here. Try: make PYTHON=/path/to/python3.12 ..."; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --no-deps -e .
	@touch $@

demo: install  ## build the wardrobe of sample_photos/ and print where to look
	@$(BIN)/wardrobe build sample_photos --out $(OUT)
	@echo "catalogue: $$($(BIN)/wardrobe export --format html --out $(OUT))"

journeys: install  ## what a person does in the browser, in Debian's chromium; part of `make test` too
	$(BIN)/python -m pytest tests/web

test: install  ## the default suite, under ten minutes on two cores
	$(BIN)/python -m pytest

evaluate: install runs/fast-val runs/pairs-val  ## measure on sample_photos, rendered people and ../shared
	$(BIN)/python pipelines/evaluate.py --out out/evaluate --sample sample_photos \
		--street ../shared/data/ccp --people ../shared/data/people --flat ../shared/data/clothing \
		--rendered runs/fast-val --pairs runs/pairs-val

# People that no model is trained on, by their seeds: minutes, once.
runs/fast-val: | install
	$(BIN)/python pipelines/render_samples --route fast --count 96 --seed 99 --out $@
runs/pairs-val: | install
	$(BIN)/python pipelines/render_samples --route fast --pairs --count 36 --seed 98 --out $@

gpu-check: install  ## on a machine with a GPU: does it answer alike, and how fast; 8 minutes at most
	$(BIN)/python pipelines/gpu_check.py

lint: install  ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: install  ## pin again what pyproject.toml asks for: versions and hashes, no addresses
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock

clean:  ## away with everything that can be made again
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache
