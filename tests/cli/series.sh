#!/bin/sh
# Time series and sequence tasks: the same bits on any number of threads and instruction set; one's own file, and what is
# wrong with it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

# Least squares goes through LAPACK, whose bits are those of one core type; all else has the same bits everywhere.
networks='--preset quick --set method=persistence,seasonal,mlp,rnn,lstm,gru --seeds 1 --set epochs=2 --set mlp_epochs=2'
for kase in airline nyse; do
    # shellcheck disable=SC2086
    run 0 time-series --case $kase $networks --no-plot --quiet --threads 1 --out $kase.h5
    for threads in 2 3; do
        # shellcheck disable=SC2086
        run 0 time-series --case $kase $networks --no-plot --quiet --threads $threads --out $kase-$threads.h5
        same_bits $kase.h5 $kase-$threads.h5
    done
    run 0 descent info
    best=$(sed -n 's/.* \([a-z0-9]*\) detected$/\1/p' "$out")
    for isa in scalar avx2 avx512; do
        # shellcheck disable=SC2086
        run 0 time-series --case $kase $networks --no-plot --quiet --isa $isa --out $kase-$isa.h5
        same_bits $kase.h5 $kase-$isa.h5
        [ "$isa" != "$best" ] || break
    done
done

# Attention, recurrent layers of every kind, and answers.
tasks='--preset quick --seeds 1 --no-plot --quiet'
small='--set length=4 --set epochs=1 --set train=64 --set test=16 --set units=9'
few='--set length=6 --set steps=3 --set test=16 --set units=9'
for kase in copy adding copy-memory; do
    options=$few
    [ $kase != copy ] || options=$small
    # shellcheck disable=SC2086
    run 0 sequence-tasks --case $kase $tasks $options --threads 1 --isa scalar --out $kase.h5
    for how in '--threads 2' '--threads 3' '--isa avx2' '--isa avx512'; do
        level=${how#--isa }
        [ "$level" != avx512 ] || [ "$best" = avx512 ] || continue
        [ "$level" != avx2 ] || [ "$best" != scalar ] || continue
        # shellcheck disable=SC2086
        run 0 sequence-tasks --case $kase $tasks $options $how --out "$kase-$level.h5"
        same_bits $kase.h5 "$kase-$level.h5"
    done
done

# One's own file: a column by name or by number, the same numbers; the recipe knows its digest.
python3 -c 'for t in range(40): print("2020-%02d,%g,%g" % (t, t % 4 + 0.1 * t, t * t % 7))' >rows.csv
{ echo 'day,sales,cost'; cat rows.csv; } >own.csv
own='--set season=4 --set lags=4 --set test=8 --set shown=8 --set epochs=2 --set mlp_epochs=2 --seeds 1'
# shellcheck disable=SC2086
{
    run 0 time-series --data own.csv --set column=sales $own --no-plot --out name.h5
    out_has 'on own.csv'
    run 0 time-series --data own.csv --set column=2 $own --no-plot --quiet --out number.h5
    run 0 time-series --data own.csv --set column=cost $own --no-plot --quiet --out cost.h5
    run 0 time-series --data rows.csv --set column=2 $own --no-plot --quiet --out headless.h5
}
values='o = {x["name"]: x["values"] for x in r["outputs"]}
open("values", "a").write(repr([o["test_rmse"], o["origin_forecast"]]) + "\n")'
for file in name number headless cost; do
    run 0 descent show --json $file.h5
    json_holds "$values"
done
[ "$(head -n 3 values | sort -u | wc -l)" -eq 1 ] || fail 'name, number and no header: other values'
[ "$(sort -u values | wc -l)" -eq 2 ] || fail 'another column: the same values'
run 0 time-series --verify name.h5 --data own.csv
sed 's/^2020-07,[^,]*,/2020-07,9,/' own.csv >changed.csv
run 3 time-series --verify name.h5 --data changed.csv
err_has 'SHA-256'

# What is wrong is said, and nothing is written.
for wrong in gap:'2020-09,,1' word:'2020-09,many,1' short:'2020-09,1'; do
    sed "s/^2020-09,.*/${wrong#*:}/" own.csv >"${wrong%%:*}.csv"
    # shellcheck disable=SC2086
    run 3 time-series --data "${wrong%%:*}.csv" --set column=sales $own --no-plot --out wrong.h5
    err_has "${wrong%%:*}.csv:11"
done
run 3 time-series --data own.csv --set column=day --no-plot --out wrong.h5
err_has 'own.csv:2'
run 2 time-series --data own.csv --set column=price --no-plot --out wrong.h5
err_has "'price'"
run 3 time-series --data none.csv --set column=sales --no-plot --out wrong.h5
run 2 time-series --set dataset=file --no-plot --out wrong.h5
err_has '--data FILE'
run 2 time-series --set "column=$(printf 'a\tb')" --no-plot --out wrong.h5
err_has 'column: expected at most 200 bytes'
# shellcheck disable=SC2086
run 3 time-series --data own.csv --set column=sales $own --set lags=40 --no-plot --out lags.h5
err_has 'set fewer lags'
[ ! -e wrong.h5 ] || fail 'a results file of what cannot be read'
finish
