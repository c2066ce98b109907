"""A spoilt pack is refused, whatever was spoilt, with a sentence that says what."""

import re
from dataclasses import replace
from typing import Any

import pytest

from portal.errors import PlanRefused
from tenants.priming import render
from tenants.priming.facts import Egress
from tenants.priming.packs import Pack
from tests.tenants.priming import facts_made
from tests.tenants.priming.conftest import Spoil

LABELS = "  labels: {{ labels }}\n"


def refusal_of(pack: Pack, part: str) -> str:
    """Return the sentence by which a part is refused."""
    with pytest.raises(PlanRefused) as refusal:
        _render(pack, part)
    return refusal.value.detail


def _render(pack: Pack, part: str) -> None:
    if part == "tenant":
        render.render_tenant(pack, facts_made.tenant_facts())
    else:
        render.render_placement(pack, facts_made.placement_facts())


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("10-namespace", "scope: control", "scope: workload", "scope must be control"),
        ("10-namespace", "enforce: restricted", "enforce: baseline", "enforce must be restricted"),
        ("10-namespace", "enforce-version: latest", "enforce-version: v1.20", "must be latest"),
        ("10-namespace", "{{ control_namespace }}", "{{ cluster }}", "is none of payments-flux"),
        ("10-namespace", 'allowed_sources | join(",")', "cluster", "annotations must be"),
        ("10-namespace", "kind: Namespace", "kind: Node", "may not make v1/Node"),
        ("20-portal", "berth:control-primer", "cluster-admin", "role cluster-admin may not"),
        ("20-portal", "name: primer", "name: default", "subjects must be"),
        ("20-portal", "kind: ClusterRole\n", "kind: Role\n", "roleRef must be"),
        ("20-portal", LABELS, "", "labels are missing"),
        ("20-portal", LABELS, "  labels:\n    a: b\n", "managed-by must be 'berth'"),
        ("30-network", "name: deny-all", "name: {{ tenant ~ '_x' }}", "the name must be 1 to 63"),
        ("30-network", "podSelector: {}", "podSelector:\n    matchLabels:\n      a: b", "closes"),
        ("30-network", "[Ingress, Egress]", "[Ingress]", "closes the control namespace"),
        ("30-network", "Egress]", "Egress]\n  egress:\n    - {}", "without `to` opens everything"),
        ("30-quota", 'pods: "0"', 'pods: "9"', "spec.hard.pods must be 0"),
        ("30-quota", "count/kustomizations", "count/x", "must limit count/kustomizations"),
        ("30-quota", "spec:", "spec:\n  scopes: [BestEffort]", "spec.scopes is not allowed"),
        ("30-quota", "control_namespace", "cluster", "the namespace eu1-prod-03 is none of"),
        ("40-viewers", "tenant:", "tenants:", "subjects must be"),
        ("40-viewers", "metadata:", "metadata:\n  finalizers: [a/b]", "finalizers is not allowed"),
    ],
)
def test_a_spoilt_tenant_part_is_refused(
    spoil: Spoil, file: str, old: str, new: str, said: str
) -> None:
    pack = spoil(f"tenant/{file}", old, new)
    assert said in refusal_of(pack, "tenant")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("10-control", "annotations:", "labels:\n    a: b\n  annotations:", "payments-flux"),
        ("10-control", "{{ name }}", "{{ cluster }}", "payments-flux"),
        ("10-namespace", "scope: workload", "scope: control", "scope must be workload"),
        ("10-namespace", "audit: restricted", "audit: privileged", "audit must be restricted"),
        ("20-portal", "berth:namespace-primer", "berth:control-primer", "may not be bound here"),
        ("20-portal", "{{ namespace }}", "{{ control_namespace }}", "metadata.namespace must be"),
        ("30-account", "false", "true", "automountServiceAccountToken must be False"),
        ("30-account", "{{ name }}", "{{ tenant }}", "metadata.name must be 'checkout-prod'"),
        (
            "30-account",
            LABELS,
            LABELS + "  annotations:\n    a: b\n",
            "annotations are not allowed",
        ),
        ("30-account", "automount", "imagePullSecrets: []\nautomount", "imagePullSecrets is not"),
        ("30-egress", "{{ way.cidr }}", "0.0.0.0/0", "range 0.0.0.0/0 was not ordered"),
        ("30-egress", "{{ way.namespace }}", "flux-system", "flux-system was not ordered"),
        (
            "30-network",
            "- podSelector: {}\n        - name",
            "- {}\n        - name",
            "names nothing",
        ),
        (
            "30-network",
            'matchLabels:\n              berth.internal/gateway: "true"',
            "{}",
            "without",
        ),
        ("30-quota", "{{ quota.pods }}", "1000", "must give pods as it was ordered"),
        ("30-quota", "{{ quota.cpu_limits }}", '"99"', "must give limits.cpu"),
        ("30-limits", "{{ namespace }}", "{{ control_namespace }}", "metadata.namespace must be"),
        ("40-delivery-rights", "berth:workload-reconciler", "admin", "role admin may not"),
        ("40-delivery-rights", "{{ name }}", "default", "subjects must be"),
        ("50-credential", "secretref:git", "hunter2", "password must be a reference"),
        ("50-credential", "{{ source.username }}", "{{ tenant }}", "username must be a reference"),
        ("50-credential", "Opaque", "kubernetes.io/service-account-token", "type must be 'Opaque'"),
        ("50-credential", "stringData:", "data:", "data is not allowed"),
        ("50-credential", "stringData:", "stringData: x\ndata:", "stringData must be a mapping"),
        ("50-credential", '-git"', '-other"', "which the pack does not make"),
        ("60-source", "{{ source.url }}", "https://evil.example/x", "spec.url must be"),
        ("60-source", "timeout: 60s", "timeout: 1h", "spec.timeout must be from 10 to 300"),
        ("60-source", "{{ pace.source_interval }}", "5s", "spec.interval must be from 60"),
        ("60-source", "timeout: 60s", "timeout: 60s\n  recurseSubmodules: true", "is not allowed"),
        ("60-source", "timeout: 60s", "timeout: 60s\n  provider: azure", "provider is not allowed"),
        ("60-source", "{% if shard %}", "{% if not shard %}", "sharding.fluxcd.io/key must be"),
        (
            "70-delivery",
            "serviceAccountName: {{ name }}",
            "suspend: true",
            "serviceAccountName must",
        ),
        (
            "70-delivery",
            "targetNamespace: {{ namespace }}",
            "force: true",
            "targetNamespace must be",
        ),
        ("70-delivery", "prune: true", "prune: true\n  force: true", "spec.force is not allowed"),
        ("70-delivery", "prune: true", "prune: 1", "spec.prune must be True, not 1"),
        ("70-delivery", "wait: true", "wait: true\n  kubeConfig: {}", "kubeConfig is not allowed"),
        ("70-delivery", "wait: true", "wait: true\n  decryption: {}", "decryption is not allowed"),
        ("70-delivery", "wait: true", "wait: true\n  dependsOn: []", "dependsOn is not allowed"),
        ("70-delivery", "wait: true", "wait: true\n  postBuild: {}", "postBuild is not allowed"),
        ("70-delivery", "kind: GitRepository", "kind: Bucket", "spec.sourceRef must be"),
        (
            "70-delivery",
            "GitRepository\n",
            "GitRepository\n    namespace: x\n",
            "sourceRef must be",
        ),
        ("70-delivery", "{{ pace.timeout }}", "10m", "spec.timeout must be from 30 to 300"),
        ("70-delivery", "{{ pace.interval }}", "1m", "spec.interval must be from 300"),
        ("70-delivery", "{{ pace.interval }}", "often", "spec.interval must be from 300"),
        ("70-delivery", "{{ pace.retry_interval }}", "1m", "spec.retryInterval must be from 300"),
        ("70-delivery", "{{ delivered_labels }}", "{{ labels }}", "spec.commonMetadata must be"),
        ("70-delivery", "{{ source.path }}", "secretref:git", "holds a reference to a secret"),
    ],
)
def test_a_spoilt_placement_part_is_refused(
    spoil: Spoil, file: str, old: str, new: str, said: str
) -> None:
    pack = spoil(f"placement/{file}", old, new)
    assert said in refusal_of(pack, "placement")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "default"}, "the account `default`"),
        ({"name": "a" * 64}, "1 to 63"),
        ({"namespace": "kube-system"}, "belongs to the cluster"),
        ({"control_namespace": ""}, "cannot be the name of a namespace"),
        ({"control_namespace": "Payments Flux"}, "cannot be the name of a namespace"),
        ({"namespace": "payments-flux"}, "is made twice"),
        ({"allowed_sources": ()}, "under none of the tenant's allowed prefixes"),
        ({"allowed_sources": ("https://git.example.com/pay",)}, "is no address prefix"),
        ({"allowed_sources": ("https://u:p@git.example.com/payments/",)}, "is no address prefix"),
        ({"labels": {"berth.internal/cost-centre": "not a label"}}, "is no label that Kubernetes"),
        ({"labels": {"berth.internal/gateway": "true"}}, "keeps for itself"),
        ({"labels": {"berth.internal/placement": "other"}}, "keeps for itself"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "x"}}, "keeps for itself"),
        ({"egress": (Egress("a b", "10.0.0.0/8", "", 1, "TCP"),)}, "the name must be"),
    ],
)
def test_facts_that_do_not_fit_are_refused(
    standard: Pack, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(PlanRefused) as refusal:
        render.render_placement(standard, facts_made.placement_facts(**changes))
    assert said in refusal.value.detail


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "https://git.example.com/other/checkout.git"}, "under none of"),
        ({"url": "https://git.example.com/payments/../other/x.git"}, "no plain path below"),
        ({"url": "https://git.example.com/payments/%2e%2e/x.git"}, "no plain path below"),
        ({"url": "https://git.example.com/payments/x.git?a=b"}, "no plain path below"),
        ({"url": "https://git.example.com/payments/"}, "no plain path below"),
        ({"follow": "commit"}, "must be a branch or a range of versions"),
        ({"reference": ""}, "must be a branch or a range of versions"),
        ({"path": "./deploy/../secrets"}, "spec.path must be ./deploy"),
        ({"path": "./src"}, "spec.path must be ./deploy"),
        ({"username": "my secretref:git"}, "username must be a reference"),
    ],
)
def test_a_source_that_does_not_fit_is_refused(
    standard: Pack, change: dict[str, str], said: str
) -> None:
    facts = facts_made.placement_facts()
    with pytest.raises(PlanRefused) as refusal:
        render.render_placement(standard, replace(facts, source=replace(facts.source, **change)))
    assert said in refusal.value.detail


def test_a_kind_without_a_rule_is_refused_even_if_the_pack_lists_it(spoil: Spoil) -> None:
    pack = spoil("tenant/40-viewers", "kind: RoleBinding", "kind: Role\nrules: []")
    listed = pack.kinds["tenant"] | {"rbac.authorization.k8s.io/v1/Role"}
    pack = replace(pack, kinds=dict(pack.kinds) | {"tenant": listed})
    assert "may not make rbac.authorization.k8s.io/v1/Role" in refusal_of(pack, "tenant")


def test_a_kind_that_the_pack_does_not_list_is_refused(standard: Pack) -> None:
    kinds = dict(standard.kinds) | {"placement": standard.kinds["placement"] - {"v1/Secret"}}
    with pytest.raises(PlanRefused, match="may not make v1/Secret"):
        render.render_placement(replace(standard, kinds=kinds), facts_made.placement_facts())


@pytest.mark.parametrize(
    ("part", "file"),
    [
        ("tenant", "30-network"),
        ("tenant", "30-quota"),
        ("placement", "10-control"),
        ("placement", "10-namespace"),
        ("placement", "30-network"),
        ("placement", "30-quota"),
        ("placement", "30-account"),
    ],
)
def test_a_part_that_forgets_a_guardrail_is_refused(spoil: Spoil, part: str, file: str) -> None:
    pack = spoil(f"{part}/{file}", "apiVersion", "apiVersion")
    (pack.folder / part / f"{file}.yaml.j2").unlink()
    said = refusal_of(pack, part)
    assert re.search("the pack (makes no|leaves out)|no network policy closes", said)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("placement/10-namespace", "placement/35-namespace"),
        ("placement/20-portal", "placement/30-portal"),
        ("placement/40-delivery-rights", "placement/70-delivery-rights"),
        ("placement/60-source", "placement/80-source"),
    ],
)
def test_objects_out_of_order_are_refused(spoil: Spoil, old: str, new: str) -> None:
    pack = spoil(old, "apiVersion", "apiVersion")
    (pack.folder / f"{old}.yaml.j2").rename(pack.folder / f"{new}.yaml.j2")
    with pytest.raises(PlanRefused, match="must have a lower number than"):
        render.render_placement(pack, facts_made.placement_facts())


def test_every_fault_is_told_at_once(spoil: Spoil) -> None:
    pack = spoil("tenant/30-quota", 'pods: "0"', 'pods: "9"')
    network = pack.folder / "tenant" / "30-network.yaml.j2"
    network.write_text(network.read_text().replace("Ingress, ", ""))
    said = refusal_of(pack, "tenant")
    assert "pods must be 0" in said
    assert "closes the control namespace" in said


def test_without_a_shard_no_object_names_one(standard: Pack) -> None:
    made = render.render_placement(standard, facts_made.placement_facts(shard=""))
    assert "sharding.fluxcd.io" not in str([each.manifest for each in made])
