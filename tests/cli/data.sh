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
assert f["train_x"].dims[0].keys() == ["train_example"] and f["test_x"].dims[1].keys() == ["feature"]
assert f["test_y"].dims[0][0].shape == (60,) and f["test_y"].attrs["long_name"]
assert str(f.attrs["seed"]).strip("b\x27") == "7", dict(f.attrs)'
else
    echo 'skipped: reading the export with h5py (not installed)'
fi
run 0 descent data export mnist1d --set samples=30 --set train_fraction=1 --out whole.h5
out_has 'whole.h5: 30 training and 0 test examples'

# Digests in an export are those of the files, whoever made them.
for part in train t10k; do
    printf '\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\2abcdefgh' >"$part-images-idx3-ubyte"
    printf '\0\0\10\1\0\0\0\2\3\5' >"$part-labels-idx1-ubyte"
done
run 0 descent data export mnist --data . --out own.h5
digest=$(sha256sum t10k-labels-idx1-ubyte | cut -d ' ' -f 1)
grep -q "$digest" own.h5 || fail 'the export lacks the digest of its file'

# MNIST's and Fashion-MNIST's files have the same names.
shared=${DESCENT_TEST_DATA:-$home/../../../shared/data}/fashion-mnist
if [ -e "$shared/t10k-labels-idx1-ubyte.gz" ]; then
    run 0 descent data check --data "$shared"
    run 1 descent data check mnist --data "$shared"
    out_has 'it is that of fashion-mnist'
    refuses 2 "is a file of data set 'fashion-mnist', not of 'mnist'" descent data export mnist --data "$shared" --out m.h5
else
    echo "skipped: no Fashion-MNIST in $shared"
fi
refuses 3 'nowhere/a.h5' descent data export mnist1d --out nowhere/a.h5
finish
