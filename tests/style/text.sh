#!/bin/sh
# Every text file: no tabs, no blanks at the end of a line, a final newline, no switched-off code, no promises for later,
# at most 800 lines.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/files.sh"

bad=0
complain() {
    printf '%s\n' "$1"
    bad=1
}

tab=$(printf '\t')
promise='TO''DO|FIX''ME|XX''X'
for file in $(our_files '*.c' '*.h' '*.in' '*.inl' '*.cmake' '*CMakeLists.txt' '*.sh' '*.py' '*.md' '*.json' quickstart \
    .ci/run); do
    ! grep -nE "[ $tab]+\$" "$file" || complain "$file: blanks at the end of a line"
    ! grep -n "$tab" "$file" || complain "$file: tabs"
    [ -z "$(tail -c 1 "$file")" ] || complain "$file: no newline at the end"
    ! grep -nE '^ *# *if +[01]( |$)' "$file" || complain "$file: switched-off code"
    ! grep -nwE "$promise" "$file" || complain "$file: a promise instead of the thing"
    [ "$(wc -l <"$file")" -le 800 ] || complain "$file: more than 800 lines"
done
exit "$bad"
