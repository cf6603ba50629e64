#!/usr/bin/env python3
"""Descent beside another framework on the reference workloads, alternating in one run: a table of ratios.

    apps/peers/compare.py                          # all workloads beside PyTorch
    apps/peers/compare.py mlp lstm --precision bf16 --threads 1 --rounds 9
    apps/peers/compare.py --against 'python3 other.py'
    apps/peers/compare.py stream                   # rows of bench memory beside plain loops: stream.c
    apps/peers/compare.py onednn --rounds 9        # of gemm and conv beside oneDNN called directly: onednn.c

Each round measures both sides of a workload, one after the other, the first side changing from round to round; the
ratio is made within the round, so that what disturbs the machine for longer disturbs both. Printed are the medians over
the rounds, the median ratio (above 1: Descent takes less time) with its interval, and N. The interval is of order
statistics: it holds the true median with the probability that stands in the head of the table, whatever the
distribution. No difference is shown by an interval that holds 1, nor by fewer than six rounds, which give none of 95 %.

The other side is a command that takes WORKLOAD --threads N --precision P --json --on-request and answers each line on
its stdin with a line of JSON that has the workload's step_ms and a name, peer: see pytorch.py.
"""

import argparse
import json
import math
import os
import pathlib
import shlex
import statistics
import subprocess
import sys

import rows as row_comparisons

HERE = pathlib.Path(__file__).resolve().parent
WORKLOADS = ("mlp_tiny", "mlp", "lenet", "cnn5", "lstm", "gru", "rnn", "transformer", "bilstm", "text_cnn")
CONFIDENCE = 0.95


def step_of(line, side):
    """A side's line of JSON; its step_ms is a positive number."""
    try:
        answer = json.loads(line)
        if math.isfinite(answer["step_ms"]) and answer["step_ms"] > 0:
            return answer
    except (ValueError, KeyError, TypeError):
        pass
    raise row_comparisons.Failed(f"{side}: expected a line of JSON with step_ms, found {line.strip()[:100]!r}")


class Ours:
    """`descent bench peers`, run anew for each measurement."""

    def __init__(self, command, options):
        self.command, self.options = command, options

    def measure(self, name):
        command = [*self.command, "bench", "peers", name, *self.options]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise row_comparisons.Failed(f"{shlex.join(command)}: exit status {done.returncode}")
        return step_of(done.stdout, "descent")


class Other(row_comparisons.Waiting):
    """The other side, one process a workload."""

    def __init__(self, command, options, name):
        super().__init__([*command, name, *options, "--on-request"])

    def measure(self, _):
        line = self.ask()
        if not line:
            raise row_comparisons.Failed(f"the other side ended with exit status {self.process.wait()}")
        return step_of(line, "the other side")


def interval(values):
    """Order statistics around the median, and the probability that they hold it (David and Nagaraja 2003, 7.1)."""
    values, n = sorted(values), len(values)

    def coverage(k):  # of the k-th smallest to the k-th largest, k from 1
        return 1 - 2 * sum(math.comb(n, i) for i in range(k)) / 2**n

    k = 1
    while k + 1 <= n // 2 and coverage(k + 1) >= CONFIDENCE:
        k += 1
    return values[k - 1], values[n - k], coverage(k)


def compare(name, arguments, options):
    """The row of a workload."""
    ours = Ours(shlex.split(arguments.descent), options)
    other = Other(shlex.split(arguments.against), options, name)
    answers = {"ours": [], "other": []}
    try:
        for i in range(arguments.rounds):
            sides = [("ours", ours), ("other", other)]
            for key, side in sides if i % 2 == 0 else reversed(sides):
                answers[key].append(side.measure(name))
            show(f"{name}: round {i + 1} of {arguments.rounds}")
    finally:
        other.close()
    steps = {key: [answer["step_ms"] for answer in list_] for key, list_ in answers.items()}
    ratios = [b / a for a, b in zip(steps["ours"], steps["other"])]
    low, high, coverage = interval(ratios)
    shown = coverage >= CONFIDENCE and (low > 1 or high < 1)
    return {"workload": name, "precision": arguments.precision, "threads": arguments.threads,
            "descent": answers["ours"][0].get("peer", "descent"), "other": answers["other"][0].get("peer", "other"),
            "descent_ms": statistics.median(steps["ours"]), "other_ms": statistics.median(steps["other"]),
            "ratio": statistics.median(ratios), "low": low, "high": high, "coverage": coverage, "n": len(ratios),
            "difference_shown": shown, "rounds": steps}


def show(text):
    """Progress, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def print_head(row):
    print(f"{row['descent']} beside {row['other']}: {row['precision']}, {row['threads']} threads, ms a step, "
          f"medians of N alternating rounds; interval of the ratio: {100 * row['coverage']:.0f} %\n")
    print(f"{'workload':<10}{'descent':>11}{'other':>11}{'ratio':>9}   {'interval':<18}{'N':>3}")


def print_row(row):
    bounds = f"[{row['low']:.3g}, {row['high']:.3g}]"
    verdict = "" if row["difference_shown"] else "   no difference shown"
    print(f"{row['workload']:<10}{row['descent_ms']:>11.4g}{row['other_ms']:>11.4g}{row['ratio']:>9.3g}   "
          f"{bounds:<18}{row['n']:>3}{verdict}", flush=True)


def print_mean(rows):
    mean = math.exp(statistics.fmean(math.log(row["ratio"]) for row in rows))
    print(f"\ngeometric mean of the ratios: {mean:.3g}")


def default_descent():
    """The build of this tree, else the installed command."""
    built = HERE.parents[1] / "build" / "bin" / "descent"
    return shlex.quote(str(built)) if built.exists() else "descent"


def compare_workloads(arguments):
    """Prints each row when it is measured, unless JSON is wanted."""
    options = ["--threads", str(arguments.threads), "--precision", arguments.precision, "--json"]
    arguments.against = arguments.against or f"{shlex.quote(sys.executable)} {shlex.quote(str(HERE / 'pytorch.py'))}"
    rows = []
    for name in arguments.workloads or WORKLOADS:
        rows.append(compare(name, arguments, options))
        show("")
        if arguments.json:
            continue
        if len(rows) == 1:
            print_head(rows[0])
        print_row(rows[-1])
    return rows


def main():
    parser = argparse.ArgumentParser(description="Descent beside another framework, alternating in one run")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD",
                        help=f"of {', '.join(WORKLOADS)} (default: all); or stream or onednn: rows of suites")
    parser.add_argument("--against", metavar="COMMAND",
                        help="the other side (default: pytorch.py, or the program that was built)")
    parser.add_argument("--peers", default=str(HERE.parents[1] / "build" / "bin" / "peers"), metavar="DIR",
                        help="stream, onednn: where those programs are (default: in this tree's build)")
    parser.add_argument("--filter", metavar="TEXT", help="stream, onednn: rows whose SUITE/ROW contains TEXT")
    parser.add_argument("--time", type=float, metavar="SECONDS",
                        help="stream, onednn: of a suite in a round, on each side (default: 2, 8)")
    parser.add_argument("--descent", default=default_descent(), metavar="COMMAND", help="our side")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of both (default: all)")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--rounds", type=int, default=7, help="default: 7, about a minute a workload")
    parser.add_argument("--json", action="store_true", help="print JSON, with every round's times")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or arguments.threads < 1:
        parser.error("--rounds and --threads: expected at least 1")
    comparing = [name for name in arguments.workloads if name in row_comparisons.COMPARISONS]
    for name in arguments.workloads:
        if name not in WORKLOADS and name not in comparing:
            parser.error(f"unknown workload '{name}': expected {', '.join((*WORKLOADS, *row_comparisons.COMPARISONS))}")
    if comparing and len(arguments.workloads) > 1:
        parser.error(f"{comparing[0]}: expected no other name beside it")
    if not comparing and (arguments.filter or arguments.time):
        parser.error("--filter and --time belong to stream and onednn")
    try:
        if comparing:
            rows = row_comparisons.compare(comparing[0], arguments, interval, CONFIDENCE, show)
        else:
            rows = compare_workloads(arguments)
    except (row_comparisons.Failed, OSError) as error:
        show("")
        print(f"compare.py: {error}", file=sys.stderr)
        return 3
    if arguments.json:
        print(json.dumps(rows, indent=2))
    elif not comparing:
        print_mean(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
