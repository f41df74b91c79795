#!/usr/bin/env bash
# Judges example evidence with policy.example.yaml and writes every kind of report to target/demo.
set -euo pipefail
cd "$(dirname "$0")/.."

out=target/demo

# Building the example too makes cargo choose the same features as for the tests, so it builds no crate twice.
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

The demo worked as expected: the example accounts violate policy.example.yaml, so rootgate ended with
exit code 1, and a pipeline would stop here.

The same verdict in other formats:
  $out/summary.md      the job summary of a GitHub workflow
  $out/rootgate.sarif  alerts for GitHub code scanning
  $out/rootgate.json   everything, for scripts

Try it: change a line of policy.example.yaml or of the evidence in examples/demo/, and run \`make demo\`
again.
END
