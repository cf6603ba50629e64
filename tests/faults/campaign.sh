#!/bin/sh
# The campaign: the first calls of every kind and then every STRIDE-th (default: 20) of every command, and
# KILLS kills at random moments of a run (default: 300). Prints what it finds, and a table.
# usage: campaign.sh [STRIDE [KILLS [OPTION]...]]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$root/build}
stride=${1:-20} kills=${2:-300}
shift "$(($# < 2 ? $# : 2))"
exec python3 "$root/tests/faults/faults.py" "$build/tests/faults/faults.so" "$build/bin" "$build/tests/cli" \
    --every "$stride" --kills "$kills" "$@"
