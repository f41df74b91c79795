#!/usr/bin/env bash
# Judges example evidence with policy.example.yaml and leaves every kind of report in target/demo.
set -euo pipefail
cd "$(dirname "$0")/.."

out=target/demo

# With the example, so that cargo settles on the same features as for the tests: no crate is built twice.
cargo build --locked --bin rootgate --example fake_aws
rm -rf "$out"
mkdir -p "$out"

status=0
scripts/clean-env.sh "${CARGO_TARGET_DIR:-target}/debug/rootgate" check \
    --policy policy.example.yaml \
    --evidence examples/demo/evidence.json \
    --credential-report examples/demo/credential-report.csv \
    --report-generated-at 2026-11-20T08:00:00Z \
    --at 2026-11-20T09:00:00Z \
    --sarif "$out/rootgate.sarif" \
    --json "$out/rootgate.json" \
    --summary "$out/summary.md" || status=$?

if [ "$status" -ne 1 ]; then
    printf '\nThe demo is broken: rootgate ended with exit code %s, not with 1.\n' "$status" >&2
    exit 1
fi

cat <<END

What you see above is a gate that did its work: the example account violates policy.example.yaml,
so rootgate ended with exit code 1 and a pipeline would stop here. The demo itself succeeded.

The same verdict for other readers:
  $out/summary.md      the job summary of a GitHub workflow
  $out/rootgate.sarif  alerts for GitHub code scanning
  $out/rootgate.json   everything, for scripts

What was judged: policy.example.yaml and the evidence in examples/demo/. Change a line of either,
run \`make demo\` again, and watch the verdict follow.
END
