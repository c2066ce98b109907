"""The order in which a local cluster comes up, read from top to bottom."""

import os
import time
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError

from localcluster import cache, commands, credentials, objects, ports, versions
from localcluster.api import Api
from localcluster.processes import Processes
from localcluster.says import say
from localcluster.state import State, write_json, write_private

_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_NODE = f"/api/v1/nodes/{objects.NODE}"
_PROBE = f"/api/v1/namespaces/{objects.PROBE}"
_QUOTA = f"{_PROBE}/resourcequotas/{objects.PROBE}"


@dataclass(frozen=True)
class Plan:
    """What stays the same while the cluster comes up."""

    state: State
    ports: dict[str, int]
    crds: list[Path]
    stages: Path


def bring_up(state: State, processes: Processes) -> None:
    """Start everything and write `cluster.json` once all of it is ready."""
    began = time.monotonic()
    plan = _plan(state)
    processes.start(commands.etcd(state, plan.ports))
    processes.start(commands.api_server(state, plan.ports))
    api = _as_admin(plan)
    # Before the controller-manager, which then knows their kinds from its first look.
    _apply_crds(plan, api, processes)
    _furnish(plan, api)
    processes.start(
        commands.controller_manager(state, plan.ports), commands.scheduler(state, plan.ports)
    )
    processes.start(
        commands.notification_controller(state, plan.ports),
        commands.source_controller(state, plan.ports),
        commands.kustomize_controller(state, plan.ports),
        commands.kwok(state, plan.ports, plan.stages),
    )
    _await_node(api, processes)
    _await_quotas(plan, api, processes)
    _report(plan, processes, time.monotonic() - began)


def _plan(state: State) -> Plan:
    chosen = ports.choose(state.ports, ports.is_free)
    write_json(state.ports, chosen)
    folders = {group.name: cache.yaml_folder(group) for group in versions.groups()}
    crds = [crd for name in commands.FLUX for crd in sorted(folders[name].glob("*.yaml"))]
    return Plan(state, chosen, crds, folders["kwok"])


def _as_admin(plan: Plan) -> Api:
    """Write the kubeconfigs of everybody with a static token, and return the administrator's API.

    Not before the API server runs: only then is there the certificate that they carry.
    """
    tokens = credentials.tokens(plan.state)
    for name, token in tokens.items():
        _write_kubeconfig(plan, name, token, plan.state.kubeconfig(name))
    _write_kubeconfig(plan, "admin", tokens["admin"], plan.state.admin_kubeconfig)
    return Api(commands.api_url(plan.ports), plan.state.ca, tokens["admin"])


def _write_kubeconfig(plan: Plan, user: str, token: str, file: Path) -> None:
    server = commands.api_url(plan.ports)
    ca = plan.state.ca.read_bytes()
    write_private(file, credentials.kubeconfig(server=server, ca=ca, user=user, token=token))


def _apply_crds(plan: Plan, api: Api, processes: Processes) -> None:
    names = [objects.crd_name(file) for file in plan.crds]
    for name, file in zip(names, plan.crds, strict=True):
        api.apply(f"{_CRDS}/{name}", file.read_bytes())
    for name in names:
        processes.wait(f"CRD {name}", partial(_is_established, api, name))
    say(f"{len(names)} kinds of Flux are known")


def _is_established(api: Api, crd: str) -> bool:
    return objects.condition(api.read(f"{_CRDS}/{crd}"), "Established")


def _furnish(plan: Plan, api: Api) -> None:
    """Make Flux's home and the Node, and let each controller be its own service account."""
    for path, manifest in objects.flux_home().items():
        api.apply(path, manifest)
    api.apply(_NODE, objects.node())
    for name in commands.FLUX:
        account = f"/api/v1/namespaces/{objects.FLUX_NAMESPACE}/serviceaccounts/{name}"
        answer = api.create(f"{account}/token", objects.token_request())
        _write_kubeconfig(plan, name, answer["status"]["token"], plan.state.kubeconfig(name))


def _await_node(api: Api, processes: Processes) -> None:
    processes.wait("the Node", lambda: objects.takes_pods(api.read(_NODE)))
    say("the Node takes pods")


def _await_quotas(plan: Plan, api: Api, processes: Processes) -> None:
    """Wait until a quota made now would count every kind: before, it refuses all of that kind."""
    api.apply(_PROBE, objects.probe_namespace())
    try:
        # Left by a launcher that was killed here.
        api.delete(_QUOTA)
    except HTTPError as absent:
        if absent.code != HTTPStatus.NOT_FOUND:
            raise
    api.apply(_QUOTA, objects.probe_quota([objects.crd_name(file) for file in plan.crds]))
    processes.wait("quotas", lambda: objects.counts_all(api.read(_QUOTA)))
    api.delete(_QUOTA)
    say("quotas count every kind")


def _report(plan: Plan, processes: Processes, seconds: float) -> None:
    state = plan.state
    write_json(
        state.cluster,
        {
            "api_server": commands.api_url(plan.ports),
            "ca": str(state.ca),
            "kubeconfig": str(state.admin_kubeconfig),
            "launcher_pid": os.getpid(),
            "pids": processes.pids,
            "ports": plan.ports,
            "versions": {name: g.version for g in versions.groups() for name in g.programs},
            "logs": {name: str(state.log(name)) for name in processes.pids},
            "seconds_to_ready": round(seconds, 1),
        },
    )
    say(f"All ready after {seconds:.1f} s. KUBECONFIG={state.admin_kubeconfig}")
