"""Keeps one program running: starts it again when it falls, stops it within seconds when told.

`python -m portal.keep [--last] NAME PROGRAM [ARGUMENT ...]`. Linux ends the program with its
keeper, and the keeper with whoever started it, so nothing is left behind whoever is killed.
"""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1  # prctl(2)
STOP_SECONDS = 4.0  # the launcher kills a keeper that takes five
LAST_SECONDS = 2.0  # so much later is a program stopped that others still talk to
STANDS_SECONDS = 5.0  # a program that ran so long was well
FALLS = 3  # in a row, each within STANDS_SECONDS, and the keeper gives up
STOP = (signal.SIGTERM, signal.SIGINT)
HEARD = (*STOP, signal.SIGCHLD)  # blocked, and taken one by one: no handler, no race

_libc = ctypes.CDLL(None)


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """Let the kernel send this process the signal when its parent ends (Linux only)."""
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, number)


def keep(name: str, program: Sequence[str], *, linger: float = 0.0) -> int:
    """Run the program until a signal says stop; return 0 then, or its status if it cannot stand.

    `linger` is how many seconds it stays after the signal.
    """
    falls = 0
    while True:
        began = time.monotonic()
        with started(program) as running:
            if not fell(running):
                signal.sigtimedwait((signal.SIGCHLD,), linger)
                end(running)
                return 0
        falls = falls + 1 if time.monotonic() - began < STANDS_SECONDS else 1
        if falls == FALLS:
            say(f"{name} ended with status {running.returncode} {FALLS} times at once; giving up")
            return abs(running.returncode) or 1
        say(f"{name} ended with status {running.returncode}; starting it again")
        if signal.sigtimedwait(STOP, falls):
            return 0


def started(program: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start a program that ends with us. The caller has blocked HEARD."""
    return subprocess.Popen(  # noqa: S603 - the launcher's own programs, no shell
        program,
        # out of reach of the terminal's Ctrl-C and the launcher's kill: it is told once, by us
        start_new_session=True,
        preexec_fn=set_free,  # noqa: PLW1509 - no threads here
    )


def set_free() -> None:
    """Prepare a child: it ends with us and hears signals again."""
    die_with_parent(signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)


def fell(running: "subprocess.Popen[bytes]") -> bool:
    """Wait until the program has ended (True) or somebody says stop (False)."""
    while signal.sigwait(HEARD) == signal.SIGCHLD:
        if running.poll() is not None:
            return True
    return False


def end(running: "subprocess.Popen[bytes]") -> None:
    """Stop the program, by force if it takes longer than STOP_SECONDS."""
    running.terminate()
    try:
        running.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        running.kill()


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def main() -> int:
    die_with_parent()
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    arguments = sys.argv[1:]
    if arguments[0] == "--last":
        return keep(arguments[1], arguments[2:], linger=LAST_SECONDS)
    return keep(arguments[0], arguments[1:])


if __name__ == "__main__":
    sys.exit(main())
