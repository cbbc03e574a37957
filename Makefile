# Two words are enough on a fresh machine: `make run` and `make test`. Both bring what they need.

UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
SPACE_GRADIO = $(shell sed -n "s/^sdk_version: *//p" README.md)

.PHONY: run sandbox test drill check audit bench setup chromium clean

run: .venv/.synced-run
	@.venv/bin/python app.py

sandbox: .venv/.synced-run
	@.venv/bin/python -m sandbox --port 8787

test: setup chromium
	@.venv/bin/python -m pytest -n 2 --dist worksteal --cov --cov-report=term

# The long ones: 1,300 kills, 500 lives of 40 steps, every moment at which somebody may leave the page.
drill: setup chromium
	@.venv/bin/python -m pytest -n 2 --dist load --drill --timeout 3600 tests/drills tests/browser/test_life.py \
	  tests/sandbox/test_contract.py

check: setup
	@.venv/bin/ruff format --check
	@.venv/bin/ruff check
	@.venv/bin/mypy
	@$(UV) lock --check
	@# What a Space installs must resolve: our requirements together with its own Gradio.
	@echo 'gradio[oauth,mcp]==$(SPACE_GRADIO)' | $(UV) pip compile --quiet --no-header --python-version 3.12 \
	  --output-file /dev/null requirements.txt -
	@.venv/bin/python -m tests.audit --uv $(UV) --if-reachable

# Known flaws in what is locked. Fails when they cannot be looked up.
audit: setup
	@.venv/bin/python -m tests.audit --uv $(UV)

bench: setup chromium
	@.venv/bin/python -m bench

setup: .venv/.synced-dev

# Debian and Ubuntu have Chromium in their packages; elsewhere any installed Chrome or Chromium serves.
chromium: setup
	@.venv/bin/python -m tests.browser.chromium || { \
	  command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || true
	@.venv/bin/python -m tests.browser.chromium --explain

.venv/.synced-run: pyproject.toml uv.lock | $(UV)
	@$(UV) sync --quiet --frozen --no-dev --inexact
	@touch $@

.venv/.synced-dev: pyproject.toml uv.lock | $(UV)
	@$(UV) sync --quiet --frozen
	@touch $@ .venv/.synced-run

.tools/bin/uv:
	@python3 -c 'import sys; sys.exit("Firstframe needs Python 3.11 or newer.") if sys.version_info < (3, 11) else None'
	@python3 -m venv .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'

clean:
	@rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
