"""Writes golden cases of layers, computed by PyTorch 1.13 in float64:

    /usr/bin/python3 internal/golden/layers.py layers/testdata/golden

(Debian's package python3-torch). Values come from a fixed seed, so the files
are the same each time.
"""

import json
import sys

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(12)
torch.set_default_dtype(torch.float64)

CHANNELS_LAST = (
    "Tensors are flat lists with their shape: rank 4 is N,H,W,C, rank 2 is N,C; filters are O,KH,KW,I. "
    "dx and so on are the gradients of sum(y*dy)."
)


def plain(t):
    """t with 9 digits, channels last."""
    t = t.detach()
    if t.dim() == 4:
        t = t.permute(0, 2, 3, 1)
    return {"shape": list(t.shape), "data": [float(f"{v:.9g}") for v in t.reshape(-1).tolist()]}


def rounded(*shape):
    """A random leaf that has the digits of the file, and no more than float32 has."""
    t = torch.randn(*shape).float().double()
    t = torch.tensor([float(f"{v:.9g}") for v in t.reshape(-1).tolist()]).float().double()
    return t.reshape(*shape).requires_grad_()


def write(name, notes, cases):
    with open(f"{sys.argv[1]}/{name}.json", "w") as f:
        head = {"source": f"PyTorch {torch.__version__}, float64", "notes": notes}
        f.write(json.dumps(head)[:-1] + ',\n"cases": [\n')
        f.write(",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]}\n")


def general_convolution():
    cases = []
    for n, h, w, c, o, kernel, stride, dilation, groups, pads in [
        (2, 6, 5, 3, 4, (3, 3), (1, 1), 2, 1, (2, 2, 2, 2)),
        (1, 9, 8, 2, 3, (3, 3), (2, 2), 3, 1, (1, 1, 1, 1)),
        (2, 5, 6, 4, 6, (3, 3), (1, 1), 1, 2, (1, 1, 1, 1)),
        (1, 4, 5, 32, 32, (3, 3), (1, 1), 1, 2, (1, 1, 1, 1)),
        (2, 6, 7, 5, 5, (3, 3), (1, 1), 1, 5, (1, 1, 1, 1)),
        (1, 7, 6, 17, 17, (3, 3), (2, 2), 1, 17, (0, 1, 0, 1)),
        (1, 6, 6, 3, 6, (2, 2), (1, 1), 2, 3, (0, 0, 0, 0)),
        (2, 5, 9, 2, 3, (1, 4), (1, 3), 1, 1, (0, 0, 2, 1)),
        (1, 8, 4, 2, 2, (5, 2), (2, 1), 1, 1, (3, 1, 0, 1)),
    ]:
        x, weight, bias = rounded(n, c, h, w), rounded(o, c // groups, *kernel), rounded(o)
        top, bottom, left, right = pads
        y = F.conv2d(F.pad(x, (left, right, top, bottom)), weight, bias, stride, 0, dilation, groups)
        dy = rounded(*y.shape)
        dx, dw, db = torch.autograd.grad(y, (x, weight, bias), dy)
        cases.append({
            "filters": o, "kernel": kernel[0], "kernelW": kernel[1], "stride": stride[0], "strideW": stride[1],
            "dilation": dilation, "groups": groups, "padTop": top, "padBottom": bottom, "padLeft": left, "padRight": right,
            "x": plain(x), "w": plain(weight), "b": plain(bias)["data"], "y": plain(y), "dy": plain(dy),
            "dx": plain(dx), "dw": plain(dw), "db": plain(db)["data"],
        })
    write("general_convolution", CHANNELS_LAST, cases)


def global_average_pooling():
    cases = []
    for shape in [(2, 3, 4, 5), (1, 17, 7, 1), (3, 2, 1, 1)]:
        x = rounded(*shape)
        y = F.adaptive_avg_pool2d(x, 1)
        dy = rounded(*y.shape)
        (dx,) = torch.autograd.grad(y, x, dy)
        cases.append({"x": plain(x), "y": plain(y), "dy": plain(dy), "dx": plain(dx)})
    write("global_average_pooling", CHANNELS_LAST, cases)


def layer_normalization():
    cases = []
    for shape, eps in [((2, 3, 4, 5), 1e-5), ((3, 9), 1e-5), ((2, 17, 3, 2), 0.1), ((1, 40), 1e-3)]:
        x = rounded(*shape)
        layer = nn.LayerNorm(shape[1:], eps)
        layer.weight = nn.Parameter(rounded(*shape[1:]).detach())
        layer.bias = nn.Parameter(rounded(*shape[1:]).detach())
        y = layer(x)
        dy = rounded(*y.shape)
        dx, dgamma, dbeta = torch.autograd.grad(y, (x, layer.weight, layer.bias), dy)
        one = lambda t: plain(t[None])["data"]
        cases.append({
            "eps": eps, "x": plain(x), "y": plain(y), "dy": plain(dy), "dx": plain(dx),
            "gamma": one(layer.weight), "beta": one(layer.bias), "dgamma": one(dgamma), "dbeta": one(dbeta),
        })
    write("layer_normalization", CHANNELS_LAST + " Statistics are over all values of a sample.", cases)


class Block(nn.Module):
    """body(x) + shortcut(x)."""

    def __init__(self, body, shortcut=None):
        super().__init__()
        self.body, self.shortcut = body, shortcut or nn.Sequential()

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def residual():
    """A block with a projected shortcut, and within it a block without."""
    inner = Block(nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Tanh(), nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4)))
    outer = Block(
        nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.Tanh(), inner, nn.Tanh()),
        nn.Sequential(nn.Conv2d(3, 4, 1, 2), nn.BatchNorm2d(4)),
    )
    params = list(outer.parameters())
    with torch.no_grad():
        for p in params:
            p.copy_(rounded(*p.shape) * 0.5)
            p.copy_(p.float().double())
    x = rounded(8, 3, 6, 5)
    y = outer(x)
    dy = rounded(*y.shape)
    dx, *grads = torch.autograd.grad(y, [x] + params, dy)
    case = {
        "x": plain(x), "y": plain(y), "dy": plain(dy), "dx": plain(dx),
        "params": [plain(p)["data"] for p in params], "dparams": [plain(g)["data"] for g in grads],
    }
    write("residual", CHANNELS_LAST + " params are those of the body, block within block, and then the shortcut's.", [case])


general_convolution()
global_average_pooling()
layer_normalization()
residual()
