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
    """Where each joint may be, and who is seen from behind, on a pose network's finest features.

    See :mod:`wardrobe.limbs`. ``trust``: a joint's visibility from the logits of what that network says
    of it and of the chance on its map; two weights and an offset, fitted. ``inputs``: channels, stride 8.
    """

    STRIDE = 8

    def __init__(self, inputs: int = 64, width: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, width, 3, padding=1), nn.SiLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1), nn.SiLU(inplace=True),
            nn.Conv2d(width, len(JOINTS), 1),
        )  # fmt: skip
        self.facing = nn.Sequential(nn.Linear(3 * inputs, 32), nn.SiLU(), nn.Linear(32, 1))
        self.register_buffer("trust", torch.tensor([1.0, 0.0, 0.0]))
        self.trust: Tensor

    def forward(self, features: Tensor) -> Tensor:
        """(n, inputs, h, w) -> chances (n, 17, h, w) in [0, 1]."""
        return torch.as_tensor(self.layers(features).sigmoid())

    def behind(self, features: Tensor, joints: Tensor) -> Tensor:
        """Chances (m,) that people are seen from behind.

        Args:
            features: (1, inputs, h, w) of their picture.
            joints: (m, 17, 2) x, y in px of the network's input.
        """
        return torch.as_tensor(self.facing(self.looked_at(features, joints)).sigmoid()[:, 0])

    def looked_at(self, features: Tensor, joints: Tensor) -> Tensor:
        """(m, 3 inputs): what lies at the nose and between the shoulders and the hips."""
        at = torch.stack(
            [joints[:, 0], joints[:, 5:7].mean(dim=1), joints[:, 11:13].mean(dim=1)], 1
        )
        h, w = features.shape[2:]
        grid = at / at.new_tensor([w, h]) / self.STRIDE * 2 - 1
        return (
            F.grid_sample(features, grid[None], align_corners=False)[0].permute(1, 2, 0).flatten(1)
        )


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
