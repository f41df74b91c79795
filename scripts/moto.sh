#!/usr/bin/env bash
# Runs the gate against moto's server, an independent fake AWS.
#
# moto answers STS, the account summary and the list of virtual MFA devices. Its credential report
# has no row for root, and entries of its summary are missing, so the run must end undetermined, never
# with a pass. moto has no LookupEvents, so events are off.
set -euo pipefail

cd "$(dirname "$0")/.."
cargo build --locked --quiet --bin rootgate --example fake_aws
folder=$(mktemp -d)
log=$folder/moto.log
: >"$log"
target/tools/moto_server --port 0 >"$log" 2>&1 &
server=$!
fake=
trap 'kill "$server" $fake 2>/dev/null || true; rm -r "$folder"' EXIT

echo '{ version: 1, evidence: { root-events: off } }' >"$folder/rootgate.yaml"
url=$(scripts/moto-url.sh "$log")

# Runs rootgate with only AWS's documented example keys in the environment; prints the exit code.
rootgate() {
    local code=0
    (
        cd "$folder"
        env -i HOME="$folder" AWS_EC2_METADATA_DISABLED=true \
            AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE \
            AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY \
            "$OLDPWD/target/debug/rootgate" "$@" --endpoint-url "$url" --timeout 20s \
            >"$folder/stdout" 2>"$folder/stderr"
    ) || code=$?
    echo "$code"
}

for arguments in '' '--role-arn arn:aws:iam::123456789012:role/rootgate'; do
    # shellcheck disable=SC2086 # no argument, or two
    code=$(rootgate check --json root.json $arguments)
    python3 - "$code" "$folder/root.json" <<'CHECK' || { cat "$folder"/std* "$log" >&2; exit 1; }
import json, sys

code, path = sys.argv[1:]
assert code == "3", f"exit code {code}, not 3"
report = json.load(open(path))
account, = report["accounts"]
assert account["id"] == "123456789012", account["id"]
outcomes = {outcome["rule"]: outcome for outcome in account["outcomes"]}
assert report["verdict"] == "undetermined", report["verdict"]
# The summary was read: moto's account has no root key.
assert outcomes["root-access-key-active"]["outcome"] == "pass", outcomes
# The report was read, and has no row for root.
gaps = {(gap["source"], gap["cause"]) for outcome in outcomes.values() for gap in outcome["gaps"]}
assert gaps == {("credential-report", "unreadable"), ("account-summary", "missing")}, gaps
CHECK
    echo "moto${arguments:+, $arguments}: undetermined, exit 3, as expected for a report without root"
done

code=$(rootgate collect --output evidence.json)
[[ $code == 0 ]] || { cat "$folder"/std* >&2; exit 1; }
target/tools/check-jsonschema --schemafile schema/evidence.json "$folder/evidence.json"

# Compares our fake AWS's organization with moto's and with AWS's own models.
printf 'organization = 250\norganization.buckets = off\n' >"$folder/organization.txt"
target/debug/examples/fake_aws "$folder/organization.txt" --for 120 >"$folder/port" &
fake=$!
for _ in {1..40}; do
    [[ -s $folder/port ]] && break
    sleep 0.25
done
"$(sed -n '1s/^#!//p' target/tools/moto_server)" scripts/organization_wire.py "$url" "http://127.0.0.1:$(cat "$folder/port")"
