"""The command lines: everything on loopback, Flux locked down, nothing of the person passed on."""

import re
from pathlib import Path

import pytest
from localcluster import commands, ports
from localcluster.commands import Command
from localcluster.state import State

PORTS = {name: 20000 + place for place, name in enumerate(ports.NAMES)}


@pytest.fixture
def all_commands(state: State) -> dict[str, Command]:
    made = [
        commands.etcd(state, PORTS),
        commands.api_server(state, PORTS),
        commands.controller_manager(state, PORTS),
        commands.scheduler(state, PORTS),
        commands.source_controller(state, PORTS),
        commands.kustomize_controller(state, PORTS),
        commands.notification_controller(state, PORTS),
        commands.kwok(state, PORTS, state.root),
    ]
    return {command.name: command for command in made}


def test_every_port_is_used_by_somebody(all_commands: dict[str, Command]) -> None:
    said = " ".join(flag for command in all_commands.values() for flag in command.arguments)
    assert [name for name, port in PORTS.items() if str(port) not in said] == []


def test_everybody_listens_on_loopback_only(all_commands: dict[str, Command]) -> None:
    flags = [flag for command in all_commands.values() for flag in command.arguments]
    addresses = [flag for flag in flags if re.match(r"--[^=]*(addr|listen)", flag, re.IGNORECASE)]
    assert addresses
    assert [flag for flag in addresses if "127.0.0.1" not in flag] == []


def test_everybody_tells_on_loopback_whether_it_is_ready(
    all_commands: dict[str, Command],
) -> None:
    assert [c.name for c in all_commands.values() if "://127.0.0.1:" not in c.health] == []


@pytest.mark.parametrize("name", ["kustomize-controller", "notification-controller"])
def test_flux_refuses_references_across_namespaces(
    all_commands: dict[str, Command], name: str
) -> None:
    assert "--no-cross-namespace-refs=true" in all_commands[name].arguments


def test_flux_applies_as_the_tenant_and_from_the_artifact_alone(
    all_commands: dict[str, Command],
) -> None:
    flags = all_commands["kustomize-controller"].arguments
    assert {"--default-service-account=default", "--no-remote-bases=true"} <= set(flags)


def test_each_flux_controller_has_its_own_kubeconfig(all_commands: dict[str, Command]) -> None:
    files = {all_commands[name].environment["KUBECONFIG"] for name in commands.FLUX}
    assert len(files) == len(commands.FLUX)


def test_kwok_gets_every_stage(state: State) -> None:
    (state.root / "pod-ready.yaml").touch()
    flags = commands.kwok(state, PORTS, state.root).arguments
    assert f"--config={state.root}/pod-ready.yaml" in flags


def test_a_program_sees_the_proxy_but_no_secret_of_the_person() -> None:
    around = {"HTTPS_PROXY": "http://proxy", "AWS_SECRET_ACCESS_KEY": "x", "KUBECONFIG": "/mine"}
    seen = commands.environment(Command("etcd", [], ""), Path("/scratch"), around)
    assert seen == {"HTTPS_PROXY": "http://proxy", "HOME": "/scratch", "TMPDIR": "/scratch"}
