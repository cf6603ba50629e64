#!/bin/sh
# A report of real experiments is a sound page. $1: the folder with the programs.
set -eu
programs=$1
home=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d "${TMPDIR:-/tmp}/descent-report-test.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder"
descent() { "$programs/descent" "$@" >>log 2>&1 || { cat log; exit 1; }; }

descent run double-descent --case spline --preset quick --no-plot --out spline.h5
descent run double-descent --case linear --set features=20,40,400 --seeds 5 --no-plot --out linear.h5
descent run double-descent --case mlp --preset quick --set width=4,9 --set epochs=5 --no-plot --out mlp.h5
descent run mnist1d --preset quick --set steps=20 --no-plot --out mnist1d.h5
descent run image-classification --preset quick --set epochs=1 --set train=200 --set test=100 --no-plot --out images.h5
descent run bias-variance --case width --preset quick --set width=4 --set sets=2 --set epochs=1 --no-plot --out width.h5
set -- spline.h5 linear.h5 mlp.h5 mnist1d.h5 images.h5 width.h5
descent report "$@" --out report.html

figures=0
if command -v gnuplot >/dev/null; then
    descent plot "$@" --dir .
    figures=$(find . -name '*.svg' | wc -l)
fi
python3 "$home/page.py" report.html "$figures"
grep -q 'class="verdict agrees"' report.html
grep -q 'cannot be told: epochs is 5 here' report.html

for browser in chromium chromium-browser google-chrome; do
    if command -v "$browser" >/dev/null; then
        status=0
        python3 "$home/browser.py" "$browser" report.html || status=$?
        exit "$status"
    fi
done
echo 'skipped: no browser here (apt-get install chromium)'
exit 77
