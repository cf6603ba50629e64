#!/usr/bin/env python3
"""gensim and fastText behind word2vec.c's command line, for words.py.

    word_python.py gensim -train lines -output vectors.bin -size 200 ... -seed 1

Both are told what makes them do the same as word2vec.c: no sub-words, a rate that falls to a ten-thousandth. Written
for gensim 4 and fastText 0.9.3: pip install gensim fasttext
"""

import argparse
import importlib.metadata


def gensim(a):
    from gensim.models import Word2Vec

    model = Word2Vec(corpus_file=a.train, vector_size=a.size, window=a.window, sample=a.sample, negative=a.negative,
                     hs=a.hs, sg=1 - a.cbow, cbow_mean=1, alpha=a.alpha, min_alpha=1e-4 * a.alpha, epochs=a.iter,
                     workers=a.threads, min_count=a.min_count, seed=a.seed)
    model.wv.save_word2vec_format(a.output, binary=True)


def fasttext(a):
    from fasttext import train_unsupervised

    model = train_unsupervised(a.train, model="cbow" if a.cbow else "skipgram", loss="hs" if a.hs else "ns", dim=a.size,
                               ws=a.window, t=a.sample, neg=a.negative, lr=a.alpha, epoch=a.iter, thread=a.threads,
                               minCount=a.min_count, minn=0, maxn=0, verbose=0)  # takes no seed
    words, rows = model.get_words(), model.get_input_matrix()
    with open(a.output, "wb") as file:
        file.write(f"{len(words)} {a.size}\n".encode())
        for word, row in zip(words, rows):
            file.write(word.encode() + b" " + row.astype("float32").tobytes() + b"\n")


MODULES = {"gensim": gensim, "fasttext": fasttext}
NAMES = {"gensim": "gensim", "fasttext": "fastText"}


def main():
    parser = argparse.ArgumentParser(description="gensim and fastText behind word2vec.c's command line")
    parser.add_argument("module", choices=MODULES)
    parser.add_argument("--version", action="store_true", help="print the name and version of the module")
    for name, kind, default in (("train", str, ""), ("output", str, ""), ("size", int, 100), ("window", int, 5),
                                ("sample", float, 1e-3), ("negative", int, 5), ("hs", int, 0), ("cbow", int, 1),
                                ("alpha", float, 0.025), ("iter", int, 5), ("threads", int, 1), ("binary", int, 1),
                                ("min-count", int, 5), ("seed", int, 1)):
        parser.add_argument(f"-{name}", type=kind, default=default)
    arguments = parser.parse_args()
    if arguments.version:
        __import__(arguments.module)
        print(NAMES[arguments.module], importlib.metadata.version(arguments.module))
    else:
        MODULES[arguments.module](arguments)


if __name__ == "__main__":
    main()
