#!/bin/sh
# Data that are missing, truncated or corrupt are named, and no results file appears.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

refuses 3 'DESCENT_DATA' toy --case digits
mkdir empty
refuses 3 'empty' toy --case digits --data empty

# bytes NUMBER...: bytes given in decimal
bytes() {
    for byte; do
        # shellcheck disable=SC2059
        printf "\\$(printf %03o "$byte")"
    done
}

# idx FOLDER: the four files with two images of 2 x 2 each
idx() {
    mkdir "$1"
    for part in train t10k; do
        bytes 0 0 8 3 0 0 0 2 0 0 0 2 0 0 0 2 1 2 3 4 5 6 7 8 >"$1/$part-images-idx3-ubyte"
        bytes 0 0 8 1 0 0 0 2 3 9 >"$1/$part-labels-idx1-ubyte"
    done
}
idx good
run 0 toy --case digits --data good --out good.h5 --no-plot
run 0 env DESCENT_DATA=good toy --case digits --out good.h5 --no-plot

idx truncated
bytes 0 0 8 3 0 0 0 2 0 0 0 2 0 0 0 2 1 2 3 >truncated/train-images-idx3-ubyte
refuses 3 'truncated/train-images-idx3-ubyte' toy --case digits --data truncated
idx corrupt
bytes 9 9 9 9 0 0 0 2 0 0 0 2 0 0 0 2 1 2 3 4 5 6 7 8 >corrupt/train-images-idx3-ubyte
refuses 3 'corrupt/train-images-idx3-ubyte' toy --case digits --data corrupt
idx huge
bytes 0 0 8 3 255 255 255 255 255 255 255 255 255 255 255 255 1 >huge/train-images-idx3-ubyte
refuses 3 'huge/train-images-idx3-ubyte' toy --case digits --data huge
idx uneven
bytes 0 0 8 1 0 0 0 3 3 9 1 >uneven/t10k-labels-idx1-ubyte
refuses 3 'uneven/t10k-labels-idx1-ubyte' toy --case digits --data uneven
idx zipped
gzip zipped/*
run 0 toy --case digits --data zipped --out zipped.h5 --no-plot --quiet
head -c 30 zipped/train-images-idx3-ubyte.gz >part && mv part zipped/train-images-idx3-ubyte.gz
refuses 3 'zipped/train-images-idx3-ubyte.gz' toy --case digits --data zipped

# Of several data sets one is chosen, and everything says which.
mkdir several several/FashionMNIST
idx several/mnist
idx several/FashionMNIST/raw
smallest='image-classification --preset quick --set network=logistic --set train=2 --set test=2 --no-plot'
# shellcheck disable=SC2086
{
    refuses 2 "'several' has the files of mnist and fashion-mnist; choose one, as by --set dataset=mnist" \
        $smallest --data several
    run 0 $smallest --data several --set dataset=fashion-mnist --out chosen.h5
    out_has 'image-classification networks on Fashion-MNIST: 1 computed'
    run 0 $smallest --data several/mnist --out only.h5
}
out_has 'image-classification networks on MNIST: 1 computed'
run 0 descent show chosen.h5
out_has 'Fashion-MNIST: Learning curves'
grep -q 'parameters.dataset *fashion-mnist' "$out" || fail 'the recipe does not say its data set'
run 0 descent show only.h5
grep -q 'parameters.dataset *mnist' "$out" || fail 'the recipe keeps auto'
run 0 descent plot chosen.h5
grep -q 'Fashion-MNIST: Test examples' chosen-confusion.gp || fail 'the figure does not say its data set'
grep -q 'ankle boot' chosen-confusion.gp || fail 'the classes are not called by their names'
finish
