#!/usr/bin/env bash
# Runs a command as on a machine that is neither a CI runner nor signed in to AWS, so that what it
# shows is the same everywhere: `scripts/clean-env.sh COMMAND...`.
set -euo pipefail

while IFS= read -r name; do
    case $name in
        CI | GITHUB_* | ACTIONS_* | RUNNER_* | AWS_*) unset "$name" ;;
    esac
done < <(compgen -e)

exec "$@"
