"""How one training frame is taken: pose, camera, light, chosen by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from body import Array, MakeHuman, turn
from framing import UP, around, eyes
from people import Placed
from postures import ON_ONE_LEG, POSES, STANDING, Pose, Reach, bend, hold
from rays import Camera
from shop import Rng

#: MakeHuman's own poses that somebody would be photographed in, the likely ones several times.
FILES = ("standing01", "standing02", "standing03", "standing04", "standing05", "standing06",
         "standing01", "standing04", "sit01", "run01", "standing06")  # fmt: skip
#: How far a bone is turned at random, degrees about x, y and z.
LOOSE = {
    "spine05": (2, 3, 2), "spine03": (3, 4, 3), "spine01": (3, 4, 2), "neck01": (4, 6, 3),
    "head": (7, 14, 6), "upperleg01.L": (4, 4, 2), "upperleg01.R": (4, 4, 2),
    "lowerleg01.L": (3, 0, 0), "lowerleg01.R": (3, 0, 0), "upperarm01.L": (5, 5, 4),
    "upperarm01.R": (5, 5, 4), "lowerarm01.L": (6, 6, 4), "lowerarm01.R": (6, 6, 4),
}  # fmt: skip
SIZES = ((384, 512),) * 6 + ((512, 384), (432, 432), (320, 560), (400, 500))


def pose(rng: Rng, data: MakeHuman) -> tuple[str, dict[str, Array]]:
    """A pose and the truth's word for it: seated, walking, or nothing."""
    chance = rng.random()
    if chance < 0.45:
        name = str(rng.choice(list(POSES)))
        bones = bend(data, name)
    elif chance < 0.8:
        name = "any"
        legs = (STANDING, ON_ONE_LEG, POSES["walking"].bends)[int(rng.integers(3))]
        bones = hold(data, Pose(legs, _reach(rng), _reach(rng)))
    else:
        name = str(rng.choice(FILES))
        bones = data.pose(name)
    for bone, spread in LOOSE.items():
        x, y, z = (float(rng.normal(0, s)) for s in spread)
        bones[bone] = bones.get(bone, np.eye(3)) @ turn(x=x, y=y, z=z)
    word = "seated" if name.startswith(("seated", "sit")) else ""
    return "walking" if name.startswith(("walk", "run")) else word, bones


def _reach(rng: Rng) -> Reach:
    """An arm that hangs, is bent or lifted, but does not go through the trunk."""
    if rng.random() < 0.45:
        wrist = (rng.uniform(0.1, 0.3), -0.93, rng.uniform(-0.25, 0.3))
    else:
        wrist = (rng.uniform(-0.25, 0.7), rng.uniform(-0.8, 0.6), rng.uniform(0.1, 0.75))
    x, y, z = (float(w) for w in wrist)
    if x < 0.15 and y > -0.85:
        z = max(z, 0.42)
    elbow = (float(rng.uniform(0.4, 1)), float(rng.uniform(-1, -0.1)), float(rng.uniform(-1, 0)))
    return Reach((x, y, z), elbow, roll=float(rng.uniform(-40, 60)), curl=float(rng.uniform(5, 40)))


@dataclass(frozen=True)
class Frame:
    """What of a person a picture holds, as the truth names it, and from where it is taken."""

    view: str
    low: str  # the bone whose height ends the frame below, and how much further down, metres
    below: float
    high: str
    above: float
    lift: tuple[float, float] = (4, 7)  # degrees the camera looks down: mean, spread
    fov: tuple[float, float] = (28, 58)
    often: float = 1.0


FRAMES = (
    Frame("full", "foot", 0.15, "head", 0.3, often=30),
    Frame("full", "foot", 0.15, "head", 0.3, (28, 8), often=5),
    Frame("full", "foot", 0.2, "head", 0.3, (-8, 4), often=4),
    Frame("three-quarter", "lowerleg01", 0.0, "head", 0.3, often=15),
    Frame("waist-up", "upperleg01", 0.05, "head", 0.28, often=20),
    Frame("selfie", "spine04", 0.0, "head", 0.25, (18, 9), (55, 78), often=8),
    Frame("legs", "foot", 0.12, "spine04", 0.0, (12, 8), often=7),
    Frame("torso", "upperleg01", 0.1, "neck01", 0.05, often=8),
    Frame("feet", "foot", 0.1, "lowerleg01", 0.1, (30, 12), often=3),
)
_CHANCES = np.array([f.often for f in FRAMES]) / sum(f.often for f in FRAMES)


def aim(rng: Rng, person: Placed, yaw: float, size: tuple[int, int]) -> tuple[str, Camera]:
    """A camera on some of a person, who faces ``yaw``; and what kind of view it is."""
    frame = FRAMES[int(rng.choice(len(FRAMES), p=_CHANCES))]
    at = person.joints
    low = min(at[f"{frame.low}{s}"][2] for s in _sides(at, frame.low)) - frame.below
    high = max(at[f"{frame.high}{s}"][2] for s in _sides(at, frame.high)) + frame.above
    half = max((high - low) / 2, 0.25)
    hips = (at["upperleg01.L"] + at["upperleg01.R"]) / 2
    middle = hips * 0.5 + eyes(person) * 0.5 if frame.view != "feet" else hips
    target = np.array([middle[0], middle[1], (high + low) / 2])
    turned = yaw + float(rng.normal(0, 22) if rng.random() < 0.75 else rng.uniform(-180, 180))
    lift = np.radians(float(rng.normal(*frame.lift)))
    away = around(turned) * np.cos(lift) + UP * np.sin(lift)
    fov = float(rng.uniform(*frame.fov))
    margin = float(np.exp(rng.normal(0.08, 0.13)))
    if size[0] > size[1]:
        margin *= float(rng.uniform(0.95, 1.5))
    distance = half * margin / np.tan(np.radians(fov / 2)) + 0.12
    right = np.cross(-away, UP)
    right /= np.linalg.norm(right)
    aspect = size[0] / size[1]
    target = target + right * half * aspect * float(rng.normal(0, 0.15))
    target = target + UP * half * float(rng.normal(0, 0.06))
    eye = target + away * distance
    eye[2] = max(eye[2], 0.12)
    camera = Camera(eye, target, fov, float(rng.normal(0, 2.5)), bool(rng.random() < 0.15))
    off = abs((turned - yaw + 180) % 360 - 180)
    if frame.view in ("full", "three-quarter", "waist-up") and off > 55:
        return ("back" if off > 115 else "side"), camera
    return ("mirror" if camera.mirrored and frame.view == "full" else frame.view), camera


def _sides(at: dict[str, Array], bone: str) -> tuple[str, ...]:
    return ("",) if bone in at else (".L", ".R")


@dataclass(frozen=True)
class Light:
    """The light of a frame: colours are linear and add up to about one on a lit white sheet."""

    name: str  # the truth's word: warm, daylight, shade, dim, backlit
    toward: Array  # unit vector to the lamp or sun
    key: Array  # (3,)
    sky: Array  # (3,) from above
    ground: Array  # (3,) from below
    soft: float  # radius of the lamp seen from the person, radians
    exposure: float  # stops


#: Mood: kelvin of the key, share of the light it gives, its softness, stops.
MOODS = {
    "daylight": ((5000, 6300), (0.45, 0.8), (0.01, 0.06), (-0.3, 0.4)),
    "shade": ((6500, 9500), (0.1, 0.35), (0.15, 0.4), (-0.5, 0.25)),
    "warm": ((2500, 3700), (0.3, 0.65), (0.06, 0.25), (-0.6, 0.2)),
    "dim": ((2400, 5000), (0.25, 0.6), (0.05, 0.25), (-2.0, -1.0)),
    "backlit": ((4800, 6500), (0.45, 0.75), (0.03, 0.2), (-1.2, -0.1)),
}


def light(rng: Rng, camera: Camera) -> Light:
    """Light from anywhere above; from behind the person where it is backlit."""
    name = str(rng.choice(list(MOODS), p=[0.35, 0.2, 0.22, 0.11, 0.12]))
    heat, share, soft, stops = (float(rng.uniform(*span)) for span in MOODS[name])
    back = camera.target - camera.eye
    back = np.array([back[0], back[1], 0.0]) / max(float(np.hypot(back[0], back[1])), 1e-6)
    side = np.cross(back, UP)
    turned = rng.normal(0, 0.5) if name == "backlit" else rng.uniform(0.7, 2 * np.pi - 0.7)
    level = back * np.cos(turned) + side * np.sin(turned)
    rise = float(rng.uniform(0.15, 1.3))
    toward = level * np.cos(rise) + UP * np.sin(rise)
    cast = kelvin(heat)
    room = kelvin(heat * float(rng.uniform(0.9, 1.6)) if name != "shade" else heat)
    bounce = np.clip(rng.uniform(0.3, 0.7) * (1 + rng.normal(0, 0.12, 3)), 0.1, 1)
    balance = _balance(rng, cast * share + room * (1 - share))
    return Light(name, toward, 1.9 * share * cast * balance, (1 - share) * room * balance,
                 (1 - share) * bounce * room * balance, soft, stops)  # fmt: skip


def _balance(rng: Rng, white: Array) -> Array:
    """What a phone corrects of a cast: most of it, seldom all."""
    left = float(rng.uniform(0.1, 0.75))
    gains: Array = (white.mean() / white) ** (1 - left) * np.exp(rng.normal(0, 0.03, 3))
    return gains


def kelvin(heat: float) -> Array:
    """Linear RGB of a black body, its mean 1; read off the Planckian locus every 1500 K."""
    table = np.array([[1, 0.25, 0.01], [1, 0.53, 0.23], [1, 0.78, 0.62], [1, 0.95, 0.98],
                      [0.77, 0.81, 1], [0.63, 0.73, 1], [0.55, 0.67, 1]])  # fmt: skip
    colour = np.array([np.interp(heat, 2000 + 1500 * np.arange(7), table[:, k]) for k in range(3)])
    return colour / colour.mean()


def beside(rng: Rng, camera: Camera) -> tuple[tuple[float, float], float]:
    """Where a companion stands from the first person at (0, 0), and the way they face."""
    ahead = (camera.target - camera.eye)[:2]
    ahead /= np.linalg.norm(ahead)
    right = np.array([ahead[1], -ahead[0]])
    side = float(rng.choice([-1, 1]) * rng.uniform(0.3, 0.85))
    at = right * side + ahead * float(rng.uniform(-0.45, 1.2))
    facing = np.degrees(np.arctan2(-ahead[0], ahead[1])) + float(rng.normal(0, 35))
    return (float(at[0]), float(at[1])), facing
