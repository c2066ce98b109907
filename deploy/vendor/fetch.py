#!/usr/bin/env python3
"""Refresh the style sheet and icons that the portal serves from its own origin.

Takes each package of `manifest.json` with `npm pack`, refuses a tarball whose SHA-512 is not the
one written down, and lays the few files we use, with their licence, into `templates/static/vendor`.
Needed only to change a version: what it makes is committed, and no build or Node is needed to run.
htmx is not here; the django-htmx package carries it.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
VENDOR = HERE.parent.parent / "templates" / "static" / "vendor"
SVG = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
BACKGROUND = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'
SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=[^*]*\*/")
SPRITE = '<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'
SYMBOL = (
    '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
    ' stroke-linecap="round" stroke-linejoin="round">{body}</symbol>'
)


def main() -> None:
    manifest = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))
    for package in manifest["packages"]:
        with tempfile.TemporaryDirectory() as folder:
            lay(package, unpacked(package, Path(folder)))


def unpacked(package: dict[str, Any], folder: Path) -> Path:
    """Fetch the package into the folder and return where its files lie.

    Exits when the tarball is not the one that was reviewed.
    """
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is needed to refresh the vendored files; nothing was changed.")
    wanted = f"{package['name']}@{package['version']}"
    packing = [npm, "pack", wanted, "--silent", "--ignore-scripts"]
    packing += ["--pack-destination", str(folder)]
    subprocess.run(packing, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - fixed arguments
    tarball = next(folder.glob("*.tgz"))
    digest = hashlib.sha512(tarball.read_bytes()).digest()
    if f"sha512-{base64.b64encode(digest).decode()}" != package["integrity"]:
        sys.exit(f"{wanted} is not the tarball that manifest.json names; nothing was changed.")
    with tarfile.open(tarball) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def lay(package: dict[str, Any], files: Path) -> None:
    """Replace the package's folder by the files that the manifest names."""
    target = VENDOR / package["folder"]
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copy(HERE / package["licence_file"], target / "LICENSE")
    for source, name in package.get("files", {}).items():
        text = (files / source).read_text(encoding="utf-8")
        # the map is not laid down, and hashed static names fail on a reference to a missing file
        (target / name).write_text(SOURCE_MAP.sub("", text), encoding="utf-8")
    if wanted := package.get("sprite"):
        (target / wanted["file"]).write_text(sprite(files, wanted), encoding="utf-8")
    sys.stdout.write(f"{package['name']} {package['version']} -> {target.name}/\n")


def sprite(files: Path, wanted: dict[str, Any]) -> str:
    """Join single icons into one SVG of symbols, each named as its file."""
    symbols = []
    for name in wanted["icons"]:
        svg = (files / wanted["from"] / f"{name}.svg").read_text(encoding="utf-8")
        found = SVG.search(svg)
        if found is None:
            sys.exit(f"{name}.svg holds no svg element.")
        body = " ".join(found[1].replace(BACKGROUND, "").split())
        symbols.append(SYMBOL.format(name=name, body=body))
    return SPRITE.format(symbols="\n".join(symbols))


if __name__ == "__main__":
    main()
