"""The command line of every program: pure functions from the state directory and the ports."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from localcluster import credentials
from localcluster.state import State

FLUX = ("source-controller", "kustomize-controller", "notification-controller")

# Those a portal can tell the difference by. Without node-lifecycle a new Node keeps its taint and
# no pod is ever scheduled; without the service account one no namespace gets its `default`.
CONTROLLERS = (
    "namespace-controller",
    "garbage-collector-controller",
    "resourcequota-controller",
    "serviceaccount-controller",
    "clusterrole-aggregation-controller",
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "daemonset-controller",
    "job-controller",
    "node-lifecycle-controller",
)

# Of the person's own environment the programs see these alone: the way out to the network.
PASSED_ON = ("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class Command:
    """One program's call. It is ready once `health` answers 200; `ca` is for an https one."""

    name: str
    arguments: list[str]
    health: str
    ca: Path | None = None
    environment: dict[str, str] = field(default_factory=dict)


def etcd(state: State, ports: Mapping[str, int]) -> Command:
    clients = f"http://127.0.0.1:{ports['etcd']}"
    peers = f"http://127.0.0.1:{ports['etcd-peer']}"
    flags = [
        f"--data-dir={state.etcd}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        # A crash of the whole machine may cost the last writes. It is a local cluster.
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]
    return Command("etcd", flags, f"{clients}/health")


def api_server(state: State, ports: Mapping[str, int]) -> Command:
    key = credentials.signing_key(state)
    flags = [
        f"--etcd-servers=http://127.0.0.1:{ports['etcd']}",
        f"--secure-port={ports['kube-apiserver']}",
        "--bind-address=127.0.0.1",
        # Or it looks for an address of this machine, which one without a network has not.
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--cert-dir={state.certificates}",
        "--service-cluster-ip-range=10.0.0.0/24",
        # A name without the port, so that tokens outlive a change of the port.
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--authorization-mode=RBAC",
        f"--token-auth-file={credentials.tokens_file(state)}",
        "--allow-privileged=true",
        # It would mount the cluster's root certificate, which nobody here publishes.
        "--disable-admission-plugins=ServiceAccount",
    ]
    health = f"{api_url(ports)}/readyz"
    return Command("kube-apiserver", flags, health, ca=state.ca)


def api_url(ports: Mapping[str, int]) -> str:
    return f"https://127.0.0.1:{ports['kube-apiserver']}"


def controller_manager(state: State, ports: Mapping[str, int]) -> Command:
    flags = [
        f"--service-account-private-key-file={credentials.signing_key(state)}",
        "--use-service-account-credentials=true",
        f"--controllers={','.join(CONTROLLERS)}",
        # The defaults, 20 and 30, are for sharing an API server with a fleet; here a namespace
        # would take many seconds to go once a few go at the same time.
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        # A quota that counts a kind just made is unknown until the next round, by default in
        # five minutes, and refuses everything until then.
        "--resource-quota-sync-period=10s",
        # Where everything shares two cores a heartbeat may be late by a minute. The pods of a node
        # that was thought dead would stay unready, as nobody makes them ready twice.
        "--node-monitor-grace-period=1h",
    ]
    return _of_kubernetes("kube-controller-manager", flags, state, ports)


def scheduler(state: State, ports: Mapping[str, int]) -> Command:
    return _of_kubernetes("kube-scheduler", [], state, ports)


def _of_kubernetes(name: str, flags: list[str], state: State, ports: Mapping[str, int]) -> Command:
    standard = [
        f"--kubeconfig={state.kubeconfig(name)}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports[name]}",
        f"--cert-dir={state.certificates}",
    ]
    health = f"https://127.0.0.1:{ports[name]}/healthz"
    return Command(name, standard + flags, health, ca=state.certificates / f"{name}.crt")


def source_controller(state: State, ports: Mapping[str, int]) -> Command:
    artifacts = f"127.0.0.1:{ports['artifacts']}"
    flags = [
        f"--storage-path={state.artifacts}",
        f"--storage-addr={artifacts}",
        f"--storage-adv-addr={artifacts}",
        f"--events-addr=http://127.0.0.1:{ports['events']}/",
        "--requeue-dependency=2s",
    ]
    return _of_flux("source-controller", flags, state, ports)


def kustomize_controller(state: State, ports: Mapping[str, int]) -> Command:
    flags = [
        f"--events-addr=http://127.0.0.1:{ports['events']}/",
        "--no-cross-namespace-refs=true",
        "--no-remote-bases=true",
        "--default-service-account=default",
        "--requeue-dependency=2s",
    ]
    return _of_flux("kustomize-controller", flags, state, ports)


def notification_controller(state: State, ports: Mapping[str, int]) -> Command:
    flags = [
        # Unlike the others', this is where it listens. The spelling of the next is Flux's.
        f"--events-addr=127.0.0.1:{ports['events']}",
        f"--receiverAddr=127.0.0.1:{ports['receiver']}",
        "--no-cross-namespace-refs=true",
    ]
    return _of_flux("notification-controller", flags, state, ports)


def _of_flux(name: str, flags: list[str], state: State, ports: Mapping[str, int]) -> Command:
    health = f"127.0.0.1:{ports[f'{name}-health']}"
    standard = [
        f"--metrics-addr=127.0.0.1:{ports[f'{name}-metrics']}",
        f"--health-addr={health}",
    ]
    environment = {
        "KUBECONFIG": str(state.kubeconfig(name)),
        "RUNTIME_NAMESPACE": "flux-system",
    }
    return Command(name, standard + flags, f"http://{health}/readyz", environment=environment)


def kwok(state: State, ports: Mapping[str, int], stages: Path) -> Command:
    """Return the stand-in for kubelets; `stages` is the folder of its files for nodes and pods."""
    address = f"127.0.0.1:{ports['kwok']}"
    flags = [
        f"--kubeconfig={state.kubeconfig('kwok')}",
        "--manage-all-nodes=true",
        f"--server-address={address}",
        *[f"--config={file}" for file in sorted(stages.glob("*.yaml"))],
    ]
    return Command("kwok", flags, f"http://{address}/healthz")


def environment(
    command: Command, scratch: Path, around: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return all that the program sees of the environment; its home and temporary folder are ours.

    So no key, cloud account or kubeconfig of the person who runs this gets into the cluster.
    """
    passed = {name: around[name] for name in PASSED_ON if name in around}
    return passed | {"HOME": str(scratch), "TMPDIR": str(scratch)} | command.environment
