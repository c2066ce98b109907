"""What comes of each verb in each state of an order; `test_states.py` says what the words mean."""

VERBS = (
    "submit",
    "resize",
    "offboard",
    "withdraw",
    "amend",
    "retry",
    "approve",
    "refuse",
    "ask",
    "answer",
    "take_back",
    "schedule",
    "expire",
)
NO_MORE = "decided decided decided unasked untaken late"  # what people could say to a change
WAITING = (
    "exists none none withdrawn amended calm approved refused asked unasked untaken "
    "scheduled expired waits"
)
EARLY = "exists none none withdrawn amended calm decided decided decided unasked untaken "
EARLY += "scheduled lives waits"
BEFORE_IT = f"exists none none withdrawn late calm {NO_MORE} lives rehearsed"
ON_CLUSTERS = f"exists busy busy withdrawn late calm {NO_MORE} lives rehearsed"
STARTING = (
    "exists none none withdrawn amended calm decided decided decided unasked taken late expired"
)
SETTLED = f"exists busy busy late late calm {NO_MORE} lives rehearsed"
DECIDE = ("approve", "refuse", "ask", "take_back")
FREE = f"new none none late late calm {NO_MORE} lives"
TABLE = {
    # in the order of VERBS, and how it goes on otherwise
    "just submitted": EARLY,
    "in claim_names": EARLY,
    "in check_entitlement": EARLY,
    "in draft_plan": EARLY,
    "in open_change": EARLY,
    "in await_approval": WAITING,
    "awaiting approval": WAITING,
    "waiting for the window": f"{STARTING} waits",
    "in start_change": f"{STARTING} rehearsed",
    "stuck before its start": f"{STARTING.replace('calm', 'again')} stuck",
    "in register": BEFORE_IT,
    "in push_scaffold": ON_CLUSTERS,
    "stuck at its repository": f"exists busy busy withdrawn late again {NO_MORE} lives stuck",
    "in prime": ON_CLUSTERS,
    "in await_delivery": ON_CLUSTERS,
    "in operational": ON_CLUSTERS,
    "in close_change": SETTLED,
    "in tell_requester": SETTLED,
    "going back": f"exists busy busy late late calm {NO_MORE} lives withdrawn",
    "stuck on its way back": f"exists busy busy late late again {NO_MORE} lives stuck",
    "rehearsed": f"exists new new late late calm {NO_MORE} lives rehearsed",
    "done": f"exists new new late late calm {NO_MORE} lives done",
    "withdrawn": f"{FREE} withdrawn",
    "refused": f"{FREE} refused",
    "expired": f"{FREE} expired",
}
REFUSALS = {
    "exists": "order.service-exists",
    "none": "order.answers-unfit",  # by page there is no such address
    "busy": "order.under-way",
    "late": "order.too-late",
    "calm": "order.not-stuck",
    "decided": "change.already-decided",
    "unasked": "change.no-question",
    "untaken": "change.nothing-to-take-back",
}
# what the ledger says of a verb that was done
WRITTEN = {
    "new": "submitted",
    "withdrawn": "withdrew",
    "amended": "amended",
    "again": "tried again",
    "approved": "approved",
    "refused": "refused",
    "asked": "asked",
    "taken": "took back",
    "scheduled": "scheduled",
}
