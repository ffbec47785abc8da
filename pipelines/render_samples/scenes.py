"""The places by name: how each is built, what light it has, how bright the picture is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import outdoors
import rooms
import stills


@dataclass(frozen=True)
class Place:
    """Somewhere photos are taken."""

    build: Callable[[], None]
    name: str  # as the truth calls it
    light: str  # warm | daylight | shade | dim | backlit
    exposure: float = 0.0  # stops


PLACES: dict[str, Place] = {
    "hallway": Place(rooms.hallway, "hallway", "warm", 0.35),
    "living": Place(rooms.living, "living room", "daylight", 0.5),
    "evening": Place(lambda: rooms.living("lamps"), "living room", "dim", 0.8),
    "living-seat": Place(lambda: rooms.living("day", False), "living room", "daylight", 0.5),
    "evening-seat": Place(lambda: rooms.living("lamps", False), "living room", "dim", 0.8),
    "kitchen": Place(rooms.kitchen, "kitchen", "warm", 0.45),
    "bedroom": Place(rooms.bedroom, "bedroom", "warm", 0.4),
    "window": Place(rooms.window_room, "window", "backlit", -0.1),
    "cafe": Place(rooms.cafe, "cafe", "warm", 0.5),
    "office": Place(rooms.office, "office", "daylight", 0.3),
    "stairs": Place(rooms.stairs, "staircase", "shade", 0.35),
    "desk": Place(stills.desk, "table", "daylight", 0.4),
    "lunch": Place(stills.lunch, "cafe table", "warm", 0.5),
    "reading": Place(stills.reading, "sofa", "warm", 0.4),
    "brick": Place(outdoors.front, "street", "daylight"),
    "plaster": Place(lambda: outdoors.front("plaster", 28, 215), "street", "shade"),
    "avenue": Place(lambda: outdoors.avenue("summer", 38, 150), "avenue", "daylight"),
    "avenue-autumn": Place(outdoors.avenue, "avenue", "daylight"),
    "park": Place(outdoors.park, "park", "daylight"),
    "park-autumn": Place(lambda: outdoors.park("autumn", 30, 150), "park", "daylight"),
    "park-low": Place(lambda: outdoors.park("summer", 13, 12), "park", "backlit", 1.0),
    "park-autumn-low": Place(lambda: outdoors.park("autumn", 14, -14), "park", "backlit", 0.9),
    "yard": Place(outdoors.yard, "yard", "shade"),
    "lake": Place(outdoors.lakeside, "lakeside", "daylight"),
    "balcony": Place(outdoors.balcony, "balcony", "dim", 0.7),
    "treetops": Place(stills.treetops, "park", "daylight", 0.9),
}
