#!/bin/sh
# kill -9 at 20 random moments: the file opens each time, the same command finishes the rest, and the final file has the
# bits of an undisturbed run and verifies.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

settings='--set milliseconds=150 --set width=1..200 --no-plot --quiet'
# shellcheck disable=SC2086
run 0 toy $settings --threads 64 --out straight.h5

# 20 delays in 0.05..2.85 s (the file is written every 2 s); the seed makes a failure repeatable.
delays=$(awk 'BEGIN { srand(20); for (i = 0; i < 20; i++) printf "%.2f\n", 0.05 + 2.8 * rand() }')
for delay in $delays; do
    # shellcheck disable=SC2086
    toy $settings --threads 4 --out killed.h5 >"$out" 2>"$err" &
    pid=$!
    sleep "$delay"
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    [ ! -e killed.h5 ] || run 0 descent show killed.h5
done
# shellcheck disable=SC2086
run 0 toy $settings --threads 64 --out killed.h5 --json
json_holds 'assert r["complete"] and r["cells"]["kept"] >= 50, r'
same_bits straight.h5 killed.h5
run 0 descent verify killed.h5 --threads 64
[ "$(ls -A)" = "$(printf 'killed.h5\nstraight.h5')" ] || fail "left behind: $(ls -A)"
finish
