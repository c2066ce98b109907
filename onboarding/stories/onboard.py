"""The story of a new berth, from the entitlement check to the first delivery, and back."""

from datetime import timedelta

from fleet import ground
from onboarding.changes import wishes
from onboarding.engine.steps import Done, Outcome, Per, Reopen, Step, Story, Task, Tools, Wait
from onboarding.entitlement import checks
from onboarding.models import Progress
from onboarding.plans import drafting
from onboarding.ports import Verdict
from onboarding.stories import deliveries, guards, register
from portal.clock import now
from tenants.actions import claims

POLL = timedelta(minutes=5)  # an approval rings the bell; this is for a bell that was lost


def claim_names(task: Task, tools: Tools) -> Outcome:
    """The names were claimed in the transaction of submit; this step is where undo ends."""
    return Done("Names are reserved.")


def give_back_names(task: Task, tools: Tools) -> Outcome:
    """Everything else is undone by now, everywhere."""
    with task.holding():
        claims.release_claims(task.order.uuid)
    return Done("Names are free again.")


def check_entitlement(task: Task, tools: Tools) -> Outcome:
    """Ask whether the requester may have this at all."""
    answer = checks.require(tools.sources, task.order, point="check")
    return Done(answer.reason)


def draft_plan(task: Task, tools: Tools) -> Outcome:
    """Render everything once and store it; from here on the digest names it."""
    plan = drafting.draft(task.order, task.revision, tools)
    return Done(f"{drafting.in_short(plan)}.")


def open_change(task: Task, tools: Tools) -> Outcome:
    """Open the change for this digest, and cancel what earlier revisions left open."""
    number = tools.changes.open(wishes.wish_of(task))
    for other in tools.changes.unclosed(task.order.uuid):
        if other != number:
            tools.changes.cancel(other, note=task.revision.why)
    return Done(f"Change {number} is open.", columns={"change_number": number})


def abandon_change(task: Task, tools: Tools) -> Outcome:
    """Leave no change open behind an order that went back."""
    reason = task.order.back_reason
    for number in tools.changes.unclosed(task.order.uuid):
        if task.order.change_started_at:
            tools.changes.close(number, successful=False, note=reason)
        else:
            tools.changes.cancel(number, note=reason)
    return Done("No change is open.")


def await_approval(task: Task, tools: Tools) -> Outcome:
    """Wait for people, or for the window; a change approved by policy passes at once."""
    state = tools.changes.state(task.order.change_number)
    if state.verdict is Verdict.PENDING:
        return Wait("Waiting for approval.", waits_for=wishes.approvers(task.order), recheck=POLL)
    guards.require_approval(state, task.plan.digest)
    if not guards.window_is_open(state):
        return Wait("Approved; the window is not open.", waits_for="the window", recheck=POLL)
    return Done(wishes.approved_by(task.order))


def start_change(task: Task, tools: Tools) -> Outcome:
    """Look a last time, before anything is made, whether the plan is what was approved."""
    reason = drafting.outdated(task.plan, task.order, task.revision, tools)
    if reason:
        return Reopen(reason)  # the next revision cancels this one's change when it opens its own
    guards.guard(task, tools)
    tools.changes.start(task.order.change_number)
    return Done("The change has started.", columns={"change_started_at": now()})


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
    version = task.plan.choices["pack_version"]
    ground.prime_tenant(
        task.place.tenant_cluster, objects["tenant"], pack_version=version, owner=task.key
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


def close_change(task: Task, tools: Tools) -> Outcome:
    """Close the change with its result."""
    note = register.result_in_words(task.order)
    tools.changes.close(task.order.change_number, successful=True, note=note)
    return Done(f"Change {task.order.change_number} is closed.")


def tell_requester(task: Task, tools: Tools) -> Outcome:
    """The order ends; the requester's pages say so."""
    ending = Progress.REHEARSED if register.is_rehearsal(task.order) else Progress.DONE
    return Done(
        register.result_in_words(task.order),
        columns={"ended_as": ending, "ended_at": now(), "next_try_at": None},
    )


STORY = Story(
    guard=guards.guard,
    steps=(
        Step("claim_names", "Names", claim_names, undo=give_back_names, from_submit=True),
        Step("check_entitlement", "Entitlement", check_entitlement),
        Step("draft_plan", "Plan", draft_plan),
        Step("open_change", "Change", open_change, undo=abandon_change),
        Step("await_approval", "Approval", await_approval),
        Step("start_change", "Start", start_change),
        Step("register", "Record", register_service, undo=unregister_service),
        Step("push_scaffold", "Repository", push_scaffold, undo=withdraw_scaffold, guarded=True),
        Step("prime", "Prime", prime, undo=unprime, per=Per.PLACEMENT, guarded=True),
        Step("await_delivery", "First delivery", await_delivery, per=Per.PLACEMENT),
        Step("operational", "Operational", make_operational),
        Step("close_change", "Close", close_change),
        Step("tell_requester", "Result", tell_requester),
    ),
)
