"""No text in any field brings about an object outside a pack's kinds, namespaces and accounts.

Every pack that lies in the folder is tried, and every field that its facts have.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import PlanRefused
from tenants.priming import labels, layouts, packs, render, sandbox, scalars, shapes
from tenants.priming.facts import PlacementFacts
from tenants.priming.packs import Pack
from tenants.priming.shapes import Rendered, at
from tests.properties.kubernetes import Parser
from tests.tenants.priming import facts_made
from tests.thorough import times

CLUSTERS = {"kube-system", "kube-public", "default", "flux-system", "berth"}
SMUGGLED = 'x"\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system}\n# '
NASTY = [*CLUSTERS, SMUGGLED, "", "a: b", "{{ x }}", "secretref:git", "\0", "\u2028", "../..", "*"]
NAMES = st.from_regex("[a-z][a-z0-9-]{0,70}", fullmatch=True)
TEXT = NAMES | st.sampled_from(NASTY) | st.text()

FOUND = sorted(each.parent.name for each in facts_made.PACKS.glob("*/pack.yaml"))
EVERY = pytest.mark.parametrize("name", FOUND)
slow = settings(max_examples=times(40))  # a rendering takes some 20 ms


def pack_of(name: str) -> Pack:
    return packs.load(facts_made.PACKS, name)


def usual_of(pack: Pack) -> PlacementFacts:
    return facts_made.of_layout(layouts.of(pack))


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


def test_more_than_one_pack_is_found() -> None:
    assert {"standard", "classic"} <= set(FOUND)


@EVERY
@slow
@given(data=st.data())
def test_a_tenant_gets_what_the_pack_makes_in_its_own_namespace(
    name: str, data: st.DataObject
) -> None:
    pack = pack_of(name)
    facts = data.draw(hostile(facts_made.tenant_facts()))
    try:
        made = render.render_tenant(pack, facts)
    except PlanRefused:
        return
    assert kinds(made) == kinds(render.render_tenant(pack, facts_made.tenant_facts()))
    assert spaces(made) <= {facts.control_namespace}
    assert not spaces(made) & CLUSTERS
    assert accounts(made) <= {"primer", f"tenant:{facts.tenant}:developers"}


@EVERY
@slow
@given(data=st.data())
def test_a_placement_gets_what_the_pack_makes_in_its_own_namespaces(
    name: str, data: st.DataObject
) -> None:
    pack = pack_of(name)
    facts = data.draw(hostile(usual_of(pack)))
    try:
        made = render.render_placement(pack, facts)
    except PlanRefused:
        return
    usual = render.render_placement(pack, usual_of(pack))
    assert set(kinds(made)) == set(kinds(usual)) <= pack.kinds["placement"]
    assert spaces(made) == {facts.control_namespace, facts.namespace}
    assert not spaces(made) & CLUSTERS
    assert accounts(made) <= {facts.name, "primer", f"tenant:{facts.tenant}:developers"}


@EVERY
@settings(max_examples=times(10))
@given(data=st.data())
def test_kubernetes_reads_in_what_is_rendered_the_objects_that_are_checked(
    name: str, parser: Parser, data: st.DataObject
) -> None:
    pack = pack_of(name)
    facts = data.draw(hostile(usual_of(pack)))
    try:
        made = render.render_placement(pack, facts)
    except PlanRefused:
        return
    read = [parser.read(text) for text in written(pack, facts)]
    # a loop over nothing, or a comment, leaves a document without an object
    assert [each for each in read if each is not None] == [each.manifest for each in made]


def written(pack: Pack, facts: PlacementFacts) -> Iterator[str]:
    """Give the text of each object as its template wrote it, without marks."""
    known = {each.name: getattr(facts, each.name) for each in fields(facts)}
    known |= {"labels": labels.of_placement(facts), "delivered_labels": labels.of_delivered(facts)}
    for template in packs.templates(pack, "placement"):
        marked = sandbox.render(template.file, template.source, known)
        whole = marked.replace(scalars.OPEN, "").replace(scalars.CLOSE, "")
        yield from re.split("^---$", whole, flags=re.MULTILINE)


def kinds(made: Sequence[Rendered]) -> list[str]:
    return [shapes.kind(each.manifest) for each in made]


def spaces(made: Sequence[Rendered]) -> set[str]:
    """Return every namespace that is made or filled."""
    return {
        at(each.manifest, "metadata", "namespace") or at(each.manifest, "metadata", "name")
        for each in made
    }


def accounts(made: Sequence[Rendered]) -> set[str]:
    """Return every account and group that is made, bound or named."""
    found = {at(each.manifest, "spec", "serviceAccountName") for each in made}
    for each in made:
        if each.manifest["kind"] == "ServiceAccount":
            found.add(each.manifest["metadata"]["name"])
        found.update(subject["name"] for subject in each.manifest.get("subjects", []))
    return found - {None}
