"""Our own small network that continues a garment's cloth into what no photo shows.

A pure module: no files, no device choice. Weights are trained by ``pipelines/train_inpaint.py`` and
loaded, strictly, by ``backends/inpaint.py``.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDE = 16  # px; sides of the input are multiples of it
WIDTHS = (16, 32, 64, 96)


class FillNet(nn.Module):
    """Colours for the unseen part of one garment, from its seen part.

    It begins with :func:`spread`, the seen colours averaged outwards, and adds what a U-Net of gated
    convolutions (Yu et al. 2019, "Free-form image inpainting with gated convolution") makes of the
    seen cloth: folds, stripes, seams that go on. Where it knows nothing it adds nothing, so its worst
    answer is a smooth continuation of the garment's colours. One attention at an eighth of the size
    lets hidden places look at seen ones only.
    """

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d = WIDTHS
        self.stem = Gated(20, a)
        self.down_b = nn.Sequential(Gated(a, b, stride=2), Gated(b, b))
        self.down_c = nn.Sequential(Gated(b, c, stride=2), Gated(c, c))
        self.attend = Attention(c)
        self.down_d = nn.Sequential(
            Gated(c, d, stride=2), Gated(d, d, dilation=2), Gated(d, d, dilation=4), Gated(d, d)
        )
        self.up_c = Gated(d + c, c)
        self.up_b = Gated(c + b, b)
        self.up_a = Gated(b + a, a)
        self.out = nn.Conv2d(a, 12, 3, padding=1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)  # type: ignore[arg-type]

    def forward(self, image: Tensor, seen: Tensor, outline: Tensor) -> Tensor:
        """Fill a garment.

        Args:
            image: (n, 3, h, w) float, RGB in [0, 1]; what is not seen may hold anything.
            seen: (n, 1, h, w) float in [0, 1], 1 where ``image`` shows the garment.
            outline: (n, 1, h, w) float in [0, 1], the whole garment.

        Returns:
            (n, 3, h, w) float32 in [0, 1]: ``image`` where seen, the filling elsewhere.
        """
        image, seen = image.float(), seen.float()
        flat = spread(image, seen)
        weight = seen.sum(dim=(2, 3), keepdim=True).clamp(min=1.0)
        mean = (image * seen).sum(dim=(2, 3), keepdim=True) / weight
        known = image * seen + flat * (1 - seen)
        x = F.pixel_unshuffle(torch.cat([(known - mean) * 2, seen, outline.float()], dim=1), 2)
        a = self.stem(x.contiguous(memory_format=torch.channels_last))
        b = self.down_b(a)
        c = self.down_c(b)
        c = c + self.attend(c, F.avg_pool2d(seen, 8))
        d = self.down_d(c)
        c = self.up_c(torch.cat([_twice(d), c], dim=1))
        b = self.up_b(torch.cat([_twice(c), b], dim=1))
        a = self.up_a(torch.cat([_twice(b), a], dim=1))
        added = F.pixel_shuffle(self.out(a), 2).float()
        filled: Tensor = image * seen + (flat + added).clamp(0, 1) * (1 - seen)
        return filled


class Gated(nn.Module):
    """A convolution whose every output is weighed by a gate that is learned beside it."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.both = nn.Conv2d(
            inputs, 2 * outputs, 3, stride=stride, padding=dilation, dilation=dilation
        )

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.both(x).chunk(2, dim=1)
        return F.silu(value) * torch.sigmoid(gate)


class Attention(nn.Module):
    """Every place looks at the seen places that resemble it, and at nothing else."""

    HEADS, SIZE = 3, 16

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = self.HEADS * self.SIZE
        self.query = nn.Conv2d(channels, inner, 1)
        self.key = nn.Conv2d(channels, inner, 1)
        self.value = nn.Conv2d(channels, inner, 1)
        self.out = nn.Conv2d(inner, channels, 1)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """(n, c, h, w), and (n, 1, h, w) the seen share of every place -> (n, c, h, w)."""
        n, _, h, w = x.shape
        q, k, v = (
            part(x).reshape(n, self.HEADS, self.SIZE, h * w).transpose(2, 3)
            for part in (self.query, self.key, self.value)
        )
        bias = (seen.reshape(n, 1, 1, h * w) + 1e-4).log().to(q.dtype)
        found = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.expand(n, 1, h * w, h * w))
        answer: Tensor = self.out(found.transpose(2, 3).reshape(n, -1, h, w))
        return answer


def spread(image: Tensor, seen: Tensor) -> Tensor:
    """Seen colours averaged outwards over the whole picture, smoothly (push-pull: Gortler et al.
    1996): (n, 3, h, w) float32.

    Args:
        image: (n, 3, h, w) float32.
        seen: (n, 1, h, w) float32 in [0, 1]. Where nothing at all is seen the answer is grey.
    """
    inks, weights = [image * seen], [seen]
    while min(inks[-1].shape[2:]) > 1:
        # Sums that never shrink faster than they must: one seen pixel is worth a whole cell.
        ink = F.avg_pool2d(inks[-1], 2, ceil_mode=True)
        weight = F.avg_pool2d(weights[-1], 2, ceil_mode=True)
        lift = (4 * weight).clamp(max=1.0) / weight.clamp(min=1e-6)
        inks.append(ink * lift)
        weights.append(weight * lift)
    out = torch.full_like(inks[-1], 0.5)
    out = out * (1 - weights[-1]) + inks[-1]
    for ink, weight in zip(inks[-2::-1], weights[-2::-1], strict=True):
        size = (ink.shape[2], ink.shape[3])
        out = F.interpolate(out, size=size, mode="bilinear", align_corners=False)
        out = ink + out * (1 - weight)
    return out


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")
