#!/bin/sh
# SIGTERM, SIGINT and --max-time leave a file behind and exit status 75; the same command resumes to the same bits.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

run 0 toy --set milliseconds=1 --out straight.h5 --no-plot --quiet

# stopped SIGNAL: a slow run is stopped in its middle.
stopped() {
    rm -f slow.h5
    toy --set milliseconds=120 --threads 2 --out slow.h5 --no-plot >"$out" 2>"$err" &
    pid=$!
    sleep 0.5
    kill "-$1" "$pid"
    status=0
    wait "$pid" || status=$?
    [ "$status" -eq 75 ] || fail "$1: expected exit status 75, found $status"
    err_has 'run the same command to resume'
    is_empty "$out"
    run 0 descent show slow.h5
    out_has 'complete'
    run 0 toy --set milliseconds=120 --threads 2 --out slow.h5 --no-plot
    grep -q '[1-9][0-9]* kept' "$out" || fail "$1: nothing was kept"
    run 0 descent verify slow.h5 --sample 3
}
stopped TERM
cp slow.h5 first.h5
stopped HUP
same_bits first.h5 slow.h5

run 75 toy --set milliseconds=200 --threads 1 --max-time 1s --out timed.h5 --no-plot
err_has 'run the same command to resume'
run 75 toy --set milliseconds=200 --threads 1 --max-time 1 --out timed.h5 --no-plot --json
out_has '"stopped": true'

# a cell that hears nothing is left behind seconds after the stop, and what was done before it is kept
run 75 toy --case heavy --set hears=no --set milliseconds=60000 --set gibibytes=0 --threads 1 --max-time 0.2 \
    --out deaf.h5 --no-plot
err_has 'stopped with 1 cells to go'
[ ! -e deaf.h5.lock ] || fail 'the claim on the file is left behind'
run 0 descent show deaf.h5
out_has '0 done, 0 failed, 1 missing'
finish
