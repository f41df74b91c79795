#!/usr/bin/env bash
# Generates files from the code.
#   scripts/generated.sh          checks that they are up to date
#   scripts/generated.sh --write  writes them
set -euo pipefail
cd "$(dirname "$0")/.."

# Writes every generated file to the folder $1, at its path in the repository. To add a generated file,
# add a line here. `rootgate` is the built binary.
generate() {
    local to=$1 rule
    mkdir -p "$to/schema" "$to/docs/rules"
    rootgate policy schema >"$to/schema/policy.json"
    rootgate policy schema --format markdown >"$to/docs/policy.md"
    "${CARGO_TARGET_DIR:-target}/debug/examples/evidence_schema" >"$to/schema/evidence.json"
    rootgate rules --format markdown >"$to/docs/rules/README.md"
    for rule in $(rootgate rules --format json | python3 -c "$ids"); do
        rootgate rules "$rule" --format markdown >"$to/docs/rules/$rule.md"
    done
    workflows "$to/examples/workflows"
}

# The workflows as they are for a repository whose policy names one account.
workflows() {
    local to=$1 kind repository=$fresh/repository
    mkdir -p "$to" "$repository/.github"
    cat >"$repository/.github/rootgate.yaml" <<'POLICY'
version: 1
scope:
  accounts:
    - { id: "111122223333", role-arn: "arn:aws:iam::111122223333:role/rootgate" }
POLICY
    for kind in posture deploy pull-request; do
        # What is left to do in the file is for its reader.
        (
            cd "$repository"
            rootgate setup workflow "$kind" --output - 2>notes || { cat notes >&2; exit 1; }
        ) >"$to/$kind.yml"
    done
    rm -r "$repository"
}

ids='import json, sys; print(*[rule["id"] for rule in json.load(sys.stdin)])'

rootgate() {
    "$clean" "$built" "$@"
}

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
# Building fake_aws too makes cargo choose the same features as for the tests, so it builds no crate twice.
cargo build --locked --quiet --bin rootgate --example fake_aws --example evidence_schema
clean=$PWD/scripts/clean-env.sh
built=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/debug/rootgate
generate "$fresh"

if [ "${1-}" = --write ]; then
    cp -R "$fresh/." .
    exit
fi

stale=0
while IFS= read -r file; do
    diff -u "$file" "$fresh/$file" || stale=1
done < <(cd "$fresh" && find . -type f | sort)
# Every page in docs/rules is generated, so a page without a rule is stale too.
diff -rq docs/rules "$fresh/docs/rules" >&2 || stale=1
if [ "$stale" -ne 0 ]; then
    printf '\nGenerated files differ from the code (see above); run make generate.\n' >&2
    exit 1
fi
