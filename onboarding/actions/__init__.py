"""What people do with orders: each is one transaction with one audit entry.

Nothing outside the database happens in here. The bell rings on commit.
"""

from onboarding.actions.amending import amend, amend_to, begin_amendment
from onboarding.actions.deciding import answer, approve, ask, refuse, take_back, turn_away
from onboarding.actions.delegating import delegate, end_delegation
from onboarding.actions.emergencies import break_glass, confirm, review
from onboarding.actions.evidence import fetch_evidence
from onboarding.actions.placing import submit, submit_once
from onboarding.actions.ruling import put_in_force
from onboarding.actions.scheduling import put_window, withdraw_window
from onboarding.actions.standing import (
    hindrance,
    offboard,
    place_once,
    resize,
    to_offboard,
    to_resize,
)
from onboarding.actions.starting import schedule
from onboarding.actions.supposing import suppose
from onboarding.actions.trying import try_connection
from onboarding.actions.turning import expire, retry, withdraw
from onboarding.actions.viewing import drop_view, keep_view
from onboarding.actions.wishing import report_unlisted, settle_unlisted

__all__ = [
    "amend",
    "amend_to",
    "answer",
    "approve",
    "ask",
    "begin_amendment",
    "break_glass",
    "confirm",
    "delegate",
    "drop_view",
    "end_delegation",
    "expire",
    "fetch_evidence",
    "hindrance",
    "keep_view",
    "offboard",
    "place_once",
    "put_in_force",
    "put_window",
    "refuse",
    "report_unlisted",
    "resize",
    "retry",
    "review",
    "schedule",
    "settle_unlisted",
    "submit",
    "submit_once",
    "suppose",
    "take_back",
    "to_offboard",
    "to_resize",
    "try_connection",
    "turn_away",
    "withdraw",
    "withdraw_window",
]
