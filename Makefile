# Each target first sets up what is missing. A comment with two signs and a target's
# name is its help.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BEIAN := .beian/bin/beian
TEMPORAL := .beian/bin/temporal
TIDB := .beian/bin/tidb-server
LINTER := .beian/bin/golangci-lint
AXE := .beian/axe/axe.min.js
# Nothing uses MessagePack, which would add 6 MB to the binary.
BUILDFLAGS := -tags nomsgpack
# Temporal's own command line, if installed, is a development server too.
DEV_TEMPORAL := $(if $(shell command -v temporal),,$(TEMPORAL))

.PHONY: help run demo check test test-stack test-browser test-workflows test-packages test-fuzz test-tidb fuzz race mutants bench bench-bulk bench-week record lint vulncheck format generate notice build tools packages clean

## help: list the targets (the default)
help:
	@sed -n 's/^## \([a-z-]*\): \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

## run: start everything on this machine; prints the addresses and accounts
run: packages $(DEV_TEMPORAL) build
	@$(BEIAN) dev

## demo: file an order unattended on a throwaway stack (ARGS="--filings 3 --json")
demo: packages $(DEV_TEMPORAL) build
	@$(BEIAN) demo $(ARGS)

## check: run before a commit: lint, and the tests that need no database and no browser
check: lint
	go test $$(go list -f '{{.ImportPath}} {{.Imports}} {{.TestImports}} {{.XTestImports}}' ./... \
	  | grep -v -E 'internal/(testdb|testtemporal|stack|browsertest)\b' | cut -d ' ' -f 1)

## test: every check and every test
# Two parts always run at once, the longest first; skipped tests are listed at the end.
test: packages tools lint
	go build ./...
	cd tools/deploycheck && go test -count=1 ./...
	cd tools/temporal && go test ./...
	@rm -rf .beian/tests
	@failed=0; $(MAKE) --no-print-directory --keep-going --jobs 2 test-stack test-browser test-packages test-workflows test-fuzz || failed=1; \
	  go tool gotestsum --format none --raw-command -- cat .beian/tests/*.json || true; exit $$failed

# Memory is cheaper than time here, so the garbage collector runs less often.
GOTEST = @mkdir -p .beian/tests; GOGC=400 go tool gotestsum --format pkgname-and-test-fails --hide-summary skipped,output --jsonfile .beian/tests/$@.json
# A browser that a busy machine starved may fail a test: such a test runs once more by itself, and is listed. More than
# three failures are no accident.
AGAIN = --rerun-fails=1 --rerun-fails-max-failures=3 --packages ./e2e
# The whole stack, without a browser. Tests mostly wait, for heartbeats or for the next
# exchange, so several run at once.
test-stack: packages tools
	$(GOTEST) $(AGAIN) -- -count=1 -timeout 30m -parallel 4 -skip '^TestBrowser'

# The whole stack, with browsers.
test-browser: packages tools
	$(GOTEST) $(AGAIN) -- -count=1 -timeout 30m -parallel 3 -run '^TestBrowser'

# Each run draws different sequences of faults.
test-workflows: packages
	$(GOTEST) -- -count=1 -timeout 30m -parallel 4 ./workflows -rapid.checks=25

test-packages: packages tools
	$(GOTEST) -- -count=1 -timeout 30m -p 1 $$(go list ./... | grep -v -e '/e2e$$' -e '/workflows$$')

# A few hundred inputs for each parser of foreign input; the tests above have run the seeds. FuzzPrepare first
# compiles the renderer of PDF files, which takes a minute under the fuzzer's instrumentation.
test-fuzz:
	@$(MAKE) --no-print-directory fuzz FUZZTIME=500x FUZZERS=1 NOFUZZ=FuzzPrepare

## test-tidb: run the migrations and filings on TiDB (TIDB_TESTS=. for all tests of the store)
# Not a part of `make test`: the first build takes a quarter of an hour and some GB. Its data are in memory, where a
# migrated database takes seconds and not half a minute.
TIDB_PORT = 14000
TIDB_TESTS = Import|Migrat|Resum|ListCounts|Tampering|FiltersFind|PagesFollow|RowsSay|OrdersShowWhose|PapersAre|SubmittedAndApproved|SitesOfOneHolder|FilingsAreFound|OrderOfDataFiles|VettingQueueIs|ErasingKeeps|AnExport|DataGo|Figures|Projection|OneOfTwoPages|WithdrawnFiling|NothingPersonal|EntryIsWritten|Captchas|FollowUpStands
test-tidb: packages $(TIDB)
	@dir=$$(mktemp -d -p /dev/shm beian-tidb-XXXX); \
	printf 'host = "127.0.0.1"\nport = $(TIDB_PORT)\nstore = "unistore"\npath = "%s"\nsocket = ""\n[status]\nreport-status = false\n[log]\nlevel = "error"\nslow-query-file = "%s/slow"\n' $$dir $$dir >$$dir/tidb.toml; \
	$(TIDB) -config $$dir/tidb.toml >$$dir/log 2>&1 & server=$$!; trap "kill $$server; rm -rf $$dir" EXIT; \
	until (exec 3<>/dev/tcp/127.0.0.1/$(TIDB_PORT)) 2>/dev/null; do kill -0 $$server || exit 1; sleep 0.2; done; \
	BEIAN_TEST_SERVER='root:@tcp(127.0.0.1:$(TIDB_PORT))' go test -count=1 -p 1 -timeout 60m -run '$(TIDB_TESTS)' ./schema ./internal/store ./internal/orderfile

FUZZTIME = 1m
FUZZERS = $$(nproc)

## fuzz: run each fuzz target for a minute (FUZZTIME=1h, FUZZ=FuzzForms for one)
# One binary for each package: `go test -fuzz` would link another for each target.
fuzz:
	@mkdir -p .beian/fuzz; cache=$$(go env GOCACHE)/fuzz; \
	for package in $$(git grep -lE '^func Fuzz\w+\(' -- '*_test.go' | xargs -n 1 dirname | sort -u); do \
	  go test -c -fuzz . -o .beian/fuzz/test ./$$package || exit 1; \
	  for target in $$(grep -hoE '^func Fuzz\w+' $$package/*_test.go | cut -d ' ' -f 2); do \
	    [ -z "$(FUZZ)" ] || [ "$(FUZZ)" = "$$target" ] || continue; \
	    [ "$(NOFUZZ)" != "$$target" ] || continue; \
	    echo "$$package $$target"; \
	    (cd $$package && $(CURDIR)/.beian/fuzz/test -test.run '^$$' -test.fuzz "^$$target\$$" -test.fuzztime $(FUZZTIME) \
	      -test.parallel $(FUZZERS) -test.fuzzcachedir "$$cache/$$package") || exit 1; \
	  done; \
	done

## race: every package but the end-to-end tests under the race detector
# -short leaves out the tests of thousands of filings. TEMPORAL_DEBUG turns off the SDK's
# deadlock detector, which mistakes the slow workflow code for a deadlock.
race: export TEMPORAL_DEBUG = 1
race: packages tools
	go test -race -short -count=1 -timeout 30m -p 1 $$(go list ./... | grep -v -e '/e2e$$' -e '/workflows$$')
	go test -race -short -count=1 -timeout 30m ./workflows -rapid.checks=5

## mutants: measure how many small faults a package's tests notice (PKG=./internal/filing N=40 SEED=1)
# One change at a time, drawn by the seed. JSON=FILE writes the report as JSON, too; AT=holder.go:87 judges every change
# of a line. TESTS=./panel judges the packages by that package's tests and not by their own; ARGS="-test.short
# -rapid.checks=5" goes to the tests.
PKG ?= ./internal/filing
N ?= 40
SEED ?= 1
mutants:
	go run ./tools/mutants -n $(N) -seed $(SEED) $(if $(JSON),-json $(JSON)) $(if $(AT),-at $(AT)) \
		$(if $(TESTS),-tests $(TESTS)) $(if $(ARGS),-args "$(ARGS)") $(PKG)

## bench: measure packing, parsing and applying data files
# Data files of 10, 100 and 1,000 records.
# Compare only the numbers of a single run.
bench: packages
	go test -run '^$$' -bench 'Pack|Parse|Apply' -benchtime 3x ./internal/bureau ./workflows

## bench-week: exchange a simulated week of 10,000 filings with the bureau
# `make test` does the same with 2,000.
bench-week: packages
	BEIAN_WEEK=10000 go test -count=1 -v -timeout 30m ./workflows -run TestAWeekOfThousandsOfFilings

## bench-bulk: measure resuming 2,000 filings in bulk
# Resumes 2,000 filings after an SMS outage, on the whole stack. `make test` does the same
# with fewer; this prints the times, with the machine to itself. Takes a few minutes.
bench-bulk: packages tools
	BEIAN_BULK=2000 go test -count=1 -v -timeout 30m ./e2e -run TestBulkResumeAfterAnSMSOutage

## record: record the histories for the replay tests
# Run it on the deployed code, never on a changed branch.
record: packages tools build
	@mkdir -p workflows/testdata/histories
	@[ -e workflows/testdata/histories/keys.json ] || $(BEIAN) keys generate workflows/testdata/histories/keys.json
	BEIAN_BULK=100 BEIAN_RECORD=$(CURDIR)/workflows/testdata/histories go test -count=1 ./e2e -run 'Refusal|WebSpace|Lost|BrowserWalk|ManualDriver|NumberOfAnother|SentBackIsToldOf|ChangeThen|NewAccessThen|TicketReaches|PasswordIsFound|FooterIsPlaced|ToldOfATrouble|StaffActOn|BulkResume'

# The pages' components (*.templ) are compiled to Go by the version of templ that tools/templ
# pins: the same as go.mod's.
TEMPL := go tool -modfile=tools/templ/go.mod templ

## generate: compile the pages' components (*.templ)
generate:
	@$(TEMPL) fmt -log-level warn panel
	@$(TEMPL) generate -log-level warn

## lint: formatting, vet, linters, and whether generated files are up to date
lint: $(LINTER)
	@$(TEMPL) fmt -fail -log-level warn panel
	@$(TEMPL) generate -check -log-level warn
	@[ "$$(go list -m github.com/a-h/templ)" = "$$(go list -m -modfile=tools/templ/go.mod github.com/a-h/templ)" ] || { echo "go.mod and tools/templ want different versions of templ"; exit 1; }
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt: $$unformatted"; exit 1; fi
	go vet ./...
	$(LINTER) run
	go tool workflowcheck ./workflows/...
	go run ./tools/notice -check

GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

## vulncheck: look up known vulnerabilities of Go and the dependencies (needs vuln.go.dev)
# Not a part of `make test`, whose result depends on nobody's database.
vulncheck:
	@report=$$(mktemp); trap 'rm -f "$$report"' EXIT; \
	go run $(GOVULNCHECK) $(BUILDFLAGS) ./... 2>&1 | tee "$$report"; status=$${PIPESTATUS[0]}; \
	if grep -q 'fetching vulnerabilities' "$$report"; then \
	  echo "vulncheck: the vulnerability database ($${GOVULNDB:-https://vuln.go.dev}) is unreachable: NOTHING WAS CHECKED"; fi; \
	exit $$status

## format: gofmt
format:
	gofmt -w $$(git ls-files '*.go')

## notice: write NOTICE from the licences of what is linked
notice:
	go run ./tools/notice

## build: the binary, .beian/bin/beian
build:
	@mkdir -p .beian/bin
	go build $(BUILDFLAGS) -o $(BEIAN) .

## tools: the development Temporal server and the accessibility checker
tools: $(TEMPORAL) $(AXE)

# The development Temporal server is a module of its own; the first build takes a few
# minutes.
$(TEMPORAL): $(wildcard tools/temporal/*.go) tools/temporal/go.mod tools/temporal/go.sum
	@mkdir -p .beian/bin
	@echo "building the development Temporal server …"
	cd tools/temporal && go build -o ../../$(TEMPORAL) .

# TiDB refers to the runtime's internals by name.
$(TIDB): tools/tidb/go.mod tools/tidb/go.sum
	@mkdir -p .beian/bin
	@echo "building TiDB …"
	cd tools/tidb && go build -ldflags=-checklinkname=0 -o ../../$(TIDB) github.com/pingcap/tidb/cmd/tidb-server

# The linters are a module of their own, too.
$(LINTER): tools/lint/go.mod tools/lint/go.sum
	@mkdir -p .beian/bin
	@echo "building golangci-lint …"
	cd tools/lint && go build -o ../../$(LINTER) github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# The accessibility checker of the browser tests, at the locked version.
$(AXE): tools/axe/package.json tools/axe/package-lock.json tools/axe/.npmrc
	@mkdir -p .beian/axe
	@echo "installing axe-core …"
	cp tools/axe/package.json tools/axe/package-lock.json tools/axe/.npmrc .beian/axe/
	cd .beian/axe && npm ci --silent
	cp .beian/axe/node_modules/axe-core/axe.min.js $(AXE)

## packages: install missing Debian packages
# From Debian: a database server, a browser for the browser tests with a Chinese font, a
# validator for the bureau's schemas, SOAP libraries in other languages to test the
# bureau's interface with, the proxy of deploy, and servers of web spaces. Debian's FTP servers exclude each
# other, so they are unpacked into .beian/ftpd next to the libraries that they need.
FTPD := .beian/ftpd/usr/sbin
FTPD_PACKAGES := vsftpd pure-ftpd pure-ftpd-common proftpd-core proftpd-mod-crypto
packages: $(FTPD)/proftpd
	@missing=""; \
	command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ] || missing="$$missing mariadb-server"; \
	command -v chromium-headless-shell >/dev/null || missing="$$missing chromium-headless-shell"; \
	command -v xmllint >/dev/null || missing="$$missing libxml2-utils"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	[ -e /usr/share/doc/fonts-noto-cjk ] || missing="$$missing fonts-noto-cjk"; \
	/usr/bin/python3 -c 'import zeep, spyne' 2>/dev/null || missing="$$missing python3 python3-zeep python3-spyne"; \
	php -m 2>/dev/null | grep -q '^soap' || missing="$$missing php-cli php-soap"; \
	php -m 2>/dev/null | grep -q '^mbstring' || missing="$$missing php-mbstring"; \
	command -v caddy >/dev/null || missing="$$missing caddy"; \
	[ -x /usr/sbin/sshd ] || missing="$$missing openssh-server"; \
	for l in hiredis0.14 memcached11 memcachedutil2 pcre2-posix3 sodium23 wrap0; do \
	  [ -e /usr/share/doc/lib$$l ] || missing="$$missing lib$$l"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then echo "please install:$$missing"; exit 1; fi; \
	  echo "installing$$missing"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi

$(FTPD)/proftpd:
	@mkdir -p .beian/ftpd/packages
	@cd .beian/ftpd/packages && { apt-get download -qq $(FTPD_PACKAGES) || { apt-get update -qq && apt-get download -qq $(FTPD_PACKAGES); }; } \
	  && for p in *.deb; do dpkg -x $$p ..; done

## clean: remove .beian
clean:
	rm -rf .beian
