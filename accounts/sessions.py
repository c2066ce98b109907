"""Django's database sessions, whose rows also say whose they are, so that they can be ended."""

from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db.models import Q

from accounts.limits import ADDRESS, BROWSER, SEEN, STARTED, moment

# what a session of somebody who came by an identity provider keeps of that
PROVIDER, SID, AUTH_TIME, ACR = "provider", "provider_sid", "auth_time", "acr"
HINT = "sign_out_hint"  # the ID token, sealed


class SessionStore(DatabaseStore):
    """What Django asks for under this name in the module that SESSION_ENGINE names."""

    @classmethod
    def get_model_class(cls) -> type[AbstractBaseSession]:
        return apps.get_model("accounts", "Session")

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """Return the row of this session with what its content says about person and browser."""
        row = super().create_model_instance(data)
        columns = {
            "user_id": data.get(SESSION_KEY),
            "started_at": moment(data.get(STARTED)),
            "seen_at": moment(data.get(SEEN)),
            "address": data.get(ADDRESS),
            "browser": data.get(BROWSER, ""),
            "provider": data.get(PROVIDER, ""),
            "provider_sid": data.get(SID, ""),
        }
        for name, value in columns.items():
            setattr(row, name, value)
        return row


def forget_ended(at: datetime) -> int:
    """Take away the rows of sessions that are over and whose browsers never came back."""
    idle_since = at - settings.BERTH_SESSION_IDLE
    over = Q(expire_date__lte=at) | Q(seen_at__lte=idle_since)
    return SessionStore.get_model_class().objects.filter(over).delete()[0]
