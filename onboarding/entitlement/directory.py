"""One question to an LDAP directory: who a person is, and which groups they are in.

A connection is made for each question and cut when its time is up. Everything that is not a whole
answer raises Unanswered, with a sentence for operators.
"""

import math
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ssl import SSLContext
from threading import Timer
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import ldap3
from ldap3.core import exceptions, results
from ldap3.operation import search
from ldap3.utils.conv import escape_bytes
from pyasn1.error import PyAsn1Error

from portal.errors import TrustUnreadable
from portal.outbound import WayOut

IN_CHAIN = "1.2.840.113556.1.4.1941"  # Active Directory's rule that goes up nested groups itself
PAGES = "1.2.840.113556.1.4.319"  # the control of paged results, RFC 2696
PAGE = 500  # entries
DEEPEST = 10  # groups in groups
MOST = 2_000  # groups of one person
AT_ONCE = 50  # groups that one search asks about
# beside its own errors the library lets slip what a damaged answer raises in it
SLIPS = (
    exceptions.LDAPException,
    AttributeError,
    LookupError,
    OSError,
    PyAsn1Error,
    TypeError,
    ValueError,
)
CODES = {
    results.RESULT_TIME_LIMIT_EXCEEDED: "source_timeout",
    results.RESULT_SIZE_LIMIT_EXCEEDED: "too_many_groups",
    results.RESULT_ADMIN_LIMIT_EXCEEDED: "too_many_groups",
}


@dataclass(frozen=True)
class People:
    """How the one entry of a person is found: below a DN, by a filter in which `{}` is the name."""

    below: str
    filter: str


@dataclass(frozen=True)
class Groups:
    """How groups are found: below a DN, by a filter, by who stands in them under `member`.

    `nesting` is `chain` (Active Directory goes up nested groups itself), `steps` (we do) or `none`.
    """

    below: str
    filter: str = "(objectClass=groupOfNames)"
    member: str = "member"
    name: str = "cn"
    nesting: str = "steps"


@dataclass(frozen=True)
class Directory:
    """Where the directory is, as whom it is asked, and how long an answer may take.

    `url` is ldaps, or ldap with `start_tls`; plain ldap is for loopback only.
    """

    url: str
    bind_dn: str
    password: str = field(repr=False)
    people: People
    groups: Groups
    start_tls: bool = False
    seconds: float = 2.0


class Unanswered(Exception):
    """The directory gave no whole answer; the sentence is for operators and holds no password."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        super().__init__(sentence)


@dataclass(frozen=True)
class Membership:
    """A person's entry, and the names of all groups that they are in."""

    person: str  # DN
    groups: frozenset[str]


class _Trust(ldap3.Tls):
    """TLS as everywhere in the portal: the library would make a context of its own."""

    def __init__(self, context: SSLContext, host: str) -> None:
        super().__init__()
        self._context = context
        self._host = host

    def wrap_socket(self, connection: ldap3.Connection, do_handshake: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the library's signature
        # the handshake has to wait until there is a socket that can be cut
        connection.socket = self._context.wrap_socket(
            connection.socket, server_hostname=self._host, do_handshake_on_connect=False
        )
        connection.socket.do_handshake()


def membership(directory: Directory, name: str, way: WayOut) -> Membership:
    """Return the one person of this name with their groups. Raises Unanswered."""
    try:
        connection = prepared(directory, way)
    except TrustUnreadable as error:
        raise Unanswered("source_unreachable", error.detail) from error
    with within(directory.seconds, connection):
        begin(connection, directory)
        sign_in(connection)
        person = entry_of(connection, directory.people, name)
        return Membership(person, groups_of(connection, directory.groups, person))


def is_filter(text: str) -> bool:
    """Say whether a text is a filter of RFC 4515 that the library can send."""
    parse: Callable[..., object] = search.parse_filter  # the stubs leave it untyped
    try:
        parse(
            text,
            schema=None,
            auto_escape=False,
            auto_encode=True,
            validator=None,
            check_names=False,
        )
    except (exceptions.LDAPException, ValueError, LookupError):
        return False
    return True


def prepared(directory: Directory, way: WayOut) -> ldap3.Connection:
    found = urlsplit(directory.url)
    host, is_tls = found.hostname or "", found.scheme == "ldaps"
    server = ldap3.Server(
        host,
        found.port,
        use_ssl=is_tls,
        tls=_Trust(way.trust(), host) if is_tls or directory.start_tls else None,
        get_info="NO_INFO",
        connect_timeout=directory.seconds,
    )
    return ldap3.Connection(
        server,
        directory.bind_dn,
        directory.password,
        authentication="SIMPLE",
        auto_referrals=False,
        read_only=True,
        auto_escape=False,
        receive_timeout=math.ceil(directory.seconds),  # the library takes whole seconds only
    )


@contextmanager
def within(seconds: float, connection: ldap3.Connection) -> Iterator[None]:
    """Cut the connection when the time is up, whatever it is at. Raises Unanswered."""
    ends = monotonic() + seconds
    alarm = Timer(seconds, _cut, [connection])
    alarm.start()
    try:
        yield
    except SLIPS as error:
        if monotonic() >= ends:
            raise Unanswered("source_timeout", "It did not answer in time.") from error
        why = connection.last_error or str(error)
        raise Unanswered("source_unreachable", f"The talk with it broke off: {why}") from error
    finally:
        alarm.cancel()
        # the library leaves a socket open that could not be connected
        if connection.socket is not None:
            connection.socket.close()


def _cut(connection: ldap3.Connection) -> None:
    open_socket = connection.socket
    if open_socket is not None:
        with suppress(OSError):  # it has ended meanwhile
            # that of TLS sockets would let go of TLS first, and what is just being sent be plain
            socket.socket.shutdown(open_socket, socket.SHUT_RDWR)


def begin(connection: ldap3.Connection, directory: Directory) -> None:
    """Open the connection, with TLS where it begins after that."""
    connection.open(read_server_info=False)
    if directory.start_tls and not connection.start_tls(read_server_info=False):
        # without it the password would go in plain
        raise Unanswered("source_refused", "It does not begin TLS.")


def sign_in(connection: ldap3.Connection) -> None:
    if not connection.bind(read_server_info=False):
        told = connection.result["description"]
        raise Unanswered("source_refused", f"It does not let the portal sign in: {told}.")


def entry_of(connection: ldap3.Connection, people: People, name: str) -> str:
    """Return the DN of the one entry that the filter finds."""
    return str(account_of(connection, people, name)["dn"])


def account_of(
    connection: ldap3.Connection, people: People, name: str, *attributes: str
) -> Mapping[str, Any]:
    """Return the one entry that the filter finds, with these attributes."""
    wanted = people.filter.replace("{}", _escaped(name))
    found = list(_found(connection, people.below, wanted, attributes, most=1))
    if len(found) != 1:
        code = "person_ambiguous" if found else "person_unknown"
        raise Unanswered(code, f"It has {'several' if found else 'no'} entries for this person.")
    return found[0]


def groups_of(connection: ldap3.Connection, groups: Groups, person: str) -> frozenset[str]:
    """Return the names of the groups of a person, and of those that these groups are in."""
    names: dict[str, Sequence[str]] = {}  # by DN
    asked, depth = [person], 0
    while asked:
        above = _holding(connection, groups, asked)
        asked = [dn for dn in above if dn not in names]  # so that a ring of groups ends
        names |= above
        depth += 1
        if len(names) > MOST or (asked and depth > DEEPEST):
            raise Unanswered(
                "too_many_groups",
                f"The person is in more than {MOST} groups, or in groups of groups more than "
                f"{DEEPEST} deep.",
            )
        if groups.nesting != "steps":
            break
    return frozenset(name for each in names.values() for name in each)


def _holding(
    connection: ldap3.Connection, groups: Groups, members: Sequence[str]
) -> dict[str, Sequence[str]]:
    """Return the names, by DN, of the groups that one of the members stands in."""
    found: dict[str, Sequence[str]] = {}
    rule = f":{IN_CHAIN}:" if groups.nesting == "chain" else ""
    for start in range(0, len(members), AT_ONCE):
        some = members[start : start + AT_ONCE]
        any_of = "".join(f"({groups.member}{rule}={_escaped(dn)})" for dn in some)
        wanted = f"(&{groups.filter}(|{any_of}))"
        for entry in _found(connection, groups.below, wanted, (groups.name,), most=MOST):
            found[entry["dn"]] = _names(entry, groups.name)
    return found


def _found(
    connection: ldap3.Connection, below: str, wanted: str, attributes: Sequence[str], *, most: int
) -> Iterator[Mapping[str, Any]]:
    """Search page after page; stop once there are more than `most`. Raises Unanswered."""
    cookie, count = None, 0
    while True:
        connection.search(
            below,
            wanted,
            dereference_aliases="NEVER",
            attributes=list(attributes),
            time_limit=connection.receive_timeout,
            paged_size=PAGE,
            paged_cookie=cookie,
        )
        result = connection.result
        if result["result"] != results.RESULT_SUCCESS:
            code = CODES.get(result["result"], "source_refused")
            raise Unanswered(code, f"It broke off a search: {result['description']}.")
        entries = [each for each in connection.response or () if each["type"] == "searchResEntry"]
        yield from entries
        count += len(entries)
        cookie = result.get("controls", {}).get(PAGES, {}).get("value", {}).get("cookie")
        if not cookie or count > most:
            return


def _names(entry: Mapping[str, Any], attribute: str) -> Sequence[str]:
    """Return the names of a group. One that shows none may be one whose members are refused."""
    names = [each.decode() for each in entry["raw_attributes"].get(attribute, ())]
    if not names:
        raise Unanswered("source_malformed", f"It shows a group without its {attribute}.")
    return names


def _escaped(text: str) -> str:
    """Return a text for a filter, every byte of it escaped.

    The library's parser would read some unescaped signs inside a value, such as `>=`, as its own.
    """
    return str(escape_bytes(text.encode()))
