"""The story of a new berth, from the entitlement check to the first delivery, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

from fleet import ground
from onboarding.engine.steps import Done, Outcome, Per, Step, Story, Task, Tools
from onboarding.models import Order, Revision
from onboarding.plans import basis, drafting, places, words
from onboarding.plans.basis import Basis
from onboarding.plans.choices import packs_of
from onboarding.stories import control, deliveries, guards, register
from tenants.actions import claims


def read(order: Order, revision: Revision, tools: Tools) -> Basis:
    """Read what the berth is rendered from. Raises PlanRefused and PlaceRefused in words."""
    places.refuse_ineligible(order, revision)
    return basis.of_answers(order, revision, tools)


def still_allowed(task: Task) -> None:
    """Stop an order that waits for people while the matrix refuses one of its clusters."""
    places.refuse_ineligible(task.order, task.revision)


def guard(task: Task, tools: Tools) -> None:
    """Require what every order needs before an effect, and that its data may still be there."""
    guards.guard(task, tools)
    still_allowed(task)


def claim_names(task: Task, tools: Tools) -> Outcome:
    """The names were claimed in the transaction of submit; this step is where undo ends."""
    return Done("Names are reserved.")


def give_back_names(task: Task, tools: Tools) -> Outcome:
    """Everything else is undone by now, everywhere."""
    with task.holding():
        claims.release_claims(task.order.uuid)
    return Done("Names are free again.")


def register_service(task: Task, tools: Tools) -> Outcome:
    """Write the service and its placements into the record, as designed."""
    service = register.register(task)
    return Done("Recorded as designed.", columns={"service": service})


def unregister_service(task: Task, tools: Tools) -> Outcome:
    """The record keeps what was, as retired."""
    register.retire(task)
    return Done("Recorded as retired.")


def push_scaffold(task: Task, tools: Tools) -> Outcome:
    """Make the repository, or add this environment's overlay to the one that is there."""
    name, commit = drafting.commit_of(task.plan)
    url = tools.githost.ensure(name, owner=task.order.application.uuid)
    tools.githost.protect(name, drafting.content(task.plan)["repository"]["protected"])
    sha = tools.githost.push(name, commit)
    register.note_repository(task, tools.githost.name, name, url)
    return Done(
        f"Commit {sha[:10]} is in {name}.", columns={"commit_sha": sha, "repository_name": name}
    )


def withdraw_scaffold(task: Task, tools: Tools) -> Outcome:
    """Delete the repository only while it is exactly what was pushed here; else archive it."""
    result = register.undo_push(task, tools)
    return Done(f"The repository was {result}." if result != "absent" else "No repository.")


def prime(task: Task, tools: Tools) -> Outcome:
    """Bring the plan's objects to one cluster: the tenant's shared ground, then the placement."""
    objects = drafting.objects_of(task.plan, task.place.uuid)
    version = packs_of(task.plan.choices)[task.place.pack]
    ground.prime_tenant(
        task.place.tenant_cluster,
        objects["tenant"],
        pack=task.place.pack,
        pack_version=version,
        owner=task.key,
    )
    return Done(
        ground.prime_placement(
            task.place, objects["placement"], resolve=register.resolver(task.place)
        )
    )


def unprime(task: Task, tools: Tools) -> Outcome:
    """Take away from one cluster what carries this placement's UUID; others stay untouched."""
    register.unprime(task)
    return Done("Nothing of this order is left on the cluster.")


def await_delivery(task: Task, tools: Tools) -> Outcome:
    """Wait until Flux has applied our commit, or one after it, and everything is healthy."""
    if task.place.cluster.is_rehearsal:
        register.placement_delivered(task, "")
        return Done("Rehearsed: the objects are kept here, nothing was sent to a cluster.")
    return deliveries.look(task, tools)


def make_operational(task: Task, tools: Tools) -> Outcome:
    """From here only offboarding leads back."""
    return Done(register.make_operational(task))


def in_words(order: Order, desired: Mapping[str, Any]) -> Sequence[str]:
    """Return the plan as sentences: space, rights, reach, repository."""
    return words.of(desired, order.environment)


STORY = Story(
    guard=guard,
    in_words=in_words,
    is_amendable=True,
    steps=(
        Step(
            "claim_names",
            "Names",
            claim_names,
            undo=give_back_names,
            from_submit=True,
            takes_back="The names it reserved",
        ),
        *control.opening(read, drafting.in_short, still_allowed),
        Step(
            "register",
            "Record",
            register_service,
            undo=unregister_service,
            takes_back="The service in the record, which stays as retired",
        ),
        Step(
            "push_scaffold",
            "Repository",
            push_scaffold,
            undo=withdraw_scaffold,
            guarded=True,
            takes_back="The repository, if nobody has pushed to it; otherwise it is archived",
        ),
        Step(
            "prime",
            "Prime",
            prime,
            undo=unprime,
            per=Per.PLACEMENT,
            guarded=True,
            takes_back="What was made on the clusters, and everything that runs there",
        ),
        Step(
            "await_delivery",
            "First delivery",
            await_delivery,
            per=Per.PLACEMENT,
            reached="Live on",
        ),
        Step("operational", "Operational", make_operational),
        *control.closing(register.result_in_words),
    ),
)
