#!/usr/bin/env python3
"""Scores of word vectors, the same for whatever tool made them: a line of JSON.

    word_scores.py vectors.bin questions-words.txt EN-WS-353-ALL.txt ...

Analogies as compute-accuracy counts them with a threshold of 30,000: the first 30,000 words of the file, upper-cased,
the first of equal ones; argmax of cos(b - a + c) without the three, above 0; questions dropped if one of their words is
missing; the first five sections are semantic, the others syntactic. Pairs: Spearman's rank correlation of cosine and
judgement over the pairs whose words are in the whole file, ties at their mean rank. It uses nothing of Descent, and so
is a second opinion on `descent embed accuracy` as well. Needs numpy.
"""

import json
import sys

import numpy

THRESHOLD, SEMANTIC_SECTIONS, AT_ONCE = 30000, 5, 512


def read(path):
    """Row by upper-cased word, and the rows of length 1; word2vec's binary form, with line ends or without."""
    with open(path, "rb") as file:
        count, size = map(int, file.readline().split())
        rows, index = numpy.empty((count, size), numpy.float32), {}
        for i in range(count):
            word = bytearray()
            while (byte := file.read(1)) != b" ":
                if not byte:
                    raise ValueError(f"{path}: expected {count} words, found {i}")
                word += byte.strip()
            index.setdefault(bytes(word).upper(), i)
            rows[i] = numpy.frombuffer(file.read(4 * size), numpy.float32)
    return index, rows / numpy.maximum(numpy.linalg.norm(rows, axis=1, keepdims=True), 1e-30)


def analogies(index, rows, path):
    """Right and asked, by kind."""
    questions, section = [], 0
    rows = rows[:THRESHOLD]
    with open(path, "rb") as file:
        for line in file:
            words = line.upper().split()
            if words[:1] == [b":"]:
                section += 1
            elif len(words) == 4:
                found = [index.get(word, len(rows)) for word in words]
                if max(found) < len(rows):
                    questions.append((*found, section <= SEMANTIC_SECTIONS))
    right, asked = {True: 0, False: 0}, {True: 0, False: 0}
    for i in range(0, len(questions), AT_ONCE):
        a, b, c, d, semantic = numpy.array(questions[i:i + AT_ONCE]).T
        cosines = (rows[b] - rows[a] + rows[c]) @ rows.T
        for word in (a, b, c):
            cosines[numpy.arange(len(word)), word] = -1
        good = (cosines.argmax(axis=1) == d) & (cosines.max(axis=1) > 0)
        for kind in right:
            asked[kind] += int(numpy.sum(semantic == kind))
            right[kind] += int(numpy.sum(good & (semantic == kind)))
    return right, asked


def ranks(values):
    """From 0, equal values at their mean."""
    _, group, sizes = numpy.unique(values, return_inverse=True, return_counts=True)
    return (numpy.cumsum(sizes) - (sizes + 1) / 2)[group]


def similarity(index, rows, path):
    """Spearman's rank correlation, and the pairs that are missing."""
    cosines, judgements, missing = [], [], 0
    with open(path, "rb") as file:
        for line in file:
            if len(line.split()) < 3:
                continue
            first, second, judgement = line.upper().split()[:3]
            if first in index and second in index:
                cosines.append(float(rows[index[first]] @ rows[index[second]]))
                judgements.append(float(judgement))
            else:
                missing += 1
    return (float(numpy.corrcoef(ranks(cosines), ranks(judgements))[0, 1]) if len(cosines) > 1 else 0.0), missing


def percent(right, asked):
    return 100 * right / asked if asked else 0.0


def main():
    vectors, questions, *pairs = sys.argv[1:]
    index, rows = read(vectors)
    right, asked = analogies(index, rows, questions)
    scores = {"questions": sum(asked.values()), "analogies": percent(sum(right.values()), sum(asked.values())),
              "semantic": percent(right[True], asked[True]), "syntactic": percent(right[False], asked[False]),
              "pairs": {}}
    for path in pairs:
        correlation, missing = similarity(index, rows, path)
        scores["pairs"][path] = {"spearman": correlation, "missing": missing}
    print(json.dumps(scores))


if __name__ == "__main__":
    sys.exit(main())
