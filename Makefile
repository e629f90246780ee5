# The words people type. The work is in `.ci/` and in `cargo xtask`.

# Where the demo keeps its databases, bundles and applications.
DATA ?= data
# Where the demo's console listens.
LISTEN ?= 127.0.0.1:8400
# How often the long tests repeat.
N ?= 1

.PHONY: run build test lint bench soak fuzz dev

run:   ## console, three environments and the sample factory; data is kept in DATA
	@.ci/setup build && .ci/build release && exec .ci/slipway release demo --data "$(DATA)" --listen "$(LISTEN)"

build: ## the release binary with the page inside
	@.ci/setup build && .ci/build release && .ci/slipway release --version

test:  ## everything: unit, property, integration on both databases, WASM, browser
	@.ci/setup test && .ci/test

lint:  ## format, clippy natively and for the browser, dependency edges, TypeScript
	@.ci/setup build && .ci/lint

bench: ## the numbers of the README, from release builds
	@.ci/setup build && .ci/build release && .ci/bench

soak:  ## long fault and kill tests; N=10 makes them ten times longer
	@.ci/setup test && N="$(N)" .ci/soak

fuzz:  ## random and hostile input for bundles, manifests and the wire
	@N="$(N)" .ci/fuzz

dev:   ## debug build, demo restarted by hand; the page without optimisation
	@.ci/setup build && .ci/build dev && exec .ci/slipway dev demo --data "$(DATA)" --listen "$(LISTEN)"
