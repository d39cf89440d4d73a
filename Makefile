# make run, make test, make demo, make bench, make bench-bulk: each sets up what is missing first.
SHELL := /bin/bash
BEIAN := .beian/bin/beian
TEMPORAL := .beian/bin/temporal
AXE := .beian/axe/axe.min.js

.PHONY: run demo test test-stack test-browser test-workflows test-packages race bench bench-bulk record lint build tools packages clean

run: packages tools build
	@$(BEIAN) dev

demo: packages tools build
	@$(BEIAN) demo $(ARGS)

# All tests. Two parts run at once all the way; what was skipped is listed at the end.
test: packages tools lint
	go build ./...
	cd tools/deploycheck && go test -count=1 ./...
	@rm -rf .beian/tests
	@failed=0; $(MAKE) --no-print-directory --keep-going --jobs 2 test-stack test-packages test-browser test-workflows || failed=1; \
	  go tool gotestsum --format none --raw-command -- cat .beian/tests/*.json || failed=1; exit $$failed

# Machines have more memory to spare than time, so the collector of what is tested runs seldom.
GOTEST = @mkdir -p .beian/tests; GOGC=400 go tool gotestsum --format pkgname-and-test-fails --hide-summary skipped,output --jsonfile .beian/tests/$@.json -- -count=1 -timeout 30m

# The whole stack, without a browser. A test waits most of its time, for heartbeats or for
# the next exchange, so several run at once.
test-stack: packages tools
	$(GOTEST) -parallel 4 ./e2e -skip '^TestBrowser'

# The whole stack, by browsers.
test-browser: packages tools
	$(GOTEST) -parallel 3 ./e2e -run '^TestBrowser'

# Each run draws other sequences of faults.
test-workflows: packages
	$(GOTEST) -parallel 4 ./workflows -rapid.checks=50

test-packages: packages tools
	$(GOTEST) -p 1 $$(go list ./... | grep -v -e '/e2e$$' -e '/workflows$$')

# Every package but the end-to-end tests under the race detector. Their numbers are large
# enough without it: -short leaves out the tests of ten thousand filings. It makes workflow
# code so slow that the SDK would take it for a deadlock.
race: export TEMPORAL_DEBUG = 1
race: packages tools
	go test -race -short -count=1 -timeout 30m -p 1 $$(go list ./... | grep -v -e '/e2e$$' -e '/workflows$$')
	go test -race -short -count=1 -timeout 30m ./workflows -rapid.checks=5

# What data files of 10, 100 and 1,000 records cost to pack, to read and to apply.
# Compare the numbers of one run only.
bench: packages
	go test -run '^$$' -bench 'Pack|Parse|Apply' -benchtime 3x ./internal/bureau ./workflows

# How long 2,000 filings take to be resumed in bulk after an SMS outage, on the whole stack.
# `make test` resumes as many; this says the times, alone on the machine. Takes some minutes.
bench-bulk: packages tools
	go test -count=1 -v -timeout 30m ./e2e -run TestBulkResumeAfterAnSMSOutage

# Records the histories that the replay tests replay. Run it on the code that is
# deployed, never on a changed branch.
record: packages tools build
	@mkdir -p workflows/testdata/histories
	@[ -e workflows/testdata/histories/keys.json ] || $(BEIAN) keys generate workflows/testdata/histories/keys.json
	BEIAN_BULK=100 BEIAN_RECORD=$(CURDIR)/workflows/testdata/histories go test -count=1 ./e2e -run 'Refusal|WebSpace|Lost|BrowserWalk|ManualDriver|NumberOfAnother|SentBackIsToldOf|ChangeThen|NewAccessThen|TicketReaches|PasswordIsFound|FooterIsPlaced|ToldOfATrouble|StaffActOn|BulkResume'

lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt: $$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	go tool workflowcheck ./workflows/...

build:
	@mkdir -p .beian/bin
	go build -o $(BEIAN) .

tools: $(TEMPORAL) $(AXE)

# The development Temporal server is a module of its own; it takes some minutes
# to build the first time.
$(TEMPORAL): $(wildcard tools/temporal/*.go) tools/temporal/go.mod tools/temporal/go.sum
	@mkdir -p .beian/bin
	@echo "building the development Temporal server …"
	cd tools/temporal && go build -o ../../$(TEMPORAL) .

# The accessibility checker of the browser tests, at the version that is locked.
$(AXE): tools/axe/package.json tools/axe/package-lock.json tools/axe/.npmrc
	@mkdir -p .beian/axe
	@echo "installing axe-core …"
	cp tools/axe/package.json tools/axe/package-lock.json tools/axe/.npmrc .beian/axe/
	cd .beian/axe && npm ci --silent
	cp .beian/axe/node_modules/axe-core/axe.min.js $(AXE)

# What Debian has and we need: a database server, a browser for the browser
# tests with a Chinese font, a validator for the bureau's schemas, and SOAP
# libraries of other languages that the bureau's interface is tried with.
packages:
	@missing=""; \
	command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ] || missing="$$missing mariadb-server"; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	command -v xmllint >/dev/null || missing="$$missing libxml2-utils"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	[ -e /usr/share/doc/fonts-noto-cjk ] || missing="$$missing fonts-noto-cjk"; \
	/usr/bin/python3 -c 'import zeep, spyne' 2>/dev/null || missing="$$missing python3 python3-zeep python3-spyne"; \
	php -m 2>/dev/null | grep -q '^soap' || missing="$$missing php-cli php-soap"; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then echo "please install:$$missing"; exit 1; fi; \
	  echo "installing$$missing"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi

clean:
	rm -rf .beian
