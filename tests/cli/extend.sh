#!/bin/sh
# More seeds and more values of an axis extend a results file: what it has is kept to the bit, only the rest is computed,
# and the result is that of a run of everything. Anything else is another recipe.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

all='--set width=2,1,3..8 --seeds 5'
# shellcheck disable=SC2086
run 0 toy $all --out whole.h5 --no-plot --quiet

run 0 toy --set width=1..4 --seeds 2 --out grows.h5 --no-plot --quiet
run 0 toy --set width=1..4 --seeds 5 --out grows.h5 --no-plot
out_has '12 computed, 8 kept'
err_has 'extending the results file from 8 to 20 cells: 8 are kept'
# shellcheck disable=SC2086
run 0 toy $all --out grows.h5 --no-plot --dry-run
out_has '40, 20 to compute'
# shellcheck disable=SC2086
run 0 toy $all --out grows.h5 --no-plot
out_has '20 computed, 20 kept'
same_bits whole.h5 grows.h5
run 0 descent verify grows.h5
out_has '40 cells compared: 0 differ'
run 0 descent show grows.h5 --json
json_holds 'recipes = [json.loads(line) for line in r["provenance"]["earlier_recipes"].splitlines()]
assert [x["seeds"] for x in recipes] == [[1, 2], [1, 2, 3, 4, 5]], recipes
assert [x["axes"]["width"] for x in recipes] == [[1, 2, 3, 4]] * 2, recipes
assert len(r["provenance"]["runs"].splitlines()) == 3, r["provenance"]["runs"]'
run 0 descent show grows.h5
run 0 descent merge grows.h5 whole.h5 --out both.h5
out_has '40 of 40 cells done'

# a number of seeds or a value that the file has and that is not asked for, a seed before, another parameter
cp grows.h5 kept.h5
refuses 2 'more seeds, with all that it has, extend it' toy --seeds 4 --set width=2,1,3..8 --out grows.h5 --no-plot
refuses 2 'axes.width' toy --seeds 9 --set width=2..20 --out grows.h5 --no-plot
refuses 2 'parameters.scale' toy --seeds 9 --set width=2,1,3..8 --set scale=2 --out grows.h5 --no-plot
refuses 2 'seeds' toy --seeds 9 --seed 2 --set width=2,1,3..8 --out grows.h5 --no-plot
cmp -s grows.h5 kept.h5 || fail 'a refusal changed the file'
# an axis inside the cells
run 0 toy --case curve --out curve.h5 --no-plot --quiet
refuses 2 'axes.step' toy --case curve --set step=1..6 --out curve.h5 --no-plot
run 0 toy --case curve --seeds 7 --out curve.h5 --no-plot
out_has '4 computed, 3 kept'

# a failed cell is tried again in its new place
run 3 toy --set fail_at=2 --set width=1,2 --out failed.h5 --no-plot
run 3 toy --set fail_at=2 --set width=1..3 --seeds 4 --out failed.h5 --no-plot
out_has '5 computed, 3 kept, 4 failed'

# stopped in the middle of an extension
run 0 toy --set milliseconds=60 --seeds 1 --out slow.h5 --no-plot --quiet
run 75 toy --set milliseconds=60 --seeds 9 --threads 1 --max-time 0.4 --out slow.h5 --no-plot
run 0 toy --set milliseconds=60 --seeds 9 --out slow.h5 --no-plot
grep -q ' [1-9][0-9]* kept' "$out" || fail 'a stopped extension kept nothing'
run 0 toy --set milliseconds=60 --seeds 9 --out straight.h5 --no-plot --quiet
same_bits slow.h5 straight.h5

# numbers are of the seeds that gave them
run 0 toy --shard 1/2 --out half.h5 --no-plot
out_has 'median of 1 to 2 seeds'
run 0 toy --seeds 6 --out six.h5 --no-plot
out_has 'median of 6 seeds'
run 0 descent plot six.h5 --term
out_has 'median and 95 % interval, N = 6 seeds'
run 0 toy --seeds 2 --out two.h5 --no-plot --quiet
run 0 descent plot two.h5 --term
out_has 'median and range, N = 2 seeds'

# shards are extended one by one
for i in 1 2 3; do
    run 0 toy --shard "$i/3" --seeds 2 --out "shard-$i.h5" --no-plot --quiet
done
for i in 1 2 3; do
    run 0 toy --shard "$i/3" --seeds 4 --out "shard-$i.h5" --no-plot --quiet
done
run 0 descent merge shard-1.h5 shard-2.h5 shard-3.h5 --out merged.h5
run 0 toy --seeds 4 --out unsharded.h5 --no-plot --quiet
same_bits merged.h5 unsharded.h5
finish
