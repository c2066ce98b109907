"""A real API server refuses what the portal's own account must not do, with either pack."""

from collections.abc import Iterator

import pytest

from fleet.ports import Administration, Ref
from portal.errors import ClusterForbidden
from tenants.priming import layouts
from tests.cluster.guarded import (
    EVE,
    PACKS,
    PRIMER,
    STRANGER,
    Berth,
    assert_refused,
    binding,
    primed,
    rbac,
    secret,
    space,
)


@pytest.fixture(scope="module", params=PACKS)
def berth(admin: Administration, request: pytest.FixtureRequest) -> Iterator[Berth]:
    with primed(admin, request.param) as found:
        yield found


@pytest.mark.parametrize("labels", [{}, {"scope": "system"}])
def test_the_portal_makes_labelled_namespaces_only(berth: Berth, labels: dict[str, str]) -> None:
    assert_refused(berth.portal, space(f"{berth.tenant}-x", **labels), "labelled control")


def test_the_portal_never_turns_a_control_namespace_into_another(berth: Berth) -> None:
    assert_refused(berth.portal, space(berth.control, scope="workload"), "scope")


def test_a_placements_line_makes_no_namespace(berth: Berth) -> None:
    line = {f"placement.berth.internal/{berth.workload}": "checkout-prod"}
    metadata = {"name": f"{berth.tenant}-gone", "annotations": line}
    elsewhere = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    assert_refused(berth.portal, elsewhere, "labelled control")


def test_the_portal_binds_no_role_of_the_other_layout(berth: Berth) -> None:
    account = {"kind": "ServiceAccount", "name": "checkout-prod", "namespace": berth.control}
    other = layouts.SINGLE if berth.layout.shared else layouts.SHARED
    for role, subject in ((other.primer, PRIMER), (other.reconciler, account)):
        assert_refused(berth.portal, binding(berth.workload, role, subject), "not for this kind")


@pytest.mark.parametrize("role", ["cluster-admin", "edit", "berth:primer"])
def test_the_portal_binds_no_role_but_its_own(berth: Berth, role: str) -> None:
    assert_refused(berth.portal, binding(berth.workload, role, PRIMER))


@pytest.mark.parametrize(
    ("where", "role", "subject"),
    [
        ("kube-system", "berth:namespace-primer", PRIMER),
        ("{workload}", "berth:control-primer", PRIMER),
        ("{control}", "berth:control-primer", EVE),
        ("{control}", "berth:workload-reconciler", PRIMER),
        ("{workload}", "berth:workload-reconciler", EVE),
        ("{workload}", "berth:workload-reconciler", PRIMER),
        ("{workload}", "berth:single-reconciler", EVE),
        ("{workload}", "berth:single-reconciler", PRIMER),
        ("{workload}", "berth:single-reconciler", STRANGER),
        ("{workload}", "berth:single-primer", EVE),
        ("{control}", "berth:flux-viewer", EVE),
    ],
)
def test_the_portal_binds_nothing_elsewhere_or_to_others(
    berth: Berth, where: str, role: str, subject: dict[str, str]
) -> None:
    namespace = where.format(control=berth.control, workload=berth.workload)
    assert_refused(berth.portal, binding(namespace, role, subject))


def test_the_portal_grants_itself_nothing(berth: Berth) -> None:
    everything = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    own = rbac("ClusterRole", {"name": "berth:primer"}, rules=everything)
    role = rbac("Role", {"name": "evil", "namespace": berth.control}, rules=everything)
    assert_refused(berth.portal, own)
    assert_refused(berth.portal, role)


def test_the_portal_switches_no_guard_off(berth: Berth) -> None:
    guard = {"name": "berth-sources"}
    version = "admissionregistration.k8s.io/v1"
    off = {"policyName": "berth-sources", "validationActions": ["Audit"]}
    weak = {"kind": "ValidatingAdmissionPolicyBinding", "metadata": guard, "spec": off}
    assert_refused(berth.portal, {"apiVersion": version, **weak})


def test_the_portal_writes_no_secret_beside_applications(berth: Berth) -> None:
    assert_refused(berth.portal, secret(berth.workload))
    assert_refused(berth.portal, secret("berth"))


def test_the_portal_reads_its_credential_and_no_secret_of_an_application(berth: Berth) -> None:
    theirs = secret(berth.workload, name="database")
    assert berth.admin.apply([[theirs]], manager="somebody").applied
    assert berth.portal.read(Ref("v1", "Secret", berth.control, berth.credential)) is not None
    with pytest.raises(ClusterForbidden):
        berth.portal.read(Ref.of(theirs))
    with pytest.raises(ClusterForbidden):
        berth.portal.listed("v1", "Secret")
    with pytest.raises(ClusterForbidden):
        berth.portal.remove(Ref.of(theirs), only_labelled={})
    assert_refused(berth.portal, theirs)


MINTING = {(True, "evil"): "of type Opaque only"}  # where RBAC does not refuse it first


def test_the_portal_gets_no_token_of_another_account(berth: Berth) -> None:
    for name in ("evil", berth.credential):
        minted = secret(
            berth.control,
            "kubernetes.io/service-account-token",
            name=name,
            **{"service-account.name": "checkout-prod"},
        )
        assert_refused(berth.portal, minted, MINTING.get((berth.layout.shared, name), ""))
    for namespace, account in ((berth.control, "checkout-prod"), ("berth", "default")):
        with pytest.raises(ClusterForbidden):
            berth.portal.token(namespace, account, seconds=600)
