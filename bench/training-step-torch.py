"""The yardstick of bench/training-step.mjs: the same net, optimiser and batch in PyTorch, channels last.

Reads one line per round, the number of steps; answers with their times in milliseconds, as JSON.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

width, side, batch, threads = float(sys.argv[1]), *map(int, sys.argv[2:5])
torch.set_num_threads(threads)
torch.manual_seed(1)


def channels_of(wanted):
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


def conv_norm(inputs, outputs, kernel, stride, groups=1, is_active=True):
    parts = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*parts, *([nn.ReLU(inplace=True)] if is_active else []))


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        inner = inputs * expansion
        expand = [conv_norm(inputs, inner, 1, 1)] if expansion > 1 else []
        rest = [conv_norm(inner, inner, 3, stride, inner), conv_norm(inner, outputs, 1, 1, is_active=False)]
        self.body = nn.Sequential(*expand, *rest)
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.body(x) if self.is_residual else self.body(x)


def mobilenet_v2(classes=10):
    channels = channels_of(32 * width)
    layers = [conv_norm(3, channels, 3, 2)]
    stages = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    for expansion, base, blocks, first in stages:
        for block in range(blocks):
            outputs = channels_of(base * width)
            layers.append(InvertedResidual(channels, outputs, first if block == 0 else 1, expansion))
            channels = outputs
    last = channels_of(1280 * max(1, width))
    head = [conv_norm(channels, last, 1, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(last, classes)]
    return nn.Sequential(*layers, *head)


net = mobilenet_v2().to(memory_format=torch.channels_last).train()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
pictures = torch.rand(batch, 3, side, side).to(memory_format=torch.channels_last)
targets = torch.arange(batch) % 10

for line in sys.stdin:
    times = []
    for _ in range(int(line)):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(net(pictures), targets).backward()
        optimizer.step()
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"version": torch.__version__, "times": times}), flush=True)
