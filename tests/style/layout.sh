#!/bin/sh
# Every C file is laid out as .clang-format says.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/files.sh"

if ! command -v clang-format-14 >/dev/null; then
    echo "skipped: clang-format-14 is not installed"
    exit 77
fi
# shellcheck disable=SC2046 # names without blanks
clang-format-14 --dry-run -Werror $(our_files '*.c' '*.h' '*.inl') || {
    echo "To lay them out: cmake --build build --target format"
    exit 1
}
