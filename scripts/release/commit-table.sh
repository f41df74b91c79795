#!/usr/bin/env bash
# Makes commit B: commit $1 with the table $2 as action/SHA256SUMS, on no branch. Prints B's SHA.
# Needs GH_REPO, GH_TOKEN with contents: write, gh and jq. B is made by GitHub's API, which signs it.
set -euo pipefail
commit=$1 table=$2

tree=$(gh api "repos/$GH_REPO/git/commits/$commit" --jq .tree.sha)
tree=$(jq -n --arg base "$tree" --rawfile content "$table" '{
        base_tree: $base,
        tree: [{path: "action/SHA256SUMS", mode: "100644", type: "blob", content: $content}]
    }' | gh api "repos/$GH_REPO/git/trees" --input - --jq .sha)
jq -n --arg tree "$tree" --arg parent "$commit" --arg tag "$TAG" '{
        message: "release: \($tag)\n\nThe digests of the archives that were built from the parent commit.",
        tree: $tree,
        parents: [$parent]
    }' | gh api "repos/$GH_REPO/git/commits" --input - --jq .sha
