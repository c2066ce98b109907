#!/usr/bin/env python3
"""Run a Kubernetes control plane with Flux in the foreground until Ctrl-C. Build it first."""

import argparse
import signal
import sys
from pathlib import Path

from localcluster import api, cache, exits, startup, versions
from localcluster.processes import NotReady, Processes, ProgramDied
from localcluster.says import complain, say
from localcluster.state import State, StateInUse


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--state", type=Path, required=True, metavar="DIR", help="where the cluster keeps its files"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="forget the objects, tokens and ports kept there"
    )
    chosen = parser.parse_args()
    if not all(map(cache.is_complete, versions.groups())):
        complain(f"Not all programs are built. Run {Path(__file__).with_name('build.py')} first.")
        return exits.NOT_BUILT
    state = State(chosen.state.absolute())
    try:
        with state.alone():
            status = _run(state, fresh=chosen.fresh)
    except StateInUse:
        complain(f"Another local cluster runs in {state.root}. Stop it or take another --state.")
        return exits.STATE_IN_USE
    return status


def _run(state: State, *, fresh: bool) -> int:
    if fresh:
        state.wipe()
    state.prepare()
    processes = Processes(state, cache.programs(versions.groups()), api.is_ready)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        startup.bring_up(state, processes)
        processes.watch()
    except (ProgramDied, NotReady) as failure:
        complain(str(failure))
        return exits.FAILED
    except OSError as failure:
        complain(f"{failure}; see {state.logs}")
        return exits.FAILED
    except KeyboardInterrupt:
        return exits.FINE
    finally:
        _stop(state, processes)


def _stop(state: State, processes: Processes) -> None:
    # A second Ctrl-C must not break off the orderly end, which is short and bounded.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    state.cluster.unlink(missing_ok=True)
    processes.stop()
    say("All stopped")


if __name__ == "__main__":
    sys.exit(main())
