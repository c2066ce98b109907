"""Entitlement from a versioned file, YAML or CSV: rules of permit and deny, first-class evidence.

Every question reads the file. A wrong one that takes the place of a good one leaves that in force,
in this process, and every answer says so. A file that is missing, or wrong at first, is UNKNOWN.

    version: 1
    rules:
      - effect: permit
        groups: [payments-developers]     # or people: ["local:dana"]
        actions: [onboard, resize, offboard]  # the kinds of orders
        tenant: payments                  # "*" for every tenant
        applications: ["*"]
        environments: [dev, test]
        reason: Developers of payments may order dev and test.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from onboarding.entitlement import table
from onboarding.entitlement.fields import Fields
from onboarding.ports import Answer, Known, Outcome, Query, Somebody
from portal import strict_yaml
from portal.errors import RegisterSilent, storable
from portal.outbound import WayOut
from portal.reaching import Stages, failed, went

VERSION = 1
LISTS = ("groups", "people", "actions", "applications", "environments")
TEXTS = ("effect", "tenant", "reason", "remedy")
THERE = "Put the file there, and let the account that Berth runs under read it."
MEND = "Mend the file. A process that starts before that permits nobody by it."

log = logging.getLogger(__name__)


class PolicyBroken(Exception):
    """The file does not have the form that it must have."""


@dataclass(frozen=True)
class Policy:
    """A read file: its rules and the SHA-256 of its bytes.

    `kept_because` says what is wrong with the file that is there now, if this is an older one.
    """

    rules: Sequence[Mapping[str, Any]]
    revision: str
    kept_because: str = ""

    @property
    def doubt(self) -> Mapping[str, str]:
        """What answers tell of a file that does not count."""
        return {"broken_file": self.kept_because} if self.kept_because else {}


class FileEntitlements:
    """The source `file`. A deny that fits wins over every permit that fits."""

    def __init__(self, path: Path, *, name: str = "file", leavers: bool = False) -> None:
        self.name = name
        self.leavers = leavers
        self._path = path
        self._kept: Policy | None = None
        self.doubt = ""

    @classmethod
    def from_settings(cls, name: str, fields: Fields, _way: WayOut) -> "FileEntitlements":
        """Return the source with the fields `path` and `leavers`. Raises FieldsUnfit."""
        path, leavers = fields.path("path"), fields.flag("leavers", default=False)
        fields.done()
        return cls(path, name=name, leavers=leavers)

    def check(self, query: Query) -> Answer:
        """Answer from the file as it is now."""
        try:
            policy = self._in_force()
        except PolicyBroken as error:
            return self._unknown(str(error)[:300])
        except OSError as error:
            return self._unknown(error.strerror or "It cannot be opened.")
        fitting = [rule for rule in policy.rules if fits(rule, query)]
        denied = [rule for rule in fitting if rule["effect"] == "deny"]
        if denied:
            return self._by_rule(Outcome.DENY, "denied_by_rule", denied[0], policy)
        if fitting:
            return self._by_rule(Outcome.PERMIT, "permitted_by_rule", fitting[0], policy)
        return Answer(
            Outcome.SILENT,
            self.name,
            "no_rule",
            "No rule of the entitlement file covers this.",
            remedy=remedy(policy.rules, query),
            evidence=policy.doubt,
            revision=policy.revision,
        )

    @property
    def where(self) -> str:
        """The path of the file."""
        return str(self._path)

    def probe(self, _query: Query) -> Stages:
        """Try to read it, and tell which revision counts in this process."""
        try:
            policy = self._in_force()
        except OSError as error:
            yield failed("File", f"{self._path}: {error.strerror or 'it cannot be opened'}.", THERE)
            return
        except PolicyBroken as error:
            yield went("File", f"{self._path} is there.")
            yield failed("Rules", f"{error} Nobody is permitted by it.", MEND)
            return
        yield went("File", f"{self._path} is there.")
        told = f"{len(policy.rules)} rules of revision {policy.revision}"
        if policy.kept_because:
            yield failed("Rules", f"{policy.kept_because} Here {told} stay in force.", MEND)
        else:
            yield went("Rules", f"{told} are in force.")

    def known(self, people: Sequence[Somebody]) -> Sequence[Known]:
        """Say whom the rules name. Raises RegisterSilent for a file that is not whole."""
        try:
            policy = read(self._path)
        except (PolicyBroken, OSError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise RegisterSilent(storable(f"The file cannot be read: {why}"[:300])) from error
        named = {each for rule in policy.rules for each in rule.get("people", ())}
        if not named:
            raise RegisterSilent("The file names nobody.")
        return [Known.YES if each.subject in named else Known.NO for each in people]

    def refresh(self) -> None:
        """Read the file, so that a process which is forked from here knows what was good."""
        self.doubt = ""
        try:
            self.doubt = self._in_force().kept_because
        except PolicyBroken as error:
            self.doubt = storable(str(error)[:300])
        except (OSError, ValueError):  # one that is not there is no broken one: who asks is told
            return

    def _in_force(self) -> Policy:
        """Return the policy that counts now. Raises PolicyBroken or OSError where none does."""
        kept = self._kept
        try:
            found = read(self._path)
        except OSError:
            self._kept = None  # a file that is taken away takes its policy along
            raise
        except PolicyBroken as error:
            if kept is None:
                raise
            found = replace(kept, kept_because=storable(str(error)[:300]))
        if found.kept_because and found != kept:
            told = (self._path, found.revision, found.kept_because)
            log.error("%s is broken, so its revision %s stays in force: %s", *told)
        self._kept = found
        return found

    def _by_rule(
        self, outcome: Outcome, code: str, rule: Mapping[str, Any], policy: Policy
    ) -> Answer:
        return Answer(
            outcome,
            self.name,
            code,
            rule.get("reason") or "A rule of the entitlement file says so.",
            remedy=rule.get("remedy", ""),
            evidence={"rule": dict(rule), **policy.doubt},
            revision=policy.revision,
        )

    def _unknown(self, why: str) -> Answer:
        return Answer(
            Outcome.UNKNOWN,
            self.name,
            "source_unreadable",
            "The entitlement file cannot be read, so nobody is permitted.",
            remedy="An operator has to mend the entitlement file.",
            evidence={"error": storable(why)},
        )


def read(path: Path) -> Policy:
    """Read and check the file. Raises PolicyBroken in words, or OSError."""
    try:
        found = table.read(path, LISTS) if path.suffix == ".csv" else strict_yaml.read(path)
    except strict_yaml.Unreadable as error:
        raise PolicyBroken(str(error)) from error
    content = found.parsed
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise PolicyBroken(f"The file must say `version: {VERSION}` on top.")
    rules = content.get("rules")
    if not isinstance(rules, list):
        raise PolicyBroken("`rules` must be a list.")
    for number, rule in enumerate(rules, start=1):
        _check_rule(number, rule)
    return Policy(rules, found.revision)


def _check_rule(number: int, rule: object) -> None:
    if not isinstance(rule, dict) or rule.get("effect") not in ("permit", "deny"):
        raise PolicyBroken(f"Rule {number}: `effect` must be permit or deny.")
    unknown = set(rule) - {*LISTS, *TEXTS}
    if unknown:
        raise PolicyBroken(f"Rule {number}: unknown keys {', '.join(sorted(map(str, unknown)))}.")
    if not (rule.get("groups") or rule.get("people")):
        raise PolicyBroken(f"Rule {number}: name `groups` or `people`.")
    _check_values(number, rule)


def _check_values(number: int, rule: Mapping[str, Any]) -> None:
    for key in LISTS:
        value = rule.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise PolicyBroken(f"Rule {number}: `{key}` must be a list of texts.")
    for key in TEXTS:
        if not isinstance(rule.get(key, ""), str):
            raise PolicyBroken(f"Rule {number}: `{key}` must be a text.")
    for key, value in rule.items():
        if any(text != storable(text) for text in ([value] if isinstance(value, str) else value)):
            raise PolicyBroken(f"Rule {number}: `{key}` holds a character that cannot be kept.")


def fits(rule: Mapping[str, Any], query: Query) -> bool:
    """Say whether the rule speaks of this person and this wish; what is left out fits nothing."""
    person = query.subject in rule.get("people", []) or not query.groups.isdisjoint(
        rule.get("groups", [])
    )
    return person and _covers(rule, query)


def _covers(rule: Mapping[str, Any], query: Query) -> bool:
    return (
        _listed(query.action, rule.get("actions", []))
        and _listed(query.tenant, [rule.get("tenant", "")])
        and _listed(query.application, rule.get("applications", []))
        and _listed(query.environment, rule.get("environments", []))
    )


def _listed(value: str, allowed: Sequence[str]) -> bool:
    return "*" in allowed or value in allowed


def remedy(rules: Sequence[Mapping[str, Any]], query: Query) -> str:
    """Name the groups that a permit for this wish would come from, or nothing."""
    groups = sorted(
        {
            group
            for rule in rules
            if rule["effect"] == "permit" and _covers(rule, query)
            for group in rule.get("groups", [])
        }
    )
    return f"Ask to join one of these groups: {', '.join(groups)}." if groups else ""
