#!/bin/sh
# Every suite measures its rows and writes them in each form; a file compared with itself shows no difference.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

run 0 descent bench all --list
for row in peak/clock/1 memory/triad/DRAM gemm/square-512/forward conv/vgg-3x3-28/backward-data kernels/adam \
    rnn/lstm/backward train/lenet scaling/mlp/2 sweep/mlp-32; do
    out_has "$row"
done
run 0 descent bench memory --filter memory/add/L1 --list
[ "$(wc -l <"$out")" -eq 1 ] || fail 'a whole name means one row'

# One small row of each suite.
for row in peak/fma-fp32/1 memory/triad/L1 gemm/small/forward conv/resnet50-1x1-14/forward kernels/relu/forward \
    rnn/tanh/forward train/mlp_tiny scaling/mlp/1 sweep/mlp-8; do
    run 0 descent bench "${row%%/*}" --filter "$row" --time 0.1 --threads 1 --json
    json_holds 'rows = [x for x in r["rows"] if not x["roof_only"]]
assert rows and all(x["low"] <= x["seconds"] <= x["high"] and x["seconds"] > 0 for x in rows), rows
assert all(x["repeat"].startswith("descent bench ") for x in rows), rows'
done

run 0 descent bench kernels --filter adam --time 0.1 --threads 1 --csv
cp "$out" "$root/rows.csv"
run 0 python3 -c 'import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert {x["row"] for x in rows} == {"adam", "adamax", "nadam"} and all(float(x["seconds"]) > 0 for x in rows), rows' \
    "$root/rows.csv"
run 0 descent bench kernels --filter adam --time 0.1 --threads 1 --md
out_has '| kernels/adam |'

run 0 descent bench kernels --filter adam --time 0.1 --threads 1 --out a.h5
out_has 'kernels/nadam'
run 0 descent bench compare a.h5 a.h5
out_has 'no difference shown'
out_has 'geometric mean: 1.000 times as fast, 3 rows'
run 0 descent bench compare a.h5 a.h5 --json
json_holds 'assert len(r["rows"]) == 3 and r["geometric_mean"] == 1, r'
run 0 descent show a.h5
run 0 toy --preset quick --out toy.h5 --no-plot --quiet
run 3 descent bench compare a.h5 toy.h5
err_has 'expected a results file of descent bench'
finish
