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
there = [x for x in rows if not x["not_measured"]]
assert there and all(x["low"] <= x["seconds"] <= x["high"] and x["seconds"] > 0 for x in there), rows
assert all(x["seconds"] is None and x["engine"] == "onednn" for x in rows if x["not_measured"]), rows
assert all(x["repeat"].startswith("descent bench ") for x in rows), rows
assert all(x["setup_seconds"] > 0 for x in there if x["suite"] in ("gemm", "conv", "rnn", "train")), rows'
done

# In bfloat16 the step that changes the type of a layer's input is not taken for the layer.
run 0 descent bench gemm --filter mlp --precision bf16 --time 0.3 --threads 1 --json
json_holds 'engines = {}
for x in r["rows"]:
    if not x["roof_only"] and not x["not_measured"]:
        engines.setdefault(x["engine"], set()).add(x["row"].split("/")[-1])
assert all(x == {"forward", "backward-data", "backward-weights"} for x in engines.values()), engines'

# A row that cannot be measured stands in every form with its reason: here the engine has no recurrent layers.
tanh() {
    status_wanted=$1
    shift
    run "$status_wanted" descent bench rnn --filter tanh --time 0.1 --threads 1 "$@"
}
tanh 0
out_has 'the engine has no implementation of it  rnn/tanh/forward onednn'
tanh 0 --csv
cp "$out" "$root/rows.csv"
run 0 python3 -c 'import csv, sys
lines = list(csv.reader(open(sys.argv[1])))
assert len(lines) == 5 and len({len(x) for x in lines}) == 1, lines
rows = [dict(zip(lines[0], x)) for x in lines[1:]]
assert all(x["cpu"] and x["isa"] and x["version"] and x["begun"].startswith("20") and x["commit"] for x in rows), rows
assert all((x["seconds"] == "") == bool(x["not_measured"]) == (x["engine"] == "onednn") for x in rows), rows' \
    "$root/rows.csv"
tanh 0 --md
out_has '| rnn/tanh/backward onednn | the engine has no implementation of it |'
cp "$out" "$root/rows.md"
run 0 python3 -c 'import sys
tables = [[x.count("|") for x in t.splitlines()] for t in open(sys.argv[1]).read().split("\n\n")]
assert len(tables) == 3 and set(tables[0]) == {0}, tables
assert all(len(t) == 4 and len(set(t)) == 1 for t in tables[1:]), tables' "$root/rows.md"
for fact in begun cpu isa all_threads precision version commit onednn pinned load_before; do
    grep -q "^- $fact: ." "$root/rows.md" || fail "--md lacks $fact"
done
tanh 0 --out absent.h5
run 0 descent show absent.h5
out_has 'the engine has no implementation of it  rnn/tanh/forward onednn'
tanh 3 --engine onednn
err_has 'none of these rows can be measured: the engine has no implementation of it'

run 0 descent bench kernels --filter adam --time 0.1 --threads 1 --out a.h5
out_has 'kernels/nadam'
run 0 descent bench compare a.h5 a.h5
out_has 'no difference shown'
out_has 'geometric mean: 1.000 times as fast, 3 rows'
out_has 'the same machine and build'
run 0 descent bench compare a.h5 a.h5 --json
json_holds 'assert len(r["rows"]) == 3 and r["geometric_mean"] == 1 and not r["differences"], r
assert len(r["roofs"]) >= 7 and all(x["ratio"] == 1 for x in r["roofs"]), r["roofs"]'

# The noise of a row's roof is in its interval: without the roof it is narrower.
cp "$root/json" with.json
cp a.h5 roofless.h5
run 0 tamper roofless.h5 roof_row times -1
run 0 descent bench compare roofless.h5 roofless.h5 --json
json_holds 'import json
noisy = {x["row"]: x for x in json.load(open("with.json"))["rows"]}
assert all(noisy[x["row"]]["low"] < x["low"] <= 1 <= x["high"] < noisy[x["row"]]["high"] for x in r["rows"]), r'

# A file is shown as it was measured: a row a line however wide, what cannot be said with its remark.
run 0 descent show a.h5
out_has 'Rows: medians of up to 11 rounds'
out_has '3 measured, 0 not'
for row in adam nadam; do
    [ "$(grep -c "^kernels/$row " "$out")" -eq 1 ] || fail "not one line of $row"
done
! grep -qE 'seed|at round|beyond' "$out" || fail 'a benchmark is shown as cells of seeds'
cp a.h5 remarks.h5
run 0 tamper remarks.h5 share_of_roof times 100
run 0 descent show remarks.h5
out_has '! faster than the roof beside it'
out_has ' %! '
run 0 descent report remarks.h5 absent.h5 --out remarks.html
grep -q '>! faster than the roof beside it' remarks.html || fail 'the page does not say what ! means'
grep -q 'the engine has no implementation of it</td>' remarks.html || fail 'the page lacks what was not measured'
run 0 descent report a.h5 --out bench.html
grep -q 'descent bench kernels --filter adam --time 0.1 --threads 1 --out a.h5</pre>' bench.html || fail 'no command'
! grep -q 'descent verify' bench.html || fail 'times are not verified'

# The roofline is drawn from the file alone.
run 0 descent bench gemm --filter small --time 0.1 --threads 1 --out gemm.h5
[ ! -e gemm-roofline.gp ] || fail 'a picture that nobody asked for'
run 0 descent plot gemm.h5
[ -s gemm-roofline.gp ] || fail 'no script'
for text in 'gemm/small/forward native' 'theory: DRAM' 'theory: fp32'; do
    grep -qF "$text" gemm-roofline.dat || fail "gemm-roofline.dat lacks: $text"
done
run 0 descent show gemm.h5 --json
json_holds 'rows = dict(zip([o["name"] for o in r["outputs"]], r["outputs"]))
assert sum(rows["roof"]["values"]) >= 7, rows["roof"]'

# An interrupted run leaves nothing.
descent bench gemm --time 60 --out stopped.h5 >"$out" 2>"$err" &
sleep 2
kill -TERM $! 2>/dev/null
status=0
wait $! || status=$?
[ "$status" -eq 75 ] || fail "stopped: expected exit status 75, found $status"
[ ! -e stopped.h5 ] || fail 'a stopped benchmark left a file'

# Where a row of the second file is slower the answer is no; what differs is named before the table.
cp a.h5 slow.h5
run 0 tamper slow.h5 seconds times 1000
run 0 tamper slow.h5 provenance cpu 'Another One'
run 1 descent bench compare a.h5 slow.h5
out_has 'slower, as the machine itself'
out_has 'Another One'
out_has 'The machine itself was not as fast in both runs'
run 0 descent bench compare slow.h5 a.h5
out_has 'faster'
run 0 toy --preset quick --out toy.h5 --no-plot --quiet
run 3 descent bench compare a.h5 toy.h5
err_has 'expected a results file of descent bench'
finish
