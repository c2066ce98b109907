"""How a message is worded, and those about orders; the others stand in `onboarding/messages.py`.

And how the words of people are kept.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """`title` says what happened, `body` what it means, `next_step` what to do and who does it."""

    title: str
    body: str
    next_step: str


def said_by(text: str) -> str:
    """Return what somebody wrote as it is kept: without space around it, and without NUL.

    PostgreSQL keeps no NUL.
    """
    return text.replace("\0", "").strip()


NOTHING_TO_DO = "Nothing to do: Berth tries again by itself."
TELL_OPERATORS = "Tell the operators, with the number of the order."

ORDERS = {
    "order.name-taken": Message(
        "This name is taken",
        "Names are unique on a cluster.",
        "Choose another name; the form offers one.",
    ),
    "order.name-unfit": Message(
        "This name cannot be used",
        "The rule that it breaks stands below.",
        "Choose another name.",
    ),
    "order.answers-unfit": Message(
        "Some answers cannot be used",
        "The reason for each stands below. Nothing was ordered and nothing is lost.",
        "Change those answers and send them again.",
    ),
    "order.key-reused": Message(
        "This key was used for something else",
        "A repeated call is known by its key, and this one came with other answers before.",
        "Send a key of its own with every order; only a repeated call sends the same one.",
    ),
    "order.service-exists": Message(
        "The application is there already",
        "An application has one service in an environment.",
        "Look at the service, or at the order that is making it.",
    ),
    "order.no-cluster": Message(
        "No cluster takes this",
        "No cluster of the region accepts services of the environment.",
        "Choose another region, or ask an operator.",
    ),
    "order.place-refused": Message(
        "This data may not be there",
        "A row of the eligibility matrix keeps it from the place, as it says below. What was begun "
        "is taken back.",
        "Order it for another region or environment, or ask an operator about the row.",
    ),
    "order.start-unfit": Message(
        "It cannot start then",
        "The reason stands below. Nothing was changed.",
        "Choose another time, or none to start as soon as it is approved.",
    ),
    "order.too-late": Message(
        "It is too late for this",
        "The order has moved on meanwhile.",
        "Look at the order to see what is possible now.",
    ),
    "order.amends-elsewhere": Message(
        "An amendment stays where it is",
        "An order keeps its application and its environment, because its rules come from them.",
        "Withdraw this order and place another one.",
    ),
    "order.not-amendable": Message(
        "An order of this kind is not amended",
        "It asks for one thing, and an approver was shown exactly that.",
        "Withdraw it as long as that is possible, and place another one.",
    ),
    "order.under-way": Message(
        "Another order for this service is under way",
        "A service is changed by one order at a time.",
        "Wait until that order has ended, or withdraw it.",
    ),
    "order.service-not-ready": Message(
        "The service cannot be changed now",
        "Only a service that is in use gets another size or is taken away.",
        "Look at the service to see how it stands.",
    ),
    "order.nothing-changed": Message(
        "Nothing would change",
        "What you ask for is what the service has already.",
        "Choose another size or other destinations, or leave it as it is.",
    ),
    "order.size-too-small": Message(
        "The size is too small for what runs there",
        "More is in use than it allows, as it says below. What was begun is taken back.",
        "Let the application use less, or order a larger size.",
    ),
    "order.repository-leaving": Message(
        "The repository of the application is just being archived",
        "Its last service has been taken away. This takes a minute, or until the Git host answers.",
        "Send the order again then.",
    ),
    "order.not-stuck": Message(
        "Nothing is stuck any more",
        "Somebody tried again already, or the order has moved on.",
        "Look at the order to see how it stands.",
    ),
}
