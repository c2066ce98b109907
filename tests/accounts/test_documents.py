"""Documents of issuers: read within limits of time and size, and from nobody who redirects."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any

import pytest

from accounts import documents
from accounts.documents import Limits
from portal.errors import IssuerAway
from portal.outbound import WayOut

SHORT = Limits(seconds=0.3, size=1000)


@contextmanager
def answering(*, head: str, pieces: int = 1, pause: float = 0.0) -> Iterator[str]:
    """Give the address of a server that sends this head and then `{}` piece by piece."""
    over = threading.Event()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(f"HTTP/1.1 {head}\r\nConnection: close\r\n\r\n".encode())
            for _ in range(pieces):
                over.wait(pause)
                try:
                    self.wfile.write(b"{}")
                except OSError:  # the portal hung up
                    return

        def log_message(self, *_words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/document"
    finally:
        over.set()
        server.shutdown()
        server.server_close()


def read(address: str) -> Any:
    return documents.read(address, way=WayOut(), limits=SHORT)


def test_a_whole_document_is_read() -> None:
    with answering(head="200 OK") as address:
        assert read(address) == {}


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"head": "500 Oh"}, "answered with status 500"),
        ({"head": "302 Found\r\nLocation: http://127.0.0.1:1/"}, "answered with status 302"),
        ({"head": "200 OK", "pieces": 2}, "not JSON"),
        ({"head": "200 OK", "pieces": 0}, "not JSON"),
        ({"head": "200 OK", "pieces": 600}, "more than 1000 bytes"),
        ({"head": "200 OK\r\nContent-Length: 90"}, "broke off in mid-answer"),
        ({"head": "200 OK\r\nContent-Encoding: gzip"}, "could not be reached"),
        ({"head": "nonsense"}, "broke off in mid-answer"),
    ],
)
def test_what_is_no_whole_document_is_refused_in_words(how: dict[str, Any], said: str) -> None:
    with answering(**how) as address, pytest.raises(IssuerAway, match=said):
        read(address)


@pytest.mark.parametrize("how", [{"pause": 5.0}, {"pause": 0.05, "pieces": 1000}])
def test_a_server_that_hangs_or_drips_is_left_in_time(how: dict[str, Any]) -> None:
    begun = monotonic()
    with answering(head="200 OK", **how) as address:
        with pytest.raises(IssuerAway, match="did not answer in time"):
            read(address)
        assert monotonic() - begun < 4


def test_nobody_there_is_told_in_words() -> None:
    with pytest.raises(IssuerAway, match="could not be reached"):
        read("http://127.0.0.1:1/")


@pytest.mark.parametrize(
    "address",
    [
        "http://forge.example.com/",
        "https://",
        "https://name:password@forge.example.com/",
        "https://forge.example.com:port/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "",
    ],
)
def test_only_tls_or_this_very_machine_is_asked(address: str) -> None:
    assert not documents.can_be_asked(address)
    with pytest.raises(IssuerAway):
        read(address)


def test_a_json_list_is_no_document() -> None:
    with answering(head="200 OK\r\n\r\n[1]") as address, pytest.raises(IssuerAway):
        read(address)
