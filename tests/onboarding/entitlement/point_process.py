"""A decision point in a process of its own, which can be told to lie, and can be killed."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from onboarding.entitlement.arrangement import Limits
from onboarding.entitlement.authzen import AuthZenBatches, AuthZenEntitlements
from onboarding.entitlement.decision_point import DecisionPoint
from onboarding.entitlement.seat import Seat
from portal.clock import now
from portal.outbound import WayOut
from tests.fleet import fake_api

PROGRAM = Path(__file__).with_name("point_program.py")
PATH = "/access/v1/evaluation"
TOKEN = "t0ken-of-the-portal"
PERMITTED = "retail:dev:deployers"


@dataclass
class PointProcess:
    """The process, its port and its authority; without `pem` it speaks plain HTTP."""

    group: str = PERMITTED
    pem: str = ""
    bundle: Path | None = None
    port: int = 0
    _process: "subprocess.Popen[str] | None" = field(default=None, repr=False)

    @property
    def address(self) -> str:
        return f"{'https' if self.pem else 'http'}://127.0.0.1:{self.port}"

    @property
    def process(self) -> "subprocess.Popen[str]":
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Start it, on the port that it had before if there was one."""
        self.kill()
        words = [sys.executable, "-I", str(PROGRAM), str(self.port), self.group]
        self._process = subprocess.Popen(
            [*words, self.pem] if self.pem else words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = self._heard()["port"]

    def does(self, **deed: Any) -> None:
        """Answer everybody like this from now on; without a word, decide again."""
        self._tell(deed)

    def says(self, body: Any, **deed: Any) -> None:
        self.does(body=body if isinstance(body, str) else json.dumps(body), **deed)

    def asked(self) -> Sequence[str]:
        """Return the paths that it was asked at."""
        return list(self._tell(None)["asked"])

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def freeze(self) -> None:
        """Stop it in its tracks: it holds its port and says nothing more."""
        self.process.send_signal(signal.SIGSTOP)

    def source(self, *, batch: bool = False, **changes: Any) -> AuthZenEntitlements:
        url = f"{self.address}{PATH}"
        told = {"url": url, "token": TOKEN, "batch_url": f"{url}s" if batch else "", **changes}
        kind = AuthZenBatches if batch else AuthZenEntitlements
        return kind(DecisionPoint(**told), WayOut(self.bundle), now, name="pdp")

    def seat(self, *, seconds: float = 5, batch: bool = False) -> Seat:
        """Return the source as the portal asks it, which never gives it a rest."""
        deadline = timedelta(seconds=seconds)
        return Seat(self.source(seconds=seconds, batch=batch), Limits(deadline, failures=0))

    def _tell(self, deed: dict[str, Any] | None) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{json.dumps(deed)}\n")
        self.process.stdin.flush()
        return self._heard()

    def _heard(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found


@contextmanager
def running(folder: Path, *, tls: bool = True, group: str = PERMITTED) -> Iterator[PointProcess]:
    """Start it on a free port; it permits who is in the group."""
    made = PointProcess(group)
    if tls:
        certificate, key = fake_api.certificate()
        made.bundle = folder / "authority.pem"
        made.bundle.write_bytes(certificate)
        made.pem = str(folder / "point.pem")
        (folder / "point.pem").write_bytes(certificate + key)
    try:
        made.start()
        yield made
    finally:
        made.kill()
