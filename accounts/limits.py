"""When a session ends by itself: after idleness, and after a day's work."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from accounts import addresses
from portal.clock import now

STARTED, SEEN, ADDRESS, BROWSER = "started", "seen", "address", "browser"
SEEN_EVERY = timedelta(minutes=1)  # how often activity is written down


class Ended(StrEnum):
    """Why a session is over."""

    IDLE = "idle"
    LIMIT = "limit"


def begin(request: HttpRequest, **_signal: Any) -> None:
    """Write down when and where a person signed in; hears Django's `user_logged_in`.

    The parameter has the name that the signal gives it.
    """
    moment = now().isoformat()
    request.session[STARTED] = moment
    request.session[SEEN] = moment
    request.session[ADDRESS] = addresses.of(request)
    request.session[BROWSER] = request.META.get("HTTP_USER_AGENT", "")[:200]


def ended(session: SessionBase, at: datetime) -> Ended | None:
    """Say whether a session has passed a limit. One that tells no times is over."""
    started, seen = moment(session.get(STARTED)), moment(session.get(SEEN))
    if started is None or at >= started + settings.BERTH_SESSION_LIMIT:
        return Ended.LIMIT
    if seen is None or at >= seen + settings.BERTH_SESSION_IDLE:
        return Ended.IDLE
    return None


def keep_alive(session: SessionBase, at: datetime) -> None:
    """Write down that the person was here, at most once a minute."""
    seen = moment(session.get(SEEN))
    if seen is None or at >= seen + SEEN_EVERY:
        session[SEEN] = at.isoformat()


def moment(text: str | None) -> datetime | None:
    """Return a time as sessions keep it."""
    return datetime.fromisoformat(text) if text else None
