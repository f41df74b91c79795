#!/usr/bin/env bash
# Creates commit B: commit $1 plus the table $2 as action/SHA256SUMS, on no branch. Prints B's SHA.
# Needs GH_REPO, GH_TOKEN with contents: write, TAG and gh. GitHub's API creates B and signs it.
set -euo pipefail
commit=$1 table=$2

tree=$(gh api "repos/$GH_REPO/git/commits/$commit" --jq .tree.sha)
tree=$(python3 -c '
import json, sys
content = open(sys.argv[2]).read()
file = {"path": "action/SHA256SUMS", "mode": "100644", "type": "blob", "content": content}
print(json.dumps({"base_tree": sys.argv[1], "tree": [file]}))
' "$tree" "$table" | gh api "repos/$GH_REPO/git/trees" --input - --jq .sha)
python3 -c '
import json, sys
tree, parent, tag = sys.argv[1:]
why = "The digests of the archives that were built from the parent commit."
print(json.dumps({"message": f"release: {tag}\n\n{why}", "tree": tree, "parents": [parent]}))
' "$tree" "$commit" "$TAG" | gh api "repos/$GH_REPO/git/commits" --input - --jq .sha
