# shellcheck shell=sh
# check.sh - runs programs and looks at their exit status and what they print. A script sources it, calls the
# functions below, and ends with `finish`.
#
# $1 of the script: the folder with toy and descent for tests; $2: the folder with the real programs.

PATH=$1:$2:$PATH
home=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d "${TMPDIR:-/tmp}/descent-cli.XXXXXX")
finished=
# A script that does not come to its end, or forgets it, has not passed.
trap 'status=$?; rm -rf "$root"; [ -n "$finished" ] || [ "$status" -ne 0 ] || { echo "no finish"; exit 1; }' EXIT
mkdir "$root/here"
cd "$root/here" || exit 1
out=$root/out err=$root/err
failures=0 checks=0
export NO_COLOR=
unset DESCENT_DATA DESCENT_ISA SLURM_ARRAY_TASK_ID SLURM_ARRAY_TASK_COUNT SLURM_ARRAY_TASK_MIN SLURM_ARRAY_TASK_STEP

fail() {
    failures=$((failures + 1))
    printf 'FAILED: %s\n' "$*"
    sed 's/^/  stdout: /' "$out" | tail -n 30
    sed 's/^/  stderr: /' "$err" | tail -n 10
}

# run STATUS COMMAND...: the command ends with this status.
run() {
    wanted=$1
    shift
    checks=$((checks + 1))
    status=0
    "$@" >"$out" 2>"$err" </dev/null || status=$?
    [ "$status" -eq "$wanted" ] || fail "$*: expected exit status $wanted, found $status"
}

out_has() {
    grep -qF -- "$1" "$out" || fail "stdout lacks: $1"
}

err_has() {
    grep -qF -- "$1" "$err" || fail "stderr lacks: $1"
}

is_empty() {
    [ ! -s "$1" ] || fail "$(basename "$1") is not empty"
}

# shows FILE COMMAND...: the command prints exactly what expected/FILE holds, and nothing on stderr.
shows() {
    file=$home/expected/$1
    shift
    run 0 "$@"
    is_empty "$err"
    diff -u "$file" "$out" || fail "$*: stdout differs from $file"
}

# refuses STATUS TEXT COMMAND...: nothing on stdout, one line on stderr that holds TEXT, and no file appears.
refuses() {
    wanted_status=$1 text=$2
    shift 2
    before=$(ls -A)
    run "$wanted_status" "$@"
    is_empty "$out"
    err_has "$text"
    [ "$(wc -l <"$err")" -eq 1 ] || fail "$*: more than one line on stderr"
    [ "$(ls -A)" = "$before" ] || fail "$*: left files behind: $(ls -A)"
}

# json_holds CODE: stdout is JSON, r to Python's CODE, which raises nothing.
json_holds() {
    cp "$out" "$root/json"
    run 0 python3 -c "import json, sys
r = json.load(open(sys.argv[1]))
$1" "$root/json"
}

same_bits() {
    run 0 descent diff "$1" "$2"
}

finish() {
    finished=yes
    echo "$checks commands, $failures failures"
    [ "$failures" -eq 0 ]
    exit
}
