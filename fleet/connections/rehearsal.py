"""A cluster that is a folder: what would have been applied is kept as JSON files, and nothing else.

It keeps the rules of server-side apply that a portal can notice: each field has the managers that
set it, the same content makes no new version, and another manager's value is a conflict. Values
of Secrets are kept as digests only.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from fleet.connections import fields, kinds
from fleet.connections.fields import Owned
from fleet.ports import (
    CALL_SECONDS,
    MANAGER,
    ROUND_SECONDS,
    Applied,
    Failed,
    Manifest,
    Ref,
    Report,
    Wave,
    placements_in,
)
from portal.errors import BerthError, ClusterBusy, NamespaceForeign

PATCHER = f"{MANAGER} (patch)"  # apart from applying, as on a real server
WIDE = "_cluster"  # folder of what stands outside namespaces; no namespace begins like this


class RehearsalAccess:
    """ClusterAccess to a folder; one folder a cluster."""

    rehearsal = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def apply(
        self,
        waves: Sequence[Wave],
        *,
        manager: str,
        within: float = ROUND_SECONDS,  # noqa: ARG002 - of the port; a folder answers at once
    ) -> Report:
        applied: list[Applied] = []
        for number, wave in enumerate(waves):
            outcomes = [self._outcome(manifest, manager) for manifest in wave]
            applied += [each for each in outcomes if isinstance(each, Applied)]
            failed = [each for each in outcomes if isinstance(each, Failed)]
            if failed:
                rest = sum(len(later) for later in waves[number + 1 :])
                return Report(applied, failed, not_tried=rest)
        return Report(applied, [])

    def read(
        self,
        ref: Ref,
        *,
        within: float = CALL_SECONDS,  # noqa: ARG002 - of the port; a folder answers at once
    ) -> Manifest | None:
        kept = _kept(self._file(ref))
        return kept.content if kept else None

    def annotate(self, ref: Ref, annotations: Mapping[str, str | None]) -> bool:
        file = self._file(ref)
        with self._alone():
            before = _kept(file)
            if before is None:
                return False
            _keep(file, before, fields.annotated(before, annotations, PATCHER))
        return True

    def remove(self, ref: Ref, *, only_labelled: Mapping[str, str]) -> bool:
        file = self._file(ref)
        with self._alone():
            kept = _kept(file)
            if kept is None:
                return True
            if not only_labelled.items() <= kept.content["metadata"].get("labels", {}).items():
                raise NamespaceForeign(f"{ref} is there and was not made for this.")
            file.unlink()
            if ref.kind == "Namespace":
                shutil.rmtree(self._folder / ref.name, ignore_errors=True)
        return True

    def placements_of(self, control_namespace: str) -> Sequence[str]:
        return placements_in(self.read(_namespace(control_namespace)))

    def listed(self, api_version: str, kind: str, *, labels: str = "") -> Sequence[Manifest] | None:
        known = kinds.KINDS.get((api_version, kind))
        if known is None:
            return None
        asked = dict(pair.split("=", 1) for pair in labels.split(",") if pair)
        where = "*" if known.namespaced else WIDE
        files = sorted(self._folder.glob(f"{where}/{_kind_folder(api_version, kind)}/*.json"))
        found = [kept.content for file in files if (kept := _kept(file)) is not None]
        return [each for each in found if asked.items() <= _labels(each).items()]

    def _outcome(self, manifest: Manifest, manager: str) -> Applied | Failed:
        ref = Ref.of(manifest)
        try:
            return Applied(ref, self._apply(ref, _veiled(manifest), manager))
        except BerthError as error:
            return Failed(ref, error)

    def _apply(self, ref: Ref, manifest: Manifest, manager: str) -> str:
        file = self._file(ref)
        with self._alone():
            if ref.namespace and _kept(self._file(_namespace(ref.namespace))) is None:
                raise ClusterBusy(f'{ref}: namespaces "{ref.namespace}" not found')
            before = _kept(file)
            _refuse_another(ref, manifest, before)
            start = before or Owned(_blank(ref), {})
            return _keep(file, before, fields.merged(start, manifest, manager))

    def _file(self, ref: Ref) -> Path:
        kinds.of(ref)
        kind = _kind_folder(ref.api_version, ref.kind)
        return self._folder / (ref.namespace or WIDE) / kind / f"{ref.name}.json"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one process or thread at a time change the folder."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _kind_folder(api_version: str, kind: str) -> str:
    group = api_version.rpartition("/")[0]
    return f"{kind}.{group}" if group else kind


def _labels(manifest: Manifest) -> dict[str, str]:
    return dict(manifest["metadata"].get("labels", {}))


def _refuse_another(ref: Ref, manifest: Manifest, before: Owned | None) -> None:
    """Raise ClusterBusy if the manifest names the uid of another object than the one there."""
    there = before.content["metadata"]["uid"] if before else None
    if manifest["metadata"].get("uid", there) != there:
        raise ClusterBusy(f"{ref} is not the object any more that was read.")


def _namespace(name: str) -> Ref:
    return Ref("v1", "Namespace", "", name)


def _blank(ref: Ref) -> Manifest:
    place = {"namespace": ref.namespace} if ref.namespace else {}
    metadata = {"name": ref.name, **place, "uid": str(uuid4()), "resourceVersion": "0"}
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata}


def _veiled(manifest: Manifest) -> Manifest:
    """Return the manifest with digests for the values of a Secret."""
    if manifest["kind"] != "Secret":
        return manifest
    values = {**manifest.get("data", {}), **manifest.get("stringData", {})}
    rest = {key: value for key, value in manifest.items() if key not in {"data", "stringData"}}
    return rest | {"data": {key: _digest(value) for key, value in values.items()}}


def _digest(value: str) -> str:
    return f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"


def _kept(file: Path) -> Owned | None:
    try:
        stored: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Owned(stored["object"], stored["owners"])


def _keep(file: Path, before: Owned | None, after: Owned) -> str:
    """Write what changed under a new version and return the version."""
    metadata = after.content["metadata"]
    if after != before:
        metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"object": after.content, "owners": after.owners}, indent=2)
        draft = file.with_suffix(f".{os.getpid()}.draft")
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(file)
    return str(metadata["resourceVersion"])
