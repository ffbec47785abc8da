"""What places are built from: lamps, skies, materials, simple solids and painted surfaces."""

from __future__ import annotations

import math
from typing import Any

import bpy
import numpy as np
from blender import Graph, linear
from fabrics import Array, rng_for
from mathutils import Vector
from PIL import Image, ImageDraw
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


def world(colour: Colour, strength: float) -> Any:
    """Even light from all around."""
    sky = bpy.data.worlds.new("world")
    bpy.context.scene.world = sky
    sky.use_nodes = True
    ground = sky.node_tree.nodes["Background"]
    ground.inputs[0].default_value, ground.inputs[1].default_value = (*colour, 1), strength
    return sky


def daylight(height: float, bearing: float, strength: float) -> None:
    """Sun and sky; degrees."""
    tree = world((1, 1, 1), strength).node_tree
    sky = tree.nodes.new("ShaderNodeTexSky")
    sky.sky_type = "NISHITA"
    sky.sun_elevation, sky.sun_rotation = math.radians(height), math.radians(bearing)
    sky.sun_size, sky.sun_intensity = math.radians(4), 0.25
    tree.links.new(sky.outputs[0], tree.nodes["Background"].inputs[0])


def paint(colour: Colour, rough: float = 0.7, glow: float = 0.0) -> Any:
    """A plain material with a slightly uneven surface."""
    graph = Graph("paint")
    shade = graph.math("MULTIPLY_ADD", graph.noise(None, (2, 2, 2), 5), 0.25)
    shade.node.inputs[2].default_value = 0.86
    tone = tuple(float(c) for c in linear(colour))
    graph.link(graph.mix(1.0, tone, shade, "MULTIPLY"), graph.surface.inputs["Base Color"])
    graph.set(Roughness=rough, Specular_IOR_Level=0.3)
    graph.surface.inputs["Emission Color"].default_value = (*tone, 1)
    graph.surface.inputs["Emission Strength"].default_value = glow
    graph.bump(graph.noise(None, (90, 90, 90), 2), 0.08, 0.002)
    return graph.material


def papered(tile: Array, rough: float = 0.8, relief: float = 0.0) -> Any:
    """A picture over the surface, by its UV coordinates."""
    graph = Graph("papered")
    picture = Image.fromarray((np.clip(tile, 0, 1) * 255).astype(np.uint8))
    node = graph.image(picture, "UVMap")
    graph.link(node.outputs[0], graph.surface.inputs["Base Color"])
    graph.set(Roughness=rough, Specular_IOR_Level=0.3)
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


def ball(centre: Point, size: Point, material: Any, rough: float = 0.0) -> None:
    """An ellipsoid, lumpy by ``rough`` of its size (foliage)."""
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=5, radius=1, location=centre)
    thing = bpy.context.object
    points = np.array([v.co for v in thing.data.vertices])
    if rough:
        rng = rng_for(str(centre))
        lumps = rng.normal(size=(60, 3))
        lumps /= np.linalg.norm(lumps, axis=1, keepdims=True)
        points *= 1 + rough * np.maximum(((points @ lumps.T) ** 24), 0).max(1)[:, None]
        points *= 1 + rough * 0.2 * rng.normal(size=(len(points), 1))
    thing.data.vertices.foreach_set("co", (points * size).ravel())
    thing.data.materials.append(material)


def tube(low: Point, height: float, radius: float, material: Any, top: float | None = None) -> None:
    """A standing cylinder, or a cone frustum with another ``top`` radius."""
    middle = (low[0], low[1], low[2] + height / 2)
    bpy.ops.mesh.primitive_cone_add(
        vertices=48, radius1=radius, radius2=radius if top is None else top, depth=height,
        location=middle,
    )  # fmt: skip
    bpy.context.object.data.materials.append(material)


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
    shade = 1 + depth * speck / speck.std() + 0.08 * broad / broad.std()
    return np.array(tone) * shade[..., None]


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
    return np.asarray(picture)[::-1] / 255.0
