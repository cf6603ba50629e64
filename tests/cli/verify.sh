#!/bin/sh
# verify says 0 for the same bits, 1 with a table for one changed bit, 3 when it cannot tell.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

run 0 toy --out good.h5 --no-plot --quiet
cp good.h5 bad.h5
run 0 tamper bad.h5 total 4

run 0 descent verify good.h5
out_has '18 cells compared: 0 differ'
run 0 toy --verify good.h5 --sample 4
out_has '4 cells compared: 0 differ'
run 1 descent verify bad.h5
out_has '18 cells compared: 1 differ'
out_has 'width=2 seed=2'
out_has 'total'
run 1 toy --verify bad.h5 --json
json_holds 'd = r["differences"][0]
assert r["different"] == 1 and d["output"] == "total" and d["where"] == "width=2 seed=2", r
assert int(d["expected_bits"], 16) ^ int(d["found_bits"], 16) == 1, d'
run 1 descent diff good.h5 bad.h5
out_has 'width=2 seed=2'

# differences are listed by cell, however many threads find them
for cell in 16 9 2; do
    run 0 tamper bad.h5 total "$cell"
done
run 1 descent verify bad.h5 --threads 3 --isa scalar
grep -o 'width=[0-9]* seed=[0-9]*' "$out" >found
sort -V found | cmp -s - found || fail "differences out of order"

# what is not there proves nothing
run 75 toy --set milliseconds=100 --set width=1..40 --max-time 0.01 --out empty.h5 --no-plot
run 3 descent verify empty.h5
err_has "'empty.h5' has no finished cell"
run 0 toy --shard 1/3 --out part.h5 --no-plot --quiet
run 0 descent verify part.h5
out_has '6 cells compared: 0 differ'
err_has 'part.h5 is not complete'
run 0 toy --set width=1..200 --out long.h5 --no-plot --quiet
run 0 descent show long.h5
! grep -E '.{101}' "$out" || fail 'descent show is wider than 100 columns'

refuses 3 'none.h5' descent verify none.h5
head -c 2000 good.h5 >short.h5
refuses 3 'short.h5' descent verify short.h5
refuses 3 'short.h5' descent show short.h5
refuses 3 'short.h5' toy --out short.h5
echo 'not HDF5' >text.h5
refuses 3 'text.h5' descent verify text.h5
refuses 3 'text.h5' descent plot text.h5
finish
