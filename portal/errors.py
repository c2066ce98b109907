"""Everything that can go wrong, by what it means for the next try.

Four kinds: `Temporary` (time helps), `Conflict` (look again, then try), `Permanent` (a person has
to change something), `Denied` (it is not allowed). The texts people read stand in
`onboarding/messages.py`, one entry a code; a test compares both lists.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

DETAIL_LIMIT = 600  # characters of foreign text that may reach a row, a page or a log


def storable(text: str) -> str:
    """Return foreign text as databases can keep it: without NUL and halves of characters.

    PostgreSQL keeps no NUL, and no encoding a lone surrogate, which JSON and YAML can write.
    """
    return text.replace("\0", "�").encode(errors="replace").decode()


class BerthError(Exception):
    """A foreseen failure.

    `detail` says in one sentence what was met (names, never secrets) and is cut to DETAIL_LIMIT.
    """

    code: ClassVar[str] = "berth.error"

    def __init__(self, detail: str = "") -> None:
        detail = storable(detail)
        self.detail = detail if len(detail) <= DETAIL_LIMIT else detail[: DETAIL_LIMIT - 1] + "…"
        super().__init__(f"{self.code}: {self.detail}" if self.detail else self.code)


class Temporary(BerthError):
    """Time helps: the same try may succeed later without anybody doing anything."""


class Conflict(BerthError):
    """Somebody else changed the same thing: look again, then decide."""


class Permanent(BerthError):
    """Time does not help: a person has to change something first."""


class Denied(BerthError):
    """It is not allowed."""


# Clusters


class ClusterUnreachable(Temporary):
    code = "cluster.unreachable"


class ClusterBusy(Temporary):
    code = "cluster.busy"


class RightsPending(Temporary):
    """The portal's own binding in a new namespace has not reached the authoriser's cache yet."""

    code = "cluster.rights-pending"


class QuotaPending(Temporary):
    """The quota's counts are not known yet ("status unknown for quota")."""

    code = "cluster.quota-pending"


class StillGoing(Temporary):
    """What is being removed has finalizers that are still at work."""

    code = "cluster.still-going"


class TenantLeaving(Temporary):
    """The tenant's presence on the cluster is being taken away; newcomers wait until it is gone."""

    code = "cluster.tenant-leaving"


class FieldOwned(Conflict):
    """A field belongs to another field manager, which the detail names."""

    code = "cluster.field-owned"


class NamespaceForeign(Permanent):
    code = "cluster.namespace-foreign"


class PackNewer(Permanent):
    """The tenant's shared part on the cluster comes from a newer pack than the plan's."""

    code = "cluster.pack-newer"


class ObjectRefused(Permanent):
    code = "cluster.object-refused"


class ClusterForbidden(Permanent):
    """The portal's account lacks a right that it needs on the cluster."""

    code = "cluster.forbidden"


class NotJoined(Permanent):
    code = "cluster.not-joined"


class DeliveryFailed(Temporary):
    """Flux reports an error for the source or the Kustomization; a push may mend it."""

    code = "delivery.failed"


# Repositories


class GitHostUnreachable(Temporary):
    code = "githost.unreachable"


class RepositoryForeign(Permanent):
    code = "githost.repository-foreign"


class PushRefused(Permanent):
    """A file, folder or reference of the repository is in the way of what should be added."""

    code = "githost.push-refused"


class RepositoryMoved(Conflict):
    """The branch moved while the commit was made; the next try builds on the new head."""

    code = "githost.branch-moved"


class ScaffoldBroken(Permanent):
    code = "scaffold.broken"


# Plans


class PlanRefused(Permanent):
    """A rendered object breaks an invariant, or a template cannot be rendered."""

    code = "plan.refused"


class EvidenceTooLarge(Permanent):
    """What is kept about an order is larger than a pack may be."""

    code = "evidence.too-large"


class PlanOutdated(Permanent):
    """Rendering again gave another digest: the approval no longer covers what would be made."""

    code = "plan.outdated"


# Entitlement


class NotEntitled(Denied):
    code = "entitlement.denied"


class RequesterNotEntitled(Denied):
    """Whoever asked has lost the right meanwhile, so nobody can approve it; the detail says why."""

    code = "entitlement.requester-denied"


class EntitlementUnknown(Temporary):
    """No source could answer. Not a permit."""

    code = "entitlement.unknown"


class RegisterSilent(Temporary):
    """A source cannot tell now who is still there, so nobody has left."""

    code = "entitlement.register-silent"


# Change control


class ChangeRefused(Denied):
    code = "change.refused"


class ChangeExpired(Denied):
    code = "change.expired"


class ApprovalMissing(Temporary):
    """No approval is in force for this digest."""

    code = "change.approval-missing"


class WindowClosed(Temporary):
    """Now is not the time; the detail says why, `waits_for` what is waited for."""

    code = "change.window-closed"

    def __init__(self, detail: str = "", *, waits_for: str = "the window") -> None:
        super().__init__(detail)
        self.waits_for = waits_for


class OwnOrder(Denied):
    code = "change.own-order"


class NotApprover(Denied):
    code = "change.not-approver"


class PersonNeeded(Denied):
    """A machine, or a token of a person, tried what only a person at a browser may do."""

    code = "change.person-needed"


class AlreadyDecided(Conflict):
    code = "change.already-decided"


class ReasonMissing(Permanent):
    code = "change.reason-missing"


class OwnersOnly(Denied):
    """Nobody but owners would have approved."""

    code = "change.owners-only"


class NothingToTakeBack(Conflict):
    """This person has approved nothing that could be taken back now."""

    code = "change.nothing-to-take-back"


class NoQuestion(Conflict):
    """No question is open that could be answered."""

    code = "change.no-question"


class StartUnfit(Permanent):
    """The detail says what is wrong with the time."""

    code = "order.start-unfit"


class NotForEmergencies(Denied):
    """This person may not let an order pass the calendar."""

    code = "change.not-for-emergencies"


class NothingToBreak(Conflict):
    """There is no emergency to ask for, to confirm or to review."""

    code = "change.nothing-to-break"


class NotReviewer(Denied):
    code = "change.not-reviewer"


class DelegationUnfit(Permanent):
    """The detail says what is wrong with the deputy or the time."""

    code = "change.delegation-unfit"


class ControlBroken(Temporary):
    """The file of change control cannot be read, so nobody knows who decides."""

    code = "change.control-broken"


# The portal's own parts


class DatabaseBusy(Temporary):
    """The database gave no lock, or broke off; nothing of it lies with the step."""

    code = "engine.database-busy"


class DatabaseAway(Temporary):
    """The database answered no page or call in time; whether it was done has to be looked at."""

    code = "portal.database-away"


class TrustUnreadable(Temporary):
    """The file of authorities whom the portal trusts cannot be read or holds none."""

    code = "portal.trust-unreadable"


# Orders


class NameTaken(Conflict):
    code = "order.name-taken"


class NameUnfit(Permanent):
    """A name breaks a rule of Kubernetes or Flux, or is reserved; the detail says which."""

    code = "order.name-unfit"


class AnswersUnfit(Permanent):
    """Answers of an order cannot be used; `faults` has the sentences of each field."""

    code = "order.answers-unfit"

    def __init__(self, faults: Mapping[str, Sequence[str]]) -> None:
        self.faults = faults
        told = (f"{field}: {' '.join(sentences)}" for field, sentences in faults.items())
        super().__init__(" ".join(told))


class KeyReused(Permanent):
    """A key that marks a repeated call came with other answers than the first time."""

    code = "order.key-reused"


class ServiceExists(Conflict):
    code = "order.service-exists"


class NoCluster(Permanent):
    """The operators' rule gives no cluster for this environment and region."""

    code = "order.no-cluster"


class PlaceRefused(Denied):
    """The eligibility matrix keeps the application's data from the place; the detail says why."""

    code = "order.place-refused"


class TooLate(Conflict):
    """The order has gone past the point where this can still be done."""

    code = "order.too-late"


class AmendsElsewhere(Permanent):
    """An amendment names another application or environment than its order."""

    code = "order.amends-elsewhere"


class NotAmendable(Permanent):
    """An order of this kind is what it is: it can be withdrawn, and another one be placed."""

    code = "order.not-amendable"


class OrderUnderWay(Conflict):
    """Another order for the same service is under way; the detail names it."""

    code = "order.under-way"


class ServiceNotReady(Conflict):
    """The service is not in use: it is still being made, or on its way out."""

    code = "order.service-not-ready"


class NothingChanged(Permanent):
    """What is asked for is what there is."""

    code = "order.nothing-changed"


class SizeTooSmall(Denied):
    """More is in use than the size allows; the detail says how much of what."""

    code = "order.size-too-small"


class RepositoryLeaving(Conflict):
    """The application's last service has gone, and its repository is being put away just now."""

    code = "order.repository-leaving"


class NotStuck(Conflict):
    code = "order.not-stuck"


# The record


class RecordMoved(Conflict):
    """Somebody changed the same record after the form was opened."""

    code = "record.changed-meanwhile"


class NotOwner(Denied):
    """Somebody who does not answer for a service, or cannot: its owner and operators act."""

    code = "record.not-owner"


class NoReview(Conflict):
    """A service that nobody is asked about: it goes, it is gone, or its environment has none."""

    code = "record.no-review"


class InUse(Conflict):
    """Something still rests on the record, so it cannot be retired; the detail names it."""

    code = "record.in-use"


# People


class RoleMissing(Denied):
    """The page or act is for a role that the person does not hold; the detail names it."""

    code = "person.role-missing"


class OwnAccount(Denied):
    """Nobody changes their own roles or switches themselves off."""

    code = "person.own-account"


class PersonExists(Conflict):
    code = "person.exists"


class PasswordWeak(Permanent):
    """The password breaks a rule; the detail says which."""

    code = "person.password-weak"


class ForeignPassword(Permanent):
    """The person signs in elsewhere, so no password is kept here."""

    code = "person.password-elsewhere"


# Who somebody is, by the word of others


class IssuerAway(Temporary):
    """An issuer of identities gave no keys or no document of itself; its tokens open nothing."""

    code = "identity.issuer-away"


class TrialUnderWay(Conflict):
    """A connection is being tested by the same person, or too many are by others."""

    code = "connection.trial-under-way"


class SignInExpired(Denied):
    """An answer came back that nobody at this browser asked for, or asked for too long ago."""

    code = "identity.expired"


class ProviderRefused(Denied):
    """The identity provider itself let nobody in; the detail has its code."""

    code = "identity.provider-refused"


class TokenRefused(Denied):
    """What should prove who somebody is does not; the detail names the check, never the token."""

    code = "identity.token-refused"


class GroupsUntold(Denied):
    """The person is in so many groups that the provider left them out."""

    code = "identity.groups-untold"


class NotAdmitted(Denied):
    """The person is in no group whose members may use this portal."""

    code = "identity.not-admitted"


class PersonOff(Denied):
    """An operator has switched the person off here; the detail names them."""

    code = "identity.person-off"


class OtherPerson(Denied):
    """Somebody else came back than the person who had to prove afresh who they are."""

    code = "identity.other-person"


class NotFresh(Denied):
    """Approvals ask for a sign-in that is fresher than this one."""

    code = "identity.not-fresh"


class LocalAccountsOff(Denied):
    """Passwords that are kept here open nothing while BERTH_LOCAL_ACCOUNTS is False."""

    code = "identity.local-accounts-off"
