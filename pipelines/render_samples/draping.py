"""How a piece lies: its outline on the body, the way it hangs from it, its folds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from body import Array
from surface import Surface, noise, normals, smooth


@dataclass(frozen=True)
class Cut:
    """One piece cut from the body's surface. Heights as landmarks (see ``Surface.level``)."""

    kind: str  # top | bottom | skirt | strap | belt
    low: float  # hem
    high: float = 4.0  # waist; for tops the neckline at its middle
    sleeve: float = 0.3
    ease: float = 0.1  # distance from the body, decimetres
    flare: float = 0.1  # further at the hem
    drape: float = 0.7  # 0 follows the body .. 1 hangs straight from its widest places
    folds: float = 0.05  # depth of the folds, decimetres
    pleats: int = 0  # knife pleats round a skirt, instead of soft ones
    vee: float = 0.0  # depth of a V-neck
    scoop: float = 0.0  # lowers the front neckline
    gap: float = 0.0  # half width of an open front
    collar: float = 0.0  # height of a turned-down collar
    rib: float = 0.0  # width of the darker edge at neck, cuffs and hem
    thickness: float = 0.035
    buttons: tuple[tuple[float, float], ...] = ()  # decimetres right of and below the top edge
    button: float = 0.06  # their radius
    edge: float | None = None  # landmark of the edge that details are measured from, if not its own
    span: float = 1.0  # how many times a sheet's side (``fabrics.SHEET_DM``) the details reach


def outline(cut: Cut, ground: Surface) -> Array:
    """Signed distance to the piece's outline, below zero on the piece, (N,) decimetres."""
    x, y, z = ground.points.T
    low, high = ground.level(cut.low), ground.level(cut.high)
    if cut.kind in ("skirt", "belt"):
        return np.maximum(y - high, low - y)
    if cut.kind == "bottom":
        return np.where(ground.arm > 0.3, 9.0, np.maximum(y - high, low - y))
    if cut.kind == "strap":
        hip, shoulder = np.array([1.55, ground.level(2.08)]), np.array([-0.98, ground.level(3.9)])
        axis = (shoulder - hip) / np.linalg.norm(shoulder - hip)
        off = (x - hip[0]) * axis[1] - (y - hip[1]) * axis[0]
        run = (x - hip[0]) * axis[0] + (y - hip[1]) * axis[1]
        band = np.maximum(abs(off) - 0.2, -run)
        return np.where(ground.arm > 0.45, 9.0, band)
    neck = above_neckline(cut, ground, ground.points)
    length = np.linalg.norm(ground.figure.head("wrist.L") - ground.figure.head("upperarm01.L"))
    cuff = np.where(ground.arm > 0.3, (ground.sleeve - cut.sleeve) * length, -9.0)
    area = np.maximum(np.maximum(low - y, neck), cuff)
    if cut.gap:
        widening = 1 + 0.9 * np.clip((y - ground.level(2.5)) / 2.5, 0, 1)
        area = np.maximum(area, np.where(z > 0, cut.gap * widening - abs(x), -9.0))
    return area


def above_neckline(cut: Cut, ground: Surface, points: Array) -> Array:
    """Height over the neckline, a plane that falls towards the front, (N,)."""
    x, y, z = points.T
    neck: Array = y - (ground.level(cut.high) - 0.02 - 0.38 * z)
    vee = cut.vee * np.clip(1 - abs(x) / 0.75, 0, 1)
    return neck + np.clip(z * 3, 0, 1) * (cut.scoop + vee)


def shape(cut: Cut, ground: Surface, seed: int) -> Array:
    """Where each point of the surface would lie on this piece alone, (N, 3) decimetres."""
    points, out = ground.points, ground.normals
    y = points[:, 1]
    torso = np.clip(1 - 2 * ground.arm, 0, 1)
    draped = points + (ground.hanging - points) * (cut.drape * torso)[:, None]
    out = normals(smooth(draped, ground.triangles, 3), ground.triangles)
    low, high = ground.level(cut.low), ground.level(min(cut.high, 3.0))
    fall = np.clip((high - y) / max(high - low, 0.5), 0, 1)
    ease = cut.ease + cut.flare * fall * torso
    if cut.kind == "skirt":
        ease += _pleats(cut, points, fall, seed)
    elif cut.kind == "top":
        # Cloth rests on shoulders and arms and hangs off below them.
        lies = np.clip(out[:, 1], 0, 1) - 0.5 * np.clip(-out[:, 1], 0, 1)
        high_up = np.clip((y - ground.level(2.6)) / 1.0, 0, 1)
        ease *= 1 - 0.6 * lies * np.maximum(high_up, np.clip(2 * ground.arm, 0, 1))
        ease += 0.06 * np.clip(ground.sleeve, 0, 1) * np.clip(2 * ground.arm, 0, 1)
    ease += cut.folds * _folds(ground, seed)
    placed: Array = draped + out * np.maximum(ease, 0.03)[:, None]
    return placed


def _pleats(cut: Cut, points: Array, fall: Array, seed: int) -> Array:
    """How far the cloth of a skirt stands out in its pleats, (N,) decimetres."""
    around = np.arctan2(points[:, 0], points[:, 2])
    if cut.pleats:
        saw = (around / (2 * np.pi) * cut.pleats) % 1
        return (0.35 + 0.65 * fall) * 0.16 * np.minimum(saw, 4 * (1 - saw))
    soft = np.sin(9 * around + 2.5 * noise(points * 0.4, seed))
    return fall * 2.2 * cut.folds * soft


def _folds(ground: Surface, seed: int) -> Array:
    """Fold heights of about unit size, strongest where cloth bunches, (N,)."""
    x, y, z = ground.points.T
    arm, leg = ground.arm > 0.4, ground.leg > 0.5

    def ridges(a: Array, b: Array, c: Array, shift: int) -> Array:
        return 1 - 2 * np.abs(np.tanh(noise(np.stack([a, b, c], 1), seed + shift)))

    along = np.where(arm, ground.sleeve * 5, y)
    hang = ridges(x * 1.7, y * 0.4 + x * 0.3, z * 1.7, 0)
    waist = np.exp(-(((y - ground.level(2.3)) / 0.8) ** 2))
    across = ridges(x * 0.8, y * 1.9 + x * 0.7, z * 0.8, 1)
    limb = ridges(x * 0.7 + along * 0.6 * np.sign(x), along * 2.1, z * 1.2, 2)
    elbow = np.exp(-(((ground.sleeve - 0.5) / 0.16) ** 2))
    cuff = np.exp(-(((ground.sleeve - 0.95) / 0.1) ** 2))
    knee = np.exp(-(((y - ground.level(1.0)) / 0.8) ** 2))
    ankle = np.exp(-(((y - ground.level(0.1)) / 0.7) ** 2))
    crotch = np.exp(-(((y - ground.level(1.95)) / 0.6) ** 2))
    on_arm = limb * (0.3 + 1.1 * elbow + 0.7 * cuff)
    on_leg = limb * (0.2 + 0.8 * knee + 0.35 * ankle + 0.6 * crotch)
    on_torso = (
        hang * (0.4 + 0.5 * np.clip((ground.level(2.7) - y) / 3, 0, 1)) + 0.45 * across * waist
    )
    return np.where(arm, on_arm, np.where(leg, on_leg, on_torso))
