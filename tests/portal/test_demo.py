"""The demonstration data: there once, true to its promises, and only where it belongs."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import User
from audit.models import Entry
from onboarding.entitlement import checks
from onboarding.entitlement.file import FileEntitlements
from onboarding.ports import Outcome
from portal.demo.people import PEOPLE
from tenants.catalogue import Environment
from tenants.models import Application, Cluster, Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    settings.BERTH_ENTITLEMENT_FILE = tmp_path / "entitlements.yaml"
    call_command("demo", verbosity=0)


def may(username: str, action: str, application: str, environment: str) -> Outcome:
    user = User.objects.get(username=username)
    wish = checks.query_of(
        user,
        action,
        Application.objects.get(slug=application),
        Environment.objects.get(slug=environment),
    )
    return FileEntitlements(settings.BERTH_ENTITLEMENT_FILE).check(wish).outcome


def test_a_second_time_changes_nothing(demo: None) -> None:
    before = (User.objects.count(), Tenant.objects.count(), Entry.objects.count())
    call_command("demo", verbosity=0)
    assert (User.objects.count(), Tenant.objects.count(), Entry.objects.count()) == before


def test_everybody_signs_in_with_the_password_that_is_printed(
    demo: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("demo")
    said = capsys.readouterr().out
    for person in PEOPLE:
        user = User.objects.get(username=person.username)
        assert any(user.check_password(word) for word in said.split())
        assert person.username in said


def test_the_rehearsal_cluster_takes_every_environment(demo: None) -> None:
    cluster = Cluster.objects.get()
    assert cluster.is_rehearsal
    assert {each.slug for each in cluster.environments.all()} == {"dev", "test", "prod"}


def test_developers_may_order_what_the_policy_gives_them(demo: None) -> None:
    assert may("dana", "onboard", "checkout", "prod") is Outcome.PERMIT
    assert may("rex", "onboard", "basket", "dev") is Outcome.PERMIT
    assert may("rex", "onboard", "basket", "prod") is not Outcome.PERMIT
    assert may("rex", "onboard", "checkout", "dev") is not Outcome.PERMIT
    assert may("dana", "onboard", "ledger-archive", "dev") is Outcome.DENY


def test_a_portal_in_production_takes_no_demonstration_data(settings: Settings) -> None:
    settings.BERTH_EMBEDDED = False
    with pytest.raises(CommandError):
        call_command("demo")
    assert not User.objects.exists()
