#!/bin/sh
# Every public header compiles alone, as C17 and as strict as it goes, and as C++17 where there is a C++ compiler;
# descent.h names them all.
# usage: headers.sh INCLUDE WORK CC
set -eu
include=$1
work=$2
cc=$3
for header in "$include"/descent/*.h; do
    name=$(basename "$header")
    printf '#include <descent/%s>\nextern int not_empty;\n' "$name" >"$work/header.c"
    "$cc" -std=c17 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Werror -fsyntax-only \
        -I "$include" "$work/header.c"
    if command -v c++ >/dev/null; then
        c++ -std=c++17 -Wall -Wextra -Werror -fsyntax-only -x c++ -I "$include" "$work/header.c"
    fi
    if ! grep -q "#include <descent/$name>" "$include/descent.h"; then
        echo "$include/descent.h does not include <descent/$name>"
        exit 1
    fi
done
