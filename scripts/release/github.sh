# shellcheck shell=bash
# Sourced by the other release scripts: asks GitHub, and distinguishes "not found" from "no answer".

stop() {
    echo "::error::$1" >&2
    exit 1
}

# Sets $answer to the output of `gh api ARGUMENTS`. Returns 1 if GitHub answers 404. Any other failure
# ends the script, because a refusal or a broken connection proves nothing.
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

# Prints a line for each release of $TAG, including drafts: its id, and `draft` or `published`.
releases_of_tag() {
    ask "repos/$GH_REPO/releases?per_page=100" || stop "GitHub does not show the releases of $GH_REPO to this token."
    python3 -c '
import json, sys
for release in json.load(sys.stdin):
    if release["tag_name"] == sys.argv[1]:
        print(release["id"], "draft" if release["draft"] else "published")
' "$TAG" <<<"$answer"
}
