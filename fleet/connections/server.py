"""One API server through the official client: an object in, an object out, or Refused.

Paths come from our table of kinds, so nothing is discovered and nothing kept between calls. Of the
client this takes the part that asks: what it has above that costs more than it does for us.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from kubernetes.client.rest import RESTClientObject

from fleet.connections import kinds
from fleet.ports import CALL_SECONDS, Manifest, Ref
from portal.errors import ClusterUnreachable

PAGE = 500  # objects of a list in one answer
AGENT = "berth/1"
JSON = "application/json"
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True)
class Answer:
    """An object as the server has it now, and the server's own clock."""

    content: Manifest
    date: str | None

    @property
    def metadata(self) -> dict[str, Any]:
        return dict(self.content["metadata"])

    def age(self) -> timedelta:
        """Return how long ago the object was made, by the clock that says so."""
        if not self.date:
            return timedelta.max
        made = datetime.fromisoformat(self.metadata["creationTimestamp"])
        return parsedate_to_datetime(self.date) - made


class Server:
    """The verbs we use. Every one raises Refused, or ClusterUnreachable from the line.

    `address` is `https://host:port`, `authorization` the value of that header, if there is one.
    """

    def __init__(
        self, name: str, address: str, client: RESTClientObject, *, authorization: str = ""
    ) -> None:
        self._name = name
        self._address = address
        self._client = client
        self._headers = {"Accept": JSON, "User-Agent": AGENT}
        if authorization:
            self._headers["Authorization"] = authorization

    def get(self, ref: Ref, *, within: float = CALL_SECONDS) -> Manifest:
        return self._ask("GET", kinds.path_to(ref), within=within).content

    def apply(self, manifest: Manifest, *, manager: str, within: float = CALL_SECONDS) -> Answer:
        path = kinds.path_to(Ref.of(manifest))
        how = {"fieldManager": manager}
        return self._ask("PATCH", path, body=manifest, media=APPLY, query=how, within=within)

    def merge(self, ref: Ref, patch: Mapping[str, Any], *, manager: str) -> None:
        """Merge a patch into an object that is there (RFC 7386)."""
        how = {"fieldManager": manager}
        self._ask("PATCH", kinds.path_to(ref), body=dict(patch), media=MERGE, query=how)

    def delete(self, ref: Ref, *, uid: str) -> None:
        """Ask for deletion of exactly the object with this UID."""
        wish = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        self._ask("DELETE", kinds.path_to(ref), body=wish)

    def request_token(self, namespace: str, account: str, *, seconds: int) -> Manifest:
        path = kinds.path_to(Ref("v1", "ServiceAccount", namespace, account))
        wish = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds},
        }
        return self._ask("POST", f"{path}/token", body=wish).content

    def dry_run(self, manifest: Manifest) -> None:
        """Let the server check an object without making it."""
        path, _, _ = kinds.path_to(Ref.of(manifest)).rpartition("/")
        self._ask("POST", path, body=manifest, query={"dryRun": "All"})

    def listed(self, api_version: str, kind: str, *, labels: str = "") -> list[Manifest]:
        """Return all objects of a kind in every namespace, page after page."""
        path = kinds.path_to_all(api_version, kind)
        wish = {"limit": PAGE} | ({"labelSelector": labels} if labels else {})
        found: list[Manifest] = []
        more: str | None = ""
        while more is not None:
            here = wish | ({"continue": more} if more else {})
            page = self._ask("GET", path, query=here).content
            found += page["items"]
            more = page.get("metadata", {}).get("continue") or None
        return found

    def at(self, path: str) -> Manifest:
        """Return what the server says under a path that is no object, such as /version."""
        return self._ask("GET", path).content

    def _ask(
        self,
        verb: str,
        path: str,
        *,
        body: Manifest | None = None,
        media: str = JSON,
        query: Mapping[str, object] | None = None,
        within: float = CALL_SECONDS,
    ) -> Answer:
        where = f"{self._address}{path}?{urlencode(query)}" if query else f"{self._address}{path}"
        answer = self._client.request(
            verb,
            where,
            headers=self._headers | {"Content-Type": media},
            body=body,
            _preload_content=False,
            _request_timeout=within,
        )
        content = _parsed(answer.data)
        if not isinstance(content, dict):
            raise ClusterUnreachable(
                f"{self._name} gave an answer that is no Kubernetes object: is a proxy in between?"
            )
        return Answer(content, date=answer.headers.get("Date"))


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
