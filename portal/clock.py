"""The time, in one place, so that tests can move it."""

from datetime import datetime, timedelta

from django.utils import timezone

# What a clock that ran ahead wrote down may lie so far in the future that nobody lives to see it.
# A lease that ends this much later than any right clock could say is no lease.
ASTRAY = timedelta(hours=1)


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return timezone.now()
