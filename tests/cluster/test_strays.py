"""The nightly look on a real API server: as the portal's own account, with the rights it has.

Other tests leave namespaces of their own on the control plane, so each looks for its own only.
"""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from fleet import beats, ground, joining
from fleet.models import Beat, Stray
from fleet.ports import Administration, Manifest, Ref
from fleet.strays import look_over_clusters
from portal.clock import now
from tenants.lifecycle import Lifecycle
from tenants.models import Cluster, Placement
from tests.cluster.control_plane import eventually
from tests.fleet.plan import Planned, secret

GUARD = "berth-portal-namespaces"
BINDING = Ref("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", "", GUARD)


def look(cluster: Cluster) -> None:
    """Look twice, so that what was new at the first look counts."""
    moment = now()
    for each in (moment, moment + beats.AGAIN):
        Beat.objects.update(due_at=moment)
        assert look_over_clusters(each) == [cluster.slug]


def found(kind: str) -> set[str]:
    there = Stray.objects.filter(kind=kind, settled_at__isnull=False, gone_at=None)
    return set(there.values_list("name", flat=True))


def prime(placement: Placement, plan: Planned) -> None:
    ground.prime_tenant(placement.tenant_cluster, plan.tenant, **plan.chosen, owner="order-1")
    ground.prime_placement(placement, plan.placement, resolve=secret)


def test_a_primed_placement_is_owned_and_what_it_leaves_behind_is_not(
    placement: Placement, plan: Planned
) -> None:
    prime(placement, plan)
    control = placement.tenant_cluster.control_namespace
    look(placement.cluster)
    assert not {placement.namespace, control} & found("namespace")
    kustomization = f"Kustomization {control}/{placement.name}"
    assert kustomization not in found("flux")
    Placement.objects.filter(pk=placement.pk).update(lifecycle=Lifecycle.RETIRED)
    look(placement.cluster)
    assert placement.namespace in found("namespace")
    assert control not in found("namespace")
    assert kustomization in found("flux")


@pytest.fixture
def left(joined_cluster: Cluster, admin: Administration) -> Iterator[Ref]:
    """A namespace with our label that no order knows."""
    ref = Ref("v1", "Namespace", "", f"left-{uuid4().hex[:6]}")
    labels = {"app.kubernetes.io/managed-by": "berth", "toolkit.fluxcd.io/tenant": "crew"}
    metadata = {"name": ref.name, "labels": labels}
    space: Manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    assert not admin.apply([[space]], manager="somebody").failed
    yield ref
    admin.remove(ref, only_labelled={})


def test_a_namespace_that_nobody_owns_is_found_and_forgotten_once_it_goes(
    left: Ref, joined_cluster: Cluster, admin: Administration
) -> None:
    look(joined_cluster)
    assert left.name in found("namespace")
    assert "tenant crew" in Stray.objects.get(name=left.name).detail
    admin.remove(left, only_labelled={})
    look(joined_cluster)
    assert left.name not in found("namespace")
    assert Stray.objects.get(name=left.name).gone_at is not None


def test_a_service_whose_namespace_somebody_deleted_is_found(
    placement: Placement, plan: Planned, admin: Administration
) -> None:
    prime(placement, plan)
    Placement.objects.filter(pk=placement.pk).update(lifecycle=Lifecycle.OPERATIONAL)
    look(placement.cluster)
    assert placement.namespace not in found("missing")
    admin.remove(Ref("v1", "Namespace", "", placement.namespace), only_labelled={})
    look(placement.cluster)
    assert placement.namespace in found("missing")


@pytest.fixture
def unguarded(joined_cluster: Cluster, admin: Administration) -> Iterator[Cluster]:
    """The cluster with one guard taken off; it is put back and in force afterwards."""
    admin.remove(BINDING, only_labelled={})
    yield joined_cluster
    joining.apply_groundwork(admin)
    joining.guarded_token("local", admin)


def test_a_guard_that_was_taken_off_is_found_at_one_look(unguarded: Cluster) -> None:
    def is_found() -> bool:
        beats.make_all_due()
        look_over_clusters(now())
        return found("guard") == {"The portal's account"}

    # an API server goes on enforcing for about a second what it has just lost
    eventually(is_found, seconds=20, pause=1)
    assert f"{GUARD} refused nothing" in Stray.objects.get(kind="guard").detail


def test_guards_that_stand_are_no_finding(joined_cluster: Cluster) -> None:
    look(joined_cluster)
    assert found("guard") == set()
