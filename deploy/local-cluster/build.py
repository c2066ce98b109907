#!/usr/bin/env python3
"""Build the programs of the local control plane that are not in the cache yet."""

import argparse
import fcntl
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localcluster import cache, exits, golang, versions
from localcluster.says import complain, say
from localcluster.versions import Group

MEGABYTE = 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="build nothing; exit 0 if all is built, else 1"
    )
    parser.add_argument("--where", metavar="PROGRAM", help="print where a built program lies")
    groups = versions.groups()
    asked = parser.parse_args()
    if asked.check:
        return exits.FINE if all(map(cache.is_complete, groups)) else exits.FAILED
    if asked.where:
        say(str(cache.programs(groups)[asked.where]))
        return exits.FINE
    return _build(groups)


def _build(groups: list[Group]) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        return _build_all(groups)
    except golang.GoMissing as missing:
        complain(f"{missing} Then run {sys.argv[0]} again.")
        return exits.GO_MISSING
    except subprocess.CalledProcessError as failure:
        complain(f"`{' '.join(failure.cmd)}` failed; Go says above why.")
        return exits.FAILED
    except KeyboardInterrupt:
        complain("Interrupted. What is built stays; run it again to go on.")
        return exits.INTERRUPTED


def _build_all(groups: list[Group]) -> int:
    if not all(map(cache.is_complete, groups)):
        golang.require(versions.oldest_go(), groups[0].folder)
        say("Building with Go. From nothing this takes some 15 minutes on two cores.")
    with _alone(cache.root()):
        for group in groups:
            cache.folder(group).mkdir(parents=True, exist_ok=True)
            for name in group.programs:
                _offer(group, name)
            _copy_yaml(group)
    say(f"All is in {cache.root()}")
    return exits.FINE


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Let a second build wait for the first instead of doing the same work beside it."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another build is under way; waiting for it to end.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _offer(group: Group, name: str) -> None:
    program = cache.program(group, name)
    how = "cached" if program.is_file() else f"built in {_build_one(group, name):.0f} s"
    size = program.stat().st_size / MEGABYTE
    say(f"{name:<24} {group.version:<8} {how:<15} {size:4.0f} MB")


def _build_one(group: Group, name: str) -> float:
    """Build one program and return the seconds it took. Only a whole one gets its real name.

    What an interrupted build leaves under the other name is overwritten by the next.
    """
    began = time.monotonic()
    unfinished = cache.folder(group) / f".{name}"
    golang.build(group.programs[name], module=group.folder, ldflags=group.ldflags, into=unfinished)
    unfinished.replace(cache.program(group, name))
    return time.monotonic() - began


def _copy_yaml(group: Group) -> None:
    """Keep the CRDs and stages beside the programs, so that starting needs no Go."""
    target = cache.yaml_folder(group)
    if not group.yaml or target.is_dir():
        return
    source = golang.source_folder(group.modules[0], module=group.folder)
    unfinished = cache.folder(group) / ".yaml"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    for pattern in group.yaml:
        for file in source.glob(pattern):
            # copyfile, as Go's module cache is read-only and its modes would come along.
            shutil.copyfile(file, unfinished / file.name)
    unfinished.rename(target)


if __name__ == "__main__":
    sys.exit(main())
