# make lab, make test: all a reader needs. The rest is for maintainers; `make help` lists everything.
# PYTHON chooses the interpreter of the virtual environment; ARGS is passed on by most commands.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
STAMP := $(VENV)/.installed

.PHONY: help lab test everywhere pythons notebooks mutants site bench lock address clean distclean
.DEFAULT_GOAL := help

help:
	@echo "make lab                        open the notebooks in JupyterLab (ARGS=\"--no-browser --port 8890\")"
	@echo "make test                       run every check (ARGS=\"lint tests\" for some parts of it)"
	@echo "make everywhere [ONLY='5.2*']   run notebooks and mathematics under several arithmetics; compare the texts"
	@echo "make pythons                    run the notebooks on the other supported Pythons that this machine has"
	@echo "make notebooks [ONLY='5.2*']    execute the notebooks and store them in normal form"
	@echo "make mutants [ONLY=5.2]         put in small faults, one at a time: is each caught by its test?"
	@echo "make site                       build the static pages into build/site"
	@echo "make bench                      measure speed; prints tables"
	@echo "make lock [ARGS=--upgrade]      rewrite requirements.txt and both environment.yml"
	@echo "make address URL=https://...    write the public address into badge and links"
	@echo "make clean, make distclean      remove caches; the virtual environment too"

# JupyterLab refuses to run as root, as in many containers, unless it is told to.
ROOT_OPTION := $(if $(filter 0,$(shell id -u)),--allow-root)

lab: $(STAMP)
	$(PY) -m jupyter lab --ServerApp.root_dir="$(CURDIR)" --LabApp.default_url=/lab/tree/notebooks/index.ipynb \
		--ServerApp.kernel_websocket_connection_class=helpers.upkeep.prompt_connection.PromptConnection $(ROOT_OPTION) $(ARGS)

test: $(STAMP)
	@$(PY) -m helpers.upkeep.suite $(ARGS)

everywhere: $(STAMP)
	@$(PY) -m helpers.upkeep.everywhere $(if $(ONLY),"$(ONLY)") $(ARGS)

pythons: $(STAMP)
	@$(PY) -m helpers.upkeep.pythons $(ARGS)

notebooks: $(STAMP)
	@$(PY) -m helpers.upkeep.notebooks $(if $(ONLY),"$(ONLY)")

mutants: $(STAMP)
	@$(PY) -m helpers.upkeep.mutants $(ONLY)

site: $(STAMP)
	@$(PY) -m helpers.upkeep.site.build

bench: $(STAMP)
	@for script in tests/bench/[a-z]*.py; do echo "== $$script"; PYTHONPATH=. $(PY) "$$script" || exit 1; done

lock: $(STAMP)
	@$(PY) -m helpers.upkeep.lock $(ARGS)

address: $(STAMP)
	@$(PY) -m helpers.upkeep.address $(if $(URL),"$(URL)")

# Installed once; again only when the pins or the package's own description have changed.
$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c "import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else 'Python 3.11, 3.12 or 3.13 is needed; $(PYTHON) is %d.%d. Choose another with: make PYTHON=python3.12 ...' % v)"
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "No virtual environment could be made; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing the pinned packages into $(VENV) (a few minutes, about 2 GB, the first time)"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf build .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find helpers tests notebooks -name __pycache__ -o -name .ipynb_checkpoints | xargs rm -rf

distclean: clean
	rm -rf $(VENV)
