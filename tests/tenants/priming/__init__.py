"""Tests of priming packs: what is written, what is refused, and what has been reviewed."""
