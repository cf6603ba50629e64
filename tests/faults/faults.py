#!/usr/bin/env python3
"""Disturbs the programs at their n-th allocation or file call, and ends them at each, by the library of faults.c.

usage: faults.py LIBRARY FOLDER... [--every STRIDE] [--kills N] [--only REGEX] [--jobs N]

The folders hold the programs.

Without --every a few n of each command are tried, the same ones each time. What has to hold:
- status 0 only with the output of the undisturbed run,
- else status 3, one line that says why, and nothing half-written: a file is the old one, the new one, or not there,
- no crash, and nothing that hangs,
- a process that was killed leaves such files, too, and the same command then gives what an undisturbed one gives.
"""
import argparse
import collections
import concurrent.futures
import errno
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

TIMEOUT = 60  # seconds
FIRST = 10  # the first calls, which every command makes, are all tried by --every

Case = collections.namedtuple('Case', 'name words reads writes without failed', defaults=('', '', '', 3))
SMALL = '--seeds 1 --threads 1 --no-plot --quiet --out x.h5'

# What a command reads is made by prepare(). `without`: kinds of disturbance that may change what is printed, as `info`
# tells what it could read of the machine. `failed`: the exit status of an error.
CASES = [
    Case('list', 'descent list --json'),
    Case('help', 'double-descent --case mlp --help'),
    Case('info', 'descent info --json', without='files'),
    Case('bench list', 'descent bench all --list'),
    Case('print config', 'bias-variance --case polynomial --print-config'),
    Case('read config', 'double-descent --config c.json --print-config', reads='c.json'),
    Case('show', 'descent show s.h5', reads='s.h5'),
    Case('show --json', 'descent show s.h5 --json', reads='s.h5'),
    Case('show a model', 'descent show m.h5', reads='m.h5'),
    Case('diff', 'descent diff s.h5 t.h5', reads='s.h5 t.h5'),
    Case('diff --json', 'descent diff s.h5 t.h5 --json', reads='s.h5 t.h5'),
    Case('verify', 'descent verify s.h5 --sample 2 --threads 1', reads='s.h5'),
    Case('verify --json', 'double-descent --verify s.h5 --sample 2 --threads 1 --json', reads='s.h5'),
    Case('plot --term', 'descent plot s.h5 --term', reads='s.h5'),
    Case('plot', 'descent plot s.h5 --only error', reads='s.h5', writes='s-*'),
    Case('report', 'descent report s.h5 --out r.html', reads='s.h5', writes='r.html'),
    Case('merge', 'descent merge a.h5 b.h5 --out ab.h5', reads='a.h5 b.h5', writes='ab.h5'),
    Case('data export', 'descent data export mnist1d --set samples=50 --out d.h5', writes='d.h5'),
    Case('embed neighbours', 'descent embed neighbours v.txt king', reads='v.txt'),
    Case('embed accuracy', 'descent embed accuracy v.txt q.txt --json --threads 2', reads='v.txt q.txt'),
    Case('embed similarity', 'descent embed similarity v.txt p.txt', reads='v.txt p.txt'),
    Case('embed convert', 'descent embed convert v.txt v.bin --format binary', reads='v.txt', writes='v.bin'),
    Case('embed convert hdf5', 'descent embed convert v.txt v.h5 --format hdf5', reads='v.txt', writes='v.h5'),
    Case('embed phrases', 'descent embed phrases -train t.txt -output p.txt -threshold 1 -min-count 1 -threads 1', reads='t.txt',
         writes='p.txt'),
    Case('embed svd', 'descent embed svd t.txt p.txt --size 2 --min-count 1 --threads 2', reads='t.txt', writes='p.txt'),
    Case('embed glove', 'descent embed glove t.txt p.txt --size 2 --iter 2 --min-count 1 --format hdf5 --threads 2', reads='t.txt',
         writes='p.txt'),
    Case('model', 'model m.h5 c.h5', writes='m.h5 c.h5', failed=1),
    Case('run', 'double-descent --case spline --set degrees_of_freedom=2,4,8 ' + SMALL, writes='x.h5'),
    Case('resume', 'double-descent --case spline --threads 1 --no-plot --quiet --out a.h5', reads='a.h5', writes='a.h5'),
    Case('double-descent', 'double-descent --case mlp --set label_noise=0 --set epochs=1 --set width=4 '
         '--set samples=100 ' + SMALL, writes='x.h5'),
    Case('bias-variance', 'bias-variance --case width --preset quick --set epochs=1 --set width=4 --set test=50 ' + SMALL,
         writes='x.h5'),
    Case('dropout', 'dropout --case methods --set method=none --set epochs=1 --set width=4 --set examples=10 '
         '--set test=100 ' + SMALL, writes='x.h5'),
    Case('image-classification', 'image-classification --preset quick --set network=logistic --set train=50 '
         '--set test=20 --set epochs=1 ' + SMALL, writes='x.h5'),
    Case('mnist1d', 'mnist1d --set network=gru --set steps=2 --set samples=40 --set hidden=4 --set units=2 '
         '--set shuffled=plain ' + SMALL, writes='x.h5'),
    Case('char-lm', 'char-lm --case lstm --set length=300 --set iterations=2 --set batch=2 --set steps=5 --set units=4 '
         + SMALL, writes='x.h5'),
    Case('sentiment', 'sentiment --set model=logistic-2,lstm --set documents=30 --set examples=30 --set epochs=1 '
         '--set steps=5 --set units=4 --set width=4 ' + SMALL, writes='x.h5'),
    Case('sequence-tasks', 'sequence-tasks --set attention=additive --set length=3 --set epochs=1 --set train=8 --set test=4 '
         '--set units=4 ' + SMALL, writes='x.h5'),
    Case('time-series', 'time-series --set method=linear,gru --set lags=2 --set epochs=1 ' + SMALL, writes='x.h5'),
    Case('word-vectors', 'word-vectors --set model=sg-ns,svd --set words=20000 --set passes=1 --set dimension=4 ' + SMALL,
         writes='x.h5'),
]

LONG = 'double-descent --case linear --seeds 2 --threads 1 --no-plot --quiet --out k.h5'

# The kinds: which calls of faults.c, how they are disturbed, the error, and at how many of them without --every.
Kind = collections.namedtuple('Kind', 'name calls how error few')
KINDS = [
    Kind('one allocation fails', 'memory', 'fail', errno.ENOMEM, 6),
    Kind('allocations fail from one on', 'memory', 'all', errno.ENOMEM, 3),
    Kind('a file call fails: EIO', 'files', 'fail', errno.EIO, 4),
    Kind('a change fails: ENOSPC', 'changes', 'fail', errno.ENOSPC, 3),
    Kind('changes fail from one on: ENOSPC', 'changes', 'all', errno.ENOSPC, 2),
    Kind('a file call fails: EINTR', 'files', 'fail', errno.EINTR, 2),
    Kind('no thread can be made', 'threads', 'all', errno.EAGAIN, 1),
    Kind('killed before a change', 'changes', 'before', 0, 2),
    Kind('killed within a write', 'changes', 'within', 0, 1),
    Kind('killed behind a change', 'changes', 'after', 0, 2),
]
KILLED = 'killed at a random moment'
WHOLE = [  # disturbances of all calls, which change nothing
    Kind('every second read or write is interrupted', 'files', 'interrupt', errno.EINTR, 1),
    Kind('reads and writes of a few bytes', 'files', 'short', 0, 1),
]


def normal(text):
    """Text without what is of the moment: times, durations."""
    text = re.sub(rb'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ', b'TIME', text)
    return re.sub(rb'\b\d+(\.\d+)? (ms|s|min|h)\b', b'DURATION', text)


class Trials:
    def __init__(self, library, folders, scratch):
        self.library, self.scratch = library, pathlib.Path(scratch)
        self.inputs = self.scratch / 'inputs'
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(('FAULT_', 'DESCENT_', 'SLURM_'))}
        self.environment['PATH'] = os.pathsep.join(folders + [os.environ['PATH']])
        self.environment.update(LC_ALL='C.UTF-8', COLUMNS='100')
        self.prepare()

    def run(self, words, folder, disturbance=None):
        environment = dict(self.environment)
        if disturbance:
            environment.update(disturbance, LD_PRELOAD=self.library)
        return subprocess.run(words.split(), cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT, check=False)

    def prepare(self):
        self.inputs.mkdir()
        spline = 'double-descent --case spline --threads 1 --no-plot --quiet '
        for words in (spline + '--out s.h5', spline + '--out t.h5', spline + '--shard 1/2 --out a.h5',
                      spline + '--shard 2/2 --out b.h5', 'model m.h5 c.h5'):
            made = self.run(words, self.inputs)
            assert made.returncode == 0, made.stderr
        (self.inputs / 'q.txt').write_text(': royal\nman king man queen\nking man queen man\n')
        (self.inputs / 'p.txt').write_text('man king 3\nman queen 2\nking queen 1\n')
        (self.inputs / 'v.txt').write_text('3 2\nman 1 0\nking 3 0\nqueen 3 1\n')
        (self.inputs / 't.txt').write_text('new york and\nnew york or\nnew york\n')
        (self.inputs / 'c.json').write_text('{"case": "spline", "deviation": 0.2}\n')

    def folder_of(self, case):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.scratch))
        for name in case.reads.split():
            shutil.copy(self.inputs / name, folder / name)
        return folder

    def same_files(self, one, other):
        """Whether two files hold the same, results files apart from when and where they were computed."""
        if one.suffix == '.h5':
            if self.run(f'descent diff {one} {other}', self.scratch).returncode == 0:
                return True
            shown = [self.run(f'descent show {path.name}', path.parent) for path in (one, other)]
            return all(s.returncode == 0 for s in shown) and 'Recipe' not in str(shown[0].stdout) and \
                shown[0].stdout == shown[1].stdout
        return normal(one.read_bytes()) == normal(other.read_bytes())

    def written(self, case, folder):
        return {path.name: path for pattern in case.writes.split() for path in folder.glob(pattern)}

    def wrong_files(self, case, calm, folder, all_of_them):
        """What is wrong about the files that a disturbed command left; None: nothing."""
        expected, found = self.written(case, calm), self.written(case, folder)
        if all_of_them and set(expected) != set(found):
            return f'wrote {sorted(found)} instead of {sorted(expected)}'
        for name, path in found.items():
            old = self.inputs / name if name in case.reads.split() else None
            if name.endswith(('.partial', '.lock')):
                continue
            if old and path.read_bytes() == old.read_bytes() and not all_of_them:
                continue
            if name not in expected:
                return f'wrote {name}, which is not asked for'
            if not self.same_files(path, expected[name]) and (all_of_them or not self.is_part(path)):
                return f'{name} is half-written'
        return None

    def is_part(self, path):
        """A results file may hold fewer cells, or failed ones: it says so."""
        return path.suffix == '.h5' and self.run(f'descent show {path.name}', path.parent).returncode == 0

    def problem(self, case, kind, calm, found, folder):
        """What is wrong about a disturbed run; None: nothing."""
        killed = kind.how in ('before', 'within', 'after')
        if killed and found.returncode == -9:
            wrong = self.wrong_files(case, calm[1], folder, False)
            if wrong:
                return wrong
            found = self.run(case.words, folder)
            if found.returncode != 0:
                return f'after the kill the command fails: {found.stderr!r}'
            return self.wrong_files(case, calm[1], folder, True)
        if found.returncode < 0:
            return f'crashed with signal {-found.returncode}: {found.stderr[-200:]!r}'
        if found.returncode == 0:
            if normal(found.stdout) != normal(calm[0].stdout):
                return 'status 0 with other output'
            return self.wrong_files(case, calm[1], folder, True)
        if kind in WHOLE or killed:
            return f'status {found.returncode}: {found.stderr!r}'
        if found.returncode != case.failed:
            return f'status {found.returncode} instead of {case.failed}: {found.stderr[-300:]!r}'
        if not found.stderr.strip():
            return 'an error without a message'
        return self.wrong_files(case, calm[1], folder, False)

    def attempt(self, case, kind, at, calm):
        folder = self.folder_of(case)
        try:
            found = self.run(case.words, folder, {'FAULT_CALLS': kind.calls, 'FAULT_HOW': kind.how, 'FAULT_AT': str(at),
                                                  'FAULT_ERRNO': str(kind.error)})
            return self.problem(case, kind, calm, found, folder)
        except subprocess.TimeoutExpired:
            return 'hangs'
        finally:
            shutil.rmtree(folder)

    def kill(self, moment):
        """Kills a run at a moment, in seconds; the file is that of the kills before."""
        started = subprocess.Popen(LONG.split(), cwd=self.killed, env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            started.wait(moment)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        left = self.killed / 'k.h5'
        if left.exists() and self.run('descent show k.h5', self.killed).returncode != 0:
            return 'the file is broken'
        return None

    def kills(self, count):
        """So many kills of one run, and a new one whenever it is finished. Returns the problems."""
        self.killed = pathlib.Path(tempfile.mkdtemp(dir=self.scratch))
        calm = pathlib.Path(tempfile.mkdtemp(dir=self.scratch))
        begin = time.monotonic()
        assert self.run(LONG, calm).returncode == 0
        duration = 1.2 * (time.monotonic() - begin)
        moments = random.Random(1)
        for at in range(count):
            problem = self.kill(duration * moments.random())
            if problem is None and at % 10 == 9:
                finished = self.run(LONG, self.killed)
                if finished.returncode != 0 or not self.same_files(self.killed / 'k.h5', calm / 'k.h5'):
                    problem = f'the same command does not finish it: {finished.stderr!r}'
                for path in self.killed.iterdir():
                    path.unlink()
            yield problem

    def count(self, case, calls):
        folder = self.folder_of(case)
        counted = folder / 'count'
        self.run(case.words, folder, {'FAULT_CALLS': calls, 'FAULT_COUNT': str(counted)})
        calls = int(counted.read_text())
        shutil.rmtree(folder)
        return calls

    def plan(self, case, every):
        """The disturbances of a case: (kind, n) each."""
        counts = {calls: self.count(case, calls) for calls in ('memory', 'files', 'changes', 'threads')}
        for kind in WHOLE:
            yield kind, 1
        for kind in KINDS:
            count = counts[kind.calls]
            if kind.calls in case.without or count == 0:
                continue
            if every:
                numbers = sorted(set(range(1, min(count, FIRST) + 1)) | set(range(1, count + 1, every)))
            else:
                numbers = sorted({1 + i * (count - 1) // max(1, kind.few - 1) for i in range(kind.few)})
            for at in numbers:
                yield kind, at


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('library')
    parser.add_argument('folders', nargs='+')
    parser.add_argument('--every', type=int, default=0)
    parser.add_argument('--kills', type=int, default=0)
    parser.add_argument('--only', default='')
    parser.add_argument('--jobs', type=int, default=2)
    arguments = parser.parse_args()
    scratch = tempfile.mkdtemp(prefix='descent-faults-')
    tried, found = collections.Counter(), collections.Counter()
    try:
        trials = Trials(os.path.abspath(arguments.library), [os.path.abspath(f) for f in arguments.folders], scratch)
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            attempts = {}
            for case in CASES:
                if not re.search(arguments.only, case.name):
                    continue
                folder = trials.folder_of(case)
                calm = trials.run(case.words, folder), folder
                assert calm[0].returncode == 0, (case.words, calm[0].stderr)
                for kind, at in trials.plan(case, arguments.every):
                    attempts[pool.submit(trials.attempt, case, kind, at, calm)] = case, kind, at
            for attempt in concurrent.futures.as_completed(attempts):
                case, kind, at = attempts[attempt]
                tried[kind.name] += 1
                problem = attempt.result()
                if problem:
                    found[kind.name] += 1
                    print(f'{case.name}: {kind.name} (n = {at}): {problem}', flush=True)
        for at, problem in enumerate(trials.kills(arguments.kills)):
            tried[KILLED] += 1
            if problem:
                found[KILLED] += 1
                print(f'kill {at}: {problem}', flush=True)
    finally:
        shutil.rmtree(scratch)
    print('\n| disturbance | runs | found |\n| --- | ---: | ---: |')
    for name in [kind.name for kind in KINDS + WHOLE] + [KILLED]:
        print(f'| {name} | {tried[name]} | {found[name]} |')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
