#!/bin/sh
# words.py runs every tool with the same settings, turns their order round, tells what is absent, refuses a word2vec
# that was not mended, and scores all vectors alike. The tools are stand-ins.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

peers=$home/../../apps/peers
mkdir tools
cat >tools/word2vec <<'END'
#!/bin/sh
# Says that it has trained $PROGRESS %, leaves the vectors in $VECTORS, and takes its time for more than one pass.
name=$(basename "$0")
printf 'Alpha: 0.01  Progress: 10.00%%\rAlpha: 0.01  Progress: %s%%' "$PROGRESS"
case $PWD in */probe) exit 0 ;; esac
echo "$name $*" >>"$ORDER"
cp "$VECTORS" vectors.bin
case "$*" in *'-iter 1 '*) exit 0 ;; esac
case $name in word2vec) sleep "$LONG" ;; *) sleep 0.2 ;; esac
END
chmod +x tools/word2vec
cp tools/word2vec tools/pWord2Vec
cp tools/word2vec descent_stand_in
printf '#!/bin/sh\ncase $* in *--version*) exit 1 ;; esac\nexec python3 "$@"\n' >python_without # has neither module
chmod +x python_without
: >vectors
export LONG=0.8 PROGRESS=99.9 ORDER="$PWD/order" VECTORS="$PWD/vectors"
yes 'one two three' 2>"$err" | head -n 500 >words.txt

# words STATUS ARGUMENT...
words() {
    status_wanted=$1
    shift
    : >order
    run "$status_wanted" python3 "$peers/words.py" words.txt --descent ./descent_stand_in --word2vec tools \
        --python ./python_without "$@"
}

words 0 --threads 1 2 --passes 3 --rounds 2 --window 4 --json --tools descent word2vec.c pWord2Vec gensim
json_holds 'assert [(x["tool"], x["threads"]) for x in r] == [
    (tool, threads) for threads in (1, 2) for tool in ("descent", "word2vec.c", "pWord2Vec", "gensim")], r
assert r[2]["absent"] == "no folder: --pword2vec DIR" and "no module gensim" in r[3]["absent"], r
assert all(len(x["rounds"]) == x["n"] == 2 for x in r if "absent" not in x), r
assert r[0]["ratio"] == 1 and r[1]["ratio"] > 1 and not r[1]["difference_shown"], r
assert 0 < r[1]["words_per_second"] < 2 * 1500 / 0.2 and r[1]["seconds"] >= 0.8, r'
[ "$(cut -d ' ' -f 1 order | uniq -c | awk '{ printf "%s %s, ", $1, $2 }')" = "2 descent_stand_in, 2 word2vec, \
2 descent_stand_in, 4 word2vec, 2 descent_stand_in, 2 word2vec, 2 descent_stand_in, " ] ||
    fail "the order does not turn round: $(cat order)"
flags='-train text -output vectors.bin -size 200 -window 4 -sample 0.0001 -negative 5 -hs 0 -cbow 0 -alpha 0.025'
grep -qxF "descent_stand_in embed $flags -iter 3 -threads 2 -binary 1 -seed 2" order || fail "ours: $(cat order)"
grep -qxF "word2vec $flags -iter 1 -threads 1 -binary 1" order || fail "word2vec: $(cat order)"

export LONG=0.3
words 0 --threads 1 --passes 2 --rounds 1 --pword2vec tools --tools word2vec.c pWord2Vec
out_has 'skip-gram, 5 negative samples, size 200, window 5, sample 0.0001, rate 0.025; 2 passes over 1500 words'
out_has 'word2vec.c is as fast'
out_has 'mended: eof = 0 at each pass'
grep -q '^pWord2Vec .* -batch-size 11$' order || fail "pWord2Vec: $(cat order)"
words 0 --threads 1 --passes 2 --rounds 1 --pword2vec tools --tools word2vec.c pWord2Vec --model cbow --loss hs
out_has 'absent: it has skip-gram with negative sampling only'
grep -q -- '-negative 0 -hs 1 -cbow 1 -alpha 0.05 ' order || fail "CBOW, hierarchical softmax: $(cat order)"

# As published it ends early on one thread.
PROGRESS=20.0 words 3 --tools word2vec.c
err_has 'not mended: it ended after 20 % of five passes'
words 3 --tools gensim
err_has 'no tool is here: gensim: ./python_without has no module gensim'
words 2 --passes 1
words 2 --keep .
printf '#!/bin/sh\necho "what is wrong" >&2\nexit 3\n' >descent_stand_in
words 3 --tools descent
err_has 'exit status 3: what is wrong'

# Scores in a plane, where b - a + c is seen at once: in each kind of section one question of two is answered as asked
# ("three" is asked for among the words that are left out), another has an unknown word. Of four pairs two have equal
# judgements.
if python3 -c 'import numpy' 2>/dev/null; then
    run 0 python3 -c 'import numpy
rows = {"</s>": (-1, -1), "one": (1, 0), "two": (1, 1), "three": (0, 1), "Four": (-1, 1), "ones": (2, 0.1)}
with open("vectors", "wb") as file:
    file.write(b"%d 2\n" % len(rows))
    for word, row in rows.items():
        file.write(word.encode() + b" " + numpy.array(row, numpy.float32).tobytes() + b"\n")'
    printf ': first\none two Two three\none two two four\none two two five\n' >questions
    for section in 2 3 4 5 6; do printf ': section%s\n' "$section" >>questions; done
    printf 'three four two three\ntwo three three FOUR\n' >>questions
    printf 'one\tones\t10\none two 7\nONE three 7\none four 1\none five 1\n' >pairs.txt
    words 0 --tools word2vec.c --accuracy questions pairs.txt --seeds 2 --passes 2 --keep . --json
    json_holds 'import os
first, second = r[0]["runs"]
assert first == second and not r[0]["seeded"], r
assert [first[x] for x in ("questions", "analogies", "semantic", "syntactic")] == [4, 50, 50, 50], r
pairs = first["pairs"][os.path.abspath("pairs.txt")]
assert pairs["missing"] == 1 and abs(pairs["spearman"] - 4.5 / (5 * 4.5) ** 0.5) < 1e-12, r'
    cmp vectors word2vec.c-2.bin || fail 'the vectors were not kept'
    words 0 --tools word2vec.c --accuracy questions pairs.txt --seeds 1 --passes 2
    out_has '50.00 [50.00, 50.00]'
    printf '9 2\none ' >vectors
    words 3 --tools word2vec.c --accuracy questions --seeds 1
    err_has 'word_scores.py'
else
    echo 'skipped: scores (numpy is not installed)'
fi
finish
