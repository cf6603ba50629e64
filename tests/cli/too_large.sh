#!/bin/sh
# What cannot fit into memory is refused before anything is computed, and says what would fit; fewer cells at a time are
# computed where only fewer fit.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

refuses 3 'not enough memory: gibibytes=999999 seed=1 needs 1e+06 GiB' \
    toy --case heavy --set gibibytes=0,999999 --out heavy.h5 --no-plot
err_has '1 of 2 cells fit, the largest of them gibibytes=0 seed=1 (0 GiB)'
err_has '--force'
run 0 toy --case heavy --set gibibytes=0,999999 --out heavy.h5 --no-plot --dry-run
out_has '1 of 2 cells fit; --force tries all'
run 0 toy --case heavy --set gibibytes=0,999999 --out heavy.h5 --no-plot --dry-run --json
json_holds 'assert r["fitting"] == 1 and r["missing"] == 2 and r["memory_bytes"] > r["usable_bytes"], r'
run 0 toy --case heavy --set gibibytes=0,999999 --out heavy.h5 --no-plot --force
out_has '2 computed'
refuses 3 'not enough memory' descent verify heavy.h5
run 0 descent verify heavy.h5 --force
run 0 toy --verify heavy.h5 --force
finish
