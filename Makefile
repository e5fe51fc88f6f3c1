# Everything is made by plain commands that can be typed without make; this file knows
# what is current and what is not.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := help

ADDR ?= localhost:8080
# A pack's folder; the demo model if empty.
PACK ?=
DEMO_FORMAT := q8

WASM := web/build/mixtab.wasm
PAGE := web/dist/index.html
SERVER := build/mixtab-server
MODULES := web/node_modules/.package-lock.json
STATICCHECK := build/staticcheck
GOBROWSER := build/gobrowser
TESTSUM := build/testsum
EDGE := build/edge/edge.wasm
EDGE_PAGE := build/edge/page/_headers
EDGE_MODULES := server/edge/node_modules/.package-lock.json
S3SERVER := build/s3server

TOOLCHAIN := build/toolchain

# files(folders) are the sources under folders, without what is made or downloaded. The
# folders themselves are among them, as their times tell of files that have gone.
files = $(shell find $(1) \( -name node_modules -o -name .wrangler -o -path web/build -o -path web/dist -o -name testdata -o -path demo/checkpoint \) -prune -o \( -type d -o -type f ! -name '*_test.go' \) -print 2>/dev/null)
JS := GOOS=js GOARCH=wasm
# What compiles for the browser.
JS_PACKAGES := ./shaders/... ./engine/... ./wasm/... ./server/edge ./tools/peers/ours

.PHONY: help
help: ## lists these targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  make %-16s %s\n' "$$name" "$$text"; done
	@echo "Variables: ADDR=host:port (run), PACK=folder (run, publish, torrent, bench, bench-web), PROMPT= GEN= IDS= BUDGET=2GiB SPECULATE=4 TUNE=1 ARITHMETIC=f16 PROFILE=trace.json (bench, bench-web), TO=s3://BUCKET/PREFIX ENDPOINT=URL PUBLISH= (publish), WEB_SEED=URL TORRENT= (torrent), NAME= LAB= (bench-kernel), FOR=10m (soak-server)"

.PHONY: run
run: build ## installs what is missing, builds, and serves the page and the demo model (or PACK) on ADDR
	@exec $(SERVER) -addr '$(ADDR)' $(if $(PACK),-pack '$(PACK)')

.PHONY: build
build: bootstrap-build $(SERVER) ## builds the WebAssembly, the page and the server

.PHONY: test
test: bootstrap-test ## runs everything that CI runs: the stages below, one after the other
	@tools/stages.sh check test-native test-browser test-page edge-test e2e

.PHONY: check
check: $(STATICCHECK) $(MODULES) ## formatting, go vet, staticcheck, TypeScript and its linter
	@unformatted=$$(gofmt -l $$(find . \( -name node_modules -o -path ./build \) -prune -o -name '*.go' -print)); \
	  if [ -n "$$unformatted" ]; then echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(JS) go vet $(JS_PACKAGES)
	$(STATICCHECK) ./...
	$(JS) $(STATICCHECK) $(JS_PACKAGES)
	cd web && npm run --silent check

.PHONY: test-native
test-native: $(TESTSUM) $(S3SERVER) $(SERVER) ## Go tests on this machine, the native GPU driver's among them
	@mkdir -p -m 700 build/run # lavapipe wants a XDG_RUNTIME_DIR; without an adapter, fail and do not skip
	@XDG_RUNTIME_DIR=$${XDG_RUNTIME_DIR:-$(CURDIR)/build/run} MIXTAB_REQUIRE=native $(TESTSUM) ./...

.PHONY: test-browser
test-browser: $(TESTSUM) $(GOBROWSER) $(MODULES) ## Go tests as WebAssembly in headless Chromium
	@$(JS) $(TESTSUM) -exec='$(CURDIR)/$(GOBROWSER)' ./wasm/...

.PHONY: test-page
test-page: $(MODULES) ## tests of the page's TypeScript
	@cd web && npm run --silent test

.PHONY: e2e
e2e: $(SERVER) ## the real server, page and model in headless Chromium
	@cd web && npm run --silent e2e

# Where publish puts PACK: s3://BUCKET/PREFIX, and the store's URL where it is not AWS.
TO ?=
ENDPOINT ?=
# Further flags of tools/publish, as in PUBLISH='-dry-run' or PUBLISH=-h, which lists them.
PUBLISH ?=

.PHONY: publish
publish: ## uploads PACK to TO, a place in a bucket of R2 or S3 (ENDPOINT, PUBLISH; docs/WEIGHTS.md)
	@go run ./tools/publish $(if $(PACK),-pack '$(PACK)') $(if $(TO),-to '$(TO)') $(if $(ENDPOINT),-endpoint '$(ENDPOINT)') $(PUBLISH)

# What bench and bench-web measure.
PROMPT ?= 128
GEN ?= 64
IDS ?=
# Of experts on the device; all of them if empty.
BUDGET ?=
# Tokens to draft at a time by prompt lookup; none if empty.
SPECULATE ?=
# Any value: measure the variants of kernels even on a CPU, those of a less exact arithmetic (f16, int8) too.
TUNE ?=
ARITHMETIC ?=
# A file for a trace of every dispatch; a table of kernels comes with it.
PROFILE ?=
BENCH_FLAGS = -prompt '$(PROMPT)' -gen '$(GEN)' $(if $(IDS),-ids '$(IDS)') $(if $(BUDGET),-expert-budget '$(BUDGET)') $(if $(SPECULATE),-speculate '$(SPECULATE)') \
  $(if $(TUNE),-tune) $(if $(ARITHMETIC),-arithmetic '$(ARITHMETIC)')

.PHONY: bench
bench: ## measures the engine natively (PACK, PROMPT, GEN, IDS, BUDGET, PROFILE); ends with a JSON object
	go run ./tools/bench $(if $(PACK),-pack '$(PACK)') $(BENCH_FLAGS) $(if $(PROFILE),-profile='$(PROFILE)') -json

.PHONY: bench-web
bench-web: $(GOBROWSER) ## measures the same in headless Chromium
	@$(JS) go build -trimpath -ldflags='-s -w' -o build/bench.wasm ./tools/bench
	@MIXTAB_SERVE='$(if $(PACK),$(abspath $(PACK)))' MIXTAB_OUT='$(if $(PROFILE),$(dir $(abspath $(PROFILE))))' \
	  $(GOBROWSER) build/bench.wasm $(if $(PACK),-pack /serve) $(BENCH_FLAGS) $(if $(PROFILE),-profile='/out/$(notdir $(PROFILE))') -json

# The kernel that the lab times, by its stem; or dispatch, the cost of an empty one.
NAME ?= matmul
# Further flags of tools/lab, as in LAB='-rows 1024 -rounds 3'.
LAB ?=

.PHONY: bench-kernel
bench-kernel: ## checks the kernel NAME (shaders/NAME.wgsl), then times its variants at Mixtral's sizes
	@test '$(NAME)' = dispatch || go test ./desktop/webgpu -run 'TestKernels/^$(NAME)$$'
	@go run ./tools/lab -kernel '$(NAME)' $(LAB)

.PHONY: bench-kernel-web
bench-kernel-web: $(GOBROWSER) ## does the same in headless Chromium
	@test '$(NAME)' = dispatch || $(JS) go test -exec '$(CURDIR)/$(GOBROWSER)' ./wasm/webgpu -run 'TestKernels/^$(NAME)$$'
	@$(JS) go build -trimpath -ldflags='-s -w' -o build/lab.wasm ./tools/lab
	@$(GOBROWSER) build/lab.wasm -kernel '$(NAME)' $(LAB)

.PHONY: bench-peers
bench-peers: $(MODULES) ## measures mixtab beside ONNX Runtime Web, wllama and llama.cpp, which it fetches from npm (half an hour, 7 GB; PEERS=-h lists flags)
	@tools/bootstrap.sh peers
	@node tools/peers/main.mjs $(PEERS)

.PHONY: bench-server
bench-server: $(SERVER) ## measures the server beside nginx, which it installs from Debian (3 minutes; BENCHSERVER=-h lists flags)
	@tools/bootstrap.sh bench-server
	go run ./tools/benchserver -server $(SERVER) -json $(BENCHSERVER)

# How long the soak's clients come.
FOR ?= 10m

.PHONY: soak-server
soak-server: $(SERVER) ## good and bad clients at the server for FOR=10m, every byte compared; then full disks, no descriptors, lost files
	go run ./tools/benchserver/soak -server $(SERVER) -for '$(FOR)'

.PHONY: demo-model
demo-model: ## trains the demo model from nothing and packs it into build/demo-pack (hours; tools/train/README.md)
	@mkdir -p build
	cd tools/train && OMP_NUM_THREADS=1 python3 train.py --tokenizer '$(CURDIR)/demo/pack/tokenizer.model' \
	  --out '$(CURDIR)/build/demo.pt' --resume --tokens 60e6 --lr 3e-3 --long 0.55 --threads 1
	cd tools/train && python3 export.py '$(CURDIR)/build/demo.pt' '$(CURDIR)/build/demo-checkpoint' '$(CURDIR)/demo/pack/tokenizer.model'
	rm -rf build/demo-pack
	go run ./tools/pack -in build/demo-checkpoint -out build/demo-pack -format $(DEMO_FORMAT) -verify

# Wrangler tells nobody of its use, asks nobody about this machine, and looks for no newer
# version of itself (CI).
WRANGLER := cd server/edge && CI=1 CLOUDFLARE_CF_FETCH_ENABLED=false WRANGLER_SEND_METRICS=false WRANGLER_SEND_ERROR_REPORTS=false npx --no-install wrangler

.PHONY: edge-build
edge-build: bootstrap-build $(EDGE) $(EDGE_PAGE) $(EDGE_MODULES) ## builds the Cloudflare Worker and its page (docs/EDGE.md), and prints its size
	@kb=$$(($$(cat $(EDGE) build/edge/wasm_exec.js server/edge/*.mjs | gzip | wc -c) / 1024)); \
	  echo "the Worker has $$kb KB compressed, of 3072 that the free plan takes"; [ $$kb -le 3072 ]

.PHONY: edge-dev
edge-dev: edge-build ## runs the Worker here, offline, in workerd with a local R2 that holds the demo pack (or PACK, as demo)
	@rm -rf build/edge/state
	@cd server/edge && node local/fill.mjs ../../build/edge/state mixtab-packs 'packs/demo=$(if $(PACK),$(abspath $(PACK)),../../demo/pack)'
	@$(WRANGLER) dev --local --ip 127.0.0.1 --port 8787 --persist-to ../../build/edge/state --show-interactive-dev-session=false

.PHONY: edge-test
edge-test: $(TESTSUM) $(EDGE_MODULES) ## runs the Worker in workerd, offline, against the conformance suite that the server passes
	@MIXTAB_REQUIRE=edge $(TESTSUM) ./server/edge/...

.PHONY: edge-soak
edge-soak: $(EDGE_MODULES) ## sends the Worker 20,000 mixed requests, many broken off or failing, and prints its memory meanwhile
	@go run ./server/edge/measure -soak

.PHONY: edge-bench
edge-bench: $(EDGE_MODULES) ## measures the Worker in workerd: cold start, requests a second, CPU, megabytes a second
	@go run ./server/edge/measure

.PHONY: edge-deploy
edge-deploy: edge-build ## deploys the Worker with wrangler, which asks who you are (docs/EDGE.md; DRY=1 only shows what would be sent)
	@$(WRANGLER) deploy --strict $(if $(DRY),--dry-run --outdir ../../build/edge/bundle)

# Where servers have the pack: the URL of the folder above it.
WEB_SEED ?=
# Further flags of tools/torrent, as in TORRENT='-tracker udp://tracker.example.com:6969/announce'.
TORRENT ?=

.PHONY: torrent
torrent: ## writes PACK/pack.torrent, by which anybody fetches PACK from WEB_SEED=https://host/packs/
	@go run ./tools/torrent $(if $(PACK),-pack '$(PACK)') $(if $(WEB_SEED),-web-seed '$(WEB_SEED)') $(TORRENT)

.PHONY: screenshots
screenshots: bootstrap-test $(SERVER) ## takes the README's pictures of the page, into docs/screenshots
	@cd web && node e2e/screenshots.mjs

.PHONY: demo-eval
demo-eval: $(SERVER) ## asks the demo model all its evaluation questions, in headless Chromium
	@cd web && npm run --silent demo-eval

.PHONY: clean
clean: ## removes what was built (node_modules stay)
	rm -rf build web/build
	find web/dist -mindepth 1 ! -name .keep -delete

# Tools that the targets above need from the machine.

.PHONY: bootstrap-build bootstrap-test
bootstrap-build:
	@tools/bootstrap.sh build
bootstrap-test:
	@tools/bootstrap.sh test

# Files.

# The WebAssembly and the wasm_exec.js that starts it must be of one version of Go.
.PHONY: FORCE
$(TOOLCHAIN): FORCE
	@mkdir -p $(@D)
	@go version | cmp -s - $@ || go version > $@

$(WASM): go.mod go.sum $(TOOLCHAIN) $(call files,shaders engine wasm)
	@mkdir -p $(@D)
	$(JS) go build -trimpath -ldflags='-s -w' -o $@ ./wasm

$(MODULES): web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

$(PAGE): $(MODULES) $(WASM) $(call files,web tools/zstd)
	cd web && npm run --silent build
	go run ./tools/zstd web/dist
	@touch web/dist/.keep $@

# Static, so that it runs in an empty container. -buildvcs=auto: a tarball has no commit to tell.
$(SERVER): go.mod go.sum $(TOOLCHAIN) $(PAGE) $(call files,server web/web.go demo packdir engine/weights engine/quant engine/gpu)
	@mkdir -p $(@D)
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -buildvcs=auto -o $@ ./server/cmd/mixtab-server

$(EDGE): go.mod go.sum $(TOOLCHAIN) $(call files,server engine/weights engine/quant engine/gpu)
	@mkdir -p $(@D)
	$(JS) go build -trimpath -ldflags='-s -w' -o $@ ./server/edge
	@cp "$$(go env GOROOT)/lib/wasm/wasm_exec.js" $(@D)

$(EDGE_PAGE): $(PAGE) $(call files,server)
	go run ./server/edge/page -in web/dist -out $(@D)

# Install scripts only fetch what is there already.
$(EDGE_MODULES): server/edge/package-lock.json
	cd server/edge && npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

$(STATICCHECK): go.mod
	@mkdir -p $(@D)
	go build -o $@ honnef.co/go/tools/cmd/staticcheck

$(GOBROWSER): go.mod $(call files,tools/gobrowser)
	@mkdir -p $(@D)
	go build -o $@ ./tools/gobrowser

$(TESTSUM): go.mod $(call files,tools/testsum)
	@mkdir -p $(@D)
	go build -o $@ ./tools/testsum

# A module of its own, for the sake of its many libraries.
$(S3SERVER): $(call files,tools/publish/s3server)
	@mkdir -p $(@D)
	cd tools/publish/s3server && go build -ldflags='-s -w' -o ../../../$@ .
