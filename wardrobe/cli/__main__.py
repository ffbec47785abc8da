"""``python -m wardrobe.cli``."""

from wardrobe.cli import main

if __name__ == "__main__":
    main()
