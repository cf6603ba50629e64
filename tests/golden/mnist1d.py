#!/usr/bin/env python3
"""Writes mnist1d_values.h: numbers of MNIST-1D made with NumPy's and SciPy's own generator, filter and interpolation.

Usage: python3 mnist1d.py > mnist1d_values.h    (NumPy 1.17 or later, SciPy)
"""

import numpy as np
from scipy.ndimage import gaussian_filter

TEMPLATES = np.array([
    [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5], [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
    [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5], [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
    [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5], [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
    [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5], [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
    [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5], [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
])

# samples, train fraction, seed, label noise, positions shuffled
CASES = [(5000, 0.8, 42, 0, 0), (16000, 0.25, 42, 0.15, 0), (3000, 0.8, 7, 0, 0), (10, 0.8, 1, 0, 0),
         (130, 0.37, 0, 0.5, 0), (1000, 0.5, 4294967295, 1, 1)]


def resample(x, count):
    return np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(x)), x)


def example(signal):
    padding = 36 + int(np.random.rand() * 25)
    x = resample(np.concatenate([signal + 1e-8, np.zeros(padding)]), 72)
    x *= 1 + 0.4 * (np.random.rand() - 0.5)
    x = np.roll(x, np.random.choice(48))
    noise = gaussian_filter(0.25 * np.random.randn(72), 2)
    x = np.where(x == 0, noise, x) + 0.02 * np.random.randn(72)
    x -= 0.75 * (np.random.rand() - 0.5) * np.linspace(-0.5, 0.5, 72)
    return resample(x, 40)


def generate(samples, fraction, seed, label_noise, shuffled):
    signals = (TEMPLATES - TEMPLATES.mean(1, keepdims=True)) / TEMPLATES.std(1, keepdims=True)
    signals = (signals - signals[:, :1]) / 6
    np.random.seed(seed)
    labels = np.repeat(np.arange(10), samples // 10)
    x = np.stack([example(signals[label]) for label in labels])
    order = np.random.permutation(samples)
    x, labels = x[order], labels[order]
    if shuffled:
        x = x[:, np.random.permutation(40)]
    x = (x - x.mean()) / x.std()
    train = int(samples * fraction)
    redrawn, clean = 0, labels.copy()
    for i in range(train if label_noise else 0):
        if np.random.rand() < label_noise:
            labels[i] = np.random.randint(0, 10)
            redrawn += 1
    return x, labels, train, redrawn, int((labels != clean).sum())


def row(values):
    words = [repr(float(v)) for v in values]
    return "      { " + ",\n        ".join(", ".join(words[i:i + 5]) for i in range(0, len(words), 5)) + " }"


def main():
    print("/* mnist1d_values.h - made by mnist1d.py: do not edit. */")
    print("/* clang-format off */")
    print("static const struct golden cases[] = {")
    for case in CASES:
        x, labels, train, redrawn, changed = generate(*case)
        flat = x.ravel()
        weighted = float(np.dot(flat, np.arange(flat.size) % 1009)) / flat.size
        weighted_labels = int(np.dot(labels, np.arange(labels.size) % 1009))
        print(f"    /* {redrawn} training labels redrawn */")
        print(f"    {{ {case[0]}, {case[1]}, {case[2]}u, {case[3]}, {case[4]}, {train}, {changed},")
        print(f"      {weighted!r}, {float(x[:train].sum())!r}, {weighted_labels},")
        print("      { " + ", ".join(str(v) for v in labels[:10]) + " },")
        print(row(x[0]) + ",")
        print(row(x[-1]) + " },")
    print("};")


main()
