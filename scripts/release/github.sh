# shellcheck shell=bash
# Read by the scripts beside it: asks GitHub, and tells "is not there" from "did not answer".

stop() {
    echo "::error::$1" >&2
    exit 1
}

# Sets $answer to what `gh api ARGUMENTS` prints. 1: it is not there. Anything else ends the script,
# because a refusal or a broken connection proves nothing.
ask() {
    local said
    said=$(mktemp)
    if answer=$(gh api "$@" 2>"$said"); then
        rm -f "$said"
        return 0
    fi
    if grep -q 'HTTP 404' "$said"; then
        rm -f "$said"
        return 1
    fi
    said=$(tr '\n' ' ' <"$said")
    stop "GitHub did not answer \`gh api $*\`: $said"
}

# Prints a line for each release of $TAG, drafts as well: its id, and `draft` or `published`.
releases_of_tag() {
    ask "repos/$GH_REPO/releases?per_page=100" || stop "GitHub does not show the releases of $GH_REPO to this token."
    python3 -c '
import json, sys
for release in json.load(sys.stdin):
    if release["tag_name"] == sys.argv[1]:
        print(release["id"], "draft" if release["draft"] else "published")
' "$TAG" <<<"$answer"
}
