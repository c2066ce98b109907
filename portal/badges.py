"""One table of words for states, whichever room they come from: word, tone and icon.

Six tones: neutral (draft, queued), info (moving), waiting (for a person or a window), good (live,
approved), attention (stale, expiring), bad (stuck, refused). A word says it before a colour does.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Badge:
    """How a state looks: the word people read, one of the six tones, and an icon of the sprite."""

    word: str
    tone: str
    icon: str


BADGES = {
    # orders and their steps
    "draft": Badge("Draft", "neutral", "pencil"),
    "queued": Badge("Queued", "neutral", "circle-dashed"),
    "todo": Badge("Not begun", "neutral", "circle"),
    "moving": Badge("Moving", "info", "progress"),
    "waiting": Badge("Waiting", "waiting", "hourglass"),
    "stuck": Badge("Stuck", "bad", "alert-triangle"),
    "over": Badge("Over", "neutral", "circle-check"),
    "back": Badge("Being undone", "attention", "arrow-back-up"),
    "done": Badge("Done", "good", "circle-check"),
    "again": Badge("Trying again", "attention", "refresh"),
    "unfinished": Badge("Not finished", "attention", "circle-minus"),
    "undone": Badge("Undone", "neutral", "arrow-back-up"),
    "withdrawn": Badge("Withdrawn", "neutral", "circle-minus"),
    # decisions
    "authorize": Badge("Waiting for approval", "waiting", "hourglass"),
    "scheduled": Badge("Approved", "good", "circle-check"),
    "implement": Badge("Being carried out", "info", "progress"),
    "closed": Badge("Closed", "neutral", "circle-check"),
    "approved": Badge("Approved", "good", "circle-check"),
    "refused": Badge("Refused", "bad", "circle-x"),
    "expired": Badge("Expired", "attention", "clock-exclamation"),
    "canceled": Badge("Cancelled", "neutral", "circle-minus"),
    "permit": Badge("Permitted", "good", "shield-check"),
    "deny": Badge("Denied", "bad", "shield-x"),
    "silent": Badge("No rule", "neutral", "point"),
    "unknown": Badge("Not known", "attention", "help-circle"),
    "referred": Badge("A person decides", "waiting", "gavel"),
    # risk
    "low": Badge("Low risk", "neutral", "shield-check"),
    "medium": Badge("Medium risk", "attention", "alert-triangle"),
    "high": Badge("High risk", "bad", "alert-triangle"),
    # the calendar
    "freeze": Badge("Freeze", "attention", "clock-pause"),
    "maintenance": Badge("Maintenance window", "info", "calendar"),
    # the record
    "designed": Badge("Designed", "neutral", "pencil"),
    "rehearsed": Badge("Rehearsed", "good", "player-play"),
    "operational": Badge("Operational", "good", "circle-check"),
    "retiring": Badge("Retiring", "attention", "archive"),
    "retired": Badge("Retired", "neutral", "archive"),
    "present": Badge("Present", "good", "circle-check"),
    "leaving": Badge("Leaving", "attention", "archive"),
    "gone": Badge("Gone", "neutral", "circle-minus"),
    # clusters and what runs there
    "joined": Badge("Connected", "good", "plug-connected"),
    "unjoined": Badge("Not joined", "neutral", "plug-connected-x"),
    "unreachable": Badge("Unreachable", "bad", "plug-connected-x"),
    "rehearsal": Badge("Rehearsal", "attention", "player-play"),
    "stale": Badge("Stale", "attention", "clock-exclamation"),
    "never": Badge("Never heard", "attention", "clock-exclamation"),
    "absent": Badge("Not there", "neutral", "circle-dashed"),
    "pending": Badge("Pending", "neutral", "circle-dashed"),
    "running": Badge("Running", "info", "progress"),
    "ready": Badge("Ready", "good", "circle-check"),
    "live": Badge("Live", "good", "circle-check"),
    "failed": Badge("Failed", "bad", "circle-x"),
    "blocked": Badge("Blocked", "bad", "ban"),
    "suspended": Badge("Suspended", "attention", "player-pause"),
    "deleting": Badge("Being deleted", "attention", "trash"),
    # findings and the ledger
    "ok": Badge("In order", "good", "circle-check"),
    "warning": Badge("Look at this", "attention", "alert-triangle"),
    "error": Badge("Wrong", "bad", "circle-x"),
    "sealed": Badge("Sealed", "good", "lock"),
    "unsealed": Badge("Not sealed yet", "neutral", "lock-open"),
    "broken": Badge("Chain broken", "bad", "alert-triangle"),
    # people and tokens
    "active": Badge("Active", "good", "circle-check"),
    "disabled": Badge("Switched off", "neutral", "ban"),
}


def badge_of(state: str) -> Badge:
    """Return how a state looks; one that the table lacks shows its own word in the neutral tone."""
    return BADGES.get(state) or Badge(state.replace("-", " ").capitalize(), "neutral", "point")
