"""What is there: record, claims, changes, clusters, repositories and ledger, in comparable form.

UUIDs are random, so each is shown as the place where it was first met.
"""

import json
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pygit2
from django.conf import settings
from pygit2.enums import FileMode

from audit.models import Entry
from fleet import toolbox
from onboarding.changes.models import Approval, Change, Question
from onboarding.models import Order, RunState, StepRun
from tenants.actions import claims
from tenants.lifecycle import LIVE
from tenants.models import (
    Application,
    Claim,
    ClaimKind,
    Cluster,
    Placement,
    Presence,
    Service,
    TenantCluster,
)

UUID_TEXT = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@dataclass
class World:
    """Everything that an order brings about, or leaves behind."""

    orders: list[Any] = field(default_factory=list)
    runs: list[Any] = field(default_factory=list)
    services: list[Any] = field(default_factory=list)
    placements: list[Any] = field(default_factory=list)
    grounds: list[Any] = field(default_factory=list)
    claims: list[Any] = field(default_factory=list)
    changes: list[Any] = field(default_factory=list)
    approvals: list[Any] = field(default_factory=list)
    questions: list[Any] = field(default_factory=list)
    address: list[Any] = field(default_factory=list)
    entries: list[Any] = field(default_factory=list)
    objects: dict[str, Any] = field(default_factory=dict)
    repositories: dict[str, Any] = field(default_factory=dict)


def now_there() -> World:
    """Look at everything."""
    seen = World(
        orders=_rows(
            Order,
            *("direction", "ended_as", "revision_number", "settled_at", "change_started_at"),
            *("lease_owner", "next_try_at", "repository_name", "service", "commit_sha"),
        ),
        runs=_runs(),
        services=_rows(Service, "environment_id", "lifecycle", "size_id", "region"),
        placements=_rows(Placement, "namespace", "name", "shard", "lifecycle", "revision"),
        grounds=_rows(
            TenantCluster, "control_namespace", "presence", "pack_version", "lease_owner"
        ),
        claims=_rows(Claim, "kind", "name", "released_at"),
        changes=_rows(Change, "status", "successful", "digest"),
        approvals=_rows(Approval, "decision", "digest", "reason", "stage", "taken_back_at"),
        questions=_rows(Question, "text", "answer", "answered_at"),
        address=_rows(Application, "repository_host", "repository_name", "repository_url"),
        entries=_rows(Entry, "verb", "object_class", "object_name", "actor", "reason"),
        objects=_objects(settings.BERTH_REHEARSAL_FOLDER),
        repositories=_repositories(settings.BERTH_GIT_FOLDER),
    )
    return World(**json.loads(_without_uuids(json.dumps(asdict(seen), default=str))))


def _runs() -> list[list[Any]]:
    """Return each step that came to its end, and whatever has not; failures may be many."""
    ended = StepRun.objects.exclude(state=RunState.OVER, succeeded=False).order_by("pk")
    return [
        list(row) for row in ended.values_list("order", "step", "placement", "direction", "state")
    ]


def _rows(model: Any, *columns: str) -> list[list[Any]]:
    """Return the columns of all rows; of a moment only whether it has come."""
    rows = model.objects.order_by("pk").values_list(*columns)
    return [[_plain(name, value) for name, value in zip(columns, row, strict=True)] for row in rows]


def _plain(name: str, value: Any) -> Any:
    if name.endswith("_at"):
        return value is not None
    # made of UUIDs and moments, and so another one each time
    return bool(value) if name in {"digest", "commit_sha", "service"} else value


def _objects(folder: Path) -> dict[str, Any]:
    """Return each object of each rehearsal cluster, with its version and its managers."""
    return {_place(folder, path): _object(path) for path in sorted(folder.rglob("*.json"))}


def _object(path: Path) -> Any:
    kept = json.loads(path.read_text())
    kept["object"]["metadata"].pop("uid")
    if kept["object"]["kind"] == "Secret":
        kept["object"]["data"] = sorted(kept["object"]["data"])
    return kept


def _place(folder: Path, path: Path) -> str:
    cluster, _, rest = path.relative_to(folder).as_posix().partition("/")
    return f"{cluster.rpartition('-')[0]}/{rest}"  # a folder ends in a piece of a UUID


def _repositories(folder: Path) -> dict[str, Any]:
    found = sorted(path for path in folder.rglob("*.git") if (path / "HEAD").is_file())
    return {path.relative_to(folder).as_posix(): _repository(path) for path in found}


def _repository(path: Path) -> dict[str, Any]:
    store = pygit2.Repository(str(path))
    heads = {name: store.revparse_single(name).peel(pygit2.Commit) for name in store.references}
    return {
        "refs": {name: str(commit.tree_id) for name, commit in heads.items()},
        "history": [
            [commit.message, str(commit.tree_id), commit.author.name]
            for commit in store.walk(heads["refs/heads/main"].id)
        ]
        if "refs/heads/main" in heads
        else [],
        "protected": (path / "berth" / "protected").read_text(),
    }


def _without_uuids(text: str) -> str:
    met: dict[str, str] = {}
    return UUID_TEXT.sub(lambda found: met.setdefault(found[0], f"uuid-{len(met) + 1}"), text)


def files_of(repository: str) -> list[str]:
    """Return the paths at the head of the default branch."""
    store = pygit2.Repository(str(settings.BERTH_GIT_FOLDER / f"{repository}.git"))
    index = pygit2.Index()
    index.read_tree(store.revparse_single("refs/heads/main").peel(pygit2.Tree))
    return [entry.path for entry in index]


def push_to(repository: str, path: str) -> None:
    """Commit a file on top of the default branch, as the team would."""
    store = pygit2.Repository(str(settings.BERTH_GIT_FOLDER / f"{repository}.git"))
    head = store.references["refs/heads/main"]
    index = pygit2.Index()
    index.read_tree(head.peel(pygit2.Tree))
    index.add(pygit2.IndexEntry(path, store.create_blob(b"x = 1\n"), FileMode.BLOB))
    team = pygit2.Signature("Team", "team@example.com")
    tree = index.write_tree(store)
    store.create_commit("refs/heads/main", team, team, "Work", tree, [head.target])


def claim_namespace(name: str, application: Application) -> None:
    """Take the name for another application's order."""
    cluster = str(Cluster.objects.get(slug="eu1-a").uuid)
    order = uuid4()
    claims.claim(ClaimKind.NAMESPACE, cluster, name, order_uuid=order, application=application)


def make_foreign_namespace(name: str) -> None:
    """Make a namespace on the cluster that is not ours."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    toolbox.access(Cluster.objects.get(slug="eu1-a")).apply([[namespace]], manager="somebody")


def set_window(order: Order, opens: datetime) -> None:
    """Give the order's change a window, as a change calendar would."""
    Change.objects.filter(number=order.change_number).update(window_start=opens)


def namespaces() -> list[str]:
    """Return the namespaces that rehearsal clusters keep, and what is in them."""
    folder = settings.BERTH_REHEARSAL_FOLDER
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.json"))


def nothing_is_left() -> None:
    """Assert that no order has left anything behind, but for what the record remembers."""
    assert namespaces() == []
    assert [path for path in _repositories(settings.BERTH_GIT_FOLDER) if path[0] != "."] == []
    assert not Application.objects.exclude(repository_name="", repository_url="").exists()
    assert not Claim.objects.filter(released_at=None).exists()
    assert not Service.objects.filter(lifecycle__in=LIVE).exists()
    assert not Placement.objects.filter(lifecycle__in=LIVE).exists()
    assert not TenantCluster.objects.exclude(presence=Presence.GONE).exists()
    assert not Change.objects.filter(status__in=["authorize", "scheduled", "implement"]).exists()
    assert not StepRun.objects.exclude(state="over").exists()


def claimed(order: Order) -> set[str]:
    """Return the names that an order holds."""
    held = Claim.objects.filter(order_uuid=order.uuid, released_at=None)
    return set(held.values_list("name", flat=True))


def placement_uuid(order: Order) -> UUID:
    assert order.service is not None
    return order.service.placements.get().uuid
