"""The house's rules, read from the code itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

LIBRARY = ROOT / "wardrobe"
FILES = sorted(LIBRARY.rglob("*.py"))

# A room may import rooms of lower floors, and of its own unless it is listed in APART.
BODIES = {
    "frame",
    "figure",
    "mesh",
    "cut",
    "neckline",
    "drape",
    "fill",
    "bare",
    "bared",
    "relight",
    "tidy",
    "tubes",
    "centring",
    "restore",
    "dressing",
    "physics",
}
CLOTH = {"matte", "canvas", "registration", "mending", "contour", "weave"}
FLOORS = [
    {"errors", "labels", "types", "atomic"},
    {
        "geometry",
        "color",
        "config",
        "body",
        "folder",
        "truth",
        "pattern",
        "sleeve",
        "readings",
        "portions",
        "reach",
        "position",
        "limbs",
        "crew",
        *BODIES,
        *CLOTH,
    },
    {
        "images",
        "weights",
        "store",
        "nets",
        "bodynets",
        "anchors",
        "neighbours",
        "links",
        "modes",
        "members",
        "pile",
        "doubts",
        "painting",
    },
    {"stages"},
    {"backends", "runner", "catalogue", "usage", "backup", "decisions"},
    {"pipeline", "gallery", "export", "rows", "search", "moodboard", "owner", "endings"},
    {"batch", "closet", "outfits", "phrases", "library"},
    {"api", "doctor", "bars", "review", "fittings", "mirror"},
    {"", "cli", "web"},
]
APART = {"stages", "backends"}  # no stage imports another stage, no backend another backend
ONLY_IN = {
    "torch": {"backends", "nets", "bodynets", "readings", "doctor"},
    "torchvision": {"backends", "nets", "doctor"},
    "cv2": {"backends"},
    "ultralytics": {"backends"},
    "mediapipe": {"backends"},
    "open_clip": {"backends"},
    "transformers": {"backends"},
    "diffusers": {"backends"},
    "sqlite3": {"store"},
    "urllib": {"weights"},
    "socket": set(),
    "requests": set(),
    "typer": {"cli"},
    "rich": {"cli", "bars"},
}
VAGUE = {"utils", "util", "common", "base", "core", "manager", "helpers", "misc"}


def room(path: Path) -> str:
    parts = path.relative_to(LIBRARY).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def floor(name: str) -> int:
    return next(i for i, names in enumerate(FLOORS) if name in names)


def imports(path: Path) -> list[tuple[str, bool]]:
    """(dotted module, whether at module level), with names imported from the package itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = set(map(id, tree.body))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            names = [f"{module}.{a.name}" for a in node.names] if module == "wardrobe" else [module]
            found += [(name, id(node) in top) for name in names]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_imports_point_down(path: Path) -> None:
    mine = room(path)
    for module, _ in imports(path):
        if not module.startswith("wardrobe."):
            continue
        other = module.split(".")[1]
        if other == "__version__":
            continue
        assert floor(other) <= floor(mine), f"{mine} imports {other}, which is above it"
        package = path.name == "__init__.py"
        if mine in APART and other == mine and module.count(".") > 1 and not package:
            own = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            assert module == own, f"{own} imports {module}: rooms of {mine} don't know each other"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_foreign_libraries_stay_in_their_rooms(path: Path) -> None:
    for module, _ in imports(path):
        allowed = ONLY_IN.get(module.split(".")[0])
        assert allowed is None or room(path) in allowed, f"{path.name} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_the_library_never_prints_exits_or_opens_pictures_elsewhere(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if room(path) != "cli":
            assert called not in ("print", "sys.exit", "exit", "quit", "os._exit"), (
                f"{path.name}: {called}"
            )
        if room(path) != "images":
            assert not re.search(r"(Image|Pillow|PIL)\.open$", called), f"{path.name}: {called}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_rooms_are_small_and_plainly_named(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 400, f"{path.name} has {len(lines)} lines"
    assert path.stem not in VAGUE
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= 70, f"{path.name}: {node.name} has {length} lines"


def test_importing_the_package_loads_no_model_library_and_reads_no_environment() -> None:
    code = (
        "import os, sys\n"
        "class Watched(dict):\n"
        "    def __getitem__(self, k): raise SystemExit(f'read {k}') if k.startswith(('YOLO','WARDROBE')) else 0\n"
        "import wardrobe, wardrobe.cli\n"
        "heavy = {'torch', 'torchvision', 'ultralytics', 'mediapipe', 'open_clip', 'diffusers', 'cv2',\n"
        "         'sklearn', 'scipy', 'transformers'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def test_no_environment_at_import() -> None:
    """os.environ is read inside functions only, except by backends, which switch foreign libraries off."""
    for path in FILES:
        if room(path) == "backends":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for statement in tree.body:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef):
                continue
            read = {"environ", "getenv"} & set(ast.unparse(statement).replace(".", " ").split())
            assert not read, path
