"""What a pose says of a body: how much of it is seen, which zones are in the frame, where the
joints out of sight must be, and which part of the picture a garment on it would cover.

Lengths are in *torsos*: the distance from the middle of the shoulders to the middle of the hips,
the one length that sitting, walking and crossed arms change least.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wardrobe import geometry
from wardrobe.labels import Category, Zone
from wardrobe.types import JOINTS, MaskArray, Pose

Points = NDArray[np.float64]

HEAD = slice(0, 5)
BODY = slice(5, 17)  # shoulders to ankles: the twelve that admission counts
_AT = {name: i for i, name in enumerate(JOINTS)}
SHOULDERS, ELBOWS, WRISTS = (5, 6), (7, 8), (9, 10)
HIPS, KNEES, ANKLES = (11, 12), (13, 14), (15, 16)

#: Half distances and lengths in torsos, medians over MediaPipe's landmarks of the street photos.
HALF_SHOULDERS, HALF_HIPS = 0.36, 0.20
NOSE_UP, UPPER_ARM, FOREARM, THIGH, SHIN = 0.45, 0.56, 0.50, 0.82, 0.80


def seen(pose: Pose, min_joint: float) -> NDArray[np.bool_]:
    """(17,) bool: joints whose visibility reaches the threshold."""
    return np.asarray(pose.joints[:, 2] >= min_joint)


def visible_share(pose: Pose, min_joint: float) -> float:
    """Share of the twelve joints from shoulders to ankles that are seen."""
    return float(seen(pose, min_joint)[BODY].mean())


def zones(pose: Pose, size: tuple[int, int], min_joint: float) -> tuple[Zone, ...]:
    """Parts of the body that lie in the frame, from head to feet.

    Args:
        size: (height_px, width_px) of the picture the pose lies in.
    """
    ok = seen(pose, min_joint)
    found: list[Zone] = []
    if ok[HEAD].any():
        found.append("head")
    if ok[list(SHOULDERS)].any() or (ok[list(HIPS)].any() and ok[list(ELBOWS)].any()):
        found.append("top")
    below = ok[list(KNEES + ANKLES)].any()
    if below or (ok[list(HIPS)].any() and _room_below_hips(pose, ok, size[0])):
        found.append("bottom")
    if ok[list(ANKLES)].any():
        found.append("feet")
    if ok[list(SHOULDERS + WRISTS)].any():
        found.append("wrists_neck")
    return tuple(found)


def _room_below_hips(pose: Pose, ok: NDArray[np.bool_], height: int) -> bool:
    """A quarter of a torso of frame below the hips shows enough of a garment to look for one."""
    joints, torso = complete(pose, ok)
    hips = [i for i in HIPS if ok[i]]
    return bool(height - min(joints[i, 1] for i in hips) >= 0.25 * torso)


def complete(pose: Pose, ok: NDArray[np.bool_]) -> tuple[Points, float]:
    """Every joint's place, those out of sight laid out from the ones that are seen.

    Args:
        ok: (17,) bool, joints to trust.

    Returns:
        (17, 2) x, y in px, maybe outside the frame, and the torso's length in px. Only the twelve
        body joints and the nose are laid out; other unseen joints fall on the nose.
    """
    known = pose.joints[:, :2].astype(np.float64)
    torso, down = _scale(known, ok)
    across = np.array([down[1], -down[0]])  # from the body's right to its left in a frontal view
    paired = [(a, b) for a, b in (SHOULDERS, HIPS) if ok[a] and ok[b]]
    if paired and (known[paired[0][0]] - known[paired[0][1]]) @ across < 0:
        across = -across  # seen from behind
    out = np.where(ok[:, None], known, np.nan)
    shoulder = _middle(out, SHOULDERS, HALF_SHOULDERS * torso * across)
    hip = _middle(out, HIPS, HALF_HIPS * torso * across)
    if np.isnan(shoulder).any() and np.isnan(hip).any():
        if ok[0]:
            shoulder = out[0] + NOSE_UP * torso * down
        elif ok[list(KNEES + ANKLES)].any():
            legs, up = (KNEES, THIGH) if ok[list(KNEES)].any() else (ANKLES, THIGH + SHIN)
            hip = np.nanmean(out[list(legs)], axis=0) - up * torso * down
        else:
            shoulder = np.nanmean(out, axis=0)
    if np.isnan(shoulder).any():
        shoulder = hip - torso * down
    if np.isnan(hip).any():
        hip = shoulder + torso * down
    for k, side in enumerate((1.0, -1.0)):
        _fill(out, SHOULDERS[k], shoulder + side * HALF_SHOULDERS * torso * across)
        _fill(out, HIPS[k], hip + side * HALF_HIPS * torso * across)
        _limb(out, SHOULDERS[k], ELBOWS[k], WRISTS[k], UPPER_ARM * torso, FOREARM * torso, down)
        _limb(out, HIPS[k], KNEES[k], ANKLES[k], THIGH * torso, SHIN * torso, down)
    _fill(out, 0, shoulder - NOSE_UP * torso * down)
    for i in range(1, 5):
        _fill(out, i, out[0])
    return out, torso


def _scale(known: Points, ok: NDArray[np.bool_]) -> tuple[float, Points]:
    """Torso length in px and the unit vector from shoulders to hips, from whatever is seen."""
    down = np.array([0.0, 1.0])
    shoulders, hips = [i for i in SHOULDERS if ok[i]], [i for i in HIPS if ok[i]]
    guesses = []
    if shoulders and hips:
        along = known[hips].mean(axis=0) - known[shoulders].mean(axis=0)
        length = float(np.hypot(*along))
        if length > 1:
            down = along / length
            guesses.append(length)
    if len(shoulders) == 2:
        guesses.append(float(np.hypot(*(known[5] - known[6]))) / (2 * HALF_SHOULDERS))
    if not guesses:
        pairs = [(a, b, n) for (a, b, n) in _LENGTHS if ok[a] and ok[b]]
        guesses = [float(np.hypot(*(known[a] - known[b]))) / n for a, b, n in pairs]
    if not guesses:
        spots = known[ok]
        guesses = [float(np.ptp(spots, axis=0).max()) / 2 if len(spots) > 1 else 1.0]
    # Foreshortening only ever shortens, so the longest guess is the nearest.
    return max(max(guesses), 1.0), down


_LENGTHS = (
    *((HIPS[k], KNEES[k], THIGH) for k in (0, 1)),
    *((KNEES[k], ANKLES[k], SHIN) for k in (0, 1)),
    *((SHOULDERS[k], ELBOWS[k], UPPER_ARM) for k in (0, 1)),
    *((ELBOWS[k], WRISTS[k], FOREARM) for k in (0, 1)),
    *((0, SHOULDERS[k], 0.6) for k in (0, 1)),
)


def _middle(out: Points, pair: tuple[int, int], half: Points) -> Points:
    left, right = out[pair[0]], out[pair[1]]
    if np.isnan(left).any():
        return np.asarray(right + half)
    return np.asarray(left - half if np.isnan(right).any() else (left + right) / 2)


def _fill(out: Points, i: int, at: Points) -> None:
    if np.isnan(out[i]).any():
        out[i] = at


def _limb(out: Points, a: int, b: int, c: int, first: float, second: float, down: Points) -> None:
    """Middle and end of an arm or leg: straight on from what is seen, else straight down."""
    if np.isnan(out[b]).any():
        out[b] = (out[a] + out[c]) / 2 if not np.isnan(out[c]).any() else out[a] + first * down
    if np.isnan(out[c]).any():
        along = out[b] - out[a]
        length = float(np.hypot(*along))
        out[c] = out[b] + second * (along / length if length > 1 else down)


def distance(pose: Pose, ok: NDArray[np.bool_], points: Points) -> NDArray[np.float64]:
    """(n,) how far points lie from the body's nearest bone, in torsos.

    Args:
        ok: (17,) bool, joints to trust; the others are laid out.
        points: (n, 2) x, y in px.
    """
    joints, torso = complete(pose, ok)
    best = np.full(len(points), np.inf)
    for i, j in BONES:
        a, along = joints[i], joints[j] - joints[i]
        x, y = points[:, 0] - a[0], points[:, 1] - a[1]
        t = np.clip((x * along[0] + y * along[1]) / max(float(along @ along), 1e-9), 0, 1)
        best = np.minimum(best, (x - t * along[0]) ** 2 + (y - t * along[1]) ** 2)
    return np.asarray(np.sqrt(best) / torso, np.float64)


def same(a: Pose, b: Pose, min_joint: float) -> bool:
    """Whether two poses are one person found twice: the joints seen in both lie together."""
    both = seen(a, min_joint) & seen(b, min_joint)
    if both.sum() < 3:
        return False
    _, torso = complete(a, seen(a, min_joint))
    apart = np.hypot(*(a.joints[both, :2] - b.joints[both, :2]).T)
    return float(np.median(apart)) < 0.3 * torso


BONES = (
    (5, 6), (11, 12), (5, 11), (6, 12), (5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15), (12, 14),
    (14, 16), (0, 5), (0, 6),
)  # fmt: skip


def whole(
    category: Category,
    visible: MaskArray,
    others: MaskArray,
    pose: Pose,
    min_joint: float,
) -> tuple[MaskArray, float]:
    """A garment with its hidden parts, estimated: cut by the frame, or behind something else found.

    The body is covered with a template of the category (torso, sleeves, legs), as long as the
    visible part says it is; template pixels outside the frame or under ``others`` are hidden.
    Categories without a template only count what the frame's edge must have cut.

    Args:
        visible: (h, w) bool, the garment.
        others: (h, w) bool, everything else found in the picture.

    Returns:
        (h, w) bool, the garment inside the frame, and its pixels outside of it.
    """
    h, w = visible.shape
    ok = seen(pose, min_joint)
    joints, torso = complete(pose, ok)
    if category == "footwear":
        shown = max(int(ok[list(ANKLES)].sum()), 1)
        return visible, float(visible.sum()) * (2 - shown) / shown
    pad = int(min(1.5 * torso, 2 * max(h, w))) + 1
    canvas = (h + 2 * pad, w + 2 * pad)
    cut_below = bool(visible[-2:].any())
    shape = _template(category, joints + pad, torso, np.pad(visible, pad), canvas, cut_below)
    if shape is None:
        return visible, _cut_by_edge(visible)
    within = shape[pad : pad + h, pad : pad + w]
    outside = int(shape.sum()) - int(within.sum())
    return visible | (within & others), float(outside)


def _template(
    category: Category,
    joints: Points,
    torso: float,
    visible: MaskArray,
    size: tuple[int, int],
    cut_below: bool,
) -> MaskArray | None:
    """The category on this body, as long as its visible part reaches; None without a template."""
    if category in ("tops", "outerwear", "dresses"):
        legs = {"tops": 0.15, "outerwear": 0.35, "dresses": 0.9}[category]
        trunk = geometry.polygon_mask(_torso(joints, torso), size)
        shape = geometry.union([trunk, *_sleeves(joints, torso, visible, size)], size)
        return shape | _lower(joints, torso, legs, size, skirt=category == "dresses")
    if category == "skirts":
        return _lower(joints, torso, 0.7, size, skirt=True)
    if category in ("bottoms", "legwear"):
        reach = 1.0 if cut_below else _leg_reach(joints, torso, visible)
        return _lower(joints, torso, reach, size, skirt=False)
    return None


def _torso(joints: Points, torso: float) -> Points:
    ls, rs, lh, rh = joints[5], joints[6], joints[11], joints[12]
    out, up = 0.10 * torso, np.array([0.0, 0.06 * torso])
    side = (ls - rs) / max(float(np.hypot(*(ls - rs))), 1e-6)
    return np.array(
        [ls + side * out - up, rs - side * out - up, rh - side * out * 1.3, lh + side * out * 1.3]
    )


def _sleeves(
    joints: Points, torso: float, visible: MaskArray, size: tuple[int, int]
) -> list[MaskArray]:
    """Upper arms and forearms that the garment is seen to reach; both sides alike."""
    out: list[MaskArray] = []
    for a, b, radius in ((SHOULDERS, ELBOWS, 0.12), (ELBOWS, WRISTS, 0.09)):
        arms = [
            geometry.capsule_mask(joints[a[k]], joints[b[k]], radius * torso, size) for k in (0, 1)
        ]
        reached = max(float((arm & visible).sum()) / max(int(arm.sum()), 1) for arm in arms)
        if reached < 0.35:
            break
        out += arms
    return out


def _leg_reach(joints: Points, torso: float, visible: MaskArray) -> float:
    """How far down the legs the visible hem lies, 0 hips to 1 ankles; full length from the calf on."""
    rows = np.flatnonzero(visible.any(axis=1))
    hip, ankle = joints[list(HIPS), 1].mean(), joints[list(ANKLES), 1].mean()
    if not len(rows) or ankle - hip < 0.3 * torso:  # sitting towards the camera
        return 1.0
    reach = float((rows[-1] - hip) / (ankle - hip))
    return max(reach, 0.2) if reach < 0.7 else 1.0


def _lower(
    joints: Points, torso: float, reach: float, size: tuple[int, int], *, skirt: bool
) -> MaskArray:
    """From the hips down both legs by ``reach`` of their length; filled between for a skirt."""
    ends: list[Points] = []
    masks: list[MaskArray] = []
    for k in (0, 1):
        hip, knee, ankle = joints[HIPS[k]], joints[KNEES[k]], joints[ANKLES[k]]
        thigh = min(reach / 0.5, 1.0)
        end = hip + (knee - hip) * thigh
        masks.append(geometry.capsule_mask(hip, end, 0.17 * torso, size))
        if reach > 0.5:
            end = knee + (ankle - knee) * (reach - 0.5) / 0.5
            masks.append(geometry.capsule_mask(knee, end, 0.11 * torso, size))
        ends.append(end)
    if skirt:
        side = (joints[11] - joints[12]) * 0.4
        quad = np.array([joints[11] + side, joints[12] - side, ends[1] - side, ends[0] + side])
        masks.append(geometry.polygon_mask(quad, size))
    return geometry.union(masks, size)


def _cut_by_edge(visible: MaskArray) -> float:
    """A garment of any shape: the longer its contact with the frame, the more of it is outside."""
    contact = int(visible[0].sum() + visible[-1].sum() + visible[:, 0].sum() + visible[:, -1].sum())
    box = geometry.box_of(visible)
    if not contact or box is None:
        return 0.0
    around = 2 * ((box[2] - box[0]) + (box[3] - box[1]))
    return float(visible.sum()) * min(2 * contact / around, 1.0)
