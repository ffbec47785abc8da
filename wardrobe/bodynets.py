"""Our own small networks that look at a body: where its joints are, and how far what it wears reaches.

Pure modules, as ``nets``.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wardrobe import reach
from wardrobe.types import JOINTS


class JointMaps(nn.Module):
    """Where each joint may be, whoever's it is, on a pose network's finest features.

    A small U-Net: which of two knees one is can't be told from the knee. See :mod:`wardrobe.limbs`.
    ``trust``: a joint's visibility from the logits of what that network says of it and of the chance on its
    map; two weights and an offset, fitted. ``inputs``: channels, stride 8.
    """

    STRIDE = 8

    def __init__(self, inputs: int = 64, widths: tuple[int, int, int] = (64, 96, 128)) -> None:
        super().__init__()
        a, b, c = widths
        self.fine = _look(inputs, a)
        self.halved = nn.Sequential(_look(a, b, stride=2), _look(b, b))
        self.quartered = nn.Sequential(_look(b, c, stride=2), _look(c, c))
        self.to_half, self.to_fine = nn.Conv2d(c, b, 1), nn.Conv2d(b, a, 1)
        self.said = nn.Sequential(_look(a, a), nn.Conv2d(a, len(JOINTS), 1))
        self.register_buffer("trust", torch.tensor([1.0, 0.0, 0.0]))
        self.trust: Tensor

    def forward(self, features: Tensor) -> Tensor:
        """(n, inputs, h, w), sides multiples of 4 -> chances (n, 17, h, w) in [0, 1]."""
        fine = self.fine(features)
        half = self.halved(fine)
        half = half + _twice(self.to_half(self.quartered(half)))
        return torch.as_tensor(self.said(fine + _twice(self.to_fine(half))).sigmoid())


def _look(inputs: int, width: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(nn.Conv2d(inputs, width, 3, stride, 1), nn.SiLU(inplace=True))


def _twice(x: Tensor) -> Tensor:
    return nn.functional.interpolate(x, scale_factor=2, mode="bilinear")


class ReachNet(nn.Module):
    """How far a garment reaches: a small U-Net over ``wardrobe.reach``'s square.

    Args:
        widths: channels at each of four depths.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (12, 24, 48, 96)) -> None:
        super().__init__()
        a, b, c, d = widths
        self.into = nn.ModuleList(
            [_block(i, o) for i, o in ((reach.PLANES, a), (a, b), (b, c), (c, d))]
        )
        self.out_of = nn.ModuleList([_block(i, o) for i, o in ((d + c, c), (c + b, b), (b + a, a))])
        self.facts = nn.Sequential(
            nn.Linear(reach.FACTS + d, 128), nn.ReLU(inplace=True), nn.Linear(128, d + 1)
        )
        self.mask = nn.Conv2d(a, 1, 1)

    def forward(self, planes: Tensor, facts: Tensor) -> tuple[Tensor, Tensor]:
        """(n, PLANES, 48, 48) and (n, FACTS) -> logits of the garment's cells with its hidden parts
        (n, 48, 48), and of the share of it that is visible (n,): the second is worse by itself, and
        is there because learning it helps the first."""
        depths: list[Tensor] = []
        x = planes
        for k, layer in enumerate(self.into):
            x = layer(x if k == 0 else F.avg_pool2d(x, 2))
            depths.append(x)
        told = self.facts(torch.cat([facts, x.mean(dim=(2, 3))], dim=1))
        x = x + told[:, :-1, None, None]
        for layer, beside in zip(self.out_of, depths[-2::-1], strict=True):
            x = layer(torch.cat([F.interpolate(x, scale_factor=2.0), beside], dim=1))
        return self.mask(x).squeeze(1), told[:, -1]


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True), nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
    )  # fmt: skip
