#!/usr/bin/env bash
# Drafts the release of $TAG with the files $1... . Needs GH_REPO, GH_TOKEN with contents: write, TAG
# and gh. It replaces the draft of an earlier attempt, whose archives have other digests.
#
# It sets no target: GitHub refuses a workflow's token if the release's target is a commit whose
# workflows differ from the default branch's. publish.sh sets the tag first, and the tag decides.
set -euo pipefail
# shellcheck source=scripts/release/github.sh
. "$(dirname "$0")/github.sh"

found=$(releases_of_tag)
while read -r id state; do
    [ -n "$id" ] || continue
    [ "$state" = draft ] || stop "$TAG is published already; raise the version in Cargo.toml."
    gh api --method DELETE "repos/$GH_REPO/releases/$id" --silent
done <<<"$found"
gh release create "$TAG" "$@" --draft --title "$TAG" \
    --notes "Changes: https://github.com/$GH_REPO/blob/$TAG/CHANGELOG.md"
