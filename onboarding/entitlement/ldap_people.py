"""Who is still there, of many people at once: each is looked for on one connection."""

from collections.abc import Mapping, Sequence
from typing import Any

import ldap3

from onboarding.entitlement import directory as directories
from onboarding.entitlement.directory import Directory, Unanswered
from onboarding.ports import Known
from portal.errors import TrustUnreadable
from portal.outbound import WayOut

SECONDS = 60  # for all of them; nobody waits for it
CONTROL = "userAccountControl"  # of Active Directory
SWITCHED_OFF = 2  # ADS_UF_ACCOUNTDISABLE


def there(directory: Directory, way: WayOut, names: Sequence[str]) -> Sequence[Known]:
    """Say of each name whether it has an entry that is not switched off. Raises Unanswered."""
    if not names:
        return []
    try:
        connection = directories.prepared(directory, way)
    except TrustUnreadable as error:
        raise Unanswered("source_unreachable", error.detail) from error
    with directories.within(SECONDS, connection):
        directories.begin(connection, directory)
        directories.sign_in(connection)
        return [_known(connection, directory, name) for name in names]


def _known(connection: ldap3.Connection, directory: Directory, name: str) -> Known:
    try:
        entry = directories.account_of(connection, directory.people, name, CONTROL)
    except Unanswered as error:
        if error.code == "person_unknown":
            return Known.NO
        if error.code == "person_ambiguous":
            return Known.UNSAID
        raise
    return Known.NO if _is_off(entry) else Known.YES


def _is_off(entry: Mapping[str, Any]) -> bool:
    values = {name.lower(): held for name, held in entry["raw_attributes"].items()}
    return any(int(each) & SWITCHED_OFF for each in values.get(CONTROL.lower(), ()))
