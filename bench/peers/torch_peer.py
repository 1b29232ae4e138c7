"""Times an epoch of MNIST in PyTorch on the CPU, as tatami's peer.

Usage: torch_peer.py DATA NET EPOCHS
DATA is a folder of raw uint8 files made by the caller: images.bin (N×784),
labels.bin. Prints one JSON line: seconds of each epoch, loss of the last batch,
seconds of one image, images a second by the hundred, peak memory in bytes.
"""
import json
import resource
import sys
import time

import numpy as np
import torch
from torch import nn


def simple():
    return nn.Sequential(
        nn.Conv2d(1, 30, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(4320, 100), nn.ReLU(), nn.Linear(100, 10))


def deep():
    def conv(i, o, pad=1):
        return [nn.Conv2d(i, o, 3, padding=pad), nn.ReLU()]
    return nn.Sequential(
        *conv(1, 16), *conv(16, 16), nn.MaxPool2d(2),
        *conv(16, 32), *conv(32, 32, 2), nn.MaxPool2d(2),
        *conv(32, 64), *conv(64, 64), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(1024, 50), nn.ReLU(), nn.Dropout(0.5), nn.Linear(50, 10), nn.Dropout(0.5))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))


def main():
    data, name, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    last = name.endswith("-last")
    name = name.removesuffix("-last")
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    images = torch.from_numpy(np.fromfile(f"{data}/images.bin", np.uint8).reshape(-1, 1, 28, 28).astype(np.float32) / 255)
    labels = torch.from_numpy(np.fromfile(f"{data}/labels.bin", np.uint8).astype(np.int64))
    net = {"simple": simple, "deep": deep, "mlp": mlp}[name]()
    if last:
        net = net.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    if name == "mlp":
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    else:
        optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
    loss_of = nn.CrossEntropyLoss()
    seconds = []
    for _ in range(epochs):
        start = time.perf_counter()
        order = torch.randperm(len(images))
        for i in range(0, len(images), 100):
            index = order[i:i + 100]
            x, t = images[index], labels[index]
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(net(x), t)
            loss.backward()
            optimizer.step()
        seconds.append(time.perf_counter() - start)
    net.eval()
    with torch.no_grad():
        one = images[:1]
        for _ in range(200):
            net(one)
        start = time.perf_counter()
        for _ in range(2000):
            net(one)
        latency = (time.perf_counter() - start) / 2000
        batch = images[:100]
        start = time.perf_counter()
        for _ in range(200):
            net(batch)
        throughput = 200 * 100 / (time.perf_counter() - start)
    print(json.dumps({"version": f"PyTorch {torch.__version__}", "seconds": seconds, "loss": loss.item(), "latency": latency, "images_per_second": throughput,
                      "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


main()
