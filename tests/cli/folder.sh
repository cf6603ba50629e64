#!/bin/sh
# A current folder that holds files and folders named like our programs changes nothing for any command.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

mkdir folder file
mkdir folder/descent
echo something >file/descent
for place in folder file; do
    cd "$place" || exit 1
    run 0 toy --preset quick --set width=1,2 --out quick.h5 --no-plot --quiet
    run 0 toy --preset quick --set width=1,2 --out quick.h5 --no-plot
    out_has '0 computed, 4 kept'
    run 0 descent show quick.h5
    run 0 descent plot quick.h5 --term
    run 0 descent verify quick.h5
    run 0 descent report quick.h5 -o quick.html
    run 0 descent diff quick.h5 quick.h5
    cd ..
done
cd folder || exit 1
run 0 descent selftest
finish
