# `make demo` makes a first clip, `make test` runs all tests; both set up .venv on the first call.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BASE := $(VENV)/.installed-base
DEV := $(VENV)/.installed-dev
TORCH := $(shell grep '^torch==' constraints.txt)

.PHONY: demo test lint wheel clean

demo: $(BASE)
	@mkdir -p outputs
	$(BIN)/emogen generate "an orange fox" --emotion "sadness:0.8@0s -> awe:0.9@2s" --seed 7 \
		-o outputs/demo.mp4 --sheet --overwrite
	@echo "The clip is outputs/demo.mp4, its frames outputs/demo-sheet.png, how: outputs/demo.json"

test: $(DEV)
	$(BIN)/python -m pytest $(ARGS)

lint: $(DEV)
	$(BIN)/ruff check .

wheel: $(BASE)
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .
	$(BIN)/python -m zipfile -l $$(ls -t dist/emogen-*.whl | head -1) | grep -c _assets/models/

$(BASE): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install $(TORCH)
	$(BIN)/pip install -e . -c constraints.txt
	touch $@

$(DEV): $(BASE)
	$(BIN)/pip install -e ".[dev]" -c constraints.txt
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
