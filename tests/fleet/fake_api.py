"""A small API server on loopback that speaks real HTTPS and answers as it is told."""

import ipaddress
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    client: str  # common name of the client's certificate, or ""


@dataclass(frozen=True)
class Says:
    """An answer: JSON for a dictionary, bytes as they are; `cut` sends only half of it."""

    status: int
    body: dict[str, Any] | bytes
    cut: bool = False
    headers: dict[str, str] = field(default_factory=dict)


Answering = Callable[[Asked], Says]


class FakeApi:
    """`answer` decides what is said; `asked` keeps what came. `hang` holds answers back."""

    def __init__(self) -> None:
        self.answer: Answering = echo
        self.asked: list[Asked] = []
        self.hang = False
        self.released = Event()
        self.connections = 0
        self.address = ""
        self.authority = ""

    def says(self, *answers: Says) -> None:
        """Answer with these in turn, and with the last one ever after."""
        waiting = list(answers)
        self.answer = lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


def echo(asked: Asked) -> Says:
    """Answer an apply as a server does that made the object an hour ago."""
    if asked.body is None:
        return status(404, "NotFound", f"{asked.path} not found")
    return made(asked, age=timedelta(hours=1))


def made(asked: Asked, *, age: timedelta) -> Says:
    metadata = asked.body["metadata"] | {
        "uid": "u-1",
        "resourceVersion": "7",
        "creationTimestamp": (NOW - age).isoformat().replace("+00:00", "Z"),
    }
    return Says(200, asked.body | {"metadata": metadata})


def status(code: int, reason: str, message: str, **details: Any) -> Says:
    """Answer with the Status object that an API server gives for a failure."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    return Says(code, body | {"reason": reason, "message": message, "details": details})


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeApi

    def setup(self) -> None:
        super().setup()
        self.fake.connections += 1

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        text = self.rfile.read(length)
        body = json.loads(text) if text else None
        asked = Asked(self.command, self.path, dict(self.headers), body, self._client())
        self.fake.asked.append(asked)
        if self.fake.hang:
            self.fake.released.wait(30)
            self.close_connection = True
            return
        self._say(self.fake.answer(asked))

    def _client(self) -> str:
        shown = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else {}
        return next((part[0][1] for part in (shown or {}).get("subject", ())), "")

    do_GET = do_PATCH = do_POST = do_DELETE = _answer  # noqa: N815 - named by the library

    def _say(self, says: Says) -> None:
        body = says.body if isinstance(says.body, bytes) else json.dumps(says.body).encode()
        self.send_response_only(says.status)
        self.send_header("Date", format_datetime(NOW, usegmt=True))
        self.send_header("Content-Length", str(len(body)))
        for name, value in says.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if says.cut else body)
        self.close_connection = says.cut

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of the library
        pass


@contextmanager
def running(folder: Path) -> Iterator[FakeApi]:
    """Serve on a free port of loopback with a certificate for 127.0.0.1 and fake.example."""
    fake = FakeApi()
    authority, key = certificate()
    (folder / "tls.pem").write_bytes(authority + key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answering", (_Answering,), {"fake": fake}))
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    context.load_verify_locations(cadata=authority.decode())
    context.verify_mode = ssl.CERT_OPTIONAL
    server.socket = context.wrap_socket(server.socket, server_side=True)
    fake.address = f"https://127.0.0.1:{server.server_port}"
    fake.authority = authority.decode()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def certificate(own_name: str = "fake.example") -> tuple[bytes, bytes]:
    """Return a self-signed certificate for 127.0.0.1 and fake.example, and its key, both in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, own_name)])
    names: list[x509.GeneralName] = [
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.DNSName("fake.example"),
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2126, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
