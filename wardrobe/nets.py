"""Our own small networks: what a garment looks like, as 256 numbers and as a name.

Pure modules: no files, no device choice. Trained by ``pipelines/train_*.py``, loaded, strictly, by
``backends/``. Those that look at a body are in ``bodynets``.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wardrobe import position
from wardrobe.labels import CATEGORIES, TYPES
from wardrobe.readings import ColourReading, ShapeReading, masked_products, masked_statistics
from wardrobe.types import VECTOR_SIZE

INPUT_SIDE = 160  # px, square

#: Finer types in the order of :class:`ClassifyHead`, category by category.
TYPE_NAMES: tuple[str, ...] = tuple(t for c in CATEGORIES for t in TYPES[c])


class GarmentNet(nn.Module):
    """A masked garment crop to a unit vector.

    Readings of the pixels under the mask, and nothing of those outside it: texture from a
    SqueezeNet 1.1 trunk, pooled inside the mask at four depths; the weave, which of its filters
    answer together; what is where on the garment, coarsely; colour as Lab statistics, once as
    photographed and once with the light taken out; shape from the mask itself.

    ``lift`` is the length of a last component that all vectors share before they are brought to
    length 1. It moves the cosine ``c`` to ``(c + lift**2) / (1 + lift**2)``, the order of pairs
    unchanged, so that calibration can put the parting of same and different at one known cosine.
    """

    LAYOUT, WEAVE, PLACE = 48, 24, 16  # channels
    LIMIT = 6.0  # standard deviations; what is further off is no more unusual than this

    def __init__(self) -> None:
        super().__init__()
        self.trunk = SqueezeTrunk()
        self.layout = nn.Conv2d(512, self.LAYOUT, 1)
        self.weave_shallow = nn.Conv2d(128, self.WEAVE, 1)
        self.weave_middle = nn.Conv2d(256, self.WEAVE, 1)
        self.place = nn.Conv2d(256, self.PLACE, 1)
        together = self.WEAVE * (self.WEAVE + 1) // 2
        size = 2 * (64 + 128 + 256 + 512) + self.LAYOUT * 9 + self.PLACE * 36 + 2 * together
        size += ColourReading.size + ShapeReading.size
        self.colour = ColourReading()
        self.shape = ShapeReading()
        self.standard = nn.BatchNorm1d(size)
        self.neck = nn.Sequential(
            nn.Linear(size, 768),
            nn.BatchNorm1d(768),
            nn.ReLU(inplace=True),
            nn.Linear(768, VECTOR_SIZE - 1),
        )
        self.register_buffer("lift", torch.zeros(1))
        self.lift: Tensor
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
        features = self.standardised(self.readings(image, mask))
        return self.vector(features), features

    def readings(self, image: Tensor, mask: Tensor) -> Tensor:
        """(n, feature_size) float32, as they come; arguments as in :meth:`forward`."""
        first, shallow, middle, deep = self.trunk(image, mask)
        coarse = F.avg_pool2d(mask, 4)  # pooling it from full size again and again costs more
        at_middle, at_deep = (F.adaptive_avg_pool2d(coarse, x.shape[2:]) for x in (middle, deep))
        laid_out, placed = self.layout(deep) * at_deep, self.place(middle) * at_middle
        woven = [(self.weave_shallow(shallow), coarse), (self.weave_middle(middle), at_middle)]
        with torch.autocast(image.device.type, enabled=False):  # sums over pixels need float32
            readings = [masked_statistics(x, coarse) for x in (first, shallow, middle, deep)]
            readings.append(F.adaptive_avg_pool2d(laid_out.float(), 3).flatten(1))
            readings.append(F.adaptive_avg_pool2d(placed.float(), 6).flatten(1))
            readings += [masked_products(x, m) for x, m in woven]
            readings += [self.colour(image, mask), self.shape(mask)]
        return torch.cat(readings, dim=1)

    def standardised(self, readings: Tensor) -> Tensor:
        out: Tensor = self.standard(readings)
        return out.clamp(-self.LIMIT, self.LIMIT)

    def vector(self, features: Tensor) -> Tensor:
        """(n, 256) float32 unit vectors of standardised features."""
        told = F.normalize(self.neck(features).float(), dim=1)
        return F.normalize(torch.cat([told, self.lift.expand(len(told), 1)], dim=1), dim=1)


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

    def forward(self, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(n, 64, 39, 39), (n, 128, 39, 39), (n, 256, 19, 19), (n, 512, 9, 9) for 160 px input."""
        x = (image.flip(1) * 255 - self.mean_bgr) * mask
        depths = []
        for k, layer in enumerate(self.features):
            x = layer(x)
            if k in (2, 4, 7, 12):
                depths.append(x)
        return depths[0], depths[1], depths[2], depths[3]


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


class ClassifyHead(nn.Module):
    """Category, and finer type given the category, from :class:`GarmentNet`'s features.

    ``temperature`` (category, type) is fitted on held-out garments after training, so that the
    probabilities are honest. Of a garment that somebody wears, ``position`` has a word too: what its
    place on the body says beyond how common each category is.
    """

    def __init__(self, feature_size: int, hidden: int = 256) -> None:
        super().__init__()
        self.hidden = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(feature_size, hidden), nn.ReLU(inplace=True), nn.Dropout(0.3)
        )
        self.category = nn.Linear(hidden, len(CATEGORIES))
        self.finer = nn.Linear(hidden, len(TYPE_NAMES))
        self.position = PositionHead()
        self.register_buffer("temperature", torch.ones(2))
        self.register_buffer("of_category", _type_table(), persistent=False)
        self.temperature: Tensor
        self.of_category: Tensor

    def forward(self, features: Tensor, position: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """(n, feature_size) -> log probabilities (n, 13) of categories and (n, types) of types.

        Types are in the order of ``TYPE_NAMES``; those of one category sum to 1.

        Args:
            position: (n, :data:`wardrobe.position.SIZE`), a row of NaN where nobody wears it.
        """
        hidden = self.hidden(features)
        category = F.log_softmax(self.category(hidden) / self.temperature[0], dim=1)
        if position is not None:
            worn = ~position.isnan().any(dim=1, keepdim=True)
            both = self.position.beside(category, position.nan_to_num())
            category = torch.where(worn, both, category)
        logits = (self.finer(hidden) / self.temperature[1]).unsqueeze(1)
        apart = logits.masked_fill(~self.of_category.unsqueeze(0), float("-inf"))
        types = logits.squeeze(1) - (apart.logsumexp(dim=2) @ self.of_category.float())
        return category, types


class PositionHead(nn.Module):
    """Category from a garment's position on its wearer alone, see :mod:`wardrobe.position`.

    ``prior`` is how common each category was in training; ``weight`` and ``temperature`` say what the
    position counts beside the crop, fitted on garments kept back.
    """

    def __init__(self, hidden: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(position.SIZE, hidden), nn.ReLU(inplace=True), nn.Dropout(0.2),
            nn.Linear(hidden, hidden), nn.ReLU(inplace=True), nn.Dropout(0.2),
            nn.Linear(hidden, len(CATEGORIES)),
        )  # fmt: skip
        self.register_buffer("mean", torch.zeros(position.SIZE))
        self.register_buffer("spread", torch.ones(position.SIZE))
        self.register_buffer("prior", torch.zeros(len(CATEGORIES)))
        self.register_buffer("weight", torch.zeros(1))
        self.register_buffer("temperature", torch.ones(1))
        self.mean: Tensor
        self.spread: Tensor
        self.prior: Tensor
        self.weight: Tensor
        self.temperature: Tensor

    def forward(self, position: Tensor) -> Tensor:
        """(n, SIZE) -> logits (n, 13)."""
        return torch.as_tensor(self.net((position - self.mean) / self.spread))

    def beside(self, crop: Tensor, position: Tensor) -> Tensor:
        """Log probabilities (n, 13) of what the crop says, ``crop``, and the position together."""
        evidence = F.log_softmax(self(position), dim=1) - self.prior
        return F.log_softmax((crop + self.weight * evidence) / self.temperature, dim=1)


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
