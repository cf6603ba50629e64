#!/bin/sh
# campaign.sh - every fuzz target under libFuzzer for a number of inputs or a time, with a line of the table in
# docs/reliability.md for each.
#
#     cmake --preset release && cmake --build --preset release
#     cmake --preset fuzz && cmake --build --preset fuzz
#     tests/fuzz/campaign.sh -n 10000000 -t 3600 csv idx      without names: every target
#
# What is found lies in build-fuzz/campaign/TARGET: inputs in corpus/, crashes and hangs in found/. An input that showed a
# fault goes into tests/fuzz/corpus/TARGET, which the test suite reads.
set -eu

inputs=10000000
seconds=3600
while getopts n:t: option; do
    case $option in
    n) inputs=$OPTARG ;;
    t) seconds=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$root"
[ -d build-fuzz/fuzz ] || {
    echo "build-fuzz/fuzz is missing: cmake --preset fuzz && cmake --build --preset fuzz" >&2
    exit 2
}
[ $# -gt 0 ] || {
    for program in build-fuzz/fuzz/*; do
        set -- "$@" "${program##*/}"
    done
}

# Files of inputs are written and read once each: in memory.
[ -d /dev/shm ] && export TMPDIR=/dev/shm
status=0
echo "| target | inputs | seconds | corpus | faults found |"
echo "| --- | ---: | ---: | ---: | ---: |"
for target in "$@"; do
    folder=build-fuzz/campaign/$target
    mkdir -p "$folder/corpus" "$folder/found" "$folder/seeds"
    build/tests/fuzz/"$target" --write-seeds "$folder/seeds"
    stored=tests/fuzz/corpus/$target
    [ -d "$stored" ] || stored=$folder/seeds
    build-fuzz/fuzz/"$target" -runs="$inputs" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=16384 \
        -artifact_prefix="$folder/found/" -print_final_stats=1 "$folder/corpus" "$folder/seeds" "$stored" \
        >"$folder/log" 2>&1 || status=1
    tried=$(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/log")
    took=$(sed -n 's/^Done .* in \([0-9]*\) second.*/\1/p' "$folder/log")
    kept=$(find "$folder/corpus" -type f | wc -l)
    found=$(find "$folder/found" -type f | wc -l)
    echo "| $target | ${tried:-?} | ${took:-stopped} | $kept | $found |"
done
exit "$status"
