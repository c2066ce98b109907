"""What we need from a cluster, in our words. Adapters see this page and the errors, nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

Manifest = dict[str, Any]
Wave = Sequence[Manifest]  # objects that may be applied at the same time


@dataclass(frozen=True)
class Ref:
    """Which object: API version, kind, namespace ("" for cluster-scoped) and name."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Applied:
    """An object as the API server has it after an apply."""

    ref: Ref
    resource_version: str


@dataclass(frozen=True)
class Failed:
    """An object that was not applied; `error` is one of ours, `ref` says which object it was."""

    ref: Ref
    error: Exception


@dataclass(frozen=True)
class Report:
    """What an apply did. A wave is started only when every object of the one before was applied."""

    applied: Sequence[Applied]
    failed: Sequence[Failed]
    not_tried: int = 0


class Health(Enum):
    """How a delivery stands, by what Flux wrote into status."""

    ABSENT = "absent"  # the object is not there
    PENDING = "pending"  # no controller has looked at this generation yet
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    BLOCKED = "blocked"  # stalled: it will not try again without a change
    SUSPENDED = "suspended"
    DELETING = "deleting"


@dataclass(frozen=True)
class Delivered:
    """What one source and its Kustomization say.

    `source_revision` and `applied_revision` are Flux revisions such as `main@sha1:…`, or "".
    `reason` and `message` are Flux's own words for a failure, from whichever of the two has it.
    """

    source: Health
    kustomization: Health
    source_revision: str = ""
    attempted_revision: str = ""
    applied_revision: str = ""
    reason: str = ""
    message: str = ""
    raw: Manifest = field(default_factory=dict)


class ClusterAccess(Protocol):
    """One cluster. Every call may be repeated; none keeps anything between calls.

    Raises ClusterUnreachable or ClusterBusy when no answer can be had.
    """

    rehearsal: bool

    def apply(self, waves: Sequence[Wave], *, manager: str) -> Report:
        """Server-side apply under the field manager, wave after wave, never by force."""
        ...

    def read(self, ref: Ref) -> Manifest | None:
        """Return the object, or None when it is not there."""
        ...

    def annotate(self, ref: Ref, annotations: dict[str, str | None]) -> bool:
        """Set annotations (None takes one away). False when the object is not there."""
        ...

    def remove(self, ref: Ref, *, only_labelled: dict[str, str]) -> bool:
        """Ask for deletion of the object if it carries the labels. True once it is gone.

        Raises NamespaceForeign when it is there without the labels.
        """
        ...

    def placements_of(self, control_namespace: str) -> Sequence[str]:
        """Return the workload namespaces that annotate the control namespace."""
        ...
