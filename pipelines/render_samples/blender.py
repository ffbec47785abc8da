"""The thin layer over Blender: meshes, materials, lights, camera, render."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from body import Array
from fabrics import SHEET_DM, Fabric
from mathutils import Vector
from numpy.typing import NDArray
from people import Look, Part, Placed
from PIL import Image

Colour = tuple[float, float, float]
Node = Any  # bpy ships no types


def linear(colour: Array | Colour) -> Array:
    """sRGB -> linear light."""
    c = np.asarray(colour, dtype=float)
    light: Array = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return light


def start(width: int, height: int, samples: int, threads: int, exposure: float) -> None:
    """An empty scene, ready for Cycles on the processor."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.seed = "CPU", samples, 1
    cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
    cycles.denoising_prefilter, cycles.denoising_quality = "FAST", "BALANCED"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 3, 2, 1
    cycles.transparent_max_bounces = 12
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 4.0
    scene.render.resolution_x, scene.render.resolution_y = width, height
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.view_settings.exposure = exposure


def render(path: Path) -> None:
    """Render the scene to a PNG."""
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def objects() -> set[str]:
    """The names of all objects so far."""
    return {thing.name for thing in bpy.context.scene.objects}


def meshes(
    besides: set[str], eye: Array, people: Sequence[Placed]
) -> list[tuple[Array, NDArray[np.int64]]]:
    """What of the scene may stand before people: points (N, 3) metres, triangles (T, 3).

    Args:
        besides: names of objects to leave out, the people's own parts.
        eye: of the camera; what is wholly further away than all people is left out.
        people: those in the picture.
    """
    if not people:
        return []
    body = np.concatenate([part.points for person in people for part in person.parts])
    furthest = float(np.linalg.norm(body - eye, axis=1).max())
    graph = bpy.context.evaluated_depsgraph_get()
    found = []
    for thing in bpy.context.scene.objects:
        if thing.type != "MESH" or thing.name in besides:
            continue
        shape = thing.evaluated_get(graph)
        mesh = shape.to_mesh()
        mesh.calc_loop_triangles()
        points = np.empty(3 * len(mesh.vertices), dtype=np.float32)
        mesh.vertices.foreach_get("co", points)
        corners = np.empty(3 * len(mesh.loop_triangles), dtype=np.int32)
        mesh.loop_triangles.foreach_get("vertices", corners)
        shape.to_mesh_clear()
        move = np.array(thing.matrix_basis)
        placed = points.reshape(-1, 3) @ move[:3, :3].T + move[:3, 3]
        triangles = corners.reshape(-1, 3).astype(np.int64)
        near = np.linalg.norm(placed[triangles] - eye, axis=2).min(1) < furthest + 2.0
        if near.any():
            found.append((placed, triangles[near]))
    return found


def studio(middle: Array, reach: float) -> None:
    """Even light around a thing of half size ``reach`` metres, and no background."""
    bpy.context.scene.render.film_transparent = True
    world = bpy.data.worlds.new("studio")
    bpy.context.scene.world = world
    world.use_nodes = True
    even = world.node_tree.nodes["Background"].inputs
    even[0].default_value, even[1].default_value = (1, 1, 1, 1), 0.65
    lamp = bpy.data.lights.new("studio", "AREA")
    lamp.energy, lamp.size = 110 * reach**2, 3.0 * reach
    thing = bpy.data.objects.new("studio", lamp)
    thing.location = Vector(middle + np.array([-1.6, -2.2, 2.2]) * 2 * reach)
    look = Vector(middle) - thing.location
    thing.rotation_euler = look.to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(thing)


class Graph:
    """A material's node tree, with the few nodes used here."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.surface = self.tree.nodes["Principled BSDF"]

    def node(self, kind: str, **settings: Any) -> Node:
        made = self.tree.nodes.new(f"ShaderNode{kind}")
        for key, value in settings.items():
            setattr(made, key, value)
        return made

    def link(self, source: Node, target: Node) -> None:
        self.tree.links.new(source, target)

    def set(self, **values: Any) -> None:
        for key, value in values.items():
            self.surface.inputs[key.replace("_", " ")].default_value = value

    def image(self, picture: Image.Image, layer: str, tiled: bool = True) -> Node:
        node = self.node("TexImage", extension="REPEAT" if tiled else "CLIP")
        node.image = _load(picture)
        self.link(self._uv(layer), node.inputs[0])
        return node

    def _uv(self, layer: str) -> Node:
        return self.node("UVMap", uv_map=layer).outputs[0]

    def attribute(self, name: str) -> Node:
        return self.node("VertexColor", layer_name=name).outputs[0]

    def mix(self, amount: Node | float, first: Node, second: Node, how: str = "MIX") -> Node:
        node = self.node("Mix", data_type="RGBA", blend_type=how)
        for source, target in ((amount, 0), (first, 6), (second, 7)):
            if isinstance(source, (int, float)):
                node.inputs[target].default_value = source
            elif isinstance(source, (tuple, np.ndarray)):
                node.inputs[target].default_value = (*(float(c) for c in source), 1.0)
            else:
                self.link(source, node.inputs[target])
        return node.outputs[2]

    def math(self, how: str, first: Node, second: Node | float) -> Node:
        node = self.node("Math", operation=how, use_clamp=True)
        self.link(first, node.inputs[0])
        if isinstance(second, (int, float)):
            node.inputs[1].default_value = second
        else:
            self.link(second, node.inputs[1])
        return node.outputs[0]

    def noise(
        self, layer: str | None, scale: tuple[float, float, float], detail: float = 3
    ) -> Node:
        """Noise over a UV layer, or over object space where ``layer`` is None."""
        place = self._uv(layer) if layer else self.node("TexCoord").outputs["Object"]
        stretch = self.node("Mapping")
        stretch.inputs["Scale"].default_value = scale
        self.link(place, stretch.inputs[0])
        noise = self.node("TexNoise")
        noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 1.0, detail
        self.link(stretch.outputs[0], noise.inputs[0])
        return noise.outputs[0]

    def bump(self, height: Node, strength: float, distance: float) -> None:
        node = self.node("Bump")
        node.inputs["Strength"].default_value = strength
        node.inputs["Distance"].default_value = distance
        below = self.surface.inputs["Normal"].links
        if below:
            self.link(below[0].from_socket, node.inputs["Normal"])
        self.link(height, node.inputs["Height"])
        self.link(node.outputs[0], self.surface.inputs["Normal"])


def _load(picture: Image.Image) -> Any:
    """A Pillow image as a packed Blender image."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        picture.save(file.name, compress_level=1)
        image = bpy.data.images.load(file.name)
        image.pack()
    return image


def tile_image(fabric: Fabric) -> Image.Image:
    """A fabric's tile as 8-bit RGB."""
    return Image.fromarray((fabric.tile * 255).round().astype(np.uint8))


def material(part_name: str, look: Look, eye: Path | None = None) -> Any:
    """The Blender material of a part."""
    graph = Graph(part_name)
    graph.set(Roughness=look.roughness)
    {"skin": _skin, "hair": _hair, "brow": _hair, "cloth": _cloth, "plain": _plain}.get(
        look.kind, _skin
    )(graph, look) if look.kind != "eye" else _eye(graph, eye)
    return graph.material


def _skin(graph: Graph, look: Look) -> None:
    tone = graph.attribute("tint")
    mottle = graph.noise(None, (60, 60, 60))
    shade = graph.math("MULTIPLY_ADD", mottle, 0.24)
    shade.node.inputs[2].default_value = 0.88
    graph.link(graph.mix(1.0, tone, shade, "MULTIPLY"), graph.surface.inputs["Base Color"])
    graph.set(Roughness=0.52, Specular_IOR_Level=0.35)
    graph.bump(graph.noise(None, (400, 400, 400)), 0.12, 0.002)


def _eye(graph: Graph, picture: Path | None) -> None:
    if picture is None:
        raise ValueError("an eye needs the path of its picture")
    node = graph.image(Image.open(picture), "UVMap")
    graph.link(node.outputs[0], graph.surface.inputs["Base Color"])
    graph.link(node.outputs[1], graph.surface.inputs["Alpha"])
    graph.set(Roughness=0.12)


def _hair(graph: Graph, look: Look) -> None:
    """Streaks along the strands; the fringe dissolves between them."""
    brow = look.kind == "brow"
    scale = (60.0, 4.0, 1.0) if brow else (34.0, 0.5, 1.0)
    streak = graph.noise("UVMap", scale, 6)
    colour = linear(look.colour)
    blend = graph.math("MULTIPLY_ADD", streak, 3.0)
    blend.node.inputs[2].default_value = -1.0
    graph.link(
        graph.mix(blend, tuple(colour * 0.35), tuple(np.minimum(colour * 1.7, 1))),
        graph.surface.inputs["Base Color"],
    )
    graph.set(Roughness=0.42, Specular_IOR_Level=0.4)
    tip = graph.attribute("tint")
    fine = graph.noise("UVMap", (scale[0] * 2.5, scale[1], 1.0), 4)
    reach = graph.math("MULTIPLY", tip, 0.62 if not brow else 0.5)
    graph.link(graph.math("GREATER_THAN", fine, reach), graph.surface.inputs["Alpha"])
    graph.bump(streak, 0.7, 0.006)


def _cloth(graph: Graph, look: Look) -> None:
    """The fabric, its ribs darker, details thrown on front and back, folds and weave as relief."""
    fabric = look.fabric
    if fabric is None:
        raise ValueError("cloth needs a fabric")
    tile = graph.image(tile_image(fabric), "UVMap")
    colour = graph.mix(1.0, tile.outputs[0], graph.attribute("tint"), "MULTIPLY")
    facing = graph.attribute("facing")
    split = graph.node("SeparateColor")
    graph.link(facing, split.inputs[0])
    for picture, channel in ((look.front, 0), (look.back, 1)):
        if picture is not None:
            detail = graph.image(picture, "Sheet", tiled=False)
            seen = graph.math("MULTIPLY", detail.outputs[1], split.outputs[channel])
            colour = graph.mix(seen, colour, detail.outputs[0])
    graph.link(colour, graph.surface.inputs["Base Color"])
    graph.set(Roughness=fabric.roughness, Specular_IOR_Level=0.2, Sheen_Weight=0.08)
    weave = graph.node("RGBToBW")
    graph.link(tile.outputs[0], weave.inputs[0])
    graph.bump(weave.outputs[0], fabric.weave, 0.002)
    graph.bump(graph.noise("UVMap", (2.6, 2.6, 2.6), 2), 0.35, 0.012)


def _plain(graph: Graph, look: Look) -> None:
    graph.link(graph.attribute("tint"), graph.surface.inputs["Base Color"])
    graph.set(Specular_IOR_Level=0.4)
    graph.bump(graph.noise(None, (150, 150, 150)), 0.15, 0.002)


def add(part: Part, eye: Path | None = None) -> None:
    """Put a part into the scene."""
    mesh = bpy.data.meshes.new(part.name)
    count = len(part.triangles)
    mesh.vertices.add(len(part.points))
    mesh.vertices.foreach_set("co", part.points.astype(np.float32).ravel())
    mesh.loops.add(3 * count)
    mesh.loops.foreach_set("vertex_index", part.triangles.astype(np.int32).ravel())
    mesh.polygons.add(count)
    mesh.polygons.foreach_set("loop_start", np.arange(0, 3 * count, 3, dtype=np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(count, dtype=bool))
    mesh.update(calc_edges=True)
    corners = part.uv.reshape(-1, 2).astype(np.float32)
    if part.look.fabric is not None:
        corners = corners / part.look.fabric.width
    mesh.uv_layers.new(name="UVMap").data.foreach_set("uv", corners.ravel())
    if part.sheet is not None:
        flat = part.sheet[part.triangles.ravel()] / SHEET_DM
        flat = np.stack([flat[:, 0] + 0.5, 0.75 - flat[:, 1]], 1).astype(np.float32)
        mesh.uv_layers.new(name="Sheet").data.foreach_set("uv", flat.ravel())
    if part.tint is not None:
        raw = part.look.kind in ("hair", "brow", "cloth")  # amounts, not colours
        _colours(mesh, "tint", part.tint if raw else linear(part.tint))
    if part.facing is not None:
        sides = np.stack([part.facing, -part.facing, 0 * part.facing], 1)
        _colours(mesh, "facing", np.clip(sides, 0, 1))
    mesh.materials.append(material(part.name, part.look, eye))
    bpy.context.scene.collection.objects.link(bpy.data.objects.new(part.name, mesh))


def _colours(mesh: Any, name: str, values: Array) -> None:
    layer = mesh.color_attributes.new(name, "FLOAT_COLOR", "POINT")
    layer.data.foreach_set("color", np.column_stack([values, np.ones(len(values))]).ravel())


def camera(place: Array, target: Array, tall: float, roll: float = 0.0) -> Any:
    """Look from ``place`` to ``target`` with a vertical field of view in degrees."""
    lens = bpy.data.cameras.new("camera")
    lens.sensor_fit, lens.angle_y = "VERTICAL", math.radians(tall)
    lens.clip_start, lens.clip_end = 0.002, 500.0
    seer = bpy.data.objects.new("camera", lens)
    seer.location = Vector(place)
    look = (Vector(target) - Vector(place)).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    seer.matrix_world = look
    seer.rotation_euler = look.to_euler()
    seer.rotation_euler.rotate_axis("Z", math.radians(roll))
    seer.location = Vector(place)
    bpy.context.scene.collection.objects.link(seer)
    bpy.context.scene.camera = seer
    return seer
