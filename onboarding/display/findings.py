"""What the nightly look finds, in words: what it means and what a person does about it."""

from dataclasses import dataclass

from fleet.models import Stray, StrayKind


@dataclass(frozen=True)
class Meaning:
    """How a kind of finding looks, and how it reads."""

    badge: str
    means: str
    what_to_do: str


MEANINGS: dict[str, Meaning] = {
    StrayKind.NAMESPACE: Meaning(
        "warning",
        "It carries Berth's label, and no order and no service has its name.",
        "Find out whether somebody uses it. If nobody does, delete it on the cluster.",
    ),
    StrayKind.FLUX: Meaning(
        "warning",
        "It carries Berth's label, so Flux goes on delivering by it, and no service has it.",
        "Delete it on the cluster. What a Kustomization has delivered goes with it.",
    ),
    StrayKind.REPOSITORY: Meaning(
        "warning",
        "No application and no order has it, so nobody can clone it.",
        "Look at its last commits, then move it out of the Git host's folder.",
    ),
    StrayKind.MISSING: Meaning(
        "error",
        "The record says that a service runs there, and the namespace is gone or not ours.",
        "Find out who took it away. What ran there is delivered nowhere else by itself.",
    ),
    StrayKind.GUARD: Meaning(
        "error",
        "Whoever holds the portal's account there could do whatever its roles allow.",
        "Join the cluster again, which applies the guards and tries them.",
    ),
}


def meaning_of(stray: Stray) -> Meaning:
    """Return what a finding means."""
    return MEANINGS[stray.kind]
