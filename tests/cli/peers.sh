#!/bin/sh
# compare.py alternates between the sides, makes ratios within rounds and intervals of order statistics, and calls no
# winner without one. Both sides are stand-ins that answer from lists.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

compare=$home/../../apps/bench/peers/compare.py
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

echo nan >ours.list
measure 3 1
err_has 'expected a line of JSON with step_ms'
run 2 python3 "$compare" mpl
err_has "unknown workload 'mpl'"
finish
