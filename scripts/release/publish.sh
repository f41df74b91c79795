#!/usr/bin/env bash
# Sets $TAG on commit $1, publishes its draft, and only then moves the major tag there. Needs GH_REPO,
# TAG, gh, and GH_TOKEN with the token that CONTRIBUTING.md describes.
#
# Each step first checks whether it is already done, so a failed run can be run again. The script makes
# every check before the first public step.
set -euo pipefail
# shellcheck source=scripts/release/github.sh
. "$(dirname "$0")/github.sh"
commit=$1
major=${TAG%%.*}
settings="CONTRIBUTING.md, \"Settings for a release\", lists them."

[ -n "${GH_TOKEN-}" ] || stop "The environment \`release\` has no secret RELEASE_TOKEN. The workflow's own token cannot set the tag. Nothing was published. $settings"

# Checked before anything is public: a release published without this setting stays mutable forever.
if ! ask "repos/$GH_REPO/immutable-releases" --jq .enabled || [ "$answer" != true ]; then
    stop "Immutable releases are off, or RELEASE_TOKEN may not see the setting (Administration: read). Nothing was published. $settings"
fi

found=$(releases_of_tag)
case $found in
    *' draft'*' draft'* | *' draft'*' published'* | *' published'*' draft'*)
        stop "There is more than one release of $TAG, including drafts. Delete the wrong ones and run this job again. Nothing was published by this run." ;;
    *' draft') state=draft ;;
    *' published') state=published ;;
    *) stop "There is no draft of $TAG. Run all jobs again. Nothing was published." ;;
esac

# Anyone with write access could have changed the draft while it waited for its reviewer, so the files
# must match the table of the tagged commit.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ask "repos/$GH_REPO/contents/action/SHA256SUMS?ref=$commit" -H 'Accept: application/vnd.github.raw+json' ||
    stop "Commit $commit has no action/SHA256SUMS. Run all jobs again. Nothing was published by this run."
printf '%s\n' "$answer" >"$folder/table"
mkdir "$folder/draft"
gh release download "$TAG" --dir "$folder/draft" --pattern '*.tar.gz' --pattern SHA256SUMS
(cd "$folder/draft" && sha256sum --check --strict --quiet ../table && cmp SHA256SUMS ../table &&
    [ "$(find . -name '*.tar.gz' | wc -l)" -eq "$(wc -l <../table)" ]) ||
    stop "The files of the release $TAG are not those of the table in commit $commit. Find out who changed the draft. Nothing was published by this run."

# Sets the tag $1 on the commit. The other arguments are for `gh api`.
set_tag() {
    local name=$1
    shift
    gh api "$@" -f sha="$commit" --silent ||
        stop "GitHub does not let RELEASE_TOKEN set the tag $name on $commit. Its owner must be on the bypass list of the rule for tags, and the token needs Contents: write and Workflows: write. $settings"
}

if ask "repos/$GH_REPO/git/ref/tags/$TAG" --jq .object.sha; then
    [ "$answer" = "$commit" ] || stop "$TAG is set on $answer, not on $commit. The tag of a release never moves: raise the version in Cargo.toml."
else
    [ "$state" = draft ] || stop "$TAG is published without its tag. Raise the version in Cargo.toml."
    set_tag "$TAG" "repos/$GH_REPO/git/refs" -f ref="refs/tags/$TAG"
fi

if [ "$state" = draft ]; then
    gh release edit "$TAG" --draft=false --verify-tag
fi

if ! ask "repos/$GH_REPO/releases/tags/$TAG" --jq .immutable || [ "$answer" != true ]; then
    stop "$TAG is published but not immutable, so $major stays where it was. Turn on immutable releases and release the next version. $settings"
fi

if ! ask "repos/$GH_REPO/git/ref/tags/$major" --jq .object.sha; then
    set_tag "$major" "repos/$GH_REPO/git/refs" -f ref="refs/tags/$major"
elif [ "$answer" != "$commit" ]; then
    set_tag "$major" --method PATCH "repos/$GH_REPO/git/refs/tags/$major" -F force=true
fi
echo "$TAG and $major are $commit."
