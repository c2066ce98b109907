"""The file of trusted issuers: whose tokens are believed, and what a workload may that fits a rule.

Everything that is wrong with it is told at once. docs/configure.md shows one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError, JMESPathTypeError

from accounts import documents, keys
from accounts.entries import Entry, Unreadable, load
from accounts.models import PERSONAL, Scope
from portal.errors import IssuerAway

SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
LONGEST_LIFE = 24 * 3600  # seconds that a file may allow; who needs longer takes a machine token
USUAL_LIFE = 3600
EVERY_TENANT = "*"
SCOPES = frozenset(Scope) - frozenset(PERSONAL)  # a workload is nobody
# audiences that platforms give out by default: others accept them too
SHARED = re.compile(
    r"https://github\.com(/.*)?|.*\bkubernetes\.default\.svc.*|sts\.amazonaws\.com|api://Azure.*"
    r"|https://gitlab\.com/?",
    re.IGNORECASE,
)


class Faulty(Exception):
    """The file cannot be used; `faults` has a sentence for everything that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__(" ".join(faults))


@dataclass(frozen=True)
class Rule:
    """Which workloads of an issuer act as which machine, and what that may."""

    name: str
    when: str  # a JMESPath expression over the claims, which has to be literally true
    scopes: tuple[str, ...]
    tenants: tuple[str, ...]  # by slug; EVERY_TENANT for all of them

    def fits(self, claims: Mapping[str, Any]) -> bool:
        """Say whether the expression is true of the claims: nothing else than `true` counts."""
        try:
            return jmespath.search(self.when, claims) is True
        except JMESPathError:  # such as a function over a claim that is not there
            return False


@dataclass(frozen=True)
class Trusted:
    """An issuer whose tokens are believed when they were made for this audience."""

    slug: str
    issuer: str
    audience: str
    longest: timedelta
    rules: tuple[Rule, ...]
    keys_url: str = ""  # "": discovery tells
    pinned: Mapping[str, Any] | None = field(default=None, repr=False)


def read(path: Path) -> tuple[Trusted, ...]:
    """Return what the file holds. Raises Faulty with every fault."""
    try:
        content = load(path)
    except Unreadable as error:
        raise Faulty([f"{error}."]) from error
    faults: list[str] = []
    if not isinstance(content, Mapping):
        raise Faulty(["It must be a mapping with `issuers`."])
    found = [_issuer(*named, faults) for named in _listed(content, "issuers", "Issuer", faults)]
    others = sorted(str(name)[:60] for name in content.keys() - {"issuers"})
    faults += [f"`{name}` means nothing here" for name in others]
    faults += _doubles(found)
    if faults:
        raise Faulty([f"{fault}." for fault in faults])
    return tuple(found)


def _listed(
    content: Mapping[Any, Any], name: str, word: str, faults: list[str]
) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    """Yield the mappings of a list with what they are called in faults."""
    rows = content.get(name)
    if not isinstance(rows, list) or not rows:
        faults.append(f"{word}s: there must be a list of them as `{name}`")
        return
    for number, row in enumerate(rows, 1):
        if isinstance(row, Mapping):
            yield f"{word} {number}", row
        else:
            faults.append(f"{word} {number} must be a mapping")


def _issuer(where: str, row: Mapping[Any, Any], faults: list[str]) -> Trusted:
    pinned, rules = row.get("pinned_keys"), _rules(where, row, faults)
    plain = {name: row[name] for name in row.keys() - {"pinned_keys", "workloads"}}
    entry = Entry(where, plain, faults)
    found = Trusted(
        slug=entry.text("slug", shape=SLUG),
        issuer=entry.text("issuer"),
        audience=entry.text("audience"),
        longest=timedelta(
            seconds=entry.seconds("longest_seconds", default=USUAL_LIFE, most=LONGEST_LIFE)
        ),
        rules=tuple(rules),
        keys_url=entry.text("keys_url", default=""),
        pinned=pinned,
    )
    entry.close()
    for fault in _unsafe(found):
        entry.fault(fault)
    return found


def _unsafe(found: Trusted) -> Iterator[str]:
    """Yield what would let the wrong tokens in, or none at all."""
    if found.issuer and not documents.can_be_asked(found.issuer):
        yield "must have an `issuer` that begins with https://"
    if found.keys_url and not documents.can_be_asked(found.keys_url):
        yield "must have a `keys_url` that begins with https://"
    if found.audience and (found.audience == found.issuer or SHARED.fullmatch(found.audience)):
        yield "has an `audience` that tokens for others have as well; choose one for Berth alone"
    if found.pinned is not None:
        yield from _unusable_keys(found)


def _unusable_keys(found: Trusted) -> Iterator[str]:
    if found.keys_url:
        yield "has both `keys_url` and `pinned_keys`; one of them would be without effect"
    try:
        keys.PinnedKeys(found.pinned if isinstance(found.pinned, Mapping) else {})
    except IssuerAway:
        yield "has `pinned_keys` without a key that could verify: they are a key set, as published"


def _rules(where: str, row: Mapping[Any, Any], faults: list[str]) -> list[Rule]:
    named = _listed(row, "workloads", f"{where}, workload", faults)
    return [_rule(Entry(*each, faults)) for each in named]


def _rule(entry: Entry) -> Rule:
    rule = Rule(
        name=entry.text("name"),
        when=entry.text("when"),
        scopes=entry.texts("scopes"),
        tenants=entry.texts("tenants"),
    )
    entry.close()
    if not rule.scopes or not SCOPES.issuperset(rule.scopes):
        entry.fault(f"must have one or more of {', '.join(sorted(SCOPES))} as `scopes`")
    if len(rule.name) > 100:
        entry.fault("has a `name` with more than 100 characters")
    for fault in _careless(rule.when):
        entry.fault(fault)
    return rule


def _careless(expression: str) -> Iterator[str]:
    """Yield what is wrong with an expression before any token has come."""
    if not expression:
        return
    try:
        always = jmespath.search(expression, {}) is True
    except JMESPathTypeError:  # a function over a claim that is not there, as it may be
        return
    except JMESPathError:
        yield "has a `when` that is no JMESPath expression"
        return
    if always:
        yield "has a `when` that is true of a token without any claim, so of everybody's"


def _doubles(found: list[Trusted]) -> Iterator[str]:
    slugs = [each.slug for each in found if each.slug]
    pairs = [(each.issuer, each.audience) for each in found]
    for slug in sorted({slug for slug in slugs if slugs.count(slug) > 1}):
        yield f"There are two issuers with the slug `{slug}`"
    for issuer, _ in sorted({pair for pair in pairs if pairs.count(pair) > 1}):
        yield f"{issuer} stands twice with one audience: only one of them would ever be asked"
