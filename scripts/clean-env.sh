#!/usr/bin/env bash
# Runs a command without the variables of a CI runner and of AWS, so that its output is the same on
# every machine: `scripts/clean-env.sh COMMAND...`.
set -euo pipefail

while IFS= read -r name; do
    case $name in
        CI | GITHUB_* | ACTIONS_* | RUNNER_* | AWS_*) unset "$name" ;;
    esac
done < <(compgen -e)

exec "$@"
