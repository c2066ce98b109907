"""An OpenID provider on loopback that signs in whoever comes, and lies where a test wants it to.

It speaks real HTTP: discovery, authorization with PKCE, the token endpoint, keys, end of session.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from time import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import KeySet, RSAKey

from portal.clock import now

CLIENT = "berth"
SECRET = "a secret that only client and provider know"
_number = count(1)


def make_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


@dataclass
class FakeProvider:
    """What it says, and what it was asked. Tests change any of it."""

    address: str = ""
    subject: str = "anna-1"
    claims: dict[str, Any] = field(default_factory=dict)  # over those of a right token
    header: dict[str, Any] = field(default_factory=dict)  # the same for its header
    signs_with: RSAKey = field(default_factory=cache(make_key))  # slow to make
    publishes: list[RSAKey] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, str] = field(default_factory=dict)  # over what goes back in the address
    forge: Callable[[dict[str, Any]], str] | None = None  # makes the ID token of these claims
    says_for_tokens: tuple[int, bytes] | None = None  # in place of every answer with tokens
    away: bool = False
    ahead: int = 0  # seconds that its clock differs
    fetched_keys: int = 0
    asked: dict[str, str] = field(default_factory=dict)  # the last authorization request
    ended: dict[str, str] = field(default_factory=dict)  # the last end of a session
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.publishes.append(self.signs_with)

    def rotate(self, *, publish: bool = True) -> None:
        """Sign with another key from now on."""
        self.signs_with = make_key()
        self.publishes = [self.signs_with] if publish else self.publishes

    def says(self, **claims: Any) -> None:
        """Say this in every token from now on; None leaves a claim out."""
        self.claims.update(claims)

    def id_token(self, nonce: str) -> str:
        moment = int(now().timestamp())
        right = {
            "iss": self.address,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": moment,
            "exp": moment + 300,
            "auth_time": moment,
            "nonce": nonce,
            "sid": "session-1",
            "name": "Anna Muster",
            "preferred_username": "anna@example.com",
            "email": "anna@example.com",
        }
        claims = {name: value for name, value in (right | self.claims).items() if value is not None}
        return self.forge(claims) if self.forge else self.signed(claims)

    def logout_token(self, **other: Any) -> str:
        moment = int(now().timestamp())
        right = {
            "iss": self.address,
            "aud": CLIENT,
            "iat": moment,
            "exp": moment + 120,
            "jti": f"jti-{next(_number)}",
            "sid": "session-1",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }
        claims = {name: value for name, value in (right | other).items() if value is not None}
        return self.signed(claims, typ="logout+jwt")

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        whole = {"alg": "RS256", "typ": "JWT", "kid": self.signs_with.kid, **header, **self.header}
        return jws.serialize_compact(whole, json.dumps(claims).encode(), self.signs_with)

    def unsigned(self, claims: dict[str, Any]) -> str:
        """Return a token with alg none."""
        parts = ({"alg": "none", "typ": "JWT"}, claims)
        return ".".join([*map(_encoded, parts), ""])

    def signed_with_secret(self, claims: dict[str, Any]) -> str:
        """Return a token whose HMAC has the public key for a secret."""
        header = {"alg": "HS256", "typ": "JWT", "kid": self.signs_with.kid}
        signed = ".".join(map(_encoded, (header, claims)))
        public = self.signs_with.as_pem(private=False)
        return f"{signed}.{_base64(hmac.digest(public, signed.encode(), 'sha256'))}"

    # What it is asked

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "end_session_endpoint": f"{self.address}/end",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        } | self.metadata

    def keys(self) -> dict[str, Any]:
        self.fetched_keys += 1
        return dict(KeySet([*self.publishes]).as_dict(private=False))

    def authorize(self, query: dict[str, str]) -> str:
        """Sign the person in without a word, and return where the browser is sent back to."""
        self.asked = query
        code = f"code-{next(_number)}"
        self.codes[code] = query
        back = {"code": code, "state": query["state"]} | self.answer
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        client = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = _base64(digest)
        if client != f"{CLIENT}:{SECRET}":
            return 401, {"error": "invalid_client"}
        proven = (
            asked is not None
            and asked["code_challenge_method"] == "S256"
            and asked["code_challenge"] == challenge
            and asked["redirect_uri"] == form["redirect_uri"]
        )
        if asked is None or not proven:
            return 400, {"error": "invalid_grant"}
        token = self.id_token(asked["nonce"])
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": token}


class _Answering(BaseHTTPRequestHandler):
    fake: FakeProvider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self.fake.away:
            self._say(503, {})
        elif parts.path == "/.well-known/openid-configuration":
            self._say(200, self.fake.discovery())
        elif parts.path == "/keys":
            self._say(200, self.fake.keys())
        elif parts.path == "/authorize":
            self._send_to(self.fake.authorize(query))
        elif parts.path == "/end":
            self.fake.ended = query
            self._send_to(query["post_logout_redirect_uri"])
        else:
            self._say(404, {})

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = {name: values[0] for name, values in parse_qs(text).items()}
        if self.fake.away:
            self._say(503, {})
        elif self.fake.says_for_tokens is not None:
            self._send(*self.fake.says_for_tokens)
        else:
            self._say(*self.fake.token(form, self.headers.get("Authorization", "")))

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(
            time() + self.fake.ahead if timestamp is None else timestamp
        )

    def _say(self, status: int, content: dict[str, Any]) -> None:
        self._send(status, json.dumps(content).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_to(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of the library
        pass


@contextmanager
def running() -> Iterator[FakeProvider]:
    """Serve on a free port of loopback."""
    fake = FakeProvider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answering", (_Answering,), {"fake": fake}))
    server.daemon_threads = True
    fake.address = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()


def _encoded(part: dict[str, Any]) -> str:
    return _base64(json.dumps(part).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
