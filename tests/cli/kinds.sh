#!/bin/sh
# Every command that is given a file of another kind says what the file is and what reads it; `show` shows them all.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

run 0 model model.h5 checkpoint.h5
run 0 descent data export mnist1d --set samples=100 --out data.h5
run 0 toy --preset quick --out toy.h5 --no-plot --quiet
run 0 descent bench kernels --filter kernels/adam --time 0.05 --threads 1 --out bench.h5

# kind FILE WORDS: what the file is called by each reader of results
kind() {
    file=$1 what=$2
    for command in 'plot FILE' 'verify FILE' 'report FILE' 'diff FILE toy.h5' 'diff toy.h5 FILE' \
        'merge toy.h5 FILE --out all.h5' 'bench compare bench.h5 FILE' 'run toy --out FILE'; do
        # shellcheck disable=SC2046
        refuses 3 "'$file' is $what, not a results file: " descent $(echo "$command" | sed "s/FILE/$file/")
    done
}
kind model.h5 'a model'
kind checkpoint.h5 'a checkpoint of a training'
kind data.h5 "data of \`descent data export\`"

run 0 descent show model.h5
for text in 'dsc_model_load()' 'parameters  26' 'dense1/weights' '3 x 4' 'hash '; do
    out_has "$text"
done
run 0 descent show model.h5 --json
json_holds 'assert r["kind"] == "a model" and r["parameters"] == 26 and len(r["hash"]) == 16, r
assert {"name": "parameters/dense1/weights", "shape": [3, 4]} in r["arrays"], r'
run 0 descent show checkpoint.h5
out_has 'a checkpoint of a training'
run 0 descent show data.h5
grep -qE '^  train_x +80 x 40$' "$out" || fail 'no shape of train_x'
run 0 descent show data.h5 --json
json_holds 'assert {"name": "train_x", "shape": [80, 40]} in r["arrays"], r'

# What took long to compute is not written over; a benchmark takes the place of an earlier one.
for file in model.h5 checkpoint.h5 toy.h5; do
    cp "$file" kept
    refuses 2 "choose another --out" descent data export mnist1d --out "$file"
    refuses 2 "choose another --out" descent report toy.h5 --out "$file"
    refuses 2 "choose another --out" descent bench kernels --filter kernels/adam --out "$file"
    cmp -s kept "$file" || fail "$file was written over"
done
run 0 descent bench kernels --filter kernels/adam --time 0.05 --threads 1 --out bench.h5
refuses 2 "choose another --out" descent report toy.h5 --out bench.h5

# What the times of a benchmark cannot be.
refuses 3 'descent bench compare A.h5 B.h5' descent verify bench.h5
refuses 3 'descent bench compare A.h5 B.h5' descent diff bench.h5 bench.h5
refuses 3 'descent bench compare A.h5 B.h5' descent merge bench.h5 --out joined.h5

# A file of a program of one's own names the program, ready for a shell.
real=$2/descent
refuses 3 "its own program verifies it, \`toy --verify toy.h5\`" "$real" verify toy.h5
run 0 descent run toy --preset quick --out "of me.h5" --no-plot --quiet
refuses 3 "\`descent run toy --verify 'of me.h5'\`" "$real" verify 'of me.h5'
mkdir "it's a folder"
ln -s "$(command -v toy)" "it's a folder/toy"
run 0 "it's a folder/toy" --preset quick --out 'by path.h5' --no-plot --quiet
refuses 3 "\`'it'\\''s a folder/toy' --verify 'by path.h5'\`" "$real" verify 'by path.h5'
run 0 "$real" report toy.h5 --out page.html
grep -q '>toy --case sum' page.html || fail 'the page does not name the program'
grep -q '>toy --verify toy.h5<' page.html || fail 'the page does not say how to verify'
finish
