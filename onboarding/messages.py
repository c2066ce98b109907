"""What people read when something went wrong: one entry a code, always with whose move it is.

The codes come from `portal/errors.py`; a test compares both lists.
"""

from onboarding.changes.wording import CHANGES
from onboarding.identities import IDENTITY
from onboarding.wording import NOTHING_TO_DO, ORDERS, TELL_OPERATORS, Message
from portal.errors import BerthError

__all__ = ["MESSAGES", "Message", "of", "text_of"]


CLUSTERS = {
    "cluster.unreachable": Message(
        "The cluster does not answer",
        "Nothing was changed there. Other clusters of the order go on.",
        f"{NOTHING_TO_DO} If it lasts an hour, tell the operators.",
    ),
    "cluster.busy": Message(
        "The cluster is busy",
        "It asked us to come back later, or broke off in mid-answer.",
        NOTHING_TO_DO,
    ),
    "cluster.rights-pending": Message(
        "Waiting for our rights in a new namespace",
        "The cluster needs a moment until a new binding counts.",
        NOTHING_TO_DO,
    ),
    "cluster.quota-pending": Message(
        "Waiting for the quota",
        "The cluster has not counted yet what the new quota limits. This can take ten minutes.",
        NOTHING_TO_DO,
    ),
    "cluster.still-going": Message(
        "Waiting until it is gone",
        "The cluster is still removing what belongs to this order.",
        NOTHING_TO_DO,
    ),
    "cluster.tenant-leaving": Message(
        "The tenant is just leaving this cluster",
        "Its last service there is being taken away; a new one has to wait until that is done.",
        NOTHING_TO_DO,
    ),
    "cluster.field-owned": Message(
        "Somebody else manages a field that Berth sets",
        "The cluster names the other manager below. Nothing was overwritten.",
        "An operator has to settle who manages it, and then tries again.",
    ),
    "cluster.namespace-foreign": Message(
        "The namespace exists and is not ours",
        "Somebody else made it, so Berth leaves it alone.",
        "Withdraw the order, and order again with another name.",
    ),
    "cluster.pack-newer": Message(
        "The tenant's shared ground there admits no such source",
        "A newer priming pack, or another one, has made it, and it stays as it is.",
        "Withdraw the order and order again: a new plan is made for what is there now.",
    ),
    "cluster.object-refused": Message(
        "The cluster refused an object",
        "Its own words stand below.",
        "An operator has to look at the refusal, and then tries again.",
    ),
    "cluster.forbidden": Message(
        "Berth's account lacks a right on the cluster",
        "The rights that were applied when the cluster joined are not all there.",
        "An operator has to join the cluster again, and then tries again.",
    ),
    "cluster.not-joined": Message(
        "The cluster has not joined",
        "Berth has no connection to it.",
        "An operator has to run `manage.py join_cluster`, and then tries again.",
    ),
    "delivery.failed": Message(
        "Flux reports an error",
        "What Flux says stands below. What was delivered before keeps running.",
        "Mend it in the repository and push; Berth sees the new commit by itself.",
    ),
}

REPOSITORIES = {
    "githost.unreachable": Message(
        "The Git host does not answer",
        "The repository was not changed.",
        NOTHING_TO_DO,
    ),
    "githost.repository-foreign": Message(
        "The repository exists and is not ours",
        "Somebody made one of this name, so Berth leaves it alone.",
        "An operator has to rename or hand over that repository, and then tries again.",
    ),
    "githost.push-refused": Message(
        "The commit does not fit into the repository",
        "Something that is there is in the way, as it says below. Nothing was changed.",
        "The team moves it out of the way, and then somebody tries again.",
    ),
    "githost.branch-moved": Message(
        "Somebody pushed at the same moment",
        "Berth builds its commit on the new head.",
        NOTHING_TO_DO,
    ),
    "scaffold.broken": Message(
        "The scaffold cannot be rendered",
        "The template has a fault, which stands below.",
        "An operator has to mend the scaffold, and then tries again.",
    ),
}

PLANS = {
    "plan.refused": Message(
        "The plan cannot be made",
        "Something in it breaks a rule of this portal, which stands below.",
        "Amend the order, or ask an operator to mend the priming pack.",
    ),
    "evidence.too-large": Message(
        "The evidence is larger than a pack may be",
        "Most of it is the stretch of the ledger between this order's first entry and its last.",
        "Ask the operators to raise BERTH_EVIDENCE_MEGABYTES; nothing of the evidence is lost.",
    ),
    "plan.outdated": Message(
        "The plan has changed",
        "What you were shown is no longer what would be made.",
        "Look at the plan again and decide then.",
    ),
}

ENTITLEMENT = {
    "entitlement.denied": Message(
        "You are not entitled to this",
        "The reason stands below.",
        "Follow the remedy that is named, then try again.",
    ),
    "entitlement.requester-denied": Message(
        "The requester is no longer entitled",
        "The order would be taken back at its next step. The reason stands below.",
        "Refuse the order with that reason, or wait until the requester has the right again.",
    ),
    "entitlement.register-silent": Message(
        "A source cannot say who is still there",
        "Nobody is flagged as having left by it.",
        NOTHING_TO_DO,
    ),
    "entitlement.unknown": Message(
        "We could not check your entitlement",
        "A source did not answer. No answer is not a permit.",
        f"{NOTHING_TO_DO} In a form, send it again in a few minutes.",
    ),
}

RECORD = {
    "record.changed-meanwhile": Message(
        "Somebody changed this meanwhile",
        "Nothing of yours was written over theirs.",
        "Look at the new values and send your change again.",
    ),
    "record.not-owner": Message(
        "This is up to those who answer for the service",
        "Its owner, the owner of its application, or an operator confirms it or hands it over, and "
        "only to an active member of its tenant.",
        "Ask its owner; the page of the service says who that is.",
    ),
    "record.no-review": Message(
        "Nobody is asked about this service",
        "It is on its way out, or retired, or its environment has no reviews.",
        "Nothing to do.",
    ),
    "record.in-use": Message(
        "This is still in use",
        "What uses it stands below.",
        "Take that away first.",
    ),
}

PEOPLE = {
    "person.role-missing": Message(
        "Your role does not allow this",
        "The role that is needed stands below.",
        "Ask an operator for the role, or somebody who has it to do this.",
    ),
    "person.own-account": Message(
        "Somebody else has to do this to your account",
        "Nobody changes their own rights.",
        "Ask another operator.",
    ),
    "person.exists": Message(
        "There is such a person already",
        "User names are unique.",
        "Choose another user name.",
    ),
    "person.password-weak": Message(
        "This password is too weak",
        "The reason stands below.",
        "Choose a longer one.",
    ),
    "person.password-elsewhere": Message(
        "Your password is not kept here",
        "You sign in through your organisation.",
        "Change the password there.",
    ),
}

OWN = {
    "engine.database-busy": Message(
        "The portal's database was busy",
        "It gave no lock in time, or was just restarting.",
        NOTHING_TO_DO,
    ),
    "portal.database-away": Message(
        "The database did not answer in time",
        "What you asked for was probably not done. Orders under way go on by themselves.",
        "Wait a moment, look whether it is there, and if not, send it again.",
    ),
    "portal.trust-unreadable": Message(
        "The portal cannot tell whom to trust",
        "Its file of certificate authorities cannot be read, so it calls nobody. "
        "It tries again by itself.",
        "An operator has to mend the file that BERTH_CA_BUNDLE names. "
        "`manage.py check` says what is wrong with it.",
    ),
    "berth.error": Message("Something went wrong", "The details stand below.", TELL_OPERATORS),
    "engine.bug": Message(
        "Something went wrong that nobody foresaw",
        "The details are in the portal's log. The step is tried again within the hour.",
        TELL_OPERATORS,
    ),
}

MESSAGES = (
    CLUSTERS
    | REPOSITORIES
    | PLANS
    | ENTITLEMENT
    | CHANGES
    | ORDERS
    | RECORD
    | PEOPLE
    | IDENTITY
    | OWN
)


def text_of(code: str) -> Message:
    """Return what people read for this code."""
    return MESSAGES[code]


def of(error: BerthError) -> Message:
    """Return what people read for this error."""
    return text_of(error.code)
