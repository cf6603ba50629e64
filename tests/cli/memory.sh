#!/bin/sh
# Little memory is a clear error or enough: nothing hangs, and sizes follow the limits.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

# Sanitizers map terabytes for their shadow.
if grep -qa '__[at]san_init' "$(command -v descent)"; then
    echo 'skipped: built with a sanitizer'
    exit 77
fi

# limited KIB STATUS COMMAND...: in so much address space the command ends with this status, within 20 seconds.
limited() {
    kib=$1 expected=$2
    shift 2
    run "$expected" sh -c "ulimit -v $kib && exec timeout -s KILL 20 \"\$@\"" sh "$@"
}

for kib in 300000 400000; do
    limited "$kib" 3 double-descent --case spline --preset quick --threads 1 --quiet --no-plot --out spline.h5
    err_has 'OpenBLAS needs 136 MiB of address space'
done
limited 900000 0 double-descent --case spline --preset quick --threads 1 --quiet --no-plot --out spline.h5

limited 2500000 0 descent bench kernels --filter adam --time 0.05
limited 2500000 0 descent info
out_has '2.4 GiB: limit of the process (ulimit -v or -d)'
finish
