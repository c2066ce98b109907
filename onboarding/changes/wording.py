"""What people read when something about a change went wrong; part of `onboarding/messages.py`."""

from onboarding.wording import NOTHING_TO_DO, Message

CHANGES = {
    "change.refused": Message(
        "The change was refused",
        "The approver's reason stands below. What was begun is taken back.",
        "Order again with what the approver asked for.",
    ),
    "change.expired": Message(
        "The change expired",
        "The reason stands below. What was begun is taken back.",
        "Order again, and tell the approvers.",
    ),
    "change.approval-missing": Message(
        "No approval is in force",
        "Nothing happens on clusters or in repositories without an approval of this very plan.",
        "An approver has to decide.",
    ),
    "change.window-closed": Message(
        "No change may happen there now",
        "Which freeze or window it is, why, and until when stands below. What is done stays.",
        f"{NOTHING_TO_DO} Operators keep the calendar.",
    ),
    "change.own-order": Message(
        "You asked for this, so somebody else decides",
        "Nobody approves what they asked for themselves.",
        "Another approver has to decide.",
    ),
    "change.not-approver": Message(
        "You are not an approver for this",
        "The reason stands below.",
        "A member of the named group has to decide.",
    ),
    "change.person-needed": Message(
        "A person has to decide this",
        "An approval is one person's word for another's wish. A token is nobody's word.",
        "An approver signs in with a browser and decides there.",
    ),
    "change.already-decided": Message(
        "This is decided already",
        "Somebody was quicker, or the order has moved on.",
        "Look at the order to see how it stands.",
    ),
    "change.owners-only": Message(
        "Somebody who does not own this has to approve too",
        "Owners of an application or service may approve, but never by themselves alone.",
        "Another approver, who owns neither, has to decide.",
    ),
    "change.nothing-to-take-back": Message(
        "There is nothing to take back",
        "An approval can be taken back by whoever gave it, until the change starts.",
        "Withdraw the order, or ask its requester to, if it has to stop.",
    ),
    "change.no-question": Message(
        "No question is open",
        "Somebody has answered it, or the order has moved on.",
        "Look at the order to see how it stands.",
    ),
    "change.not-for-emergencies": Message(
        "You cannot let an order pass the calendar",
        "In an emergency two people may, whom the file of change control names by their groups.",
        "Ask one of them, or wait until the window is over.",
    ),
    "change.nothing-to-break": Message(
        "There is no emergency to act on",
        "The reason stands below.",
        "Look at the order to see how it stands.",
    ),
    "change.not-reviewer": Message(
        "Somebody else reviews this emergency",
        "Whoever asked, confirmed or ordered has no part in its review.",
        "A member of a group that reviews has to look at it.",
    ),
    "change.delegation-unfit": Message(
        "Nobody can decide in your place like that",
        "The reason stands below. Nothing was changed.",
        "Choose another approver, or another time.",
    ),
    "change.control-broken": Message(
        "Who decides cannot be told now",
        "The file of change control cannot be read. What waits for it is not lost.",
        "Operators have to mend the file; the order then goes on by itself.",
    ),
    "change.reason-missing": Message(
        "A reason is needed",
        "It is shown to the person it concerns and kept in the audit trail.",
        "Write a sentence and send the form again.",
    ),
}
