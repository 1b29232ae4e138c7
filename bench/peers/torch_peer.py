"""Times an epoch in PyTorch on the CPU, as tatami's peer.

Usage: torch_peer.py DATA NET[-last] EPOCHS
DATA is a folder made by "peers dump": NET.safetensors, the network as tatami has
it, and raw uint8 images (MNIST's, or photographs.bin for networks of 32×32×3) and
labels; -last keeps the channels last in memory. Prints one JSON line: seconds of
each epoch, loss of the last batch, seconds of one image, images a second by the
hundred, peak memory in bytes.
"""
import json
import pathlib
import resource
import sys
import time

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "docs"))
from tatami_in_pytorch import load  # noqa: E402


def main():
    data, name, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    last = name.endswith("-last")
    name = name.removesuffix("-last")
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    net, _ = load(f"{data}/{name}.safetensors")
    net = net[:-1].train()  # the loss has the softmax
    photographs = next(net.parameters()).shape[1] == 3
    file, shape = ("photographs.bin", (32, 32, 3)) if photographs else ("images.bin", (28, 28, 1))
    images = torch.from_numpy(np.fromfile(f"{data}/{file}", np.uint8).reshape(-1, *shape).astype(np.float32) / 255)
    images = images.permute(0, 3, 1, 2).contiguous()
    labels = torch.from_numpy(np.fromfile(f"{data}/labels.bin", np.uint8).astype(np.int64))[:len(images)]
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
    calls, batches = len(images) // 30, len(images) // 300
    with torch.no_grad():
        one = images[:1]
        for _ in range(calls // 10):
            net(one)
        start = time.perf_counter()
        for _ in range(calls):
            net(one)
        latency = (time.perf_counter() - start) / calls
        batch = images[:100]
        start = time.perf_counter()
        for _ in range(batches):
            net(batch)
        throughput = batches * 100 / (time.perf_counter() - start)
    print(json.dumps({"version": f"PyTorch {torch.__version__}", "seconds": seconds, "loss": loss.item(), "latency": latency, "images_per_second": throughput,
                      "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


main()
