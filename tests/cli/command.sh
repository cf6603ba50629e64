#!/bin/sh
# `descent` lists, shows and plots; --json is JSON; what a program reads is on stdout.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

shows descent-list.txt descent list
run 0 descent list --json
json_holds 'assert r'
run 0 descent info
out_has 'in use'
run 0 descent info --json
json_holds 'assert r["threads"]["count"] >= 1 and r["libraries"] and r["isa"]["effective"], r'
run 0 env DESCENT_ISA=scalar descent info
out_has 'scalar in use'

run 0 toy --preset quick --out quick.h5 --no-plot --quiet
run 0 descent show quick.h5
out_has '4: 4 done, 0 failed, 0 missing'
out_has 'Recipe'
out_has 'Provenance'
out_has 'median of 2 seeds'
out_has 'cannot be told  Squares grow faster: mode is "plain" here, the claim is about square'
run 0 descent show quick.h5 --json
json_holds 'assert [c["n"] for c in r["claims"]] == [2, 2, 0] and r["claims"][0]["low"] > 0, r["claims"]
assert r["complete"] and r["cells"]["done"] == 4 and len(r["cells"]["hashes"]) == 4, r
assert [a["name"] for a in r["axes"]] == ["width", "seed"], r["axes"]'
[ "$(ls)" = quick.h5 ] || fail 'show wrote files'

run 0 descent plot quick.h5 --term
[ "$(ls)" = quick.h5 ] || fail '--term wrote files'
mkdir figures
run 0 descent plot quick.h5 --dir figures
out_has 'figures/quick-total.gp'
refuses 2 "unknown figure 'totla': did you mean 'total'?" descent plot quick.h5 --only totla
run 0 env PATH="$1" descent plot quick.h5 --dir figures
err_has 'gnuplot is missing'
finish
