"""Everything the process needs from outside, in our words: protocols and frozen values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from onboarding.changes.policies import Stage
from portal.reaching import Tried

# Entitlement: may this person do that?


class Outcome(Enum):
    """A source's answer. Neither UNKNOWN (could not tell) nor SILENT (no rule fits) permits.

    REFERRED is never a source's: sources could not tell, and the site lets a person decide then.
    """

    PERMIT = "permit"
    DENY = "deny"
    UNKNOWN = "unknown"
    SILENT = "silent"
    REFERRED = "referred"


@dataclass(frozen=True)
class Query:
    """Who wants to do what where. `subject` is issuer and subject, never an e-mail address.

    `claims` are what the identity provider said of the person at `claims_at`, the last sign-in;
    people with a local account have none.
    """

    subject: str
    groups: frozenset[str]
    action: str  # onboard, approve, offboard …
    tenant: str
    application: str
    environment: str
    claims: Mapping[str, Any] = field(default_factory=dict)
    claims_at: datetime | None = None


@dataclass(frozen=True)
class Answer:
    """An outcome with its reason and remedy for people, and the evidence it rests on.

    `decision` is the id that the source gave it; after `expires_at` it must not be relied on.
    """

    outcome: Outcome
    source: str
    reason_code: str
    reason: str
    remedy: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    revision: str = ""  # of the policy that answered
    decision: str = ""
    expires_at: datetime | None = None


class EntitlementSource(Protocol):
    """Something that knows who may do what."""

    name: str

    def check(self, query: Query) -> Answer:
        """Answer the query. A source that cannot tell answers UNKNOWN; it never raises."""
        ...


@runtime_checkable
class BatchSource(EntitlementSource, Protocol):
    """A source that answers several questions by one call; no source has to."""

    def check_all(self, queries: Sequence[Query]) -> Sequence[Answer]:
        """Answer each query, in their order; UNKNOWN where it cannot tell. It never raises."""
        ...


@runtime_checkable
class TriableSource(EntitlementSource, Protocol):
    """A source whose connection can be tried stage by stage; of others one question is asked."""

    where: str  # for operators, such as an address; without any secret

    def probe(self, query: Query) -> Iterable[Tried]:
        """Tell stages as they end, up to the first that fails; each bounded in time and size.

        It is for operators: nothing secret in it, foreign text cut. Nothing but what is configured
        is called.
        """
        ...


class Known(Enum):
    """Whether a source still knows somebody. What it leaves unsaid means nothing."""

    YES = "yes"
    NO = "no"
    UNSAID = "unsaid"


@dataclass(frozen=True)
class Somebody:
    """A person by issuer and subject, and what their identity provider said at the last sign-in."""

    subject: str
    claims: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class PeopleSource(Protocol):
    """A source of entitlement that can also tell who is no longer there.

    It is asked only where `leavers` is true, which is for its configuration to say.
    """

    name: str
    leavers: bool

    def known(self, people: Sequence[Somebody]) -> Sequence[Known]:
        """Say of each person in turn; UNSAID of those who are none of its own, or in doubt.

        Raises RegisterSilent where it cannot tell: then nobody of them has left.
        """
        ...


@runtime_checkable
class RereadSource(EntitlementSource, Protocol):
    """A source that goes on by what it read last where that was spoilt since; no source has to.

    `doubt` says in words what was wrong when it last read, or nothing.
    """

    doubt: str

    def refresh(self) -> None:
        """Read again, so that processes which are forked from here know it. It never raises."""
        ...


# Change control


class Verdict(Enum):
    """Where a change stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class ChangeWish:
    """What a change is opened with. `key` is the same on every try.

    Without stages it is a standard change, approved by policy. A system with approvals of its own
    asks its own people and leaves the stages aside.
    """

    key: str
    order_uuid: UUID
    title: str
    description: str
    digest: str
    requester: str
    expires_at: datetime
    stages: tuple[Stage, ...] = ()
    not_before: datetime | None = None  # the start that was asked for
    policy: str = ""  # that said so, by its name
    control: str = ""  # SHA-256 of the file of change control

    @property
    def standard(self) -> bool:
        return not self.stages


@dataclass(frozen=True)
class ChangeState:
    """A change as its system has it; the approval counts for `digest` only."""

    number: str
    verdict: Verdict
    digest: str
    window_start: datetime | None = None
    window_end: datetime | None = None
    url: str = ""
    note: str = ""


class Changes(Protocol):
    """A change-management system. Opening twice with one key gives one change."""

    def open(self, wish: ChangeWish) -> str:
        """Return the number of the change that this key has, made now if there was none."""
        ...

    def unclosed(self, order_uuid: UUID) -> Sequence[str]:
        """Return the numbers of this order's changes that are neither closed nor cancelled."""
        ...

    def state(self, number: str) -> ChangeState: ...

    def start(self, number: str) -> None: ...

    def close(self, number: str, *, successful: bool, note: str) -> None: ...

    def cancel(self, number: str, *, note: str) -> None: ...


# Scaffolds and repositories


@dataclass(frozen=True)
class File:
    """One file of a repository tree: path with slashes, content, and whether it may be run."""

    path: str
    content: str
    executable: bool = False


@dataclass(frozen=True)
class About:
    """What people read of a scaffold before they choose it; `contents` are short lines."""

    name: str
    version: str
    title: str
    summary: str
    contents: Sequence[str]


class Scaffolder(Protocol):
    """Templates of application repositories."""

    def names(self) -> Sequence[str]: ...

    def about(self, name: str) -> About:
        """Return what the scaffold says of itself. Raises ScaffoldBroken."""
        ...

    def version(self, name: str) -> str: ...

    def render(self, name: str, answers: Mapping[str, Any]) -> Sequence[File]:
        """Return the tree that the answers give, sorted by path; the same on every call.

        Raises ScaffoldBroken with what the template engine said.
        """
        ...


@dataclass(frozen=True)
class Commit:
    """What is to be committed, all chosen when the plan was drafted.

    `key` (letters, digits and dashes) marks the commit, so that a repeated push finds it. `files`
    are added where the repository does not have them; a file that is there already is the team's
    and stays as it is. `branches` and `tags` are references made at the commit where they do not
    exist yet.
    """

    key: str
    files: Sequence[File]
    message: str
    author: str
    email: str
    at: datetime
    branches: Sequence[str] = ()
    tags: Sequence[str] = ()


class GitHost(Protocol):
    """Where application repositories live. Names are `<tenant>/<application>`.

    Every call may be repeated. Raises GitHostUnreachable when no answer can be had.
    """

    name: str

    def ensure(self, repository: str, *, owner: UUID) -> str:
        """Make the repository if it is absent and return its address for `git clone`.

        Raises RepositoryForeign when it exists and was not made for this owner.
        """
        ...

    def exists(self, repository: str) -> bool: ...

    def names(self) -> Sequence[str]:
        """Return the names of all repositories in order, whoever made them; archived ones not."""
        ...

    def address(self, repository: str) -> str:
        """Return the address for `git clone`, without asking the host.

        A name that ends in a slash is a folder, and its address begins that of every repository
        in it.
        """
        ...

    def push(self, repository: str, commit: Commit) -> str:
        """Put the commit on the default branch once, and return its SHA-1 on every call.

        With nothing to add, that is the head at the time. Raises RepositoryMoved when somebody
        pushed meanwhile or the repository is gone, PushRefused when something is in the way.
        """
        ...

    def protect(self, repository: str, patterns: Sequence[str]) -> None:
        """Let only releasers change references that match, such as `refs/heads/prod`.

        Patterns add up. Raises PushRefused for one that the host cannot protect.
        """
        ...

    def contains(self, repository: str, applied: str, ours: str) -> bool | None:
        """Say whether commit `applied` is `ours` or a descendant of it; None: cannot tell."""
        ...

    def archive(self, repository: str, key: str, *, owner: UUID) -> str:
        """Put a repository out of everybody's reach, once for each key, and keep all of it.

        Returns `archived`, also when it was before, or `absent`. Raises RepositoryMoved while
        somebody pushes, and RepositoryForeign when it was not made for this owner.
        """
        ...

    def undo_push(self, repository: str, key: str) -> str:
        """Delete the repository if its heads are still what `key` pushed, else archive it.

        Returns `deleted`, `archived`, `kept` (others use it; branches and tags that `key` made and
        nobody moved are gone) or `absent`. Raises RepositoryMoved while somebody pushes.
        """
        ...
