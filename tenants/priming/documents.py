"""Reads what a template wrote, refusing what two readers of YAML could take differently.

It is read with libyaml, whose port to Go is the parser of Kubernetes, and which is ten times as
fast as PyYAML's own.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from portal.errors import PlanRefused
from tenants.priming import scalars

DEPTH_LIMIT = 30

_UNWANTED = {
    yaml.AliasToken: "an alias",
    yaml.AnchorToken: "an anchor",
    yaml.TagToken: "a tag",
    yaml.DirectiveToken: "a directive",
}
_DEEPER = (
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
)
_BACK = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
_TEXT = "tag:yaml.org,2002:str"
_PLAIN = {
    "tag:yaml.org,2002:bool": re.compile("true|false"),
    "tag:yaml.org,2002:int": re.compile("-?(0|[1-9][0-9]*)"),
    # to YAML 1.2 some of what 1.1 takes for text are numbers, such as 1e3 and 0o17
    _TEXT: re.compile(r"(?![-+.]?[0-9]+(\.[0-9]*)?[eE]|0o)[^\x00-\x1f]+"),
}
_MARKS = re.compile(f"{scalars.OPEN}([^{scalars.CLOSE}]*){scalars.CLOSE}")

Span = tuple[int, int]


def read(name: str, marked: str) -> list[dict[str, Any]]:
    """Return the mappings of a rendered, marked template; empty documents are left out.

    Raises PlanRefused, naming the template, when the text is no plain YAML or a value is not
    exactly one scalar of it.
    """
    text, spans = _unmarked(marked)
    try:
        faults = list(_token_faults(text, spans))
        nodes = [] if faults else list(_documents(text))
    except (yaml.YAMLError, RecursionError) as error:
        raise PlanRefused(f"{name} is no YAML: {_one_line(error)}") from error
    faults += [fault for node in nodes for fault in _node_faults(node)]
    if faults:
        raise PlanRefused(f"{name}: " + "; ".join(faults))
    return [yaml.SafeLoader("").construct_document(node) for node in nodes]


def _unmarked(marked: str) -> tuple[str, list[Span]]:
    """Return the text without marks, and where in it the marked values stand."""
    pieces, spans, size, last = [], [], 0, 0
    for each in _MARKS.finditer(marked):
        pieces += [marked[last : each.start()], each[1]]
        start = size + each.start() - last
        size, last = start + len(each[1]), each.end()
        spans.append((start, size))
    return "".join([*pieces, marked[last:]]), spans


def _token_faults(text: str, spans: list[Span]) -> Iterator[str]:
    whole, depth = set(), 0
    for token in yaml.scan(text, yaml.CSafeLoader):
        depth += isinstance(token, _DEEPER) - isinstance(token, _BACK)
        if depth > DEPTH_LIMIT:  # PyYAML needs quadratic time and a stack for these
            yield f"it is nested more than {DEPTH_LIMIT} deep"
            return
        if type(token) in _UNWANTED:
            yield f"line {token.start_mark.line + 1}: {_UNWANTED[type(token)]} is not allowed"
        if isinstance(token, yaml.ScalarToken):
            whole.add((token.start_mark.index, token.end_mark.index))
    for start, end in spans:
        if (start, end) not in whole:
            line = text.count("\n", 0, start) + 1
            yield f"line {line}: a value must stand alone as one scalar"


def _documents(text: str) -> Iterator[yaml.Node]:
    for node in yaml.compose_all(text, yaml.CSafeLoader):
        if not _is_empty(node):
            yield node


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value == ""


def _node_faults(root: yaml.Node) -> Iterator[str]:
    if not isinstance(root, yaml.MappingNode):
        yield f"line {root.start_mark.line + 1}: a document must be a mapping"
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            yield from _key_faults(node)
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif not _is_plain(node):
            yield f"line {node.start_mark.line + 1}: {node.value!r} reads differently elsewhere"


def _key_faults(node: yaml.MappingNode) -> Iterator[str]:
    seen = set()
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if key.tag != _TEXT or not _is_plain(key):
            yield f"line {line}: a key must be text"
        elif key.value in seen:
            yield f"line {line}: the key {key.value!r} stands there twice"
        seen.add(str(key.value))


def _is_plain(node: yaml.Node) -> bool:
    """Say whether YAML 1.1, 1.2 and the parser of Kubernetes read the scalar alike."""
    if not isinstance(node, yaml.ScalarNode) or node.style:  # plain ones have none
        return isinstance(node, yaml.ScalarNode)
    shape = _PLAIN.get(node.tag)
    return shape is not None and shape.fullmatch(node.value) is not None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
