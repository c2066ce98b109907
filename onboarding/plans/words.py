"""A plan in plain words, for people who know no Kubernetes."""

from collections.abc import Mapping, Sequence
from typing import Any

from onboarding.plans import quantities
from tenants.catalogue import Environment, Follow
from tenants.priming import rights
from tenants.priming.shapes import Rendered


def of(desired: Mapping[str, Any], environment: Environment) -> Sequence[str]:
    """Return the plan as sentences: space, rights, reach, repository."""
    places = list(desired["clusters"].values())
    rendered = [Rendered(**entry) for place in places for entry in place["placement"]]
    manifests = [each.manifest for each in rendered]
    return [
        _space(places, manifests),
        # names are the same on every cluster, and so are rights unless packs differ
        *dict.fromkeys(rights.in_words(rendered)),
        _reach(manifests),
        _repository(desired["repository"], environment),
    ]


def _space(places: Sequence[Mapping[str, Any]], manifests: Sequence[Mapping[str, Any]]) -> str:
    quota = next(each for each in manifests if each["kind"] == "ResourceQuota")["spec"]["hard"]
    where = " and ".join(sorted(place["cluster"] for place in places))
    spaces = "A space" if len(places) == 1 else f"{len(places)} spaces"
    each = "" if len(places) == 1 else " each"
    return (
        f"{spaces} on {where} with {quantities.cpu(quota['requests.cpu'])} and "
        f"{quantities.memory(quota['requests.memory'])} of memory guaranteed{each}, at most "
        f"{quantities.cpu(quota['limits.cpu'])} and {quantities.memory(quota['limits.memory'])}."
    )


def _reach(manifests: Sequence[Mapping[str, Any]]) -> str:
    opened = dict.fromkeys(
        each["metadata"]["name"].removeprefix("egress-")
        for each in manifests
        if each["kind"] == "NetworkPolicy" and each["metadata"]["name"].startswith("egress-")
    )
    if not opened:
        return "It can reach itself and the name service, and nothing else."
    return f"It can reach itself, the name service and {', '.join(opened)}; nothing else."


def _repository(repository: Mapping[str, Any], environment: Environment) -> str:
    follow = "tags in" if environment.follow == Follow.TAG else "branch"
    guard = ", which only approvers may move" if environment.reference_protected else ""
    return (
        f"A repository {repository['name']} with {len(repository['files'])} files; "
        f"{environment.name} follows {follow} {environment.reference}{guard}."
    )
