"""After new keys nothing needs the old ones: tokens, credentials and anchors."""

import base64
import hashlib
import io
import json
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts import tokens
from accounts.actions import make_token
from accounts.models import Scope, User
from audit.models import Entry
from fleet import resealing
from fleet.models import Connection
from onboarding.repositories import access, credentials
from onboarding.repositories.visits import Admitted, Visit
from portal import vault
from tenants.lifecycle import Lifecycle
from tenants.models import Placement
from tests.journey import Portal, basket, folders, portal
from tests.make import make_cluster

__all__ = ["basket", "folders", "portal"]

OLD, NEW = "o" * 40, "n" * 40


@pytest.fixture
def placement(portal: Portal, alice: User, settings: Settings) -> Placement:
    """Make a placement that was primed with the old Git key, before there was a new one."""
    settings.BERTH_GIT_KEYS = {"1": OLD}
    portal.go_on(portal.order(alice))
    settings.BERTH_GIT_KEYS = {"2": NEW, "1": OLD}
    return Placement.objects.get()


def key_there(folders: Path, placement: Placement) -> str:
    """Return the id of the key that the credential on the rehearsal cluster was made with.

    Rehearsals keep digests of what is secret.
    """
    (path,) = (folders / "rehearsal").rglob("*basket-dev-git*.json")
    kept = json.loads(path.read_text())["object"]["data"]["password"]
    made = {
        ident: credentials.password({ident: key}, placement.uuid, placement.credential_generation)
        for ident, key in (("1", OLD), ("2", NEW))
    }
    digests = {ident: _digest(text) for ident, text in made.items()}
    return next(ident for ident, digest in digests.items() if kept == f"sha256:{digest}")


def _digest(text: str) -> str:
    return hashlib.sha256(base64.b64encode(text.encode())).hexdigest()


def rotated() -> str:
    out = io.StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


def test_flux_is_let_in_by_the_new_key_alone_once_keys_were_rotated(
    portal: Portal, placement: Placement, folders: Path
) -> None:
    assert key_there(folders, placement) == "1"
    assert "Git credentials made with the newest key: 1." in rotated()
    assert key_there(folders, placement) == "2"
    secret = credentials.password({"2": NEW}, placement.uuid, placement.credential_generation)
    name = credentials.username(placement.uuid)
    visit = Visit(name, secret, "retail/basket", writes=False, environ={})
    host = portal.tools.githost.name
    assert isinstance(access.decide(visit, host, {"2": NEW}), Admitted)
    assert Entry.objects.filter(verb="wrote Git credential of").count() == 1


def test_nothing_else_on_the_cluster_changes(placement: Placement, folders: Path) -> None:
    def others() -> dict[str, str]:
        paths = sorted((folders / "rehearsal").rglob("*.json"))
        return {path.name: path.read_text() for path in paths if "-git" not in path.name}

    before = others()
    rotated()
    rotated()
    assert others() == before


def test_a_placement_that_an_order_has_in_its_hands_is_left_and_named(
    placement: Placement, folders: Path
) -> None:
    Placement.objects.update(lifecycle=Lifecycle.RETIRING)
    out = io.StringIO()
    with pytest.raises(CommandError, match="Keep the old keys"):
        call_command("rotate_keys", stdout=out)
    assert f"Not yet {placement}: an order is under way." in out.getvalue()
    assert key_there(folders, placement) == "1"


def test_a_token_that_was_not_used_since_the_newest_pepper_is_named(
    olivia: User, settings: Settings
) -> None:
    _, text = make_token("billing", Scope.CMDB_READ, by=olivia, contact="Team Money")
    settings.BERTH_TOKEN_PEPPERS = [NEW, *settings.BERTH_TOKEN_PEPPERS]
    out = io.StringIO()
    with pytest.raises(CommandError, match="Keep the old keys"):
        call_command("rotate_keys", stdout=out)
    assert re.search(r"Not yet used .*billing \(berth_\w+\), Team Money", out.getvalue())
    assert tokens.verify(text, Scope.CMDB_READ)
    assert "Nothing needs an older key any more." in rotated()


def sealed_connection(text: str) -> Connection:
    return Connection.objects.create(
        cluster=make_cluster("eu1-b", rehearsal=False),
        server="https://eu1-b.example.com",
        token_sealed=text,
        token_expires_at="2026-12-24T00:00Z",
        token_renew_at="2026-12-10T00:00Z",
        kubernetes_version="v1.36.3",
    )


def test_tokens_of_clusters_open_with_the_new_key_alone(db: None, settings: Settings) -> None:
    settings.BERTH_FIELD_KEYS = [OLD]
    connection = sealed_connection(vault.sealed("t-1"))
    settings.BERTH_FIELD_KEYS = [NEW, OLD]
    assert resealing.reseal().count == 1
    settings.BERTH_FIELD_KEYS = [NEW]
    connection.refresh_from_db()
    assert vault.opened(connection.token_sealed) == "t-1"


def test_a_token_that_no_key_opens_is_left_and_named(db: None, settings: Settings) -> None:
    settings.BERTH_FIELD_KEYS = [OLD]
    connection = sealed_connection(vault.sealed("t-1"))
    settings.BERTH_FIELD_KEYS = [NEW]
    assert resealing.reseal().lost == ["eu1-b"]
    kept = connection.token_sealed
    connection.refresh_from_db()
    assert connection.token_sealed == kept
