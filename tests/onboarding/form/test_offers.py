"""What the order form offers: nobody who could not answer for a service."""

import pytest

from accounts import leaving
from accounts.models import User
from audit import ledger
from onboarding.form import offers
from tests.make import make_application, make_user

pytestmark = pytest.mark.django_db


def test_owners_are_members_and_the_applications_owner_but_nobody_who_has_left() -> None:
    application = make_application()
    there, gone, off = make_user("there"), make_user("gone"), make_user("off")
    application.tenant.members.add(there, gone, off)
    leaving.flag(gone, told_by="directory", by=ledger.SYSTEM)
    User.objects.filter(pk=off.pk).update(is_active=False)
    assert {*offers.owners(application)} == {application.owner, there}
