"""Hears which parameters a view asks for, so that a new field is tried without a new test."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, QueryDict

GetResponse = Callable[[HttpRequest], HttpResponse]
OWN = frozenset({"csrfmiddlewaretoken"})


class Heard(QueryDict):
    """Parameters that remember by which names they were asked for."""

    names: ClassVar[set[str]]

    def __getitem__(self, key: str) -> Any:
        self.names.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.names.add(str(key))
        return super().__contains__(key)

    def getlist(self, key: str, default: Any = None) -> Any:
        """Return what Django returns."""
        self.names.add(key)
        return super().getlist(key, default)


class HeardInAddress(Heard):
    names: ClassVar[set[str]] = set()


class HeardInForm(Heard):
    names: ClassVar[set[str]] = set()


def ears(get_response: GetResponse) -> GetResponse:
    """Listen to the view: the middleware that stands nearest to it."""

    def answer(http: HttpRequest) -> HttpResponse:
        HeardInAddress.names.clear()
        HeardInForm.names.clear()
        http.GET = _listening(http.GET, HeardInAddress)  # type: ignore[assignment] # immutable to views, as Django's own
        http.POST = _listening(http.POST, HeardInForm)  # type: ignore[assignment] # the same
        return get_response(http)

    return answer


def _listening(sent: QueryDict, kind: type[Heard]) -> Heard:
    heard = kind(mutable=True)
    for name, values in sent.lists():
        heard.setlist(name, values)
    heard._mutable = False
    return heard


def in_address() -> frozenset[str]:
    return frozenset(HeardInAddress.names) - OWN


def in_form() -> frozenset[str]:
    return frozenset(HeardInForm.names) - OWN
