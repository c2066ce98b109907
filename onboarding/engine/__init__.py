"""The engine: how any story is carried on."""
