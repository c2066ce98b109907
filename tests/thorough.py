"""How much is tried: a quick and steady part in `make test`, all of it where BERTH_THOROUGH is set.

The quick part tries the same every time, so that it fails for a change and never by chance; the
thorough one tries something else each time, and prints what reproduces a failure.
"""

import os

from hypothesis import settings

THOROUGH = bool(os.environ.get("BERTH_THOROUGH"))

# a busy machine is no fault of the code: no deadlines
settings.register_profile("quick", deadline=None, derandomize=True, database=None)
settings.register_profile("thorough", deadline=None, max_examples=1_000, print_blob=True)


def load() -> None:
    """Let hypothesis try as much as is wanted; called before any test is read."""
    settings.load_profile("thorough" if THOROUGH else "quick")


def times(quick: int) -> int:
    """Return how many examples a slow property gets: `quick`, or ten times that."""
    return quick * (10 if THOROUGH else 1)
