"""Joining a real cluster by the command, and working there as the portal's own account."""

import io
from datetime import timedelta

import pytest
import yaml
from django.core.management import CommandError, call_command

from fleet import ground, toolbox
from fleet.models import Connection
from fleet.ports import Administration, ClusterAccess, Ref
from fleet.renewal import renew_due
from portal import vault
from portal.clock import now
from portal.errors import ClusterForbidden
from tenants.models import Cluster
from tests.cluster.control_plane import ControlPlane
from tests.make import make_environment


def join(local_cluster: ControlPlane, *more: str) -> str:
    said = io.StringIO()
    command = ("join_cluster", "local", "--kubeconfig", str(local_cluster.kubeconfig), *more)
    call_command(*command, stdout=said)
    return said.getvalue()


@pytest.fixture
def environments(db: None) -> None:
    for slug in ("dev", "test", "prod"):
        make_environment(slug)


def test_a_cluster_joins_by_one_command(environments: None, local_cluster: ControlPlane) -> None:
    said = join(local_cluster, "--region", "local", "--environment", "dev", "--yes")
    assert "ValidatingAdmissionPolicy berth-kustomizations" in said
    assert "not visible from here" in said
    assert "has joined" in said
    cluster = Cluster.objects.get()
    assert (cluster.slug, cluster.region, cluster.is_rehearsal) == ("local", "local", False)
    assert cluster.connection.server == local_cluster.server
    assert cluster.connection.heard_at is not None


def test_joining_again_changes_nothing_on_the_cluster(
    environments: None, local_cluster: ControlPlane, admin: Administration
) -> None:
    role = Ref("rbac.authorization.k8s.io/v1", "ClusterRole", "", "berth:primer")
    join(local_cluster, "--region", "local", "--yes")
    before = admin.read(role)
    join(local_cluster, "--yes")
    assert admin.read(role) == before
    assert Connection.objects.count() == 1


def test_what_is_kept_is_a_token_of_the_portals_own_account(
    joined_cluster: Cluster, local_cluster: ControlPlane
) -> None:
    connection = Connection.objects.get()
    admin_token = yaml.safe_load(local_cluster.kubeconfig.read_text())["users"][0]["user"]["token"]
    token = vault.opened(connection.token_sealed)
    assert token != admin_token
    assert admin_token not in str(connection.__dict__)
    assert token.count(".") == 2  # a JSON Web Token; the administrator has a static one
    assert timedelta(days=29) < connection.token_expires_at - now() <= timedelta(days=30)


def test_nothing_is_applied_without_a_yes(
    environments: None, local_cluster: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "n")
    with pytest.raises(CommandError, match="Nothing was applied"):
        join(local_cluster, "--region", "local")
    assert not Cluster.objects.exists()


def test_the_token_renews_itself(joined_cluster: Cluster, access: ClusterAccess) -> None:
    before = Connection.objects.get().token_sealed
    Connection.objects.update(token_renew_at=now() - timedelta(seconds=1))
    assert renew_due(now()) == ["local"]
    connection = Connection.objects.get()
    assert connection.token_sealed != before
    assert connection.token_renew_at > now() + timedelta(days=14)
    assert ground.name_is_free(joined_cluster, "nobody-has-this") is True


def test_the_portals_account_makes_tokens_for_nobody_else(joined_cluster: Cluster) -> None:
    issuer = toolbox.issuer(Connection.objects.get())
    with pytest.raises(ClusterForbidden):
        issuer.token("kube-system", "namespace-controller", seconds=600)


def test_the_yaml_is_printed_for_those_who_deliver_by_git() -> None:
    said = io.StringIO()
    call_command("join_cluster", "--print-yaml", stdout=said)
    kinds = [each["kind"] for each in yaml.safe_load_all(said.getvalue())]
    assert kinds[0] == "Namespace"
    assert kinds[-1] == "ClusterRoleBinding"


def test_what_was_delivered_by_git_is_not_applied_again(
    environments: None, admin: Administration, local_cluster: ControlPlane
) -> None:
    said = join(local_cluster, "--region", "local", "--applied")
    assert "To be applied" not in said
    assert "has joined" in said
