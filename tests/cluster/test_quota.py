"""A quota that counts a kind which is new to the cluster: refused at first, and tried later."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from fleet.connections import kinds
from fleet.connections.kinds import Kind
from fleet.ports import Administration, Failed, Manifest, Ref
from portal.errors import QuotaPending
from tests.cluster.control_plane import eventually
from tests.contracts.cluster_access import Space

ESTABLISHED_SECONDS = 30
COUNTED_SECONDS = 120  # kinds are discovered every 30 s, quotas counted again every 10 s here
ATTEMPTS = 3  # the controller may discover the kind in the very moment that it is made


@pytest.fixture
def space(admin: Administration) -> Iterator[Space]:
    space = Space(admin, f"quota-{uuid4().hex[:6]}")
    space.apply(space.namespace())
    yield space
    admin.remove(space.ref, only_labelled={})


@pytest.fixture
def groups(admin: Administration, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """API groups that no cluster has ever heard of, each with a kind Widget that we know."""
    names = [f"g{uuid4().hex[:6]}.berth.example" for _ in range(ATTEMPTS)]
    for name in names:
        monkeypatch.setitem(kinds.KINDS, (f"{name}/v1", "Widget"), Kind("widgets"))
    yield names
    for name in names:
        admin.remove(Ref.of(definition(name)), only_labelled={})


def test_a_quota_that_has_not_counted_yet_is_tried_later(
    admin: Administration, space: Space, groups: list[str]
) -> None:
    tried = ((group, refused_at_first(admin, space, group)) for group in groups)
    group, refused = next((group, refused) for group, refused in tried if refused)
    assert [type(each.error) for each in refused] == [QuotaPending]
    assert "status unknown for quota" in refused[0].error.detail
    eventually(lambda: not apply(space, widget(space, group)), seconds=COUNTED_SECONDS, pause=1)


def refused_at_first(admin: Administration, space: Space, group: str) -> list[Failed]:
    """Limit a kind, make the kind, and then one object of it."""
    apply(space, quota(space, group))
    apply(space, definition(group))
    eventually(
        lambda: admin.listed(f"{group}/v1", "Widget") is not None,
        seconds=ESTABLISHED_SECONDS,
        pause=0.05,
    )
    return apply(space, widget(space, group))


def apply(space: Space, manifest: Manifest) -> list[Failed]:
    return list(space.apply(manifest).failed)


def definition(group: str) -> Manifest:
    schema = {"openAPIV3Schema": {"type": "object"}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": "Widget", "plural": "widgets"},
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


def quota(space: Space, group: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": f"quota-{group}", "namespace": space.name},
        "spec": {"hard": {f"count/widgets.{group}": "5"}},
    }


def widget(space: Space, group: str) -> Manifest:
    metadata = {"name": "widget", "namespace": space.name}
    return {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": metadata}
