#!/bin/sh
# Tables: what claims and marks are about is never left out, a row is one line in a file, and on a terminal nothing is
# wider than it has to be.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"
export NO_COLOR=1
PATH=$2:$PATH # the command that knows the experiment and its claims

# The claims are about d = 8, 18 (found), 18 to 22 (expected) and 42, the mark is at 20.
run 0 double-descent --case spline --no-plot --out spline.h5
out_has 'one seed, 15 of 40 rows left out (descent show --all has them)'
run 0 descent show spline.h5
for degrees in 2 8 18 20 22 42 80; do
    [ "$(grep -cE "^ +$degrees( +[0-9][^ ]*){6}\$" "$out")" -eq 1 ] || fail "no row of $degrees degrees of freedom"
done
run 0 descent show spline.h5 --all
! grep -q 'left out' "$out" || fail 'rows are left out of --all'
[ "$(grep -cE '^ +[0-9]+( +[0-9][^ ]*){6}$' "$out")" -eq 40 ] || fail '--all does not show 40 rows'
run 0 descent report spline.h5 --out page.html
grep -q '<td class="number">8</td><td class="number">0.11' page.html || fail 'the page lacks the row of 8'

# Integers are printed as such, on every scale.
cp spline.h5 large.h5
run 0 tamper large.h5 effective_dof times 123457
run 0 descent show large.h5 --all
for number in 246914 1234570 2469140; do
    out_has " $number"
done
! grep -q 'e+' "$out" || fail 'an integer with an exponent'

# On a narrow terminal the heads are broken; what still does not fit is continued below.
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    for columns in 40 60 80; do
        run 0 env COLUMNS=$columns script -qec 'descent show spline.h5' /dev/null
        sed -n '/one seed/,$p' "$out" | tr -d '\r' >"$root/text"
        longest=$(awk '{ if (length > n) n = length } END { print n }' "$root/text")
        # the heading is a sentence of one line
        [ "$(grep -v 'rows left out' "$root/text" | awk -v n=$columns 'length > n' | wc -l)" -eq 0 ] ||
            fail "$longest columns where there are $columns"
    done
    [ "$(grep -cE '^ +80 ' "$root/text")" -eq 1 ] || fail 'in 80 columns the table has more than one part'
fi

# Texts keep to the width, wherever they go; what has no room beside its name stands below it.
for command in 'descent list' 'descent help' 'descent --help'; do
    # shellcheck disable=SC2086 # words
    run 0 env COLUMNS=40 $command
    [ "$(awk 'length > 40' "$out" | wc -l)" -eq 0 ] || fail "$command: wider than 40 columns"
    ! grep -q ' $' "$out" || fail "$command: blanks at the end of a line"
done
run 0 env COLUMNS=40 descent help
grep -A1 '^  list$' "$out" | grep -q '^      the experiments and their cases$' || fail 'not below'

# A closed stream is not the next file that is opened.
checks=$((checks + 1))
status=0
double-descent --case spline --no-plot --out closed.h5 >&- 2>"$err" || status=$?
[ "$status" -eq 3 ] || fail "closed stdout: exit status $status"
err_has 'standard output could not be written'
run 0 descent verify closed.h5
finish
