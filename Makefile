# Everything that is done in this checkout. Each target brings what it needs and says so.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# Node 24 from .tools where the machine's own is older; the tools themselves never through npx.
export PATH := $(CURDIR)/.tools/node/bin:$(CURDIR)/node_modules/.bin:$(PATH)
# What Node compiled is kept from one process to the next: the tests start hundreds.
export NODE_COMPILE_CACHE := $(CURDIR)/.tools/cache/compiled

.PHONY: help demo smoke test check bench fuzz chaos lab-up lab-down clean bootstrap-code bootstrap-lab

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

demo: bootstrap-lab ## Start everything on a real directory, and say where to open it; PORT= MAILBOX_PORT= NAME=
	@node lab/demo/demo.ts $(if $(filter command,$(origin NAME)),--name '$(NAME)')

smoke: bootstrap-lab ## Reset one password end to end without a browser; the exit code tells
	@node lab/demo/smoke.ts

test: bootstrap-lab ## Run every test, those on a real directory and in a real browser too
	@node tools/run-tests.ts

check: bootstrap-code ## Check format, lint, types, boundaries and unit tests; no root, under 30 s
	@vitest run --project unit --project repository

bench: bootstrap-lab ## Measure a reset end to end against a bare LDAPS write
	@node lab/bench/bench.ts

fuzz: bootstrap-code ## Feed a million malformed inputs to everything that reads bytes; SEED= repeats a run
	@node tools/fuzz/fuzz.ts

chaos: bootstrap-lab ## Kill everything in the middle of 500 resets, twice, and count what became of them
	@node lab/chaos/chaos.ts

lab-up: bootstrap-lab ## Start the lab's directory, or mend it; FORESTS=all for both of its forests
	@node lab/forest/lab-up.ts

lab-down: bootstrap-code ## Stop the lab, or FORESTS= of it; its people stay for the next start
	@node lab/forest/lab-down.ts

clean: ## Stop the lab and delete it, with all that was built; downloaded packages stay
	@if [ -e .lab ]; then HOMEWARD_LAB= FORESTS= $(MAKE) lab-down; fi
	@rm -rf .lab .bench .test-output .tsbuild dist packages/*/dist .tools/cache/compiled

bootstrap-code:
	@tools/bootstrap.sh code

bootstrap-lab:
	@tools/bootstrap.sh lab
