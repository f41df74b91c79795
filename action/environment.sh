# shellcheck shell=sh
# Read by launch.sh before anything else. An earlier step may have set any variable: so nothing is used
# that was not set here, and what shells, tools and the loader read is gone before any of them starts.
# action.yml empties the names that act on the shell before its first line.
unset IFS CDPATH FPATH GLOBIGNORE EXECIGNORE FUNCNEST TMOUT ENV BASH_ENV PS4 \
    TAR_OPTIONS GZIP CURL_HOME PERL5OPT PERL5DB PERL5LIB PERLLIB GCONV_PATH LOCPATH \
    LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH LD_ORIGIN_PATH LD_DEBUG LD_DEBUG_OUTPUT LD_PROFILE \
    LD_PROFILE_OUTPUT GLIBC_TUNABLES LD_SHOW_AUXV LD_TRACE_LOADED_OBJECTS DYLD_INSERT_LIBRARIES \
    DYLD_LIBRARY_PATH \
    DYLD_FRAMEWORK_PATH DYLD_FALLBACK_LIBRARY_PATH DYLD_FALLBACK_FRAMEWORK_PATH \
    DYLD_VERSIONED_LIBRARY_PATH DYLD_VERSIONED_FRAMEWORK_PATH DYLD_IMAGE_SUFFIX
# bash makes functions of variables unless it is told -p, and a function named `tr` comes before the
# tool. Until then only what no function can replace is used: special built-ins and `case`.
case ${BASH_VERSION:+bash}$- in
    bash*p*) ;;
    bash*) exec "$BASH" -p "$0" ;;
esac

# The system's tools come before what an earlier step may have put ahead of them. rootgate itself gets
# the PATH as it was, and its arguments as they are, also from Git for Windows.
path=$PATH
PATH=/usr/bin:/bin:$PATH
export MSYS_NO_PATHCONV=1 MSYS2_ARG_CONV_EXCL='*'
# This script runs under GitHub Actions and nowhere else, whatever a variable says.
export GITHUB_ACTIONS=true

newline='
'

# bash hands the variables of functions on, and a shell below it would take them: once more without.
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

# Runs a tool that reads no variable of the job.
clean() {
    env -i "PATH=$PATH" LC_ALL=C "$@"
}

# Sets $path_of to the path $1 with forward slashes, which Windows takes as well. Elsewhere a
# backslash is a character like any other.
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
