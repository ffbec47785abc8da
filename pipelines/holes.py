"""Holes as things in front of garments make them: straps, arms, hair, jackets, and the frame's edge."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Hidden = NDArray[np.bool_]

#: Of a garment, at least so much stays seen, and at least so much is hidden.
LEAST_SEEN, LEAST_HIDDEN = 0.12, 0.03


def hide(outline: Hidden, rng: np.random.Generator) -> Hidden:
    """What of a garment something hides: one to three random holes, (h, w) bool inside the outline.

    Args:
        outline: (h, w) bool, the whole garment; not empty.
    """
    whole = outline.sum()
    for _ in range(20):
        hidden = np.zeros(outline.shape, np.bool_)
        for _ in range(int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1]))):
            kind = KINDS[int(rng.choice(len(KINDS), p=CHANCES))]
            hidden |= kind(outline, rng)
        hidden &= outline
        share = hidden.sum() / whole
        if LEAST_HIDDEN <= share <= 1 - LEAST_SEEN:
            return hidden
    return strap(outline, rng) & outline


def free_form(outline: Hidden, rng: np.random.Generator) -> Hidden:
    """A wandering stroke of changing width."""
    drawn = np.zeros(outline.shape, np.uint8)
    side = max(outline.shape)
    x, y = _inside(outline, rng)
    angle = rng.uniform(0, 2 * np.pi)
    for _ in range(int(rng.integers(2, 7))):
        angle += rng.normal(0, 0.9)
        length = rng.uniform(0.05, 0.2) * side
        nx, ny = x + length * np.cos(angle), y + length * np.sin(angle)
        width = int(rng.uniform(0.03, 0.14) * side)
        cv2.line(drawn, (int(x), int(y)), (int(nx), int(ny)), 1, max(width, 2))
        x, y = nx, ny
    return drawn > 0


def strap(outline: Hidden, rng: np.random.Generator) -> Hidden:
    """A bag's strap, a scarf's end, a belt: a straight band right across."""
    x, y = _inside(outline, rng)
    side = max(outline.shape)
    angle = rng.uniform(0, np.pi)
    dx, dy = 2 * side * np.cos(angle), 2 * side * np.sin(angle)
    drawn = np.zeros(outline.shape, np.uint8)
    ends = (int(x - dx), int(y - dy)), (int(x + dx), int(y + dy))
    cv2.line(drawn, *ends, 1, max(int(rng.uniform(0.025, 0.11) * side), 2))
    return drawn > 0


def arm(outline: Hidden, rng: np.random.Generator) -> Hidden:
    """An upper and a lower arm, the hand at the end."""
    drawn = np.zeros(outline.shape, np.uint8)
    side = max(outline.shape)
    x, y = _inside(outline, rng)
    angle = rng.uniform(0, 2 * np.pi)
    width = rng.uniform(0.09, 0.18) * side
    for part in (1.0, 0.8):
        length = rng.uniform(0.25, 0.45) * side
        nx, ny = x + length * np.cos(angle), y + length * np.sin(angle)
        cv2.line(drawn, (int(x), int(y)), (int(nx), int(ny)), 1, max(int(width * part), 3))
        x, y, angle = nx, ny, angle + rng.uniform(-2.0, 2.0)
    cv2.circle(drawn, (int(x), int(y)), max(int(0.55 * width), 2), 1, -1)
    return drawn > 0


def cut(outline: Hidden, rng: np.random.Generator) -> Hidden:
    """The frame's edge, a table, a car door: all beyond a line, often level or upright."""
    h, w = outline.shape
    x, y = _inside(outline, rng)
    angle = rng.integers(4) * np.pi / 2 + rng.normal(0, 0.12)
    rows, cols = np.mgrid[:h, :w]
    beyond: Hidden = (cols - x) * np.cos(angle) + (rows - y) * np.sin(angle) > 0
    return beyond


def jacket(outline: Hidden, rng: np.random.Generator) -> Hidden:
    """All but a leaning band down the middle, as an open jacket leaves of a shirt."""
    h, w = outline.shape
    xs = np.flatnonzero(outline.any(axis=0))
    middle = rng.normal((xs[0] + xs[-1]) / 2, 0.08 * w)
    top, bottom = rng.uniform(0.05, 0.3, 2) * (xs[-1] - xs[0])
    rows, cols = np.mgrid[:h, :w]
    half = top + (bottom - top) * rows / h
    shut: Hidden = np.abs(cols - middle) > half
    return shut


def hair(outline: Hidden, rng: np.random.Generator) -> Hidden:
    """Strands that hang over the garment from above."""
    h, w = outline.shape
    drawn = np.zeros(outline.shape, np.uint8)
    xs = np.flatnonzero(outline.any(axis=0))
    top = int(np.flatnonzero(outline.any(axis=1))[0])
    at = rng.uniform(xs[0], xs[-1])
    for _ in range(int(rng.integers(3, 9))):
        x, y = rng.normal(at, 0.06 * w), float(top)
        for _ in range(4):
            nx, ny = x + rng.normal(0, 0.03 * w), y + rng.uniform(0.04, 0.12) * h
            width = max(int(rng.uniform(0.02, 0.06) * w), 1)
            cv2.line(drawn, (int(x), int(y)), (int(nx), int(ny)), 1, width)
            x, y = nx, ny
    return drawn > 0


KINDS: tuple[Callable[[Hidden, np.random.Generator], Hidden], ...] = (
    free_form, strap, arm, cut, jacket, hair,
)  # fmt: skip
CHANCES = (0.15, 0.2, 0.25, 0.2, 0.1, 0.1)


def _inside(outline: Hidden, rng: np.random.Generator) -> tuple[float, float]:
    """x, y of a random pixel of the garment."""
    rows, cols = np.nonzero(outline)
    k = int(rng.integers(len(rows)))
    return float(cols[k]), float(rows[k])
