"""Tools that train word vectors, each behind one command line: what words.py measures and scores.

Every tool gets the same text and the same settings, in the folder in which it runs (word2vec.c keeps paths of at most
99 bytes), and leaves vectors in word2vec's binary form. What they do by themselves differs in small ways that no
option removes; NOTES says them.
"""

import os
import pathlib
import re
import shlex
import subprocess
import time

import rows

HERE = pathlib.Path(__file__).resolve().parent
TEXT, LINES, VECTORS = "text", "lines", "vectors.bin"
LINE_WORDS = 1000  # gensim cuts lines at 10,000 words and shares whole lines among its threads
NOTES = {
    "word2vec.c": "no seed: its runs differ by what its threads overwrite of each other; mended: eof = 0 at each pass",
    "pWord2Vec": "no seed; negative samples shared within a window",
    "gensim": f"the text in lines of {LINE_WORDS} words, as it is read by lines; other bits at each run on several "
              "threads",
    "fastText": "no seed in Python; whole words only; negative samples by the square root of the counts",
}


class Absent(Exception):
    """A tool that is not here, or that has no such model; the message says which."""


class Settings:
    """What all tools are told."""

    def __init__(self, arguments):
        self.cbow, self.softmax = arguments.model == "cbow", arguments.loss == "hs"
        self.negative = 0 if self.softmax else arguments.negative
        self.alpha = arguments.alpha or (0.05 if self.cbow else 0.025)
        self.size, self.window, self.sample = arguments.size, arguments.window, arguments.sample

    def flags(self, passes, threads):
        """As word2vec.c spells them."""
        return ["-train", TEXT, "-output", VECTORS, "-size", str(self.size), "-window", str(self.window), "-sample",
                f"{self.sample:g}", "-negative", str(self.negative), "-hs", str(int(self.softmax)), "-cbow",
                str(int(self.cbow)), "-alpha", f"{self.alpha:g}", "-iter", str(passes), "-threads", str(threads),
                "-binary", "1"]

    def __str__(self):
        model = "CBOW" if self.cbow else "skip-gram"
        loss = "hierarchical softmax" if self.softmax else f"{self.negative} negative samples"
        return (f"{model}, {loss}, size {self.size}, window {self.window}, sample {self.sample:g}, "
                f"rate {self.alpha:g}")


def program(words):
    """A command whose program is found; relative paths are made absolute, as it runs in another folder."""
    words = shlex.split(words)
    if os.sep in words[0]:
        words[0] = os.path.abspath(words[0])
        found = os.access(words[0], os.X_OK) and os.path.isfile(words[0])
    else:
        found = any(os.access(os.path.join(place, words[0]), os.X_OK) for place in os.get_exec_path())
    if not found:
        raise Absent(f"no program {words[0]}")
    return words


def run(command, folder):
    """Seconds that a command takes; its last words where it fails."""
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise rows.Failed(f"{shlex.join(command)}: exit status {done.returncode}" + (f": {said[-1]}" if said else ""))
    return seconds


class Descent:
    seeded = True

    def __init__(self, arguments, settings, _):
        self.command, self.settings = program(arguments.descent), settings
        self.name = "descent"

    def train(self, folder, passes, threads, seed):
        flags = self.settings.flags(passes, threads)
        return run([*self.command, "embed", *flags, "-seed", str(seed)], folder)


class Word2vec:
    """The original. On one thread, as published, it trains for one pass and says that it has done a part of them."""

    seeded = False

    def __init__(self, arguments, settings, folder):
        if not arguments.word2vec:
            raise Absent("no folder: --word2vec DIR")
        self.command = program(shlex.quote(os.path.join(arguments.word2vec, "word2vec")))
        self.settings = settings
        self.name = "word2vec.c"
        self.check_mended(folder)

    def check_mended(self, folder):
        folder = os.path.join(folder, "probe")
        os.mkdir(folder)
        with open(os.path.join(folder, TEXT), "w", encoding="ascii") as text:
            text.write("one two three four\n" * 10000)
        command = [*self.command, "-train", TEXT, "-output", VECTORS, "-size", "2", "-negative", "1", "-iter", "5",
                   "-threads", "1"]
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        shares = re.findall(rb"Progress: ([\d.]+)%", done.stdout)
        if done.returncode != 0 or not shares:
            raise rows.Failed(f"{shlex.join(command)}: exit status {done.returncode}, expected its progress")
        if float(shares[-1]) < 80:
            raise rows.Failed(f"{self.command[0]}: not mended: it ended after {float(shares[-1]):.0f} % of five passes: "
                              "see docs/benchmarks.md")

    def train(self, folder, passes, threads, _):
        return run([*self.command, *self.settings.flags(passes, threads)], folder)


class PWord2vec:
    seeded = False

    def __init__(self, arguments, settings, _):
        if not arguments.pword2vec:
            raise Absent("no folder: --pword2vec DIR")
        self.command = program(shlex.quote(os.path.join(arguments.pword2vec, "pWord2Vec")))
        self.settings = settings
        self.name = "pWord2Vec"
        if settings.cbow or settings.softmax:
            raise Absent("it has skip-gram with negative sampling only")

    def train(self, folder, passes, threads, _):
        batch = ["-batch-size", str(2 * self.settings.window + 1)]  # a window, as its authors run it
        return run([*self.command, *self.settings.flags(passes, threads), *batch], folder)


class OfPython:
    """gensim and fastText: word_python.py runs them."""

    def __init__(self, arguments, settings, module):
        self.seeded = module == "gensim"
        self.command = [*program(arguments.python), str(HERE / "word_python.py"), module]
        self.settings = settings
        done = subprocess.run([*self.command, "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False)
        if done.returncode != 0:
            raise Absent(f"{arguments.python} has no module {module}")
        self.name = done.stdout.strip()
        self.text = LINES if module == "gensim" else TEXT

    def train(self, folder, passes, threads, seed):
        flags = self.settings.flags(passes, threads)
        flags[flags.index(TEXT)] = self.text
        return run([*self.command, *flags, "-seed", str(seed)], folder)


TOOLS = {"descent": Descent, "word2vec.c": Word2vec, "pWord2Vec": PWord2vec,
         "gensim": lambda arguments, settings, _: OfPython(arguments, settings, "gensim"),
         "fastText": lambda arguments, settings, _: OfPython(arguments, settings, "fasttext")}


def prepare(path, folder):
    """The text for all of them in a folder of its own; its words."""
    os.symlink(os.path.abspath(path), os.path.join(folder, TEXT))
    count = 0
    with open(path, "rb") as text, open(os.path.join(folder, LINES), "wb") as lines:
        for line in text:
            words = line.split()
            count += len(words)
            for i in range(0, len(words), LINE_WORDS):
                lines.write(b" ".join(words[i:i + LINE_WORDS]) + b"\n")
    return count
