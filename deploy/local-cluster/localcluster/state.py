"""The state directory of one local cluster: what lies where, wiping it, and one launcher at a time.

Everything but `logs`, `scratch` and `cluster.json` is kept between runs, so that the objects, the
tokens and (where still free) the ports survive a restart.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class StateInUse(Exception):
    """Another launcher works on this state directory."""


@dataclass(frozen=True)
class State:
    root: Path

    @property
    def etcd(self) -> Path:
        return self.root / "etcd"

    @property
    def credentials(self) -> Path:
        return self.root / "credentials"

    @property
    def certificates(self) -> Path:
        return self.root / "certificates"

    @property
    def artifacts(self) -> Path:
        return self.root / "artifacts"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def ca(self) -> Path:
        """The API server writes this itself: its certificate and the authority that signed it."""
        return self.certificates / "apiserver.crt"

    @property
    def admin_kubeconfig(self) -> Path:
        return self.root / "admin.kubeconfig"

    @property
    def cluster(self) -> Path:
        """It is there exactly while the cluster runs and all of it is ready."""
        return self.root / "cluster.json"

    def kubeconfig(self, user: str) -> Path:
        return self.credentials / f"{user}.kubeconfig"

    def log(self, program: str) -> Path:
        return self.logs / f"{program}.log"

    def prepare(self) -> None:
        """Make the folders, and empty those that belong to one run only."""
        self.cluster.unlink(missing_ok=True)
        shutil.rmtree(self.scratch, ignore_errors=True)
        for folder in (self.credentials, self.certificates, self.artifacts, self.logs):
            folder.mkdir(mode=0o700, exist_ok=True)
        self.scratch.mkdir()

    def wipe(self) -> None:
        """Remove what a launcher made here, by name: the directory may hold other files too."""
        for folder in (self.etcd, self.credentials, self.certificates, self.artifacts):
            shutil.rmtree(folder, ignore_errors=True)
        for folder in (self.logs, self.scratch):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (self.ports, self.admin_kubeconfig, self.cluster):
            file.unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the directory. Raise StateInUse if another launcher does."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StateInUse from None
            yield


def write_private(file: Path, text: str) -> None:
    """Write the file for its owner only, and so that nobody ever reads half of it."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    unfinished.replace(file)


def write_json(file: Path, content: object) -> None:
    write_private(file, json.dumps(content, indent=2) + "\n")
