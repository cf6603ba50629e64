#!/bin/sh
# Disturbs every command at a few of its allocations and file calls: faults.py, without the sanitizers' allocators.
# usage: faults.sh LIBRARY BIN HELPERS [OPTION]...
set -eu
if grep -qa '__[at]san_init' "$2/descent"; then
    echo 'skipped: built with a sanitizer'
    exit 77
fi
if ! command -v python3 >/dev/null; then
    echo 'skipped: no python3'
    exit 77
fi
exec python3 "$(dirname "$0")/faults.py" "$@"
