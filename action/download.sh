# shellcheck shell=sh
# Sourced by launch.sh. Finds the released binary for this platform, in the tool cache or by download. It must
# always match the table SHA256SUMS beside this file.

# Sets $target, a Rust target triple, and $program.
platform() {
    program=rootgate
    case ${RUNNER_OS-}/${RUNNER_ARCH-} in
        Linux/X64) target=x86_64-unknown-linux-musl ;;
        Linux/ARM64) target=aarch64-unknown-linux-musl ;;
        macOS/X64) target=x86_64-apple-darwin ;;
        macOS/ARM64) target=aarch64-apple-darwin ;;
        Windows/X64) target=x86_64-pc-windows-msvc program=rootgate.exe ;;
        *) fail "There is no released rootgate for $(shown "${RUNNER_OS-}/${RUNNER_ARCH-}"). There is one for Linux/X64, Linux/ARM64, macOS/X64, macOS/ARM64 and Windows/X64. On other platforms, build rootgate and name it with the input 'binary'." ;;
    esac
}

# Sets $archive and $expected, its digest, from the table.
entry() {
    archive='' expected='' listed=''
    while read -r digest name; do
        name=${name%"$cr"} # in a checkout with Windows line ends
        case $digest in '' | '#'* | "$cr") continue ;; esac
        listed="$listed $name"
        case $name in rootgate-v*-"$target".tar.gz) archive=$name expected=$digest ;; esac
    done <"${0%/*}/SHA256SUMS"
    [ -n "$listed" ] || fail "This commit of the action is not a release: its table of digests, action/SHA256SUMS, is empty, so no download can be verified. Pin the commit of a release, or build rootgate and name it with the input 'binary'."
    [ -n "$archive" ] || fail "This release has no rootgate for $target. It has:$(printf %s "$listed" | clean tr -c 'A-Za-z0-9._ -' '?'). Build rootgate and name it with the input 'binary'."
    # An empty digest would equal the output of a failed tool.
    [ "${#expected}" -eq 64 ] || fail "action/SHA256SUMS has no SHA-256 for $archive."
}

# Succeeds if the SHA-256 of the file $1 is the one in the table.
vouched() {
    if command -v sha256sum >/dev/null; then
        actual=$(clean sha256sum <"$1")
    elif command -v shasum >/dev/null; then
        actual=$(clean shasum -a 256 <"$1")
    else
        fail "Neither sha256sum nor shasum is on this runner, so rootgate cannot be verified. Install one, or build rootgate and name it with the input 'binary'."
    fi
    actual=${actual%% *}
    [ "$actual" = "$expected" ]
}

# Prints the proxy settings for curl's configuration, from the variables that curl reads. They may contain a
# password, and others can read a command line.
proxy() {
    for variable in \
        "proxy=${https_proxy:-${HTTPS_PROXY:-${all_proxy:-${ALL_PROXY-}}}}" \
        "noproxy=${no_proxy:-${NO_PROXY-}}"; do
        value=$(printf '%s' "${variable#*=}" | clean tr -d '\r\n' | clean sed 's/[\\"]/\\&/g')
        [ -z "$value" ] || printf '%s = "%s"\n' "${variable%%=*}" "$value"
    done
}

# Downloads the archive to the file $1, over https only.
download() {
    [ -n "$ROOTGATE_ACTION_REPOSITORY" ] || fail "GitHub does not say which repository this action comes from (it does not for 'uses: ./'), so there is no release to download from. Build rootgate and name it with the input 'binary'."
    command -v curl >/dev/null || fail "curl is not on this runner, so rootgate cannot be downloaded. Install it, or build rootgate and name it with the input 'binary'."
    to=$1
    tag=${archive#rootgate-}
    tag=${tag%-"$target".tar.gz}
    url=$ROOTGATE_SERVER_URL/$ROOTGATE_ACTION_REPOSITORY/releases/download/$tag/$archive
    # -q must come first: without it, curl reads ~/.curlrc.
    set -- -q --config - --proto '=https' --proto-redir '=https' --tlsv1.2 --fail --silent --show-error --location \
        --max-redirs 5 --connect-timeout 10 --max-time 60 --max-filesize 50000000
    [ -z "$ROOTGATE_CA_BUNDLE" ] || set -- "$@" --cacert "$ROOTGATE_CA_BUNDLE"
    for pause in 1 3 0; do
        message=$(proxy | clean curl "$@" --output "$to" --url "$url" 2>&1) && return
        clean sleep "$pause"
    done
    fail "$(shown "$url") could not be downloaded in three attempts. $(printf %s "$message" | clean tr -c 'A-Za-z0-9 ._/:()-' '?') If the runner cannot reach it, build rootgate and name it with the input 'binary'."
}

# Unpacks the program to the folder $1 and sets $binary to its path. Another process may write to the cache, so
# this copies the archive first, then verifies and unpacks the copy.
released() {
    platform
    entry
    slashes "${RUNNER_TOOL_CACHE-}"
    cache=${path_of:+$path_of/rootgate}
    if [ -z "$cache" ] || [ ! -f "$cache/$archive" ] || ! clean cp "$cache/$archive" "$1/$archive"; then
        cached=no
    elif vouched "$1/$archive"; then
        cached=yes
    else
        cached=no
        printf '::warning title=rootgate::%s in the tool cache is not the archive of this release (its SHA-256 is %s). It is not used.\n' "$archive" "$(shown "$actual")"
        clean rm -f "$1/$archive"
    fi
    if [ "$cached" = no ]; then
        download "$1/$archive"
        vouched "$1/$archive" || fail "The download is not the archive of this release, and is not run. SHA-256 expected: $expected, found: $(shown "$actual"). Try again; if it happens again, tell the maintainers."
        # The cache gets the complete archive or nothing. If the cache is not writable, skip it.
        if [ -n "$cache" ] && clean mkdir -p "$cache" && clean cp "$1/$archive" "$cache/$archive.$$"; then
            clean mv -f "$cache/$archive.$$" "$cache/$archive"
        fi 2>/dev/null
    fi
    # Unpacks to standard output, so that paths in the archive do not matter.
    binary=$1/$program
    clean tar -xzOf - "$program" <"$1/$archive" >"$binary" || fail "$archive could not be unpacked."
    clean chmod +x "$binary"
}
