#!/bin/sh
# Help comes from the tables, examples first, and a page never changes unnoticed.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

shows toy-help.txt toy --help
shows toy-help.txt toy -h
shows toy-curve-help.txt toy --case curve --help
shows descent-help.txt descent help
shows descent-help.txt descent --help
shows descent-verify-help.txt descent help verify
shows descent-verify-help.txt descent verify --help

run 0 descent run toy --help
out_has 'usage: descent run toy'
run 0 descent help run
out_has 'descent run NAME --help'
for verb in list show plot report diff merge info data embed sample bench selftest; do
    run 0 descent help "$verb"
    out_has "usage: descent $verb"
done
run 0 toy --version
out_has 'toy 1 (descent '
run 0 descent --version
out_has 'descent '

# Every line fits in 100 columns.
for page in "$home"/expected/*help.txt; do
    run 1 grep -E '.{101}' "$page"
done
finish
