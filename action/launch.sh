#!/bin/sh
# Runs rootgate for action.yml. Only this script turns the inputs (ROOTGATE_*) into flags. An empty input
# counts as absent. The content of an input is never run.
set -u
# shellcheck source=action/environment.sh
. "${0%/*}/environment.sh"

cr=$(printf '\r')
binary='' cancelled='' folder='' private='' reports=''

# Prints an input for a message, without line ends and characters that the runner reads as a command.
shown() {
    printf '%s' "$1" | clean tr -c 'A-Za-z0-9._/~-' '?'
}

# Ends the step with the outputs for "nothing was judged", whatever the binary wrote.
nothing_judged() {
    [ -z "$reports" ] || clean rm -rf "$reports"
    [ -z "$private" ] || clean rm -rf "$private"
    for name in failed-count undetermined-count waived-count sarif-file report-file \
        policy-sha256 evaluated-at valid-until; do
        printf '%s=\n' "$name"
    done >>"$GITHUB_OUTPUT"
    printf 'verdict=error\nexit-code=2\n' >>"$GITHUB_OUTPUT"
    exit 2
}

fail() {
    printf '::error title=rootgate::%s\n' "$1"
    nothing_judged
}

# Sets $made to a new folder that only this user can open.
new_folder() {
    slashes "${RUNNER_TEMP:-/tmp}"
    made=$(clean mktemp -d "$path_of/rootgate.XXXXXX") || fail 'Cannot create a folder in RUNNER_TEMP.'
    made=${made%"$cr"}
    [ -d "$made" ] || fail 'Cannot create a folder in RUNNER_TEMP.'
}

trap nothing_judged INT TERM

# Relative paths in inputs start from the workspace, as in every step. `binary` becomes absolute before
# the script changes the folder.
slashes "$ROOTGATE_BINARY"
case $path_of in
    '' | /* | [A-Za-z]:/*) binary=$path_of ;;
    *) binary=$PWD/$path_of ;;
esac
slashes "$ROOTGATE_WORKING_DIRECTORY"
case $path_of in
    '') folder=. ;;
    /* | [A-Za-z]:/*) folder=$path_of ;;
    *) folder=./$path_of ;;
esac
slashes "${GITHUB_WORKSPACE:-/nowhere}"
# A link below the workspace comes from the branch, and could lead to a policy that the workflow does not
# name.
case $folder in
    "$path_of"/*) part=$path_of/ remaining=${folder#"$path_of"/} ;;
    /* | [A-Za-z]:/*) part='' remaining='' ;;
    *) part='' remaining=$folder ;;
esac
while [ -n "$remaining" ]; do
    part=$part${remaining%%/*}
    [ ! -L "$part" ] || fail "The input 'working-directory' goes through a link: $(shown "$part")"
    part=$part/
    case $remaining in */*) remaining=${remaining#*/} ;; *) remaining='' ;; esac
done
cd "$folder" 2>/dev/null || fail "The input 'working-directory' is not a folder: $(shown "$folder")"

# Each run has its own folder, so no file of an earlier run is used by mistake.
new_folder
reports=$made

if [ -z "$binary" ]; then
    new_folder
    private=$made
    # shellcheck source=action/download.sh
    . "${0%/*}/download.sh"
    released "$private"
elif [ ! -f "$binary" ] || [ ! -x "$binary" ]; then
    fail "The input 'binary' is not an executable file: $(shown "$binary")"
fi

# rootgate itself refuses inputs that its command does not take.
case $ROOTGATE_COMMAND in
    '' | check) set -- check "--sarif=$reports/rootgate.sarif" "--json=$reports/rootgate.json" ;;
    doctor) set -- doctor ;;
    *) fail "The input 'command' must be check or doctor, not $(shown "$ROOTGATE_COMMAND")" ;;
esac

# Inputs with one value.
[ -z "$ROOTGATE_POLICY" ] || set -- "$@" "--policy=$ROOTGATE_POLICY"
[ -z "$ROOTGATE_POLICY_FROM" ] || set -- "$@" "--policy-from=$ROOTGATE_POLICY_FROM"
case $ROOTGATE_ACCEPT_POLICY_CHANGE in
    '' | false) ;;
    true) set -- "$@" --accept-policy-change ;;
    *) fail "The input 'accept-policy-change' must be true or false, not $(shown "$ROOTGATE_ACCEPT_POLICY_CHANGE")" ;;
esac
[ -z "$ROOTGATE_ON_FORK" ] || set -- "$@" "--on-fork=$ROOTGATE_ON_FORK"
[ -z "$ROOTGATE_ROLE_TO_ASSUME" ] || set -- "$@" "--role-arn=$ROOTGATE_ROLE_TO_ASSUME"
[ -z "$ROOTGATE_EXTERNAL_ID" ] || set -- "$@" "--external-id=$ROOTGATE_EXTERNAL_ID"
[ -z "$ROOTGATE_AWS_REGION" ] || set -- "$@" "--region=$ROOTGATE_AWS_REGION"
[ -z "$ROOTGATE_AUDIENCE" ] || set -- "$@" "--oidc-audience=$ROOTGATE_AUDIENCE"
[ -z "$ROOTGATE_CA_BUNDLE" ] || set -- "$@" "--ca-bundle=$ROOTGATE_CA_BUNDLE"
[ -z "$ROOTGATE_FAIL_ON" ] || set -- "$@" "--fail-on=$ROOTGATE_FAIL_ON"
[ -z "$ROOTGATE_TIMEOUT" ] || set -- "$@" "--timeout=$ROOTGATE_TIMEOUT"
[ -z "$ROOTGATE_CATEGORY" ] || set -- "$@" "--category=$ROOTGATE_CATEGORY"
[ -z "$ROOTGATE_UPLOAD_SARIF" ] || set -- "$@" "--upload=$ROOTGATE_UPLOAD_SARIF"
[ -z "$ROOTGATE_DETAILS" ] || set -- "$@" "--details=$ROOTGATE_DETAILS"

# Inputs with one value per line. Spaces and carriage returns around a value are removed.
blank=" 	$cr"
for flag in account evidence; do
    case $flag in
        account) lines=$ROOTGATE_ALLOWED_ACCOUNT_IDS$newline ;;
        evidence) lines=$ROOTGATE_EVIDENCE$newline ;;
    esac
    while [ -n "$lines" ]; do
        value=${lines%%"$newline"*}
        lines=${lines#*"$newline"}
        value=${value#"${value%%[!"$blank"]*}"}
        value=${value%"${value##*[!"$blank"]}"}
        [ "$flag" = evidence ] || value=${value%,} # a comma at the end of a line is fine
        [ -z "$value" ] || set -- "$@" "--$flag=$value"
    done
done

# The runner cancels with a signal to this shell only. Pass it on, so that rootgate judges what it has.
PATH=$path "$binary" "$@" &
rootgate=$!
trap 'kill -TERM "$rootgate" 2>/dev/null; cancelled=yes' INT TERM
wait "$rootgate"
status=$?
if [ -n "$cancelled" ]; then
    wait "$rootgate" # the signal ended the first wait early
    status=$?
fi
[ -z "$private" ] || clean rm -rf "$private"

case $1-$status in
    doctor-0 | doctor-1) ;;
    check-[013]) [ -s "$reports/rootgate.json" ] || fail "rootgate ended with exit code $status and wrote no report." ;;
    *-2) nothing_judged ;; # rootgate has already said why
    *) fail "rootgate stopped with exit code $status. Nothing was judged." ;;
esac
exit "$status"
