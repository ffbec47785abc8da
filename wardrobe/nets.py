"""Our own small networks: what a garment looks like, as 256 numbers and as a name.

Pure modules: no files, no device choice. Weights are trained by ``pipelines/train_embed.py`` and
``train_classify.py`` and loaded, strictly, by ``backends/small.py``.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wardrobe import reach
from wardrobe.labels import CATEGORIES, TYPES
from wardrobe.types import VECTOR_SIZE

INPUT_SIDE = 160  # px, square

#: Finer types in the order of :class:`ClassifyHead`, category by category.
TYPE_NAMES: tuple[str, ...] = tuple(t for c in CATEGORIES for t in TYPES[c])

_LAB_FROM_LINEAR = (  # sRGB primaries, each row divided by the D65 white
    (0.433953, 0.376219, 0.189828),
    (0.212671, 0.715160, 0.072169),
    (0.017758, 0.109477, 0.872765),
)


class GarmentNet(nn.Module):
    """A masked garment crop to a unit vector.

    Three readings of the pixels under the mask, and nothing of those outside it: texture from a
    SqueezeNet 1.1 trunk, pooled inside the mask at three depths; colour as Lab statistics, once as
    photographed and once with the light taken out; shape from the mask itself.

    The vector's cosine is trained so that 0.85 parts same from different garments.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trunk = SqueezeTrunk()
        self.layout = nn.Conv2d(512, 48, 1)
        size = 2 * (128 + 256 + 512) + 48 * 9 + ColourReading.size + ShapeReading.size
        self.colour = ColourReading()
        self.shape = ShapeReading()
        self.standard = nn.BatchNorm1d(size)
        self.neck = nn.Sequential(
            nn.Linear(size, 512),
            nn.BatchNorm1d(512),
            nn.ReLU(inplace=True),
            nn.Linear(512, VECTOR_SIZE),
        )
        self.feature_size = size

    def forward(self, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Describe garments.

        Args:
            image: (n, 3, 160, 160) float, RGB in [0, 1].
            mask: (n, 1, 160, 160) float in [0, 1], share of each pixel that is garment.

        Returns:
            (n, 256) float32 unit vectors, and (n, feature_size) float32 standardised features,
            the input of :class:`ClassifyHead`.
        """
        shallow, middle, deep = self.trunk(image, mask)
        coarse = F.avg_pool2d(mask, 4)  # pooling it from full size again and again costs more
        laid_out = self.layout(deep) * F.adaptive_avg_pool2d(coarse, (deep.shape[2], deep.shape[3]))
        with torch.autocast(image.device.type, enabled=False):  # sums over pixels need float32
            readings = [masked_statistics(x, coarse) for x in (shallow, middle, deep)]
            readings.append(F.adaptive_avg_pool2d(laid_out.float(), 3).flatten(1))
            readings += [self.colour(image, mask), self.shape(mask)]
            features = self.standard(torch.cat(readings, dim=1))
        vector = F.normalize(self.neck(features).float(), dim=1)
        return vector, features


class SqueezeTrunk(nn.Module):
    """SqueezeNet 1.1's features; parameter names as in the published weights (``features.*``).

    The one place that knows those weights' input: BGR on a 0-255 scale minus (104, 117, 123).
    Pixels outside the mask become zero, the mean colour, before the first convolution.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 3, stride=2), nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(64, 16, 64), Fire(128, 16, 64), nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(128, 32, 128), Fire(256, 32, 128), nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256),
        )  # fmt: skip
        self.register_buffer(
            "mean_bgr", torch.tensor([104.0, 117.0, 123.0]).view(1, 3, 1, 1), persistent=False
        )
        self.mean_bgr: Tensor

    def forward(self, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(n, 128, 39, 39), (n, 256, 19, 19) and (n, 512, 9, 9) for 160 px input."""
        x = (image.flip(1) * 255 - self.mean_bgr) * mask
        depths = []
        for k, layer in enumerate(self.features):
            x = layer(x)
            if k in (4, 7, 12):
                depths.append(x)
        return depths[0], depths[1], depths[2]


class Fire(nn.Module):
    """Squeeze to few channels, expand with 1x1 and 3x3 filters side by side."""

    def __init__(self, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], dim=1)


def masked_statistics(x: Tensor, mask: Tensor) -> Tensor:
    """Mean and spread under the mask: (n, c, h, w) and (n, 1, H, W) -> (n, 2 c) float32."""
    weight = _weights(F.adaptive_avg_pool2d(mask.float(), (x.shape[2], x.shape[3]))).flatten(2)
    pixels = x.float().flatten(2).transpose(1, 2)  # (n, h w, c)
    mean = torch.bmm(weight, pixels).squeeze(1)
    variance = torch.bmm(weight, pixels.square()).squeeze(1) - mean.square()
    return torch.cat([mean, (variance.clamp(min=0) + 1e-4).sqrt()], dim=1)


def _weights(mask: Tensor) -> Tensor:
    return mask / mask.sum(dim=(2, 3), keepdim=True).clamp(min=1e-6)


class ColourReading(nn.Module):
    """Lab colour under the mask, moments and soft histograms: as seen, and the light taken out.

    "Taken out" scales each linear channel so that the garment's own mean is grey: a print keeps
    its contrasts under a lamp of any colour, while a plain garment keeps none, which is why both
    readings are given.
    """

    AB_BINS, L_BINS = 9, 8
    size = 2 * (AB_BINS * AB_BINS + L_BINS + 6) + 2

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
        return torch.cat(
            [self._describe(linear, weight), self._describe(linear * 0.2 / mean, weight), tint],
            dim=1,
        )

    def _describe(self, linear: Tensor, weight: Tensor) -> Tensor:
        xyz = torch.einsum("ij,njp->nip", self.to_xyz, linear)
        f = torch.where(xyz > 0.008856, xyz.clamp(min=0.008856) ** (1 / 3), 7.787 * xyz + 16 / 116)
        lightness = 1.16 * f[:, 1] - 0.16
        a, b = (f[:, 0] - f[:, 1]) * 5, (f[:, 1] - f[:, 2]) * 2  # in units of 100
        lab = torch.stack([lightness, a, b], dim=1)
        mean = (lab * weight).sum(dim=2)
        spread = ((lab - mean.unsqueeze(2)).square() * weight).sum(dim=2).clamp(min=0)
        light_bins = _tents(lightness, 0.0, 1.0, self.L_BINS)
        a_bins, b_bins = (_tents(v, -0.7, 0.7, self.AB_BINS) for v in (a, b))
        chroma = torch.bmm(a_bins * weight, b_bins.transpose(1, 2)).flatten(1)
        light = (light_bins * weight).sum(dim=2)
        return torch.cat(
            [mean, (spread + 1e-4).sqrt(), (chroma + 1e-4).sqrt(), (light + 1e-4).sqrt()], dim=1
        )


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


class ClassifyHead(nn.Module):
    """Category, and finer type given the category, from :class:`GarmentNet`'s features.

    ``temperature`` (category, type) is fitted on held-out garments after training, so that the
    probabilities are honest.
    """

    def __init__(self, feature_size: int, hidden: int = 256) -> None:
        super().__init__()
        self.hidden = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(feature_size, hidden), nn.ReLU(inplace=True), nn.Dropout(0.3)
        )
        self.category = nn.Linear(hidden, len(CATEGORIES))
        self.finer = nn.Linear(hidden, len(TYPE_NAMES))
        self.register_buffer("temperature", torch.ones(2))
        self.register_buffer("of_category", _type_table(), persistent=False)
        self.temperature: Tensor
        self.of_category: Tensor

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(n, feature_size) -> log probabilities (n, 13) of categories and (n, types) of types.

        Types are in the order of ``TYPE_NAMES``; those of one category sum to 1.
        """
        hidden = self.hidden(features)
        category = F.log_softmax(self.category(hidden) / self.temperature[0], dim=1)
        logits = (self.finer(hidden) / self.temperature[1]).unsqueeze(1)
        apart = logits.masked_fill(~self.of_category.unsqueeze(0), float("-inf"))
        types = logits.squeeze(1) - (apart.logsumexp(dim=2) @ self.of_category.float())
        return category, types


def _type_table() -> Tensor:
    """(13, types) bool: which types belong to which category."""
    owners = [c for c in CATEGORIES for _ in TYPES[c]]
    return torch.tensor([[owner == c for owner in owners] for c in CATEGORIES])


#: What :class:`PartsNet` tells apart, in its order.
PARTS = (
    "background", "hair", "skin", "tops", "outerwear", "bottoms", "dresses", "legwear", "footwear",
    "bags", "other",
)  # fmt: skip
PARTS_SIZE = (192, 144)  # px, height and width of its input


class PartsNet(nn.Module):
    """What every pixel of a person's picture is: :data:`PARTS`.

    Every pixel is told by itself, from SqueezeNet's features of three depths around it, its colour
    and where on the body it lies: the pose knows an arm from a stripe, and whose arm it is.

    Args:
        planes: of the pose, as :mod:`wardrobe.figure` draws them.
    """

    def __init__(self, planes: int = 6, width: int = 64) -> None:
        super().__init__()
        self.trunk = SqueezeTrunk()
        self.depths = nn.ModuleList(nn.Conv2d(n, width, 1) for n in (128, 256, 512))
        self.place = nn.Conv2d(3 + planes, width, 1)
        self.head = nn.Sequential(
            nn.ReLU(), nn.Conv2d(width, width, 1), nn.ReLU(), nn.Conv2d(width, len(PARTS), 1)
        )

    def forward(self, image: Tensor, planes: Tensor) -> Tensor:
        """(n, 3, 192, 144) RGB and (n, planes, 192, 144), both in [0, 1], to logits per part,
        (n, 11, 96, 72)."""
        near = F.avg_pool2d(torch.cat([image - 0.5, planes], dim=1), 2)
        x = self.place(near)
        for layer, depth in zip(self.depths, self.features(image), strict=True):
            x = x + _sized(layer(depth), near)
        out: Tensor = self.head(x)
        return out

    def features(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The trunk's three depths, (n, 128, 47, 35), (n, 256, 23, 17), (n, 512, 11, 8); each of
        about length 1, so that none drowns the others."""
        found = self.trunk(image, torch.ones_like(image[:, :1]))
        shallow, middle, deep = (
            f / f.square().mean(dim=1, keepdim=True).add(1e-4).sqrt() for f in found
        )
        return shallow, middle, deep

    def of_pixels(self, depths: tuple[Tensor, Tensor, Tensor], near: Tensor) -> Tensor:
        """Logits (m, 11) of single pixels: rows of each depth's features, and of colour and pose."""
        x = F.linear(near, self.place.weight[:, :, 0, 0], self.place.bias)
        for layer, depth in zip(self.depths, depths, strict=True):
            assert isinstance(layer, nn.Conv2d)
            x = x + F.linear(depth, layer.weight[:, :, 0, 0], layer.bias)
        return torch.as_tensor(self.head(x[:, :, None, None])[:, :, 0, 0])


def _sized(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)


class OutfitNet(nn.Module):
    """Do these garments go together? A transformer over the set of their vectors (after Sarkar et
    al., OutfitTransformer, 2022): no positions, so the order of garments means nothing."""

    def __init__(self, width: int = 128, heads: int = 4, layers: int = 2) -> None:
        super().__init__()
        self.enter = nn.Linear(VECTOR_SIZE, width)
        self.outfit = nn.Parameter(torch.zeros(1, 1, width))
        layer = nn.TransformerEncoderLayer(
            width, heads, 2 * width, dropout=0.1, batch_first=True, norm_first=True
        )
        self.mix = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.judge = nn.Linear(width, 1)

    def forward(self, vectors: Tensor, absent: Tensor | None = None) -> Tensor:
        """Logits (n,) of (n, k, 256) unit vectors.

        Args:
            absent: (n, k) bool, places that hold no garment: outfits differ in size.
        """
        tokens = torch.cat([self.outfit.expand(len(vectors), -1, -1), self.enter(vectors)], dim=1)
        if absent is not None:
            absent = F.pad(absent, (1, 0))
        mixed = self.mix(tokens, src_key_padding_mask=absent)
        out: Tensor = self.judge(mixed[:, 0])[:, 0]
        return out


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
