# `make demo` and `make test` do all their set-up on a fresh Debian or Ubuntu with git, make, python3 and python3-venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PEER   := $(VENV)-infragraph
# SimGrid's Python binding belongs to the system's own interpreter.
SYSTEM_PYTHON ?= /usr/bin/python3
EXAMPLES := nvl72 leo_pool fusion

.PHONY: help demo test bench fuzz lint types check format update lock grammar system clean

help:
	@echo "make demo    build the three examples into out/, run SimGrid on them"
	@echo "make test    run the tests"
	@echo "make lint    ruff, format and lint;  make types  mypy --strict;  make check  all three"
	@echo "make bench   ratios against peers and bounds"
	@echo "make fuzz    try 200,000 inputs that no author would write (about a quarter of an hour on two cores)"
	@echo "make update  rewrite golden files;   make lock   renew the locked dependencies"

$(READY): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

system:
	@tools/system_packages.sh

demo: $(READY) system
	@$(BIN)/python tools/demo.py --system-python $(SYSTEM_PYTHON) $(EXAMPLES)

test: $(READY) system
	SYSTEM_PYTHON=$(SYSTEM_PYTHON) $(BIN)/python -m pytest -q -n 2 --dist worksteal

# The peer of the benchmark of scale wants other versions of what rackc uses: it gets an environment of its own.
$(PEER)/.ready:
	$(PYTHON) -m venv $(PEER)
	$(PEER)/bin/python -m pip install --quiet infragraph==3.1.0
	touch $@

bench: $(READY) $(PEER)/.ready
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/scale.py $(PEER)/bin/python
	$(BIN)/python benchmarks/language.py
	$(BIN)/python benchmarks/pooling.py
	$(BIN)/python benchmarks/pods.py
	$(BIN)/python benchmarks/conflicts.py

fuzz: $(READY)
	$(BIN)/python tools/fuzz.py 200000

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

check: lint types test

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

update: $(READY)
	$(BIN)/python -m pytest -q --update

lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  pyproject.toml --output-file requirements/run.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  pyproject.toml --group dev --output-file requirements/dev.txt

grammar: $(READY)
	$(BIN)/python tools/save_grammar.py

clean:
	rm -rf out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
