"""What an installation carries, as numbers and as a table."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from onboarding.figures.capacity import number
from onboarding.management.commands.capacity import size
from onboarding.models import Order
from onboarding.toolbox import tools
from tenants.models import Cluster
from tests.journey import Portal


def told(*options: str) -> str:
    out = io.StringIO()
    call_command("capacity", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def carried(portal: Portal, alice: User) -> dict[str, Any]:
    """What is there after one order that has ended and one that has just begun."""
    portal.go_on(portal.order(alice))
    portal.order(alice, "prod")
    Cluster.objects.update(capacity_cpu=4, capacity_memory=4)
    found: dict[str, Any] = json.loads(told("--json"))
    return found


def test_everything_that_is_there_is_counted(carried: dict[str, Any]) -> None:
    assert (carried["orders_open"], carried["orders"], carried["services"]) == (1, 2, 1)
    assert carried["repositories"] == 1
    assert carried["repository_bytes"] > 1000
    assert carried["database_bytes"] > 100_000
    assert carried["audit_entries"] > 5
    assert carried["queue_rings"] is None


def test_what_is_asked_for_on_a_cluster_is_held_against_what_it_has(
    carried: dict[str, Any],
) -> None:
    """A small service asks for half a core and one GiB."""
    (room,) = carried["rooms"]
    assert (room["cluster"], room["placements"]) == ("eu1-a", 1)
    assert (room["cpu"], room["memory"]) == (0.5, 1)
    assert room["fits"] == 3  # memory is scarcer than cores


def test_how_long_steps_took_is_told_by_step(carried: dict[str, Any]) -> None:
    paces = {each["step"]: each for each in carried["paces"]}
    assert paces["prime"]["runs"] == 1
    assert 0 <= paces["prime"]["p50"] <= paces["prime"]["p95"]


def test_what_is_older_than_a_day_is_no_longer_the_pace(portal: Portal, alice: User) -> None:
    portal.go_on(portal.order(alice))
    portal.clock.shift(2 * 86_400)
    assert json.loads(told("--json"))["paces"] == []
    assert Order.objects.count() == 1


def test_a_person_reads_a_table(carried: dict[str, Any]) -> None:
    text = told()
    for line in ("orders          1 open of 2", "queue           does not answer", "0.5 of 4"):
        assert line in text


def test_a_cluster_whose_capacity_nobody_said_has_no_headroom_made_up(portal: Portal) -> None:
    assert json.loads(told("--json"))["rooms"][0]["fits"] is None
    assert "not known" in told()


def test_a_git_host_that_does_not_answer_is_told_in_words(portal: Portal) -> None:
    folder = portal.folder / "repositories"
    folder.write_text("no folder")
    tools.cache_clear()
    with pytest.raises(CommandError, match="The folder of repositories"):
        told()


@pytest.mark.parametrize(
    ("text", "value"),
    [("500m", 0.5), ("2", 2), ("4Gi", 4 * 1024**3), ("1G", 10**9), ("0.5", 0.5), ("odd", 0)],
)
def test_quantities_are_numbers(text: str, value: float) -> None:
    assert float(number(text)) == value


@pytest.mark.parametrize(
    ("count", "words"), [(512, "512 B"), (1536, "1.5 KiB"), (5 * 1024**4, "5.0 TiB")]
)
def test_bytes_are_told_in_units(count: int, words: str) -> None:
    assert size(count) == words
