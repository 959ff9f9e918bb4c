# Every target needs Go 1.26 or newer. `make` alone lists the targets.

GO        ?= go
BIN       := bin/btcpayctl
PKG       := github.com/btcpayctl/btcpayctl
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
COMMIT    ?= $(shell git rev-parse HEAD 2>/dev/null)
LDFLAGS   := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)
FUZZTIME  ?= 60s
# Empty, it lets Go take results of unchanged packages from its cache: make test TESTFLAGS=
TESTFLAGS ?= -shuffle=on

GOLANGCI    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
APIDIFF     := golang.org/x/exp/cmd/apidiff@v0.0.0-20261113113407-e3970619a1a4

LONGEST   := ./sandbox ./cmd/btcpayctl/internal/root ./cmd/btcpayctl ./keystore
comma     := ,
space     := $(subst ,, )
PLATFORMS := $(foreach os,linux darwin windows freebsd,$(os)/amd64 $(os)/arm64)

# Where make install puts things. DESTDIR goes before all of them, for packages.
PREFIX  ?= /usr/local
DESTDIR ?=
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

.PHONY: help build install uninstall test test-clients demo bench fuzz torture lint apidiff cross docs surface go-is-new-enough

help:
	@echo "make build    bin/btcpayctl, stripped and reproducible"
	@echo "make install  the program, man pages and completions below PREFIX ($(PREFIX)); make uninstall removes them"
	@echo "make demo     both pairings and a paid invoice against the embedded sandbox, in seconds"
	@echo "make test     all tests, with the race detector where a C compiler is found"
	@echo "make test-clients  clients of others, fetched from npm, against the sandbox, and axe-core on its pages; needs node and chromium"
	@echo "make bench    speed and memory: measured, baseline and limit; fails where a limit is passed"
	@echo "make fuzz     every fuzz target for FUZZTIME (60s each)"
	@echo "make torture  the long tests: 1,000 kills, 100,000 signatures, and the like; fails where a figure is missed"
	@echo "make lint     gofmt, type checks for all platforms, golangci-lint, govulncheck, apidiff"
	@echo "make apidiff  incompatible changes since the last tag that CHANGELOG.md does not announce"
	@echo "make cross    type-checks, vets and builds for linux, darwin, windows and freebsd, on amd64 and arm64"
	@echo "make docs     the command reference and the man pages in docs/"
	@echo "make surface  greenfield/testdata/surface/<release>.json from the OpenAPI document SPEC, a file or a URL"

go-is-new-enough:
	@command -v $(GO) >/dev/null || { echo "Go is not installed. Go 1.26 or newer: https://go.dev/dl/"; exit 1; }
	@$(GO) list -m >/dev/null 2>&1 || { $(GO) list -m 2>&1 | tail -n 1; \
		echo "This Go is too old. Install Go 1.26 or newer from https://go.dev/dl/, or let a newer one be fetched: GOTOOLCHAIN=auto make $(MAKECMDGOALS)"; exit 1; }

build: go-is-new-enough
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/btcpayctl

# It builds only what is missing, so that "make build && sudo make install" needs no Go as root.
$(BIN):
	@$(MAKE) --no-print-directory build

install: $(BIN)
	install -d "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(BASHDIR)" "$(DESTDIR)$(ZSHDIR)" "$(DESTDIR)$(FISHDIR)"
	install -m 755 $(BIN) "$(DESTDIR)$(BINDIR)/btcpayctl"
	umask 022; $(BIN) man --directory "$(DESTDIR)$(MANDIR)"
	umask 022; $(BIN) completion bash >"$(DESTDIR)$(BASHDIR)/btcpayctl"
	umask 022; $(BIN) completion zsh >"$(DESTDIR)$(ZSHDIR)/_btcpayctl"
	umask 022; $(BIN) completion fish >"$(DESTDIR)$(FISHDIR)/btcpayctl.fish"

uninstall:
	rm -f "$(DESTDIR)$(BINDIR)/btcpayctl" "$(DESTDIR)$(BASHDIR)/btcpayctl" "$(DESTDIR)$(ZSHDIR)/_btcpayctl" "$(DESTDIR)$(FISHDIR)/btcpayctl.fish"
	rm -f "$(DESTDIR)$(MANDIR)"/man1/btcpayctl.1 "$(DESTDIR)$(MANDIR)"/man1/btcpayctl-*.1 "$(DESTDIR)$(MANDIR)"/man7/btcpayctl-*.7

demo: build
	@$(BIN) demo

# Only what runs with the race detector is compiled with it, which needs cgo: testrun allows that
# for it. All else has the flags of make build and make lint, and is compiled once for all of them.
# go vet looks at every package here, so go test does not look again. The packages whose tests take
# longest come first: at the end, one of them alone would leave processors idle.
test: go-is-new-enough
	@race=-race; \
	if [ "$$($(GO) env CGO_ENABLED)" != 1 ] || ! command -v "$$($(GO) env CC)" >/dev/null; then \
		race=; echo "The race detector is left out: it needs a C compiler (apt-get install gcc)."; fi; \
	set -x; export CGO_ENABLED=0; $(GO) vet -trimpath ./... && \
	$(GO) run -trimpath -buildvcs=false ./cmd/btcpayctl/internal/testrun $$race -trimpath -vet=off $(TESTFLAGS) -timeout=60m $(LONGEST) ./...

test-clients: build
	@GO="$(GO)" .ci/clients/run

bench: build
	$(GO) run -buildvcs=false ./cmd/btcpayctl/internal/bench -binary $(BIN)

fuzz: go-is-new-enough
	@set -e; for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s $$pkg; \
		done; done

torture: go-is-new-enough
	$(GO) run -buildvcs=false ./cmd/btcpayctl/internal/torture

# The flags of make build and make test, so that nothing is compiled twice.
lint: export CGO_ENABLED = 0
lint: export GOFLAGS := $(GOFLAGS) -trimpath
lint: go-is-new-enough
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "gofmt these files:"; echo "$$unformatted"; exit 1; }
	@$(MAKE) --no-print-directory cross UNCOMPILED="$(filter-out $(shell $(GO) env GOHOSTOS)/$(shell $(GO) env GOHOSTARCH),$(PLATFORMS))"
	@GOBIN=$(CURDIR)/bin/tools $(GO) install $(GOLANGCI)
	bin/tools/golangci-lint config verify && bin/tools/golangci-lint run
	@GOBIN=$(CURDIR)/bin/tools $(GO) install $(GOVULNCHECK)
	@bin/tools/govulncheck ./... >bin/tools/govulncheck.txt 2>&1; code=$$?; \
	if grep -q 'fetching vulnerabilities' bin/tools/govulncheck.txt; then \
		echo "govulncheck: skipped, the vulnerability database cannot be reached."; \
	else cat bin/tools/govulncheck.txt; exit $$code; fi

	@$(MAKE) --no-print-directory apidiff

apidiff: go-is-new-enough
	@tag=$$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null) || { echo "apidiff: skipped, there is no tag to compare with."; exit 0; }; \
	GOBIN=$(CURDIR)/bin/tools $(GO) install $(APIDIFF) || { echo "apidiff: skipped, it cannot be installed."; exit 0; }; \
	$(GO) run -buildvcs=false ./cmd/btcpayctl/internal/apicheck -tag "$$tag"

# Every package and its tests are type-checked for every platform, and the program is built for
# each. go vet sees a file on the first platform that has it.
# A build compiles the standard library for its platform, which takes a minute or more. make lint
# only type-checks the packages and tests of platforms other than this one, which takes seconds.
cross: go-is-new-enough
	CGO_ENABLED=0 $(GO) run -trimpath -buildvcs=false ./cmd/btcpayctl/internal/crosscheck \
		-uncompiled "$(subst $(space),$(comma),$(strip $(UNCOMPILED)))" $(PLATFORMS)

docs: go-is-new-enough
	$(GO) run -buildvcs=false ./cmd/btcpayctl/internal/docgen docs

# The document of a server names no release: make surface SPEC=https://btcpay.example.com RELEASE=2.4.1
surface: go-is-new-enough
	@$(GO) run -buildvcs=false ./cmd/btcpayctl/internal/surface -spec "$(SPEC)" -release "$(RELEASE)"
