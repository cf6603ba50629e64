#!/bin/sh
# compare.py alternates between the sides, makes ratios within rounds and intervals of order statistics, and calls no
# winner without one. Both sides are stand-ins that answer from lists.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

compare=$home/../../apps/peers/compare.py
cat >ours <<'END'
#!/bin/sh
echo "ours $*" >>order
printf '{"peer": "descent 1", "step_ms": %s}\n' "$(sed -n "$(grep -c ours order)p" ours.list)"
END
cat >other <<'END'
#!/bin/sh
while read -r _; do
    echo "other $*" >>order
    printf '{"peer": "slow 2", "step_ms": %s}\n' "$(sed -n "$(grep -c other order)p" other.list)"
done
END
chmod +x ours other

# measure STATUS ROUNDS ARGUMENT...
measure() {
    status_wanted=$1 rounds=$2
    shift 2
    : >order
    run "$status_wanted" python3 "$compare" mlp --descent ./ours --against ./other --threads 2 --rounds "$rounds" "$@"
}

printf '%s\n' 1 2 4 1 2 4 1 >ours.list
printf '%s\n' 2 6 16 5 12 28 8 >other.list # ratios 2 to 8
measure 0 7 --json
json_holds 'row = r[0]
assert (row["ratio"], row["low"], row["high"], row["n"]) == (5, 2, 8, 7), row
assert abs(row["coverage"] - (1 - 2 / 128)) < 1e-12 and row["difference_shown"], row
assert (row["descent_ms"], row["other_ms"]) == (2, 8), row'
[ "$(cut -d ' ' -f 1 order | tr '\n' ' ')" = 'ours other other ours ours other other ours ours other other ours ours other ' ] ||
    fail "not alternating: $(cat order)"
grep -qxF 'ours bench peers mlp --threads 2 --precision fp32 --json' order || fail "our arguments: $(cat order)"
grep -qxF 'other mlp --threads 2 --precision fp32 --json --on-request' order || fail "the other's: $(cat order)"

measure 0 7
out_has '[2, 8]'
out_has 'geometric mean of the ratios: 5'
measure 0 5 # six rounds are needed for 95 %
out_has 'no difference shown'
printf '%s\n' 2 1 8 2 1 8 2 >other.list
measure 0 7
out_has 'no difference shown'

# Rows of suites: each engine's beside the other side's row of that name; with bytes, rates are compared.
cat >bench <<'END'
#!/bin/sh
echo "ours $*" >>order
case $* in
*memory*) row='{"suite": "memory", "row": "triad/DRAM", "engine": "", "seconds": 2, "gbyte_s": 20, "roof_only": false}' ;;
*) row='{"suite": "gemm", "row": "tall/forward", "engine": "native", "seconds": 2, "gbyte_s": 9, "roof_only": false},
    {"suite": "gemm", "row": "tall/forward", "engine": "onednn", "seconds": 4, "gbyte_s": 9, "roof_only": false},
    {"suite": "gemm", "row": "ours/alone", "engine": "onednn", "seconds": 4, "gbyte_s": 9, "roof_only": false},
    {"suite": "gemm", "row": "wide/forward", "engine": "onednn", "seconds": null, "gbyte_s": null, "roof_only": false}' ;;
esac
echo '{"version": "1", "rows": ['"$row"']}'
END
cat >direct <<'END'
#!/bin/sh
while read -r _; do
    echo "other $*" >>order
    echo '{"peer": "direct", "rows": {"gemm/tall/forward": {"seconds": 3}, "gemm/wide/forward": {"seconds": 3},
        "memory/triad/DRAM": {"seconds": 1e-9, "bytes": 10}}}' | tr -d '\n'
    echo
done
END
chmod +x bench direct
: >order
run 0 python3 "$compare" onednn --descent ./bench --against ./direct --filter gemm/ --threads 2 --rounds 6 --json
json_holds 'assert [(x["engine"], x["ratio"]) for x in r] == [("native", 1.5), ("onednn", 0.75)], r
assert all(x["n"] == 6 and x["difference_shown"] for x in r), r'
[ "$(cut -d ' ' -f 1 order | tr '\n' ' ')" = 'ours other other ours ours other other ours ours other other ours ' ] ||
    fail "not alternating: $(cat order)"
run 0 python3 "$compare" stream --descent ./bench --against ./direct --rounds 6
out_has 'memory/triad/DRAM                                        50       100   2.000   [2.000, 2.000]'
run 2 python3 "$compare" stream onednn
run 2 python3 "$compare" mlp --filter gemm
run 3 python3 "$compare" stream --descent true --against ./direct --rounds 1
err_has 'expected JSON with rows'

# The programs themselves, where they were built.
if [ -x "$2/peers/onednn" ]; then
    run 0 "$2/peers/stream" --threads 1 --time 0.1
    json_holds 'assert all(x["seconds"] >= x["best"] > 0 for x in r["rows"].values()) and len(r["rows"]) == 4, r'
    run 0 "$2/peers/onednn" --threads 1 --time 0.1 gemm
    json_holds 'assert all(x["seconds"] >= x["best"] > 0 for x in r["rows"].values()) and len(r["rows"]) == 24, r'
    run 2 "$2/peers/onednn" --thread 1
fi

echo nan >ours.list
measure 3 1
err_has 'expected a line of JSON with step_ms'
run 2 python3 "$compare" mpl
err_has "unknown workload 'mpl'"
finish
