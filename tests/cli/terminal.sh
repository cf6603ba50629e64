#!/bin/sh
# Without a terminal there is no escape sequence; on one, the progress line is redrawn in place unless --quiet, and
# NO_COLOR takes the colours away.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

escape=$(printf '\033')

run 2 toy --case curv
! grep -q "$escape" "$err" || fail 'colours without a terminal'
run 0 toy --set milliseconds=100 --no-plot --out plain.h5
is_empty "$err"

if ! script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    echo 'skipped: terminals (no program script, or no pseudo-terminals)'
    finish
fi

# on_terminal COMMAND: what the command writes to a terminal
on_terminal() {
    rm -f tty.h5
    script -qec "$1" /dev/null >"$root/typescript" 2>&1 </dev/null
    checks=$((checks + 1))
}
export TERM=xterm LC_ALL=C.UTF-8
on_terminal 'toy --set milliseconds=200 --no-plot --out tty.h5'
grep -q '/18 cells' "$root/typescript" || fail 'no progress on a terminal'
grep -q "$escape\[1m" "$root/typescript" || fail 'no bold heading on a terminal'
on_terminal 'toy --set milliseconds=100 --no-plot --quiet --out tty.h5'
[ ! -s "$root/typescript" ] || fail '--quiet is not quiet'
on_terminal 'toy --case curv'
grep -q "$escape\[31m" "$root/typescript" || fail 'no colour on a terminal'
export NO_COLOR=1
on_terminal 'toy --case curv'
! grep -q "$escape" "$root/typescript" || fail 'colours in spite of NO_COLOR'
finish
