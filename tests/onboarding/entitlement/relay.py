"""A relay before a server on loopback: it notes what passes, and lets things happen meanwhile."""

import selectors
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread


class Relay:
    """`seen` is what clients sent. `before` has what happens before their nth message goes on."""

    def __init__(self, before: Mapping[int, Callable[[], object]]) -> None:
        self.before = before
        self.address = ""
        self.seen: list[bytes] = []

    def pass_on(self, here: socket.socket, there: socket.socket) -> None:
        """Pass everything on in both directions until one of both ends hangs up."""
        with selectors.DefaultSelector() as selector:
            selector.register(here, selectors.EVENT_READ)
            selector.register(there, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    said = here.recv(65_536) if key.fileobj is here else there.recv(65_536)
                    if not said:
                        return
                    if key.fileobj is here:
                        self.seen.append(said)
                        self.before.get(len(self.seen), lambda: None)()
                    (there if key.fileobj is here else here).sendall(said)


@contextmanager
def running(
    leads_to: str, before: Mapping[int, Callable[[], object]] | None = None
) -> Iterator[Relay]:
    """Serve on a free port, in the scheme of the address that it leads to."""
    scheme, _, rest = leads_to.partition("://")
    target = ("127.0.0.1", int(rest.rpartition(":")[2]))
    relay = Relay(before or {})

    class Passing(BaseRequestHandler):
        def handle(self) -> None:
            try:
                with socket.create_connection(target, 5) as there:
                    relay.pass_on(self.request, there)
            except OSError:  # the server has just been killed
                return

    with ThreadingTCPServer(("127.0.0.1", 0), Passing) as server:
        relay.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield relay
        server.shutdown()
        thread.join()
