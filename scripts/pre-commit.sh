#!/usr/bin/env bash
# Tests the pre-commit hooks with the real pre-commit, this repository's hooks and an installed binary:
# - a bad policy is refused, and a good policy is committed
# - in a clone, a weaker policy is refused, and a planned window is committed
set -euo pipefail
cd "$(dirname "$0")/.."

# Building the example too makes cargo choose the same features as for the tests, so it builds no crate twice.
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

# The repository that pre-commit clones, with the hooks of this working tree.
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

printf 'fail_on: not a policy\n' >other.yaml
for name in .github/rootgate.yaml .github/rootgate.yml rootgate.yaml rootgate.yml; do
    printf 'version: 1\ngate: { fail_on: high }\n' >"$name"
    git add .
    if output=$(git commit --quiet --message bad 2>&1); then
        fail "a bad policy was committed: $name" "$output"
    fi
    case $output in
        *"$name":2:9*'did you mean'*fail-on*) ;;
        *) fail 'the hook did not say what is wrong:' "$output" ;;
    esac
    git rm --quiet --force "$name"
    mkdir -p .github
done

cp "$example" .github/rootgate.yaml
git add .
output=$(git commit --message good 2>&1) || fail 'a good policy was not committed' "$output"
case $output in
    *'rootgate policy check'*Passed*) ;;
    *) fail 'the hook did not run on the good policy:' "$output" ;;
esac

# A clone of a team member, which knows the default branch as origin/HEAD.
git clone --quiet "$folder/team" "$folder/member"
cd "$folder/member"
git checkout --quiet -b work
cat >.pre-commit-config.yaml <<END
repos:
  - repo: $folder/rootgate
    rev: $(git -C "$folder/rootgate" rev-parse HEAD)
    hooks: [{ id: rootgate-policy-check }, { id: rootgate-policy-diff }]
END
"$tools/pre-commit" install >/dev/null

# Commits everything with the message $1. The second hook must refuse it and print $2.
stopped() {
    git add --all
    if output=$(git commit --quiet --message "$1" 2>&1); then
        fail "committed: $1" "$output"
    fi
    case $output in
        *'rootgate policy diff'*Failed*'exit code: 1'*"$2"*) ;;
        *) fail "the hook did not say why it stops: $1" "$output" ;;
    esac
    git reset --quiet --hard
}

# Commits everything with the message $1. The commit must succeed.
passed() {
    git add --all
    output=$(git commit --message "$1" 2>&1) || fail "not committed: $1" "$output"
    case $output in
        *'rootgate policy diff'*Passed*) ;;
        *) fail "the hook did not run: $1" "$output" ;;
    esac
}

passed 'a change of another file'

sed -i.old 's/fail-on: medium /fail-on: critical /' .github/rootgate.yaml && rm .github/rootgate.yaml.old
stopped 'a weaker policy' 'weaker: more can pass than before
  gate.fail-on: medium -> critical'

git rm --quiet .github/rootgate.yaml
stopped 'no policy' 'policy: removed: .github/rootgate.yaml'

git mv .github/rootgate.yaml policy.yaml
stopped 'a policy at another path' 'policy: removed: .github/rootgate.yaml'

cat >"$folder/window" <<'END'
  - id: planned
    reason: change the tax registration
    ticket: CHG-1
    from: 2099-11-20T09:00:00Z
    to: 2099-11-20T11:00:00Z
END
sed -i.old "/^windows:/r $folder/window" .github/rootgate.yaml && rm .github/rootgate.yaml.old
passed 'a planned window'

echo 'pre-commit: a bad or weaker policy is refused, a good one and a planned window are committed'
