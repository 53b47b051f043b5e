# `make` prints what there is to make. Everything needs Go and git only; a C
# compiler adds the race detector, redis-server a real store.

RACE   = $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && command -v $$(go env CC) >/dev/null 2>&1 && echo -race)
TOOL  := go tool -modfile=bench/tools.mod
COUNT ?= 1000
CYCLES ?= 200
ARGS  ?=
RUN   ?=
FUZZTIME ?= 15s

.DEFAULT_GOAL := help
.PHONY: help test race conformance nestings leaks pitfalls learn docs bench bench-full variants peers words doctor report browser chaos soak overload lint vuln fuzz fmt cross levels

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: ## all tests, with the race detector if there is a C compiler
	@[ -n "$(RACE)" ] || echo "race detector: off, for there is no C compiler (or CGO_ENABLED=0)"
	@command -v redis-server >/dev/null || command -v valkey-server >/dev/null || echo "redis-server: none, so what needs one is skipped (its restarts and settings, chaos, cables, queues against their peers); the rest runs on the embedded store"
	@unshare -n true 2>/dev/null && command -v ip >/dev/null || echo "network namespaces: none (it takes Linux, root and iproute2), so the tests of machines in networks of their own are skipped (TestHost/apart, chaos apart, netns)"
	@unshare -rm mount -t tmpfs none /tmp 2>/dev/null || echo "disks of memory: none can be mounted (it takes Linux and unshare -rm), so full and read-only disks are not tried (Scripts/full, nofolder)"
	@command -v python3 >/dev/null || echo "python3: none, so what measures a real Python is skipped"
	@echo "pitfalls that need two free cores (T6b) are skipped where there are none: make pitfalls tells"
	go test $(RACE) -shuffle=on -timeout 15m ./...
	cd bench/peers && go test -shuffle=on -timeout 5m ./...

race: ## the tests of the levels, on one core and on two, for races
	go test -race -shuffle=on -cpu=1,2 -count=2 -timeout 60m ./levels/...

conformance: ## every level's promises, COUNT=1000 times, for races (hours)
	go test -race -shuffle=on -cpu=1,2 -count=$(COUNT) -run '^TestConformance' -timeout 24h ./levels/... ./bench/fleet

nestings: ## the promises of all nestings of two or three levels (30 min)
	go test -run '^TestConformanceNested' -timeout 90m ./bench/fleet -nestings

leaks: ## open and close each level, or LEVEL=async, CYCLES=200 times
	go test -count=1 ./bench/leak
	go test -run '^TestLeaks$(if $(LEVEL),$$/^$(subst /,.,$(LEVEL)))' -count=1 -timeout 24h -v ./bench/fleet -cycles $(CYCLES)

pitfalls: levels ## prove that broken programs break, and fixed ones do not
	@.bin/levels pitfall prove $(ARGS)

learn: levels ## exercises: repair a program, and be graded at once
	@.bin/levels learn $(ARGS)

docs: ## write the generated pages and blocks of the docs anew
	go test ./cmd/levels -run Generated -update

bench: levels ## compare the levels on four workloads (under 3 min)
	@.bin/levels bench $(ARGS)

bench-full: levels ## measure all there is: sizes, widths, load, METG (an hour)
	@.bin/levels bench --preset full $(ARGS)

variants: levels ## compare the ways to build a level on one host (4 min)
	@.bin/levels bench --work empty,cpu,io --level serial,process,process/socket,process/shm,thread,thread/channel,thread/per-task,thread/gil,async,async/semaphore,async/errgroup,async/loop $(ARGS)

peers: ## measure queue, processes, pools against their peers (12 min)
	cd bench/peers && go test -run '^$$' -bench . -benchtime 1x -rounds 6 -timeout 30m

overload: levels ## ask ten times too much of the levels (3 min)
	@.bin/levels overload $(ARGS)

words: levels ## count the words of the whole corpus at every level
	@.bin/levels words --level all $(ARGS)

doctor: levels ## look at this machine: tools, cores, latencies
	@.bin/levels doctor $(ARGS)

report: levels ## print the tables of RUN, or of the latest; write its page
	@run="$(RUN)"; [ -n "$$run" ] || run=$$(ls -d results/runs/*/samples.txt 2>/dev/null | tail -n 1); run=$${run%/samples.txt}; \
	.bin/levels report $${run:+"$$run" --html "$$run/report.html"} $(ARGS)

levels:
	@go build -o .bin/levels ./cmd/levels

browser: ## look at the pages in a browser (needs node, npm, chromium)
	@bench/browser/run

chaos: levels ## break Redis, workers, links; count the jobs lost (a minute)
	@.bin/levels chaos --rounds 3 $(ARGS)

soak: levels ## the same for DURATION=1h
	@.bin/levels chaos --soak $(or $(DURATION),1h) $(ARGS)

lint: ## gofmt, vet, staticcheck, actionlint, and a tidy go.mod
	@unformatted=$$(gofmt -l levels bench cmd); [ -z "$$unformatted" ] || { echo "not gofmt'd:" $$unformatted; exit 1; }
	go vet ./...
	$(TOOL) staticcheck ./...
	$(TOOL) actionlint
	go mod tidy -diff

fuzz: ## try every fuzz target for FUZZTIME=15s, and count the inputs
	@go run ./bench/fuzz -time $(FUZZTIME) $(ARGS)

vuln: ## look for calls known to be vulnerable (asks vuln.go.dev)
	$(TOOL) govulncheck ./...

fmt: ## format the code
	gofmt -w levels bench cmd

cross: ## build for the other systems
	GOOS=windows go build ./...
	GOOS=darwin go build ./...
