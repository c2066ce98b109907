"""A primed tenant on a real cluster, the accounts that are let loose on it, and what they try."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from uuid import uuid4

from fleet.connections.api import ApiAccess
from fleet.ports import Administration, Manifest, Ref
from portal.errors import ClusterForbidden, ObjectRefused
from portal.outbound import WayOut
from tenants.priming import layouts, packs, render
from tenants.priming.layouts import Layout
from tenants.priming.shapes import Rendered
from tests.cluster.control_plane import eventually
from tests.tenants.priming import facts_made

PACKS = ("standard", "classic")
REFUSED = (ClusterForbidden, ObjectRefused)
ACCOUNT_SECONDS = 60  # the cluster makes the account default by itself, mostly at once
GIT = "http://127.0.0.1:9/git"  # nobody listens there
PSA = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/enforce-version": "latest",
}
EVE = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "eve"}
STRANGER = {"kind": "ServiceAccount", "name": "default", "namespace": "default"}
PRIMER = {"kind": "ServiceAccount", "name": "primer", "namespace": "berth"}


@dataclass(frozen=True)
class Berth:
    """A primed tenant, and the accounts that are let loose on it."""

    admin: Administration
    portal: ApiAccess
    team: ApiAccess  # as Flux impersonates it
    member: ApiAccess  # somebody was given more rights in both namespaces than they should have
    tenant: str
    layout: Layout
    made: tuple[Rendered, ...]

    @property
    def control(self) -> str:
        """Where the Flux objects and the credential are."""
        return self.layout.control_namespace(f"{self.tenant}-flux", self.workload)

    @property
    def workload(self) -> str:
        """Where the application is."""
        return f"{self.tenant}-checkout-prod"

    @property
    def credential(self) -> str:
        """The name of the Secret that Flux fetches with."""
        found = next(each.manifest for each in self.made if each.manifest["kind"] == "Secret")
        return str(found["metadata"]["name"])

    def one(self, kind: str, name: str = "evil", **spec: Any) -> Manifest:
        """Return a copy of an object that was made, with fields of its spec changed."""
        found = next(each.manifest for each in self.made if each.manifest["kind"] == kind)
        changed = {key: value for key, value in (found["spec"] | spec).items() if value is not None}
        return found | {"metadata": found["metadata"] | {"name": name}, "spec": changed}


@contextmanager
def primed(admin: Administration, pack: str) -> Iterator[Berth]:
    """Prime a fresh tenant by the pack as the portal does, and take it away afterwards."""
    tenant = f"guarded{uuid4().hex[:6]}"
    made = rendered(pack, tenant)
    patient = acting(admin, "berth", "primer", patient=True)
    lines = [each for each in made if "labels" not in each.manifest["metadata"]]
    ground = [each for each in made if each.file.startswith("tenant/")]
    rest = [each for each in made if each not in [*lines, *ground]]
    for mine, manager in ((ground, "berth"), (lines, f"berth-{tenant}"), (rest, "berth")):
        assert not patient.apply(waves(mine), manager=manager).failed
    layout = layouts.of(packs.load(facts_made.PACKS, pack))
    control = layout.control_namespace(f"{tenant}-flux", f"{tenant}-checkout-prod")
    yield Berth(
        admin=admin,
        portal=acting(admin, "berth", "primer"),
        team=acting(admin, control, "checkout-prod"),
        member=over_entitled(admin, tenant, control),
        tenant=tenant,
        layout=layout,
        made=made,
    )
    for each in reversed(made):
        admin.remove(Ref.of(each.manifest), only_labelled={})
    careless = Ref("rbac.authorization.k8s.io/v1", "ClusterRole", "", f"careless-{tenant}")
    admin.remove(careless, only_labelled={})


def rendered(name: str, tenant: str) -> tuple[Rendered, ...]:
    pack = packs.load(facts_made.PACKS, name)
    sources = (f"{GIT}/{tenant}/",)
    control, workload = f"{tenant}-flux", f"{tenant}-checkout-prod"
    shared = facts_made.tenant_facts(
        tenant=tenant, control_namespace=control, allowed_sources=sources
    )
    usual = facts_made.placement_facts()
    own = replace(
        usual,
        tenant=tenant,
        control_namespace=layouts.of(pack).control_namespace(control, workload),
        namespace=workload,
        shard="",
        source=replace(usual.source, url=f"{sources[0]}checkout.git"),
        allowed_sources=sources,
    )
    return (*render.render_tenant(pack, shared), *render.render_placement(pack, own))


def waves(made: Sequence[Rendered]) -> list[list[Manifest]]:
    return [
        [each.manifest for each in wave] for _, wave in groupby(made, key=lambda each: each.wave)
    ]


def acting(
    admin: Administration, namespace: str, account: str, *, patient: bool = False
) -> ApiAccess:
    """Return the cluster as an account sees it; only a patient one waits for caches."""
    authorization = f"Bearer {admin.token(namespace, account, seconds=3600).text}"
    if patient:
        return ApiAccess("local", admin.endpoint, way=WayOut(), authorization=authorization)
    return ApiAccess(
        "local", admin.endpoint, way=WayOut(), authorization=authorization, sleep=lambda _: None
    )


def over_entitled(admin: Administration, tenant: str, control: str) -> ApiAccess:
    """Give the workload namespace's default account rights that only the guards hold back."""
    namespace, name = f"{tenant}-checkout-prod", f"careless-{tenant}"
    all_of = [
        {"apiGroups": [group], "resources": ["*"], "verbs": ["*"]}
        for group in ("", "networking.k8s.io", "rbac.authorization.k8s.io")
    ]
    flux = ["source.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io"]
    rules = [*all_of, {"apiGroups": flux, "resources": ["*"], "verbs": ["*"]}]
    role = rbac("ClusterRole", {"name": name}, rules=rules)
    account = {"kind": "ServiceAccount", "name": "default", "namespace": namespace}
    for where in {namespace, control}:
        given = binding(where, name, account, name="careless")
        assert not admin.apply([[role], [given]], manager="careless").failed
    # made a moment after the namespace, and not by us
    default = Ref("v1", "ServiceAccount", namespace, "default")
    eventually(lambda: admin.read(default) is not None, seconds=ACCOUNT_SECONDS)
    return acting(admin, namespace, "default")


def rbac(kind: str, metadata: Manifest, **body: Any) -> Manifest:
    version = "rbac.authorization.k8s.io/v1"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **body}


def binding(namespace: str, role: str, subject: dict[str, str], *, name: str = "evil") -> Manifest:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    metadata = {"name": name, "namespace": namespace}
    return rbac("RoleBinding", metadata, roleRef=reference, subjects=[subject])


def space(name: str, **labels: str) -> Manifest:
    own = {f"berth.internal/{key}": value for key, value in labels.items()}
    mine = {"app.kubernetes.io/managed-by": "berth", **PSA, **own}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": mine}}


def secret(
    namespace: str, kind: str = "Opaque", *, name: str = "evil", **annotations: str
) -> Manifest:
    told = {f"kubernetes.io/{key}": value for key, value in annotations.items()}
    metadata = {"name": name, "namespace": namespace, "annotations": told}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind}


def assert_refused(access: ApiAccess, manifest: Manifest, said: str = "") -> None:
    report = access.apply([[manifest]], manager="berth")
    assert not report.applied
    error = report.failed[0].error
    assert isinstance(error, REFUSED)
    assert said in error.detail


def pod(namespace: str, name: str = "evil", **spec: Any) -> Manifest:
    """Return a pod that Pod Security `restricted` lets through, with fields of its spec set."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template(**spec)}


def template(**spec: Any) -> Manifest:
    inside = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {"name": "main", "image": "none", "securityContext": inside}
    return {"containers": [container | spec.pop("container", {})], **spec}
