"""Writes golden cases of how a picture becomes an input, computed by Pillow 9.4,
and of what a network makes of it, computed by PyTorch 1.13 in float64:

    /usr/bin/python3 internal/golden/pictures.py datasets/testdata/golden

(Debian's packages python3-pil and python3-torch).
"""

import json
import math
import sys

import PIL
import torch
import torch.nn.functional as F
from PIL import Image

torch.manual_seed(14)
torch.set_default_dtype(torch.float64)


def picture(height, width):
    """Waves of another length in each channel."""
    img = Image.new("RGB", (width, height))
    img.putdata([
        tuple(round(127.5 + 127.5 * math.sin(k + (k + 1) * (0.31 * y + 0.17 * x))) for k in range(3))
        for y in range(height) for x in range(width)
    ])
    return img


def fitted(img, fit, height, width):
    w, h = img.size
    shrinks = h > height or w > width
    method = Image.BOX if shrinks else Image.BILINEAR
    if fit == "stretch":
        return img.resize((width, height), method)
    if fit == "cover":
        scale = min(w / width, h / height)
        cw, ch = scale * width, scale * height
        return img.resize((width, height), method, ((w - cw) / 2, (h - ch) / 2, (w + cw) / 2, (h + ch) / 2))
    scale = max(w / width, h / height)
    part = img.resize((round(w / scale), round(h / scale)), method)
    out = Image.new("RGB", (width, height))
    out.paste(part, ((width - part.size[0]) // 2, (height - part.size[1]) // 2))
    return out


cases = []
for fit, h, w, height, width, channels in [
    ("cover", 12, 16, 4, 4, 3),
    ("cover", 20, 10, 5, 5, 1),
    ("stretch", 12, 16, 6, 4, 3),
    ("contain", 16, 12, 8, 8, 3),
    ("contain", 6, 18, 9, 9, 1),
    ("cover", 5, 7, 10, 10, 3),
    ("stretch", 6, 6, 6, 6, 3),
]:
    img = picture(h, w)
    out = fitted(img, fit, height, width)
    if channels == 1:
        out = out.convert("L")
    x = torch.tensor(list(out.getdata())).reshape(1, height, width, channels).permute(0, 3, 1, 2) / 255
    mean, deviation = torch.rand(channels) * 0.5 + 0.25, torch.rand(channels) * 0.2 + 0.1
    weight, bias = torch.randn(4, channels, 3, 3).float().double(), torch.randn(4).float().double()
    y = F.conv2d((x - mean[:, None, None]) / deviation[:, None, None], weight, bias, padding=1)
    number = lambda t: [float(f"{v:.9g}") for v in t.reshape(-1).tolist()]
    cases.append({
        "fit": fit, "height": h, "width": w, "shape": [height, width, channels],
        "picture": [v for p in img.getdata() for v in p], "pixels": [v for p in out.getdata() for v in (p if channels > 1 else [p])],
        "mean": number(mean), "deviation": number(deviation),
        "weight": number(weight.permute(0, 2, 3, 1)), "bias": number(bias), "y": number(y.permute(0, 2, 3, 1)),
    })

with open(f"{sys.argv[1]}/pictures.json", "w") as f:
    head = {
        "source": f"Pillow {PIL.__version__}, PyTorch {torch.__version__} in float64",
        "notes": "picture is height×width×3 bytes, pixels what it becomes in shape; y is a convolution, padded by 1, of (pixels/255-mean)/deviation, "
        "filters as O,KH,KW,I. Pillow rounds after each direction, so a pixel may be one off.",
    }
    f.write(json.dumps(head)[:-1] + ',\n"cases": [\n')
    f.write(",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]}\n")
