"""The same laws hold for a pack with one namespace, and those that only it needs."""

import pytest

from portal.errors import PlanRefused
from tenants.priming import layouts, packs, render
from tenants.priming.packs import Pack
from tests.tenants.priming import facts_made
from tests.tenants.priming.conftest import Spoil

FACTS = facts_made.of_layout(layouts.SINGLE)
LINE = '{{ "placement.berth.internal/" ~ namespace }}: {{ name }}'


def test_nothing_is_shared(classic: Pack) -> None:
    assert render.render_tenant(classic, facts_made.tenant_facts()) == ()


def test_everything_stands_in_one_namespace(classic: Pack) -> None:
    made = render.render_placement(classic, FACTS)
    assert {each.manifest["metadata"].get("namespace") for each in made} == {
        None,
        "payments-checkout-prod",
    }


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("10-namespace", "scope: single", "scope: workload", "scope must be single"),
        ("10-namespace", "enforce: restricted", "enforce: baseline", "enforce must be restricted"),
        ("10-namespace", LINE, "a: b", "metadata.annotations must be"),
        ("10-namespace", LINE, LINE.replace("{{ name }}", "default"), "metadata.annotations must"),
        ("10-namespace", 'allowed_sources | join(",")', "cluster", "metadata.annotations must be"),
        ("10-namespace", "{{ namespace }}\n", "{{ tenant }}-flux\n", "is no YAML"),
        ("20-portal", "single-primer", "control-primer", "role berth:control-primer may not"),
        ("20-portal", "single-primer", "namespace-primer", "role berth:namespace-primer may not"),
        ("30-quota", "count/kustomizations", "count/x", "must limit count/kustomizations"),
        ("40-delivery-rights", "single-rec", "workload-rec", "berth:workload-reconciler may not"),
        ("40-viewers", "tenant:", "tenants:", "subjects must be"),
        ("50-credential", "berth-git", "database", "the name must be berth-git"),
        ("60-source", "name: berth-git", "name: database", "which the pack does not make"),
    ],
)
def test_a_spoilt_pack_is_refused(spoil: Spoil, file: str, old: str, new: str, said: str) -> None:
    pack = spoil(f"placement/{file}", old, new, pack="classic")
    with pytest.raises(PlanRefused) as refusal:
        render.render_placement(pack, FACTS)
    assert said in refusal.value.detail


def test_a_pack_for_one_namespace_is_not_spread_over_two(classic: Pack) -> None:
    with pytest.raises(PlanRefused, match=r"metadata\.namespace must be 'payments-flux'"):
        render.render_placement(classic, facts_made.placement_facts())


def test_a_pack_for_two_namespaces_is_not_pressed_into_one(standard: Pack) -> None:
    with pytest.raises(PlanRefused, match="is made twice"):
        render.render_placement(standard, FACTS)


def test_a_pack_that_shares_no_namespace_shares_nothing(spoil: Spoil) -> None:
    listed = "tenant: [networking.k8s.io/v1/NetworkPolicy]"
    pack = spoil("placement/30-account", "apiVersion", "apiVersion", pack="classic")
    about = pack.folder / "pack.yaml"
    about.write_text(about.read_text().replace("tenant: []", listed))
    (pack.folder / "tenant").mkdir()
    ground = facts_made.PACKS / "standard" / "tenant" / "30-network.yaml.j2"
    (pack.folder / "tenant" / "30-network.yaml.j2").write_text(ground.read_text())
    with pytest.raises(PlanRefused, match="may not make networking"):
        render.render_tenant(packs.load(pack.folder.parent, "classic"), facts_made.tenant_facts())
