"""What a person would have in a form before one field of it goes wrong."""

from html.parser import HTMLParser
from typing import Any

# for forms that begin empty, by the name of the field
USUAL: dict[str, Any] = {
    "slug": "odd",
    "name": "Odd",
    "support_group": "odd-support",
    "owner": "alice",
    "person": "adam",
    "cost_centre": "cc-1",
    "criticality": "low",
    "classification": "internal",
    "rank": "1",
    "change_type": "normal",
    "follow": "branch",
    "reference": "main",
    "clusters_per_service": "1",
    "fits": "a small service",
    "cpu_requests": "1",
    "memory_requests": "1Gi",
    "cpu_limits": "2",
    "memory_limits": "2Gi",
    "storage": "1Gi",
    "pods": "10",
    "cidr": "10.0.0.0/8",
    "port": "443",
    "protocol": "TCP",
    "reason": "Because of this",
    "confirmed": "yes",
    "days": "30",
}


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
        elif tag == "option" and "selected" in given:
            self._add(self._select, given)
        elif tag == "input" and name and _counts(given):
            self._add(name, given)

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found.setdefault(self._area, []).append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""

    def _add(self, name: str, given: dict[str, str | None]) -> None:
        self.found.setdefault(name, []).append(given.get("value") or "on")


def _counts(given: dict[str, str | None]) -> bool:
    if given.get("type") in {"checkbox", "radio"}:
        return "checked" in given
    return bool(given.get("value"))


def as_shown(page: str) -> dict[str, Any]:
    """Return what the forms of a page would send if nobody touched them."""
    fields = _Fields()
    fields.feed(page)
    return {name: values for name, values in fields.found.items() if name != "csrfmiddlewaretoken"}
