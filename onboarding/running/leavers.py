"""The nightly look for people who have left. Without a certain no, nobody has.

There is no leader: whoever moves `due_at` of a register goes over it, page by page, and says so
with every page. One that was killed is followed by another behind the last page.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Leaver, User
from onboarding.actions import leaving
from onboarding.leavers import lookups
from onboarding.leavers.models import Acquaintance, Register
from onboarding.ports import Known, PeopleSource, Somebody
from onboarding.toolbox import tools
from portal.clock import now
from portal.errors import RegisterSilent

EVERY = timedelta(days=1)
RETRY = timedelta(hours=1)  # after a source could not tell
HOLD = timedelta(minutes=10)  # for one page, however slow the source is
PAGE = 100  # people asked about at a time
FEW = 3  # so many may always go in one night

log = logging.getLogger(__name__)


def look_for_leavers() -> list[str]:
    """Go over whatever is due, stop the orders of who has left, and name who answered."""
    answered = look(tools().sources.registers(), now())
    leaving.stop_orders()
    return answered


def look(sources: Sequence[PeopleSource], moment: datetime) -> list[str]:
    """Go over the switched-off people and over each source; return what was gone over to its end.

    The next is gone over in the next round when one breaks: its turn is later then.
    """
    by_name: Mapping[str, PeopleSource | None] = {
        Leaver.PORTAL: None,
        **{each.name: each for each in sources},
    }
    registers = [_register(name, moment) for name in by_name]
    due = sorted((each for each in registers if each.due_at <= moment), key=lambda row: row.due_at)
    return [each.name for each in due if _go_over(each, by_name[each.name], moment)]


def _register(name: str, moment: datetime) -> Register:
    found, _ = Register.objects.get_or_create(name=name, defaults={"due_at": moment})
    return found


def _go_over(register: Register, source: PeopleSource | None, moment: datetime) -> bool:
    """Go over one register from where it was left. False when that did not come to its end."""
    fresh = register.began_at is None or register.began_at < moment - EVERY
    start = {"began_at": moment, "cursor": 0} if fresh else {}
    if not _move(register, due_at=moment + HOLD, **start):
        return False
    if source is None:
        _look_at_accounts()
        return _end(register, "")
    while page := _page(register):
        try:
            said = _said(source, page)
        except RegisterSilent as error:
            _move(register, due_at=now() + RETRY, last_error=error.detail or error.code)
            return False
        if not _keep(register, page, said):
            return False
    return _conclude(register)


def _move(register: Register, **to: object) -> bool:
    """Set columns if nobody has taken the register over meanwhile."""
    held = Register.objects.filter(pk=register.pk, due_at=register.due_at)
    if not held.update(**to):
        return False
    register.refresh_from_db()
    return True


def _page(register: Register) -> list[User]:
    people = User.objects.filter(pk__gt=register.cursor).order_by("pk")
    return list(people.select_related("snapshot")[:PAGE])


def _said(source: PeopleSource, page: Sequence[User]) -> Sequence[Known]:
    """Return one word for each person. Raises RegisterSilent."""
    said = source.known([_somebody(person) for person in page])
    if len(said) != len(page) or not all(isinstance(each, Known) for each in said):
        raise RegisterSilent("It did not answer for everybody that it was asked about.")
    return said


def _somebody(person: User) -> Somebody:
    snapshot = getattr(person, "snapshot", None)  # people with a local account have none
    return Somebody(person.ident, snapshot.claims if snapshot else {})


@transaction.atomic
def _keep(register: Register, page: Sequence[User], said: Sequence[Known]) -> bool:
    """Write down what was said of a page, and that it is done."""
    moment = now()
    if not _move(register, due_at=moment + HOLD, cursor=page[-1].pk):
        return False
    rows = [
        Acquaintance(register=register, person=person, known_at=moment)
        for person, word in zip(page, said, strict=True)
        if word is Known.YES
    ]
    Acquaintance.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["register", "person"],
        update_fields=["known_at", "missing_at"],
    )
    gone = [person for person, word in zip(page, said, strict=True) if word is Known.NO]
    missing = Acquaintance.objects.filter(register=register, person__in=gone, missing_at=None)
    missing.update(missing_at=moment)
    return True


def _conclude(register: Register) -> bool:
    """Flag who is missing now, unless that are too many to be true; unflag who is there again."""
    met = Acquaintance.objects.filter(register=register)
    for leaver in lookups.flagged_by(register.name, met.filter(missing_at=None)):
        leaving.find_again(leaver)
    missing = lookups.unflagged(met.filter(missing_at__isnull=False))
    doubt = _doubt(register, met, missing.count())
    if doubt:
        log.error("nobody is flagged as having left: %s: %s", register.name, doubt)
        return _end(register, doubt)
    for person in User.objects.filter(pk__in=missing.values("person")):
        leaving.flag(person, told_by=register.name)
    return _end(register, "")


def _doubt(register: Register, met: QuerySet[Acquaintance], missing: int) -> str:
    """Say why so many leavers are not believed; "" where they are."""
    share = settings.BERTH_LEAVERS_PERCENT
    everybody = met.count()
    if missing and not met.filter(known_at__gte=register.began_at).exists():
        return f"It knows none of {everybody} people any more, so it is not believed."
    if missing > max(FEW, everybody * share // 100):
        return (
            f"It misses {missing} of {everybody} people at once, more than {share} %. Nobody is "
            "flagged. If they have left, raise BERTH_LEAVERS_PERCENT for the next look."
        )
    return ""


def _end(register: Register, doubt: str) -> bool:
    began = register.began_at or now()
    ended = {"due_at": began + EVERY, "began_at": None, "looked_at": now(), "last_error": doubt}
    return _move(register, **ended)


def _look_at_accounts() -> None:
    """Flag who is switched off here, and unflag who is switched on again."""
    for person in lookups.switched_off():
        leaving.flag(person, told_by=Leaver.PORTAL)
    for leaver in lookups.switched_on():
        leaving.find_again(leaver)
