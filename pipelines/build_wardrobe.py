"""Build the wardrobe of a photo folder: the same job as ``wardrobe build``, as a script.

python pipelines/build_wardrobe.py PHOTOS --out DIR [any option of `wardrobe build`]
"""

from __future__ import annotations

import sys

from wardrobe import cli

if __name__ == "__main__":
    sys.argv.insert(1, "build")
    cli.main()
