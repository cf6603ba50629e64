#!/bin/sh
# Every wrong use is one clear line on stderr, exit status 2, and no file.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

# options
refuses 2 "unknown option '--seedz': did you mean '--seeds'?" toy --seedz 3
refuses 2 "unknown option '--thread': did you mean '--threads'?" toy --thread=3
refuses 2 "unknown option '--xylophone': --help lists them" toy --xylophone
refuses 2 "unknown option '-x'" toy -x
refuses 2 "unexpected word 'sum'" toy sum
refuses 2 '--seeds expects a value: --seeds N' toy --seeds
refuses 2 '--out expects a value: --out FILE.h5' toy --out --no-plot
refuses 2 '--case expects a value: --case CASE' toy --case --help
refuses 2 "--quiet takes no value, found 'yes'" toy --quiet=yes
refuses 2 "--sample belongs to --verify" toy --sample 3
refuses 2 '--plot and --no-plot exclude each other' toy --plot svg --no-plot

# values of options
refuses 2 "--seeds expects an integer in 1..100000, found '0'" toy --seeds 0
refuses 2 "found 'many'" toy --seeds many
refuses 2 "--seed expects an integer in 1..4503599627370496, found '-1'" toy --seed -1
refuses 2 "--threads expects a number of threads in 1..4096 or 'auto', found '0'" toy --threads 0
refuses 2 "found 'two'" toy --threads two
refuses 2 "--max-time expects a duration such as 90, 90s, 10m, 2h or 1d, found 'soon'" toy --max-time soon
refuses 2 "found '0'" toy --max-time 0
refuses 2 "found 'm'" toy --max-time m
refuses 2 "--shard expects I/N with 1 <= I <= N, such as 2/8, or slurm/N, found '3/2'" toy --shard 3/2
refuses 2 "found '0/2'" toy --shard 0/2
refuses 2 "found '1'" toy --shard 1
refuses 2 'not a task of a Slurm job array' toy --shard slurm/3
refuses 2 "--plot expects formats out of svg, png, pdf, tex" toy --plot svg,gif
refuses 2 "--set expects NAME=VALUE, found 'scale'" toy --set scale
refuses 2 "--set expects NAME=VALUE, found '=3'" toy --set =3
refuses 2 '--out expects FILE.h5, found an empty text' toy --out ''
refuses 2 "engine 'natif'" toy --engine natif
refuses 2 "'avx1024'" toy --isa avx1024
for command in 'toy' 'descent info' 'descent bench peers' 'descent verify a.h5'; do
    # shellcheck disable=SC2086
    refuses 2 "\$DESCENT_ISA: unknown instruction set 'avx1024'" env DESCENT_ISA=avx1024 $command
done

# names and values of the experiment
refuses 2 "did you mean 'curve'" toy --case curv
refuses 2 "did you mean 'curve'" toy --case curv --help
refuses 2 "did you mean 'quick'" toy --preset quik
refuses 2 "unknown parameter 'scael' of toy, case sum: did you mean 'scale'?" toy --set scael=2
! grep -q 'expected one of' "$err" || fail 'a suggestion and a list'
refuses 2 "did you mean 'width'" toy --set widht=2
refuses 2 "scale" toy --set scale=11
refuses 2 "scale" toy --set scale=-0.1
refuses 2 "scale" toy --set scale=large
refuses 2 "scale" toy --set scale=nan
refuses 2 "mode" toy --set mode=cube
refuses 2 "width" toy --set width=0
refuses 2 "width" toy --set width=1..
refuses 2 "width" toy --set width=1.5
refuses 2 "width" toy --set width=1..100000000
refuses 2 'an integer is beyond 2^53' toy --set width=1..1e18

# the command
refuses 2 'a verb is missing' descent
refuses 2 "unknown option '--jsn': a verb comes first" descent --jsn list
refuses 2 "unknown verb 'verfy': did you mean 'verify'?" descent verfy
refuses 2 "unknown verb 'dance': expected one of" descent dance
refuses 2 "unknown verb 'plt': did you mean 'plot'?" descent help plt
refuses 2 "unknown experiment 'toi': did you mean 'toy'?" descent run toi
refuses 2 "the experiment's name is missing" descent run
refuses 2 "unknown option '--ou': did you mean '--out'?" descent run toy --ou 3
refuses 2 'usage: descent list;' descent list toy
refuses 2 'usage: descent show FILE' descent show
refuses 2 'usage: descent show FILE' descent show a b
refuses 2 "unknown option '--jsn': did you mean '--json'?" descent show --jsn a
refuses 2 'usage: descent plot FILE...' descent plot
refuses 2 'usage: descent verify FILE' descent verify
refuses 2 'usage: descent diff A B' descent diff a
refuses 2 '--out FILE.h5 is missing' descent merge a b
refuses 2 'usage: descent info' descent info all
refuses 2 'expected descent data list, check [NAME] or export NAME' descent data import
refuses 2 "unknown data set 'mnist1': did you mean" descent data export mnist1 --out x.h5
refuses 2 '--out FILE.h5 is missing' descent data export mnist1d
refuses 2 "unknown option 'sample': did you mean 'samples'?" descent data export mnist1d --set sample=10 --out x.h5
refuses 2 '--label_noise expects a number' descent data export mnist1d --set label_noise=2 --out x.h5
refuses 2 "unknown suite 'pears': did you mean 'peers'?" descent bench pears
refuses 2 "unknown suite 'conf': did you mean 'conv'?" descent bench peak conf
refuses 2 "no row contains 'gem': --list shows them" descent bench peak --filter gem
refuses 2 'found several' descent bench peak --json --csv
refuses 2 'found fp64' descent bench gemm --precision fp64
refuses 2 '--plot draws beside the results file' descent bench gemm --plot svg
refuses 2 "found 'gif'" descent bench gemm --out b.h5 --plot gif
refuses 2 'usage: descent bench compare A.h5 B.h5' descent bench compare a.h5
refuses 2 '--plot is an option of suites' descent bench compare a.h5 b.h5 --plot svg
refuses 2 "unknown workload 'mlp_tny': did you mean 'mlp_tiny'?" descent bench peers mlp_tny
refuses 2 "unknown precision 'fp8'" descent bench peers mlp_tiny --precision fp8
refuses 2 '--csv is an option of suites: leave it out of' descent bench peers mlp_tiny --csv
finish
