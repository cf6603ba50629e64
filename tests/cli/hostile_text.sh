#!/bin/sh
# What a terminal would obey never reaches it, whether it comes from a file, its name or an option: it is written out.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

escape=$(printf '\033]0;mine\007\033[31m')
hostile=$(printf '%s\302\233 \342\200\256 \377 \177 \303\251' "$escape") # C1, right to left, no UTF-8, DEL, an e acute

# tame: neither stream holds a control character but line feeds and tabs, nor what turns the direction of text.
tame() {
    for stream in "$out" "$err"; do
        if LC_ALL=C tr -d '\n\t' <"$stream" | LC_ALL=C grep -qaE "[[:cntrl:]]|$(printf '\302[\200-\237]|\342\200\256|\377')"; then
            fail "$* let control characters through"
        fi
    done
}

run 0 toy --preset quick --out plain.h5 --no-plot --quiet
cp plain.h5 hostile.h5
run 0 tamper hostile.h5 provenance cpu "$hostile"
run 0 tamper hostile.h5 provenance "$hostile" text
run 0 tamper hostile.h5 fail 0 "$hostile"
run 0 descent show hostile.h5
out_has '\x1b]0;mine\x07\x1b[31m\u009b \u202e \xff \x7f é'
tame show
for command in 'show --json' 'plot --term' verify 'verify --json'; do
    status=0
    # shellcheck disable=SC2086 # a verb and its option
    descent $command hostile.h5 >"$out" 2>"$err" </dev/null || status=$?
    tame "$command"
done
run 1 descent diff plain.h5 hostile.h5
tame diff
run 0 descent report hostile.h5 -o page.html
tame report
cp page.html "$out"
tame 'the page'

for word in "$hostile" "--$hostile" "--set=$hostile" "--out=$hostile/x.h5" "--config=$hostile" "--case=$hostile"; do
    status=0
    toy "$word" --no-plot >"$out" 2>"$err" </dev/null || status=$?
    [ "$status" -ge 2 ] || fail "toy with a hostile word ended with status $status"
    [ -s "$err" ] || fail 'nothing was said about a hostile word'
    tame "toy $word"
done
run 3 descent show "$hostile"
tame 'show of a name'
refuses 3 'two\x0alines.h5' descent show "$(printf 'two\nlines.h5')" # one line
run 2 descent "$hostile"
tame 'a verb'
finish
