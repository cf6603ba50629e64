#!/bin/sh
# What a document shows works: its sh blocks run, in order, in a copy of the root; its c blocks compile as C17 without a
# warning, and run if they have a main; its python blocks run where what they import is installed. A line
# "<!-- not run: REASON -->" before a block leaves it out, "<!-- run with: ARGUMENTS -->" gives a program arguments.
# usage: readme.sh DOCUMENT SOURCE BUILD WORK CC FLAGS...
set -eu
document=$1
source=$2
build=$3
work=$4
shift 4
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

# The copy: links to all that a reader of the document has in the root, and the build that is being tested.
rm -rf "$work/root" "$work/blocks"
mkdir -p "$work/root" "$work/blocks"
for entry in "$source"/*; do
    case ${entry##*/} in
    build* | results) ;;
    *) ln -s "$entry" "$work/root/" ;;
    esac
done
ln -s "$build" "$work/root/build"
export DESCENT_DATA="${DESCENT_DATA:-$source/../shared/data}"
cd "$work/root"

awk -v out="$work/blocks" -f "$here/blocks.awk" "$source/$document"

run_c() {
    block=$1
    arguments=$2
    shift 2
    set -- "$@" -std=c17 -Wall -Wextra -Werror -I "$source/lib/include" -I "$source/apps/cli/include"
    if ! grep -q 'int main(' "$block"; then
        "$@" -c "$block" -o "$block.o"
        return
    fi
    "$@" "$block" -o "$block.program" -L "$build/lib" -ldescent-cli -ldescent -lm "-Wl,-rpath,$build/lib"
    # shellcheck disable=SC2086 # arguments are words
    "$block.program" $arguments
}

run_python() {
    modules=$(sed -nE 's/^(import|from) +([a-z0-9_]+).*/import \2/p' "$1")
    if ! python3 -c "$modules" 2>/dev/null; then
        echo "skipped: python3 lacks one of: $(echo "$modules" | sed 's/import //' | tr '\n' ' ')"
        return
    fi
    python3 "$1"
}

bad=0
for block in "$work"/blocks/*.sh "$work"/blocks/*.c "$work"/blocks/*.python; do
    [ -e "$block" ] || continue
    printf '== %s, line %s\n' "$document" "$(basename "$block" | sed -E 's/^0*([0-9]+).*/\1/')"
    if [ -e "$block.skip" ]; then
        printf 'not run: %s\n' "$(cat "$block.skip")"
        continue
    fi
    arguments=$(cat "$block.arguments" 2>/dev/null) || arguments=
    case $block in
    *.sh) (sh -eux "$block" </dev/null) ;;
    *.c) (run_c "$block" "$arguments" "$@") ;;
    *.python) (run_python "$block") ;;
    esac || {
        echo "FAILED: the block above"
        bad=1
    }
done
exit "$bad"
