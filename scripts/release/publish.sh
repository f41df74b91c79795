#!/usr/bin/env bash
# Sets $TAG on commit $1, publishes its draft, and only then moves the major tag there.
# Needs GH_REPO, GH_TOKEN with contents: write, and gh.
set -euo pipefail
commit=$1
major=${TAG%%.*}

gh api "repos/$GH_REPO/git/refs" -f ref="refs/tags/$TAG" -f sha="$commit" --silent
gh release edit "$TAG" --draft=false --verify-tag
if [ "$(gh api "repos/$GH_REPO/releases/tags/$TAG" --jq .immutable)" != true ]; then
    echo "::error::$TAG is published but not immutable, so $major stays where it was. Turn on immutable releases in the repository's settings and release the next version."
    exit 1
fi
if gh api "repos/$GH_REPO/git/ref/tags/$major" --silent 2>/dev/null; then
    gh api --method PATCH "repos/$GH_REPO/git/refs/tags/$major" -f sha="$commit" -F force=true --silent
else
    gh api "repos/$GH_REPO/git/refs" -f ref="refs/tags/$major" -f sha="$commit" --silent
fi
echo "$TAG and $major are $commit."
