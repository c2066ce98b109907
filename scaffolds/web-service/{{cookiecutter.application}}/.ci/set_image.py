"""Writes the image of a build into overlays: `set_image.py NAME TAG FILE...`.

It changes two places of a kustomization.yaml and nothing else: the `app` entry under `images:`, and
the block that keeps an environment at no replicas until its first image.
"""

import re
import sys
from pathlib import Path

ENTRY = re.compile(r"^  - name: app\n(?:    .*\n)+", re.MULTILINE)
NOTHING_BUILT = re.compile(r"^# No image has been built yet.*\nreplicas:\n(?:  .*\n)+", re.MULTILINE)


def with_image(text: str, name: str, tag: str) -> str:
    """Return the text of a kustomization.yaml with this image in it."""
    if len(ENTRY.findall(text)) != 1:
        raise SystemExit("There must be exactly one entry `  - name: app` under `images:`.")
    entry = f'  - name: app\n    newName: "{name}"\n    newTag: "{tag}"\n'
    return NOTHING_BUILT.sub("", ENTRY.sub(lambda _: entry, text))


def main(name: str, tag: str, *paths: str) -> None:
    for path in map(Path, paths):
        path.write_text(with_image(path.read_text(encoding="utf-8"), name, tag), encoding="utf-8")
        print(f"{path}: {name}:{tag}")


if __name__ == "__main__":
    main(*sys.argv[1:])
