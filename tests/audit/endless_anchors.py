"""Writes anchors without end, and says when there are some; test_anchors.py kills it meanwhile."""

import sys
from itertools import count
from pathlib import Path

import django

django.setup()  # the keys stand in the settings

from audit import anchors  # noqa: E402 (after the setup)

SOME = 20

for number in count(1):
    with anchors.alone(Path(sys.argv[1])) as file:
        file.append(anchors.Anchor(number, "a" * 64, "b" * 64, "2026-11-23", "2026-11-23"))
    if number == SOME:
        sys.stdout.write("some\n")
        sys.stdout.flush()
