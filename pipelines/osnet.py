"""OSNet x0.25 (Zhou, Yang, Cavallaro, Xiang, ICCV 2019), written from its paper: a baseline only.

Person re-identification weights know clothes across cameras; theirs are trained on research data
and are never shipped. Parameter names are those of the published weights.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STEM, STAGES, EMBEDDED = 16, (64, 96, 128), 512


class ConvNorm(nn.Module):
    """Convolution and batch normalisation."""

    def __init__(self, inputs: int, outputs: int, side: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, side, stride, side // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.bn(self.conv(x))
        return out


class LightConv(nn.Module):
    """The paper's Lite 3x3: a pointwise convolution, then one per channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv2(self.conv1(x))))


class Gate(nn.Module):
    """The aggregation gate: how much each channel of a stream counts, from its own mean."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // 16, 1)
        self.fc2 = nn.Conv2d(channels // 16, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.fc2(F.relu(self.fc1(x.mean(dim=(2, 3), keepdim=True))))
        return x * weight.sigmoid()


class Block(nn.Module):
    """Four streams of one to four Lite 3x3 layers, gated alike and summed; a residual."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        middle = outputs // 4
        self.conv1 = ConvNorm(inputs, middle)
        self.conv2a = LightConv(middle)
        self.conv2b, self.conv2c, self.conv2d = (
            nn.Sequential(*(LightConv(middle) for _ in range(n))) for n in (2, 3, 4)
        )
        self.gate = Gate(middle)
        self.conv3 = ConvNorm(middle, outputs)
        self.downsample = ConvNorm(inputs, outputs) if inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        inside = F.relu(self.conv1(x))
        streams = (self.conv2a, self.conv2b, self.conv2c, self.conv2d)
        fused = sum((self.gate(s(inside)) for s in streams[1:]), self.gate(streams[0](inside)))
        return F.relu(self.conv3(fused) + (self.downsample(x) if self.downsample else x))


class Shrink(nn.Module):
    """Between stages: a pointwise convolution, then half the size."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.add_module("0", ConvNorm(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(F.relu(self.get_submodule("0")(x)), 2)


class OSNet(nn.Module):
    """(n, 3, h, w) RGB in [0, 1] -> (n, 512); 256 x 128 px is what it was trained on."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c = STAGES
        self.conv1 = ConvNorm(3, STEM, 7, 2)
        self.conv2 = nn.Sequential(Block(STEM, a), Block(a, a), Shrink(a))
        self.conv3 = nn.Sequential(Block(a, b), Block(b, b), Shrink(b))
        self.conv4 = nn.Sequential(Block(b, c), Block(c, c))
        self.conv5 = ConvNorm(c, c)
        self.fc = nn.Sequential(nn.Linear(c, EMBEDDED), nn.BatchNorm1d(EMBEDDED), nn.ReLU())
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1), False)
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1), False)
        self.mean: Tensor
        self.std: Tensor

    def forward(self, image: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1((image - self.mean) / self.std)), 3, 2, 1)
        x = F.relu(self.conv5(self.conv4(self.conv3(self.conv2(x)))))
        out: Tensor = self.fc(x.mean(dim=(2, 3)))
        return out


def load(path: Path) -> OSNet:
    """The published weights, strictly, without their classifier."""
    tensors = torch.load(path, weights_only=True, map_location="cpu")
    tensors = tensors.get("state_dict", tensors)
    net = OSNet()
    net.load_state_dict({k: v for k, v in tensors.items() if not k.startswith("classifier.")})
    return net.eval()
