#!/usr/bin/env python3
"""Descent's linear classifiers beside scikit-learn's, on the same sparse matrix to the same objective, in one run.

    apps/peers/linear.py FILE                      # lines: label, tab, two more fields, text (IMDb's train.tsv.gz)
    apps/peers/linear.py FILE --words 2 --rounds 9 --threads 2

Needs scikit-learn. The matrix is FILE's n-grams of up to --words words, weighted by sublinear TF-IDF. Of each problem the
objective is first found to 1e-8 by Descent; then each solver gets the loosest tolerance of a ladder with which its own
solution is within --gap of it (computed from the weights on both sides). Measured are whole fits with that tolerance,
alternating: the first side changes from round to round. Ratios, made within rounds, are scikit-learn's time over
Descent's; above 1 Descent takes less. Interval: see compare.py. liblinear and saga take one thread.
"""

import argparse
import ctypes
import gzip
import pathlib
import statistics
import sys
import time
import warnings

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from compare import CONFIDENCE, interval

HERE = pathlib.Path(__file__).resolve().parent
LADDER = [10.0 ** -(i / 2) for i in range(1, 13)]  # 0.3 to 1e-6
KINDS = ("logistic", "lasso", "svm")  # dsc_linear_kind
# Kind of problem, c, solvers of scikit-learn.
PROBLEMS = [("logistic", 10, ("liblinear", "saga")), ("lasso", 1, ("liblinear", "saga")), ("svm", 0.1, ("liblinear",))]


class Sparse(ctypes.Structure):  # dsc_sparse
    _fields_ = [("rows", ctypes.c_size_t), ("columns", ctypes.c_size_t), ("starts", ctypes.c_void_p), ("index", ctypes.c_void_p),
                ("values", ctypes.c_void_p)]


class Options(ctypes.Structure):  # dsc_linear_options
    _fields_ = [("kind", ctypes.c_int), ("c", ctypes.c_double), ("no_bias", ctypes.c_bool), ("tolerance", ctypes.c_double),
                ("max_iterations", ctypes.c_size_t), ("seed", ctypes.c_uint64), ("threads", ctypes.c_int)]


class Model(ctypes.Structure):  # the beginning of dsc_linear_model
    _fields_ = [("classes", ctypes.c_size_t), ("features", ctypes.c_size_t), ("outputs", ctypes.c_size_t),
                ("weights", ctypes.POINTER(ctypes.c_double)), ("bias", ctypes.POINTER(ctypes.c_double))]


class Ours:
    """Descent's shared library, which reads the matrix where it is."""

    def __init__(self, path, matrices, threads):
        self.library = ctypes.CDLL(path)
        self.library.dsc_scope_open.restype = ctypes.c_void_p
        self.library.dsc_scope_message.restype = ctypes.c_char_p
        self.library.dsc_linear_fit.restype = ctypes.POINTER(Model)
        self.matrices, self.threads = matrices, threads
        x, _, y = matrices
        self.arrays = (x.indptr.astype(np.uint64), x.indices.astype(np.uint32), x.data, y.astype(np.int32))
        self.sparse = Sparse(x.shape[0], x.shape[1], *(a.ctypes.data for a in self.arrays[:3]))

    def fit(self, kind, c, tolerance):
        scope = ctypes.c_void_p(self.library.dsc_scope_open(None))
        options = Options(KINDS.index(kind), c, False, tolerance, 100000, 1, self.threads)
        start = time.perf_counter()
        model = self.library.dsc_linear_fit(scope, ctypes.byref(self.sparse), ctypes.c_void_p(self.arrays[3].ctypes.data),
                                            ctypes.c_size_t(2), ctypes.byref(options))
        seconds = time.perf_counter() - start
        if not model:
            sys.exit(f"linear.py: {self.library.dsc_scope_message(scope).decode()}")
        weights = np.ctypeslib.as_array(model.contents.weights, (model.contents.features,))
        reached = objective(kind, c, *self.matrices[1:], np.append(weights, model.contents.bias[0]))
        self.library.dsc_scope_close(ctypes.byref(scope))
        return seconds, reached


def read_matrix(file, words):
    """The matrix; the same with a column of ones, for solvers that don't penalise a bias; the labels."""
    with (gzip.open if file.endswith(".gz") else open)(file, "rt", encoding="utf-8") as lines:
        fields = [line.rstrip("\n").split("\t", 3) for line in lines]
    weigh = TfidfVectorizer(ngram_range=(1, words), sublinear_tf=True, token_pattern=r"\w+|[^\w\s]")
    x = weigh.fit_transform([f[3] for f in fields])
    ones = scipy.sparse.csr_matrix(np.ones((x.shape[0], 1)))
    return x, scipy.sparse.hstack([x, ones], format="csr"), np.array([int(f[0]) for f in fields])


def objective(kind, c, x, y, weights):
    """Of weights whose last is the bias; x has the column of ones."""
    margins = np.where(y == 1, 1.0, -1.0) * (x @ weights)
    if kind == "svm":
        return 0.5 * weights @ weights + c * np.sum(np.maximum(0, 1 - margins) ** 2)
    losses = c * np.sum(np.logaddexp(0, -margins))
    return losses + (np.abs(weights).sum() if kind == "lasso" else 0.5 * weights @ weights)


def fit_theirs(kind, c, solver, tolerance, matrices):
    """Seconds and objective of scikit-learn's solver."""
    x, with_ones, y = matrices
    common = {"C": c, "tol": tolerance, "max_iter": 10000, "random_state": 1}
    if kind == "svm":
        model, data = LinearSVC(**common), x
    else:
        ratio = 1 if kind == "lasso" else 0
        model = LogisticRegression(solver=solver, l1_ratio=ratio, fit_intercept=solver == "liblinear", **common)
        data = x if solver == "liblinear" else with_ones
    start = time.perf_counter()
    model.fit(data, y)
    seconds = time.perf_counter() - start
    weights = model.coef_[0] if data is with_ones else np.append(model.coef_[0], model.intercept_)
    return seconds, objective(kind, c, with_ones, y, weights)


def loosest(fit, most, seconds_limit=60):
    """The first tolerance of the ladder with which the objective is at most that; None: none within the time."""
    for tolerance in LADDER:
        seconds, reached = fit(tolerance)
        if reached <= most:
            return tolerance
        if seconds > seconds_limit:
            return None
    return None


def compare(ours, matrices, kind, c, solver, arguments):
    exact = ours.fit(kind, c, 1e-8)[1]
    most = exact + arguments.gap * abs(exact)
    sides = [lambda t: ours.fit(kind, c, t), lambda t: fit_theirs(kind, c, solver, t, matrices)]
    tolerances = [loosest(side, most) for side in sides]
    if None in tolerances:
        print(f"{kind:9s} {c:5g}  {solver:10s} does not reach the objective {exact:.6g} + {arguments.gap:g} of it")
        return
    seconds = ([], [])
    for i in range(arguments.rounds):
        for side in (0, 1) if i % 2 == 0 else (1, 0):
            seconds[side].append(sides[side](tolerances[side])[0])
    ratios = [b / a for a, b in zip(*seconds)]
    low, high, _ = interval(ratios)
    print(f"{kind:9s} {c:5g}  {solver:10s} {statistics.median(seconds[0]):9.3f} {statistics.median(seconds[1]):9.3f} "
          f"{statistics.median(ratios):7.2f}   [{low:.2f}, {high:.2f}]  {len(ratios)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--library", default=str(HERE.parents[1] / "build" / "lib" / "libdescent.so"))
    parser.add_argument("--words", type=int, default=1, help="of the longest n-grams (default: 1)")
    parser.add_argument("--threads", type=int, default=2, help="of Descent (default: 2)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--gap", type=float, default=1e-4, help="share of the objective (default: 1e-4)")
    parser.add_argument("--problems", nargs="*", default=[p[0] for p in PROBLEMS], help="logistic, lasso, svm")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    matrices = read_matrix(arguments.file, arguments.words)
    ours = Ours(arguments.library, matrices, arguments.threads)
    x = matrices[0]
    print(f"{x.shape[0]} x {x.shape[1]}, {x.nnz} elements; Descent on {ours.threads} threads; seconds, medians; interval of "
          f"the ratio: at least {100 * CONFIDENCE:.0f} %\n\n"
          "problem       c  solver       descent     other   ratio   interval      N")
    for kind, c, solvers in PROBLEMS:
        for solver in solvers if kind in arguments.problems else ():
            compare(ours, matrices, kind, c, solver, arguments)


if __name__ == "__main__":
    main()
