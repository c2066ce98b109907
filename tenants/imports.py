"""Tenants and applications from a YAML file: read with line numbers, carried out all or not at all.

tenants:
  - slug: retail
    name: Retail
    support_group: retail-support
    members: [alice, bob]
    applications:
      - slug: basket
        name: Basket
        owner: alice
        cost_centre: cc-1001
        criticality: high
        classification: internal
        reference: APP-17
        support_group: basket-support
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.ledger import Actor
from tenants.actions import owners
from tenants.models import Application, Tenant

LONGEST = 2_000_000  # characters of a file
TENANT = ("slug", "name", "support_group")
APPLICATION = ("slug", "owner", *(name for name in owners.APPLICATION_FIELDS if name != "owner"))
NEEDED = {TENANT: ("slug", "name"), APPLICATION: ("slug", "name", "owner", "cost_centre")}

Row = TypeVar("Row", Tenant, Application)


@dataclass(frozen=True)
class Fault:
    """What is wrong, and in which line of the file."""

    line: int
    words: str


class Refused(Exception):
    """The file cannot be carried out; nothing of it was."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.line)
        super().__init__(f"{len(faults)} faults")


@dataclass(frozen=True)
class Text:
    """A value and the line it stands in."""

    line: int
    value: str


@dataclass(frozen=True)
class Item:
    """A tenant or an application as the file has it."""

    line: int
    columns: Mapping[str, Text]
    members: Sequence[Text] = ()
    applications: Sequence["Item"] = ()

    def plain(self) -> dict[str, str]:
        """Return the columns without their lines."""
        return {name: text.value for name, text in self.columns.items()}


@dataclass
class _Reader:
    """Walks the nodes of a file and gathers what is wrong with them."""

    faults: list[Fault] = field(default_factory=list)

    def wrong(self, node: yaml.Node, words: str) -> None:
        self.faults.append(Fault(_line(node), words))

    def tenants(self, root: yaml.Node | None) -> list[Item]:
        if root is None:
            self.faults.append(Fault(1, "The file is empty."))
            return []
        whole = self.mapping(root, {"tenants"})
        if "tenants" not in whole:
            self.wrong(root, "There must be a list “tenants”.")
        return [self.tenant(each) for each in self.sequence(whole.get("tenants"))]

    def tenant(self, node: yaml.Node) -> Item:
        found = self.mapping(node, {*TENANT, "members", "applications"})
        members = self.sequence(found.pop("members", None))
        applications = self.sequence(found.pop("applications", None))
        return Item(
            _line(node),
            self.columns(node, found, TENANT),
            [self.text(each) for each in members],
            [self.application(each) for each in applications],
        )

    def application(self, node: yaml.Node) -> Item:
        found = self.mapping(node, set(APPLICATION))
        return Item(_line(node), self.columns(node, found, APPLICATION))

    def columns(
        self, node: yaml.Node, found: Mapping[str, yaml.Node], kind: tuple[str, ...]
    ) -> dict[str, Text]:
        for name in NEEDED[kind]:
            if name not in found and isinstance(node, yaml.MappingNode):
                self.wrong(node, f"“{name}” is missing.")
        return {name: self.text(value) for name, value in found.items()}

    def mapping(self, node: yaml.Node, allowed: set[str]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self.wrong(node, "Here must be names with values, such as “slug: retail”.")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self.text(key).value
            if name not in allowed:
                self.wrong(key, f"“{name}” is not known here; {_listed(allowed)} are.")
            elif name in found:
                self.wrong(key, f"“{name}” stands here twice.")
            else:
                found[name] = value
        return found

    def sequence(self, node: yaml.Node | None) -> list[yaml.Node]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.wrong(node, "Here must be a list.")
            return []
        return list(node.value)

    def text(self, node: yaml.Node) -> Text:
        """Return a value as it is written: 0012 stays 0012."""
        if not isinstance(node, yaml.ScalarNode):
            self.wrong(node, "Here must be a single value.")
            return Text(_line(node), "")
        empty = node.tag == "tag:yaml.org,2002:null"
        return Text(_line(node), "" if empty else str(node.value))


def read(text: str) -> list[Item]:
    """Return what the file asks for. Raises Refused with every fault of its form."""
    if len(text) > LONGEST:
        raise Refused([Fault(1, f"The file is longer than {LONGEST} characters.")])
    reader = _Reader()
    items = reader.tenants(_composed(text))
    reader.faults.extend(_doubles(items))
    if reader.faults:
        raise Refused(reader.faults)
    return items


def _composed(text: str) -> yaml.Node | None:
    try:
        for event in yaml.parse(text, yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                # a few aliases of aliases can stand for billions of values
                raise Refused([Fault(_at(event.start_mark), "Aliases are not taken here.")])
        return yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        words = f"This is no YAML: {getattr(error, 'problem', None) or error}."
        raise Refused([Fault(_at(getattr(error, "problem_mark", None)), words)]) from error


def _doubles(items: Sequence[Item]) -> Iterator[Fault]:
    seen: set[str] = set()
    for item in items:
        slug = item.columns.get("slug", Text(item.line, ""))
        if slug.value in seen:
            yield Fault(slug.line, f"“{slug.value}” stands in the file twice.")
        seen.add(slug.value)
        yield from _doubles(item.applications)


def _line(node: yaml.Node) -> int:
    return _at(node.start_mark)


def _at(mark: Any) -> int:
    return int(mark.line) + 1 if mark else 1


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))


def carry_out(items: Sequence[Item], *, by: Actor, check: bool) -> list[str]:
    """Make and change what the file asks for, and say what was done; again does nothing.

    With `check`, everything is tried and taken back. Raises Refused with every fault that the
    record finds, and then nothing was done.
    """
    importing = _Import(by)
    with transaction.atomic():
        for item in items:
            importing.tenant(item)
        if check or importing.faults:
            transaction.set_rollback(True)
    if importing.faults:
        raise Refused(importing.faults)
    return importing.done


@dataclass
class _Import:
    """Carries items out one by one, and gathers what was done and what could not be."""

    by: Actor
    done: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def tenant(self, item: Item) -> None:
        wanted = item.plain()
        there = Tenant.objects.filter(slug=wanted["slug"]).first()
        found = self._made_or_changed(item, wanted, there)
        if found is None:
            return
        for name in item.members:
            self._member(found, name)
        for each in item.applications:
            self._application(found, each)

    def _made_or_changed(
        self, item: Item, wanted: dict[str, Any], there: Tenant | None
    ) -> Tenant | None:
        try:
            with transaction.atomic():
                if there is None:
                    made = owners.make_tenant(**wanted, by=self.by)
                    self.done.append(f"made tenant {made.slug}")
                    return made
                columns = {name: wanted[name] for name in wanted if name != "slug"}
                changes = owners.change_tenant(there, columns, seen=there.version, by=self.by)
                self._say("tenant", there.slug, changes)
                return there
        except ValidationError as error:
            self._refuse(item, error)
            return None

    def _application(self, tenant: Tenant, item: Item) -> None:
        owner = self._person(item.columns["owner"])
        if owner is None:
            return
        wanted: dict[str, Any] = {**item.plain(), "owner": owner}
        there = tenant.applications.select_related("owner", "tenant").filter(slug=wanted["slug"])
        try:
            with transaction.atomic():
                self._make_or_change(tenant, wanted, there.first())
        except ValidationError as error:
            self._refuse(item, error)

    def _make_or_change(
        self, tenant: Tenant, wanted: dict[str, Any], there: Application | None
    ) -> None:
        name = f"{tenant.slug}/{wanted['slug']}"
        if there is None:
            owners.make_application(tenant, **wanted, by=self.by)
            self.done.append(f"made application {name}")
            return
        columns = {column: wanted[column] for column in wanted if column != "slug"}
        changes = owners.change_application(there, columns, seen=there.version, by=self.by)
        self._say("application", name, changes)

    def _member(self, tenant: Tenant, name: Text) -> None:
        person = self._person(name)
        if person is not None and owners.add_member(tenant, person, by=self.by):
            self.done.append(f"added {name.value} to tenant {tenant.slug}")

    def _person(self, name: Text) -> User | None:
        person = User.objects.filter(username=name.value, is_active=True).first()
        if person is None:
            words = f"Nobody with an account here has the user name “{name.value}”."
            self.faults.append(Fault(name.line, words))
        return person

    def _say(self, kind: str, name: str, changes: Mapping[str, Any]) -> None:
        if changes:
            self.done.append(f"changed {kind} {name}: {', '.join(sorted(changes))}")

    def _refuse(self, item: Item, error: ValidationError) -> None:
        for name, sentences in _by_field(error).items():
            text = item.columns.get(name)
            line = text.line if text else item.line
            about = f"{name}: " if text else ""
            self.faults.extend(Fault(line, f"{about}{sentence}") for sentence in sentences)


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        return dict(error.message_dict)
    return {"": list(error.messages)}
