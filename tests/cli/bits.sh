#!/bin/sh
# The bits of a short training sweep depend neither on the number of threads nor on the instruction set.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

settings='--case mlp --set epochs=3 --set width=2,7,33 --seeds 2 --no-plot --quiet'
# shellcheck disable=SC2086
run 0 double-descent $settings --threads 1 --out one.h5
for threads in 2 3 8; do
    # shellcheck disable=SC2086
    run 0 double-descent $settings --threads "$threads" --out "threads-$threads.h5"
    same_bits one.h5 "threads-$threads.h5"
done
run 0 descent info
best=$(sed -n 's/.* \([a-z0-9]*\) detected$/\1/p' "$out")
for isa in scalar avx2 avx512; do
    # shellcheck disable=SC2086
    run 0 double-descent $settings --isa "$isa" --out "$isa.h5"
    same_bits one.h5 "$isa.h5"
    [ "$isa" != "$best" ] || break
done
[ "$best" = avx512 ] || echo "skipped: the levels above $best (this machine does not have them)"
finish
