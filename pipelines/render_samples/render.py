"""Render the sample photos: ``python pipelines/render_samples/render.py --makehuman DIR``.

Needs Blender's ``bpy`` wheel, trimesh, embreex, scipy and pillow in an environment of its own.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import blender
import numpy as np
import trimesh
from body import Array, MakeHuman
from fabrics import rng_for
from items import FRIEND, OTHERS, OWNER, SISTER, WARDROBE
from people import Garment, Placed, stand
from PIL import Image
from scenes import EXPOSURE, PLACES
from shots import SHOTS, Shot, bend

PEOPLE = {"friend": FRIEND, "sister": SISTER}
#: Trousers go under an untucked top, a skirt over a tucked one.
PUT_ON = ("bottoms", "tops", "skirts", "dresses", "outerwear", "bags", "footwear")
#: An item counts as shown in a photo from this share of the picture on.
SHOWN = 0.002
ORIENTATION, TAKEN, DIGITISED, MAKE, MODEL = 0x0112, 0x9003, 0x9004, 0x010F, 0x0110
UNTURN = {
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
    3: Image.Transpose.ROTATE_180,
}


SOURCES = """
# Where these pictures come from

Nobody was photographed. Every picture is rendered by `pipelines/render_samples/render.py` with
Blender's Cycles (the `bpy` wheel, 4.5) and is part of this project, under its licence
(AGPL-3.0-or-later); there is no other claim on them.

* Bodies, hair, eyes (with the picture of the iris) and shoes are meshes of MakeHuman, released
  as CC0 in September 2020. They are read, never copied into this repository.
* Clothes are cut from the body's surface by `garments.py`; fabrics, prints, skin, hair and the
  places are painted by code (`fabrics.py`, `people.py`, `scenes.py`). No foreign texture.
* All noise is seeded from names, so a second run gives the same scene; Cycles' own seed is 1.
* One person (the owner) in all pictures with people. IMG_0429 and IMG_0441 show a second person
  too, who wears clothes of their own that do not belong in the wardrobe.
* Rendered with 3 or 4 samples and a denoiser. Only IMG_0412, 0424, 0438, 0439, 0441 and 0447 come
  from the last revision of the scripts; the others show the resting brow, trouser hem or foliage
  of the revision before, so rendering them again changes them slightly.
* IMG_0429 is stored turned (EXIF orientation 6), IMG_0439 is a PNG, IMG_0445-copy is an exact
  copy of IMG_0445. Times taken are in EXIF; there is no place.

`truth/items.json` maps each photo to the owner's items that fill at least 0.2 % of it.
What looks least real: stiff folds, a face without expression, hands held the same way.

    python pipelines/render_samples/render.py --out sample_photos --makehuman DIR
"""


def garments(names: Sequence[str]) -> list[Garment]:
    """Garments by id, in the order put on."""
    everything = {**WARDROBE, **OTHERS}
    return sorted((everything[n] for n in names), key=lambda g: PUT_ON.index(g.category))


def cast(data: MakeHuman, shot: Shot) -> list[Placed]:
    """The people of a shot, dressed and posed."""
    people = []
    if shot.wears or shot.frame == "feet":
        pose = bend(data, shot.pose)
        people.append(stand(data, OWNER, garments(shot.wears), pose, yaw=shot.yaw))
    if shot.beside:
        other = shot.beside
        worn, pose = garments(other.wears), bend(data, other.pose)
        people.append(stand(data, PEOPLE[other.who], worn, pose, other.at, other.yaw))
    return people


def aim(shot: Shot, people: Sequence[Placed]) -> tuple[Array, Array, float]:
    """Where the camera stands, what it looks at, and its vertical field of view in degrees."""
    wobble = rng_for(shot.name).normal(0, 0.035, 3)
    if shot.frame == "table":
        return np.array([-0.35, -1.25, 1.6]) + wobble, np.array([0.0, 0.02, 0.76]), 42.0
    if shot.frame == "room":
        return np.array([0.9, -3.2, 1.5]) + wobble, np.array([-0.3, 1.0, 0.85]), 50.0
    if shot.frame == "feet":
        return np.array([0.1, -0.75, 0.75]) + wobble, np.array([0.0, -0.05, 0.03]), 34.0
    joints = people[0].joints
    eyes = (joints["eye.L"] + joints["eye.R"]) / 2
    hips = (joints["upperleg01.L"] + joints["upperleg01.R"]) / 2
    beside = shot.beside.at[0] / 2 if shot.beside else 0.0
    middle = np.array([hips[0] + beside, hips[1], 0.0])
    if shot.frame == "waist":
        target = 0.62 * eyes + 0.38 * hips
        return target + np.array([0.2, -2.0, 0.12]) + wobble, target, 30.0
    if shot.frame == "three":
        target = 0.3 * eyes + 0.7 * hips
        return target + np.array([-0.25, -2.5, 0.3]) + wobble, target, 33.0
    target = middle + np.array([0, 0, 0.5 * eyes[2] + 0.08])
    back = -3.4 if not shot.beside else -3.9
    return target + np.array([0.15, back, 0.4]) + wobble, target, 34.0


def shown(
    people: Sequence[Placed], eye: Array, target: Array, tall: float, roll: float
) -> set[str]:
    """The items that the camera sees, by casting a coarse grid of rays."""
    parts = [p for person in people for p in person.parts]
    if not parts:
        return set()
    offsets = np.cumsum([0, *(len(p.points) for p in parts)])
    mesh = trimesh.Trimesh(
        np.concatenate([p.points for p in parts]),
        np.concatenate([p.triangles + o for p, o in zip(parts, offsets, strict=False)]),
        process=False,
    )
    owner = np.repeat(np.arange(len(parts)), [len(p.triangles) for p in parts])
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    spin = np.radians(roll)
    right, up = right * np.cos(spin) + up * np.sin(spin), up * np.cos(spin) - right * np.sin(spin)
    reach = np.tan(np.radians(tall) / 2)
    x, y = (g.ravel() for g in np.meshgrid(np.linspace(-0.75, 0.75, 120), np.linspace(-1, 1, 160)))
    rays = forward + reach * (x[:, None] * right + y[:, None] * up)
    hit = mesh.ray.intersects_first(np.tile(eye, (len(rays), 1)), rays)
    seen = np.bincount(owner[hit[hit >= 0]], minlength=len(parts))
    share: dict[str, float] = {}
    for part, count in zip(parts, seen, strict=True):
        if part.item:
            share[part.item] = share.get(part.item, 0.0) + count / len(rays)
    return {item for item, amount in share.items() if amount >= SHOWN and item in WARDROBE}


def develop(raw: Path, shot: Shot) -> Image.Image:
    """What a phone makes of the light: sensor noise, a soft vignette."""
    rng = rng_for(shot.name)
    picture = np.asarray(Image.open(raw).convert("RGB")).astype(float)
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width]
    away = np.hypot((x / width - 0.5), (y / height - 0.5))
    picture *= (1 - 0.22 * away**2)[..., None]
    grain = 4.5 if shot.place == "evening" else 2.0
    picture += rng.normal(0, grain, (height, width, 1)) + rng.normal(0, grain / 2, picture.shape)
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def save(picture: Image.Image, shot: Shot, path: Path) -> None:
    """Write with the time it was taken; turned as some phones store it."""
    exif = Image.Exif()
    taken = datetime.fromisoformat(shot.taken).strftime("%Y:%m:%d %H:%M:%S")
    exif[MAKE], exif[MODEL], exif[0x0132] = "Rendered", "render_samples", taken
    exif.get_ifd(0x8769).update({TAKEN: taken, DIGITISED: taken})
    if shot.exif_turn != 1:
        exif[ORIENTATION] = shot.exif_turn
        picture = picture.transpose(UNTURN[shot.exif_turn])
    buffer = io.BytesIO()
    if path.suffix == ".png":
        picture.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(
            buffer, "PNG", exif=exif, optimize=True
        )
    else:
        picture.save(buffer, "JPEG", quality=87, subsampling=1, exif=exif, optimize=True)
    path.write_bytes(buffer.getvalue())


def take(data: MakeHuman, shot: Shot, out: Path, size: tuple[int, int], samples: int,
         threads: int) -> list[str]:  # fmt: skip
    """Render one photo; returns the owner's items it shows."""
    began = time.monotonic()
    people = cast(data, shot)
    eye, target, tall = aim(shot, people)
    roll = float(rng_for(shot.name + "roll").normal(0, 0.9))
    blender.start(*size, samples, threads, EXPOSURE.get(shot.place, 0.0))
    iris = data.folder / "eyes/materials/brown_eye.png"
    for person in people:
        for part in person.parts:
            blender.add(part, iris)
    PLACES[shot.place]()
    blender.camera(eye, target, tall, roll)
    built = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.png"
        blender.render(raw)
        save(develop(raw, shot), shot, out / shot.name)
    items = sorted(shown(people, eye, target, tall, roll))
    seconds = f"{built - began:.0f} + {time.monotonic() - built:.0f} s"
    print(
        f"{shot.name}: {seconds}, cpu {time.process_time():.0f} s: {', '.join(items)}", flush=True
    )
    return items


def main() -> None:
    """Render all shots, or the named ones; keep the truth of the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("sample_photos"))
    parser.add_argument("--makehuman", type=Path, default=Path("../shared/data/makehuman"))
    parser.add_argument("--only", nargs="*", help="photo names")
    parser.add_argument("--size", type=int, nargs=2, default=(600, 800))
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args(sys.argv[1:])
    data = MakeHuman(args.makehuman)
    (args.out / "truth").mkdir(parents=True, exist_ok=True)
    record = args.out / "truth" / "items.json"
    chosen = [s for s in SHOTS if not args.only or s.name in args.only]
    for shot in chosen:
        if shot.copy_of:
            shutil.copyfile(args.out / shot.copy_of, args.out / shot.name)
            items = json.loads(record.read_text())[shot.copy_of]
        else:
            items = take(data, shot, args.out, tuple(args.size), args.samples, args.threads)
        truth = json.loads(record.read_text()) if record.exists() else {}
        truth[shot.name] = items
        order = {s.name: truth[s.name] for s in SHOTS if s.name in truth}
        record.write_text(json.dumps(order, indent=1) + "\n")
        (args.out / "SOURCES.md").write_text(describe(order))


def describe(shots: Mapping[str, Sequence[str]]) -> str:
    """``SOURCES.md``: how the pictures were made, and which shows what."""
    lines = [
        SOURCES.strip(),
        "",
        "| item | category | what | photos |",
        "| --- | --- | --- | --- |",
    ]
    for garment in WARDROBE.values():
        seen = [name for name, items in shots.items() if garment.id in items]
        if seen:
            row = (garment.id, f"{garment.category}, {garment.type}", garment.name, ", ".join(seen))
            lines.append(f"| {' | '.join(row)} |")
    lines += ["", "Photos that show nothing of the owner's to wear: "]
    lines[-1] += ", ".join(name for name, items in shots.items() if not items) + "."
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
