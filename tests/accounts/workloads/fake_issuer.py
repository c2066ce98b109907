"""An issuer of tokens on loopback, over real HTTP: it publishes keys, signs, and misbehaves."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import Key, RSAKey

from portal.clock import now

AUDIENCE = "https://berth.example.com/workloads"


@cache
def key(kid: str) -> RSAKey:
    """Return a key by its id: making one takes a while, so tests share them."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass
class FakeIssuer:
    """What it publishes, and what it was asked for."""

    address: str = ""
    kids: list[str] = field(default_factory=lambda: ["one"])
    asked: list[str] = field(default_factory=list)
    status: int = 200
    speaks_for: str = ""  # another issuer than itself
    padding: int = 0  # bytes that its documents are longer
    hangs: threading.Event = field(default_factory=threading.Event)  # answers once this is set

    def __post_init__(self) -> None:
        self.hangs.set()

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return what a good token says; a change to None leaves a claim out."""
        moment = int(now().timestamp())
        usual = {
            "iss": self.address,
            "aud": AUDIENCE,
            "sub": "repo:acme/payments:ref:refs/heads/main",
            "iat": moment,
            "nbf": moment,
            "exp": moment + 300,
            "repository": "acme/payments",
            "ref": "refs/heads/main",
        }
        return {name: said for name, said in (usual | changes).items() if said is not None}

    def token(self, *, kid: str = "one", signed_by: Key | None = None, **changes: Any) -> str:
        """Return a token that is signed by the key with this id, or by another one."""
        header = {"alg": "RS256", "kid": kid}
        return jwt.encode(header, self.claims(**changes), signed_by or key(kid))

    def documents(self) -> dict[str, Any]:
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.speaks_for or self.address,
                "jwks_uri": f"{self.address}/keys",
            },
            "/keys": self.key_set(),
        }

    def key_set(self) -> dict[str, Any]:
        return {"keys": [key(kid).as_dict(private=False) for kid in self.kids]}


@contextmanager
def running() -> Iterator[FakeIssuer]:
    """Give an issuer that answers until the block is left."""
    issuer = FakeIssuer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(issuer))
    server.daemon_threads = True
    issuer.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield issuer
    finally:
        issuer.hangs.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _answering(issuer: FakeIssuer) -> type[BaseHTTPRequestHandler]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            issuer.hangs.wait(10)
            document = issuer.documents().get(self.path)
            body = json.dumps(document).encode() + b" " * issuer.padding
            self.send_response(issuer.status if document else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: Any) -> None:
            """Say nothing: tests read what was asked."""

    return Answers
