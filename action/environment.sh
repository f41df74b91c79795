# shellcheck shell=sh
# Sourced by launch.sh before anything else. An earlier step may have set any variable, so this uses only
# variables set here, and removes those that shells, tools and the loader read before any of them starts.
# action.yml empties those that affect the shell before its first line.
unset IFS CDPATH FPATH GLOBIGNORE EXECIGNORE FUNCNEST TMOUT ENV BASH_ENV PS4 \
    TAR_OPTIONS GZIP CURL_HOME PERL5OPT PERL5DB PERL5LIB PERLLIB GCONV_PATH LOCPATH \
    LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH LD_ORIGIN_PATH LD_DEBUG LD_DEBUG_OUTPUT LD_PROFILE \
    LD_PROFILE_OUTPUT GLIBC_TUNABLES LD_SHOW_AUXV LD_TRACE_LOADED_OBJECTS DYLD_INSERT_LIBRARIES \
    DYLD_LIBRARY_PATH \
    DYLD_FRAMEWORK_PATH DYLD_FALLBACK_LIBRARY_PATH DYLD_FALLBACK_FRAMEWORK_PATH \
    DYLD_VERSIONED_LIBRARY_PATH DYLD_VERSIONED_FRAMEWORK_PATH DYLD_IMAGE_SUFFIX
# Without -p, bash imports functions from variables, and a function named `tr` comes before the tool. Until
# bash runs with -p, use only what no function can replace: special built-ins and `case`.
case ${BASH_VERSION:+bash}$- in
    bash*p*) ;;
    bash*) exec "$BASH" -p "$0" ;;
esac

# The system's tools come before anything that an earlier step added to PATH. rootgate itself gets the
# original PATH, and unchanged arguments, also from Git for Windows.
path=$PATH
PATH=/usr/bin:/bin:$PATH
export MSYS_NO_PATHCONV=1 MSYS2_ARG_CONV_EXCL='*'
# This script runs only under GitHub Actions, so the variable is always true.
export GITHUB_ACTIONS=true

newline='
'

# bash passes function variables on, and a child shell would import them. Start again without them.
case ${BASH_VERSION:+bash}$# in
    bash0)
        set -f
        IFS=$newline
        for name in $(env | sed -n 's/^\(_*BASH_FUNC[^=]*\)=.*/\1/p'); do
            set -- "$@" -u "$name"
        done
        exec env "$@" "PATH=$path" "$BASH" -p "$0" again
        ;;
esac

# Runs a tool without the job's variables.
clean() {
    env -i "PATH=$PATH" LC_ALL=C "$@"
}

# Sets $path_of to the path $1, on Windows with forward slashes. On other systems a backslash is an ordinary
# character.
slashes() {
    path_of=$1
    case ${RUNNER_OS-} in Windows) ;; *) return ;; esac
    rest=$1 path_of=''
    while :; do
        case $rest in *\\*) ;; *) break ;; esac
        path_of=$path_of${rest%%\\*}/
        rest=${rest#*\\}
    done
    path_of=$path_of$rest
}
