#!/bin/sh
# A printed configuration gives the same plan back, and the command line goes before it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

run 0 toy --case sum --set scale=0.1 --set mode=square --set width=3,5,7 --seeds 4 --seed 9 --print-config
is_empty "$err"
cp "$out" config.json
run 0 toy --config config.json --print-config
cmp -s "$out" config.json || fail 'a printed configuration changes when it is read'
run 0 toy --config config.json --set scale=0.2 --seeds 2 --print-config
out_has '0.2'
run 0 toy --config config.json --out a.h5 --quiet --no-plot
run 0 toy --set scale=0.1 --set mode=square --set width=3,5,7 --seeds 4 --seed 9 --out b.h5 --quiet --no-plot
same_bits a.h5 b.h5
run 0 toy --case curve --print-config
cp "$out" curve.json
run 0 toy --config curve.json --print-config
cmp -s "$out" curve.json || fail 'the case is lost in the configuration'

{ printf '\357\273\277' && cat config.json; } >marked.json # as editors on other systems write it
run 0 toy --config marked.json --print-config
cmp -s "$out" config.json || fail 'a byte order mark changes a configuration'

refuses 3 'none.json' toy --config none.json
echo '{ "scale": ' >broken.json
refuses 3 'broken.json' toy --config broken.json
echo '{ "scael": 2 }' >slip.json
refuses 2 "did you mean 'scale'" toy --config slip.json
echo '[1, 2]' >list.json
refuses 3 'list.json' toy --config list.json
finish
