#!/bin/sh
# Shards computed apart and merged are the whole; what is missing is said; files of different recipes do not merge.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

run 0 toy --out whole.h5 --no-plot --quiet
for i in 1 2 3; do
    run 0 toy --shard "$i/3" --no-plot
done
[ -f toy-sum-shard-2-of-3.h5 ] || fail 'a shard has no file of its own'
run 1 descent merge toy-sum-shard-1-of-3.h5 toy-sum-shard-3-of-3.h5 --out part.h5
out_has '12 of 18 cells done, 0 failed, 6 missing'
run 0 descent merge toy-sum-shard-*.h5 --out all.h5
out_has '18 of 18 cells done, 0 failed, 0 missing'
same_bits whole.h5 all.h5
run 1 descent diff whole.h5 part.h5
run 0 toy --out part.h5 --no-plot
out_has '6 computed, 12 kept'
same_bits whole.h5 part.h5

# a task of Slurm's job array is the shard of its number, whichever tasks are submitted together
run 0 \
    env SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=1 toy --shard slurm/3 --out slurm.h5 --no-plot --quiet # one task again
same_bits slurm.h5 toy-sum-shard-2-of-3.h5
run 0 \
    env SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=3 toy --shard slurm/3 --out first.h5 --no-plot --quiet # of 1,5,7
same_bits first.h5 toy-sum-shard-1-of-3.h5
refuses 2 'task 7 is none of 1..3' env SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=3 toy --shard slurm/3
refuses 2 'task 0 is none of 1..3' env SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_TASK_COUNT=3 toy --shard slurm/3
refuses 2 'expects the number N of all shards' env SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=1 toy --shard slurm
refuses 2 'expects the number N of all shards' env SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=1 toy --shard slurm/0
refuses 2 'SLURM_ARRAY_TASK_ID' toy --shard slurm/3
refuses 2 'such as 2/8' toy --shard 4/3
run 1 descent merge first.h5 toy-sum-shard-3-of-3.h5 --out gap.h5
err_has 'or shard 2 of 3 again'
run 0 descent merge slurm.h5 --out gap.h5

run 0 toy --set scale=2 --out other.h5 --no-plot --quiet
refuses 2 'scale' descent diff whole.h5 other.h5
refuses 2 'scale' descent merge whole.h5 other.h5 --out bad.h5
refuses 3 'none.h5' descent merge whole.h5 none.h5 --out bad.h5

# a file that stands at --out keeps its cells, and is not replaced if it is something else
cp toy-sum-shard-1-of-3.h5 grows.h5
run 1 descent merge toy-sum-shard-2-of-3.h5 --out grows.h5
out_has '12 of 18 cells done'
run 0 descent merge toy-sum-shard-*.h5 --out grows.h5
run 0 descent merge toy-sum-shard-*.h5 --out grows.h5
same_bits whole.h5 grows.h5
run 0 descent show grows.h5 --json
json_holds 'assert r["provenance"]["command"].count("2/3") == 1, r["provenance"]["command"]'
cp other.h5 kept.h5
refuses 2 'other.h5' descent merge whole.h5 --out other.h5
cmp -s other.h5 kept.h5 || fail 'another recipe was written over'
echo 'not HDF5' >text.h5
refuses 3 'text.h5' descent merge whole.h5 --out text.h5
grep -q 'not HDF5' text.h5 || fail 'a text was written over'
refuses 2 "'whole.h5' is a results file" descent data export mnist1d --out whole.h5
finish
