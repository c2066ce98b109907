"""The administrator's kubeconfig: what it may hold, and what it is refused for."""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from fleet import toolbox
from fleet.ports import Administration, Ref
from portal.errors import NotJoined
from tests.fleet.fake_api import FakeApi, Says, status

HOME = Ref("v1", "Namespace", "", "berth")


def kubeconfig(folder: Path, api: FakeApi, *, user: dict[str, Any], **cluster: Any) -> Path:
    """Write a kubeconfig with the contexts `fake` (current) and `other`."""
    authority = base64.b64encode(api.authority.encode()).decode()
    there = {"server": api.address, "certificate-authority-data": authority} | cluster
    contexts = [
        {"name": name, "context": {"cluster": name, "user": "me"}} for name in ("fake", "other")
    ]
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "fake",
        "contexts": contexts,
        "clusters": [
            {"name": "fake", "cluster": there},
            {"name": "other", "cluster": there | {"server": "https://127.0.0.1:1"}},
        ],
        "users": [{"name": "me", "user": user}],
    }
    file = folder / "kubeconfig"
    file.write_text(json.dumps(content))
    return file


def admin(file: Path, context: str = "") -> Administration:
    return toolbox.administration("eu1-b", kubeconfig=file, context=context)


def test_a_token_is_used_and_the_endpoint_told(api: FakeApi, tmp_path: Path) -> None:
    access = admin(kubeconfig(tmp_path, api, user={"token": "admin-1"}))
    access.read(HOME)
    assert api.asked[0].headers["Authorization"] == "Bearer admin-1"
    assert access.endpoint.server == api.address
    assert access.endpoint.authority == api.authority


def test_a_context_is_chosen_by_name(api: FakeApi, tmp_path: Path) -> None:
    access = admin(kubeconfig(tmp_path, api, user={"token": "admin-1"}), "other")
    assert access.endpoint.server == "https://127.0.0.1:1"


def test_a_client_certificate_is_shown_to_the_server(api: FakeApi, tmp_path: Path) -> None:
    certificate, key = (tmp_path / "tls.pem").read_text().split("-----BEGIN PRIVATE KEY-----")
    pem = base64.b64encode(certificate.encode()).decode()
    own_key = base64.b64encode(f"-----BEGIN PRIVATE KEY-----{key}".encode()).decode()
    user = {"client-certificate-data": pem, "client-key-data": own_key}
    admin(kubeconfig(tmp_path, api, user=user)).read(HOME)
    assert api.asked[0].client == "fake.example"
    assert "Authorization" not in api.asked[0].headers


def test_an_exec_plugin_is_asked_for_its_token(api: FakeApi, tmp_path: Path) -> None:
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "from-plugin"},
    }
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": ["-c", f"print({json.dumps(credential)!r})"],
        "interactiveMode": "Never",
    }
    admin(kubeconfig(tmp_path, api, user={"exec": plugin})).read(HOME)
    assert api.asked[0].headers["Authorization"] == "Bearer from-plugin"


def test_skipping_the_check_of_the_server_is_refused(api: FakeApi, tmp_path: Path) -> None:
    file = kubeconfig(
        tmp_path, api, user={"token": "admin-1"}, **{"insecure-skip-tls-verify": True}
    )
    with pytest.raises(NotJoined, match="insecure-skip-tls-verify"):
        admin(file)
    assert api.asked == []


@pytest.mark.parametrize(
    "content", ["", "{}", "not: [a kubeconfig", "- a list", '{"current-context": "x"}']
)
def test_a_broken_kubeconfig_is_told_in_words(tmp_path: Path, content: str) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(content)
    with pytest.raises(NotJoined, match="kubeconfig"):
        admin(file)


def test_a_missing_context_and_a_missing_file_are_told(api: FakeApi, tmp_path: Path) -> None:
    with pytest.raises(NotJoined, match="nowhere"):
        admin(kubeconfig(tmp_path, api, user={"token": "admin-1"}), "nowhere")
    with pytest.raises(NotJoined, match="kubeconfig"):
        admin(tmp_path / "absent")


def test_lists_are_read_page_by_page(api: FakeApi, tmp_path: Path) -> None:
    api.says(
        Says(200, {"metadata": {"continue": "more"}, "items": [{"metadata": {"name": "a"}}]}),
        Says(200, {"metadata": {}, "items": [{"metadata": {"name": "b"}}]}),
    )
    access = admin(kubeconfig(tmp_path, api, user={"token": "admin-1"}))
    found = access.listed("apps/v1", "Deployment", labels="app.kubernetes.io/part-of=flux")
    assert [each["metadata"]["name"] for each in found or ()] == ["a", "b"]
    assert "continue=more" in api.asked[1].path


def test_a_kind_that_the_cluster_does_not_know_lists_as_none(api: FakeApi, tmp_path: Path) -> None:
    api.says(Says(404, b"404 page not found"))
    access = admin(kubeconfig(tmp_path, api, user={"token": "admin-1"}))
    assert access.listed("fluxcd.controlplane.io/v1", "FluxInstance") is None


def test_a_dry_run_tells_the_servers_words(api: FakeApi, tmp_path: Path) -> None:
    api.says(status(403, "Forbidden", 'pods "x" is forbidden: violates PodSecurity'))
    access = admin(kubeconfig(tmp_path, api, user={"token": "admin-1"}))
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "namespace": "berth"}}
    assert "violates PodSecurity" in access.would_refuse(pod)
    assert api.asked[0].path.endswith("/api/v1/namespaces/berth/pods?dryRun=All")
