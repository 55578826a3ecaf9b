# Every target installs what it needs (scripts/packages.txt) and can be run on a machine that has only a Swift 6 toolchain.
# ARGS is handed to the script behind the target: `make demo ARGS=--once`.

.PHONY: help build test differential crash soak fuzz lint format bench docs demo clean
.DEFAULT_GOAL := help

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the release binary
	@scripts/build.sh $(ARGS)

demo: ## Build, start Perch and the sample shop, break payments and show how one finds out; ARGS=--once exits when done
	@scripts/demo.sh $(ARGS)

test: ## Run the whole test suite
	@scripts/test.sh $(ARGS)

differential: ## Compare random queries with prometheus; ARGS="QUERIES SEED"
	@scripts/differential.sh $(ARGS)

crash: ## Hold storage against faults, kills and flipped bits at length; ARGS="KILLS SEED"
	@scripts/crash.sh $(ARGS)

soak: ## Run the server under load with churn for ten minutes and watch memory, files, disk; ARGS=SECONDS
	@scripts/soak.sh $(ARGS)

fuzz: ## Fuzz every parser with libFuzzer; ARGS="SECONDS [PARSER…]"
	@scripts/fuzz.sh $(ARGS)

lint: ## Check format, imports and layers
	@scripts/lint.sh $(ARGS)

format: ## Rewrite the sources in the project's format
	@swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources

bench: ## Run the micro-benchmarks
	@scripts/bench.sh $(ARGS)

docs: ## Build the documentation of the libraries for services, and check that it names what there is; ARGS=FOLDER keeps it
	@scripts/docs.sh $(ARGS)

clean: ## Remove everything that was built
	@rm -rf .build Benchmarks/.build Fuzz/.build
