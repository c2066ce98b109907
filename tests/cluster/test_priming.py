"""Priming a tenant and a placement on a real cluster as the portal's own account."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from fleet import delivery, ground, toolbox
from fleet.models import Connection
from fleet.ports import Administration, ClusterAccess, Manifest, Ref
from portal.clock import now
from portal.errors import (
    BerthError,
    ClusterForbidden,
    FieldOwned,
    NamespaceForeign,
    ObjectRefused,
    StillGoing,
)
from tenants.models import Cluster, Placement, Presence
from tests.cluster.conftest import placement_of
from tests.cluster.control_plane import eventually
from tests.fleet.plan import Planned, planned, secret

GONE_SECONDS = 90
CONTROLLERS_WRITE_STATUS = ("ResourceQuota", "GitRepository", "Kustomization")


def prime(placement: Placement, plan: Planned) -> None:
    ground.prime_tenant(placement.tenant_cluster, plan.tenant, **plan.chosen, owner="order-1")
    ground.prime_placement(placement, plan.placement, resolve=secret)


def objects(plan: Planned) -> list[Manifest]:
    return [entry["manifest"] for entry in plan.tenant + plan.placement]


def written(access: ClusterAccess, plan: Planned) -> dict[str, Any]:
    """Return what would show a write of ours: resource versions, or what stands for them.

    Controllers write the status of some kinds at any time; of those the generation counts, and
    when each manager applied last.
    """
    found = {str(ref): access.read(ref) for ref in map(Ref.of, objects(plan))}
    return {name: _mark(each) if each else None for name, each in found.items()}


def _mark(found: Manifest) -> Any:
    metadata = found["metadata"]
    if found["kind"] not in CONTROLLERS_WRITE_STATUS:
        return metadata["resourceVersion"]
    applied = [each for each in metadata["managedFields"] if each["operation"] == "Apply"]
    return metadata.get("generation"), applied


def is_gone(placement: Placement, plan: Planned) -> bool:
    """Take a placement and, with the last one, the shared ground away; say whether all is gone."""
    try:
        ground.unprime_placement(placement, plan.placement)
        ground.unprime_tenant_if_last(placement, owner="order-1")
    except StillGoing:
        return False
    return True


@pytest.fixture
def primed(placement: Placement, plan: Planned, admin: Administration) -> Iterator[Placement]:
    prime(placement, plan)
    yield placement
    for name in (placement.tenant_cluster.control_namespace, placement.namespace):
        admin.remove(Ref("v1", "Namespace", "", name), only_labelled={})


@pytest.fixture
def elsewhere(admin: Administration, placement: Placement) -> Iterator[Ref]:
    """A namespace that somebody else made, with a Secret in it."""
    name = f"else-{placement.tenant_cluster.tenant.slug}"
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    token = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "token", "namespace": name},
        "stringData": {"token": "not for the portal"},
    }
    assert not admin.apply([[space], [token]], manager="the-neighbours").failed
    yield Ref.of(space)
    admin.remove(Ref.of(space), only_labelled={})


def refusal(access: ClusterAccess, manifest: Manifest) -> BerthError:
    return access.apply([[manifest]], manager="berth").failed[0].error


def test_everything_of_the_plan_is_there(
    primed: Placement, plan: Planned, access: ClusterAccess
) -> None:
    assert None not in written(access, plan).values()


def test_priming_again_writes_nothing(
    primed: Placement, plan: Planned, access: ClusterAccess
) -> None:
    before = written(access, plan)
    prime(primed, plan)
    assert written(access, plan) == before


def test_the_secret_is_on_the_cluster_and_only_there(
    primed: Placement, plan: Planned, admin: Administration
) -> None:
    control = primed.tenant_cluster.control_namespace
    found = admin.read(Ref("v1", "Secret", control, f"{primed.name}-git"))
    assert found is not None
    assert found["data"]["password"] == "dGhlIGdpdCBwYXNzd29yZA=="
    assert "the git password" not in str(plan)


def test_flux_takes_the_placement_up(primed: Placement) -> None:
    """The address leads nowhere, so the source has to fail, and the failure to be readable."""
    eventually(lambda: bool(ground.delivery_of(primed).reason), seconds=60)
    said = ground.delivery_of(primed)
    assert said.reason == "GitOperationFailed"
    assert "git.example.com" in said.message
    assert Connection.objects.get().heard_at is not None


def test_a_request_to_reconcile_reaches_the_source(
    primed: Placement, access: ClusterAccess
) -> None:
    assert ground.request_reconcile(primed, now())
    found = access.read(delivery.source_of(primed))
    assert found is not None
    assert delivery.REQUESTED_AT in found["metadata"]["annotations"]


def test_a_conflict_names_the_other_manager(
    primed: Placement, plan: Planned, admin: Administration
) -> None:
    limits = next(each for each in objects(plan) if each["kind"] == "LimitRange")
    changed = limits | {"spec": {"limits": [{"type": "Pod", "max": {"cpu": "64"}}]}}
    admin.remove(Ref.of(limits), only_labelled={})
    admin.apply([[changed]], manager="kubectl-edit")
    with pytest.raises(FieldOwned, match=r"LimitRange .*kubectl-edit"):
        prime(primed, plan)


def test_the_portal_reads_no_secret_of_others(access: ClusterAccess, elsewhere: Ref) -> None:
    with pytest.raises(ClusterForbidden):
        access.read(Ref("v1", "Secret", elsewhere.name, "token"))
    with pytest.raises(ClusterForbidden):
        access.read(Ref("v1", "Secret", "kube-system", "anything"))


def test_the_portal_reads_no_secret_of_an_application(
    primed: Placement, access: ClusterAccess
) -> None:
    with pytest.raises(ClusterForbidden):
        access.read(Ref("v1", "Secret", primed.namespace, "database"))


def test_the_portal_binds_no_administrator(primed: Placement, access: ClusterAccess) -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "too-much", "namespace": primed.namespace},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "cluster-admin",
        },
        "subjects": [{"kind": "ServiceAccount", "name": "primer", "namespace": "berth"}],
    }
    assert isinstance(refusal(access, binding), ClusterForbidden | ObjectRefused)
    assert access.read(Ref.of(binding)) is None


def test_the_portal_adopts_no_foreign_namespace(
    access: ClusterAccess, plan: Planned, elsewhere: Ref
) -> None:
    control = plan.tenant[0]["manifest"]
    adopted = control | {"metadata": control["metadata"] | {"name": elsewhere.name}}
    error = refusal(access, adopted)
    assert isinstance(error, ObjectRefused)
    assert "may not adopt" in error.detail


def test_the_portal_deletes_no_foreign_namespace(
    access: ClusterAccess, admin: Administration, elsewhere: Ref
) -> None:
    with pytest.raises(ObjectRefused, match="may not adopt or delete"):
        access.remove(elsewhere, only_labelled={})
    found = admin.read(elsewhere)
    assert found is not None
    assert "deletionTimestamp" not in found["metadata"]


def test_the_portal_lowers_no_pod_security(
    primed: Placement, plan: Planned, access: ClusterAccess
) -> None:
    space = next(
        each
        for each in objects(plan)
        if each["kind"] == "Namespace" and each["metadata"]["name"] == primed.namespace
    )
    labels = space["metadata"]["labels"] | {"pod-security.kubernetes.io/enforce": "privileged"}
    lowered = space | {"metadata": space["metadata"] | {"labels": labels}}
    assert isinstance(refusal(access, lowered), ObjectRefused)


def test_a_namespace_that_somebody_else_made_stops_priming(
    joined_cluster: Cluster, elsewhere: Ref, admin: Administration
) -> None:
    placement = placement_of(f"x{elsewhere.name}", joined_cluster)
    placement.tenant_cluster.control_namespace = elsewhere.name
    before = admin.read(elsewhere)
    with pytest.raises(NamespaceForeign, match=elsewhere.name):
        prime(placement, planned(placement))
    assert admin.read(elsewhere) == before
    assert ground.name_is_free(joined_cluster, elsewhere.name) is False
    assert ground.name_is_free(joined_cluster, "nobody-has-this") is True


def test_taking_away_leaves_nothing(
    placement: Placement, plan: Planned, admin: Administration
) -> None:
    prime(placement, plan)
    eventually(lambda: is_gone(placement, plan), seconds=GONE_SECONDS)
    left = [ref for ref in map(Ref.of, objects(plan)) if admin.read(ref) is not None]
    assert left == []
    placement.tenant_cluster.refresh_from_db()
    assert placement.tenant_cluster.presence == Presence.GONE


def test_taking_away_a_placement_that_stands_by_itself_leaves_nothing(
    joined_cluster: Cluster, admin: Administration
) -> None:
    single = alone(placement_of(f"lone{uuid4().hex[:6]}", joined_cluster))
    plan = planned(single)
    prime(single, plan)
    found = admin.read(Ref("v1", "Secret", single.namespace, "berth-git"))
    assert found is not None
    assert admin.read(Ref("v1", "Namespace", "", single.tenant_cluster.control_namespace)) is None
    eventually(lambda: bool(ground.delivery_of(single).reason), seconds=60)
    eventually(lambda: is_gone(single, plan), seconds=GONE_SECONDS)
    assert [ref for ref in map(Ref.of, objects(plan)) if admin.read(ref) is not None] == []


def test_a_placement_that_was_primed_half_way_is_taken_away(
    joined_cluster: Cluster, admin: Administration
) -> None:
    """Only its namespace is there: the portal has no rights in it yet, and needs none."""
    single = alone(placement_of(f"half{uuid4().hex[:6]}", joined_cluster))
    plan = planned(single)
    access = toolbox.access(joined_cluster)
    assert access.apply([[plan.placement[0]["manifest"]]], manager="berth").applied
    eventually(lambda: is_gone(single, plan), seconds=GONE_SECONDS)
    assert admin.read(Ref("v1", "Namespace", "", single.namespace)) is None


def alone(placement: Placement) -> Placement:
    """Let the placement stand by itself."""
    placement.pack, placement.flux_namespace = "classic", placement.namespace
    placement.save(update_fields=["pack", "flux_namespace"])
    return placement


def test_taking_away_touches_no_neighbour(
    primed: Placement, plan: Planned, access: ClusterAccess, joined_cluster: Cluster
) -> None:
    slug = primed.tenant_cluster.tenant.slug
    neighbour = placement_of(slug, joined_cluster, "checkout")
    theirs = planned(neighbour)
    prime(neighbour, theirs)
    before = written(access, plan)
    eventually(lambda: is_gone(neighbour, theirs), seconds=GONE_SECONDS)
    after = written(access, plan)
    control = f"Namespace {slug}-flux"
    assert {**after, control: ""} == {**before, control: ""}
    assert list(access.placements_of(f"{slug}-flux")) == [primed.namespace]


def test_taking_away_bears_being_called_on_nothing(placement: Placement, plan: Planned) -> None:
    ground.unprime_placement(placement, plan.placement)
    assert toolbox.access(placement.cluster).placements_of("nowhere") == []
