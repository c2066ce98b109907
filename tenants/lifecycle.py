"""Lifecycles of the record's rows, with their CSDM stage and status for other systems."""

from django.db import models


class Lifecycle(models.TextChoices):
    """Where a service or placement stands.

    Stage and status pairs follow CSDM's life-cycle table for logical configuration items.
    """

    DESIGNED = "designed", "Designed"
    REHEARSED = "rehearsed", "Rehearsed"
    OPERATIONAL = "operational", "Operational"
    RETIRING = "retiring", "Retiring"
    RETIRED = "retired", "Retired"


LIVE = (Lifecycle.DESIGNED, Lifecycle.REHEARSED, Lifecycle.OPERATIONAL, Lifecycle.RETIRING)

CSDM = {
    Lifecycle.DESIGNED: ("Design", "Build"),
    Lifecycle.REHEARSED: ("Deploy", "Test"),
    Lifecycle.OPERATIONAL: ("Operational", "In Use"),
    Lifecycle.RETIRING: ("Operational", "Pending Retirement"),
    Lifecycle.RETIRED: ("End of Life", "Retired"),
}

# What may come after what. A way back is a new service: nothing rises from retired.
FOLLOWS: dict[Lifecycle, frozenset[Lifecycle]] = {
    Lifecycle.DESIGNED: frozenset(
        {Lifecycle.REHEARSED, Lifecycle.OPERATIONAL, Lifecycle.RETIRING, Lifecycle.RETIRED}
    ),
    Lifecycle.REHEARSED: frozenset({Lifecycle.RETIRING, Lifecycle.RETIRED}),
    Lifecycle.OPERATIONAL: frozenset({Lifecycle.RETIRING}),
    # back only where an order to take it away was itself taken back
    Lifecycle.RETIRING: frozenset({Lifecycle.REHEARSED, Lifecycle.OPERATIONAL, Lifecycle.RETIRED}),
    Lifecycle.RETIRED: frozenset(),
}
