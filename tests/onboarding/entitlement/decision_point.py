"""A small AuthZEN decision point on loopback: real HTTPS, and decisions by what is granted."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Any

from onboarding.entitlement.authzen import AuthZenBatches
from onboarding.entitlement.decision_point import DecisionPoint
from portal.clock import now
from portal.outbound import WayOut
from tests.fleet import fake_api
from tests.fleet.fake_api import Asked, FakeApi, Says

PATH = "/access/v1/evaluation"
TOKEN = "t0ken-of-the-portal"
JSON = {"Content-Type": "application/json"}
PLACE = {"tenant": "retail", "application": "basket", "environment": "dev"}


@dataclass
class Point:
    """The server, and who it permits or refuses what ASKED asks."""

    server: FakeApi
    bundle: Path
    granted: set[str] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"{self.server.address}{PATH}"

    def source(self, **changes: Any) -> AuthZenBatches:
        """Return the source; it answers several at once where it is given a `batch_url`."""
        told = {"url": self.url, "token": TOKEN, "claims": ("department",)} | changes
        return AuthZenBatches(DecisionPoint(**told), WayOut(self.bundle), now, name="pdp")

    def says(self, body: Any, status: int = 200, **how: Any) -> None:
        self.server.says(Says(status, body, **{"headers": JSON, **how}))

    def decides(self, asked: Asked) -> Says:
        """Answer as a decision point that closes on everything it does not know."""
        if (
            asked.path not in (PATH, f"{PATH}s")
            or asked.headers.get("Authorization") != f"Bearer {TOKEN}"
        ):
            return Says(401, {"error": "who are you"}, headers=JSON)
        if asked.path == PATH:
            return Says(200, self._decided(asked.body), headers=JSON)
        several = [self._decided(each) for each in asked.body["evaluations"]]
        return Says(200, {"evaluations": several}, headers=JSON)

    def _decided(self, question: Any) -> dict[str, Any]:
        groups = set(question["subject"]["properties"]["groups"])
        is_here = question["resource"]["properties"] == PLACE
        is_permitted = is_here and bool(groups & self.granted) and not groups & self.forbidden
        context = {"remedy": f"Join one of {', '.join(sorted(self.granted))}."}
        return {"decision": is_permitted, "context": context}


@contextmanager
def running(folder: Path) -> Iterator[Point]:
    with fake_api.running(folder) as server:
        bundle = folder / "authority.pem"
        bundle.write_text(server.authority)
        point = Point(server, bundle)
        server.answer = point.decides
        yield point


@contextmanager
def blurting(words: bytes, pause: float = 0.0) -> Iterator[str]:
    """Serve, in plain, exactly these bytes to everybody who asks, and hang up.

    With a pause (seconds) they drip one by one.
    """
    never = Event()

    class Blurting(StreamRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            with suppress(OSError):  # until nobody listens any more
                for start in range(0, len(words), 1 if pause else max(1, len(words))):
                    never.wait(pause)
                    self.wfile.write(words[start : start + 1] if pause else words)

    with ThreadingTCPServer(("127.0.0.1", 0), Blurting) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}{PATH}"
        server.shutdown()
        thread.join()
