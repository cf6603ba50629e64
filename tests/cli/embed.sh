#!/bin/sh
# `descent embed` reads, converts and asks word vectors, and refuses what it cannot use with the row and the word.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

printf '6 2\n</s> 0 0\nman 1 0\nwoman 1 1\nking 3 0\nqueen 3 1\napple -1 2\n' >vec.txt

run 0 descent embed neighbours vec.txt king --count 2
out_has 'man    1.000000    2'
out_has 'queen  0.948683    5'
run 0 descent embed neighbours vec.txt king man -count 1 --json
json_holds 'assert [w["word"] for w in r] == ["king", "man"] and r[1]["neighbours"][0]["word"] == "king", r'
run 0 descent embed analogy vec.txt man woman king --count 1
out_has 'man is to woman as king is to'
out_has 'queen'
refuses 2 "unknown word 'qeen': did you mean 'queen'?" descent embed neighbours vec.txt king qeen
refuses 2 "unknown word 'hippopotamus': none of the 6 words in 'vec.txt'" descent embed analogy vec.txt man hippopotamus king
refuses 2 'usage: descent embed analogy VEC A B C' descent embed analogy vec.txt man woman

# Every format holds the same.
run 0 descent embed convert vec.txt vec.bin --format binary
out_has 'vec.bin: 6 words of 2 numbers, binary'
run 0 descent embed convert vec.bin vec.h5 -format hdf5
run 0 descent embed convert vec.h5 again.txt
run 0 cmp vec.txt again.txt
tail -n +2 vec.txt >glove.txt
run 0 descent embed convert glove.txt again.bin --format binary
run 0 cmp vec.bin again.bin
run 0 descent embed convert vec.bin few.txt --restrict-vocab 2
printf '2 2\n</s> 0 0\nman 1 0\n' >expected.txt
run 0 cmp few.txt expected.txt
run 0 descent embed convert vec.txt vec.h5 --format hdf5
refuses 2 'is word vectors: choose another' descent data export mnist1d --set samples=30 --out vec.h5

# Analogy questions: queen is right, apple is not, hippopotamus is no word of the file.
printf ': royal\nman woman king queen\nMAN WOMAN KING QUEEN\nman woman king apple\n: zoo\nman woman king hippopotamus\n' >questions.txt
run 0 descent embed accuracy vec.txt questions.txt
out_has 'royal          3        0      66.67  20.8..93.9      66.67  20.8..93.9'
out_has 'zoo            0        1          -           -          -           -'
out_has 'total          3        1      66.67'
out_has 'vocabulary: the first 6 words of the file (all)'
run 0 descent embed accuracy vec.txt questions.txt --case-sensitive --json --threads 3
json_holds 't = r["sections"][-1]
assert t["section"] == "total" and t["asked"] == 2 and t["dropped"] == 2 and t["3CosAdd"]["right"] == 1, r
assert r["case_sensitive"] and "Wilson" in r["conventions"], r'
run 0 descent embed accuracy vec.txt questions.txt --restrict-vocab 4
out_has 'total          0        4'
printf 'man woman king\n' >short.txt
refuses 3 "'short.txt': line 1: expected four words" descent embed accuracy vec.txt short.txt
: >empty.txt
refuses 3 "'empty.txt' has no questions" descent embed accuracy vec.txt empty.txt

# Similarity.
printf 'man\tking\t9\nman\twoman\t5\nman\tapple\t1\nman\tghost\t3\n' >pairs.tsv
printf 'word,word,mean\nman,king,1\nMAN,woman,2\n' >pairs.csv
run 0 descent embed similarity vec.txt pairs.tsv pairs.csv
out_has 'pairs.tsv      4      3        1    1.0000'
out_has 'pairs.csv      2      2        0   -1.0000'
run 0 descent embed similarity vec.txt pairs.csv --json --case-sensitive
json_holds 'assert r == [{"file": "pairs.csv", "pairs": 2, "found": 1, "spearman": None}], r'
refuses 3 "'questions.txt': line 1: expected two words and a number" descent embed similarity vec.txt questions.txt

# Phrases.
printf 'new york and\nnew york or\nnew york\n' >text.txt
run 0 descent embed phrases -train text.txt -output phrases.txt -threshold 1 -min-count 1
out_has 'phrases.txt: 8 words, 3 pairs of them joined'
printf 'new_york and\nnew_york or\nnew_york\n' >expected.txt
run 0 cmp phrases.txt expected.txt
run 0 descent embed phrases --train text.txt --output phrases.txt --debug 0
[ ! -s "$out" ] || fail 'debug 0 printed something'
run 0 cmp phrases.txt text.txt
printf 'caf\351 caf\351\n' >latin.txt
run 0 descent embed phrases -train latin.txt -output phrases.txt
err_has 'latin.txt: 2 bytes are not UTF-8, the first at byte 3'
refuses 2 'output FILE is missing' descent embed phrases -train text.txt
refuses 3 "'vec.bin' is not a text" descent embed phrases -train vec.bin -output phrases.txt

# Damaged files.
head -c 40 vec.bin >cut.bin
refuses 3 "row 3 ('woman'): expected 8 bytes of numbers behind the word" descent embed convert cut.bin out.txt
head -n 4 vec.txt >cut.txt
refuses 3 'row 4: the file ends before it' descent embed neighbours cut.txt man
refuses 3 'No such file' descent embed neighbours none.bin man
refuses 2 "unknown format of vectors 'xml'" descent embed convert vec.txt out --format xml
refuses 3 'nowhere' descent embed convert vec.txt nowhere/out.txt

# Factors of a table of co-occurrences: the same bytes on any number of threads; what is wrong is said before the work.
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "%s%s", "w" i * i % 97 % 31, i % 9 ? " " : "\n" }' >words.txt
for way in svd glove; do
    run 0 descent embed $way words.txt one.bin --size 8 --format binary --threads 1
    out_has 'one.bin: 26 words of 8 numbers, binary'
    run 0 descent embed $way words.txt three.bin --size 8 --format binary --threads 3
    run 0 cmp one.bin three.bin
    refuses 3 'nowhere.txt' descent embed $way nowhere.txt vec.out
done
run 0 descent embed svd words.txt svd.h5 --size 8 --window 3 --format hdf5
run 0 descent embed glove words.txt glove.h5 --size 8 --iter 3 --x-max 7 --format hdf5
has_recipe() # FILE TEXT...: the recipe in a file has these, values that were not given among them
{
    file=$1
    shift
    for text; do
        grep -a -q -F "$text" "$file" || fail "$file has no recipe with $text"
    done
}
has_recipe svd.h5 '"method":"svd"' '"window":3' '"smoothing":0.75' '"iterations":4' '"text":"words.txt","words":26,'
has_recipe glove.h5 '"method":"glove"' '"window":10' '"iter":3' '"x-max":7' '"groups":64' \
    'half the mean weighted squared error'
refuses 2 'expected at most as many dimensions as words' descent embed svd words.txt vec.out --size 100
refuses 3 'not finite in epoch 1 of 25, at a rate of 1e+12' descent embed glove words.txt vec.out --eta 1e12

# Verbs behind a verb.
refuses 2 "unknown embed verb 'analogies': did you mean 'analogy'?" descent embed analogies
run 0 descent help embed
out_has 'usage: descent embed [VERB] [OPTION]...'
run 0 descent help embed analogy
out_has 'usage: descent embed analogy VEC A B C'
run 0 descent embed analogy --help
out_has 'usage: descent embed analogy VEC A B C'

# Training: word2vec's flags, the same bytes whatever the threads, and an HDF5 file beside.
awk 'BEGIN { srand(7); for (i = 0; i < 60000; i++) printf "w%d%s", int(200 * rand() * rand()), i % 23 ? " " : "\n" }' >text.txt
small='-size 24 -iter 2 -sample 1e-3 -min-count 2'
# shellcheck disable=SC2086 # words
{
    run 0 descent embed -train text.txt -output one.bin -binary 1 -cbow 0 -threads 1 $small -save-vocab words.txt
    out_has 'one.bin: 201 words of 24 numbers; one.bin.h5 has them with counts, recipe and losses'
    run 0 descent embed --train text.txt --output two.bin --binary 1 --cbow 0 --threads 2 $small --read-vocab words.txt
    run 0 cmp one.bin two.bin
    run 0 descent embed convert one.bin.h5 three.bin --format binary
    run 0 cmp one.bin three.bin
    run 0 descent embed -train text.txt -output hs.txt -hs 1 -negative 0 -threads 3 $small
    head -n 1 hs.txt >first.txt
    printf '201 24\n' >expected.txt
    run 0 cmp first.txt expected.txt
    gzip -k text.txt
    run 0 descent embed -train text.txt.gz -output packed.bin -binary 1 -cbow 0 $small
    run 0 cmp one.bin packed.bin
}
# shellcheck disable=SC2086
run 0 descent embed -train text.txt -output classes.txt -cbow 0 -classes 7 $small
out_has 'classes.txt: the classes of 201 words; classes.txt.h5 has their vectors'
[ "$(awk '$2 >= 0 && $2 < 7' classes.txt | wc -l)" -eq 201 ] || fail 'a word without a class'
run 0 cmp one.bin.h5 classes.txt.h5
# shellcheck disable=SC2086
refuses 2 'expected at most 201' descent embed -train text.txt -output c.txt -classes 5000 -debug 0 $small
[ ! -e one.bin.checkpoint ] || fail 'a finished training left a checkpoint'

# What was stopped, or killed, goes on to the same bytes.
long='-size 64 -iter 60 -sample 1e-3 -min-count 2 -binary 1 -cbow 0 -seed 3'
# shellcheck disable=SC2086
run 0 descent embed -train text.txt -output whole.bin $long
# shellcheck disable=SC2086
descent embed -train text.txt -output stopped.bin $long >"$out" 2>"$err" &
sleep 0.7
kill -TERM $! 2>/dev/null
status=0
wait $! || status=$?
if [ "$status" -eq 75 ]; then
    [ -e stopped.bin.checkpoint ] || fail 'a stopped training left no checkpoint'
    [ ! -e stopped.bin ] || fail 'a stopped training left vectors'
    # shellcheck disable=SC2086
    refuses 3 "expected 'model=0 context=0', found 'model=1" descent embed -train text.txt -output stopped.bin $long -cbow 1 -debug 0
fi
# shellcheck disable=SC2086
run 0 descent embed -train text.txt -output stopped.bin $long -threads 1
run 0 cmp whole.bin stopped.bin

refuses 2 'nothing is to be written' descent embed -train text.txt
refuses 2 '-negative 0 needs -hs 1' descent embed -train text.txt -output o.bin -negative 0
refuses 3 'missing.txt' descent embed -train missing.txt -output o.bin
refuses 3 'min' descent embed -train text.txt -output o.bin -min-count 100000
refuses 2 'no/such' descent embed -train text.txt -output no/such/o.bin
refuses 2 'text' descent embed -train text.txt -output o.bin -context best
[ ! -e o.bin ] || fail 'a refused training left a file'

finish
