# shellcheck shell=bash
# Sourced by the other release scripts: asks GitHub, and distinguishes "not found" from "no answer".

stop() {
    echo "::error::$1" >&2
    exit 1
}

# Sets $answer to the output of `gh api ARGUMENTS`. Returns 1 if GitHub answers 404. Any other failure
# ends the script, because a refusal or a broken connection proves nothing.
ask() {
    local errors
    errors=$(mktemp)
    if answer=$(gh api "$@" 2>"$errors"); then
        rm -f "$errors"
        return 0
    fi
    if grep -q 'HTTP 404' "$errors"; then
        rm -f "$errors"
        return 1
    fi
    errors=$(tr '\n' ' ' <"$errors")
    stop "GitHub did not answer \`gh api $*\`: $errors"
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
