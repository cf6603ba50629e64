#!/bin/sh
# A model of characters is kept, and writes: the same text again from one seed, with what it copied on stderr; whatever
# does not fit is refused by name.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

python3 -c 'print("the cat sat on the mat and the dog sat on the cat\n" * 60, end="")' >text.txt
small='--seeds 1 --no-plot --quiet --set iterations=150 --set batch=4 --set units=16 --set lr=0.01 --models . --data text.txt'
# shellcheck disable=SC2086
{
    run 0 char-lm --case lstm $small --set steps=20 --out lstm-run.h5
    run 0 char-lm --case transformer $small --set steps=8 --set layers=1 --set heads=2 --out transformer-run.h5
}
run 0 descent show char-lm-lstm-seed-1.h5
out_has 'Inference of one example'
run 0 char-lm --verify lstm-run.h5 --data text.txt
! cmp -s text.txt char-lm-lstm-seed-1.h5 || fail 'the text is spared'

run 0 descent sample char-lm-lstm-seed-1.h5 --length 300 --prime 'the ' --temperature 0.5
err_has 'longest span that stands in text.txt: '
cp "$out" first
[ "$(wc -c <first)" -ge 300 ] || fail 'the text is too short'
run 0 descent sample char-lm-lstm-seed-1.h5 --length 300 --prime 'the ' --temperature 0.5
cmp -s "$out" first || fail 'a seed writes one text'
run 0 descent sample char-lm-lstm-seed-1.h5 --length 300 --prime 'the ' --temperature 0.5 --seed 2
! cmp -s "$out" first || fail 'another seed writes another text'
run 0 descent sample char-lm-transformer-seed-1.h5 --length 40 --top-k 1 --prime 'the cat'
err_has 'longest span'

run 2 descent sample char-lm-transformer-seed-1.h5 --prime 'the cat sat on'
err_has 'the prime has 14 characters, and the model positions for 8'
run 2 descent sample char-lm-lstm-seed-1.h5 --prime 'Z'
err_has "is 'Z', U+005A, which the vocabulary of"
run 2 descent sample char-lm-lstm-seed-1.h5 --temperature 0
err_has 'temperature'
printf 'QUITE OTHER\n' >other.txt
run 2 descent sample char-lm-lstm-seed-1.h5 --text other.txt
err_has "'other.txt': byte 0 (line 1) is 'Q'"
run 3 descent sample lstm-run.h5
echo 'and more' >>text.txt
run 0 descent sample char-lm-lstm-seed-1.h5 --length 10
err_has 'text.txt has changed since the model was trained on it'

# Bad texts.
: >empty.txt
printf 'some text\nand \377 a byte\n' >bytes.txt
# shellcheck disable=SC2086
{
    run 3 char-lm --case lstm --no-plot --out e.h5 --data empty.txt
    err_has "'empty.txt' is empty"
    run 3 char-lm --case lstm --no-plot --out e.h5 --data bytes.txt
    err_has "'bytes.txt' is not UTF-8: byte 14 (line 2) is 0xff"
    run 2 char-lm --case ngram --no-plot --out e.h5 --set characters=byte --set context=30 --data bytes.txt
    run 3 char-lm --case lstm --no-plot --out f.h5 --set length=100 --seeds 1
    err_has 'give a longer text or smaller steps and batch'
}

finish
