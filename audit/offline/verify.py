#!/usr/bin/env python3
"""Verifies an evidence pack of Berth offline. Needs Python 3.9 or later and nothing else.

    python3 verify.py PACK.zip [--key FINGERPRINT] [--anchors FILE]

Names everything that was changed, removed or added, the first thing first; exits with 0 where the
pack holds, 1 where it does not, 2 where it cannot be read. What it proves by itself: the files, the
plans and the audit rows are those of one moment, signed with one key. That the key is the portal's
is proven by --key with the fingerprint that the portal shows its auditors, or by --anchors with a
copy of the anchor file that was kept elsewhere. Take this program from the repository, not from
the pack that it judges.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import mmap
import struct
import sys
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional, Union

Bytes = Union[bytes, mmap.mmap]
Files = dict[str, "tuple[Bytes, int, int]"]  # name -> the pack, where the file begins and ends
Anchors = Mapping[int, "tuple[str, str]"]  # seal number -> its hash, and when it was anchored
Point = tuple[int, int, int, int]
Row = dict[str, Any]

FORMAT = "berth evidence pack 1"
MANIFEST, LEDGER, ORDER, CHANGES = "manifest.json", "ledger.ndjson", "order.json", "changes.json"
LOCAL = struct.Struct("<4s5H3L2H")
CRC = struct.Struct("<L")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
DAY = 33  # 1 January 1980: packs carry no other time
MODE = 0o100644 << 16
MOST_TOLD = 100


class Broken(Exception):
    """The pack cannot be read any further."""


def main(words: Optional[Sequence[str]] = None) -> int:
    """Verify the pack that the command line names, say what was found, and return the status."""
    parser = argparse.ArgumentParser(description="Verify an evidence pack of Berth offline.")
    parser.add_argument("pack", metavar="PACK.zip")
    parser.add_argument("--key", default="", help="the fingerprint that the portal shows")
    parser.add_argument("--anchors", metavar="FILE", help="a copy of the anchor file")
    asked = parser.parse_args(words)
    try:
        anchors = read_anchors(asked.anchors) if asked.anchors else None
        with Path(asked.pack).open("rb") as file:
            # not closed: parts of it may still be looked at when something is broken
            pack = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            findings, notes = verify(pack, asked.key, anchors)
    except (OSError, ValueError) as error:
        print(f"It cannot be read: {error}")
        return 2
    for sentence in (*findings[:MOST_TOLD], *notes):
        print(sentence)
    print(f"The pack does not hold: {len(findings)} findings." if findings else "The pack holds.")
    return 1 if findings else 0


def verify(
    pack: Bytes, key: str = "", anchors: Optional[Anchors] = None
) -> tuple[list[str], list[str]]:
    """Return what is wrong with the bytes of a pack, and what is worth knowing, as sentences."""
    findings: list[str] = []
    notes: list[str] = []
    try:
        files = members(pack, findings)
        manifest = manifest_of(files, findings)
        compare_files(files, manifest, findings)
        compare_plans(files, findings)
        rows = Chain(files, manifest, findings)
        rows.follow()
        compare_key(files, key, findings, notes)
        compare_anchors(rows, anchors, findings, notes)
        notes.append(standing(manifest, rows))
    except Broken as error:
        findings.append(str(error))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        findings.append(f"A file of the pack is not what it should be: {error!r}.")
    return findings, notes


# The archive: every byte of it is either content or known


def members(pack: Bytes, findings: list[str]) -> Files:
    """Return name -> (start, end) of every file, after a look at every byte between them."""
    files: Files = {}
    at, directory = 0, b""
    before = "the archive"
    while pack[at : at + 4] == b"PK\3\4":
        name, start, end, entry = member(pack, at, before)
        if zlib.crc32(pack[start:end]) != CRC.unpack_from(entry, 16)[0]:
            findings.append(f"{name} was changed: it does not fit its checksum in the archive.")
        if name in files:
            findings.append(f"{name} is there twice: one of them was added.")
        elif files and name != MANIFEST and name < before:
            findings.append(f"{name} is not where it belongs: files stand in order of their names.")
        files[name] = (pack, start, end)
        directory += entry
        at, before = end, name
    count = len(files)
    directory += END.pack(b"PK\5\6", 0, 0, count, count, len(directory), at, 0)
    if pack[at:] != directory:
        findings.append(f"Behind {before}, the directory of the archive was changed.")
    return files


def member(pack: Bytes, at: int, before: str) -> tuple[str, int, int, bytes]:
    """Return name, start and end of the file whose header is here, and its line of the directory.

    A header is wrong unless it is exactly what the portal writes for such a file.
    """
    head = pack[at : at + LOCAL.size]
    if len(head) < LOCAL.size:
        raise Broken(f"Behind {before}, the archive was cut off.")
    _, _, _, _, _, _, crc, size, _, length, _ = LOCAL.unpack(head)
    start = at + LOCAL.size + length
    raw = pack[at + LOCAL.size : start]
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Broken(f"Behind {before}, the name of a file was changed.") from None
    flags = 0 if name.isascii() else 0x800
    fixed = (20, flags, 0, 0, DAY, crc, size, size, length, 0)
    if head != LOCAL.pack(b"PK\3\4", *fixed):
        raise Broken(f"{name} was changed: its header in the archive is not what it was.")
    if start + size > len(pack):
        raise Broken(f"{name} was changed: it is cut off.")
    made = (0x0314, *fixed[:8], length, 0, 0, 0, 0, MODE, at)
    return name, start, start + size, CENTRAL.pack(b"PK\1\2", *made) + raw


def content(files: Files, name: str) -> bytes:
    """Return the bytes of a file."""
    if name not in files:
        raise Broken(f"{name} was removed.")
    pack, start, end = files[name]
    return pack[start:end]


def sha256(files: Files, name: str) -> str:
    """Return the hash of a file."""
    return hashlib.sha256(content(files, name)).hexdigest()


# The manifest


def manifest_of(files: Files, findings: list[str]) -> Row:
    """Return what the manifest states, compared with its own hash."""
    sealed = read_json(files, MANIFEST)
    stated: Row = sealed["manifest"]
    if content(files, MANIFEST) != pretty(sealed) or stated["format"] != FORMAT:
        findings.append(f"{MANIFEST} was changed: a portal does not write it like this.")
    if hashlib.sha256(canonical(stated)).hexdigest() != sealed["sha256"]:
        findings.append(f"{MANIFEST} was changed: it does not fit its own hash.")
    return stated


def compare_files(files: Files, manifest: Row, findings: list[str]) -> None:
    """Compare what is there with what the manifest lists."""
    listed = manifest["files"]
    for name in sorted(listed.keys() | files.keys() - {MANIFEST}):
        if name not in files:
            findings.append(f"{name} was removed: the manifest lists it.")
        elif name not in listed:
            findings.append(f"{name} was added: the manifest does not list it.")
        elif listed[name]["sha256"] != sha256(files, name):
            findings.append(f"{name} was changed: it does not fit its hash in the manifest.")


def compare_plans(files: Files, findings: list[str]) -> None:
    """Compare plans with their digests, and decisions with the plans that they were made on."""
    digests = set()
    for name in sorted(files):
        if name.endswith("/plan.json") and name.count("/") == 2:
            digest = sha256(files, name)
            digests.add(digest)
            about = name.replace("plan.json", "revision.json")
            if read_json(files, about)["digest"] != digest:
                findings.append(f"{name} was changed: its hash is not the digest in {about}.")
    for change in read_json(files, CHANGES):
        for approval in change["approvals"]:
            if approval["digest"] not in digests:
                who, number = approval["person"], change["number"]
                findings.append(f"{CHANGES}: {who} decided in {number} on a plan that is not here.")


# The audit rows


class Chain:
    """The rows of the ledger in the pack, each of which has to continue the one before it."""

    def __init__(self, files: Files, manifest: Row, findings: list[str]) -> None:
        self.lines = content(files, LEDGER).splitlines(keepends=True)
        self.order = read_json(files, ORDER)
        self.stated = manifest["ledger"]
        self.findings = findings
        self.about = digest(self.order["uuid"].encode())
        self.seq: int = self.stated["first"] - 1
        self.hash: str = self.stated["before"]
        self.own: list[Row] = []
        self.waiting = 0
        self.form = 1
        self.hashes: dict[int, str] = {}

    def follow(self) -> None:
        """Look at every row, then at how many there are."""
        for number, line in enumerate(self.lines, 1):
            row = json.loads(line)
            if line != canonical(row) + b"\n":
                self.find(f"line {number} was changed: a portal does not write it like this.")
            self.look(row, row.get("entry"))
        self.look_at_both_ends()

    def find(self, sentence: str) -> None:
        """Keep a finding."""
        self.findings.append(f"{LEDGER}: {sentence}")

    def look(self, row: Row, entry: Optional[Row]) -> None:
        """Compare one row with the one before it, and with its own hash."""
        if entry:
            self.own.append(entry)
            if digest(entry["object_uuid"].encode()) != self.about:
                self.find(f"{told(entry)} is about another record: it was changed or added.")
        if "seq" not in row:
            self.waiting += 1
            return
        if self.waiting:
            self.find(f"seal {row['seq']} stands behind rows that wait for a seal.")
        self.look_at_place(row, entry)
        self.seq, self.hash = row["seq"], row["hash"]
        self.hashes[self.seq] = self.hash

    def look_at_place(self, row: Row, entry: Optional[Row]) -> None:
        """Say whether the row continues the one before it."""
        seq, name = row["seq"], f" ({told(entry)})" if entry else ""
        if seq > self.seq + 1:
            gone = f"{self.seq + 1}" if seq == self.seq + 2 else f"{self.seq + 1} to {seq - 1}"
            self.find(f"seal {gone} was removed, in front of seal {seq}{name}.")
        elif seq <= self.seq:
            self.find(f"seal {seq}{name} was added or moved: it stands behind seal {self.seq}.")
        elif entry is None and "about" not in row:
            self.look_at_bare(row)
        elif self.continued(row, entry) != row["hash"]:
            self.find(f"seal {seq}{name} does not continue seal {self.seq}: it was changed.")
        if row.get("about") == self.about:
            self.find(f"seal {seq} is about this order, and its row was removed.")

    def look_at_bare(self, row: Row) -> None:
        """Look at a row about another record that was sealed before links had parts."""
        if self.form > 1:
            self.find(f"seal {row['seq']} shows less than those before it: a row was removed.")

    def continued(self, row: Row, entry: Optional[Row]) -> str:
        """Return the hash that the row has to have behind the one before it."""
        if entry and row["form"] == 1:
            return digest(self.hash.encode() + canonical(entry))
        self.form = 2
        about, what = row.get("about", self.about), row.get("content", "")
        if entry:
            about, what = digest(entry["object_uuid"].encode()), digest(canonical(entry))
        return digest(f"{self.hash}{about}{what}".encode())

    def look_at_both_ends(self) -> None:
        """Compare first and last row, and their number, with what an order has."""
        stated = self.stated
        if (self.seq, self.hash) != (stated["last"], stated["head"]):
            self.find(
                f"it ends at seal {self.seq} and not at seal {stated['last']}: rows were "
                "removed or added at its end."
            )
        if (len(self.own), self.waiting) != (stated["rows"], stated["waiting"]):
            self.find(
                f"{stated['rows']} rows are about the order, of which {stated['waiting']} "
                f"wait for a seal; {len(self.own)} and {self.waiting} are here."
            )
        verbs = [entry["verb"] for entry in self.own]
        if verbs[:1] != ["submitted"]:
            self.find("the first row is not that the order was submitted: rows were removed.")
        ended = self.order["ended_as"]
        if ended and "ended" not in verbs:
            self.find(f"the order ended as {ended}, and the row that says so was removed.")


def told(entry: Row) -> str:
    """Name an audit entry."""
    return f"entry {entry['id']}, {entry['actor_name']} {entry['verb']}"


# Who vouches for it


def compare_key(files: Files, key: str, findings: list[str], notes: list[str]) -> None:
    """Check the signature of the manifest, and whose it is where that is known."""
    sealed = read_json(files, MANIFEST)
    public = bytes.fromhex(sealed["key"])
    mark = hashlib.sha256(public).hexdigest()
    if not is_signed(public, canonical(sealed["manifest"]), bytes.fromhex(sealed["signature"])):
        findings.append(f"{MANIFEST} was changed: its signature does not fit.")
    wanted = key.lower().replace(":", "").replace(" ", "")
    if not wanted:
        notes.append(
            f"Signed with the key {mark}. Compare that with what the portal shows, or "
            "name it by --key: whoever changes a pack can sign it with another key."
        )
    elif wanted != mark:
        findings.append(f"{MANIFEST} is signed with the key {mark}, and not with that of --key.")


def read_anchors(path: str) -> Anchors:
    """Return seal number -> (hash, time) of every line that is an anchor."""
    found = {}
    with Path(path).open("rb") as file:
        for line in file:
            try:
                anchor = json.loads(line)
                found[anchor["seq"]] = (anchor["hash"], anchor["anchored_at"])
            except (ValueError, KeyError, TypeError):  # half a line of a writer that was stopped
                continue
    return found


def compare_anchors(
    rows: Chain, anchors: Optional[Anchors], findings: list[str], notes: list[str]
) -> None:
    """Compare the rows with the anchors that fall among them."""
    if anchors is None:
        return
    among = sorted(seq for seq in anchors if seq in rows.hashes)
    wrong = [seq for seq in among if anchors[seq][0] != rows.hashes[seq]]
    findings.extend(
        f"{LEDGER}: seal {seq} is not the one that was anchored at {anchors[seq][1]}: the rows "
        "were made anew."
        for seq in wrong
    )
    if not among:
        notes.append("No anchor falls among the rows of this pack, so none vouches for them.")
    elif not wrong:
        notes.append(f"{len(among)} anchors fit: they vouch for the rows up to seal {among[-1]}.")


def standing(manifest: Row, rows: Chain) -> str:
    """Say what the pack is of."""
    order = manifest["order"]
    state = order["ended_as"] or "not finished when the pack was made"
    waiting = f", {rows.waiting} of them not sealed yet" if rows.waiting else ""
    return (
        f"Order {order['number']}, {state}; {len(manifest['files'])} files, {len(rows.own)} "
        f"audit rows{waiting}, made at {manifest['made']['at']}."
    )


# JSON as the portal writes it


def read_json(files: Files, name: str) -> Any:
    """Return what a JSON file says."""
    return json.loads(content(files, name))


def canonical(value: Any) -> bytes:
    """Return JSON as hashes are made over it."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def pretty(value: Any) -> bytes:
    """Return JSON as files hold it."""
    return (json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def digest(text: bytes) -> str:
    """Return the hash of bytes as text."""
    return hashlib.sha256(text).hexdigest()


# Ed25519 (RFC 8032), verification only: Python's standard library has no signatures


P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(one: Point, other: Point) -> Point:
    """Add two points, each as (X, Y, Z, T)."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(number: int, point: Point) -> Point:
    """Multiply a point."""
    total: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, point)
        point = add(point, point)
        number >>= 1
    return total


def point_of(raw: bytes) -> Optional[Point]:
    """Return the point that 32 bytes stand for, or None."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE: Point = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether the signature is that of this key over this message."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, nonce = point_of(public), point_of(signature[:32])
    number = int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or number >= Q:
        return False
    hashed = hashlib.sha512(signature[:32] + public + message).digest()
    left = times(number, BASE)
    right = add(nonce, times(int.from_bytes(hashed, "little") % Q, key))
    return all((left[n] * right[2] - right[n] * left[2]) % P == 0 for n in (0, 1))


if __name__ == "__main__":
    sys.exit(main())
