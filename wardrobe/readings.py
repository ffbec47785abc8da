"""What the pixels under a garment's mask say, as numbers: statistics, colours, outline.

Pure modules and functions without weights of their own, for ``nets``.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_LAB_FROM_LINEAR = (  # sRGB primaries, each row divided by the D65 white
    (0.433953, 0.376219, 0.189828),
    (0.212671, 0.715160, 0.072169),
    (0.017758, 0.109477, 0.872765),
)


def masked_statistics(x: Tensor, mask: Tensor) -> Tensor:
    """Mean and spread under the mask: (n, c, h, w) and (n, 1, H, W) -> (n, 2 c) float32."""
    weight = _weights(F.adaptive_avg_pool2d(mask.float(), (x.shape[2], x.shape[3]))).flatten(2)
    pixels = x.float().flatten(2).transpose(1, 2)  # (n, h w, c)
    mean = torch.bmm(weight, pixels).squeeze(1)
    variance = torch.bmm(weight, pixels.square()).squeeze(1) - mean.square()
    return torch.cat([mean, (variance.clamp(min=0) + 1e-4).sqrt()], dim=1)


def masked_products(x: Tensor, mask: Tensor) -> Tensor:
    """How the channels vary together under the mask: covariances, their size taken down to its root.

    (n, c, h, w) and (n, 1, H, W) -> (n, c (c + 1) / 2) float32. Where it lies on the garment says
    nothing, so a check stays a check when the cloth turns or folds.
    """
    weight = _weights(F.adaptive_avg_pool2d(mask.float(), (x.shape[2], x.shape[3]))).flatten(2)
    pixels = x.float().flatten(2)  # (n, c, h w)
    mean = (pixels * weight).sum(dim=2, keepdim=True)
    off = pixels - mean
    together = torch.bmm(off * weight, off.transpose(1, 2))
    upper = torch.triu_indices(x.shape[1], x.shape[1], device=x.device)
    flat = together[:, upper[0], upper[1]]
    return flat / (flat.abs() + 0.01).sqrt()


def _weights(mask: Tensor) -> Tensor:
    return mask / mask.sum(dim=(2, 3), keepdim=True).clamp(min=1e-6)


class ColourReading(nn.Module):
    """Lab colour under the mask, moments and soft histograms: as seen, and the light taken out.

    "Taken out" scales each linear channel so that the garment's own mean is grey: a print keeps
    its contrasts under a lamp of any colour, while a plain garment keeps none, which is why both
    readings are given. Last, the lamp-free colours by place: how each cell of a 4 x 4 grid differs
    from the garment as a whole.
    """

    AB_BINS, L_BINS, GRID = 9, 8, 4
    each = AB_BINS * AB_BINS + L_BINS + 6
    size = 2 * each + 2 + 3 * GRID * GRID

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("to_xyz", torch.tensor(_LAB_FROM_LINEAR), persistent=False)
        self.to_xyz: Tensor

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        """(n, 3, h, w) RGB in [0, 1] and (n, 1, h, w) -> (n, size) float32."""
        small = F.avg_pool2d(mask, 4)
        rgb = F.avg_pool2d(image * mask, 4) / small.clamp(min=1e-6)
        weight = _weights(small * small).flatten(2)  # (n, 1, p); edge pixels mixed in least
        linear = _linear(rgb.clamp(0, 1)).flatten(2)  # (n, 3, p)
        mean = (linear * weight).sum(dim=2, keepdim=True).clamp(min=1e-3)
        log_mean = mean.squeeze(2).log()
        tint = torch.stack([log_mean[:, 0] - log_mean[:, 1], log_mean[:, 2] - log_mean[:, 1]], 1)
        seen, free = self._lab(linear), self._lab(linear * 0.2 / mean)
        told = [self._describe(seen, weight), self._describe(free, weight), tint]
        return torch.cat([*told, self._by_place(free, weight, small.shape[2:])], dim=1)

    def _lab(self, linear: Tensor) -> Tensor:
        """CIELAB in hundreds of (n, 3, p) linear RGB."""
        xyz = torch.einsum("ij,njp->nip", self.to_xyz, linear)
        f = torch.where(xyz > 0.008856, xyz.clamp(min=0.008856) ** (1 / 3), 7.787 * xyz + 16 / 116)
        lightness = 1.16 * f[:, 1] - 0.16
        a, b = (f[:, 0] - f[:, 1]) * 5, (f[:, 1] - f[:, 2]) * 2
        return torch.stack([lightness, a, b], dim=1)

    def _describe(self, lab: Tensor, weight: Tensor) -> Tensor:
        mean = (lab * weight).sum(dim=2)
        spread = ((lab - mean.unsqueeze(2)).square() * weight).sum(dim=2).clamp(min=0)
        light_bins = _tents(lab[:, 0], 0.0, 1.0, self.L_BINS)
        a_bins, b_bins = (_tents(lab[:, k], -0.7, 0.7, self.AB_BINS) for k in (1, 2))
        chroma = torch.bmm(a_bins * weight, b_bins.transpose(1, 2)).flatten(1)
        light = (light_bins * weight).sum(dim=2)
        return torch.cat(
            [mean, (spread + 1e-4).sqrt(), (chroma + 1e-4).sqrt(), (light + 1e-4).sqrt()], dim=1
        )

    def _by_place(self, lab: Tensor, weight: Tensor, size: torch.Size) -> Tensor:
        off = (lab - (lab * weight).sum(dim=2, keepdim=True)) * weight
        off, share = (F.adaptive_avg_pool2d(x.unflatten(2, size), self.GRID) for x in (off, weight))
        # A cell that holds little of the garment says little: a hundredth of its share is added.
        least = 0.01 * share.sum(dim=(2, 3), keepdim=True).clamp(min=1e-9)
        return (off / (share + least)).flatten(1)


def _linear(srgb: Tensor) -> Tensor:
    return torch.where(
        srgb <= 0.04045, srgb / 12.92, ((srgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4
    )


def _tents(value: Tensor, low: float, high: float, bins: int) -> Tensor:
    """Share of each value (n, p) in overlapping triangular bins: (n, bins, p), summing to 1."""
    at = ((value - low) / (high - low)).clamp(0, 1) * (bins - 1)
    centres = torch.arange(bins, device=value.device, dtype=value.dtype).view(1, bins, 1)
    return (1 - (at.unsqueeze(1) - centres).abs()).clamp(min=0)


class ShapeReading(nn.Module):
    """The outline: a coarse drawing of the mask, its extent, fill and second moments."""

    GRID = 12
    size = GRID * GRID + 9

    def forward(self, mask: Tensor) -> Tensor:
        """(n, 1, h, w) -> (n, size) float32."""
        columns, rows = mask.amax(dim=2).mean(dim=2), mask.amax(dim=3).mean(dim=2)  # (n, 1)
        area = mask.mean(dim=(2, 3))
        weight = _weights(mask).squeeze(1)
        n, h, w = weight.shape
        y = torch.linspace(-1, 1, h, device=mask.device).view(1, h, 1)
        x = torch.linspace(-1, 1, w, device=mask.device).view(1, 1, w)
        cy, cx = ((weight * v).sum(dim=(1, 2)).view(n, 1, 1) for v in (y, x))
        moments = [
            (weight * p * q).sum(dim=(1, 2)).unsqueeze(1)
            for p, q in ((y - cy, y - cy), (x - cx, x - cx), (y - cy, x - cx))
        ]
        aspect = (rows.clamp(min=1e-3) / columns.clamp(min=1e-3)).log()
        fill = area / (rows * columns).clamp(min=1e-3)
        drawing = F.adaptive_avg_pool2d(mask, self.GRID).flatten(1)
        return torch.cat(
            [drawing, rows, columns, area, fill, aspect, cy.flatten(1), *moments], dim=1
        )
