#!/bin/sh
# `descent data` lists, checks and exports the data sets that are known.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

run 0 descent data list
out_has 'mnist1d'
out_has 'fashion-mnist'
run 0 descent data list --json
json_holds 'assert r'
run 0 descent data check mnist1d
refuses 3 "'nowhere' is not a directory" descent data check mnist --data nowhere
mkdir wrong
for file in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
    echo 'not the file' | gzip >"wrong/$file.gz"
done
run 1 descent data check mnist --data wrong
out_has 'expected'

run 0 descent data export mnist1d --set seed=7 --set samples=300 --out a.h5
out_has 'a.h5: 240 training and 60 test examples of 40 features'
run 0 descent data export mnist1d --set seed=7 --set samples=300 --out b.h5
run 0 cmp a.h5 b.h5
if python3 -c 'import h5py' 2>/dev/null; then
    run 0 python3 -c 'import h5py
f = h5py.File("a.h5")
assert f["train_x"].shape == (240, 40) and f["train_x"].dtype == "f8"
assert f["test_y"].shape == (60,) and f["test_y"].dtype == "i4"
assert str(f.attrs["seed"]).strip("b\x27") == "7", dict(f.attrs)'
else
    echo 'skipped: reading the export with h5py (not installed)'
fi
refuses 3 'nowhere/a.h5' descent data export mnist1d --out nowhere/a.h5
finish
