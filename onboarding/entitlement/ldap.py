"""Entitlement from the groups of an LDAP directory or Active Directory.

A person's groups are read when they are asked about; their names are matched against the same
patterns as those of the source `groups`. Letters are compared as directories do: a is A.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from unicodedata import normalize

from onboarding.entitlement import issued, ldap_people, ldap_trial
from onboarding.entitlement.directory import (
    Directory,
    Groups,
    Membership,
    People,
    Unanswered,
    is_filter,
    membership,
)
from onboarding.entitlement.fields import Fields
from onboarding.entitlement.groups import GroupEntitlements, pattern_faults
from onboarding.ports import Answer, Known, Outcome, Query, Somebody
from portal.errors import RegisterSilent, storable
from portal.outbound import WayOut
from portal.reaching import Stages

LONGEST = 256  # characters of a name that is looked for
SHOWN = 300  # characters of foreign text
LOOPBACK = re.compile(r"ldap://(127\.0\.0\.1|\[::1\]|localhost)([:/]|$)")
ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
UNSEEN = re.compile("[\u034f\u1806\u180b-\u180d\ufe00-\ufe0f]")  # printable, by Python
SUBJECT = "subject"
NESTINGS = ("steps", "chain", "none")
# what the person reads; the rest is for operators, in the evidence
WORDS: Mapping[str, tuple[str, str]] = {
    "person_unknown": (
        "The directory has no entry for you, so it cannot say what you may do.",
        "Ask those who look after the directory for an entry, or sign in with the account it has.",
    ),
    "person_ambiguous": (
        "The directory has several entries for you, so it cannot say what you may do.",
        "An operator has to make the search for people more exact.",
    ),
    "person_unnamed": (
        "Your sign-in gives no name by which the directory could know you.",
        "Sign in with the account that the directory has.",
    ),
    "too_many_groups": (
        "You are in more groups than the directory tells at once.",
        "An operator has to narrow the search for groups, or to raise the directory's limits.",
    ),
}
BROKEN = (
    "The directory gave no answer that counts.",
    "Try again in a few minutes. If it lasts, an operator has to look at it.",
)


@dataclass(frozen=True)
class Naming:
    """By what the directory knows people of an issuer: their subject, or the claim named `by`.

    Of another issuer, anybody could carry the same name.
    """

    issuer: str
    by: str = SUBJECT


class LdapEntitlements:
    """The source `ldap`. `groups` decides, by patterns in small letters, and gives the name."""

    def __init__(
        self,
        directory: Directory,
        naming: Naming,
        way: WayOut,
        groups: GroupEntitlements,
        *,
        leavers: bool = False,
    ) -> None:
        self.name = groups.name
        self.leavers = leavers
        self._directory = directory
        self._naming = naming
        self._way = way
        self._groups = groups

    @classmethod
    def from_settings(cls, name: str, fields: Fields, way: WayOut) -> "LdapEntitlements":
        """Return the source with the fields that docs/configure.md lists. Raises FieldsUnfit."""
        directory = _directory(fields)
        naming = Naming(fields.text("issuer"), fields.text("by", SUBJECT))
        permits = [each.lower() for each in fields.texts("permits")]
        denies = [each.lower() for each in fields.texts("denies", ())]
        for fault in pattern_faults((*permits, *denies)):
            fields.fault(fault)
        leavers = fields.flag("leavers", default=False)
        fields.done()
        groups = GroupEntitlements(permits, denies, name=name)
        return cls(directory, naming, way, groups, leavers=leavers)

    def check(self, query: Query) -> Answer:
        """Answer from the groups that the directory has the person in now."""
        try:
            found = membership(self._directory, self._wanted(query), self._way)
        except Unanswered as error:
            reason, remedy = WORDS.get(error.code, BROKEN)
            evidence = {"error": _shown(str(error))}
            return Answer(Outcome.UNKNOWN, self.name, error.code, reason, remedy, evidence)
        return self._by_groups(found, query)

    @property
    def where(self) -> str:
        """The address of the directory."""
        return self._directory.url

    def probe(self, query: Query) -> Stages:
        """Try the way to it, the account of the portal, and the person with their groups."""
        try:
            name, unnamed = self._wanted(query), ""
        except Unanswered as error:
            name, unnamed = "", str(error)
        return ldap_trial.tried(self._directory, self._way, name, unnamed)

    def known(self, people: Sequence[Somebody]) -> Sequence[Known]:
        """Say who has an entry that is not switched off. Raises RegisterSilent."""
        names = [self._name_of(each) for each in people]
        try:
            found = iter(ldap_people.there(self._directory, self._way, list(filter(None, names))))
        except Unanswered as error:
            raise RegisterSilent(_shown(str(error))) from error
        return [next(found) if name else Known.UNSAID for name in names]

    def _name_of(self, person: Somebody) -> str:
        """Return by what the directory knows a person, or "" for somebody of elsewhere."""
        try:
            return self._wanted(person)
        except Unanswered:
            return ""

    def _wanted(self, query: Query | Somebody) -> str:
        """Return the name to look for. Raises Unanswered where there is none."""
        wanted: object = issued.subject(query, self._naming.issuer)
        if wanted and self._naming.by != SUBJECT:
            wanted = query.claims.get(self._naming.by)
        if not isinstance(wanted, str) or not _is_plain(wanted):
            missing = f"{self._naming.by} of {self._naming.issuer}"
            raise Unanswered("person_unnamed", f"There is no {missing} to look for.")
        return wanted

    def _by_groups(self, found: Membership, query: Query) -> Answer:
        held = frozenset(group.lower() for group in found.groups)
        answer = self._groups.check(replace(query, groups=held))
        facts = {"person": _shown(found.person), "groups": len(held)}
        return replace(answer, evidence={**answer.evidence, **facts})


def _directory(fields: Fields) -> Directory:
    """Read where the directory is; faults are kept in the fields."""
    url = fields.address("url", ("ldaps", "ldap"))
    start_tls = fields.flag("start_tls", default=False)
    if url.startswith("ldaps:") and start_tls:
        fields.fault("`start_tls` goes with ldap://; ldaps:// speaks TLS from the start.")
    if url.startswith("ldap:") and not start_tls and not LOOPBACK.match(url):
        fields.fault("`url` must begin with ldaps://, or `start_tls` be true: not on loopback.")
    people = People(fields.text("people"), _filter(fields, "person_filter", None))
    if people.filter.count("{}") != 1:
        fields.fault("`person_filter` must hold {} once, where the name of the person goes.")
    groups = Groups(
        below=fields.text("groups"),
        filter=_filter(fields, "group_filter", Groups.filter),
        member=_attribute(fields, "member", Groups.member),
        name=_attribute(fields, "group_name", Groups.name),
        nesting=fields.choice("nesting", NESTINGS, Groups.nesting),
    )
    return Directory(
        url=url,
        bind_dn=fields.text("bind_dn"),
        password=fields.secret("password"),
        people=people,
        groups=groups,
        start_tls=start_tls,
        seconds=fields.deadline,
    )


def _filter(fields: Fields, name: str, default: str | None) -> str:
    found = fields.text(name, default)
    if not is_filter(found.replace("{}", "x")):
        fields.fault(f"`{name}` must be a filter in parentheses, such as (uid={{}}).")
    return found


def _attribute(fields: Fields, name: str, default: str) -> str:
    found = fields.text(name, default)
    if not ATTRIBUTE.fullmatch(found):
        fields.fault(f"`{name}` must be the name of an attribute, such as {default}.")
    return found


def _is_plain(name: str) -> bool:
    """Say whether a name is looked for at all.

    Directories (RFC 4518) take a name for another one that differs in spaces, in the width of
    letters or in what cannot be seen: an identity provider might have given both to people.
    """
    return (
        0 < len(name) <= LONGEST
        and name.isprintable()
        and not UNSEEN.search(name)
        and name == " ".join(normalize("NFKC", name).split())
    )


def _shown(text: str) -> str:
    text = storable(text)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
