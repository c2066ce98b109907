"""Trying the connection to a directory stage by stage, on the very way that questions go.

All that is said to it has to end within the deadline of one question, as a question would.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import ldap3
from ldap3.core import results

from onboarding.entitlement import directory as directories
from onboarding.entitlement.directory import Directory, Unanswered
from portal import reaching
from portal.errors import TrustUnreadable, storable
from portal.outbound import WayOut
from portal.reaching import Stages, failed, left_out, went

SHOWN = 300  # characters of foreign text
NAMED = 10  # groups of a person that are told by name
BY_CODE = {
    "source_timeout": "Make it quicker, or raise `deadline_seconds`.",
    "too_many_groups": "Narrow `groups` and `group_filter`, or raise the directory's limits.",
    "person_ambiguous": "Make `person_filter` more exact.",
    "person_unknown": "Compare `people`, `person_filter` and `by` with the entry of the person.",
}


@dataclass(frozen=True)
class _Stage:
    name: str
    act: Callable[[ldap3.Connection], str]  # what came back in words; raises Unanswered
    change: str


def tried(directory: Directory, way: WayOut, name: str, unnamed: str) -> Stages:
    """Try everything up to the groups of the person with this name.

    Without a name, `unnamed` says why there is none, and nobody is looked for.
    """
    direct = WayOut(way.bundle)  # the proxy is for HTTP
    if not (yield from reaching.reached(directory.url, direct, seconds=directory.seconds)):
        return
    stages = [*_ground(directory), *(_about(directory, name) if name else ())]
    stage = stages[0]
    try:
        connection = directories.prepared(directory, way)
        with directories.within(directory.seconds, connection):
            for stage in stages:
                yield went(stage.name, _shown(stage.act(connection)))
    except Unanswered as error:
        yield failed(stage.name, _shown(str(error)), BY_CODE.get(error.code, stage.change))
        return
    except TrustUnreadable as error:
        yield failed("TLS", error.detail, "Mend the file of BERTH_CA_BUNDLE.")
        return
    if not name:
        yield left_out("Person", unnamed)


def _ground(directory: Directory) -> Iterator[_Stage]:
    def begin(connection: ldap3.Connection) -> str:
        directories.begin(connection, directory)
        return "TLS has begun." if directory.start_tls else "It takes the connection."

    def sign_in(connection: ldap3.Connection) -> str:
        directories.sign_in(connection)
        return f"{directory.bind_dn} is signed in."

    begins = "Let the directory begin TLS with a certificate that BERTH_CA_BUNDLE vouches for."
    yield _Stage("StartTLS" if directory.start_tls else "Opening", begin, begins)
    account = "Correct `bind_dn`, or the secret where `password` names it."
    yield _Stage("Sign-in", sign_in, account)
    yield _place("People", "people", directory.people.below)
    yield _place("Groups", "groups", directory.groups.below)


def _place(name: str, field: str, dn: str) -> _Stage:
    """Return the stage that looks whether there is an entry with this DN."""

    def look(connection: ldap3.Connection) -> str:
        connection.search(
            dn,
            "(objectClass=*)",
            search_scope="BASE",
            dereference_aliases="NEVER",
            attributes=["1.1"],  # none
            time_limit=connection.receive_timeout,
        )
        told = connection.result
        if told["result"] != results.RESULT_SUCCESS:
            raise Unanswered("source_refused", f"{dn}: {told['description']}.")
        if not any(each["type"] == "searchResEntry" for each in connection.response or ()):
            raise Unanswered("source_refused", f"{dn} is not shown.")
        return f"{dn} is there."

    change = f"Correct `{field}`, or let the account of `bind_dn` read there."
    return _Stage(name, look, change)


def _about(directory: Directory, name: str) -> Iterator[_Stage]:
    found: list[str] = []

    def person(connection: ldap3.Connection) -> str:
        found.append(directories.entry_of(connection, directory.people, name))
        return found[0]

    def groups(connection: ldap3.Connection) -> str:
        held = sorted(directories.groups_of(connection, directory.groups, found[0]))
        more = ", …" if len(held) > NAMED else ""
        return f"{len(held)} groups: {', '.join(held[:NAMED])}{more}" if held else "No group."

    yield _Stage("Person", person, "Correct `people` and `person_filter`.")
    yield _Stage("Groups of the person", groups, "Correct `groups`, `member` and `group_filter`.")


def _shown(text: str) -> str:
    text = storable(text)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
