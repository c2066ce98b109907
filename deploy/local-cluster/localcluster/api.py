"""The few requests the launcher makes to its own API server, with the standard library alone."""

import json
import ssl
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from localcluster.commands import Command

FIELD_MANAGER = "local-cluster"
SECONDS = 10


class Api:
    """A cluster's API server as one user."""

    def __init__(self, server: str, ca: Path, token: str) -> None:
        self.server = server
        self.token = token
        self._open = opener(ca).open

    def read(self, path: str) -> dict[str, Any]:
        """Return the object. Raise HTTPError where there is none."""
        return self._call("GET", path)

    def apply(self, path: str, manifest: bytes | Mapping[str, object]) -> None:
        """Apply one object on the server's side; bytes are YAML as it lies in a file."""
        text = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
        query = f"?fieldManager={FIELD_MANAGER}&force=true"
        self._call("PATCH", path + query, text, "application/apply-patch+yaml")

    def create(self, path: str, content: Mapping[str, object]) -> dict[str, Any]:
        return self._call("POST", path, json.dumps(content).encode(), "application/json")

    def delete(self, path: str) -> None:
        self._call("DELETE", path)

    def _call(
        self, verb: str, path: str, text: bytes | None = None, kind: str = "application/json"
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        asked = urllib.request.Request(  # noqa: S310 - our own server, always https
            self.server + path, data=text, headers=headers, method=verb
        )
        with self._open(asked, timeout=SECONDS) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


def opener(ca: Path | None) -> urllib.request.OpenerDirector:
    """Return what opens URLs on loopback: never by a proxy, trusting only that authority."""
    context = ssl.create_default_context(cafile=ca)
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )


def is_ready(command: Command) -> bool:
    """Tell whether its health page says yes. A certificate not yet written is a no."""
    try:
        with opener(command.ca).open(command.health, timeout=SECONDS) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        # URLError, HTTPError, SSLError, a refused connection and a missing file all are one.
        return False
