"""Exports networks with PyTorch: for each a line "name dims", and in the folder
given the files name.onnx, name.in and name.out, float32 in little-endian order."""
import sys

import torch
from torch import nn

torch.manual_seed(1)


class Residual(nn.Module):
    def __init__(self, c, d, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(c, d, 3, stride, 1, bias=False), nn.BatchNorm2d(d), nn.ReLU(),
            nn.Conv2d(d, d, 3, 1, 1, bias=False), nn.BatchNorm2d(d))
        self.shortcut = nn.Identity() if c == d and stride == 1 else nn.Sequential(
            nn.Conv2d(c, d, 1, stride, bias=False), nn.BatchNorm2d(d))

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


class View(nn.Module):
    def forward(self, x):
        return x.view(x.size(0), -1)


networks = {
    'plain': (nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 12 * 12, 10), nn.Softmax(1)), (1, 28, 28)),
    'view': (nn.Sequential(nn.Conv2d(1, 4, 3), nn.Tanh(), View(), nn.Dropout(), nn.Linear(4 * 26 * 26, 10), nn.LogSoftmax(1)), (1, 28, 28)),
    'normalized': (nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.LeakyReLU(0.1), nn.Flatten(), nn.Linear(8 * 36, 7), nn.BatchNorm1d(7)), (3, 8, 8)),
    'average': (nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.AvgPool2d(3, 2, 1, count_include_pad=False), nn.Sigmoid(), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3)), (3, 9, 10)),
    'strides': (nn.Sequential(nn.Conv2d(2, 6, (3, 2), (2, 1), (1, 0)), nn.GELU(), nn.Conv2d(6, 4, 3, dilation=2, padding=2), nn.MaxPool2d(3, 2, 1), nn.Flatten(), nn.Linear(4 * 3 * 5, 5, bias=False)), (2, 11, 10)),
    'residual': (nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), Residual(4, 4, 1), Residual(4, 8, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)), (1, 12, 12)),
    'depthwise': (nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, groups=4), nn.ReLU(), nn.Conv2d(4, 8, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, groups=8), nn.Flatten(), nn.Linear(16 * 36, 4)), (4, 8, 8)),
    'perceptron': (nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3)), (12,)),
}
for name, (net, shape) in networks.items():
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            for p in module.weight, module.bias, module.running_mean:
                nn.init.uniform_(p, 0.2, 1)
            nn.init.uniform_(module.running_var, 0.5, 2)
    net.eval()
    x = torch.rand(5, *shape)
    for opset in 11, 16:
        for folded in True, False:  # batch normalization within convolutions, or apart
            full = f'{name}-{opset}-{"folded" if folded else "apart"}'
            path = f'{sys.argv[1]}/{full}'
            torch.onnx.export(net, x[:1], path + '.onnx', opset_version=opset, do_constant_folding=folded,
                              training=torch.onnx.TrainingMode.EVAL if folded else torch.onnx.TrainingMode.PRESERVE,
                              input_names=['x'], dynamic_axes={'x': {0: 'batch'}})
            with torch.no_grad():
                y = net(x)
            x.numpy().astype('<f4').tofile(path + '.in')
            y.numpy().astype('<f4').tofile(path + '.out')
            print('case', full, *x.shape)
