#!/bin/sh
# A run writes its file and says so; the same command again computes nothing; --dry-run and a foreign file write nothing.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

run 0 toy
is_empty "$err"
out_has 'toy sum: 18 computed, 0 kept, 0 failed, 0 missing'
out_has 'median of 3 seeds'
out_has 'results  toy-sum.h5'
out_has 'agrees          The total grows: '
out_has 'does not agree  The total grows beyond measure: '
out_has 'cannot be told  1 more: descent show says why'
[ -f toy-sum.h5 ] || fail 'no toy-sum.h5'
run 0 toy
out_has '0 computed, 18 kept'
run 0 toy --preset quick
[ -f toy-sum-quick.h5 ] || fail 'a preset has no file of its own'
run 0 toy --case curve --quiet
is_empty "$out"
[ -f toy-curve.h5 ] || fail 'no toy-curve.h5'

run 0 toy --out again.h5 --no-plot --json
json_holds 'assert r["cells"] == {"total": 18, "computed": 18, "kept": 0, "failed": 0, "missing": 0}, r
assert [c["verdict"] for c in r["claims"]] == ["agrees", "does not agree", "cannot be told"], r["claims"]
assert r["complete"] and not r["stopped"] and r["out"] == "again.h5" and r["figures"] == [], r'
[ ! -e again-total.svg ] || fail '--no-plot plotted'
same_bits toy-sum.h5 again.h5
run 0 descent run toy --out verb.h5 --no-plot --quiet --threads 3
same_bits toy-sum.h5 verb.h5

# --dry-run
before=$(ls -A)
run 0 toy --dry-run --out dry.h5
out_has '18, 18 to compute'
run 0 toy --dry-run --json --out toy-sum.h5
out_has '"missing": 0'
[ "$(ls -A)" = "$before" ] || fail '--dry-run wrote files'

# another recipe
cp toy-sum.h5 kept.h5
refuses 2 'toy-sum.h5' toy --set scale=2 --out toy-sum.h5
err_has 'scale'
cmp -s toy-sum.h5 kept.h5 || fail 'a refused file was changed'
refuses 2 '(case: "sum" in the file, "curve" asked for)' toy --case curve --out toy-sum.h5

# a shard's dry run counts its own cells
run 0 toy --shard 2/3 --dry-run --out dry.h5
out_has '18, 6 to compute'

# an output along an axis is shown at its end
run 0 toy --case curve --no-plot --out curve.h5
out_has 'median of 3 seeds, at '

# failed cells are kept with their message, the others go on
run 3 toy --set fail_at=2 --out failed.h5 --no-plot
err_has '3 of 18 cells failed; the first, width=2 seed=1: width 2 was told to fail'
out_has '15 computed'
run 0 descent show failed.h5
out_has 'width 2 was told to fail'
finish
