"""Who may do what with changes and their approval: the part of the table of rights about them."""

from onboarding.reaches import ALL, NONE, OWN, TENANT, right

DECISIONS = (
    right(
        "order.inbox",
        "See what waits for a decision of theirs",
        (NONE, NONE, OWN, NONE, NONE, NONE),
        """GET onboarding:inbox, GET onboarding:decided, POST onboarding:keep-view,
        POST onboarding:drop-view""",
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
        "delegation.see",
        "See who decides in whose place, as far as one is part of it; operators all of it",
        (NONE, NONE, ALL, ALL, NONE, NONE),
        "GET onboarding:deputies, GET order-api:delegations",
    ),
    right(
        "delegation.make",
        "Let another approver decide in one's place for a while",
        (NONE, NONE, ALL, NONE, NONE, NONE),
        "POST onboarding:deputies, POST order-api:delegations",
    ),
    right(
        "delegation.end",
        "End a delegation of one's own vote; operators end anybody's",
        (NONE, NONE, NONE, ALL, NONE, NONE),
        "POST onboarding:end-delegation, POST order-api:end-delegation",
    ),
    right(
        "order.answer",
        "Answer what an approver asked",
        (OWN, OWN, OWN, ALL, OWN, NONE),
        "POST onboarding:answer, POST order-api:answer",
    ),
    right(
        "emergency.act",
        "Let an order pass the calendar for an incident, where the file names a group of theirs",
        (NONE, NONE, NONE, NONE, NONE, NONE),
        """POST onboarding:break-glass, POST onboarding:confirm-glass, POST order-api:break-glass,
        POST order-api:confirm-glass""",
    ),
    right(
        "emergency.review",
        "Review that afterwards, where the file names a group of theirs",
        (TENANT, TENANT, TENANT, ALL, ALL, NONE),
        "POST onboarding:review-glass, POST order-api:review-glass",
    ),
    right(
        "order.next-states",
        "Read what can become of a change, and what is in the way for oneself",
        (TENANT, TENANT, TENANT, ALL, ALL, NONE),
        "GET order-api:next-states",
    ),
)
