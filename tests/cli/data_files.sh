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
finish
