#!/bin/sh
# --isa holds oneDNN back, too: rows of benchmarks and results files name implementations of no more than the level;
# verifying and resuming keep the level that the file's numbers were computed at.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"
unset ONEDNN_MAX_CPU_ISA DNNL_MAX_CPU_ISA

run 0 descent info
best=$(sed -n 's/.* \([a-z0-9]*\) detected$/\1/p' "$out")
if [ "$best" = scalar ]; then
    echo "skipped: this machine has no level below another"
    exit 77
fi
for level in scalar avx2; do
    run 0 descent bench conv --isa "$level" --engine onednn --filter conv/lenet-5x5-12/forward --time 0.05s --json
    json_holds 'x, = [x for x in r["rows"] if x["engine"] == "onednn"]
found, share = x["implementation"], x["share_of_roof"]
assert found.endswith({"scalar": ":sse41", "avx2": ":avx2"}["'"$level"'"]), x
assert (share is None) == ("'"$level"'" == "scalar"), x'
done

settings='--set width=4,8 --set epochs=1 --seeds 2 --engine onednn --no-plot --quiet'
# shellcheck disable=SC2086
run 0 double-descent $settings --isa scalar --out whole.h5
run 0 descent show whole.h5 --json
json_holds 'p = r["provenance"]
assert p["isa"] == "scalar" and "onednn" in p["implementations"] and "avx" not in p["implementations"], p'
run 0 double-descent --verify whole.h5
is_empty "$err"
run 0 env ONEDNN_MAX_CPU_ISA=SSE41 double-descent --verify whole.h5

# shellcheck disable=SC2086
run 0 double-descent $settings --isa scalar --shard 1/2 --out part.h5
# shellcheck disable=SC2086
run 0 double-descent $settings --out part.h5
same_bits whole.h5 part.h5
run 0 descent show part.h5 --json
json_holds 'assert r["provenance"]["isa"] == "scalar", r["provenance"]'

# another level is said beside what differs
run 1 double-descent --verify whole.h5 --isa avx2
out_has 'at level scalar first and avx2 now'
err_has "'whole.h5' holds numbers that oneDNN computed at level scalar; at level avx2 it gives other bits"
run 1 env DESCENT_ISA=avx2 double-descent --verify whole.h5
out_has 'at level scalar first and avx2 now'
finish
