"""A plan as a tree: every object, file and row is in it once and can be named in an address."""

from collections.abc import Iterator, Sequence
from typing import Any

from onboarding.display.exhibits import Node, changes, exhibit


def entry(kind: str, name: str) -> dict[str, Any]:
    return {"wave": 0, "file": "x", "manifest": {"kind": kind, "metadata": {"name": name}}}


DESIRED = {
    "clusters": {
        "uuid": {
            "cluster": "eu1",
            "tenant": [entry("Namespace", "retail-flux")],
            "placement": [entry("ResourceQuota", "workload")],
        }
    },
    "repository": {
        "name": "retail/basket",
        "files": [
            {"path": "README.md", "content": "# Basket"},
            {"path": "deploy/base/app.yaml", "content": "a: 1"},
        ],
    },
    "record": {"service": {"size": "s"}, "placements": [{"namespace": "retail-basket-dev"}]},
}


def leaves(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        if node.url:
            yield node
        yield from leaves(node.children)


def test_everything_that_will_be_made_is_a_leaf() -> None:
    found = [node.label for node in leaves(exhibit([("Dev", DESIRED)], "", "/plan/").nodes)]
    assert found == [
        "ResourceQuota workload",
        "Namespace retail-flux",
        "app.yaml",
        "README.md",
        "Service",
        "Placement retail-basket-dev",
    ]


def test_a_leaf_is_shown_by_its_address_and_the_way_to_it_is_open() -> None:
    shown = exhibit([("Dev", DESIRED)], "0/repository/deploy/base/app.yaml", "/plan/")
    assert shown.leaf is not None
    assert shown.leaf.text == "a: 1"
    repository = shown.nodes[1]
    assert (repository.open, repository.children[0].open) == (True, True)
    assert not shown.nodes[0].open


def test_an_address_that_names_nothing_shows_the_first_leaf() -> None:
    shown = exhibit([("Dev", DESIRED)], "../../etc/passwd", "/plan/")
    assert shown.leaf is not None
    assert shown.leaf.title == "ResourceQuota workload"


def test_several_environments_stand_side_by_side() -> None:
    shown = exhibit([("Dev", DESIRED), ("Prod", DESIRED)], "", "/plan/")
    assert [node.label for node in shown.nodes] == ["Dev", "Prod"]
    assert len({node.url for node in leaves(shown.nodes)}) == 12


def test_two_plans_are_told_apart_text_by_text() -> None:
    files = [{"path": "README.md", "content": "# Basket\nnew"}]
    after = DESIRED | {"repository": {"name": "retail/basket", "files": files}}
    said = changes(DESIRED, after)
    assert "--- before repository README.md" in said
    assert "+new" in said
    assert "+++ nothing" in said  # app.yaml is gone
    assert "ResourceQuota" not in said
    assert changes(DESIRED, DESIRED) == ""
