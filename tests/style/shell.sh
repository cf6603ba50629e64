#!/bin/sh
# Every shell script passes shellcheck.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/files.sh"

if ! command -v shellcheck >/dev/null; then
    echo "skipped: shellcheck is not installed"
    exit 77
fi
# shellcheck disable=SC2046 # names without blanks
shellcheck -x $(our_files '*.sh' quickstart .ci/run)
