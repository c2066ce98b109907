"""The nightly look for leavers: who is flagged, when nobody is, and what goes on after a kill."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from pytest_django import Settings

from accounts import actions as accounts
from accounts import leaving as door
from accounts.models import Leaver, Scope, Session, User
from accounts.tokens import recognised
from audit.ledger import SYSTEM
from audit.models import Entry
from onboarding.actions import leaving
from onboarding.leavers.models import Acquaintance, Register
from onboarding.ports import Known, Somebody
from onboarding.running import leavers
from portal.clock import now
from portal.errors import RegisterSilent, RoleMissing
from tests.journey import Portal
from tests.make import browser_of, make_user

PEOPLE = 30
RULES = "version: 1\nrules:\n  - {{effect: permit, people: [{}]}}\n"
SOURCES = """\
version: 1
sources:
  staff: {{kind: file, path: {folder}/staff.yaml, leavers: true}}
  others: {{kind: file, path: {folder}/others.yaml}}
"""


class Staff:
    """A source that knows the people in `there`, by user name."""

    name, leavers = "staff", True

    def __init__(self, there: set[str]) -> None:
        self.there = there
        self.asked: list[str] = []
        self.at_each: Callable[[], object] = lambda: None

    def known(self, people: Sequence[Somebody]) -> Sequence[Known]:
        names = [each.subject.removeprefix("local:") for each in people]
        self.asked += names
        self.at_each()
        return [Known.YES if name in self.there else Known.NO for name in names]


@pytest.fixture
def staff(portal: Portal) -> Staff:
    """Thirty people whom the source has met, and all of them are there."""
    there = {make_user(f"person-{number}").username for number in range(PEOPLE)}
    source = Staff(there)
    assert leavers.look([source], now()) == ["Berth", "staff"]
    return source


def next_night(portal: Portal, *sources: Staff) -> list[str]:
    portal.clock.shift(timedelta(days=1))
    return leavers.look(sources, now())


def gone() -> set[str]:
    return {*Leaver.objects.filter(cleared_at=None).values_list("user__username", flat=True)}


def test_whom_the_source_knows_no_more_is_flagged_signed_out_and_their_tokens_open_nothing(
    portal: Portal, staff: Staff
) -> None:
    ann = User.objects.get(username="person-7")
    browser_of(ann)
    _, text = accounts.make_own_token("laptop", Scope.GIT, by=ann)
    staff.there.remove("person-7")
    assert next_night(portal, staff) == ["Berth", "staff"]
    assert gone() == {"person-7"}
    assert not Session.objects.filter(user=ann).exists()
    assert recognised(text) is None
    assert Entry.objects.get(verb="flagged as having left").object_uuid == ann.uuid


def test_whom_the_source_never_knew_it_does_not_miss(portal: Portal, staff: Staff) -> None:
    make_user("break-glass")
    next_night(portal, staff)
    next_night(portal, staff)
    assert gone() == set()


def test_somebody_who_is_known_again_is_cleared_and_their_tokens_open_again(
    portal: Portal, staff: Staff
) -> None:
    _, text = accounts.make_own_token("laptop", Scope.GIT, by=User.objects.get(username="person-7"))
    staff.there.remove("person-7")
    next_night(portal, staff)
    staff.there.add("person-7")
    next_night(portal, staff)
    assert gone() == set()
    assert recognised(text) is not None
    assert Entry.objects.get(verb="found again").reason == "staff knows them again."


def test_a_source_that_is_silent_flags_nobody_and_is_asked_again_soon(
    portal: Portal, staff: Staff
) -> None:
    def silent() -> None:
        raise RegisterSilent("no route to it")

    staff.there.remove("person-7")
    staff.at_each = silent
    assert next_night(portal, staff) == ["Berth"]
    assert gone() == set()
    register = Register.objects.get(name="staff")
    assert (register.last_error, register.due_at) == ("no route to it", now() + leavers.RETRY)


def test_a_source_that_suddenly_knows_nobody_is_not_believed(portal: Portal, staff: Staff) -> None:
    staff.there.clear()
    next_night(portal, staff)
    assert gone() == set()
    assert "knows none of 30 people" in Register.objects.get(name="staff").last_error


@pytest.mark.parametrize(("left", "flagged"), [(3, 3), (4, 0)])
def test_more_than_the_share_in_one_night_flags_nobody(
    portal: Portal, staff: Staff, left: int, flagged: int
) -> None:
    staff.there -= {f"person-{number}" for number in range(left)}
    next_night(portal, staff)
    assert len(gone()) == flagged
    assert bool(Register.objects.get(name="staff").last_error) == (flagged == 0)


def test_a_raised_share_lets_them_be_flagged_the_next_time(
    portal: Portal, staff: Staff, settings: Settings
) -> None:
    staff.there -= {f"person-{number}" for number in range(10)}
    next_night(portal, staff)
    settings.BERTH_LEAVERS_PERCENT = 40
    next_night(portal, staff)
    assert len(gone()) == 10


def test_it_is_asked_once_a_day(portal: Portal, staff: Staff) -> None:
    assert leavers.look([staff], now()) == []
    portal.clock.shift(timedelta(hours=23))
    assert leavers.look([staff], now()) == []
    portal.clock.shift(timedelta(hours=1))
    assert leavers.look([staff], now()) == ["Berth", "staff"]


def test_killed_half_way_another_goes_on_behind_the_last_page(
    portal: Portal, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed() -> None:
        if len(staff.asked) > 20:
            raise SystemExit

    monkeypatch.setattr(leavers, "PAGE", 10)
    staff.there.remove("person-1")
    staff.asked, staff.at_each = [], killed
    with pytest.raises(SystemExit):
        next_night(portal, staff)
    before, staff.asked, staff.at_each = staff.asked[:20], [], lambda: None
    assert leavers.look([staff], now()) == []  # it may be on its way still
    portal.clock.shift(leavers.HOLD)
    assert leavers.look([staff], now()) == ["staff"]
    assert not set(before) & set(staff.asked)
    assert gone() == {"person-1"}


def test_who_was_overtaken_while_the_source_was_slow_writes_nothing(
    portal: Portal, staff: Staff
) -> None:
    def overtaken() -> None:
        Register.objects.filter(name="staff").update(due_at=now() + timedelta(hours=2))

    staff.there.remove("person-1")
    staff.at_each = overtaken
    next_night(portal, staff)
    assert gone() == set()
    assert not Acquaintance.objects.exclude(missing_at=None).exists()


@pytest.mark.parametrize("said", [[], [Known.NO], [False] * 200])
def test_half_an_answer_flags_nobody(portal: Portal, staff: Staff, said: list[Known]) -> None:
    class Half(Staff):
        def known(self, people: Sequence[Somebody]) -> Sequence[Known]:
            super().known(people)
            return said

    next_night(portal, Half(set()))
    assert gone() == set()
    assert "did not answer for everybody" in Register.objects.get(name="staff").last_error


def test_sources_of_the_file_of_entitlement_are_asked_if_they_say_so(
    portal: Portal, alice: User, bob: User, settings: Settings
) -> None:
    for name in ("staff", "others"):
        (portal.folder / f"{name}.yaml").write_text(RULES.format('"local:alice", "local:bob"'))
    settings.BERTH_ENTITLEMENT_CONFIG = portal.folder / "sources.yaml"
    settings.BERTH_ENTITLEMENT_CONFIG.write_text(SOURCES.format(folder=portal.folder))
    assert leavers.look_for_leavers() == ["Berth", "staff"]
    (portal.folder / "staff.yaml").write_text(RULES.format('"local:bob"'))
    (portal.folder / "others.yaml").write_text(RULES.format('"local:alice"'))
    portal.clock.shift(timedelta(days=1))
    leavers.look_for_leavers()
    assert gone() == {"alice"}


def test_somebody_who_is_switched_off_is_flagged_until_they_are_switched_on(
    portal: Portal, staff: Staff, olivia: User
) -> None:
    ann = User.objects.get(username="person-7")
    accounts.switch_off(ann, by=olivia)
    next_night(portal, staff)
    assert gone() == {"person-7"}
    accounts.switch_on(ann, by=olivia)
    next_night(portal, staff)
    assert gone() == set()


def test_only_operators_have_sources_asked_or_take_a_flag_off(
    portal: Portal, alice: User, olivia: User
) -> None:
    door.flag(alice, told_by="staff", by=SYSTEM)
    leaver = Leaver.objects.get()
    for refused in (
        lambda: leaving.look_now(by=alice),
        lambda: door.clear(leaver, by=alice),
    ):
        with pytest.raises(RoleMissing):
            refused()
    assert door.clear(leaver, by=olivia)
    assert not door.clear(leaver, by=olivia)


def test_flagged_twice_it_is_one_flag_and_one_entry(portal: Portal, alice: User) -> None:
    assert door.flag(alice, told_by="staff", by=SYSTEM)
    assert not door.flag(alice, told_by="elsewhere", by=SYSTEM)
    assert Entry.objects.filter(verb="flagged as having left").count() == 1
