"""Goes into a root file system and becomes a program there. Stand-alone: unshare starts it.

`unshare --mount … python inside.py SPEC`, with SPEC as JSON. Every mount ends with the process.
"""

import json
import os
import socket
import subprocess
import sys
from fcntl import ioctl
from pathlib import Path
from typing import Any

SIOCSIFFLAGS = 0x8914  # netdevice(7)
IFF_UP = 1
NAME = 16  # bytes of an interface's name


def main() -> None:
    spec: dict[str, Any] = json.loads(sys.argv[1])
    root = Path(spec["root"])
    mount("--make-rprivate", "/")
    mount("-t", "overlay", "-o", spec["overlay"], "overlay", str(root))
    mount("-t", "proc", "proc", f"{root}/proc")
    mount("--rbind", "/dev", f"{root}/dev")
    for folder in spec["memory"]:
        mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", f"{root}{folder}")
    for source, target in spec["bound"]:
        mount("--bind", source, f"{root}{target}")
    if spec["alone"]:
        loopback_up()
    os.execvpe("chroot", ["chroot", str(root), *spec["program"]], spec["environment"])  # noqa: S606 - the tests' own


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def loopback_up() -> None:
    """Let the namespace's own loopback carry packets."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        ioctl(any_socket, SIOCSIFFLAGS, b"lo".ljust(NAME, b"\0") + IFF_UP.to_bytes(24, "little"))


if __name__ == "__main__":
    main()
