#!/usr/bin/env python3
"""Times a training step of SimpleConvNet in NumPy and in tatami, in one run.

    bench/numpy/compare.py [ROUNDS]

The step is that of the book's chapter 7: 100 images, convolution 30@5×5, ReLU,
2×2 max pooling, affine 100, ReLU, affine 10, softmax with cross-entropy, back
again, and Adam. The NumPy side is written from the formulas as a reader of the
book would, convolution and pooling by im2col, in float64 as there and in
float32. Needs python3-numpy (Debian's links OpenBLAS) and Go.
"""
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np


def im2col(x, size, stride):
    """N,C,H,W to one row a window: (N·OH·OW) × (C·size·size)."""
    n, c, h, w = x.shape
    oh, ow = (h - size) // stride + 1, (w - size) // stride + 1
    columns = np.empty((n, c, size, size, oh, ow), x.dtype)
    for i in range(size):
        for j in range(size):
            columns[:, :, i, j] = x[:, :, i:i + stride * oh:stride, j:j + stride * ow:stride]
    return columns.transpose(0, 4, 5, 1, 2, 3).reshape(n * oh * ow, -1)


def col2im(rows, shape, size, stride):
    """The transpose of im2col: adds every window back to its place."""
    n, c, h, w = shape
    oh, ow = (h - size) // stride + 1, (w - size) // stride + 1
    columns = rows.reshape(n, oh, ow, c, size, size).transpose(0, 3, 4, 5, 1, 2)
    x = np.zeros(shape, rows.dtype)
    for i in range(size):
        for j in range(size):
            x[:, :, i:i + stride * oh:stride, j:j + stride * ow:stride] += columns[:, :, i, j]
    return x


class Convolution:
    def __init__(self, w, b):
        self.params = [w, b]

    def forward(self, x):
        w, b = self.params
        n, _, h, width = x.shape
        k = w.shape[2]
        self.shape, self.columns = x.shape, im2col(x, k, 1)
        y = self.columns @ w.reshape(len(w), -1).T + b
        return y.reshape(n, h - k + 1, width - k + 1, -1).transpose(0, 3, 1, 2)

    def backward(self, dy):
        w, _ = self.params
        dy = dy.transpose(0, 2, 3, 1).reshape(-1, len(w))
        self.grads = [(self.columns.T @ dy).T.reshape(w.shape), dy.sum(axis=0)]
        return col2im(dy @ w.reshape(len(w), -1), self.shape, w.shape[2], 1)


class ReLU:
    params, grads = [], []

    def forward(self, x):
        self.off = x <= 0
        return np.where(self.off, 0, x)

    def backward(self, dy):
        return np.where(self.off, 0, dy)


class Pooling:
    params, grads = [], []

    def forward(self, x):
        n, c, h, w = x.shape
        self.shape = x.shape
        windows = im2col(x, 2, 2).reshape(-1, 4)
        self.where = windows.argmax(axis=1)
        return windows.max(axis=1).reshape(n, h // 2, w // 2, c).transpose(0, 3, 1, 2)

    def backward(self, dy):
        rows = np.zeros((dy.size, 4), dy.dtype)
        rows[np.arange(dy.size), self.where] = dy.transpose(0, 2, 3, 1).ravel()
        return col2im(rows, self.shape, 2, 2)


class Affine:
    def __init__(self, w, b):
        self.params = [w, b]

    def forward(self, x):
        self.shape, self.x = x.shape, x.reshape(len(x), -1)
        return self.x @ self.params[0] + self.params[1]

    def backward(self, dy):
        self.grads = [self.x.T @ dy, dy.sum(axis=0)]
        return (dy @ self.params[0].T).reshape(self.shape)


class Adam:
    def __init__(self, rate=0.001):
        self.rate, self.step, self.m, self.v = rate, 0, None, None

    def update(self, params, grads):
        if self.m is None:
            self.m, self.v = ([np.zeros_like(p) for p in params] for _ in range(2))
        self.step += 1
        rate = self.rate * np.sqrt(1 - 0.999**self.step) / (1 - 0.9**self.step)
        for p, g, m, v in zip(params, grads, self.m, self.v):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            p -= (rate * m / (np.sqrt(v) + 1e-7)).astype(p.dtype)


class SimpleConvNet:
    def __init__(self, dtype, rng):
        def normal(*shape):
            return (0.01 * rng.standard_normal(shape)).astype(dtype)

        self.layers = [
            Convolution(normal(30, 1, 5, 5), np.zeros(30, dtype)), ReLU(), Pooling(),
            Affine(normal(30 * 12 * 12, 100), np.zeros(100, dtype)), ReLU(),
            Affine(normal(100, 10), np.zeros(10, dtype)),
        ]
        self.params = [p for layer in self.layers for p in layer.params]

    def gradients(self, x, labels):
        """The loss of a batch and its gradients."""
        for layer in self.layers:
            x = layer.forward(x)
        y = np.exp(x - x.max(axis=1, keepdims=True))
        y /= y.sum(axis=1, keepdims=True)
        n = len(labels)
        loss = -np.log(y[np.arange(n), labels]).mean()
        y[np.arange(n), labels] -= 1
        dy = y / n
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        return loss, [g for layer in self.layers for g in layer.grads]


def time_numpy(dtype, steps=12):
    """Seconds of each step but the first two."""
    rng = np.random.default_rng(1)
    net, adam = SimpleConvNet(dtype, rng), Adam()
    x = rng.random((100, 1, 28, 28)).astype(dtype)
    labels = rng.integers(10, size=100)
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        _, grads = net.gradients(x, labels)
        adam.update(net.params, grads)
        seconds.append(time.perf_counter() - start)
    return seconds[2:]


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    root = pathlib.Path(__file__).resolve().parents[2]
    times = {"NumPy float64": [], "NumPy float32": [], "tatami": []}
    with tempfile.TemporaryDirectory() as work:
        tatami = f"{work}/tatami"
        subprocess.run(["go", "build", "-o", tatami, "./cmd/tatami"], cwd=root, check=True)
        for _ in range(rounds):
            times["NumPy float64"] += time_numpy(np.float64)
            times["NumPy float32"] += time_numpy(np.float32)
            report = subprocess.run([tatami, "bench", "--json", "--net", "simple"], cwd=root, check=True, capture_output=True)
            times["tatami"].append(json.loads(report.stdout)["networks"][0]["step_seconds"])
    median = {name: statistics.median(t) for name, t in times.items()}
    print(f"A training step of SimpleConvNet, 100 images, Adam; NumPy {np.__version__}; medians of {rounds} rounds")
    for name, t in median.items():
        print(f"{name:14} {1000 * t:8.2f} ms  {t / median['tatami']:6.1f} × tatami")


if __name__ == "__main__":
    main()
