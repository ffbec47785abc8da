"""Screenshots, drawn: a chat and a map."""

from __future__ import annotations

import numpy as np
from fabrics import rng_for
from PIL import Image, ImageDraw, ImageFont

LINES = (
    (0, "Are you coming on Saturday?"),
    (1, "Yes! The 10:40 train, I think"),
    (0, "Great. Shall we walk round the lake?"),
    (1, "If it stays dry"),
    (0, "It says 22 degrees and sun"),
    (1, "Then I'll bring lunch"),
    (1, "And the blanket"),
    (0, "Bread and tomatoes are at mine"),
    (0, "See you at the station"),
    (1, "See you :)"),
)  # fmt: skip


def chat(size: tuple[int, int]) -> Image.Image:
    """A conversation."""
    wide, high = size
    picture = Image.new("RGB", size, (239, 236, 229))
    draw = ImageDraw.Draw(picture)
    text, small = (ImageFont.load_default(wide / k) for k in (26, 40))
    draw.rectangle((0, 0, wide, 0.13 * high), (38, 92, 84))
    draw.text((0.05 * wide, 0.015 * high), "10:12", "white", small)
    draw.text((0.83 * wide, 0.015 * high), "81 %", "white", small)
    draw.ellipse(
        (0.05 * wide, 0.05 * high, 0.05 * wide + 0.065 * high, 0.115 * high), (222, 184, 120)
    )
    draw.text((0.18 * wide, 0.065 * high), "Weekend walk", "white", text)
    y = 0.16 * high
    for mine, line in LINES:
        length = draw.textlength(line, text) + 0.06 * wide
        left = wide - length - 0.04 * wide if mine else 0.04 * wide
        box = (left, y, left + length, y + 0.055 * high)
        draw.rounded_rectangle(box, 0.02 * wide, (214, 240, 206) if mine else (255, 255, 255))
        draw.text((left + 0.03 * wide, y + 0.014 * high), line, (30, 34, 32), text)
        y += 0.072 * high
    draw.rounded_rectangle(
        (0.03 * wide, 0.925 * high, 0.84 * wide, 0.98 * high), 0.03 * wide, "white"
    )
    draw.text((0.07 * wide, 0.937 * high), "Message", (150, 152, 150), text)
    draw.ellipse((0.86 * wide, 0.922 * high, 0.97 * wide, 0.922 * high + 0.11 * wide), (38, 92, 84))
    return picture


def map_(size: tuple[int, int]) -> Image.Image:
    """A town plan with a route."""
    wide, high = size
    rng = rng_for("map")
    picture = Image.new("RGB", size, (236, 233, 226))
    draw = ImageDraw.Draw(picture)
    water = [(x, 0.42 * high + 50 * np.sin(x / 130) + 0.12 * x) for x in range(0, wide + 20, 10)]
    draw.polygon([*water, *((x, y + 110) for x, y in reversed(water))], (170, 205, 224))
    for _ in range(6):
        x, y = rng.uniform(0, wide), rng.uniform(0, high)
        draw.ellipse((x - 70, y - 50, x + 70, y + 50), (200, 222, 180))
    for k in range(9):
        a, b = rng.uniform(0, high), rng.uniform(0, high)
        draw.line((0, a, wide, b), "white", 16 if k % 3 else 26)
        a, b = rng.uniform(0, wide), rng.uniform(0, wide)
        draw.line((a, 0, b, high), "white", 16 if k % 3 else 24)
    route = [(0.2, 0.8), (0.32, 0.66), (0.5, 0.62), (0.55, 0.44), (0.74, 0.3), (0.78, 0.2)]
    spots = [(x * wide, y * high) for x, y in route]
    draw.line(spots, (54, 110, 214), 12, joint="curve")
    draw.ellipse(
        (spots[0][0] - 16, spots[0][1] - 16, spots[0][0] + 16, spots[0][1] + 16),
        (54, 110, 214),
        "white",
        4,
    )
    x, y = spots[-1]
    draw.polygon([(x, y), (x - 22, y - 44), (x + 22, y - 44)], (204, 54, 46))
    draw.ellipse((x - 24, y - 70, x + 24, y - 24), (204, 54, 46))
    text = ImageFont.load_default(wide / 24)
    draw.rounded_rectangle((20, 0.86 * high, wide - 20, high - 20), 24, "white")
    draw.text((50, 0.885 * high), "Lake path    24 min    1.9 km", (40, 42, 44), text)
    return picture


SCREENS = {"chat": chat, "map": map_}
