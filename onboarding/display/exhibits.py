"""A plan as a tree to walk through: clusters with objects, repository with files, record with rows.

Pure: desired state in, nodes and texts out. The text beside the tree is one leaf's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import unified_diff
from typing import Any

import yaml

Desired = Mapping[str, Any]


@dataclass(frozen=True)
class Leaf:
    """A text that can be shown: `key` names it in the address, `language` is the code view's."""

    key: str
    title: str
    text: str
    language: str


@dataclass(frozen=True)
class Node:
    """A line of the tree, see the `tree` component."""

    label: str
    icon: str
    url: str = ""
    note: str = ""
    chosen: bool = False
    open: bool = False
    children: Sequence["Node"] = field(default_factory=tuple)


@dataclass(frozen=True)
class Exhibit:
    """The tree of one or more plans, and the leaf that is shown."""

    nodes: Sequence[Node]
    leaf: Leaf | None


def exhibit(plans: Sequence[tuple[str, Desired]], key: str, address: str) -> Exhibit:
    """Return the tree of plans, each with a heading, and the leaf of this key, else the first.

    `address` is where a leaf is shown, with `?show=` to come.
    """
    branches = [_plan(index, *each) for index, each in enumerate(plans)]
    leaves = [leaf for _, found in branches for leaf in found]
    leaf = next((each for each in leaves if each.key == key), leaves[0] if leaves else None)
    nodes = [_marked(node, leaf.key if leaf else "", address) for node, _ in branches]
    if len(nodes) == 1:
        return Exhibit(nodes[0].children, leaf)
    return Exhibit(nodes, leaf)


def changes(before: Desired, after: Desired) -> str:
    """Return what differs between two plans as a unified diff, text by text; nothing if nothing."""
    old, new = _texts(before), _texts(after)
    parts = [
        "\n".join(
            unified_diff(
                old.get(key, "").splitlines(),
                new.get(key, "").splitlines(),
                f"before {key}" if key in old else "nothing",
                f"now {key}" if key in new else "nothing",
                lineterm="",
            )
        )
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]
    return "\n\n".join(parts)


def _texts(desired: Desired) -> dict[str, str]:
    _, leaves = _plan(0, "", desired)
    return {f"{leaf.key.split('/')[1]} {leaf.title}": leaf.text for leaf in leaves}


Branch = tuple[Node, list[Leaf]]


def _plan(index: int, heading: str, desired: Desired) -> Branch:
    branches = [
        *(_cluster(index, each) for each in desired["clusters"].values()),
        _repository(index, desired["repository"]),
        *([_names(index, desired["names"])] if "names" in desired else []),
        _record(index, desired["record"]),
    ]
    nodes = tuple(node for node, _ in branches)
    return Node(heading, "world", children=nodes), [leaf for _, found in branches for leaf in found]


def _cluster(index: int, on_cluster: Mapping[str, Any]) -> Branch:
    slug = on_cluster["cluster"]
    shared = _objects(f"{index}/{slug}/shared", on_cluster["tenant"])
    own = _objects(f"{index}/{slug}/own", on_cluster["placement"])
    parts = (
        Node(
            "Space of the application", "box", note=_count(own), children=_lines(own, "file-code")
        ),
        Node(
            "Shared by the tenant",
            "users",
            note=_count(shared),
            children=_lines(shared, "file-code"),
        ),
    )
    return Node(f"Cluster {slug}", "server", children=parts), [*own, *shared]


def _objects(prefix: str, entries: Iterable[Mapping[str, Any]]) -> list[Leaf]:
    return [_object(f"{prefix}/{number}", entry) for number, entry in enumerate(entries)]


def _object(key: str, entry: Mapping[str, Any]) -> Leaf:
    manifest = entry["manifest"]
    title = f"{manifest['kind']} {manifest['metadata']['name']}"
    text = yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=100)
    return Leaf(key, title, text, "yaml")


def _repository(index: int, repository: Mapping[str, Any]) -> Branch:
    if "files" not in repository:
        return _only(f"{index}/repository", f"Repository {repository['name']}", repository)
    leaves = [
        Leaf(f"{index}/repository/{file['path']}", file["path"], file["content"], file["path"])
        for file in repository["files"]
    ]
    files = _folders([(leaf.title.split("/"), leaf) for leaf in leaves])
    name = repository["name"]
    return Node(f"Repository {name}", "git-branch", note=_count(leaves), children=files), leaves


def _names(index: int, names: Sequence[str]) -> Branch:
    return _only(f"{index}/names", "Names that become free", {"namespaces": list(names)})


def _only(key: str, title: str, facts: Mapping[str, Any]) -> Branch:
    """Return a line of the tree with one text below it."""
    leaf = Leaf(f"{key}/facts", title, _row(facts), "yaml")
    icon = "git-branch" if "repository" in key else "table"
    return Node(title, icon, children=(Node("What becomes of it", "table", url=leaf.key),)), [leaf]


def _folders(entries: Sequence[tuple[Sequence[str], Leaf]]) -> tuple[Node, ...]:
    folders: dict[str, list[tuple[Sequence[str], Leaf]]] = {}
    files = []
    for parts, leaf in entries:
        if len(parts) == 1:
            files.append(Node(parts[0], "file", url=leaf.key))
        else:
            folders.setdefault(parts[0], []).append((parts[1:], leaf))
    return (
        *(Node(name, "folder", children=_folders(inside)) for name, inside in folders.items()),
        *files,
    )


def _record(index: int, record: Mapping[str, Any]) -> Branch:
    service = record["service"]
    leaves = [
        Leaf(f"{index}/record/service", "Service", _row(service), "yaml"),
        *(
            Leaf(f"{index}/record/{number}", f"Placement {row['namespace']}", _row(row), "yaml")
            for number, row in enumerate(record["placements"])
        ),
    ]
    return Node("Record", "table", note=_count(leaves), children=_lines(leaves, "table")), leaves


def _row(columns: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(columns), sort_keys=False, allow_unicode=True)


def _lines(leaves: Sequence[Leaf], icon: str) -> tuple[Node, ...]:
    return tuple(Node(leaf.title, icon, url=leaf.key) for leaf in leaves)


def _count(leaves: Sequence[Leaf]) -> str:
    return str(len(leaves))


def _marked(node: Node, key: str, address: str) -> Node:
    """Turn keys into addresses, mark the chosen leaf and open the way to it."""
    children = tuple(_marked(child, key, address) for child in node.children)
    way = any(child.chosen or child.open for child in children)
    chosen = bool(node.url) and node.url == key
    url = f"{address}?show={node.url}#text" if node.url else ""
    return replace(node, children=children, open=way, chosen=chosen, url=url)
