"""What we need from a cluster, in our words.

Adapters see this page and the errors, nothing else of ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from portal.errors import BerthError

Manifest = dict[str, Any]
Wave = Sequence[Manifest]  # objects that may be applied at the same time

CALL_SECONDS = 8.0  # the longest that one answer is waited for
ROUND_SECONDS = 15.0  # the longest that one apply may take: under a third of a lease of 60 s

MANAGER = "berth"  # field manager of what the portal makes
MANAGED = {"app.kubernetes.io/managed-by": "berth"}
PLACEMENT_PREFIX = "placement.berth.internal/"  # + workload namespace, on the control namespace


@dataclass(frozen=True)
class Ref:
    """Which object: API version, kind, namespace ("" for cluster-scoped) and name."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> "Ref":
        """Return which object the manifest is about."""
        metadata = manifest["metadata"]
        return cls(
            api_version=manifest["apiVersion"],
            kind=manifest["kind"],
            namespace=metadata.get("namespace", ""),
            name=metadata["name"],
        )


def placements_in(control_namespace: Mapping[str, Any] | None) -> list[str]:
    """Return the workload namespaces that a control namespace is annotated with."""
    annotations = (control_namespace or {}).get("metadata", {}).get("annotations", {})
    ours = (key for key in annotations if key.startswith(PLACEMENT_PREFIX))
    return sorted(key.removeprefix(PLACEMENT_PREFIX) for key in ours)


@dataclass(frozen=True)
class Applied:
    """An object as the API server has it after an apply."""

    ref: Ref
    resource_version: str


@dataclass(frozen=True)
class Failed:
    """An object that was not applied; `error` is one of ours, `ref` says which object it was."""

    ref: Ref
    error: BerthError


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
    rehearsal: bool = False  # nothing was delivered: the objects are kept in a folder


class Lister(Protocol):
    """Reads all objects of a kind on a cluster."""

    def listed(self, api_version: str, kind: str, *, labels: str = "") -> Sequence[Manifest] | None:
        """Return all objects of a kind with the labels (`a=b,c=d`); None: no such kind there."""
        ...


class ClusterAccess(Lister, Protocol):
    """One cluster. Every call may be repeated; none keeps anything between calls.

    Raises ClusterUnreachable or ClusterBusy when no answer can be had.
    """

    rehearsal: bool

    def apply(
        self, waves: Sequence[Wave], *, manager: str, within: float = ROUND_SECONDS
    ) -> Report:
        """Server-side apply under the field manager, wave after wave, never by force.

        A manifest with a uid is for that object only: when it is gone, ClusterBusy is reported.
        Returns after `within` seconds at the latest, give or take one answer; what there was no
        time for is reported as failed with ClusterBusy, or not tried.
        """
        ...

    def read(self, ref: Ref, *, within: float = CALL_SECONDS) -> Manifest | None:
        """Return the object, or None when it is not there."""
        ...

    def annotate(self, ref: Ref, annotations: Mapping[str, str | None]) -> bool:
        """Set annotations (None takes one away). False when the object is not there."""
        ...

    def remove(self, ref: Ref, *, only_labelled: Mapping[str, str]) -> bool:
        """Ask for deletion of the object if it carries the labels. True once it is gone.

        Raises NamespaceForeign when it is there without the labels.
        """
        ...

    def placements_of(self, control_namespace: str) -> Sequence[str]:
        """Return the workload namespaces that annotate the control namespace."""
        ...


@dataclass(frozen=True)
class Endpoint:
    """Where an API server answers and whom to trust there."""

    server: str
    authority: str = ""  # PEM; "" trusts what the machine trusts
    tls_server_name: str = ""


@dataclass(frozen=True)
class IssuedToken:
    """A bearer token of a service account, and when the API server stops taking it."""

    text: str = field(repr=False)
    expires_at: datetime


class TokenIssuer(Protocol):
    """Makes tokens of service accounts by TokenRequest."""

    def token(self, namespace: str, account: str, *, seconds: int) -> IssuedToken:
        """Return a new token that lives `seconds`, or less where the API server caps it."""
        ...


class Trial(Protocol):
    """Asks an API server what it would do, without doing it."""

    def would_refuse(self, manifest: Manifest) -> str:
        """Return the API server's words against creating the object; "" if it would be made."""
        ...


class Administration(ClusterAccess, TokenIssuer, Trial, Protocol):
    """A cluster as its administrator sees it, for joining only. Its credential is never stored."""

    endpoint: Endpoint

    def version(self) -> str:
        """Return the API server's version, such as v1.36.3."""
        ...
