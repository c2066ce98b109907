"""The objects of a plan on one cluster: applied wave by wave, and removed if they are ours."""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from fleet.budget import Budget
from fleet.ports import ClusterAccess, Manifest, Ref, Report
from portal.errors import (
    BerthError,
    Conflict,
    NamespaceForeign,
    StillGoing,
    Temporary,
)
from tenants.priming import labels
from tenants.priming.invariants import REFERENCE

Entry = Mapping[str, Any]  # {"wave": int, "manifest": {…}} of a plan
Resolve = Callable[[str], str]

# Labels by which a namespace is known to be exactly the one that a plan makes
IDENTITY = (labels.MANAGED_BY, labels.SCOPE, labels.TENANT_CLUSTER, labels.PLACEMENT)


def manifests(entries: Iterable[Entry]) -> list[Manifest]:
    """Return the objects in the order of their waves."""
    return [entry["manifest"] for entry in sorted(entries, key=itemgetter("wave"))]


def apply(
    access: ClusterAccess, entries: Iterable[Entry], *, manager: str, budget: Budget
) -> Report:
    """Apply entries under a field manager. Raises the gravest error if an object failed."""
    by_wave = groupby(sorted(entries, key=itemgetter("wave")), key=itemgetter("wave"))
    waves = [[entry["manifest"] for entry in group] for _, group in by_wave]
    report = access.apply(waves, manager=manager, within=budget.left())
    if report.failed:
        raise gravest(report)
    return report


def gravest(report: Report) -> BerthError:
    """Return one error for a report: what needs a person comes before what time mends.

    Its detail tells of every object that failed.
    """
    errors = sorted((failed.error for failed in report.failed), key=_gravity)
    return type(errors[0])("; ".join(error.detail for error in errors))


def _gravity(error: BerthError) -> int:
    if isinstance(error, Temporary):
        return 2
    return 1 if isinstance(error, Conflict) else 0


def refuse_foreign(access: ClusterAccess, made: Sequence[Manifest], budget: Budget) -> None:
    """Raise NamespaceForeign if a namespace that a plan makes is there and somebody else's.

    Raises StillGoing while one of ours is on its way out.
    """
    for manifest in made:
        if manifest["kind"] != "Namespace":
            continue
        there = access.read(Ref.of(manifest), within=budget.call())
        if there is None:
            continue
        if _identity(there) != _identity(manifest):
            raise NamespaceForeign(f"The namespace {manifest['metadata']['name']} exists already.")
        if "deletionTimestamp" in there["metadata"]:
            raise StillGoing(f"The namespace {manifest['metadata']['name']} is being removed.")


def _identity(namespace: Manifest) -> list[str | None]:
    found = namespace["metadata"].get("labels", {})
    return [found.get(key) for key in IDENTITY]


def remove(
    access: ClusterAccess, refs: Iterable[Ref], *, ours: Mapping[str, str], budget: Budget
) -> None:
    """Remove those of the objects that carry the labels. Raises StillGoing while one is there."""
    going = [ref for ref in refs if not _is_gone(access, ref, ours, budget)]
    if going:
        raise StillGoing(f"Still being removed: {', '.join(map(str, going))}.")


def _is_gone(access: ClusterAccess, ref: Ref, ours: Mapping[str, str], budget: Budget) -> bool:
    budget.left()
    try:
        return access.remove(ref, only_labelled=ours)
    except NamespaceForeign:
        return True  # somebody else's: ours is not there


def with_secrets(entry: Entry, resolve: Resolve) -> Entry:
    """Return the entry with the secrets that its Secret refers to; other kinds as they are.

    Values become `data`, because server-side apply keeps no owner for `stringData`.
    """
    manifest = entry["manifest"]
    if manifest["kind"] != "Secret":
        return entry
    known = {key: _resolved(value, resolve) for key, value in manifest["stringData"].items()}
    rest = {key: value for key, value in manifest.items() if key != "stringData"}
    return {**entry, "manifest": {**rest, "data": known}}


def _resolved(value: str, resolve: Resolve) -> str:
    refers = value.startswith(REFERENCE)
    plain = resolve(value.removeprefix(REFERENCE)) if refers else value
    return base64.b64encode(plain.encode()).decode()
