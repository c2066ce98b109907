"""Watching a first delivery: what Flux applied must be our commit, or one after it."""

from datetime import timedelta

from fleet import ground
from fleet.ports import Delivered, Health
from onboarding.engine.steps import Done, Outcome, Task, Tools, Wait
from onboarding.stories import register
from portal.clock import now
from portal.errors import DeliveryFailed

LOOK_AGAIN = timedelta(seconds=5)
LOOK_AGAIN_LATER = timedelta(seconds=30)
IMPATIENT_LOOKS = 24  # two minutes of quick looks, then slower ones
FAILED = (Health.FAILED, Health.BLOCKED)


def look(task: Task, tools: Tools) -> Outcome:
    """Read what Flux says of this placement and say whether it is live."""
    said = ground.delivery_of(task.place)
    if is_live(said, task, tools):
        register.placement_delivered(task, said.applied_revision)
        return Done(f"Live at {said.applied_revision}.")
    if _ask_flux_again(said, task, tools):
        ground.request_reconcile(task.place, now())
    pace = LOOK_AGAIN if task.run.looks < IMPATIENT_LOOKS else LOOK_AGAIN_LATER
    if Health.FAILED in (said.source, said.kustomization) or said.kustomization is Health.BLOCKED:
        problem = DeliveryFailed(f"{said.reason}: {said.message}")
        return Wait("Flux reports an error.", "a push that mends it", pace, problem)
    return Wait(f"Flux is at work: {in_words(said)}.", "Flux on this cluster", pace)


def is_live(said: Delivered, task: Task, tools: Tools) -> bool:
    """Ready, generation current, and our commit is contained in what was applied."""
    if said.kustomization is not Health.READY:
        return False
    contained = tools.githost.contains(
        task.order.repository_name, said.applied_revision, task.order.commit_sha
    )
    return contained is True  # cannot tell is not live


def _ask_flux_again(said: Delivered, task: Task, tools: Tools) -> bool:
    """Ask at the first look, and every sixth one while the source has not our commit.

    Flux backs off by minutes after a failure; asking costs one annotation.
    """
    if task.run.looks == 1:
        return True
    if task.run.looks % 6:
        return False
    has_ours = tools.githost.contains(
        task.order.repository_name, said.source_revision, task.order.commit_sha
    )
    return has_ours is not True


def in_words(said: Delivered) -> str:
    """Say how far Flux is, for people."""
    if said.source is not Health.READY:
        return f"the source is {said.source.value}"
    return f"the delivery is {said.kustomization.value}"
