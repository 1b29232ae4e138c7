"""Loads a model of tatami into PyTorch, with nothing but PyTorch and numpy.

    from tatami_in_pytorch import load
    model, classes = load('model.safetensors')   # images: N,C,H,W, pixels from 0 to 1
"""
import json
import struct

import numpy as np
import torch
from torch import nn


def read(path):
    """The metadata and tensors of a safetensors file."""
    data = open(path, 'rb').read()
    length = struct.unpack('<Q', data[:8])[0]
    header = json.loads(data[8:8 + length])
    metadata = header.pop('__metadata__')
    values = data[8 + length:]
    return metadata, {
        name: torch.from_numpy(np.frombuffer(values[slice(*t['data_offsets'])], '<f4').reshape(t['shape']).copy())
        for name, t in header.items()}


class Standardize(nn.Module):
    def __init__(self, mean, deviation):
        super().__init__()
        self.register_buffer('mean', mean)
        self.register_buffer('deviation', deviation)

    def forward(self, x):
        sides = [1] * (x.dim() - 2)
        return (x - self.mean.view(1, -1, *sides)) / self.deviation.view(1, -1, *sides)


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def load(path):
    metadata, tensors = read(path)
    described = json.loads(metadata['architecture'])
    image = described['input']['H'] * described['input']['W'] > 1
    return build(described['layers'], tensors, '', image).eval(), json.loads(metadata.get('classes', '[]'))


def build(described, tensors, prefix, image):
    """The layers whose tensors have names that begin with prefix."""
    layers = []
    for i, s in enumerate(described, 1):
        kind = s['type']
        own = f'{prefix}{i}.{kind.lower()}.'
        t = lambda name: tensors[own + name]
        if kind == 'Convolution':
            w = t('weight').permute(0, 3, 1, 2).contiguous()  # O,KH,KW,I to O,I,KH,KW
            groups = s.get('Groups', 1)
            stride = s.get('Stride', 1)
            more = [s.get('Pad' + side, 0) for side in ('Left', 'Right', 'Top', 'Bottom')]
            if any(more):
                layers.append(nn.ZeroPad2d(more))
            layer = nn.Conv2d(w.shape[1] * groups, w.shape[0], w.shape[2:], (stride, s.get('StrideW', stride)), s.get('Pad', 0), s.get('Dilation', 1), groups)
            layer.weight.data, layer.bias.data = w, t('bias')
        elif kind == 'Affine':
            w = t('weight')
            if w.dim() == 4:  # UNITS,H,W,C to UNITS,C,H,W, as Flatten has the inputs
                w = w.permute(0, 3, 1, 2)
            w = w.reshape(len(w), -1).contiguous()
            if image:
                layers.append(nn.Flatten())
            image = False
            layer = nn.Linear(w.shape[1], w.shape[0])
            layer.weight.data, layer.bias.data = w, t('bias')
        elif kind == 'BatchNormalization':
            layer = (nn.BatchNorm2d if image else nn.BatchNorm1d)(len(t('gamma')), s.get('Epsilon', 1e-5), s.get('Momentum', 0.1))
            layer.weight.data, layer.bias.data = t('gamma'), t('beta')
            layer.running_mean, layer.running_var = t('mean'), t('variance')
        elif kind == 'LayerNormalization':
            gamma, beta = t('gamma'), t('beta')
            if image:  # H,W,C to C,H,W
                gamma, beta = gamma.permute(2, 0, 1).contiguous(), beta.permute(2, 0, 1).contiguous()
            layer = nn.LayerNorm(gamma.shape, s.get('Epsilon', 1e-5))
            layer.weight.data, layer.bias.data = gamma, beta
        elif kind == 'Pooling':
            size, stride, pad = s['Size'], s.get('Stride', s['Size']), s.get('Pad', 0)
            layer = nn.AvgPool2d(size, stride, pad, count_include_pad=False) if s.get('Average') else nn.MaxPool2d(size, stride, pad)
        elif kind == 'GlobalAveragePooling':
            layer, image = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), False
        elif kind == 'Residual':
            body, shortcut = (build(s.get(part) or [], tensors, f'{own}{part.lower()}.', image) for part in ('Body', 'Shortcut'))
            layer = Residual(body, shortcut)
        elif kind == 'Dropout':
            layer = nn.Dropout(s.get('Ratio', 0))
        elif kind in ('ReLU', 'Sigmoid', 'Tanh', 'GELU'):
            layer = getattr(nn, kind)()
        elif kind == 'LeakyReLU':
            layer = nn.LeakyReLU(s.get('Slope', 0.01))
        elif kind == 'Standardize':
            layer = Standardize(torch.tensor(s['Mean']), torch.tensor(s['Deviation']))
        elif kind == 'Softmax':
            layer = nn.Softmax(1)
        else:
            raise ValueError(f'layer {i} is {kind}: add what it is in PyTorch here')
        layers.append(layer)
    return nn.Sequential(*layers)
