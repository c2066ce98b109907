"""Passing a freeze in an emergency: two people, for a while, and a review before it all closes."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from pytest_django import Settings

from accounts.models import Role, User
from audit.models import Entry
from onboarding import actions
from onboarding.changes.models import Change
from onboarding.models import GlassBreak, Order, Progress
from portal.clock import now
from portal.errors import NotForEmergencies, NothingToBreak, NotReviewer, ReasonMissing
from tests.journey import Portal, again, at_once
from tests.make import browser_of, make_user, make_window
from tests.stories import world

pytestmark = pytest.mark.django_db
FORESEEN = """\
emergency:
  groups: [incident-managers]
  reviewers: [change-board]
  hours: 2
  review_days: 3
policies:
"""
LONG = 60 * 24 * 20  # minutes of the freeze


@pytest.fixture(autouse=True)
def control(settings: Settings, tmp_path: Path) -> Path:
    """Let the company's file foresee emergencies."""
    shipped = Path(settings.BERTH_CHANGE_CONTROL).read_text()
    path = tmp_path / "control.yaml"
    path.write_text(shipped.replace("policies:\n", FORESEEN))
    settings.BERTH_CHANGE_CONTROL = path
    return path


def person(name: str, *groups: str) -> User:
    made = make_user(name, Role.OPERATOR)
    made.groups.add(*(Group.objects.get_or_create(name=each)[0] for each in groups))
    return made


@pytest.fixture
def ida(db: None) -> User:
    return person("ida", "incident-managers")


@pytest.fixture
def ivo(db: None) -> User:
    return person("ivo", "incident-managers")


@pytest.fixture
def rita(db: None) -> User:
    return person("rita", "change-board")


@pytest.fixture
def frozen(portal: Portal, alice: User, bob: User) -> Order:
    """Make an approved order of alice's that a freeze of weeks holds."""
    order = portal.go_on(portal.order(alice, "prod"))
    make_window(minutes=LONG)
    portal.approve(order, bob)
    return portal.look(order)


def asked(order: Order, by: User) -> None:
    actions.break_glass(order, incident="INC-7", why="Payments stand still.", by=by)


def test_two_people_let_an_order_pass_and_a_third_reviews_before_its_change_closes(
    portal: Portal, frozen: Order, ida: User, ivo: User, rita: User
) -> None:
    asked(frozen, ida)
    assert world.namespaces() == []
    actions.confirm(frozen, by=ivo)
    order = portal.look(portal.look(frozen))
    assert world.namespaces() != []
    waits = order.runs.get(step="close_change", finished_at=None)
    assert (waits.waits_for, order.ended_as) == ("a review of the emergency", "")
    assert Change.objects.get(order_uuid=order.uuid).status == "implement"
    actions.review(order, by=rita, was_justified=True, text="It could not wait.")
    order = portal.go_on(order)
    assert order.ended_as == Progress.REHEARSED
    assert Change.objects.get(order_uuid=order.uuid).status == "closed"
    verbs = Entry.objects.filter(object_uuid=order.uuid).order_by("pk").values_list("verb")
    assert [verb for (verb,) in verbs if "calendar" in verb or "emergency" in verb] == [
        "asked to pass the calendar",
        "passed the calendar",
        "reviewed the emergency",
    ]


def test_it_holds_for_its_hours_and_then_the_freeze_holds_again(
    portal: Portal, frozen: Order, ida: User, ivo: User
) -> None:
    asked(frozen, ida)
    actions.confirm(frozen, by=ivo)
    until = GlassBreak.objects.get().until
    assert until == now() + timedelta(hours=2)

    def let_time_pass() -> None:
        portal.clock.shift(timedelta(hours=2))
        Order.objects.update(lease_until=now() + timedelta(minutes=1))

    portal.after("register", let_time_pass)
    order = portal.look(portal.look(frozen))
    waits = order.runs.get(step="push_scaffold", finished_at=None)
    assert waits.error_code == "change.window-closed"
    assert world.namespaces() == []
    assert again(order).ended_as == ""


def test_one_person_alone_lets_nothing_pass(portal: Portal, frozen: Order, ida: User) -> None:
    asked(frozen, ida)
    with pytest.raises(NotForEmergencies, match="second person"):
        actions.confirm(frozen, by=ida)
    order = portal.look(frozen)
    assert order.change_started_at is None
    with pytest.raises(IntegrityError), transaction.atomic():
        GlassBreak.objects.update(confirmed_by=ida)


def test_whoever_ordered_is_not_the_second_person(frozen: Order, alice: User, ida: User) -> None:
    alice.groups.add(Group.objects.get(name="incident-managers"))
    asked(frozen, ida)
    with pytest.raises(NotForEmergencies):
        actions.confirm(frozen, by=alice)


def test_nobody_else_lets_it_pass(frozen: Order, bob: User, olivia: User, ida: User) -> None:
    for other in (bob, olivia):
        with pytest.raises(NotForEmergencies):
            asked(frozen, other)
    asked(frozen, ida)
    with pytest.raises(NotForEmergencies):
        actions.confirm(frozen, by=olivia)
    assert not GlassBreak.objects.exclude(confirmed_at=None).exists()


def test_without_a_word_in_the_file_nobody_may(frozen: Order, ida: User, control: Path) -> None:
    control.write_text(control.read_text().replace(FORESEEN, "policies:\n"))
    with pytest.raises(NotForEmergencies, match="foresees no"):
        asked(frozen, ida)


def test_what_nobody_confirmed_in_time_is_asked_again(
    portal: Portal, frozen: Order, ida: User, ivo: User
) -> None:
    asked(frozen, ida)
    with pytest.raises(NothingToBreak, match="Ida has asked"):
        asked(frozen, ivo)
    portal.clock.shift(timedelta(hours=1))
    with pytest.raises(NothingToBreak, match="within the last hour"):
        actions.confirm(frozen, by=ivo)
    asked(frozen, ivo)
    actions.confirm(frozen, by=ida)
    assert GlassBreak.objects.filter(confirmed_by=ida).count() == 1


def test_there_is_no_emergency_without_a_freeze(portal: Portal, alice: User, ida: User) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    with pytest.raises(NothingToBreak, match="No window"):
        asked(order, ida)


def test_an_emergency_needs_its_incident_and_a_reason(frozen: Order, ida: User) -> None:
    for incident, why in (("", "Because."), ("INC-7", " \0 ")):
        with pytest.raises(ReasonMissing):
            actions.break_glass(frozen, incident=incident, why=why, by=ida)


def test_who_had_a_part_in_it_does_not_review_it(
    frozen: Order, alice: User, ida: User, ivo: User, rita: User
) -> None:
    asked(frozen, ida)
    with pytest.raises(NothingToBreak):
        actions.review(frozen, by=rita, was_justified=True, text="Fine.")
    actions.confirm(frozen, by=ivo)
    board = Group.objects.get(name="change-board")
    for other in (alice, ida, ivo):
        other.groups.add(board)
        with pytest.raises(NotReviewer, match="had a part"):
            actions.review(frozen, by=other, was_justified=True, text="Fine.")
    with pytest.raises(NotReviewer, match="no group of yours"):
        actions.review(frozen, by=person("olaf"), was_justified=True, text="Fine.")
    with pytest.raises(ReasonMissing):
        actions.review(frozen, by=rita, was_justified=True, text=" ")


def test_an_approval_is_needed_all_the_same(
    portal: Portal, alice: User, ida: User, ivo: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    make_window(minutes=LONG)
    asked(order, ida)
    actions.confirm(order, by=ivo)
    order = portal.look(order)
    assert (order.change_started_at, world.namespaces()) == (None, [])


def test_an_order_that_goes_back_after_an_emergency_is_reviewed_all_the_same(
    portal: Portal, frozen: Order, alice: User, ida: User, ivo: User, rita: User
) -> None:
    asked(frozen, ida)
    actions.confirm(frozen, by=ivo)
    actions.withdraw(frozen, by=alice, reason="It is mended.")
    order = portal.go_on(frozen)
    assert order.ended_as == Progress.WITHDRAWN
    actions.review(order, by=rita, was_justified=False, text="Nobody was harmed.")
    assert GlassBreak.objects.get().was_justified is False


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_does(frozen: Order, ida: User, ivo: User) -> None:
    third = person("ines", "incident-managers")
    asked(frozen, ida)
    raised = at_once(
        lambda: actions.confirm(frozen, by=ivo), lambda: actions.confirm(frozen, by=third)
    )
    assert [type(error) for error in raised] == [NothingToBreak]
    assert Entry.objects.filter(verb="passed the calendar").count() == 1


def test_it_is_asked_confirmed_and_reviewed_on_the_page_of_the_order(
    frozen: Order, ida: User, ivo: User, rita: User
) -> None:
    page = f"/orders/{frozen.pk}/"
    hers, his, theirs = browser_of(ida), browser_of(ivo), browser_of(rita)
    assert "Let it pass the calendar for an incident" in hers.get(page).text
    sent = {"incident": "INC-7", "why": "Payments stand still."}
    assert hers.post(f"{page}emergency/", sent).status_code == 302
    assert "Confirm: let it pass" not in hers.get(page).text
    assert "Confirm: let it pass" in his.get(page).text
    assert his.post(f"{page}emergency/confirm/").status_code == 302
    assert "passes the calendar until" in his.get(page).text
    assert "Finish the review" not in his.get(page).text
    assert "Finish the review" in theirs.get(page).text
    assert "Review the emergency INC-7" in theirs.get("/").text
    assert "Review the emergency INC-7" not in his.get("/").text
    sent = {"was_justified": "no", "text": "It could have waited."}
    assert theirs.post(f"{page}emergency/review/", sent).status_code == 302
    assert "not justified" in hers.get(page).text
    assert "It could have waited." in hers.get(page).text
