"""The story of a service that is taken away, from the question to the archive.

It can be taken back until the step *Point of no return*: with the first deletion Flux takes away
volumes too, and no plan brings those back.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from audit.ledger import SYSTEM
from fleet import ground
from onboarding.engine.steps import Done, Outcome, Per, Step, Story, Task, Tools
from onboarding.models import Direction, Order, Plan, Revision
from onboarding.plans import drafting, in_force
from onboarding.plans.basis import Basis
from onboarding.stories import control, guards, register
from portal.clock import now
from portal.errors import DatabaseBusy
from tenants import lookups as record
from tenants.actions import claims, registration
from tenants.lifecycle import Lifecycle
from tenants.models import Service

GUARDED = (DatabaseBusy.code,)  # may come of a guard itself, and then nothing was done

# The plan


def read(order: Order, revision: Revision, tools: Tools) -> Basis:
    """Read what the service has, and what else rests on it. Raises PlanRefused in words."""
    held = in_force.before(order)
    facts = _facts(register.service_at(order), held)
    return Basis(
        inputs=facts,
        choose=dict,
        state=lambda _chosen: _state(drafting.content(held), facts),
        is_current=lambda _chosen: True,
        changed="What there is to take away, or what else rests on it, has changed.",
    )


def foreseen(service: Service, held: Plan) -> Sequence[str]:
    """Return as sentences what an order placed now would take away, by the plan in force."""
    return _sentences(_state(drafting.content(held), _facts(service, held)))


def _facts(service: Service, held: Plan) -> dict[str, Any]:
    return {
        "plan": held.digest,
        "used_by": _users_of_repository(service),
        "shared": _shared(service),
    }


def _users_of_repository(service: Service) -> list[str]:
    """Return the environments in which the application stays, or is on its way to."""
    others = register.others_of(service)
    on_the_way = Order.objects.filter(application=service.application, ended_as="", service=None)
    slugs = {*others.values_list("environment_id", flat=True)}
    return sorted(slugs.union(on_the_way.values_list("environment_id", flat=True)))


def _shared(service: Service) -> dict[str, bool]:
    """Say for each placement whether its tenant has something else on the cluster."""
    return {
        str(each.uuid): record.neighbours_of(each).exists() for each in service.placements.all()
    }


def _state(held: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    service = held["record"]["service"] | {"lifecycle": Lifecycle.RETIRED.value}
    placements = [
        row | {"lifecycle": Lifecycle.RETIRED.value} for row in held["record"]["placements"]
    ]
    name = held["repository"]["name"]
    becomes = "kept" if facts["used_by"] else "archived"
    return {
        "clusters": {
            key: there | {"ground": "stays" if facts["shared"][key] else "goes"}
            for key, there in held["clusters"].items()
        },
        "repository": {"name": name, "becomes": becomes, "used_by": facts["used_by"]},
        "names": [row["namespace"] for row in placements],
        "record": {"service": service, "placements": placements},
    }


def in_short(plan: Plan) -> str:
    """Say how much goes."""
    places = list(drafting.content(plan)["clusters"].values())
    objects = sum(len(place["placement"]) for place in places)
    where = " and ".join(sorted(place["cluster"] for place in places))
    return f"{objects} objects go from {where}"


def in_words(order: Order, desired: Mapping[str, Any]) -> Sequence[str]:
    """Return the plan as sentences: what goes, what stays, and until when it can be taken back."""
    return _sentences(desired)


def _sentences(desired: Mapping[str, Any]) -> Sequence[str]:
    spaces = zip(desired["clusters"].values(), desired["record"]["placements"], strict=True)
    repository = desired["repository"]
    return [
        *(
            f"The space {row['namespace']} goes from {place['cluster']}, with everything that runs "
            f"and is stored in it: {len(place['placement'])} objects of Berth's, and all of yours."
            for place, row in spaces
        ),
        *(
            f"What the tenant shares on {place['cluster']} {_ground(place['ground'])}."
            for place in desired["clusters"].values()
        ),
        f"The repository {repository['name']} {_repository(repository['used_by'])}.",
        "Its names are free again, and its Git credentials no longer count.",
        "The service stays in the record as retired, with its orders and its audit trail.",
        "It can be withdrawn until the first deletion, and not after it.",
    ]


def _ground(becomes: str) -> str:
    if becomes == "goes":
        return "goes too, as nothing else of the tenant is there"
    return "stays, as other services of the tenant use it"


def _repository(used_by: Sequence[str]) -> str:
    if not used_by:
        return "is archived: nobody reaches it any more, and nothing in it is deleted"
    return f"stays, as {' and '.join(used_by)} uses it; with the last service it is archived"


# The steps


def mark_retiring(task: Task, tools: Tools) -> Outcome:
    """Say in the record that the service is on its way out."""
    service = register.service_at(task.order)
    with task.holding():
        registration.set_lifecycle(service, Lifecycle.RETIRING, by=SYSTEM)
    return Done("The record says retiring.")


def bring_back(task: Task, tools: Tools) -> Outcome:
    """Nothing was taken away yet, so the service is simply in use again."""
    rehearsed = register.is_rehearsal(task.order)
    to = Lifecycle.REHEARSED if rehearsed else Lifecycle.OPERATIONAL
    service, reason = register.service_at(task.order), task.order.back_reason
    with task.holding():
        registration.set_lifecycle(
            service, to, expected_from=[Lifecycle.RETIRING], by=SYSTEM, reason=reason
        )
    return Done(f"The record says {to.label.lower()}.")


def pass_the_point(task: Task, tools: Tools) -> Outcome:
    """From here nobody can withdraw; what is begun is finished."""
    with task.holding():
        Order.objects.filter(pk=task.order.pk, settled_at=None).update(settled_at=now())
    return Done("From here there is no way back.")


def take_away(task: Task, tools: Tools) -> Outcome:
    """Take the service's own things from one cluster: delivery first, then rights, then space."""
    register.unprime(task)
    return Done("Nothing of the service is left on the cluster.")


def leave(task: Task, tools: Tools) -> Outcome:
    """Retire the placement, whose Git credential then no longer counts; the last takes the ground.

    The ground goes once nothing else of the tenant stands on it, whichever order that was.
    """
    with task.holding():
        registration.retire_placement(task.place, by=SYSTEM)
    ground.unprime_tenant_if_last(task.place, owner=task.key)
    return Done("The placement is retired, and its credential no longer counts.")


def give_back_names(task: Task, tools: Tools) -> Outcome:
    """Everything is gone everywhere by now, so others may have the names."""
    places = [each.uuid for each in register.placements_of(task.order)]
    with task.holding():
        claims.release_places(task.order.application, places, order_uuid=task.order.uuid)
    return Done("The names are free again.")


def archive(task: Task, tools: Tools) -> Outcome:
    """Put the repository away if this was the application's last service."""
    application = task.order.application
    leaving = record.leaving_repository(application, task.order.uuid)
    if leaving is None:
        return Done("The repository stays: other services use it.")
    fate = tools.githost.archive(leaving.name, str(task.order.uuid), owner=application.uuid)
    register.note_repository(task, "", "", "")
    if fate == "absent":
        return Done("There was no repository any more.")
    return Done(f"The repository {leaving.name} is archived.")


def retire(task: Task, tools: Tools) -> Outcome:
    """The record keeps what was, as retired."""
    service = register.service_at(task.order)
    with task.holding():
        claims.release_repository(task.order.application, order_uuid=task.order.uuid)
        registration.retire_service(service, by=SYSTEM)
    return Done("Recorded as retired.")


def result(order: Order) -> str:
    """Say how the order ended, in two sentences."""
    places = " and ".join(each.cluster.slug for each in register.placements_of(order))
    archived = order.runs.filter(step="archive", succeeded=True).order_by("-id").first()
    gone = f"{order.application.name} is gone from {places}."
    if register.is_rehearsal(order):
        gone = f"{order.application.name} was taken off {places}, where it was rehearsed only."
    return f"{gone} {archived.note if archived else ''}".strip()


def guard(task: Task, tools: Tools) -> None:
    """Ask for everything until the point of no return, and then for approval and the calendar.

    Whoever asked may lose the right meanwhile; half a service is nobody's wish. A freeze stops the
    next cluster before anything goes there. What is begun on a cluster is finished: nothing runs
    there any more that a freeze could protect, only rights and credentials are left.
    """
    if task.order.settled_at is None:
        guards.guard(task, tools)
        return
    guards.change_in_force(task, tools)
    if not _is_begun(task):
        guards.calendar_is_open(task)


def _is_begun(task: Task) -> bool:
    """Say whether taking away has begun: on the step's cluster, or at all for the whole order.

    A run that got no further than its guard has taken nothing away.
    """
    runs = task.order.runs.filter(step="take_away", direction=Direction.ONWARD)
    if task.placement is not None:
        runs = runs.filter(placement=task.placement)
    acted = runs.exclude(pk=task.run.pk).exclude(error_code__in=GUARDED)
    return acted.exclude(error_code__startswith="change.").exists()


STORY = Story(
    guard=guard,
    in_words=in_words,
    undone="The service is in use as before.",
    steps=(
        *control.opening(read, in_short),
        Step(
            "mark_retiring",
            "Retiring",
            mark_retiring,
            undo=bring_back,
            takes_back="The mark that the service is on its way out; it stays in use",
        ),
        Step("pass_the_point", "Point of no return", pass_the_point, guarded=True),
        Step("take_away", "Take away", take_away, per=Per.PLACEMENT, guarded=True),
        Step("leave", "Leave", leave, per=Per.PLACEMENT, guarded=True, reached="Gone from"),
        Step("give_back_names", "Names", give_back_names),
        Step("archive", "Repository", archive, guarded=True),
        Step("retire", "Record", retire),
        *control.closing(result),
    ),
)
