"""Long lists: pages by cursor, and filters that stand in the address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest

SIZE = 50
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page:
    """A stretch of a list: its rows, the number of all of them, and where the list goes on."""

    rows: Sequence[Any]
    total: int
    first_url: str  # "" on the first page
    next_url: str  # "" on the last page


@dataclass(frozen=True)
class Option:
    """One value of a filter as a link."""

    label: str
    url: str
    count: int | None
    chosen: bool


@dataclass(frozen=True)
class Filter:
    """A filter beside a list: its name for people and its values as links."""

    label: str
    options: Sequence[Option]


def page(
    rows: QuerySet[Row],
    http: HttpRequest,
    *,
    key: str = "-pk",
    size: int = SIZE,
    keyed: Callable[[QuerySet[Row]], QuerySet[Row]] | None = None,
) -> Page:
    """Return the stretch that the address asks for by `after`.

    `key` is a unique column, with a dash for descending; the list is ordered by it. Where it is
    made of several columns, `keyed` gives it to the rows. A cursor that means nothing shows the
    beginning.
    """
    total = rows.count()
    column, descending = key.lstrip("-"), key.startswith("-")
    after = http.GET.get("after", "")
    condition = f"{column}__{'lt' if descending else 'gt'}"
    if keyed is None:
        stretch = _after(rows, condition, after)
    else:
        # all are sorted by the key alone, and only what is shown is read whole
        near = _after(keyed(rows), condition, after).order_by(key).values("pk")[: size + 1]
        stretch = keyed(rows.filter(pk__in=near))
    found = list(stretch.order_by(key)[: size + 1])
    shown = found[:size]
    more = len(found) > size
    return Page(
        rows=shown,
        total=total,
        first_url=address(http, after="") if after else "",
        next_url=address(http, after=str(_value(shown[-1], column))) if more else "",
    )


def _after(rows: QuerySet[Row], condition: str, after: str) -> QuerySet[Row]:
    if not after:
        return rows
    try:
        return rows.filter(**{condition: after})
    except (ValueError, ValidationError):
        return rows


def _value(row: Model, column: str) -> Any:
    value: Any = row
    for part in column.split("__"):
        value = getattr(value, part)
    return value


def address(http: HttpRequest, **changes: str) -> str:
    """Return the present address with parts of its query changed; an empty value takes one away."""
    query = http.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"{http.path}?{query.urlencode()}" if query else http.path


def choices(
    http: HttpRequest,
    name: str,
    label: str,
    options: Sequence[tuple[str, str, int | None]],
) -> Filter:
    """Return a filter on the query parameter `name`.

    `options` are (value, label, number of rows or None); the value "" stands for everything.
    """
    now_chosen = http.GET.get(name, "")
    return Filter(
        label,
        [
            Option(each, address(http, after="", **{name: value}), count, value == now_chosen)
            for value, each, count in options
        ],
    )
