"""The nightly look over the Git host, and the command that does all of it by hand."""

import io
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from django.core.management import call_command

from accounts.models import User
from fleet import beats, toolbox
from fleet.models import Beat, Stray
from fleet.ports import MANAGED
from onboarding import actions
from onboarding.engine.steps import Act, Outcome, Step, Task, Tools
from onboarding.running import nightly
from portal.clock import now
from portal.errors import GitHostUnreachable
from tenants.models import Cluster
from tests.journey import Portal, again

SOMEBODY = UUID("6f1c1f8e-0000-4000-8000-000000000001")


def look(portal: Portal) -> list[str]:
    return nightly.look_over_repositories(portal.tools.githost, now())


def found() -> list[str]:
    return sorted(
        Stray.objects.filter(settled_at__isnull=False, gone_at=None).values_list("name", flat=True)
    )


def test_a_repository_that_nobody_owns_counts_once_it_was_seen_twice(portal: Portal) -> None:
    portal.tools.githost.ensure("retail/left", owner=SOMEBODY)
    assert look(portal) == ["embedded"]
    assert found() == []
    portal.clock.shift(beats.AGAIN)
    look(portal)
    assert found() == ["retail/left"]


def looked_at_first(act: Act | None) -> Act | None:
    """Return the act of a step with the nightly look just before and just after it."""
    if act is None:
        return None

    def between_looks(task: Task, tools: Tools) -> Outcome:
        nightly_look()
        outcome = act(task, tools)
        nightly_look()
        return outcome

    return between_looks


def with_looks(step: Step) -> Step:
    return replace(step, do=looked_at_first(step.do) or step.do, undo=looked_at_first(step.undo))


def test_nothing_of_an_order_is_strange_at_any_point_of_its_way(
    portal: Portal, alice: User
) -> None:
    portal.replace_steps(with_looks)
    assert portal.go_on(portal.order(alice)).ended_as == "rehearsed"
    assert not Stray.objects.exists()


def test_nothing_of_an_order_is_strange_on_its_way_back(portal: Portal, alice: User) -> None:
    portal.replace_steps(with_looks)
    order = portal.order(alice)
    portal.before(
        "await_delivery", lambda: actions.withdraw(again(order), by=alice, reason="Not now")
    )
    assert portal.go_on(order).ended_as == "withdrawn"
    assert not Stray.objects.exists()


def nightly_look() -> None:
    """Go over everything now, whatever is due."""
    beats.make_all_due()
    nightly.look_around()


def test_the_host_is_looked_at_once_a_day(portal: Portal) -> None:
    assert look(portal) == ["embedded"]
    portal.clock.shift(timedelta(hours=23))
    assert look(portal) == []
    portal.clock.shift(timedelta(hours=1))
    assert look(portal) == ["embedded"]


def test_a_host_that_does_not_answer_says_why_and_is_asked_again_soon(portal: Portal) -> None:
    class Away:
        name = "embedded"

        def names(self) -> list[str]:
            raise GitHostUnreachable("no route to it")

    assert nightly.look_over_repositories(Away(), now()) == []  # type: ignore[arg-type] # names is all that is asked
    beat = Beat.objects.get()
    assert (beat.last_error, beat.due_at) == ("no route to it", now() + beats.RETRY)


def test_the_command_tells_what_it_found_though_it_was_not_due(portal: Portal) -> None:
    nightly_look()
    portal.tools.githost.ensure("retail/left", owner=uuid4())
    space = {"name": "retail-left-dev", "labels": MANAGED}
    toolbox.access(Cluster.objects.get()).apply(
        [[{"apiVersion": "v1", "kind": "Namespace", "metadata": space}]], manager="berth"
    )
    out = io.StringIO()
    call_command("look_for_strays", stdout=out)
    assert "Answered: embedded, eu1-a." in out.getvalue()
    assert "Namespace nobody owns on eu1-a: retail-left-dev, new" in out.getvalue()
    assert "Repository nobody owns on embedded: retail/left, new" in out.getvalue()
