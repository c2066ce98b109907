"""Runs pack templates: Jinja2 cut down to names, loops and conditions over facts.

A template is checked before it runs, node by node against a list of what is allowed. So there are
no calls, no assignments, no arithmetic and no blocks that could write a value past `scalars`.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, Undefined, nodes
from jinja2.filters import do_join
from jinja2.sandbox import ImmutableSandboxedEnvironment

from portal.errors import PlanRefused
from tenants.priming import scalars

SOURCE_LIMIT = 32_768  # characters of one template
OUTPUT_LIMIT = 262_144  # characters that one template may write
LOOP_DEPTH = 2

_ALLOWED = frozenset(
    {
        nodes.Template,
        nodes.TemplateData,
        nodes.Output,
        nodes.For,
        nodes.If,
        nodes.Name,
        nodes.Const,
        nodes.Tuple,
        nodes.List,
        nodes.Getattr,
        nodes.Getitem,
        nodes.Concat,
        nodes.CondExpr,
        nodes.Compare,
        nodes.Operand,
        nodes.And,
        nodes.Or,
        nodes.Not,
        nodes.Filter,
    }
)


def _finalized(value: object) -> str:
    if isinstance(value, Undefined):
        str(value)  # raises, with the name that is missing
    return scalars.written(value)


_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    finalize=_finalized,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters = {"join": do_join}
_ENVIRONMENT.tests = {}
_ENVIRONMENT.globals = {}


def render(name: str, source: str, facts: Mapping[str, object]) -> str:
    """Return what the template writes, with every value between marks.

    Raises PlanRefused, naming the template, when it uses what is not allowed or cannot be run.
    """
    try:
        return _run(_compiled(source), facts)
    except (TemplateError, TypeError, ValueError, RecursionError) as error:
        raise PlanRefused(f"{name}: {error}") from error


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    """Return the template of this very text, checked and compiled once a process.

    A pack has some twenty of them and is rendered for every cluster of an order; compiling took a
    third of that time. Raises ValueError with every fault, or what Jinja2 raises.
    """
    faults = list(_faults(source))
    if faults:
        raise ValueError("; ".join(faults))
    return _ENVIRONMENT.from_string(source)


def _faults(source: str) -> Iterator[str]:
    if len(source) > SOURCE_LIMIT:
        yield f"it is longer than {SOURCE_LIMIT} characters"
        return
    if scalars.OPEN in source or scalars.CLOSE in source:
        yield "it holds characters that are reserved for marking values"
    tree = _ENVIRONMENT.parse(source)
    for node in tree.find_all(nodes.Node):
        if type(node) not in _ALLOWED:
            yield f"line {node.lineno}: a template may not use {type(node).__name__}"
    for used in tree.find_all(nodes.Filter):
        yield from _filter_faults(used)
    if _depth(tree) > LOOP_DEPTH:
        yield f"loops are nested more than {LOOP_DEPTH} deep"


def _filter_faults(used: nodes.Filter) -> Iterator[str]:
    """A filter in a filter, or one with a computed argument, could grow text without bound."""
    if used.name not in _ENVIRONMENT.filters:
        yield f"line {used.lineno}: there is no filter {used.name}"
    plain = all(isinstance(each, nodes.Const) for each in used.args)
    if used.kwargs or used.dyn_args or used.dyn_kwargs or not plain:
        yield f"line {used.lineno}: a filter takes constants only"
    if not isinstance(used.node, nodes.Name | nodes.Getattr | nodes.Getitem):
        yield f"line {used.lineno}: a filter takes a fact only"


def _depth(node: nodes.Node) -> int:
    deepest = max(map(_depth, node.iter_child_nodes()), default=0)
    return deepest + isinstance(node, nodes.For)


def _run(template: Template, facts: Mapping[str, object]) -> str:
    pieces, size = [], 0
    for piece in template.generate(facts):
        size += len(piece)
        if size > OUTPUT_LIMIT:
            raise ValueError(f"it writes more than {OUTPUT_LIMIT} characters")
        pieces.append(piece)
    return "".join(pieces)
