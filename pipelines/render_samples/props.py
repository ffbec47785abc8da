"""What places are built from: lamps, skies, materials, simple solids and painted surfaces."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import bpy
import numpy as np
from blender import Graph, linear
from fabrics import Array, rng_for
from mathutils import Matrix, Vector
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

Point = tuple[float, float, float]
Colour = tuple[float, float, float]


def area(place: Point, target: Point, size: float, power: float, colour: Colour) -> None:
    """A soft lamp."""
    lamp = bpy.data.lights.new("area", "AREA")
    lamp.energy, lamp.size, lamp.color = power, size, colour
    thing = bpy.data.objects.new("area", lamp)
    thing.location = place
    thing.rotation_euler = (Vector(target) - Vector(place)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(thing)


@contextlib.contextmanager
def placed(place: Point, degrees: float = 0.0) -> Iterator[None]:
    """What is made inside stands around the origin; it is turned and carried to ``place``."""
    before = set(bpy.context.scene.collection.objects)
    yield
    move = Matrix.Translation(place) @ Matrix.Rotation(math.radians(degrees), 4, "Z")
    for thing in set(bpy.context.scene.collection.objects) - before:
        thing.matrix_basis = move @ thing.matrix_basis


def world(colour: Colour, strength: float) -> Any:
    """Even light from all around."""
    sky = bpy.data.worlds.new("world")
    bpy.context.scene.world = sky
    sky.use_nodes = True
    ground = sky.node_tree.nodes["Background"]
    ground.inputs[0].default_value, ground.inputs[1].default_value = (*colour, 1), strength
    return sky


def dusk(low: Colour, high: Colour, strength: float) -> None:
    """A sky after sunset: ``low`` at the horizon, ``high`` overhead."""
    tree = world((1, 1, 1), strength).node_tree
    place = tree.nodes.new("ShaderNodeTexCoord")
    split = tree.nodes.new("ShaderNodeSeparateXYZ")
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    tree.links.new(place.outputs["Generated"], split.inputs[0])
    tree.links.new(split.outputs[2], ramp.inputs[0])
    ends = ramp.color_ramp.elements
    ends[0].position, ends[1].position = 0.0, 0.45
    for end, colour in zip(ends, (low, high), strict=True):
        end.color = (*(float(c) for c in linear(colour)), 1)
    tree.links.new(ramp.outputs[0], tree.nodes["Background"].inputs[0])


def daylight(height: float, bearing: float, strength: float) -> None:
    """Sun and sky; degrees."""
    tree = world((1, 1, 1), strength).node_tree
    sky = tree.nodes.new("ShaderNodeTexSky")
    sky.sky_type = "NISHITA"
    sky.sun_elevation, sky.sun_rotation = math.radians(height), math.radians(bearing)
    sky.sun_size, sky.sun_intensity = math.radians(4), 0.25
    tree.links.new(sky.outputs[0], tree.nodes["Background"].inputs[0])


def paint(colour: Colour, rough: float = 0.7, glow: float = 0.0) -> Any:
    """A plain material with a slightly uneven surface; the same one for the same words."""
    name = "paint {:.3f} {:.3f} {:.3f} {:.2f} {:.2f}".format(*colour, rough, glow)
    if made := bpy.data.materials.get(name):
        return made
    graph = Graph(name)
    shade = graph.math("MULTIPLY_ADD", graph.noise(None, (2, 2, 2), 5), 0.25)
    shade.node.inputs[2].default_value = 0.86
    tone = tuple(float(c) for c in linear(colour))
    graph.link(graph.mix(1.0, tone, shade, "MULTIPLY"), graph.surface.inputs["Base Color"])
    graph.set(Roughness=rough, Specular_IOR_Level=0.3)
    graph.surface.inputs["Emission Color"].default_value = (*tone, 1)
    graph.surface.inputs["Emission Strength"].default_value = glow
    graph.material.cycles.emission_sampling = "NONE"  # it is seen; lamps give the light
    graph.bump(graph.noise(None, (90, 90, 90), 2), 0.08, 0.002)
    return graph.material


def papered(tile: Array, rough: float = 0.8, relief: float = 0.0, glow: float = 0.0) -> Any:
    """A picture over the surface, by its UV coordinates."""
    graph = Graph("papered")
    picture = Image.fromarray((np.clip(tile, 0, 1) * 255).astype(np.uint8))
    node = graph.image(picture, "UVMap")
    graph.link(node.outputs[0], graph.surface.inputs["Base Color"])
    graph.set(Roughness=rough, Specular_IOR_Level=0.3)
    if glow:
        graph.link(node.outputs[0], graph.surface.inputs["Emission Color"])
        graph.set(Emission_Strength=glow)
    graph.material.cycles.emission_sampling = "NONE"
    if relief:
        graph.bump(node.outputs[0], relief, 0.01)
    return graph.material


def box(low: Point, high: Point, material: Any, tile: float = 1.0, bevel: float = 0.0) -> None:
    """A block; ``tile`` metres of surface per picture."""
    a, b = np.array(low), np.array(high)
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * (b - a) + a
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    mesh = bpy.data.meshes.new("box")
    mesh.from_pydata(corners.tolist(), [], quads)
    flat = []
    for quad in quads:
        part = corners[list(quad)]
        axes = [k for k in range(3) if np.ptp(part[:, k]) > 1e-9][:2]
        flat.append(part[:, axes] if len(axes) == 2 else np.zeros((4, 2)))
    layer = mesh.uv_layers.new(name="UVMap")
    layer.data.foreach_set("uv", (np.concatenate(flat) / tile).astype(np.float32).ravel())
    mesh.materials.append(material)
    thing = bpy.data.objects.new("box", mesh)
    bpy.context.scene.collection.objects.link(thing)
    if bevel:
        edge = thing.modifiers.new("bevel", "BEVEL")
        edge.width, edge.segments = bevel, 3


def ball(centre: Point, size: Point, material: Any) -> None:
    """An ellipsoid."""
    turn, tip = np.linspace(0, 2 * np.pi, 33), np.linspace(0.02, np.pi - 0.02, 18)
    u, v = np.meshgrid(turn, tip)
    round_ = np.stack([np.cos(u) * np.sin(v), np.sin(u) * np.sin(v), np.cos(v)], -1)
    lattice(round_ * size + centre, material)


def ring(centre: Point, wide: float, thick: float, material: Any) -> None:
    """A torus that stands in the xz-plane."""
    u, v = np.meshgrid(np.linspace(0, 2 * np.pi, 41), np.linspace(0, 2 * np.pi, 10))
    away = wide + thick * np.cos(v)
    round_ = np.stack([away * np.cos(u), thick * np.sin(v), away * np.sin(u)], -1)
    lattice(round_ + np.array(centre), material)


def rod(start: Point, end: Point, radius: float, material: Any, far: float | None = None) -> None:
    """A round bar from one point to another, capped, of another radius at its ``far`` end."""
    a, b = np.array(start, dtype=float), np.array(end, dtype=float)
    axis = (b - a) / np.linalg.norm(b - a)
    side = np.cross(axis, [0.0, 1.0, 0.0] if abs(axis[1]) < 0.9 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    u = np.linspace(0, 2 * np.pi, 33)[:, None]
    spoke = np.cos(u) * side + np.sin(u) * np.cross(axis, side)
    last = radius if far is None else far
    rows = [a + 0 * spoke, a + radius * spoke, b + last * spoke, b + 0 * spoke]
    lattice(np.stack(rows), material, smooth=radius < 0.1)


def lattice(points: Array, material: Any, smooth: bool = True) -> None:
    """A surface over a grid of points, (rows, columns, 3)."""
    rows, columns = points.shape[:2]
    k = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([k[:-1, :-1], k[:-1, 1:], k[1:, 1:], k[1:, :-1]], -1).reshape(-1, 4)
    mesh = bpy.data.meshes.new("lattice")
    mesh.from_pydata(points.reshape(-1, 3).tolist(), [], quads.tolist())
    if smooth:
        mesh.polygons.foreach_set("use_smooth", np.ones(len(quads), dtype=bool))
    u, v = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
    flat = np.stack([u, v], -1).reshape(-1, 2)[quads]
    mesh.uv_layers.new(name="UVMap").data.foreach_set("uv", flat.astype(np.float32).ravel())
    mesh.materials.append(material)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("lattice", mesh))


def leaves(
    centre: Point, size: Point, tone: Colour, count: int, leaf: float = 0.09, solid: bool = False
) -> None:
    """A crown or a hedge as loose leaves, most of them near its outside.

    Args:
        centre: of the ellipsoid (or of the block, where ``solid``) they fill.
        size: its half axes, metres.
        tone: their middle colour, sRGB; every leaf varies.
        count: how many.
        leaf: length of one, metres.
        solid: fill a block instead of an ellipsoid.
    """
    rng = rng_for(f"{centre}{size}")
    if solid:
        place = rng.uniform(-1, 1, (count, 3))
        side = rng.integers(0, 3, count)
        out = np.sign(place[np.arange(count), side])
        place[np.arange(count), side] = out * rng.uniform(0.86, 1.04, count)
    else:
        place = rng.normal(size=(count, 3))
        place /= np.linalg.norm(place, axis=1, keepdims=True)
        lumps = rng.normal(size=(40, 3))
        lumps /= np.linalg.norm(lumps, axis=1, keepdims=True)
        bulge = np.maximum(place @ lumps.T, 0).max(1) ** 12
        place *= (rng.uniform(0.3, 1, count) ** 0.4 * (0.78 + 0.3 * bulge))[:, None]
    place = place * size + centre
    axis = rng.normal(size=(count, 2, 3)) + np.array([[0, 0, -0.4], [0, 0, 0]])  # they droop
    along = axis[:, 0] / np.linalg.norm(axis[:, 0], axis=1, keepdims=True)
    across = np.cross(along, axis[:, 1])
    across *= 0.5 / np.linalg.norm(across, axis=1, keepdims=True)
    long = leaf * rng.uniform(0.6, 1.2, (count, 1))
    corners = [place, place + long * (0.5 * along + across * 0.7), place + long * along,
               place + long * (0.5 * along - across * 0.7)]  # fmt: skip
    shade = (
        np.array(tone) * rng.uniform(0.62, 1.3, (count, 1)) * rng.uniform(0.85, 1.15, (count, 3))
    )
    tinted(np.stack(corners, 1).reshape(-1, 3), np.arange(4 * count).reshape(-1, 4),
           np.repeat(np.clip(shade, 0, 1), 4, axis=0))  # fmt: skip


def grass(low: tuple[float, float], high: tuple[float, float], tone: Colour, count: int) -> None:
    """Blades of grass on a rectangle of ground."""
    rng = rng_for(f"grass{low}{high}")
    root = np.column_stack([rng.uniform(low, high, (count, 2)), np.zeros(count)])
    lean = rng.normal(0, 0.025, (count, 3))
    lean[:, 2] = rng.uniform(0.025, 0.075, count)
    wide = rng.normal(size=(count, 3)) * [1, 1, 0]
    wide *= 0.003 / np.linalg.norm(wide, axis=1, keepdims=True)
    corners = np.stack([root - wide, root + wide, root + lean], 1).reshape(-1, 3)
    shade = np.array(tone) * rng.uniform(0.6, 1.35, (count, 1)) * rng.uniform(0.9, 1.1, (count, 3))
    tinted(corners, np.arange(3 * count).reshape(-1, 3), np.repeat(np.clip(shade, 0, 1), 3, axis=0))


def tinted(points: Array, faces: Array, colours: Array, rough: float = 0.6) -> None:
    """A mesh of many small faces, coloured per corner point (sRGB)."""
    mesh = bpy.data.meshes.new("tinted")
    mesh.from_pydata(points.tolist(), [], faces.tolist())
    layer = mesh.color_attributes.new("tint", "FLOAT_COLOR", "POINT")
    layer.data.foreach_set(
        "color", np.column_stack([linear(colours), np.ones(len(points))]).ravel()
    )
    graph = Graph("tinted")
    graph.link(graph.attribute("tint"), graph.surface.inputs["Base Color"])
    graph.set(Roughness=rough, Specular_IOR_Level=0.25)
    mesh.materials.append(graph.material)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("tinted", mesh))


def tube(low: Point, height: float, radius: float, material: Any, top: float | None = None) -> None:
    """A standing cylinder, or a cone frustum with another ``top`` radius."""
    rod(low, (low[0], low[1], low[2] + height), radius, material, top)


def planks(name: str, tone: Colour) -> Array:
    """Floor boards, one metre of them."""
    rng = rng_for(name)
    tile = np.zeros((1024, 1024, 3))
    for k in range(8):
        rows = slice(k * 128, (k + 1) * 128)
        grain = ndimage.gaussian_filter(rng.normal(size=(128, 1024)), (0.8, 45), mode="wrap")
        shade = rng.uniform(0.82, 1.12) * (1 + 1.0 * grain[..., None])
        tile[rows] = np.array(tone) * shade
        tile[rows][:2] *= 0.45
        tile[rows][:, (start := int(rng.integers(1020))) : start + 2] *= 0.45
    return tile


def bricks(name: str, tone: Colour) -> Array:
    """A running bond."""
    rng = rng_for(name)
    tile = np.ones((1024, 1024, 3)) * (0.6, 0.57, 0.52)
    for row in range(16):
        for column in range(-1, 6):
            left = int(column * 204.8 + (row % 2) * 102)
            tone_here = np.array(tone) * rng.uniform(0.7, 1.2) * rng.uniform(0.95, 1.05, 3)
            tile[row * 64 + 5 : row * 64 + 61, max(left + 5, 0) : max(left + 200, 0)] = tone_here
    return tile * (1 + 0.07 * rng.normal(size=(1024, 1024, 1)))


def rough_ground(name: str, tone: Colour, blur: float, depth: float) -> Array:
    """Speckled ground: asphalt, gravel, grass."""
    rng = rng_for(name)
    speck = ndimage.gaussian_filter(rng.normal(size=(512, 512)), blur, mode="wrap")
    broad = ndimage.gaussian_filter(rng.normal(size=(512, 512)), 40, mode="wrap")
    shade = 1 + depth * speck / speck.std() + 0.035 * broad / broad.std()
    return np.array(tone) * shade[..., None]


def garden(name: str) -> Array:
    """What is outside a window, out of focus: sky, a roof, crowns."""
    rng = rng_for(f"garden{name}")
    high, wide = 160, 200
    picture = Image.new("RGB", (wide, high), (226, 236, 246))
    draw = ImageDraw.Draw(picture)
    x = int(rng.integers(20, 120))
    draw.polygon([(x, 95), (x + 35, 70), (x + 70, 95), (x + 70, high), (x, high)], (205, 188, 176))
    for _ in range(60):
        at = np.array([rng.uniform(0, wide), high - abs(rng.normal(0, 34))])
        size = float(rng.uniform(6, 18))
        tone = np.array([150, 172, 138]) + rng.normal(0, 14, 3)
        spot = (at[0] - size, at[1] - size, at[0] + size, at[1] + size)
        draw.ellipse(spot, tuple(int(c) for c in tone))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(5))) / 255.0


def canvas(name: str) -> Array:
    """A painting: a sun over hills."""
    rng = rng_for(name)
    picture = Image.new("RGB", (256, 320), (236, 208, 170))
    draw = ImageDraw.Draw(picture)
    x, y = (int(v) for v in rng.integers(60, 180, 2))
    draw.ellipse((x - 40, y - 40, x + 40, y + 40), fill=(214, 106, 66))
    for k in range(4):
        shade = (50 + 20 * k, 90 - 8 * k, 105 - 14 * k)
        ridge = [(i, 190 + 35 * k - 25 * math.sin(i / (30 + 9 * k) + k * 2)) for i in range(257)]
        draw.polygon([*ridge, (256, 320), (0, 320)], fill=shade)
    return np.asarray(picture) / 255.0


def sheet(low: Point, high: Point, material: Any) -> None:
    """An upright rectangle that faces -y, its picture upright."""
    (a, y, b), (c, _, d) = low, high
    mesh = bpy.data.meshes.new("sheet")
    mesh.from_pydata([(a, y, b), (c, y, b), (c, y, d), (a, y, d)], [], [(0, 1, 2, 3)])
    corners = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0]
    mesh.uv_layers.new(name="UVMap").data.foreach_set("uv", corners)
    mesh.materials.append(material)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("sheet", mesh))


def hills(name: str, wide: float, tall: float, y: float, tone: Colour) -> None:
    """A ridge far away, standing on the ground at ``y``."""
    rng = rng_for(name)
    x = np.linspace(-wide, wide, 400)
    ridge = sum(
        rng.uniform(0.3, 1) / k * np.sin(x / wide * k * 5.0 + rng.uniform(0, 6))
        for k in range(1, 34)
    )
    ridge = tall * (0.6 + 0.4 * (ridge - ridge.min()) / np.ptp(ridge))
    points = np.concatenate(
        [np.stack([x, 0 * x + y, 0 * x - 1], 1), np.stack([x, 0 * x + y, ridge], 1)]
    )
    k = np.arange(399)
    tinted(
        points, np.stack([k, k + 1, k + 401, k + 400], 1), np.tile(np.array(tone), (800, 1)), 1.0
    )
