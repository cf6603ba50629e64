"""Rows of `descent bench` beside a program that measures the same ones without Descent: stream.c, onednn.c.

The other side is a command that answers each line on its stdin with a line of JSON: {"peer": NAME, "rows": {"gemm/tall/
forward": {"seconds": S}, ...}}, medians of one run; with "bytes" in a row, rates are compared, as the arrays may differ
in size. `compare.py stream` and `compare.py onednn` alternate between both sides, a suite at a time, and make ratios
within rounds.
"""

import json
import math
import os
import shlex
import statistics
import subprocess

COMPARISONS = {"stream": {"suites": ["memory"], "filter": "/DRAM", "program": "stream", "time": 2.0},
               "onednn": {"suites": ["gemm", "conv"], "filter": None, "program": "onednn", "time": 8.0}}


class Failed(Exception):
    """One of the sides could not measure."""


def positive(value):
    return isinstance(value, (int, float)) and math.isfinite(value) and value > 0


def our_rows(arguments, suite, comparison, time):
    """Our rows by (name, engine), in one run of the suite."""
    command = [*shlex.split(arguments.descent), "bench", suite, "--json", "--time", f"{time:g}", "--threads",
               str(arguments.threads), "--precision", arguments.precision]
    wanted = arguments.filter or comparison["filter"]
    if wanted:
        command += ["--filter", wanted]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    try:
        answer = json.loads(done.stdout)
        return f"descent {answer['version']}", {(f"{row['suite']}/{row['row']}", row["engine"]): row
                                                for row in answer["rows"]
                                                if not row["roof_only"] and positive(row["seconds"])}
    except (ValueError, KeyError, TypeError) as error:
        raise Failed(f"{shlex.join(command)}: exit status {done.returncode}, expected JSON with rows") from error


class Waiting:
    """A program that answers each line on its stdin with one on its stdout, and waits in between."""

    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment)

    def ask(self):
        """The answer; "" if there will be none."""
        try:
            self.process.stdin.write("measure\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the end of stdout says the same
        return self.process.stdout.readline()

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait()
        self.process.stdout.close()


class Peer(Waiting):
    """The other side of a suite."""

    def __init__(self, arguments, suite, comparison, time):
        program = arguments.against or shlex.quote(os.path.join(arguments.peers, comparison["program"]))
        command = [*shlex.split(program), "--threads", str(arguments.threads), "--time", f"{time:g}", "--on-request"]
        if comparison["program"] == "onednn":
            shape = "/".join((arguments.filter or "").split("/")[:2])  # it measures all passes of a shape
            command += ["--precision", arguments.precision, shape if shape.startswith(suite) else suite]
        super().__init__(command, {**os.environ, "OMP_PROC_BIND": "true", "OMP_PLACES": "threads"})  # pinned, as we are

    def measure(self):
        line = self.ask()
        try:
            answer = json.loads(line)
            return answer["peer"], {name: row for name, row in answer["rows"].items() if positive(row["seconds"])}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Failed(f"the other side: expected a line of JSON with rows, found {line.strip()[:100]!r}") from error


def cost(ours, other):
    """What both sides take, in one unit: microseconds a run, or picoseconds a byte."""
    if positive(other.get("bytes")) and positive(ours.get("gbyte_s")):
        return 1e3 / ours["gbyte_s"], 1e12 * other["seconds"] / other["bytes"]
    return 1e6 * ours["seconds"], 1e6 * other["seconds"]


def measure_rounds(arguments, suite, comparison, show):
    """One list of (ours, other) a row that both sides have, and the names of the sides."""
    time = (arguments.time or comparison["time"])
    peer = Peer(arguments, suite, comparison, time)
    pairs, names = {}, ("", "")
    try:
        for i in range(arguments.rounds):
            sides = [lambda: our_rows(arguments, suite, comparison, time), peer.measure]
            if i % 2 == 0:
                (ours_name, ours), (other_name, other) = sides[0](), sides[1]()
            else:
                (other_name, other), (ours_name, ours) = sides[1](), sides[0]()
            names = (ours_name, other_name)
            for (name, engine), row in ours.items():
                if name in other:
                    pairs.setdefault((name, engine), []).append(cost(row, other[name]))
            show(f"{suite}: round {i + 1} of {arguments.rounds}")
    finally:
        peer.close()
    if not pairs:
        raise Failed(f"{suite}: the sides have no row in common")
    return pairs, names


def summarize(name, engine, pairs, interval, confidence):
    ratios = [other / ours for ours, other in pairs]
    low, high, coverage = interval(ratios)
    return {"row": name, "engine": engine, "descent": statistics.median(p[0] for p in pairs),
            "other": statistics.median(p[1] for p in pairs), "ratio": statistics.median(ratios), "low": low,
            "high": high, "coverage": coverage, "n": len(ratios),
            "difference_shown": coverage >= confidence and (low > 1 or high < 1), "rounds": pairs}


def short(value):
    return f"{value:.4g}" if value < 1e4 else f"{value:.0f}"


def print_rows(rows, names):
    unit = "ps a byte" if rows[0]["row"].startswith("memory/") else "us"
    print(f"{names[0]} beside {names[1]}: {unit}, medians of N = {rows[0]['n']} alternating rounds; interval of the "
          f"ratio (above 1: Descent takes less time): {100 * rows[0]['coverage']:.0f} %\n")
    print(f"{'row':<41} {'engine':<7}{'descent':>10}{'other':>10}{'ratio':>8}   interval")
    for row in rows:
        verdict = "" if row["difference_shown"] else "   no difference shown"
        print(f"{row['row']:<41} {row['engine']:<7}{short(row['descent']):>10}{short(row['other']):>10}{row['ratio']:>8.3f}   "
              f"[{row['low']:.3f}, {row['high']:.3f}]{verdict}", flush=True)


def print_means(rows):
    print()
    for engine in dict.fromkeys(row["engine"] for row in rows):
        ratios = [row["ratio"] for row in rows if row["engine"] == engine]
        mean = math.exp(statistics.fmean(map(math.log, ratios)))
        print(f"geometric mean of the ratios{', ' + engine if engine else ''}: {mean:.3f}, {len(ratios)} rows")


def compare(kind, arguments, interval, confidence, show):
    """All suites of a comparison; prints a table for each unless JSON is wanted. Returns the rows."""
    comparison, rows = COMPARISONS[kind], []
    for suite in comparison["suites"]:
        if arguments.filter and "/" in arguments.filter and not arguments.filter.startswith(suite + "/"):
            continue
        pairs, names = measure_rounds(arguments, suite, comparison, show)
        found = [summarize(*key, value, interval, confidence) for key, value in pairs.items()]
        show("")
        if not arguments.json:
            print_rows(found, names)
            print_means(found)
        rows += found
    return rows
