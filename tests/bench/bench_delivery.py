"""How long a push takes until real Flux has applied it and everything is healthy."""

import statistics
from pathlib import Path
from time import perf_counter

import pytest

from fleet.ports import Administration
from tests.bench.figures import Figures
from tests.cluster import test_orders as orders
from tests.cluster.control_plane import ControlPlane
from tests.running import Person, running, until

PUSHES = 5

pytestmark = pytest.mark.django_db


def test_deliver(
    local_cluster: ControlPlane, admin: Administration, tmp_path: Path, figures: Figures
) -> None:
    settings = {"BERTH_PORT": "8620", "BERTH_STARTER_IMAGE": orders.STARTER}
    with running(tmp_path / "portal", **settings) as portal:
        orders.join(portal, local_cluster, "local")
        dana = Person(portal, "dana")
        began = perf_counter()
        orders.ordered_live(portal, dana)
        figures.tell(
            "deliver.order_to_live_s",
            perf_counter() - began,
            "s",
            "an order on real Flux from the first page of the form to live, with the approval of "
            "a second person given at once",
        )
        folder = orders.cloned(dana, tmp_path / "clone")
        seconds = [pushed(folder, number, admin) for number in range(PUSHES)]
    figures.tell(
        "deliver.push_to_live_s",
        statistics.median(seconds),
        "s",
        f"from the end of `git push` until Flux has applied the commit; median of {PUSHES}. "
        "Without being told, Flux would look once a minute",
    )


def pushed(folder: Path, number: int, admin: Administration) -> float:
    """Push a change and return the seconds until it is applied."""
    commit = orders.push(folder, "settings.yaml", orders.config_map(f"settings-{number}"))
    began = perf_counter()
    until(lambda: commit in orders.applied(admin), 120, "the push is applied")
    return perf_counter() - began
