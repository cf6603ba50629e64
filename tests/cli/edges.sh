#!/bin/sh
# Settings at their edges: zero is zero, lists come in any order, and what cannot be is said before hours of work.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

# Hashes of all cells of a run with the options that follow.
hashes() {
    name=$1
    shift
    run 0 "$@" --no-plot --quiet --out "$name.h5"
    run 0 descent show --json "$name.h5"
    python3 -c 'import json, sys; print(json.load(sys.stdin)["cells"]["hashes"])' <"$out" >"$name.hashes"
}

width='bias-variance --case width --preset quick --seeds 1 --set epochs=2 --set width=4 --set test=50'
# shellcheck disable=SC2086
{
    hashes plain $width --set momentum=0
    hashes heavy $width --set momentum=0.9
    ! cmp -s plain.hashes heavy.hashes || fail 'momentum=0 trains as momentum=0.9 does'
    run 3 $width --set pool=3 --no-plot
    err_has 'sets = 5: 3 examples are fewer than one for each'
    run 3 $width --set scheme=splits --set examples=900 --no-plot --out few.h5
    err_has '5 disjoint training sets of 900 examples: the data set has 4000'
    run 0 $width --set label_noise=1 --no-plot --out noise.h5
    run 0 descent show --json noise.h5
    json_holds 'o = {x["name"]: x["values"] for x in r["outputs"]}
assert o["zero_one_bias"] == [0], o["zero_one_bias"]
assert abs(o["zero_one_error"][0] - 0.9) < 1e-9'
}

mlp='double-descent --case mlp --seeds 1 --set label_noise=0 --set epochs=1 --set width=4 --set samples=800'
# shellcheck disable=SC2086
{
    hashes mlp-plain $mlp --set momentum=0
    hashes mlp-heavy $mlp --set momentum=0.9
    ! cmp -s mlp-plain.hashes mlp-heavy.hashes || fail 'momentum=0 trains as momentum=0.9 does'
}

# A share of the training examples, however small, is measured instead of the test set: here one example.
run 0 dropout --case methods --seeds 1 --set method=none --set epochs=1 --set width=4 --set examples=10 \
    --set held_out=0.05 --set test=1000 --no-plot --out held.h5
run 0 descent show --json held.h5
json_holds 'e = next(x["values"] for x in r["outputs"] if x["name"] == "test_error")
assert e in ([0], [1]), e'

# Values along an inner axis are of the epochs that were asked for, in any order.
# shellcheck disable=SC2016
along_epochs='o = {x["name"]: x["values"] for x in r["outputs"]}
e = next(a["values"] for a in r["axes"] if a["name"] == "epoch")
open("curve", "a").write(repr(sorted(zip(e, o["test_loss"]))) + "\n")'
images='image-classification --preset quick --set network=logistic --set train=200 --set test=50'
for epochs in 0,1,3 3,0,1; do
    # shellcheck disable=SC2086
    run 0 $images --set epoch=$epochs --no-plot --out "i$epochs.h5"
    run 0 descent show --json "i$epochs.h5"
    json_holds "$along_epochs"
    run 0 double-descent --case epochs --seeds 1 --set width=4 --set epochs=4 --set samples=800 \
        --set epoch="$(echo $epochs | tr 0 4)" --no-plot --out "d$epochs.h5"
    run 0 descent show --json "d$epochs.h5"
    json_holds "$along_epochs"
done
[ "$(sort -u curve | wc -l)" -eq 2 ] || fail "values of other epochs: $(cat curve)"
! grep -q None curve || fail "epochs without values: $(cat curve)"
# shellcheck disable=SC2086
{
    run 3 $images --set epoch=1,9 --no-plot --out late.h5
    err_has 'epoch = 9: the training ends after epochs = 3'
    refuses 2 'row: its values are always 0..131' $images --set row=0..9
}
run 3 double-descent --case epochs --seeds 1 --set width=4 --set epochs=2 --set epoch=3 --no-plot --out late2.h5
err_has 'epoch = 3: the training ends after epochs = 2'

# The same configuration may say what is always so.
# shellcheck disable=SC2086
run 0 $images --print-config
cp "$out" config.json
run 0 image-classification --config config.json --dry-run
finish
