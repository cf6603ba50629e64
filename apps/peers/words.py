#!/usr/bin/env python3
"""`descent embed` beside other tools that train word vectors, alternating in one run: words a second, or accuracy.

    apps/peers/words.py TEXT --word2vec DIR --pword2vec DIR --python PYTHON            # on 1 and on 2 threads
    apps/peers/words.py TEXT ... --model cbow --loss hs --threads 2 --rounds 9
    apps/peers/words.py TEXT ... --accuracy questions-words.txt EN-WS-353-ALL.txt      # over 3 seeds

docs/benchmarks.md tells how the others are built. A tool that isn't there has a row that says so.

Speed: in each round every tool trains for one pass and for all passes, on every number of threads, in an order that
turns round from round to round. The difference of the two times is what the passes take; what a tool does once (count
the words, make its tables, write the file) is in neither, and is seen in the seconds of the whole run, which stand
beside it. Words are those of the text, as they are read: before the vocabulary and the sub-sampling drop any. Ratios
are made within rounds; above 1 the first tool of the table is faster. Interval: see compare.py.

Accuracy: every tool trains with each seed; word_scores.py scores all vectors alike.
"""

import argparse
import json
import os
import pathlib
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile

from compare import CONFIDENCE, default_descent, interval, show
import rows
from word_tools import Absent, NOTES, Settings, TOOLS, VECTORS, prepare, program

HERE = pathlib.Path(__file__).resolve().parent


def make_tools(arguments, settings, folder):
    """The tools by name, and why the others are absent."""
    tools, absent = {}, {}
    for name in arguments.tools:
        try:
            tools[name] = TOOLS[name](arguments, settings, folder)
        except Absent as error:
            absent[name] = str(error)
    return tools, absent


def measure_rounds(tools, arguments, words, folder):
    """By (tool, threads) a list over the rounds: seconds of the whole run, and words a second of its passes."""
    keys = [(name, threads) for threads in arguments.threads for name in tools]
    measured = {key: [] for key in keys}
    for i in range(arguments.rounds):
        for name, threads in keys if i % 2 == 0 else reversed(keys):
            show(f"round {i + 1} of {arguments.rounds}: {name}, {threads} threads")
            once = tools[name].train(folder, 1, threads, i + 1)
            whole = tools[name].train(folder, arguments.passes, threads, i + 1)
            if whole <= once:
                raise rows.Failed(f"{name}: {arguments.passes} passes took {whole:.2f} s, one took {once:.2f} s: "
                                  "expected a longer text or a quieter machine")
            measured[name, threads].append((whole, (arguments.passes - 1) * words / (whole - once)))
    return measured


def speed_rows(tools, absent, measured, arguments):
    """A row for each number of threads and tool."""
    found = []
    for threads in arguments.threads:
        first = next(iter(tools), None)
        for name in arguments.tools:
            if name in absent:
                found.append({"tool": name, "threads": threads, "absent": absent[name]})
                continue
            rounds = measured[name, threads]
            ratios = [a / b for (_, a), (_, b) in zip(measured[first, threads], rounds)]
            low, high, coverage = interval(ratios)
            found.append({"tool": tools[name].name, "threads": threads, "n": len(rounds), "rounds": rounds,
                          "seconds": statistics.median(whole for whole, _ in rounds),
                          "words_per_second": statistics.median(rate for _, rate in rounds), "first": tools[first].name,
                          "ratio": statistics.median(ratios), "low": low, "high": high, "coverage": coverage,
                          "difference_shown": coverage >= CONFIDENCE and (low > 1 or high < 1)})
    return found


def print_speed(found, tools, settings, arguments, words):
    print(f"{settings}; {arguments.passes} passes over {words} words; medians of N = {arguments.rounds} alternating "
          f"rounds; interval of the ratio: {100 * interval([1.0] * arguments.rounds)[2]:.0f} %\n")
    first = next(iter(tools.values())).name if tools else ""
    print(f"{'threads':>7}  {'tool':<16}{'whole run, s':>13}{'words a second':>16}   {first + ' is as fast':>20}")
    for row in found:
        head = f"{row['threads']:>7}  {row['tool']:<16}"
        if "absent" in row:
            print(f"{head}absent: {row['absent']}")
            continue
        first_itself = row["tool"] == row["first"]
        bounds = "" if first_itself else f"{row['ratio']:>16.3g} x   [{row['low']:.3g}, {row['high']:.3g}]"
        verdict = "" if row["difference_shown"] or first_itself else "   no difference shown"
        print(f"{head}{row['seconds']:>13.4g}{row['words_per_second']:>16.0f}   {bounds}{verdict}".rstrip())


def score(arguments, folder):
    files = [os.path.abspath(path) for path in arguments.accuracy]
    command = [*program(arguments.python), str(HERE / "word_scores.py"), VECTORS, *files]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        said = done.stderr.strip().splitlines() or [""]
        raise rows.Failed(f"{shlex.join(command)}: exit status {done.returncode}: {said[-1]}") from error


def accuracy_rows(tools, absent, arguments, folder):
    """A row for each tool: the scores of each seed."""
    found = {name: {"tool": name, "absent": reason} for name, reason in absent.items()}
    for name, tool in tools.items():
        found[name] = {"tool": tool.name, "seeded": tool.seeded, "runs": []}
    for seed in range(1, arguments.seeds + 1):
        for name, tool in tools.items():
            show(f"seed {seed} of {arguments.seeds}: {name}")
            tool.train(folder, arguments.passes, arguments.threads[-1], seed)
            found[name]["runs"].append(score(arguments, folder))
            if arguments.keep:
                shutil.copyfile(os.path.join(folder, VECTORS), os.path.join(arguments.keep, f"{name}-{seed}.bin"))
    return [found[name] for name in arguments.tools]


def print_accuracy(found, settings, arguments):
    sets = arguments.accuracy[1:]
    print(f"{settings}; {arguments.passes} passes, {arguments.threads[-1]} threads; means of {arguments.seeds} runs, "
          "in brackets the least and the most; analogies in %, Spearman's rank correlation\n")
    heads = ["analogies", "semantic", "syntactic", *(os.path.splitext(os.path.basename(path))[0] for path in sets)]
    print(f"{'tool':<16}" + "".join(f"{head:>22}" for head in heads))
    for row in found:
        if "absent" in row:
            print(f"{row['tool']:<16}absent: {row['absent']}")
            continue
        columns = [[run[head] for run in row["runs"]] for head in heads[:3]]
        columns += [[run["pairs"][os.path.abspath(path)]["spearman"] for run in row["runs"]] for path in sets]
        cells = [f"{statistics.fmean(c):.2f} [{min(c):.2f}, {max(c):.2f}]" for c in columns[:3]]
        cells += [f"{statistics.fmean(c):.3f} [{min(c):.3f}, {max(c):.3f}]" for c in columns[3:]]
        print(f"{row['tool']:<16}" + "".join(f"{cell:>22}" for cell in cells))


def print_notes(tools):
    print()
    for name, tool in tools.items():
        if name in NOTES:
            print(f"{tool.name}: {NOTES[name]}")


def compare(arguments):
    settings = Settings(arguments)
    with tempfile.TemporaryDirectory(prefix="descent-words.") as folder:
        words = prepare(arguments.text, folder)
        tools, absent = make_tools(arguments, settings, folder)
        if not tools:
            raise rows.Failed("no tool is here: " + "; ".join(f"{name}: {why}" for name, why in absent.items()))
        if arguments.accuracy:
            found = accuracy_rows(tools, absent, arguments, folder)
        else:
            measured = measure_rounds(tools, arguments, words, folder)
            found = speed_rows(tools, absent, measured, arguments)
    show("")
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    if arguments.accuracy:
        print_accuracy(found, settings, arguments)
    else:
        print_speed(found, tools, settings, arguments, words)
    print_notes(tools)


def positive(text):
    """An integer of at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, found {text}")
    return value


def parse():
    parser = argparse.ArgumentParser(description="Descent beside other tools that train word vectors")
    parser.add_argument("text", metavar="TEXT", help="words with blanks between them, not compressed")
    parser.add_argument("--word2vec", metavar="DIR", help="the folder with word2vec, mended")
    parser.add_argument("--pword2vec", metavar="DIR", help="the folder with pWord2Vec")
    parser.add_argument("--python", default=shlex.quote(sys.executable), metavar="COMMAND",
                        help="a Python with gensim, fasttext and, for the scores, numpy (default: this one)")
    parser.add_argument("--descent", default=default_descent(), metavar="COMMAND", help="our side")
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS), help="default: all")
    parser.add_argument("--model", choices=("skip-gram", "cbow"), default="skip-gram")
    parser.add_argument("--loss", choices=("ns", "hs"), default="ns",
                        help="negative sampling (default) or hierarchical softmax")
    parser.add_argument("--size", type=positive, default=200, help="default: 200")
    parser.add_argument("--window", type=positive, default=5, help="default: 5")
    parser.add_argument("--negative", type=positive, default=5, help="default: 5")
    parser.add_argument("--sample", type=float, default=1e-4, help="default: 1e-4")
    parser.add_argument("--alpha", type=float, help="default: 0.025, of CBOW 0.05")
    parser.add_argument("--passes", type=positive, default=5, help="default: 5")
    parser.add_argument("--threads", type=positive, nargs="+", default=[1, 2],
                        help="default: 1 and 2; accuracy takes the last")
    parser.add_argument("--rounds", type=positive, default=7, help="of speed (default: 7)")
    parser.add_argument("--accuracy", nargs="+", metavar="FILE", help="analogies, then files of pairs")
    parser.add_argument("--seeds", type=positive, default=3, help="of accuracy (default: 3)")
    parser.add_argument("--keep", metavar="DIR", help="accuracy: keep the vectors there, as TOOL-SEED.bin")
    parser.add_argument("--json", action="store_true", help="print JSON, with every round or run")
    arguments = parser.parse_args()
    if arguments.passes < 2 and not arguments.accuracy:
        parser.error("--passes: expected at least 2, as speed is made of the difference to one pass")
    if arguments.keep and not arguments.accuracy:
        parser.error("--keep belongs to --accuracy")
    return arguments


def main():
    try:
        compare(parse())
    except (rows.Failed, OSError) as error:
        show("")
        print(f"words.py: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
