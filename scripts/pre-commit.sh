#!/usr/bin/env bash
# The pre-commit hook, as its users have it: the real pre-commit, this repository's hook and an
# installed binary. A bad policy is not committed, a good one is.
set -euo pipefail
cd "$(dirname "$0")/.."

# With the example: the same features as for the tests, so no crate is built twice.
cargo build --locked --quiet --bin rootgate --example fake_aws
tools=$PWD/target/tools
hooks=$PWD/.pre-commit-hooks.yaml
example=$PWD/policy.example.yaml
PATH=$(cd "${CARGO_TARGET_DIR:-target}/debug" && pwd):$PATH

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
while IFS= read -r name; do unset "$name"; done < <(compgen -e | grep '^GIT_' || true)
export PRE_COMMIT_HOME=$folder/cache HOME=$folder
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@example.com
export GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@example.com

fail() {
    printf '%s\n%s\n' "$1" "${2-}" >&2
    exit 1
}

# What pre-commit clones: the hook as it is in this working tree.
git init --quiet "$folder/rootgate"
cp "$hooks" "$folder/rootgate"
git -C "$folder/rootgate" add .
git -C "$folder/rootgate" commit --quiet --message hooks

git init --quiet "$folder/team"
cd "$folder/team"
cat >.pre-commit-config.yaml <<END
repos:
  - repo: $folder/rootgate
    rev: $(git -C "$folder/rootgate" rev-parse HEAD)
    hooks: [{ id: rootgate-policy-check }]
END
"$tools/pre-commit" install >/dev/null
mkdir .github
git add .

printf 'version: 1\ngate: { fail_on: high }\n' >.github/rootgate.yaml
printf 'fail_on: not a policy\n' >other.yaml
git add .
if said=$(git commit --quiet --message bad 2>&1); then
    fail 'a bad policy was committed' "$said"
fi
case $said in
    *.github/rootgate.yaml:2:9*'did you mean'*fail-on*) ;;
    *) fail 'the hook did not say what is wrong:' "$said" ;;
esac

cp "$example" .github/rootgate.yaml
git add .
said=$(git commit --message good 2>&1) || fail 'a good policy was not committed' "$said"
case $said in
    *'rootgate policy check'*Passed*) ;;
    *) fail 'the hook did not run on the good policy:' "$said" ;;
esac
echo 'pre-commit: a bad policy is refused, a good one is committed'
