#!/usr/bin/env python3
"""PyTorch's side of `descent bench peers`: training steps a second on the reference workloads.

A step is: zero the gradients, forward, loss, backward, Adam's update, on one batch that lies in memory. A measurement
is the median of seven repeats of about half a second each, after a warm-up, as on Descent's side. It prints a line, or
with --json an object, with the same fields as `descent bench peers`. --on-request measures once for each line that is
read from stdin: that is how compare.py alternates between the sides.

Needs PyTorch (written for 2.13): pip install torch
"""

import argparse
import json
import math
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

REPEATS = 7
REPEAT_SECONDS = 0.5
WARM_UP_STEPS = 3
LEARNING_RATE = 1e-3
VOCABULARY, TOKENS, SENTENCE = 10000, 200, 60
CHARACTERS, CONTEXT = 65, 64


class Recurrent(nn.Module):
    """Embedding, one recurrent layer of 128 units, a dense layer on its last output."""

    def __init__(self, layer):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, 128)
        self.layer = layer(128, 128, batch_first=True)
        self.head = nn.Linear(128, 2)

    def forward(self, tokens):
        outputs, _ = self.layer(self.embedding(tokens))
        return self.head(outputs[:, -1])


class BothDirections(nn.Module):
    """Embedding, an LSTM of 64 units in each direction, a dense layer on the last outputs of both."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, 128)
        self.layer = nn.LSTM(128, 64, batch_first=True, bidirectional=True)
        self.head = nn.Linear(128, 2)

    def forward(self, tokens):
        _, (last, _) = self.layer(self.embedding(tokens))
        return self.head(torch.cat((last[0], last[1]), 1))


class TextCnn(nn.Module):
    """Kim 2014: embedding of 300 dimensions, 100 filters each over 3, 4 and 5 words, their maxima, dropout, dense."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, 300)
        self.convolutions = nn.ModuleList(nn.Conv1d(300, 100, width) for width in (3, 4, 5))
        self.head = nn.Linear(300, 2)

    def forward(self, tokens):
        words = self.embedding(tokens).transpose(1, 2)
        largest = torch.cat([F.relu(convolution(words)).amax(2) for convolution in self.convolutions], 1)
        return self.head(F.dropout(largest, 0.5, self.training))


def mlp_tiny():
    return nn.Sequential(nn.Linear(40, 32), nn.ReLU(), nn.Linear(32, 10))


def mlp():
    layers = []
    for inputs in (784, 1024):
        layers += [nn.Linear(inputs, 1024), nn.ReLU(), nn.Dropout(0.5)]
    return nn.Sequential(*layers, nn.Linear(1024, 10))


def lenet():
    layers = []
    for inputs, filters in ((1, 32), (32, 64)):
        layers += [nn.Conv2d(inputs, filters, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 7 * 7, 512), nn.ReLU(), nn.Linear(512, 10))


def cnn5():
    layers, inputs = [], 3
    for block, filters in enumerate((64, 128, 256, 512)):
        layers += [nn.Conv2d(inputs, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()]
        if block > 0:
            layers.append(nn.MaxPool2d(2))
        inputs = filters
    return nn.Sequential(*layers, nn.MaxPool2d(4), nn.Flatten(), nn.Linear(512, 10))


class Transformer(nn.Module):
    """nanoGPT's setting for a CPU: 4 pre-norm blocks of width 128 and 4 heads over 64 characters, tied output."""

    def __init__(self, width=128, heads=4, blocks=4):
        super().__init__()
        self.heads = heads
        self.characters, self.positions = nn.Embedding(CHARACTERS, width), nn.Embedding(CONTEXT, width)
        self.blocks = nn.ModuleList(
            nn.ModuleDict({"norm1": nn.LayerNorm(width), "qkv": nn.Linear(width, 3 * width),
                           "project": nn.Linear(width, width), "norm2": nn.LayerNorm(width),
                           "mlp": nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))})
            for _ in range(blocks))
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens):
        h = self.characters(tokens) + self.positions(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            parts = block["qkv"](block["norm1"](h)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
            mixed = F.scaled_dot_product_attention(*parts, is_causal=True)
            h = h + block["project"](mixed.transpose(1, 2).flatten(2))
            h = h + block["mlp"](block["norm2"](h))
        return (self.norm(h) @ self.characters.weight.T).flatten(0, 1)


# Name: network, shape of the batch, classes.
WORKLOADS = {
    "mlp_tiny": (mlp_tiny, (32, 40), 10),
    "mlp": (mlp, (128, 784), 10),
    "lenet": (lenet, (128, 1, 28, 28), 10),
    "cnn5": (cnn5, (64, 3, 32, 32), 10),
    "lstm": (lambda: Recurrent(nn.LSTM), (64, TOKENS), 2),
    "gru": (lambda: Recurrent(nn.GRU), (64, TOKENS), 2),
    "rnn": (lambda: Recurrent(nn.RNN), (64, TOKENS), 2),
    "transformer": (Transformer, (12, CONTEXT), CHARACTERS),
    "bilstm": (BothDirections, (64, TOKENS), 2),
    "text_cnn": (TextCnn, (50, SENTENCE), 2),
}
VOCABULARIES = {"lstm": VOCABULARY, "gru": VOCABULARY, "rnn": VOCABULARY, "transformer": CHARACTERS, "bilstm": VOCABULARY,
                "text_cnn": VOCABULARY}


def make_step(name, precision):
    """A function that does one training step of the workload."""
    make, shape, classes = WORKLOADS[name]
    torch.manual_seed(1)
    network = make().train()
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    criterion = nn.CrossEntropyLoss()
    x = torch.randint(VOCABULARIES[name], shape) if name in VOCABULARIES else torch.randn(shape)
    labels = torch.randint(classes, (math.prod(shape),) if name == "transformer" else shape[:1])

    def step():
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            loss = criterion(network(x), labels)
        loss.backward()
        optimizer.step()

    return step


def time_steps(step, count):
    begun = time.perf_counter()
    for _ in range(count):
        step()
    return time.perf_counter() - begun


def measure(step):
    """Median seconds of a step."""
    time_steps(step, WARM_UP_STEPS)
    count, taken = 1, time_steps(step, 1)
    while taken < REPEAT_SECONDS / 10:
        count *= 2
        taken = time_steps(step, count)
    count = max(1, int(REPEAT_SECONDS * count / taken))
    return statistics.median(time_steps(step, count) / count for _ in range(REPEATS))


def report(name, seconds, arguments):
    rate = WORKLOADS[name][1][0] / seconds
    if not arguments.json:
        line = f"{name:<11} {arguments.precision} threads={arguments.threads} "
        line += f"{rate:11.1f} samples/s {1e3 * seconds:10.4f} ms/step"
    else:
        line = json.dumps({"peer": f"pytorch {torch.__version__}", "workload": name,
                           "precision": arguments.precision, "threads": arguments.threads,
                           "samples_per_s": rate, "step_ms": 1e3 * seconds})
    print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description="PyTorch's side of `descent bench peers`")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(WORKLOADS)} (default: all)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--json", action="store_true", help="print one line of JSON a workload")
    parser.add_argument("--on-request", action="store_true", help="measure once for each line of stdin")
    arguments = parser.parse_args()
    names = arguments.workloads or list(WORKLOADS)
    for name in names:
        if name not in WORKLOADS:
            parser.error(f"unknown workload '{name}': expected {', '.join(WORKLOADS)}")
    torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)
    for name in names:
        step = make_step(name, arguments.precision)
        if not arguments.on_request:
            report(name, measure(step), arguments)
            continue
        for _ in sys.stdin:
            report(name, measure(step), arguments)


if __name__ == "__main__":
    main()
