"""The story of a service that gets another size, or reaches other destinations, where it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from django.conf import settings

from audit.ledger import SYSTEM
from fleet import ground, resizing
from onboarding.engine.steps import Done, Outcome, Per, Step, Story, Task, Tools
from onboarding.form import answers
from onboarding.form.answers import Spot
from onboarding.models import Order, Plan, Revision
from onboarding.plans import basis, desired, drafting, in_force, quantities, site
from onboarding.plans.basis import Basis
from onboarding.plans.choices import Choices, Chosen, of_spot, packs_of
from onboarding.stories import control, guards, register
from portal.clock import now
from portal.errors import SizeTooSmall
from tenants.actions import registration
from tenants.priming import packs

Objects = Sequence[Mapping[str, Any]]

# The plan


def read(order: Order, revision: Revision, tools: Tools) -> Basis:
    """Read what the service is rendered from now, and what of its last plan is kept.

    The repository and what was chosen for each cluster stay as they are. Raises PlanRefused in
    words.
    """
    held = in_force.before(order)
    fresh = basis.of_answers(order, revision, tools)
    subject = basis.subject_of(order, revision)
    found = site.read(subject)

    def state(chosen: Choices) -> dict[str, Any]:
        return {
            "clusters": desired.clusters(subject, found, chosen, tools.githost),
            "repository": drafting.content(held)["repository"],
            "record": desired.record(subject),
        }

    return replace(
        fresh,
        inputs={**fresh.inputs, "plan": held.digest},
        choose=lambda: _choices(held.choices, subject.allotted.spots),
        state=state,
        is_current=basis.is_same_pack,
    )


def _choices(held: Choices, spots: Sequence[Spot]) -> Choices:
    """Keep what was chosen, but for the version of each pack: rendered is what is there now."""
    chosen = {str(spot.placement): of_spot(held, spot) for spot in spots}
    rest = {key: value for key, value in held.items() if key not in ("pack", "pack_version")}
    return {**rest, "spots": {key: _with_newest_pack(each) for key, each in chosen.items()}}


def _with_newest_pack(chosen: Chosen) -> dict[str, Any]:
    version = packs.load(settings.BERTH_PACKS, chosen.pack).version
    return asdict(replace(chosen, pack_version=version))


def in_short(plan: Plan) -> str:
    """Say what the service will have, and where."""
    content = drafting.content(plan)
    places = [place["cluster"] for place in content["clusters"].values()]
    return f"Size {content['record']['service']['size']} on {' and '.join(sorted(places))}"


def in_words(order: Order, after: Mapping[str, Any]) -> Sequence[str]:
    """Return as sentences what becomes different, and what does not."""
    before = drafting.content(in_force.before(order))
    where = " and ".join(sorted(place["cluster"] for place in after["clusters"].values()))
    changes = [*_limits(before, after), *_reach(before, after)]
    return [
        *(changes or ["The limits stay as they are."]),
        f"This is so on {where}. What runs there goes on running.",
        "Repository, names, rights and addresses stay as they are.",
    ]


def _limits(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = _hard(before), _hard(after)
    for limit in sorted(new):
        if limit in old and quantities.amount(old[limit]) != quantities.amount(new[limit]):
            was, becomes = quantities.of(limit, old[limit]), quantities.of(limit, new[limit])
            yield f"{quantities.name(limit)}: {becomes} instead of {was}."


def _hard(plan: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the limits of a plan's quota; it is the same on every cluster."""
    row, place = plan["record"]["placements"][0], next(iter(plan["clusters"].values()))
    return _quota(place["placement"], row["namespace"])


def _quota(entries: Objects, namespace: str) -> Mapping[str, str]:
    hard = resizing.quota_of(namespace, entries)["spec"]["hard"]
    return {limit: str(quantity) for limit, quantity in hard.items()}


def _reach(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old = set(before["record"]["service"]["destinations"])
    new = set(after["record"]["service"]["destinations"])
    if new - old:
        yield f"It can reach {' and '.join(sorted(new - old))} too."
    if old - new:
        yield f"It can no longer reach {' and '.join(sorted(old - new))}."


# The steps


def look_at_use(task: Task, tools: Tools) -> Outcome:
    """Refuse limits below what is in use on the cluster now."""
    held = drafting.objects_of(in_force.before(task.order), task.place.uuid)["placement"]
    wanted = drafting.objects_of(task.plan, task.place.uuid)["placement"]
    old, new = _quota(held, task.place.namespace), _quota(wanted, task.place.namespace)
    lower = [each for each in new if _is_less(new[each], old.get(each, new[each]))]
    if not lower:
        return Done("Nothing becomes less.")
    used = resizing.used_of(task.place, held)
    over = [each for each in lower if each in used and _is_less(new[each], used[each])]
    if over:
        told = (
            f"{quantities.name(each)}: {quantities.of(each, used[each])} in use, "
            f"{quantities.of(each, new[each])} would be allowed"
            for each in over
        )
        raise SizeTooSmall(f"On {task.place.cluster.slug}: {'; '.join(told)}.")
    return Done("What is in use fits.")


def _is_less(one: str, other: str) -> bool:
    return quantities.amount(one) < quantities.amount(other)


def change_objects(task: Task, tools: Tools) -> Outcome:
    """Bring the plan's objects to one cluster in place of those that are there."""
    objects = drafting.objects_of(task.plan, task.place.uuid)
    held = drafting.objects_of(in_force.before(task.order), task.place.uuid)
    ground.prime_tenant(
        task.place.tenant_cluster,
        objects["tenant"],
        pack=task.place.pack,
        pack_version=packs_of(task.plan.choices)[task.place.pack],
        owner=task.key,
    )
    return Done(_replace(task, objects["placement"], held["placement"]))


def put_back(task: Task, tools: Tools) -> Outcome:
    """Bring back the objects of the plan that was in force. The shared ground keeps its pack."""
    objects = drafting.objects_of(task.plan, task.place.uuid)
    held = drafting.objects_of(in_force.before(task.order), task.place.uuid)
    return Done(_replace(task, held["placement"], objects["placement"]))


def _replace(task: Task, wanted: Objects, instead_of: Objects) -> str:
    resolve = register.resolver(task.place)
    return resizing.replace_objects(task.place, wanted, instead_of=instead_of, resolve=resolve)


def write_down(task: Task, tools: Tools) -> Outcome:
    """Write the new size into the record. From here only another order changes it."""
    wanted = answers.read(task.revision.answers)
    service = register.service_at(task.order)
    with task.holding():
        Order.objects.filter(pk=task.order.pk, settled_at=None).update(settled_at=now())
        registration.resize_service(
            service, size=wanted.size, destinations=wanted.destinations, by=SYSTEM
        )
    return Done("The record says so.")


def result(order: Order) -> str:
    """Say how the order ended, in one sentence."""
    service = register.service_at(order)
    places = " and ".join(each.cluster.slug for each in register.placements_of(order))
    said = f"{order.application.name} has size {service.size.name} on {places}"
    if register.is_rehearsal(order):
        return f"{said}, where it is rehearsed only: nothing left this portal."
    return f"{said}."


STORY = Story(
    guard=guards.guard,
    in_words=in_words,
    undone="The service is as it was before.",
    is_replacing=True,
    steps=(
        *control.opening(read, in_short),
        Step("look_at_use", "Room", look_at_use, per=Per.PLACEMENT),
        Step(
            "change_objects",
            "Resize",
            change_objects,
            undo=put_back,
            per=Per.PLACEMENT,
            guarded=True,
            takes_back="The new limits on the clusters; those from before count again",
            reached="Resized on",
        ),
        Step("write_down", "Record", write_down),
        *control.closing(result),
    ),
)
