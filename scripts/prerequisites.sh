#!/bin/sh
# Lists everything that is missing on this machine before `make check` can install the rest.
# This uses only POSIX sh, because anything else may be missing.
set -u

missing=0

# need NAME HOW COMMAND...: COMMAND succeeds if NAME is installed; HOW says where to get it.
need() {
    name=$1 how=$2
    shift 2
    if ! "$@" >/dev/null 2>&1; then
        printf 'missing: %-22s %s\n' "$name" "$how" >&2
        missing=1
    fi
}

rust='from https://rustup.rs'
need 'cargo and rustc' "$rust" cargo --version
need 'rustfmt' 'rustup component add rustfmt' cargo fmt --version
need 'clippy' 'rustup component add clippy' cargo clippy --version
need 'a C compiler and linker' 'cc; Debian: apt install gcc libc6-dev' cc --version
need 'git' 'from your system' git --version
need 'bash' 'from your system' bash --version
need 'dash' 'from your system; tests run the launcher in it' dash -c :
need 'curl' 'from your system' curl --version
need 'tar' 'from your system' tar --version
need 'Python 3.11 or newer' 'from your system, or https://www.python.org' \
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'
need 'venv and pip for Python' 'Debian: apt install python3-venv' \
    python3 -c 'import ensurepip, venv'
need 'Node.js 20 or newer' 'from your system, or https://nodejs.org' \
    node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'
need 'npm' 'comes with Node.js' npm --version

exit "$missing"
