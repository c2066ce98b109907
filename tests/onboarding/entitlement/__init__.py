"""How it is decided who may do what."""
