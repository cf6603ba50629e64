#!/bin/sh
# `descent report`: one page of several results files, which holds against hostile text; nothing half-written.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"
page=$home/../report/page.py

run 0 toy --preset quick --out sum.h5 --no-plot
run 0 toy --case curve --out 'a <b> & "c".h5' --no-plot
run 0 toy --out part.h5 --no-plot --shard 1/2

# wrong use
refuses 2 'usage: descent report FILE...' descent report
refuses 2 "unknown option '--output'" descent report sum.h5 --output a.html
refuses 2 '--out expects a value' descent report sum.h5 -o
refuses 3 'missing.h5' descent report sum.h5 missing.h5 -o page.html
echo text >text.h5
refuses 3 "'text.h5' is not a results file" descent report text.h5
refuses 3 'nowhere/page.html' descent report sum.h5 -o nowhere/page.html
refuses 2 "'part.h5' is a results file: choose another --out" descent report sum.h5 -o part.h5
mkdir folder
refuses 3 'folder' descent report sum.h5 -o folder
refuses 3 'limited.html' sh -c 'ulimit -f 4; exec descent report "a <b> & \"c\".h5" -o limited.html'
echo kept >old.html
refuses 3 'no folder for the figures' env TMPDIR=/nowhere descent report sum.h5 -o old.html
[ "$(cat old.html)" = kept ] || fail 'a page that could not be replaced has changed'

# the page: without a picture where there is no gnuplot
run 0 descent report sum.h5 part.h5 'a <b> & "c".h5' --title '<script>alert(1)</script>'
out_has 'report.html'
[ "$(wc -l <"$out")" -eq 1 ] || fail 'more than the name of the page on stdout'
pictures=0
command -v gnuplot >/dev/null && pictures=2
run 0 python3 "$page" report.html "$pictures"
run 0 grep -F '<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>' report.html
run 0 grep -F 'a &lt;b&gt; &amp; &quot;c&quot;.h5' report.html
run 0 grep -F 'missing; ' report.html
run 0 grep -F -- '--set width=1,2' report.html
if [ -n "$(command -v gnuplot)" ]; then
    run 0 env DESCENT_GNUPLOT=/nowhere descent report sum.h5 -o text.html
    err_has 'gnuplot is missing'
    run 0 python3 "$page" text.html 0
    run 0 grep -F '<pre>' text.html
fi

# the same page every time
run 0 descent report sum.h5 -o one.html
run 0 descent report sum.h5 --out=two.html
run 0 cmp one.html two.html

# the command on the page repeats the run, bit for bit
python3 - one.html >command.sh <<'EOF'
import html
import re
import sys

text = open(sys.argv[1], encoding="utf-8").read()
print(html.unescape(re.search(r'<pre class="command">(descent run .*?)</pre>', text, re.S).group(1)))
EOF
run 0 sh command.sh
same_bits sum.h5 again.h5

# with every digit of its settings
run 0 toy --preset quick --set scale=0.12345678901234566 --out digits.h5 --no-plot
run 0 descent report digits.h5 -o digits.html
run 0 grep -F -- '--set scale=0.12345678901234566' digits.html
run 0 toy --preset quick --set scale=0.1234567890123457 --out less.h5 --no-plot
run 2 descent diff digits.h5 less.h5
err_has 'parameters.scale: 0.12345678901234566 in the first, 0.12345678901234571 in the second'
finish
