"""Properties: what holds for every input, tried by hypothesis (see `tests/thorough.py`)."""
