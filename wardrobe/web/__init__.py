"""The closet in a browser: pages and an API over the same Python functions; no logic of its own."""
