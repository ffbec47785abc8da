"""models/registry.toml -> verified local files. The only room with a network.

``entries`` knows the registry and checks what is on the disk; ``download`` fetches. Nothing here
loads a model: a model's identity is its name and the hashes of its files, so that a run in which
everything is remembered never opens a weight file.
"""

from __future__ import annotations

from wardrobe.weights.download import Plan as Plan
from wardrobe.weights.download import fetch as fetch
from wardrobe.weights.download import plan as plan
from wardrobe.weights.entries import Model as Model
from wardrobe.weights.entries import Part as Part
from wardrobe.weights.entries import fetched_folder as fetched_folder
from wardrobe.weights.entries import find as find
from wardrobe.weights.entries import here as here
from wardrobe.weights.entries import identity as identity
from wardrobe.weights.entries import location as location
from wardrobe.weights.entries import pin as pin
from wardrobe.weights.entries import pins as pins
from wardrobe.weights.entries import registry as registry
from wardrobe.weights.entries import sha256 as sha256
from wardrobe.weights.entries import shipped_folder as shipped_folder
from wardrobe.weights.entries import verified as verified
from wardrobe.weights.entries import whole as whole
