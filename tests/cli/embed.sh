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
refuses 2 'is word vectors: choose another' descent embed convert vec.txt vec.h5

# Damaged files.
head -c 40 vec.bin >cut.bin
refuses 3 "row 3 ('woman'): expected 8 bytes of numbers behind the word" descent embed convert cut.bin out.txt
head -n 4 vec.txt >cut.txt
refuses 3 'row 4: the file ends before it' descent embed neighbours cut.txt man
refuses 3 'No such file' descent embed neighbours none.bin man
refuses 2 "unknown format of vectors 'xml'" descent embed convert vec.txt out --format xml
refuses 3 'nowhere' descent embed convert vec.txt nowhere/out.txt

# Verbs behind a verb.
refuses 2 "unknown embed verb 'analogies': did you mean 'analogy'?" descent embed analogies
refuses 2 "a verb is missing behind 'embed'" descent embed
run 0 descent help embed
out_has 'usage: descent embed VERB'
run 0 descent help embed analogy
out_has 'usage: descent embed analogy VEC A B C'
run 0 descent embed analogy --help
out_has 'usage: descent embed analogy VEC A B C'
finish
