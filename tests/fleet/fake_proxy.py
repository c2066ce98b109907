"""A small CONNECT proxy on loopback: it notes who is asked for and by whom, and passes all on."""

import selectors
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread


@dataclass
class FakeProxy:
    """`asked` are the targets; `password` is demanded if set; `leads_to` is where all is passed."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    refuses: bool = False
    leads_to: int = 0  # port on loopback


class _Passing(StreamRequestHandler):
    proxy: FakeProxy

    def handle(self) -> None:
        target = self.rfile.readline().split()[1].decode()
        self.proxy.asked.append(target)
        while (line := self.rfile.readline().decode().strip()) != "":
            name, _, value = line.partition(": ")
            if name.lower() == "proxy-authorization":
                self.proxy.authorizations.append(value)
        if self.proxy.refuses:
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", self.proxy.leads_to), 5) as there:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _pass_on(self.connection, there)


def _pass_on(here: socket.socket, there: socket.socket) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(here, selectors.EVENT_READ, there)
        selector.register(there, selectors.EVENT_READ, here)
        while True:
            for key, _ in selector.select():
                said = key.fileobj.recv(65_536) if isinstance(key.fileobj, socket.socket) else b""
                if not said:
                    return
                key.data.sendall(said)


@contextmanager
def running(leads_to: str, certificate: Path | None = None) -> Iterator[FakeProxy]:
    """Serve on a free port of loopback; over TLS if there is a certificate with its key."""
    proxy = FakeProxy(leads_to=int(leads_to.rpartition(":")[2]))
    server = ThreadingTCPServer(("127.0.0.1", 0), type("Passing", (_Passing,), {"proxy": proxy}))
    server.daemon_threads = True
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    proxy.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
