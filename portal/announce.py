"""What `make run` tells the person at the terminal once the portal answers."""

import sys
import time
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from threading import Event

PATIENCE_SECONDS = 120
GLANCE_SECONDS = 0.2


def once_up(port: int, sentences: Sequence[str]) -> None:
    """Wait until the portal answers on loopback, then print the sentences in a box."""
    last = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < last:
        if _answers(port):
            sys.stdout.write(box(sentences))
            sys.stdout.flush()
            return
        Event().wait(GLANCE_SECONDS)


def _answers(port: int) -> bool:
    line = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/livez")
        return line.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        line.close()


def box(sentences: Sequence[str]) -> str:
    """Draw a frame around the sentences, one a line."""
    width = max(map(len, sentences))
    rows = [f"│ {sentence:<{width}} │" for sentence in sentences]
    return "\n".join([f"┌{'─' * (width + 2)}┐", *rows, f"└{'─' * (width + 2)}┘", ""])
