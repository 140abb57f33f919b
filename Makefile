# Everything that Alertsmith's developers run. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Which rulers `tools`, `demo` and `test` bring along: Prometheus and Alertmanager always, Loki when it is named.
RULERS ?= prometheus loki
FUZZTIME ?= 20s
GOLANGCI_VERSION := v2.15.0

# All programs are static; the race detector alone needs cgo, and `test` turns it on.
export CGO_ENABLED := 0

BIN := .tools/bin
LINT := $(BIN)/golangci-lint-$(GOLANGCI_VERSION)
GOBUILD := .tools/gobuild

# The README's table of commands comes from the bot's.
GENERATE := go test ./cmd/alertsmith ./rules/lint -run='^Test(README|Page|Messages)$$' -count=1 -update
GENERATED := README.md rules/lint/CHECKS.md deploy/MESSAGES.md

PROMETHEUS := $(BIN)/prometheus $(BIN)/promtool
ALERTMANAGER := $(BIN)/alertmanager $(BIN)/amtool
LOKI := $(BIN)/loki $(BIN)/logcli

# The programs that $(1) names and PATH does not have. The demo takes what is on PATH; tests want the pinned versions.
missing = $(foreach p,$(1),$(if $(shell command -v $(p)),,$(BIN)/$(p)))

.PHONY: help
help: ## Lists the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo '  RULERS=prometheus leaves Loki out of demo, tools and test; FUZZTIME=$(FUZZTIME) is the time of each fuzz target.'

.PHONY: build
build: ## Builds ./alertsmith.
	@$(GOBUILD) Alertsmith 'about 3 minutes on 2 cores' . alertsmith ./cmd/alertsmith

.PHONY: demo
demo: export RULERS := $(RULERS)
demo: $(call missing,prometheus alertmanager amtool) build ## Shows Alertsmith at work on real rulers; Ctrl-C ends it.
	@go build -o $(BIN)/demo ./deploy/demo
	@exec $(BIN)/demo

.PHONY: tools
tools: $(PROMETHEUS) $(ALERTMANAGER) $(if $(filter loki,$(RULERS)),$(LOKI)) ## Builds the real rulers, in pinned versions, into .tools/bin.

# The rulers come from wrapper modules with pinned versions. They are built again when a go.mod or go.sum changes.
# Measured from an empty cache in CPU time: Prometheus and promtool 360 s, Alertmanager and amtool 110 s, Loki and
# logcli 930 s.
$(PROMETHEUS) &: .tools/prometheus/go.mod .tools/prometheus/go.sum
	@$(GOBUILD) Prometheus 'about 4 minutes on 2 cores' .tools/prometheus $(CURDIR)/$(BIN)/ -tags=remove_all_sd -ldflags='-s -w' \
		github.com/prometheus/prometheus/cmd/prometheus github.com/prometheus/prometheus/cmd/promtool
	@touch $(PROMETHEUS)

$(ALERTMANAGER) &: .tools/alertmanager/go.mod .tools/alertmanager/go.sum
	@$(GOBUILD) Alertmanager 'about 1 minute on 2 cores' .tools/alertmanager $(CURDIR)/$(BIN)/ -ldflags='-s -w' \
		github.com/prometheus/alertmanager/cmd/alertmanager github.com/prometheus/alertmanager/cmd/amtool
	@touch $(ALERTMANAGER)

$(LOKI) &: .tools/loki/go.mod .tools/loki/go.sum
	@$(GOBUILD) Loki 'about 9 minutes on 2 cores' .tools/loki $(CURDIR)/$(BIN)/ -ldflags='-s -w' \
		github.com/grafana/loki/v3/cmd/loki github.com/grafana/loki/v3/cmd/logcli
	@touch $(LOKI)

.PHONY: linter
linter: $(LINT) ## Builds golangci-lint into .tools/bin.

$(LINT):
	@echo 'golangci-lint $(GOLANGCI_VERSION): about 4 minutes on 2 cores from an empty cache.'
	@GOBIN=$(CURDIR)/$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@ln -f $(BIN)/golangci-lint $@

.PHONY: test
test: tools ## Runs every test, against the real rulers, with the race detector.
	@if command -v gcc >/dev/null; then \
		CGO_ENABLED=1 go test -race -shuffle=on -timeout=30m ./...; \
	else \
		echo 'WARNING: no gcc here, so the tests run WITHOUT the race detector.' >&2; \
		go test -shuffle=on -timeout=30m ./...; \
	fi

.PHONY: check
check: ## Runs all that must pass before a change lands, and says how long each part took.
	@for part in format vet lint generated modules test; do \
		echo "== $$part"; start=$$SECONDS; \
		$(MAKE) --no-print-directory $$part; \
		echo "== $$part: $$((SECONDS - start)) s"; \
	done

.PHONY: format
format: ## Checks that the code is formatted.
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not formatted, run make fmt:" $$unformatted >&2; exit 1; fi

.PHONY: vet
vet: ## Runs go vet.
	go vet ./...

.PHONY: lint
lint: $(LINT) ## Runs golangci-lint.
	$(LINT) run

.PHONY: generated
generated: ## Checks that generated files are up to date.
	@before=$$(sha256sum $(GENERATED)); $(GENERATE); \
	if [ "$$before" != "$$(sha256sum $(GENERATED))" ]; then echo '$(GENERATED): stale; commit what make generate wrote' >&2; exit 1; fi

# What go mod tidy needs beyond the modules of the build is not fetched for this check: it would take minutes.
.PHONY: modules
modules: ## Checks go.mod and go.sum as far as that works offline.
	go mod verify
	@if diff=$$(GOFLAGS=-mod=mod GOPROXY=off go mod tidy -diff 2>/dev/null); then \
		echo 'go.mod is tidy'; \
	elif [ -n "$$diff" ]; then \
		printf '%s\ngo.mod is not tidy\n' "$$diff" >&2; exit 1; \
	else \
		echo 'go mod tidy was NOT checked: it needs modules that are not in the cache'; \
	fi

.PHONY: fmt
fmt: ## Formats the code.
	gofmt -w .

.PHONY: generate
generate: ## Writes the generated files anew.
	$(GENERATE)

.PHONY: fuzz
fuzz: ## Runs each fuzz target for FUZZTIME.
	@grep -rlE '^func Fuzz' --include='*_test.go' . | sort | while read -r file; do \
		grep -oE '^func Fuzz[A-Za-z0-9_]*' "$$file" | while read -r _ target; do \
			echo "$$target in $$(dirname "$$file")"; \
			go test -run='^$$' -fuzz="^$$target\$$" -fuzztime=$(FUZZTIME) "$$(dirname "$$file")" </dev/null; \
		done; \
	done

.PHONY: bench
bench: $(PROMETHEUS) build ## Measures the speed that is promised, beside the git command line and promtool; ROWS=pattern for some rows.
	@go build -o $(BIN)/bench ./cmd/bench
	@exec $(BIN)/bench -rows='$(ROWS)'

.PHONY: microbench
microbench: ## Runs the benchmarks of single functions.
	go test -run='^$$' -bench=. -benchmem ./...

.PHONY: clean
clean: ## Removes what was built here; Go's caches stay.
	rm -rf $(BIN) alertsmith
