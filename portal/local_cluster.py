"""Runs the local control plane beside the portal and joins it as cluster `local` once it is ready.

`python -m portal.local_cluster FOLDER`. Whatever goes wrong here leaves the rest running.
"""

import json
import signal
import subprocess
import sys
from pathlib import Path

from portal import keep

ROOT = Path(__file__).resolve().parent.parent
RUN = ROOT / "deploy" / "local-cluster" / "run.py"
GLANCE_SECONDS = 1
# it takes orders for every environment of its region; people see it beside the rehearsal cluster
JOIN = ("join_cluster", "local", "--region", "local", "--yes", "--replace", "--kubeconfig")


class Stopped(Exception):
    """Somebody told us to stop."""


def main() -> int:
    """Stay until told to stop, since the launcher ends everything when one program ends."""
    folder = Path(sys.argv[1])
    keep.die_with_parent()
    signal.pthread_sigmask(signal.SIG_BLOCK, keep.HEARD)
    with keep.started((sys.executable, str(RUN), "--state", str(folder))) as running:
        try:
            if _comes_up(running, folder):
                _join(folder)
            _stay(running, folder)
        except Stopped:
            keep.end(running)
    return 0


def _comes_up(running: "subprocess.Popen[bytes]", folder: Path) -> bool:
    """Wait until the cluster is ready."""
    while not _is_ready(running, folder / "cluster.json"):
        if running.poll() is not None:
            return False
        if signal.sigtimedwait(keep.STOP, GLANCE_SECONDS):
            raise Stopped
    return True


def _is_ready(running: "subprocess.Popen[bytes]", told: Path) -> bool:
    """Say whether the file is there that tells of this launcher; one that was killed left its."""
    try:
        return bool(json.loads(told.read_text())["launcher_pid"] == running.pid)
    except FileNotFoundError:
        return False


def _join(folder: Path) -> None:
    joined = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, str(ROOT / "manage.py"), *JOIN, str(folder / "admin.kubeconfig")],
        check=False,
        preexec_fn=keep.set_free,
        capture_output=True,
        text=True,
    )
    if joined.returncode == 0:
        keep.say(joined.stdout.splitlines()[-1])
    else:
        keep.say(joined.stdout + joined.stderr)
        keep.say("the local cluster could not be joined; the portal goes on without it")


def _stay(running: "subprocess.Popen[bytes]", folder: Path) -> None:
    if keep.fell(running):
        keep.say(f"the local cluster ended; its logs are in {folder / 'logs'}. The portal goes on")
        signal.sigwait(keep.STOP)
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
