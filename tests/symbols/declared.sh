#!/bin/sh
# Every public declaration is marked DSC_API, and a program that takes the address of each one links.
# usage: declared.sh INCLUDE LIBRARY WORK CC FLAGS...
set -eu
include=$1
library=$2
work=$3
shift 3

if grep -nE '^[a-z][a-zA-Z0-9_ ]*[ *]dsc_[a-z0-9_]+\(' "$include"/descent/*.h |
    grep -vE ':(typedef|static|return) '; then
    echo "These declarations are not marked DSC_API, so the shared library hides them."
    exit 1
fi

# One declaration a line; its name is the first dsc_ name before a parenthesis, or else the last one of all.
"$@" -std=c17 -E -P -I "$include" "$include/descent.h" | tr '\n' ' ' | tr ';' '\n' |
    sed -n 's/.*__attribute__ *(( *visibility *("default") *))//p' |
    sed -E 's/__attribute__.*//' |
    awk '{ if (match($0, /dsc_[a-z0-9_]+ *\(/)) name = substr($0, RSTART, RLENGTH - 1)
           else { n = split($0, words, /[^a-zA-Z0-9_]+/); while (words[n] !~ /^dsc_/) n--; name = words[n] }
           gsub(/ /, "", name); print name }' |
    LC_ALL=C sort -u >"$work/declared.txt"

{
    echo '#include <stdio.h>'
    echo '#include <descent.h>'
    echo 'int main(void)'
    echo '{'
    echo '    void (*volatile names[])(void) = {'
    sed 's/.*/        (void (*)(void))\&&,/' "$work/declared.txt"
    echo '    };'
    printf '%s\n' '    printf("%zu declarations link\n", sizeof names / sizeof *names);'
    echo '}'
} >"$work/declared.c"
folder=$(dirname "$library")
"$@" -std=c17 -I "$include" "$work/declared.c" -o "$work/declared" -L "$folder" -ldescent "-Wl,-rpath,$folder"
"$work/declared"
