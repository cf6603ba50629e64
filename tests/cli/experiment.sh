#!/bin/sh
# double-descent as it is used: help that fits, results that verify on other threads and levels, too few examples.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

for case in mlp epochs linear ridge spline relu-features rff samples; do
    run 0 double-descent --case "$case" --help
    ! grep -E '.{101}' "$out" || fail "--case $case --help is wider than 100 columns"
done
for case in polynomial ridge width; do
    run 0 bias-variance --case "$case" --help
    ! grep -E '.{101}' "$out" || fail "bias-variance --case $case --help is wider than 100 columns"
done

run 0 double-descent --set label_noise=0.15 --set width=4,9 --set epochs=2 --set samples=800 --no-plot --quiet --out m.h5
for flags in '--threads 3' '--isa scalar' '--threads 1 --isa auto'; do
    # shellcheck disable=SC2086
    run 0 double-descent --verify m.h5 $flags
    out_has '6 cells compared: 0 differ'
done

run 0 double-descent --case epochs --set width=4 --set epochs=3 --set samples=800 --no-plot --out e.h5
out_has 'median of 3 seeds, at epoch 3'

run 3 double-descent --case samples --set examples=70000 --no-plot --out s.h5
err_has '3 of 3 cells failed; the first, examples=70000 seed=1: 70000 training examples were asked for, mnist1d has 10000'
run 3 double-descent --case rff --set n=50 --set features=10 --set test=10001 --seeds 1 --no-plot --out t.h5
err_has '10001 test examples were asked for, mnist1d has 10000'
finish
