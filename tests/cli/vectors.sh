#!/bin/sh
# Word vectors as an experiment: the same bits on any number of threads and instruction set, and what is wrong use.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

# Singular values go through LAPACK, whose bits are those of one core type; all else has the same bits everywhere.
small='--preset quick --set model=cbow-ns,cbow-hs,sg-ns,sg-hs,glove --set words=20000 --set passes=2 --set dimension=12'
# shellcheck disable=SC2086
run 0 word-vectors $small --no-plot --quiet --threads 1 --out one.h5
for threads in 2 3; do
    # shellcheck disable=SC2086
    run 0 word-vectors $small --no-plot --quiet --threads $threads --out threads-$threads.h5
    same_bits one.h5 threads-$threads.h5
done
run 0 descent info
best=$(sed -n 's/.* \([a-z0-9]*\) detected$/\1/p' "$out")
for isa in scalar avx2 avx512; do
    # shellcheck disable=SC2086
    run 0 word-vectors $small --no-plot --quiet --isa $isa --out $isa.h5
    same_bits one.h5 $isa.h5
    [ "$isa" != "$best" ] || break
done
run 0 word-vectors --verify one.h5

# A text that lacks a word of the grid, and no text at all.
run 3 word-vectors --set model=sg-ns --set words=1000 --seeds 1 --no-plot --out short.h5
err_has 'too short'
mkdir empty
run 3 word-vectors --set dataset=wiki-text --data empty --no-plot --out none.h5
err_has 'wiki-text'

finish
