#!/usr/bin/env bash
# May this commit be released? Prints its tag. Needs GH_REPO, GH_TOKEN with contents: read, and gh.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
tag=v$version

stop() {
    echo "::error::$1" >&2
    exit 1
}

grep -q "^## $version\b" CHANGELOG.md || stop "CHANGELOG.md has no section for $version."
! grep -q '^[0-9a-f]' action/SHA256SUMS || stop "action/SHA256SUMS is not empty: releases are made from a branch, not from a release."
! gh api "repos/$GH_REPO/git/ref/tags/$tag" --silent 2>/dev/null || stop "$tag exists already; raise the version in Cargo.toml."
echo "$tag"
