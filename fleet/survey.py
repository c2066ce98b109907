"""What a joining administrator should know of a cluster: seen through its API, told as findings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from fleet.ports import Administration, Manifest, Ref

PART_OF_FLUX = "app.kubernetes.io/part-of=flux"
AGGREGATIONS = tuple(
    f"rbac.authorization.k8s.io/aggregate-to-{role}=true" for role in ("edit", "admin")
)
FLUX_GROUPS = ".toolkit.fluxcd.io"
READING = {"get", "list", "watch"}
OLDEST = (1, 30)  # the first with validating admission policies in version 1

NEEDED = {  # CRD: the version that we write
    "gitrepositories.source.toolkit.fluxcd.io": "v1",
    "kustomizations.kustomize.toolkit.fluxcd.io": "v1",
}
LOCKDOWN = {  # controller: flags without which one tenant reaches another's
    "kustomize-controller": (
        "--no-cross-namespace-refs",
        "--no-remote-bases",
        "--default-service-account",
    ),
    "helm-controller": ("--no-cross-namespace-refs", "--default-service-account"),
    "notification-controller": ("--no-cross-namespace-refs",),
}
HOME = "berth"
INTRUDER: Manifest = {  # what Pod Security `restricted` has to refuse
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "berth-check", "namespace": HOME},
    "spec": {
        "serviceAccountName": "primer",
        "hostNetwork": True,
        "containers": [
            {"name": "check", "image": "check", "securityContext": {"privileged": True}}
        ],
    },
}


class Finding(TypedDict):
    """One sentence on a cluster: `ok`, `warning`, `error` or `unknown`, and what mends it."""

    level: str
    text: str
    fix: str


@dataclass(frozen=True)
class Seen:
    """What was read; None where the cluster does not know the kind."""

    version: str
    crds: Sequence[Manifest]
    controllers: Sequence[Manifest]
    instances: Sequence[Manifest] | None
    aggregated: Sequence[Manifest]
    policies: Sequence[Manifest] | None
    intruder_refused: str


def look(cluster: Administration) -> Seen:
    """Read everything that findings rest on. Raises what the access raises."""
    roles = "rbac.authorization.k8s.io/v1", "ClusterRole"
    return Seen(
        version=cluster.version(),
        crds=[crd for crd in map(cluster.read, map(_crd, NEEDED)) if crd is not None],
        controllers=cluster.listed("apps/v1", "Deployment", labels=PART_OF_FLUX) or (),
        instances=cluster.listed("fluxcd.controlplane.io/v1", "FluxInstance"),
        aggregated=[
            role
            for aggregation in AGGREGATIONS
            for role in cluster.listed(*roles, labels=aggregation) or ()
        ],
        policies=cluster.listed("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
        intruder_refused=cluster.would_refuse(INTRUDER),
    )


def findings(seen: Seen) -> list[Finding]:
    """Return what there is to say, the worst first."""
    order = ("error", "warning", "unknown", "ok")
    said = [*_kubernetes(seen), *_flux(seen), *_lockdown(seen), *_aggregation(seen)]
    return sorted(said, key=lambda finding: order.index(finding["level"]))


def flux_version(seen: Seen) -> str:
    """Return the version of Flux as its objects are labelled, or ""."""
    for found in (*seen.controllers, *seen.crds):
        version = found["metadata"].get("labels", {}).get("app.kubernetes.io/version")
        if version:
            return str(version)
    return ""


def _crd(name: str) -> Ref:
    return Ref("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", name)


def _kubernetes(seen: Seen) -> Iterator[Finding]:
    number = re.match(r"v(\d+)\.(\d+)", seen.version)
    if number and (int(number[1]), int(number[2])) < OLDEST:
        yield _error(f"Kubernetes {seen.version} is older than 1.30.", "Upgrade the cluster.")
    else:
        yield _ok(f"Kubernetes {seen.version}.")
    if seen.policies is None:
        yield _error(
            "Validating admission policies are not served, so the guards cannot stand.",
            "Switch them on, or upgrade to Kubernetes 1.30 or newer.",
        )
    if "violates PodSecurity" in seen.intruder_refused:
        yield _ok("Pod Security refuses a privileged pod where it should.")
    else:
        yield _error(
            "A privileged pod would be let into a namespace with Pod Security `restricted`.",
            "Switch on the admission plugin PodSecurity of the API server.",
        )


def _flux(seen: Seen) -> Iterator[Finding]:
    served = {crd["metadata"]["name"]: _versions(crd) for crd in seen.crds}
    for name, version in NEEDED.items():
        if name not in served:
            yield _error(f"The cluster does not know {name}.", "Install Flux 2.6 or newer.")
        elif version not in served[name]:
            yield _error(
                f"{name} is not served in version {version}.", "Upgrade Flux to 2.6 or newer."
            )
    if seen.controllers:
        yield _ok(f"Flux {flux_version(seen) or 'of an unknown version'} is installed.")
    for controller in seen.controllers:
        if not controller.get("status", {}).get("availableReplicas"):
            yield _error(f"{_name(controller)} does not run.", "Look at its pods and their events.")


def _versions(crd: Manifest) -> list[str]:
    return [each["name"] for each in crd["spec"]["versions"] if each["served"]]


def _lockdown(seen: Seen) -> Iterator[Finding]:
    for instance in seen.instances or ():
        if not instance["spec"].get("cluster", {}).get("multitenant"):
            yield _warning(
                f"FluxInstance {_name(instance)} is not set to multitenant.",
                "Set spec.cluster.multitenant to true.",
            )
    if not seen.controllers and len(seen.crds) == len(NEEDED):
        yield Finding(
            level="unknown",
            text="The Flux controllers are not visible from here: they run outside the cluster, "
            "or without the label app.kubernetes.io/part-of=flux.",
            fix="Make sure that they run with the flags of the lockdown: "
            + "; ".join(f"{name} {' '.join(flags)}" for name, flags in LOCKDOWN.items()),
        )
    for controller in seen.controllers:
        yield from _flags(controller)


def _flags(controller: Manifest) -> Iterator[Finding]:
    name = _name(controller)
    given = _arguments(controller)
    wanted = LOCKDOWN.get(name, ())
    missing = [flag for flag in wanted if given.get(flag, "false") in {"false", ""}]
    for flag in missing:
        example = "default" if flag == "--default-service-account" else "true"
        yield _error(f"{name} runs without {flag}.", f"Give it the argument {flag}={example}.")
    if wanted and not missing:
        yield _ok(f"{name} is locked down.")


def _arguments(controller: Manifest) -> Mapping[str, str]:
    containers = controller["spec"]["template"]["spec"]["containers"]
    arguments = [each for container in containers for each in container.get("args", ())]
    pairs = (argument.partition("=") for argument in arguments)
    return {flag: value if sign else "true" for flag, sign, value in pairs}


def _aggregation(seen: Seen) -> Iterator[Finding]:
    for name in sorted({_name(role) for role in seen.aggregated if _writes_flux(role)}):
        yield _warning(
            f"ClusterRole {name} adds writing Flux objects, with their status, to the roles edit "
            "or admin.",
            "Take its aggregation labels away, or bind neither edit nor admin to people in "
            "control namespaces.",
        )


def _writes_flux(role: Manifest) -> bool:
    return any(
        any(group.endswith(FLUX_GROUPS) for group in rule.get("apiGroups", ()))
        and not READING.issuperset(rule.get("verbs", ()))
        for rule in role.get("rules") or ()
    )


def _name(found: Manifest) -> str:
    return str(found["metadata"]["name"])


def _ok(text: str) -> Finding:
    return Finding(level="ok", text=text, fix="")


def _warning(text: str, fix: str) -> Finding:
    return Finding(level="warning", text=text, fix=fix)


def _error(text: str, fix: str) -> Finding:
    return Finding(level="error", text=text, fix=fix)
