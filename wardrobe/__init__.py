"""Turn a folder of photos into a catalogue of the clothes in them."""
