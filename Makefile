# make demo: raw recordings to a report, in minutes.   make test: every test.
# make bench: speed beside the peers that are installed; BENCH="--only NAME --out FILE.json" chooses.
.PHONY: demo test lint types format bench clean

PYTHON ?= python3
# The CPU build is enough for both commands. For CUDA: make TORCH="torch" (several GB) or see the README.
TORCH ?= torch==2.13.0
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
DEMO ?= demo
bin := .venv/bin

.venv/installed: pyproject.toml
	test -x $(bin)/python || $(PYTHON) -m venv .venv
	$(bin)/python -c "import torch" 2>/dev/null \
	  || $(bin)/pip install --quiet --disable-pip-version-check "$(TORCH)" --extra-index-url $(TORCH_INDEX)
	$(bin)/pip install --quiet --disable-pip-version-check --constraint .ci/constraints.txt --editable ".[test]"
	touch $@

demo: .venv/installed
	PATH="$(CURDIR)/$(bin):$$PATH" bash recipes/demo/demo.sh $(DEMO)

test: .venv/installed
	$(bin)/python -m pytest

lint: .venv/installed
	$(bin)/ruff check .
	$(bin)/ruff format --check .

types: .venv/installed
	$(bin)/mypy

format: .venv/installed
	$(bin)/ruff check --fix .
	$(bin)/ruff format .

bench: .venv/installed
	$(bin)/python -m tests.benchmarks $(BENCH)

clean:
	rm -rf .venv build dist *.egg-info demo
