"""Calls to an identity provider: by the way out, within limits, and never redirected."""

import json
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from django.conf import settings

from accounts import documents
from accounts.documents import Limits
from portal.errors import IssuerAway
from portal.outbound import WayOut

PATIENCE = Limits(seconds=8.0, size=1_000_000)  # somebody waits in front of the browser
AN_ERROR = 400  # the status from which on it is one


class Signs(Protocol):
    """What Authlib gives to prove to the token endpoint which client asks."""

    def prepare(
        self, method: str, uri: str, headers: dict[str, str], body: str
    ) -> tuple[str, dict[str, str], str]: ...


@dataclass(frozen=True)
class Said:
    """A whole answer, as Authlib's client looks at it."""

    status_code: int
    content: bytes

    def json(self) -> Any:
        """Return what the answer holds. Raises ValueError for what is no JSON."""
        try:
            return json.loads(self.content)
        except RecursionError as error:
            raise ValueError("It is nested too deeply.") from error

    def raise_for_status(self) -> None:
        """Raise IssuerAway for an answer that is an error."""
        if self.status_code >= AN_ERROR:
            raise IssuerAway(f"The token endpoint answered with status {self.status_code}.")


class Line:
    """What Authlib's client takes for its session."""

    def post(self, url: str, *, data: dict[str, str], headers: dict[str, str], auth: Signs) -> Said:
        """Send a form, signed by the client. Raises IssuerAway, TrustUnreadable."""
        url, headers, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        said = documents.asked("POST", url, way=way(), limits=PATIENCE, body=body, **headers)
        return Said(*said)


def way() -> WayOut:
    """Return the way out to identity providers."""
    return WayOut(settings.BERTH_CA_BUNDLE, settings.BERTH_PROXY, settings.BERTH_NO_PROXY)
