#!/usr/bin/env bash
# Checks whether this commit can be released, and prints its tag. Needs GH_REPO, GH_TOKEN with
# contents: read, and gh.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/release/github.sh
. scripts/release/github.sh

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
tag=v$version

grep -q "^## $version\b" CHANGELOG.md || stop "CHANGELOG.md has no section for $version."
! grep -q '^[0-9a-f]' action/SHA256SUMS || stop "action/SHA256SUMS is not empty: releases are made from a branch, not from a release."
if ask "repos/$GH_REPO/git/ref/tags/$tag" --jq .object.sha; then
    commit=$answer
    if ask "repos/$GH_REPO/releases/tags/$tag" --jq .id; then
        stop "$tag is published already; raise the version in Cargo.toml."
    fi
    stop "$tag is set on $commit and not published. A new build has other digests than that commit's table, so nothing is built. Open the run that set the tag and choose 'Re-run failed jobs': it publishes what was drafted."
fi
echo "$tag"
