"""No text in any fact brings about an object outside the pack's kinds, namespaces and accounts."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import PlanRefused
from tenants.priming import render, shapes
from tenants.priming.packs import Pack
from tenants.priming.shapes import Rendered, at
from tests.tenants.priming import facts_made

CLUSTER = {"kube-system", "kube-public", "default", "flux-system", "berth"}
# an object of somebody else's making, as it would look if a value could break out
SMUGGLED = 'x"\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system}\n# '
NASTY = [*CLUSTER, SMUGGLED, "", "x: y", "{{ x }}", "secretref:git", "payments-flux"]
TEXT = st.from_regex("[a-z][a-z0-9-]{0,70}", fullmatch=True) | st.sampled_from(NASTY) | st.text()
# a rendering takes some 50 ms
few = settings(max_examples=60)


@st.composite
def hostile(draw: st.DrawFn, facts: Any) -> Any:
    """Return the facts with up to three texts of them, at any depth, replaced."""
    for _ in range(draw(st.integers(1, 3))):
        facts = _replaced(draw, facts)
    return facts


def _replaced(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, str):
        return draw(TEXT)
    if is_dataclass(value) and not isinstance(value, type):
        name = draw(st.sampled_from([each.name for each in fields(value)]))
        return replace(value, **{name: _replaced(draw, getattr(value, name))})
    if isinstance(value, tuple):
        return tuple(_replaced(draw, each) for each in value)
    if isinstance(value, dict):
        return value | {draw(TEXT): draw(TEXT)}
    return value


@few
@given(facts=hostile(facts_made.tenant_facts()))
def test_a_tenant_gets_nothing_outside_its_control_namespace(standard: Pack, facts: Any) -> None:
    try:
        made = render.render_tenant(standard, facts)
    except PlanRefused:
        return
    usual = render.render_tenant(standard, facts_made.tenant_facts())
    assert kinds(made) == kinds(usual)
    assert spaces(made) == {facts.control_namespace}
    assert not spaces(made) & CLUSTER


@few
@given(facts=hostile(facts_made.placement_facts()))
def test_a_placement_gets_nothing_outside_its_two_namespaces(standard: Pack, facts: Any) -> None:
    try:
        made = render.render_placement(standard, facts)
    except PlanRefused:
        return
    usual = render.render_placement(standard, facts_made.placement_facts())
    assert kinds(made) == kinds(usual)
    assert spaces(made) == {facts.control_namespace, facts.namespace}
    assert not spaces(made) & CLUSTER
    assert accounts(made) == {facts.name, "primer"}


@few
@given(name=TEXT)
def test_a_name_is_taken_as_it_is_or_not_at_all(standard: Pack, name: str) -> None:
    try:
        made = render.render_placement(standard, facts_made.placement_facts(name=name))
    except PlanRefused:
        return
    (delivery,) = [each.manifest for each in made if each.manifest["kind"] == "Kustomization"]
    assert delivery["metadata"]["name"] == delivery["spec"]["serviceAccountName"] == name


def kinds(made: Sequence[Rendered]) -> list[str]:
    return [shapes.kind(each.manifest) for each in made]


def spaces(made: Sequence[Rendered]) -> set[str]:
    """Return every namespace that is made or filled."""
    return {
        at(each.manifest, "metadata", "namespace") or at(each.manifest, "metadata", "name")
        for each in made
    }


def accounts(made: Sequence[Rendered]) -> set[str]:
    """Return every account that is made, bound or named."""
    found = {at(each.manifest, "spec", "serviceAccountName") for each in made}
    for each in made:
        if each.manifest["kind"] == "ServiceAccount":
            found.add(each.manifest["metadata"]["name"])
        found.update(subject["name"] for subject in each.manifest.get("subjects", []))
    return found - {None}
