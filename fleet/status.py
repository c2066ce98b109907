"""What Flux wrote into the status of a source and a Kustomization, in our words. Pure.

The trap: while a Kustomization fails, its `status.observedGeneration` stays behind. Which
generation was looked at is told by the condition's own `observedGeneration`.
"""

from collections.abc import Iterable
from typing import Any

from fleet.ports import Delivered, Health, Manifest
from portal.errors import DETAIL_LIMIT, storable

# Ready=False without a fault: another Kustomization is not there yet, or a newer revision came in
ONLY_WAITING = ("DependencyNotReady", "HealthCheckCanceled", "Progressing")
NO_ARTIFACT = "ArtifactFailed"
AT_FAULT = (Health.FAILED, Health.BLOCKED)

Conditions = dict[str, dict[str, Any]]


def delivered(source: Manifest | None, kustomization: Manifest | None) -> Delivered:
    """Return how a delivery stands. A source's fault comes before the one that follows."""
    healths = (health(source), _after(health(source), kustomization))
    reason, message = _fault(zip((source, kustomization), healths, strict=True))
    return Delivered(
        source=healths[0],
        kustomization=healths[1],
        source_revision=_said(_status(source).get("artifact", {}).get("revision", "")),
        attempted_revision=_said(_status(kustomization).get("lastAttemptedRevision", "")),
        applied_revision=_said(_status(kustomization).get("lastAppliedRevision", "")),
        reason=reason,
        message=message[:DETAIL_LIMIT],
    )


def health(found: Manifest | None) -> Health:
    """Return how one Flux object stands."""
    if found is None:
        return Health.ABSENT
    if "deletionTimestamp" in found["metadata"]:
        return Health.DELETING
    if found.get("spec", {}).get("suspend"):
        return Health.SUSPENDED
    return _by_conditions(_current(found))


def _by_conditions(conditions: Conditions) -> Health:
    if _is(conditions, "Stalled", "True"):
        return Health.BLOCKED
    if _is(conditions, "Ready", "False"):
        waiting = conditions["Ready"].get("reason") in ONLY_WAITING
        return Health.RUNNING if waiting else Health.FAILED
    if _is(conditions, "Ready", "Unknown") or _is(conditions, "Reconciling", "True"):
        return Health.RUNNING
    return Health.READY if _is(conditions, "Ready", "True") else Health.PENDING


def _after(source: Health, kustomization: Manifest | None) -> Health:
    """Return the Kustomization's health; without an artifact it only waits for its source."""
    own = health(kustomization)
    lacks_artifact = _fault([(kustomization, own)])[0] == NO_ARTIFACT
    return Health.RUNNING if lacks_artifact and source is not Health.READY else own


def _current(found: Manifest) -> Conditions:
    """Return the conditions that speak of the object as it is now, by type."""
    generation = found["metadata"].get("generation")
    return {
        condition["type"]: condition
        for condition in _status(found).get("conditions", ())
        if condition.get("observedGeneration") == generation
    }


def _fault(objects: Iterable[tuple[Manifest | None, Health]]) -> tuple[str, str]:
    for found, how in objects:
        if found is not None and how in AT_FAULT:
            conditions = _current(found)
            ready = _is(conditions, "Ready", "False")
            told = conditions["Ready" if ready else "Stalled"]
            return _said(told.get("reason", "")), _said(told.get("message", ""))
    return "", ""


def _said(foreign: object) -> str:
    return storable(str(foreign))


def _is(conditions: Conditions, kind: str, status: str) -> bool:
    return conditions.get(kind, {}).get("status") == status


def _status(found: Manifest | None) -> dict[str, Any]:
    status: dict[str, Any] = (found or {}).get("status") or {}
    return status
