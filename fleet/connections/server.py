"""One API server through the official client: an object in, an object out, or Refused.

Paths come from our table of kinds, so nothing is discovered and nothing kept between calls.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.resource import Resource
from urllib3 import BaseHTTPResponse

from fleet.connections import kinds
from fleet.connections.kinds import Kind
from fleet.ports import CALL_SECONDS, Manifest, Ref
from portal.errors import ClusterUnreachable

PAGE = 500  # objects of a list in one answer
MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Answer:
    """An object as the server has it now, and the server's own clock."""

    content: Manifest
    at: datetime | None

    @property
    def metadata(self) -> dict[str, Any]:
        return dict(self.content["metadata"])

    def age(self) -> timedelta:
        """Return how long ago the object was made, by the clock that says so."""
        made = datetime.fromisoformat(self.metadata["creationTimestamp"])
        return self.at - made if self.at else timedelta.max


class Server:
    """The verbs we use. Every one raises Refused, or ClusterUnreachable from the line."""

    def __init__(self, name: str, client: DynamicClient) -> None:
        self._name = name
        self._client = client

    def get(self, ref: Ref, *, within: float = CALL_SECONDS) -> Manifest:
        return self._ask(self._client.get, ref, within=within).content

    def apply(self, manifest: Manifest, *, manager: str, within: float = CALL_SECONDS) -> Answer:
        return self._ask(
            self._client.server_side_apply,
            Ref.of(manifest),
            body=manifest,
            field_manager=manager,
            within=within,
        )

    def merge(self, ref: Ref, patch: Mapping[str, Any], *, manager: str) -> None:
        """Merge a patch into an object that is there (RFC 7386)."""
        self._ask(
            self._client.patch, ref, body=dict(patch), content_type=MERGE, field_manager=manager
        )

    def delete(self, ref: Ref, *, uid: str) -> None:
        """Ask for deletion of exactly the object with this UID."""
        self._ask(
            self._client.delete,
            ref,
            body={"preconditions": {"uid": uid}, "propagationPolicy": "Background"},
        )

    def request_token(self, namespace: str, account: str, *, seconds: int) -> Manifest:
        ref = Ref("v1", "ServiceAccount", namespace, account)
        path = _resource(ref, self._client).path(name=account, namespace=namespace)
        wish = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds},
        }
        return self._path("post", f"{path}/token", body=wish).content

    def dry_run(self, manifest: Manifest) -> None:
        """Let the server check an object without making it."""
        ref = Ref.of(manifest)
        path = _resource(ref, self._client).path(namespace=ref.namespace or None)
        self._path("post", path, body=manifest, dry_run="All")

    def listed(self, api_version: str, kind: str, *, labels: str = "") -> list[Manifest]:
        """Return all objects of a kind in every namespace, page after page."""
        known = kinds.KINDS[api_version, kind]
        path = _described(api_version, kind, known, self._client).path()
        found: list[Manifest] = []
        more: str | None = ""
        while more is not None:
            page = self._path(
                "get", path, limit=PAGE, label_selector=labels or None, _continue=more or None
            ).content
            found += page["items"]
            more = page.get("metadata", {}).get("continue") or None
        return found

    def at(self, path: str) -> Manifest:
        """Return what the server says under a path that is no object, such as /version."""
        return self._path("get", path).content

    def _ask(
        self,
        verb: Callable[..., BaseHTTPResponse],
        ref: Ref,
        *,
        within: float = CALL_SECONDS,
        **how: Any,
    ) -> Answer:
        where = {"name": ref.name, "namespace": ref.namespace or None}
        kind = _resource(ref, self._client)
        return self._answer(verb(kind, **where, serialize=False, _request_timeout=within, **how))

    def _path(self, verb: str, path: str, **how: Any) -> Answer:
        return self._answer(
            self._client.request(verb, path, serialize=False, _request_timeout=CALL_SECONDS, **how)
        )

    def _answer(self, answer: BaseHTTPResponse) -> Answer:
        content = _parsed(answer.data)
        if not isinstance(content, dict):
            raise ClusterUnreachable(
                f"{self._name} gave an answer that is no Kubernetes object: is a proxy in between?"
            )
        date = answer.headers.get("Date")
        return Answer(content, at=parsedate_to_datetime(date) if date else None)


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _resource(ref: Ref, client: DynamicClient) -> Resource:
    """Return the client's description of an object's kind. Raises ObjectRefused."""
    return _described(ref.api_version, ref.kind, kinds.of(ref), client)


def _described(api_version: str, name: str, kind: Kind, client: DynamicClient) -> Resource:
    group, _, version = api_version.rpartition("/")
    return Resource(
        prefix="apis" if group else "api",
        group=group,
        api_version=version,
        kind=name,
        name=kind.plural,
        namespaced=kind.namespaced,
        client=client,
    )
