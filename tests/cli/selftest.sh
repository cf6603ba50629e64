#!/bin/sh
# `descent selftest` passes here at every level, says so in numbers, tells another hash from the published one, leaves
# nothing behind; README.md publishes the hash that the command knows.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

readme=$home/../../README.md
mkdir temporary
export TMPDIR="$PWD/temporary"

run 0 descent selftest
is_empty "$err"
out_has 'pass: '
run 0 descent selftest --json
json_holds 'assert r["passed"] and r["checks"] == len(r["kernels"]) + len(r["onednn"]) + len(r["promises"]) > 50, r
levels = r["kernels"][0]["over"].split()
assert levels[0] == "scalar" and levels[-1] == r["isa"], levels
for row in r["kernels"]: assert row["passed"] and 0 < row["error"] <= row["allowed"] and row["bits"], row
for row in r["onednn"]: assert row["passed"] and 0 < row["error"] <= row["allowed"], row
assert {row["name"] for row in r["onednn"]} >= {"fp32"} and r["onednn"][0]["over"] == "SSE41", r["onednn"]
for row in r["promises"]: assert row["passed"] and row["bits"], row
short, resumed = r["promises"][:2]
assert short["bits"] == resumed["bits"] == r["published"], r["promises"]
assert resumed["over"].startswith("2 kills"), resumed'
published=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["published"])' "$root/json")
run 0 grep -qF -- "$published" "$readme"
[ -z "$(ls -A temporary)" ] || fail "left behind: $(ls -A temporary)"

if grep -qw avx2 /proc/cpuinfo; then # scalar computes for too long
    run 0 env DESCENT_ISA=avx2 descent selftest --expect "$published"
fi
run 1 descent selftest --expect 0123456789abcdef
out_has 'FAIL: 1 of '
refuses 2 'expected 16 hexadecimal digits' descent selftest --expect 12
refuses 2 'usage: descent selftest' descent selftest adam
refuses 3 'set TMPDIR to a directory' env TMPDIR=/nowhere descent selftest
finish
