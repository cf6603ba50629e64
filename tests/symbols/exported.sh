#!/bin/sh
# The shared library exports what lib/descent.symbols lists, no more and no less, and all of it begins with dsc_.
# usage: exported.sh [--update] LIBRARY LIST
set -eu
update=no
if [ "$1" = --update ]; then
    update=yes
    shift
fi
library=$1
list=$2

names=$(nm -D --defined-only "$library" | awk '{ print $3 }' | sed 's/@.*//' | LC_ALL=C sort -u)
if [ "$update" = yes ]; then
    printf '%s\n' "$names" >"$list"
    exit 0
fi

if strangers=$(printf '%s\n' "$names" | grep -v '^dsc_'); then
    printf 'exported without the prefix dsc_:\n%s\n' "$strangers"
    exit 1
fi
if ! printf '%s\n' "$names" | diff "$list" -; then
    echo "The exports differ from $list (< listed, > exported)."
    echo "If that is meant: cmake --build build --target update-symbols"
    exit 1
fi
