"""What people read about rights is what the shipped roles grant."""

from pathlib import Path

import pytest
import yaml

from tenants.priming import render, rights
from tenants.priming.packs import Pack
from tests.tenants.priming import facts_made


@pytest.fixture
def sentences(standard: Pack) -> tuple[str, ...]:
    tenant = render.render_tenant(standard, facts_made.tenant_facts())
    placement = render.render_placement(standard, facts_made.placement_facts())
    return rights.in_words([*tenant, *placement])


def about(sentences: tuple[str, ...], start: str) -> str:
    (found,) = [each for each in sentences if each.startswith(start)]
    return found


def test_there_is_one_sentence_for_each_binding(sentences: tuple[str, ...]) -> None:
    assert len(sentences) == 4


def test_the_delivery_account_is_told_apart_from_what_it_may_not(
    sentences: tuple[str, ...],
) -> None:
    told = about(sentences, "The delivery account checkout-prod (of payments-flux, used by Flux)")
    may, never = told.split("It may not touch")
    assert "in namespace payments-checkout-prod: create, change, delete and read ConfigMaps" in may
    assert "; read ReplicaSets and Pods" in may
    assert (
        never
        == " RoleBindings, ResourceQuotas, NetworkPolicies, Kustomizations or Namespaces there."
    )


def test_the_tenants_people_only_look_and_see_no_secrets(sentences: tuple[str, ...]) -> None:
    told = about(sentences, "The group tenant:payments:developers")
    assert "in namespace payments-flux: read GitRepositories, Kustomizations and Events." in told
    assert "may not touch Secrets" in told


def test_the_portal_does_not_hide_what_it_may_do_everywhere(sentences: tuple[str, ...]) -> None:
    portal = [each for each in sentences if each.startswith("The portal itself")]
    assert all("Namespaces and RoleBindings" in each.split("may not")[0] for each in portal)
    assert any("may not touch Secrets, Pods or Deployments" in each for each in portal)


def test_in_one_namespace_the_portal_has_one_secret_and_the_repository_none() -> None:
    told = rights.in_words(facts_made.rendered("classic"))
    portal, delivery = about(told, "The portal itself"), about(told, "The delivery account")
    assert "create, change, delete and read berth-git" in portal
    assert "may not touch Secrets but berth-git, Pods" in portal
    assert "may not touch Secrets, RoleBindings" in delivery


def test_a_role_of_an_old_plan_is_named_and_not_made_up(standard: Pack) -> None:
    made = render.render_placement(standard, facts_made.placement_facts())
    for each in made:
        if each.manifest["kind"] == "RoleBinding":
            each.manifest["roleRef"]["name"] = "berth:gone"
    assert all("the role berth:gone" in each for each in rights.in_words(made))


def test_a_changed_role_changes_the_words(tmp_path: Path) -> None:
    role = {"metadata": {"name": "r"}, "rules": [{"resources": ["pods"], "verbs": ["get"]}]}
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(role))
    assert rights.shipped(tmp_path)["r"] == role["rules"]


def test_every_resource_of_a_shipped_role_has_a_name_for_people() -> None:
    granted = {
        resource
        for rules in rights.shipped().values()
        for rule in rules
        if "resourceNames" not in rule
        for resource in rule["resources"]
    }
    assert granted <= rights._NAMES.keys()
