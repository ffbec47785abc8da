"""``python pipelines/render_samples``: the same as its ``render.py``."""

from render import main

if __name__ == "__main__":
    main()
