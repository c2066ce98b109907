"""Who may do what with changes and their approval: the part of the table of rights about them."""

from onboarding.reaches import ALL, NONE, OWN, TENANT, right

DECISIONS = (
    right(
        "order.inbox",
        "See what waits for a decision of theirs",
        (NONE, NONE, OWN, NONE, NONE, NONE),
        "GET onboarding:inbox",
    ),
    right(
        "order.weigh",
        "See what a decision is about",
        (NONE, NONE, TENANT, NONE, NONE, NONE),
        "GET onboarding:approval",
    ),
    right(
        "order.decide",
        "Approve or refuse orders of others, or ask first; in a browser only",
        (NONE, NONE, OWN, NONE, NONE, NONE),
        """POST onboarding:approve, POST onboarding:refuse, POST order-api:approve,
        POST order-api:refuse, POST onboarding:ask, POST order-api:ask""",
    ),
    right(
        "order.take-back",
        "Take one's own approval back, until the change starts; in a browser only",
        (NONE, NONE, TENANT, NONE, NONE, NONE),
        """GET onboarding:take-back, POST onboarding:take-back, POST order-api:take-back""",
    ),
    right(
        "order.answer",
        "Answer what an approver asked",
        (OWN, OWN, OWN, ALL, OWN, NONE),
        "POST onboarding:answer, POST order-api:answer",
    ),
    right(
        "order.next-states",
        "Read what can become of a change, and what is in the way for oneself",
        (TENANT, TENANT, TENANT, ALL, ALL, NONE),
        "GET order-api:next-states",
    ),
)
