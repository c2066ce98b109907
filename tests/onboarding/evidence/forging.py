"""Packs as somebody with a text editor and too much time would change them."""

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from typing import Any
from zipfile import ZipFile, ZipInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.offline import verify
from onboarding.evidence import packs

Files = dict[str, bytes]
Row = dict[str, Any]


def opened(pack: bytes) -> Files:
    """Return the files of a pack by their names."""
    with ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def closed(files: Mapping[str, bytes]) -> bytes:
    """Return a pack of these files with an archive that is right in itself."""
    target = io.BytesIO()
    with ZipFile(target, "w") as archive:
        for name in sorted(files, key=lambda name: (name == verify.MANIFEST, name)):
            entry: ZipInfo = packs._entry(name)
            archive.writestr(entry, files[name])
    return target.getvalue()


def fitted(files: Files, *, ledger: Mapping[str, Any] | None = None) -> Files:
    """Return the files with a manifest in which every hash is right, and the old signature."""
    sealed = json.loads(files[verify.MANIFEST])
    stated = sealed["manifest"]
    stated["files"] = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for name, content in files.items()
        if name != verify.MANIFEST
    }
    stated["ledger"] |= ledger or {}
    sealed["sha256"] = hashlib.sha256(verify.canonical(stated)).hexdigest()
    return {**files, verify.MANIFEST: verify.pretty(sealed)}


def signed_anew(files: Files) -> Files:
    """Return the files with a manifest that is signed with a key of the forger's."""
    key = Ed25519PrivateKey.generate()
    sealed = json.loads(files[verify.MANIFEST])
    sealed["key"] = key.public_key().public_bytes_raw().hex()
    sealed["signature"] = key.sign(verify.canonical(sealed["manifest"])).hex()
    return {**files, verify.MANIFEST: verify.pretty(sealed)}


def rows(files: Files) -> list[Row]:
    """Return the audit rows."""
    return [json.loads(line) for line in files[verify.LEDGER].splitlines()]


def with_rows(files: Files, kept: list[Row]) -> Files:
    """Return the files with other audit rows."""
    return {**files, verify.LEDGER: b"".join(verify.canonical(row) + b"\n" for row in kept)}


def chained_anew(kept: list[Row], before: str) -> list[Row]:
    """Return rows that follow one another without a gap, each with a hash that fits."""
    found, first = [], kept[0]["seq"]
    for seq, row in enumerate(kept, first):
        about, content = row.get("about", ""), row.get("content", "")
        if "entry" in row:
            about = verify.digest(row["entry"]["object_uuid"].encode())
            content = verify.digest(verify.canonical(row["entry"]))
        before = verify.digest(f"{before}{about}{content}".encode())
        found.append({**row, "seq": seq, "hash": before})
    return found


def reader(pack: bytes) -> Callable[[str], Any]:
    """Return what reads a JSON file of the pack."""
    files = opened(pack)
    return lambda name: json.loads(files[name])
